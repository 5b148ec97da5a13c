//! The domains of a workspace.

use serde_json::{Value, json};

use crate::support::client::Client as _;
use crate::support::office::office;
use crate::support::person::Person;
use crate::support::problem::check_problem;
use crate::support::reply::text;
use crate::support::stage::Stage;

#[tokio::test]
async fn r10_which_domains_can_be_linked_and_by_whom() {
    let (app, ada, workspace) = office("role-seats").await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let link = async |who: &Person, domain: &str| {
        app.call(who, "PUT", &format!("{workspace}/domains/{domain}"), Value::Null).await
    };
    for public in ["gmail.com", "GMail.com", "outlook.com"] {
        link(&ada, public).await.expect_problem(422, "domain_public");
    }
    for bad in ["localhost", "acme..example", "-acme.example"] {
        link(&ada, bad).await.expect_problem(422, "domain_invalid");
    }
    let refused = link(&mel, "acme.example").await.expect_problem(403, "forbidden");
    assert_eq!(refused["reason"], "staff_only");
    app.get(&mel, &format!("{workspace}/domains")).await.expect_problem(403, "forbidden");
    assert_eq!(app.get(&ada, &format!("{workspace}/domains")).await.expect(200)["items"], json!([]));
    let nobodys = json!({ "domain": "nobody.example" });
    app.call(None, "POST", "/dev/verify-domain", nobodys).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn k35_spellings_of_one_domain_are_one_claim_and_nonsense_is_none() {
    let stage = Stage::of_role_seats().await;
    let app = &stage.app;
    let domains = format!("{}/domains", stage.workspace);
    let put =
        async |domain: &str| app.call(&stage.owner, "PUT", &format!("{domains}/{domain}"), Value::Null).await;
    let before = app.dump().await;
    let long = format!("{}.example", "a".repeat(64));
    let longer = format!("{}example", "a.".repeat(125));
    for bad in [
        "x",
        "acme",
        "localhost",
        "%00",
        "%20",
        "a%20b.example",
        "a%00.example",
        "..",
        "%2e%2e",
        ".example",
        "acme..example",
        "-acme.example",
        "acme-.example",
        "acme_corp.example",
        "*.example",
        "127.0.0.1",
        "%5B%3A%3A1%5D",
        "0x7f.1",
        "acme.example%3A443",
        "acme.example%2Fx",
        "https%3A%2F%2Facme.example",
        "olga%40acme.example",
        "acme.example%0D%0ABcc",
        "acme.example%23",
        "p%D0%B0ypal.example",
        "xn--pypal-4ve.example",
        "xn--.example",
        "xn--a.example",
        "ac%E2%80%AEme.example",
        "%27%20OR%201%3D1.example",
        "W%23.example",
        &long,
        &longer,
        &"a".repeat(3_000),
    ] {
        if format!("{domains}/{bad}").parse::<http::Uri>().is_err() {
            continue;
        }
        let reply = put(bad).await;
        check_problem(&reply, bad);
        assert_eq!((reply.status.as_u16(), reply.code()), (422, "domain_invalid"), "{bad}: {}", reply.text);
        let gone = app.call(&stage.owner, "DELETE", &format!("{domains}/{bad}"), Value::Null).await;
        check_problem(&gone, bad);
        assert_eq!(gone.code(), "not_found", "{bad}");
    }
    for public in
        ["gmail.com", "GMAIL.com", "gmail.com.", "%40gmail.com", "ｇｍａｉｌ.com", "outlook.com", "qq.com"]
    {
        if format!("{domains}/{public}").parse::<http::Uri>().is_ok() {
            put(public).await.expect_problem(422, "domain_public");
        }
    }
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
    let first = put("b%C3%BCcher.example").await.expect(200);
    assert_eq!(first["domain"], "xn--bcher-kva.example");
    for same in
        ["B%C3%9CCHER.Example", "xn--bcher-kva.example", "XN--BCHER-KVA.example.", "bu%CC%88cher.example"]
    {
        assert_eq!(put(same).await.expect(200)["record"], first["record"], "{same}");
    }
    let listed = app.get(&stage.owner, &domains).await.expect(200);
    let listed: Vec<_> =
        listed["items"].as_array().expect("domains").iter().map(|one| text(&one["domain"])).collect();
    assert_eq!(listed, ["acme.example", "xn--bcher-kva.example"]);
}
