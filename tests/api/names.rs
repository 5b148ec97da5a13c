//! Names and addresses that people type (K35, K39).

use http::StatusCode;
use serde_json::json;

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::problem::{check_problem, complaint};

#[tokio::test]
async fn k39_names_of_every_script_come_back_as_they_went_in() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let longest = "🦀".repeat(100);
    for name in [
        "🚀 Launch 👩‍👩‍👧‍👦 🇺🇦",
        "مساحة العمل",
        "סביבת עבודה",
        "שלום (Acme) 123",
        "東京オフィス",
        "नमस्ते कार्यक्षेत्र",
        "Zalgo h̷̢͈e̷͝",
        "O'Neill & Söhne \"GmbH\" <b>",
        "{{7*7}} ${7*7} %s %n",
        "=cmd|'/C calc'!A0",
        "'; DROP TABLE x; --",
        "null",
        "\u{200e}left to right mark",
        &longest,
    ] {
        let renamed = app.call(&owner, "PATCH", &workspace, json!({ "name": name })).await.expect(200);
        assert_eq!(renamed["name"], name);
        assert_eq!(app.get(&owner, &workspace).await.expect(200)["name"], name);
        let body = json!({ "firstName": name, "lastName": name });
        let me = app.call(&owner, "PATCH", "/v1/me", body).await.expect(200);
        assert_eq!((&me["firstName"], &me["lastName"]), (&json!(name), &json!(name)));
        let members = app.get(&owner, &format!("{workspace}/members")).await.expect(200);
        assert_eq!(members["items"][0]["firstName"], name);
    }
    let trimmed = app.call(&owner, "PATCH", &workspace, json!({ "name": " \u{a0}Acme\u{3000} " })).await;
    assert_eq!(trimmed.expect(200)["name"], "Acme");
    // Characters that would reorder, hide or break a line are refused, wherever people type.
    let too_long = format!("{longest}!");
    let bad = ["\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}", "\u{2028}", "\u{2029}", "\u{feff}", "\u{85}"];
    let bad = bad.iter().copied().chain(["\0", "\r\n", "\n", "\u{1b}[31m", "\u{7f}", "\t"]);
    for name in bad.map(|bad| format!("a{bad}b")).chain([String::new(), "\u{3000}".to_owned(), too_long]) {
        let reply = app.call(&owner, "PATCH", &workspace, json!({ "name": name })).await;
        check_problem(&reply, &format!("{name:?}"));
        assert_eq!(complaint(&reply).0, "name", "{name:?}: {}", reply.text);
        let reply = app.call(&owner, "PATCH", "/v1/me", json!({ "lastName": name })).await;
        assert_eq!(complaint(&reply).0, "lastName", "{name:?}: {}", reply.text);
    }
}

#[tokio::test]
async fn k35_spellings_of_one_address_are_one_invitation() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "basic", 20).await;
    let invitations = format!("{workspace}/invitations");
    let invite = async |email: &str| app.post(&owner, &invitations, json!({ "emails": [email] })).await;
    let first = invite("Tea.Mate@Bücher.example").await.expect(201);
    // Shown as it was typed.
    assert_eq!(first["items"][0]["email"], "Tea.Mate@Bücher.example");
    for same in [
        "tea.mate@bücher.example",
        "TEA.MATE@BÜCHER.EXAMPLE",
        "tea.mate@xn--bcher-kva.example",
        "TEA.mate@XN--BCHER-KVA.example",
        "tea.mate@bu\u{308}cher.example",
        " ｔｅａ．ｍａｔｅ@bücher．example ",
        "ⓣea.mate@bücher。example",
        "tea.mate@bü\u{ad}cher.example",
    ] {
        invite(same).await.expect_problem(409, "invitation_pending");
    }
    // Of several at once, too.
    let body = json!({ "emails": ["new@acme.example", "NEW@acme.example", "ｎew@acme.example"] });
    let rows = app.post(&owner, &invitations, body).await.expect(201);
    let codes: Vec<&str> = rows["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["problem"]["code"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(codes, ["", "invitation_pending", "invitation_pending"]);
    // An invitation is also for a person who signs in with another spelling of its address.
    let tea = app.sign_in("TEA.MATE@xn--bcher-kva.example").await;
    assert_eq!(
        app.get(&tea, "/v1/me/invitations").await.expect(200)["items"].as_array().map(Vec::len),
        Some(1)
    );
    app.join(&tea, &first["items"][0]["invitation"]).await.expect(200);
    invite("tea.mate@bücher.example").await.expect_problem(409, "already_member");
    // These are other people's.
    for other in [
        "tea.mate+1@bücher.example",
        "teamate@bücher.example",
        "tea.mate@bucher.example",
        "tea.mate@bücher.example.example",
        "чай@пример.example",
        "tea-mate@bücher.example",
    ] {
        invite(other).await.expect(201);
    }
    let pending = app.get(&owner, &format!("{invitations}?status=pending")).await.expect(200);
    assert_eq!(pending["items"].as_array().map(Vec::len), Some(7));
}

#[tokio::test]
async fn k35_addresses_that_look_like_others_are_refused() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "basic", 5).await;
    for bad in [
        // Letters of several scripts, in the name and in the domain.
        "b\u{43e}ss@acme.example",
        "boss@p\u{430}ypal.example",
        "boss@xn--pypal-4ve.example",
        "\u{3b1}dmin@acme.example",
        // Characters that cannot be seen, or turn around the text after them.
        "bo\u{200b}ss@acme.example",
        "bo\u{200d}ss@acme.example",
        "bo\u{2060}ss@acme.example",
        "bo\u{ad}ss@acme.example",
        "bo\u{202e}ss@acme.example",
        "bo\u{2066}ss@acme.example",
        "bo\u{200f}ss@acme.example",
        "bo\u{fe0f}ss@acme.example",
        "bo\u{feff}ss@acme.example",
        "bo\u{e0061}ss@acme.example",
        "bo\u{2028}ss@acme.example",
        "boss@ac\u{202e}me.example",
        // Texts that mail systems read as more than an address.
        "boss@acme.example\r\nBcc: all@acme.example",
        "boss@acme.example, all@acme.example",
        "boss@acme.example;all@acme.example",
        "Boss <boss@acme.example>",
        "\"boss\"@acme.example",
        "boss@acme.example@evil.example",
        "boss@[127.0.0.1]",
        "boss%evil.example@acme",
        "boss@acme.example.",
        "boss@.acme.example",
        "boss\u{0}@acme.example",
        "bo ss@acme.example",
        "boss@acme_corp.example",
        "@acme.example",
        "boss@",
        "boss",
        "",
    ] {
        let reply = app.post(&owner, &format!("{workspace}/invitations"), json!({ "emails": [bad] })).await;
        check_problem(&reply, &format!("{bad:?}"));
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}: {}", reply.text);
        assert_eq!(complaint(&reply).0, "emails[0]", "{bad:?}: {}", reply.text);
        let reply = app.call(None, "POST", "/dev/sign-in", json!({ "email": bad })).await;
        assert_eq!(complaint(&reply).0, "email", "{bad:?}: {}", reply.text);
    }
}
