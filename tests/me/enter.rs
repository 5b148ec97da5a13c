//! Entering: the account, the invitations that wait, and joining by the domain of an address.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::{AI, accept, auto_assign, enter, office, office_of, stands};
use crate::support::person::Person;
use crate::support::reply::{text, token_of};

#[tokio::test]
async fn f2_who_has_an_account_sees_all_invitations_and_accepts_one() {
    let (app, olga, acme) = office("flat-owners").await;
    let uma = app.sign_in("uma@other.example").await;
    let other = app.workspace(&uma).await;
    // Tea has an account, and a workspace of her own.
    let tea = app.sign_in("tea@acme.example").await;
    assert_eq!(app.post(&tea, "/v1/me", json!({})).await.expect(200)["next"], "onboarding");
    let own = app.workspace(&tea).await;
    assert_eq!(app.post(&tea, "/v1/me", json!({})).await.expect(200)["next"], "dashboard");

    let wanted = app.invite(&olga, &acme, "tea@acme.example", "member").await;
    let unwanted = app.invite(&uma, &other, "tea@acme.example", "member").await;
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!(entered["next"], "invitations");
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    assert_eq!(mine["items"], entered["invitations"]);
    let mut ids: Vec<String> =
        mine["items"].as_array().unwrap().iter().map(|invitation| text(&invitation["id"])).collect();
    ids.sort();
    let mut both = vec![text(&wanted["id"]), text(&unwanted["id"])];
    both.sort();
    assert_eq!(ids, both);

    let joined = accept(&app, &tea, &wanted).await.expect(200);
    assert_eq!(
        (&joined["member"]["role"], &joined["next"], &joined["workspace"]["name"]),
        (&json!("member"), &json!("dashboard"), &json!("Acme"))
    );
    accept(&app, &tea, &wanted).await.expect_problem(409, "already_member");
    // The other is still there to be accepted, and is not.
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    assert_eq!(mine["items"].as_array().unwrap().len(), 1);
    assert_eq!(mine["items"][0]["id"], unwanted["id"]);
    let listed = app.get(&tea, "/v1/workspaces").await.expect(200);
    let mut roles: Vec<(String, String)> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (format!("/v1/workspaces/{}", text(&entry["id"])), text(&entry["role"])))
        .collect();
    roles.sort();
    let mut expected = vec![(acme, "member".to_owned()), (own, "owner".to_owned())];
    expected.sort();
    assert_eq!(roles, expected);
    app.get(&tea, &other).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn f3_who_has_no_account_comes_by_the_invitations_and_skips_the_onboarding() {
    let (app, olga, workspace) = office("flat-owners").await;
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    // Before there is an account, the link shows what it is for.
    let token = json!({ "token": token_of(&text(&invitation["url"])) });
    let preview = app.call(None, "POST", "/v1/invitations/preview", token).await.expect(200);
    assert_eq!(
        (&preview["workspace"]["name"], &preview["role"], &preview["boundToEmail"], &preview["status"]),
        (&json!("Acme"), &json!("member"), &json!(true), &json!("pending"))
    );
    let tea = app.sign_in("tea@acme.example").await;
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!((&entered["next"], &entered["workspaces"]), (&json!("invitations"), &json!([])));
    let joined = accept(&app, &tea, &entered["invitations"][0]).await.expect(200);
    assert_eq!((&joined["member"]["role"], &joined["next"]), (&json!("member"), &json!("dashboard")));
    assert_eq!(app.post(&tea, "/v1/me", json!({})).await.expect(200)["next"], "dashboard");

    // A person who was not invited has the first steps before them; nor does an address count that nobody
    // vouches for.
    let invitation = app.invite(&olga, &workspace, "pat@acme.example", "member").await;
    let pat = app.sign_in_as(json!({ "email": "pat@acme.example", "emailVerified": false })).await;
    for who in [&app.sign_in("eve@acme.example").await, &pat] {
        let entered = app.post(who, "/v1/me", json!({})).await.expect(200);
        assert_eq!((&entered["next"], &entered["invitations"]), (&json!("onboarding"), &json!([])));
    }
    accept(&app, &pat, &invitation).await.expect_problem(403, "email_not_verified");
}

#[tokio::test]
async fn r10_who_has_a_verified_address_of_the_domain_joins_without_an_invitation() {
    let (app, ada, workspace) = office("role-seats").await;
    let path = format!("{workspace}/domains/acme.example");
    let link = async || app.call(&ada, "PUT", &path, Value::Null).await;
    let refused = link().await.expect_problem(403, "forbidden");
    assert_eq!(refused["reason"], "not_in_plan");
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    let claimed = link().await.expect(200);
    assert_eq!((&claimed["status"], &claimed["record"]["type"]), (&json!("claimed"), &json!("TXT")));
    assert_eq!(claimed["record"]["name"], "_seatwise.acme.example");

    // Claimed is not verified: it brings nobody in.
    let early = app.sign_in("early@acme.example").await;
    assert_eq!(enter(&app, &early).await, (vec![], "onboarding".to_owned()));
    let domain = json!({ "domain": "acme.example" });
    app.call(None, "POST", "/dev/verify-domain", domain).await.expect(200);
    let listed = app.get(&ada, &format!("{workspace}/domains")).await.expect(200);
    assert_eq!(
        (&listed["items"][0]["status"], &listed["items"][0]["record"]),
        (&json!("verified"), &Value::Null)
    );

    // With the next sign-in, and whoever comes anew; once.
    let new = app.sign_in("New@ACME.example").await;
    for who in [&early, &new] {
        let entered = app.post(who, "/v1/me", json!({})).await.expect(200);
        assert_eq!(entered["workspaces"][0]["role"], "member");
        assert_eq!(format!("/v1/workspaces/{}", text(&entered["workspaces"][0]["id"])), workspace);
        assert_eq!((&entered["next"], &entered["invitations"]), (&json!("dashboard"), &json!([])));
        assert_eq!(stands(&app.shown(&ada, &workspace, who).await), ("member", true));
        assert_eq!(app.allowed(who, &workspace, &AI).await, AI);
        assert_eq!(enter(&app, who).await, (vec!["member".to_owned()], "dashboard".to_owned()));
    }
    assert_eq!(app.listed(&ada, &workspace, "").await.len(), 3);
    assert_eq!(app.seats(&ada, &workspace).await, [250, 3, 247]);
}

#[tokio::test]
async fn r10_who_is_not_brought_in_by_a_domain() {
    let (app, ada, workspace) = office("role-seats").await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "acme.example").await;
    let stays_out = async |who: &Person| {
        assert_eq!(enter(&app, who).await.0, Vec::<String>::new(), "{}", who.email);
        app.get(who, &workspace).await.expect_problem(404, "not_found");
    };
    // An address that nobody vouches for, and one of a domain below, above or beside it.
    let unsure = json!({ "email": "tea@acme.example", "emailVerified": false });
    stays_out(&app.sign_in_as(unsure).await).await;
    for email in ["tea@mail.acme.example", "tea@example.com", "tea@notacme.example", "acme.example@x.example"]
    {
        stays_out(&app.sign_in(email).await).await;
    }
    // A removed person is not brought in again, but may be invited.
    let tea = app.sign_in("tea@acme.example").await;
    assert_eq!(enter(&app, &tea).await.0, ["member"]);
    app.remove(&ada, &workspace, &tea).await.expect(204);
    stays_out(&tea).await;
    app.bring(&ada, &workspace, "tea@acme.example", "member").await;

    // A plan that does not have it brings nobody in, though the domain stays verified.
    app.put_on_plan(&workspace, "business").await.expect(204);
    let mel = app.sign_in("mel@acme.example").await;
    stays_out(&mel).await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    assert_eq!(enter(&app, &mel).await.0, ["member"]);
    // Unlinked it brings nobody in any more; who came by it stays.
    let path = format!("{workspace}/domains/acme.example");
    app.call(&ada, "DELETE", &path, Value::Null).await.expect(204);
    app.call(&ada, "DELETE", &path, Value::Null).await.expect_problem(404, "not_found");
    stays_out(&app.sign_in("late@acme.example").await).await;
    app.get(&mel, &workspace).await.expect(200);
    // Linked again it must be shown again.
    assert_eq!(app.call(&ada, "PUT", &path, Value::Null).await.expect(200)["status"], "claimed");
    stays_out(&app.sign_in("late@acme.example").await).await;
}

#[tokio::test]
async fn r10_a_domain_gives_no_more_seats_than_there_are() {
    let app = App::with_edited_pack("role-seats", &[("product.toml", "seats = 250\n", "seats = 2\n")]).await;
    let (app, ada, workspace) = office_of(app).await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "acme.example").await;
    auto_assign(&app, &ada, &workspace, false).await;
    assert_eq!(enter(&app, &app.sign_in("vic@acme.example").await).await.0, ["viewer"]);
    auto_assign(&app, &ada, &workspace, true).await;
    assert_eq!(enter(&app, &app.sign_in("mel@acme.example").await).await.0, ["member"]);
    assert_eq!(enter(&app, &app.sign_in("wes@acme.example").await).await.0, ["viewer"]);
    assert_eq!(app.seats(&ada, &workspace).await, [2, 2, 0]);
}

#[tokio::test]
async fn r10_who_is_invited_as_well_is_asked_first() {
    let (app, ada, workspace) = office("role-seats").await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "acme.example").await;
    // Brought in by the domain, they would be a member, and the invitation of no use.
    let invitation = app.invite(&ada, &workspace, "bob@acme.example", "admin").await;
    let bob = app.sign_in("bob@acme.example").await;
    let entered = app.post(&bob, "/v1/me", json!({})).await.expect(200);
    assert_eq!((&entered["next"], &entered["workspaces"]), (&json!("invitations"), &json!([])));
    app.join(&bob, &invitation).await.expect(200);
    assert_eq!(app.shown(&ada, &workspace, &bob).await["role"], "admin");
    // A person who declines the invitation comes by the domain.
    let invitation = app.invite(&ada, &workspace, "cleo@acme.example", "admin").await;
    let cleo = app.sign_in("cleo@acme.example").await;
    let decline = format!("/v1/invitations/{}/decline", text(&invitation["id"]));
    app.post(&cleo, &decline, json!({})).await.expect(204);
    assert_eq!(enter(&app, &cleo).await.0, ["member"]);
}

#[tokio::test]
async fn r10_who_was_removed_is_not_brought_in_by_another_address() {
    let (app, ada, workspace) = office("role-seats").await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "acme.example").await;
    let url = app.role_link(&ada, &workspace, "member").await;
    // Joined with an address that nobody vouched for, and so with none that is kept.
    let mel = json!({ "email": "mel@acme.example", "emailVerified": false });
    let unverified = app.sign_in_as(mel).await;
    app.join_by(&unverified, &url).await.expect(200);
    let id = unverified.id().to_string();
    app.call(&ada, "DELETE", &format!("{workspace}/members/{id}"), Value::Null).await.expect(204);
    let mel = app.sign_in("mel@acme.example").await;
    assert_eq!(mel.id().to_string(), id, "the same person");
    assert!(enter(&app, &mel).await.0.is_empty());
}

#[tokio::test]
async fn r10_one_domain_may_be_of_several_workspaces() {
    let (app, ada, workspace) = office("role-seats").await;
    let second = app.workspace(&ada).await;
    for workspace in [&workspace, &second] {
        app.put_on_plan(workspace, "enterprise").await.expect(204);
    }
    app.own_domain(&ada, &workspace, "acme.example").await;
    // One workspace has shown that the domain is its own; the other has not.
    let path = format!("{second}/domains/acme.example");
    assert_eq!(app.call(&ada, "PUT", &path, Value::Null).await.expect(200)["status"], "claimed");
    let mel = app.sign_in("mel@acme.example").await;
    assert_eq!(enter(&app, &mel).await.0, ["member"]);
    app.get(&mel, &second).await.expect_problem(404, "not_found");
    let domain = json!({ "domain": "acme.example" });
    app.call(None, "POST", "/dev/verify-domain", domain).await.expect(200);
    assert_eq!(enter(&app, &mel).await.0, ["member", "member"]);
    let new = app.sign_in("new@acme.example").await;
    assert_eq!(enter(&app, &new).await.0, ["member", "member"]);
}

#[tokio::test]
async fn r12_registering_again_signs_into_the_account_that_there_is() {
    let (app, ada, workspace) = office("role-seats").await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    app.call(&mel, "PATCH", "/v1/me", json!({ "timezone": "Europe/Riga" })).await.expect(200);
    let id = mel.id().to_string();
    // Another spelling of the address, another name, and twice at the same moment.
    for email in ["mel@acme.example", "MEL@Acme.Example"] {
        let again = app.sign_in_as(json!({ "email": email, "firstName": "Melanie" })).await;
        let (one, other) =
            tokio::join!(app.post(&again, "/v1/me", json!({})), app.post(&again, "/v1/me", json!({})));
        for entered in [one.expect(200), other.expect(200)] {
            assert_eq!(
                (&entered["user"]["id"], &entered["user"]["timezone"]),
                (&json!(id), &json!("Europe/Riga"))
            );
            assert_eq!(entered["workspaces"].as_array().unwrap().len(), 1);
            assert_eq!(entered["next"], "dashboard");
        }
    }
    assert_eq!(app.listed(&ada, &workspace, "").await.len(), 2);
    // A person who has none registers twice at once: one account.
    let new = app.sign_in("new@acme.example").await;
    let (one, other) = tokio::join!(app.post(&new, "/v1/me", json!({})), app.post(&new, "/v1/me", json!({})));
    assert_eq!(one.expect(200)["user"]["id"], other.expect(200)["user"]["id"]);
}
