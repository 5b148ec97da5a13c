//! People whom the host's backend adds: imports.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::{office, switcher};
use crate::support::person::Person;

/// The body that adds somebody who signs in with the local issuer.
fn body(person: &Person, role: &str) -> Value {
    json!({ "subject": person.subject(), "email": person.email, "firstName": "Imported", "role": role })
}

#[tokio::test]
async fn l1_a_backend_brings_members_along() {
    let (app, olga, acme) = office("role-ladder").await;
    let backend = app.service("backend").await;
    let members = format!("{acme}/members");
    // Before they have ever signed in.
    let tea = Person::new("tea@acme.example");
    let added = app.post(&backend, &members, body(&tea, "admin")).await.expect(201);
    assert_eq!(added["userId"], json!(tea.id().to_string()));
    assert_eq!((&added["role"], &added["firstName"]), (&json!("admin"), &json!("Imported")));
    assert_eq!((&added["emailVerified"], &added["status"]), (&json!(false), &json!("member")));
    // The address is theirs when they have signed in with it.
    let tea = app.sign_in("tea@acme.example").await;
    app.post(&tea, "/v1/me", Value::Null).await.expect(200);
    assert_eq!(app.shown(&olga, &acme, &tea).await["emailVerified"], true);
    assert_eq!(switcher(&app, &tea).await, [(acme.clone(), "admin".to_owned())]);
    // Twice is once, and so is a repetition.
    app.post(&backend, &members, body(&tea, "member")).await.expect_problem(409, "already_member");
    let lee = Person::new("lee@acme.example");
    let first = app.call_with_key(&backend, "POST", &members, body(&lee, "member"), Some("a")).await;
    let again = app.call_with_key(&backend, "POST", &members, body(&lee, "member"), Some("a")).await;
    assert_eq!(first.expect(201), again.expect(201));
    // The log says who did it.
    let events = app.get(&olga, &format!("{acme}/events?type=member.joined&limit=1")).await.expect(200);
    assert_eq!(events["items"][0]["operation"], "addMember");
    assert_eq!(events["items"][0]["actor"]["type"], "service");
    assert_eq!(events["items"][0]["targets"][0]["id"], json!(lee.id().to_string()));
    // An invitation for the address ends with it.
    app.invite(&olga, &acme, "mel@acme.example", "member").await;
    let mel = app.sign_in("mel@acme.example").await;
    app.post(&backend, &members, body(&mel, "owner")).await.expect(201);
    app.post(&mel, "/v1/me", Value::Null).await.expect(200);
    let pending = app.get(&olga, &format!("{acme}/invitations?status=pending")).await.expect(200);
    assert_eq!(pending["items"], json!([]));
}

#[tokio::test]
async fn k43_who_is_added_takes_a_seat_as_everybody_who_joins() {
    let app = App::new().await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let backend = app.service("backend").await;
    let members = format!("{workspace}/members");
    let tea = Person::new("tea@acme.example");
    app.post(&backend, &members, body(&tea, "member")).await.expect_problem(409, "no_seat_available");
    let bought = app.buy(&olga, &workspace, "pro", 1).await;
    let added = app.post(&backend, &members, body(&tea, "member")).await.expect(201);
    assert_eq!(added["seat"]["id"], json!(bought[0]));
}

/// K44: a person who has left comes back by an act of their own, and by no backend.
#[tokio::test]
async fn k44_a_backend_brings_nobody_back() {
    let (app, olga, acme) = office("role-ladder").await;
    let backend = app.service("backend").await;
    let tea = app.bring(&olga, &acme, "tea@acme.example", "member").await;
    app.remove(&olga, &acme, &tea).await.expect(204);
    let reply = app.post(&backend, &format!("{acme}/members"), body(&tea, "member")).await;
    let problem = reply.expect_problem(403, "personal_invitation_required");
    assert!(
        problem["detail"].as_str().is_some_and(|detail| detail.starts_with("The person left")),
        "{problem}"
    );
    app.bring(&olga, &acme, "tea@acme.example", "member").await;
}

/// K45: an address stands for one person, whoever says so; without a subject it names that person.
#[tokio::test]
async fn k45_an_address_names_its_person() {
    let (app, _, acme) = office("role-ladder").await;
    let backend = app.service("backend").await;
    let members = format!("{acme}/members");
    let nobody = json!({ "email": "tea@acme.example", "role": "member" });
    app.post(&backend, &members, nobody.clone()).await.expect_problem(422, "person_unknown");
    let tea = app.sign_in("tea@acme.example").await;
    app.workspace(&tea).await;
    // Another sign-in with the address stands for the same person.
    let by_other = json!({ "subject": "other", "email": "tea@acme.example", "role": "member" });
    let added = app.post(&backend, &members, by_other).await.expect(201);
    assert_eq!(added["userId"], json!(tea.id().to_string()));
    app.post(&backend, &members, nobody).await.expect_problem(409, "already_member");
    for (wrong, field) in [
        (json!({ "issuer": "i", "email": "a@b.example", "role": "member" }), "subject"),
        (json!({ "subject": "", "email": "a@b.example", "role": "member" }), "subject"),
        (json!({ "subject": "service:backend", "email": "a@b.example", "role": "member" }), "subject"),
        (json!({ "subject": "s", "email": "nothing", "role": "member" }), "email"),
        (json!({ "subject": "s", "email": "a@b.example" }), "role"),
    ] {
        let problem = app.post(&backend, &members, wrong).await.expect_problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let wizard = json!({ "subject": "s", "email": "a@b.example", "role": "wizard" });
    let problem = app.post(&backend, &members, wizard).await.expect_problem(422, "role_unknown");
    assert!(problem["choices"].as_array().is_some_and(|roles| roles.contains(&json!("owner"))), "{problem}");
}

/// A wrong row of an import gives nobody an address: its owner signs in and is themselves.
#[tokio::test]
async fn k45_a_backend_gives_nobody_an_address() {
    let (app, _, acme) = office("role-ladder").await;
    let backend = app.service("backend").await;
    let wrong = json!({ "subject": "mallory", "email": "tea@acme.example", "role": "owner" });
    app.post(&backend, &format!("{acme}/members"), wrong).await.expect(201);
    let tea = app.sign_in("tea@acme.example").await;
    app.post(&tea, "/v1/me", Value::Null).await.expect(200);
    assert_eq!(app.get(&tea, "/v1/me").await.expect(200)["id"], json!(tea.id().to_string()));
    app.get(&tea, &acme).await.expect_problem(404, "not_found");
}
