//! Sign-ins and people: one person for each verified address, and addresses that change.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::office::{office, switcher};
use crate::support::packs;
use crate::support::person::{Person, address, somebody};
use crate::support::process::Process;
use crate::support::reply::Reply;
use crate::support::stream::delete_workspaces;

const PACKS: [&str; 4] = ["purchased-seats", "flat-owners", "role-seats", "role-ladder"];

/// A workspace under each pack with Tea as a member, and a seat that is free where seats are bought.
async fn with_tea(pack: &str) -> (App, Person, String, Person) {
    let (app, olga, workspace) = office(pack).await;
    if pack == packs::DEFAULT {
        app.buy(&olga, &workspace, "pro", 2).await;
    }
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    (app, olga, workspace, tea)
}

async fn enter(app: &App, who: &Person) -> Value {
    app.post(who, "/v1/me", json!({})).await.expect(200)
}

async fn invited(app: &App, by: &Person, workspace: &str, whom: &str) -> Reply {
    let body = json!({ "emails": [address(whom)] });
    app.post(by, &format!("{workspace}/invitations"), body).await
}

#[tokio::test]
async fn k45_two_sign_ins_with_one_address_are_one_person() {
    for pack in PACKS {
        let (app, olga, workspace, tea) = with_tea(pack).await;
        // The other sign-in needs no entering, and sees and does what the first may.
        let other = app.signed(&tea.by("other"));
        let seen = app.get(&other, &workspace).await.status;
        assert!(seen != 404 && seen == app.get(&tea, &workspace).await.status, "{pack}: {seen}");
        assert_eq!(app.get(&other, "/v1/me").await.expect(200)["id"], json!(tea.id()), "{pack}");
        let entered = enter(&app, &other).await;
        assert_eq!(entered["user"]["id"], json!(tea.id()), "{pack}");
        assert_eq!(entered["workspaces"].as_array().unwrap().len(), 1, "{pack}");
        assert_eq!(switcher(&app, &other).await, switcher(&app, &tea).await, "{pack}");
        assert_eq!(app.get(&olga, &workspace).await.expect(200)["members"], 2, "{pack}");
        // An address for which nobody vouches links nothing.
        let unsure = app.signed(&tea.by("unsure").unverified());
        app.get(&unsure, &workspace).await.expect_problem(404, "not_found");
        assert_ne!(enter(&app, &unsure).await["user"]["id"], json!(tea.id()), "{pack}");
        // A workspace of the one is a workspace of the other.
        let own = app.workspace(&other).await;
        assert_eq!(app.get(&tea, &own).await.expect(200)["creatorId"], json!(tea.id()), "{pack}");
        // Both lose it together.
        app.remove(&olga, &workspace, &tea).await.expect(204);
        for who in [&tea, &other] {
            app.get(who, &workspace).await.expect_problem(404, "not_found");
        }
        assert_eq!(app.get(&olga, &workspace).await.expect(200)["members"], 1, "{pack}");
    }
}

#[tokio::test]
async fn k45_the_other_sign_in_is_a_member_already() {
    let (app, ada, workspace) = office("role-seats").await;
    let url = app.role_link(&ada, &workspace, "member").await;
    let tea = app.sign_in("tea@acme.example").await;
    let other = app.signed(&tea.by("other"));
    // Neither has entered.
    app.join_by(&other, &url).await.expect(200);
    app.join_by(&tea, &url).await.expect_problem(409, "already_member");
    assert_eq!(app.seats(&ada, &workspace).await, [5, 2, 3]);
    let id = other.id().to_string();
    assert_eq!(enter(&app, &tea).await["user"]["id"], id);
    app.call(&ada, "DELETE", &format!("{workspace}/members/{id}"), Value::Null).await.expect(204);
    for who in [&tea, &other] {
        app.get(who, &workspace).await.expect_problem(404, "not_found");
    }
    assert_eq!(app.seats(&ada, &workspace).await, [5, 1, 4]);
}

#[tokio::test]
async fn k45_a_retry_with_the_other_sign_in_is_the_same_request() {
    let app = App::new().await;
    let tea = app.sign_in("tea@acme.example").await;
    enter(&app, &tea).await;
    let body = json!({ "name": "Acme" });
    let mut made = Vec::new();
    for who in [&tea, &app.signed(&tea.by("other"))] {
        let reply = app.call_with_key(who, "POST", "/v1/workspaces", body.clone(), Some("once")).await;
        made.push(reply.expect(201)["id"].clone());
    }
    assert_eq!(made[0], made[1]);
}

#[tokio::test]
async fn k45_only_a_linked_sign_in_takes_another_round_trip() {
    let deployment = Deployment::new().await;
    let (process, meter) = deployment.metered_process();
    let tea = somebody("tea");
    let workspace = process.workspace(&tea).await;
    let url = format!("{workspace}/coordinator");
    for (who, further) in [(&tea, 0), (&tea.by("other"), 1)] {
        for (method, path, rounds) in [("GET", &workspace, 1), ("PUT", &url, 2)] {
            let before = meter.rounds();
            let body = if method == "PUT" { json!({ "name": who.email }) } else { Value::Null };
            process.call(who, method, path, body).await.expect(200);
            assert_eq!(meter.rounds() - before, rounds + further, "{method}");
        }
    }
}

#[tokio::test]
async fn k46_a_changed_address_moves_with_its_person() {
    for pack in PACKS {
        let (app, olga, workspace, tea) = with_tea(pack).await;
        enter(&app, &tea).await;
        let moved = app.signed(&tea.moved_to("tea@new.example"));
        let entered = enter(&app, &moved).await;
        assert_eq!(
            (&entered["user"]["id"], &entered["user"]["email"], &entered["user"]["emailVerified"]),
            (&json!(tea.id()), &json!("tea@new.example"), &json!(true)),
            "{pack}"
        );
        let shown = app.shown(&olga, &workspace, &tea).await;
        assert_eq!((&shown["email"], &shown["emailVerified"]), (&json!("tea@new.example"), &json!(true)));
        // The new address is a member's; the old one is free for the next employee, who is nobody else.
        invited(&app, &olga, &workspace, "tea@new.example").await.expect_problem(409, "already_member");
        let invitation = invited(&app, &olga, &workspace, "tea@acme.example").await.expect(201);
        let next = app.signed(&Person::new("tea@acme.example").by("next"));
        let entered = enter(&app, &next).await;
        assert_eq!(
            (&entered["user"]["id"], &entered["workspaces"]),
            (&json!(next.id()), &json!([])),
            "{pack}"
        );
        app.join(&next, &invitation["items"][0]["invitation"]).await.expect(200);
        assert_eq!(app.get(&olga, &workspace).await.expect(200)["members"], 3, "{pack}");
        // A second sign-in with the new address is the person, too.
        for who in [&moved, &app.signed(&moved.by("other"))] {
            assert_eq!(app.get(who, "/v1/me").await.expect(200)["id"], json!(tea.id()), "{pack}");
            assert_ne!(app.get(who, &workspace).await.status, 404, "{pack}");
        }
        // Nothing is left to do.
        let before = app.dump().await;
        enter(&app, &moved).await;
        assert_eq!(app.dump().await.changed_since(&before), Vec::<String>::new(), "{pack}");
    }
}

#[tokio::test]
async fn k46_an_address_that_is_verified_later_becomes_a_members() {
    let (app, ada, workspace) = office("role-seats").await;
    let url = app.role_link(&ada, &workspace, "member").await;
    let unsure = app.signed(&somebody("mel").unverified());
    app.join_by(&unsure, &url).await.expect(200);
    assert_eq!(app.shown(&ada, &workspace, &unsure).await["emailVerified"], false);
    let mel = app.sign_in("mel@acme.example").await;
    enter(&app, &mel).await;
    assert_eq!(app.shown(&ada, &workspace, &mel).await["emailVerified"], true);
    invited(&app, &ada, &workspace, "mel").await.expect_problem(409, "already_member");
}

#[tokio::test]
async fn k46_a_deleted_workspace_leaves_no_former_address() {
    let deployment = Deployment::new().await;
    let process = deployment.process();
    let olga = somebody("olga");
    let workspace = process.workspace(&olga).await;
    process.post(&olga, "/v1/me", Value::Null).await.expect(200);
    process.post(&olga.moved_to("olga@new.example"), "/v1/me", Value::Null).await.expect(200);
    process.call(&olga, "DELETE", &workspace, Value::Null).await.expect(204);
    delete_workspaces(&process).await;
    let dump = deployment.dump().await;
    assert!(!dump.text_beside_events().contains(&id_of(&workspace).to_string()));
}

#[tokio::test]
async fn k51_an_unverified_address_is_never_the_persons() {
    let (app, ada, workspace) = office("role-seats").await;
    let url = app.role_link(&ada, &workspace, "member").await;
    let eve = app.signed(&somebody("boss").unverified());
    app.join_by(&eve, &url).await.expect(200);
    let entered = enter(&app, &eve).await;
    assert_eq!(
        (&entered["user"]["email"], &entered["user"]["emailVerified"]),
        (&json!("boss@acme.example"), &json!(false))
    );
    let shown = app.shown(&ada, &workspace, &eve).await;
    assert_eq!((&shown["email"], &shown["emailVerified"]), (&json!("boss@acme.example"), &json!(false)));
    assert_eq!(app.listed(&ada, &workspace, "?search=boss").await, Vec::<String>::new());
    assert_eq!(app.listed(&ada, &workspace, "?search=acme.example").await, ["ada@acme.example"]);
    let csv = app.get(&ada, &format!("{workspace}/members/export")).await;
    assert!(!csv.text.contains("boss@"), "{}", csv.text);
    assert!(csv.text.contains("ada@acme.example"));
    // The address says nothing about the order either: without a name, it comes before all others.
    for query in ["", "?seat=with"] {
        let order = app.listed(&ada, &workspace, query).await;
        assert_eq!(order, ["boss@acme.example", "ada@acme.example"], "{query}");
    }
}

#[tokio::test]
async fn k51_an_unverified_claim_does_not_relabel_a_verified_person() {
    for pack in PACKS {
        let (app, olga, workspace, tea) = with_tea(pack).await;
        enter(&app, &tea).await;
        let claims = Person { verified: false, ..tea.moved_to("boss@acme.example") };
        let entered = enter(&app, &app.signed(&claims)).await;
        let shown = app.shown(&olga, &workspace, &tea).await;
        for of in [&entered["user"], &shown] {
            assert_eq!((&of["email"], &of["emailVerified"]), (&json!("tea@acme.example"), &json!(true)));
        }
        // Nor does the claim show in a workspace that the person makes or joins with it.
        let own = app.workspace(&app.signed(&claims)).await;
        let shown = app.shown(&tea, &own, &tea).await;
        if !shown.is_null() {
            assert_eq!(
                (&shown["email"], &shown["emailVerified"]),
                (&json!("tea@acme.example"), &json!(true))
            );
        }
    }
}

#[tokio::test]
async fn k51_entering_needs_an_address() {
    let app = App::new().await;
    let tea = somebody("tea");
    for email in ["", " ", "<nil>", "null", "[tea@acme.example]", "map[a:b]", "nobody"] {
        let nameless = app.signed(&Person { email: email.to_owned(), ..tea.by("tea") });
        app.post(&nameless, "/v1/me", json!({})).await.expect_problem(403, "email_required");
        app.get(&nameless, "/v1/me").await.expect(200);
    }
}

/// Somebody joins by a link with an address for which nobody vouches, beside a person who has verified
/// the same address.
struct Twins {
    deployment: Deployment,
    process: Process,
    ada: Person,
    workspace: String,
    /// The person.
    tea: Person,
    /// The sign-in that is not verified yet.
    own: Person,
}

impl Twins {
    async fn new() -> Self {
        let deployment = Deployment::under("role-seats", &[]).await;
        let (process, ada, tea) = (deployment.process(), somebody("ada"), somebody("tea"));
        let workspace = process.workspace(&ada).await;
        process.post(&tea, "/v1/me", Value::Null).await.expect(200);
        let own = tea.by("own");
        Self { deployment, process, ada, workspace, tea, own }
    }

    async fn join(&self, who: &Person, role: &str) {
        let url = self.process.role_link(&self.ada, &self.workspace, role).await;
        self.process.join_by(who, &url).await.expect(200);
    }

    /// The sign-in is verified, and enters.
    async fn verify(&self) -> Value {
        let entered = self.process.post(&self.own, "/v1/me", Value::Null).await.expect(200);
        assert_eq!(entered["user"]["id"], json!(self.tea.id()));
        self.deployment.audit().await;
        self.process.get(&self.own.unverified(), &self.workspace).await.expect_problem(404, "not_found");
        entered
    }
}

#[tokio::test]
async fn k45_what_a_sign_in_had_of_its_own_becomes_the_persons() {
    let twins = Twins::new().await;
    let Twins { process, ada, workspace, tea, own, .. } = &twins;
    twins.join(&own.unverified(), "member").await;
    let made = process.workspace(&own.unverified()).await;
    // Verified, the sign-in is Tea, who is in neither workspace.
    process.get(own, workspace).await.expect_problem(404, "not_found");
    let entered = twins.verify().await;
    assert_eq!(entered["workspaces"].as_array().unwrap().len(), 2);
    for who in [own, tea] {
        process.get(who, workspace).await.expect(200);
        assert_eq!(process.get(who, &made).await.expect(200)["creatorId"], json!(tea.id()));
    }
    assert_eq!(process.seats(ada, workspace).await, [5, 2, 3]);
    assert_eq!(process.shown(ada, workspace, tea).await["role"], "member");
    let body = json!({ "emails": [tea.email] });
    let again = process.post(ada, &format!("{workspace}/invitations"), body).await;
    again.expect_problem(409, "already_member");
}

#[tokio::test]
async fn k45_of_two_memberships_the_higher_role_and_one_seat_remain() {
    for (first, second, role, seats) in [
        ("viewer", "member", "member", [5, 2, 3]),
        ("member", "viewer", "member", [5, 2, 3]),
        ("member", "member", "member", [5, 2, 3]),
        ("member", "admin", "admin", [5, 2, 3]),
        ("viewer", "viewer", "viewer", [5, 1, 4]),
    ] {
        let twins = Twins::new().await;
        let Twins { process, ada, workspace, tea, own, .. } = &twins;
        twins.join(tea, first).await;
        twins.join(&own.unverified(), second).await;
        assert_eq!(process.get(ada, workspace).await.expect(200)["members"], 3);
        let entered = twins.verify().await;
        assert_eq!(entered["workspaces"].as_array().unwrap().len(), 1, "{first} {second}");
        assert_eq!(process.get(ada, workspace).await.expect(200)["members"], 2);
        assert_eq!(process.shown(ada, workspace, tea).await["role"], role, "{first} {second}");
        assert_eq!(process.seats(ada, workspace).await, seats, "{first} {second}");
        process.remove(ada, workspace, tea).await.expect(204);
        for who in [own, tea, &own.unverified()] {
            process.get(who, workspace).await.expect_problem(404, "not_found");
        }
        twins.deployment.audit().await;
    }
}

#[tokio::test]
async fn k45_many_memberships_follow_a_few_at_a_time() {
    let twins = Twins::new().await;
    let Twins { process, tea, own, .. } = &twins;
    let mut made = Vec::new();
    for _ in 0..8 {
        made.push(process.workspace(&own.unverified()).await);
    }
    for _ in 0..3 {
        process.post(own, "/v1/me", Value::Null).await.expect(200);
        twins.deployment.audit().await;
    }
    for workspace in &made {
        process.get(tea, workspace).await.expect(200);
    }
    let dump = twins.deployment.dump().await;
    assert!(!dump.users.contains_key(&own.id()), "the sign-in has no account of its own");
}

#[tokio::test]
async fn k46_many_memberships_follow_a_changed_address_in_steps() {
    let many = ("[leave]", "[workspaces]\ncreated-per-person = 100\n\n[leave]");
    let deployment = Deployment::under("role-ladder", &[many]).await;
    let (process, tea) = (deployment.process(), somebody("tea"));
    process.post(&tea, "/v1/me", Value::Null).await.expect(200);
    for _ in 0..30 {
        process.workspace(&tea).await;
    }
    let moved = tea.moved_to("tea@new.example");
    for _ in 0..5 {
        process.post(&moved, "/v1/me", Value::Null).await.expect(200);
    }
    let dump = deployment.audit().await;
    let key = seatwise_domain::EmailAddress::try_from(moved.email.clone()).expect("an address").key();
    assert!(dump.members.values().all(|member| member.slot.as_ref() == Some(&key)));
    assert_eq!(dump.owners.into_iter().collect::<Vec<_>>(), [(key, tea.id())]);
}
