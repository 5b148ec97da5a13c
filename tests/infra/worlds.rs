//! Runs every function, on every path of its rules that reads or writes another kind of record.

use jiff::SignedDuration;
use seatwise_domain::{Change, DomainCheck};
use serde_json::{Value, json};

use super::recorded::Recorded;
use super::recorder::Recorder;
use crate::support::catalogue;
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::packs::{self, Edit};
use crate::support::person::{Person, somebody};
use crate::support::reply::text;
use crate::support::scene::Scene;

/// Settings that make rules read users beyond the workspace: protection of creators, and deletion of accounts. Every
/// pack can have them.
const WATCHFUL: &str = "[creator]\ndemotion = \"refused-in-only-workspace\"\n\n\
    [removal]\nlast-account = \"delete\"\n\n[roles-given]";

/// Runs every function, on every path of its rules that reads or writes another kind of record: the requests of the
/// catalogue, and what they leave out. A new path needs a request in the catalogue or a step here, because AWS refuses
/// an action that was not recorded. Packs with other rules have a table each; a function may do what it does under any
/// pack.
pub async fn everything(recorder: &Recorder) {
    let watchful = ("product.toml", "[roles-given]", WATCHFUL);
    let keeps_no_seat = ("product.toml", "reserves-seat = true", "reserves-seat = false");
    let by_any_way = (
        "product.toml",
        r#"channels = ["email", "single-use"]"#,
        r#"channels = ["email", "single-use", "link", "domain"]"#,
    );
    // Policies that allow everything: authorization is not tested here.
    let allows_all = (
        "people.cedar",
        "@id(\"people.preview\")",
        "permit (principal, action, resource);\n\n@id(\"people.preview\")",
    );
    let world = async |pack: &str, edits: &[Edit<'_>]| {
        Recorded::over(Deployment::of(packs::edited(pack, edits)).await, recorder).await
    };
    // Where invitations reserve no seat, a person who joins needs a free one.
    let changes = [watchful, keeps_no_seat, by_any_way, allows_all];
    for changes in [&[][..], &changes] {
        let app = world("purchased-seats", changes).await;
        seats_by_tier(&app).await;
        deleted_account(&app).await;
        if !changes.is_empty() {
            ways_in(&app, &somebody("ora"), "workspace", "admin", 4).await;
        }
        makers(&app, "owner").await;
        catalogue_of(&app, "purchased-seats").await;
    }
    for changes in [&[][..], &[watchful]] {
        let app = world("role-seats", changes).await;
        seats_by_role(&app).await;
        makers(&app, "admin").await;
        catalogue_of(&app, "role-seats").await;
        let app = world("role-ladder", changes).await;
        no_seats(&app).await;
        makers(&app, "owner").await;
        catalogue_of(&app, "role-ladder").await;
    }
    // Governing members leave by themselves.
    let leaves = ("product.toml", "by = \"none\"", "by = \"direct\"");
    let may_leave =
        ("roles.cedar", "Action::\"workspace.own\"", "Action::\"workspace.own\", Action::\"leave.direct\"");
    makers(&world("role-seats", &[leaves, may_leave]).await, "admin").await;
    let app = world("purchased-seats", &[("product.toml", "max = 1000", "max = 2")]).await;
    ended_seat(&app).await;
    let app = world("flat-owners", &[]).await;
    flat_owners(&app).await;
    catalogue_of(&app, "flat-owners").await;
}

/// The plain ways: every request of the catalogue that works in a product.
async fn catalogue_of(app: &Recorded, pack: &str) {
    for (number, entry) in catalogue::of(pack).into_iter().enumerate() {
        let (_, request) = Scene::before(app.clone(), &entry, &number.to_string()).await;
        let reply = request.send(app, None).await;
        // Where invitations reserve no seat, none can be asked for.
        let is_offered = reply.code() != "not_offered" || !entry.asks_for_seat();
        assert!(reply.status.is_success() || !is_offered, "{} in {pack}: {}", entry.name(), reply.text);
    }
}

/// Seats are bought.
async fn seats_by_tier(app: &Recorded) {
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    people_and_workspaces(app, &olga).await;
    let workspace = app.workspace(&olga).await;
    invitations(app, &olga, &workspace).await;
    app.member(&olga, &workspace, "tea", "member").await;
    members_and_seats(app, &olga, &tea, &workspace).await;
    sealed_logs(app, &olga, &workspace).await;
    belongings(app, &olga, &workspace).await;
    app.run(&olga, "POST", &format!("{workspace}/transfer"), json!({ "userId": tea.id() })).await;
    deletion(app, &tea, &workspace).await;
    // The log of the platform has the deletion.
    app.pass_minutes(16);
    assert!(app.seal().await > 0);
}

/// A person in so many workspaces that a task ends their memberships.
async fn deleted_account(app: &Recorded) {
    for (round, name) in ["zoe", "zac"].into_iter().enumerate() {
        let person = somebody(name);
        for number in 0..9 {
            let owner = somebody(&format!("ned{number}"));
            let workspace = app.workspace(&owner).await;
            app.member(&owner, &workspace, name, "member").await;
            if number == 0 {
                app.run(&person, "POST", &format!("{workspace}/leave-requests"), Value::Null).await;
            }
        }
        finish_tasks(app, round).await;
        app.run(&person, "DELETE", "/v1/me", Value::Null).await;
        finish_tasks(app, round).await;
        let shown = app.run(&person, "GET", "/v1/workspaces", Value::Null).await;
        assert_eq!(shown["items"], json!([]));
    }
}

/// There are as many seats as there can be, and one has ended: it makes room for a new one.
async fn ended_seat(app: &Recorded) {
    let olga = somebody("olga");
    let workspace = app.workspace(&olga).await;
    let seats = app.buy(&olga, &workspace, "pro", 2).await;
    app.run(&olga, "POST", &format!("{workspace}/seats/{}/cancel", seats[0]), Value::Null).await;
    app.deployment.clock.advance(SignedDuration::from_hours(24 * 32));
    app.buy(&olga, &workspace, "pro", 1).await;
}

/// Seats come with the plan.
async fn seats_by_role(app: &Recorded) {
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    people_and_workspaces(app, &olga).await;
    let workspace = app.workspace(&olga).await;
    quotas(app, &olga, &workspace).await;
    ways_in(app, &olga, "enterprise", "admin", 0).await;
    settlement(app, &olga).await;
    app.set_plan(&workspace, "enterprise").await;
    app.bring(&olga, &workspace, "tea", "member").await;
    let member = |who: &Person| format!("{workspace}/members/{}", who.id());
    app.run(&olga, "PUT", &format!("{}/role", member(&tea)), json!({ "role": "admin" })).await;
    // A member without a seat gets one, and so does a member who waits for one.
    let settings = format!("{workspace}/settings");
    app.run(&olga, "PATCH", &settings, json!({ "autoAssignSeats": false })).await;
    let vic = app.bring(&olga, &workspace, "vic", "member").await;
    app.run(&olga, "PUT", &format!("{}/seat", member(&vic)), json!({})).await;
    app.run(&olga, "DELETE", &format!("{}/seat", member(&vic)), Value::Null).await;
    let assigned = app.run(&olga, "POST", &format!("{workspace}/seats/assign"), Value::Null).await;
    assert_eq!(assigned["assigned"], json!([vic.id().to_string()]));
    app.run(&olga, "DELETE", &member(&vic), Value::Null).await;
    // The creator is in two workspaces, so her role is not protected.
    app.run(&tea, "DELETE", &format!("{}/seat", member(&olga)), Value::Null).await;
    app.run(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "admin" })).await;
    belongings(app, &olga, &workspace).await;
    app.run(&olga, "POST", &format!("{workspace}/transfer"), json!({ "userId": tea.id() })).await;
    deletion(app, &tea, &workspace).await;
}

/// A plan gets fewer seats than are taken, and more again.
async fn settlement(app: &Recorded, olga: &Person) {
    let workspace = app.workspace(olga).await;
    app.bring(olga, &workspace, "tea", "member").await;
    for seats in [1, 3] {
        let body = json!({ "plan": "business", "seats": seats });
        app.run(olga, "PUT", &format!("{workspace}/plan"), body).await;
        app.deliver().await;
    }
}

/// There are no seats, and members leave without a request.
async fn no_seats(app: &Recorded) {
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    people_and_workspaces(app, &olga).await;
    let workspace = app.workspace(&olga).await;
    app.bring(&olga, &workspace, "tea", "member").await;
    let lee = app.bring(&olga, &workspace, "lee", "member").await;
    app.run(&lee, "POST", &format!("{workspace}/leave"), Value::Null).await;
    let member = |who: &Person| format!("{workspace}/members/{}", who.id());
    app.run(&olga, "PUT", &format!("{}/role", member(&tea)), json!({ "role": "owner" })).await;
    app.run(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "admin" })).await;
    app.run(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "owner" })).await;
    api_keys(app, &olga, &workspace).await;
    belongings(app, &olga, &workspace).await;
    app.run(&olga, "POST", &format!("{workspace}/transfer"), json!({ "userId": tea.id() })).await;
    deletion(app, &tea, &workspace).await;
}

/// A key that is asked about, and that a deletion of the workspace finds.
async fn api_keys(app: &Recorded, olga: &Person, workspace: &str) {
    let made =
        app.post(olga, &format!("{workspace}/api-keys"), json!({ "name": "Import" })).await.expect(201);
    let checks = json!({ "checks": [{ "action": "revokeApiKey", "apiKey": made["id"] }] });
    app.run(olga, "POST", &format!("{workspace}/authorize"), checks).await;
}

/// Creators are protected, and an account is deleted with its last workspace.
async fn flat_owners(app: &Recorded) {
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    people_and_workspaces(app, &olga).await;
    let workspace = app.workspace(&olga).await;
    let member = |who: &Person| format!("{workspace}/members/{}", who.id());
    // One person has another workspace, one has an account only, and one has none.
    for (name, enters, has_another) in [("pat", true, true), ("kim", true, false), ("ivo", false, false)] {
        let person = app.bring(&olga, &workspace, name, "member").await;
        if enters {
            app.run(&person, "POST", "/v1/me", Value::Null).await;
        }
        if has_another {
            app.workspace(&person).await;
        }
        app.run(&olga, "DELETE", &member(&person), Value::Null).await;
    }
    app.bring(&olga, &workspace, "tea", "member").await;
    app.run(&olga, "PUT", &format!("{}/role", member(&tea)), json!({ "role": "owner" })).await;
    app.run(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "member" })).await;
    app.run(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "owner" })).await;
    api_keys(app, &olga, &workspace).await;
    belongings(app, &olga, &workspace).await;
    app.run(&olga, "POST", &format!("{workspace}/transfer"), json!({ "userId": tea.id() })).await;
    deletion(app, &tea, &workspace).await;
}

async fn people_and_workspaces(app: &Recorded, olga: &Person) {
    app.run(olga, "POST", "/v1/me", Value::Null).await;
    let workspace = app.workspace(olga).await;
    // The token has a name now, which changes the member lists of her workspaces.
    let named = Person { first_name: Some("Olga".to_owned()), ..olga.clone() };
    app.run(&named, "POST", "/v1/me", Value::Null).await;
    // Without the index.
    app.run(olga, "GET", &format!("{workspace}/members?status=all"), Value::Null).await;
    sign_ins(app).await;
}

/// Sign-ins that are one person, and an address that changes.
async fn sign_ins(app: &Recorded) {
    let enter = async |who: &Person| app.run(who, "POST", "/v1/me", Value::Null).await;
    // A person without an account, and without an owner of the address.
    app.run(&somebody("neo"), "PATCH", "/v1/me", json!({ "firstName": "Neo" })).await;
    // An address with an owner and without an account.
    let nel = somebody("nel");
    app.workspace(&nel).await;
    app.run(&nel, "PATCH", "/v1/me", json!({ "firstName": "Nel" })).await;
    // A sign-in with an account, an address and a workspace of its own becomes the same person.
    let old = somebody("nel-before").by("second");
    enter(&old).await;
    app.workspace(&old).await;
    enter(&old.moved_to("nel")).await;
    enter(&nel.moved_to("nel-after")).await;
}

async fn invitations(app: &Recorded, olga: &Person, workspace: &str) {
    let seats = app.buy(olga, workspace, "pro", 4).await;
    let for_pat = app.invite(olga, workspace, "pat", "member").await;
    app.deliver().await;
    let path = format!("{workspace}/invitations/{}", text(&for_pat["id"]));
    // One of the two seats is not the one that the invitation has.
    for change in [json!({ "role": "admin" }), json!({ "seatId": seats[0] }), json!({ "seatId": seats[1] })] {
        let changed = app.call(olga, "PATCH", &path, change).await;
        assert!(changed.status.is_success() || changed.code() == "not_offered", "{}", changed.text);
    }
    app.run(olga, "POST", &format!("{path}/resend"), Value::Null).await;
    // The stream does not bring its mail.
    assert_eq!(app.sweep().await, 1);
    // The earlier release has left mails: the stream brings one, and the sweep finds one.
    app.run(olga, "POST", &format!("{path}/resend"), Value::Null).await;
    app.deployment.make_mails_earlier().await;
    app.deliver().await;
    app.run(olga, "POST", &format!("{path}/resend"), Value::Null).await;
    app.deployment.make_mails_earlier().await;
    assert_eq!(app.sweep().await, 1);
    let for_ivo = app.invite(olga, workspace, "ivo", "member").await;
    app.revoke(olga, workspace, &for_ivo).await.expect(204);
    // The mail of a revoked invitation is dropped.
    app.deliver().await;
    // An expired invitation is replaced by the next one.
    app.invite(olga, workspace, "late", "member").await;
    app.deployment.clock.advance(SignedDuration::from_hours(24 * 8));
    app.invite(olga, workspace, "late", "member").await;
    app.deliver().await;
}

async fn members_and_seats(app: &Recorded, olga: &Person, tea: &Person, workspace: &str) {
    let member = |who: &Person| format!("{workspace}/members/{}", who.id());
    // A second owner changes the count of governing members; each owner leaves their seat once.
    app.run(olga, "PUT", &format!("{}/role", member(tea)), json!({ "role": "admin" })).await;
    app.run(olga, "PUT", &format!("{}/role", member(tea)), json!({ "role": "owner" })).await;
    let seats = app.buy(olga, workspace, "pro", 2).await;
    app.run(olga, "PUT", &format!("{}/seat", member(olga)), json!({ "seatId": seats[0] })).await;
    app.run(olga, "PUT", &format!("{}/seat", member(tea)), json!({ "seatId": seats[1] })).await;
    app.run(olga, "DELETE", &format!("{}/seat", member(tea)), Value::Null).await;
    // The term of a seat is stored with its holder: the caller, or nobody.
    for seat in &seats {
        app.run(olga, "POST", &format!("{workspace}/seats/{seat}/cancel"), Value::Null).await;
        app.run(olga, "POST", &format!("{workspace}/seats/{seat}/reactivate"), Value::Null).await;
    }
    let ann = app.member(olga, workspace, "ann", "member").await;
    app.run(&ann, "POST", &format!("{workspace}/leave-requests"), Value::Null).await;
    app.run(olga, "DELETE", &member(&ann), Value::Null).await;
}

/// Invitations end with the standing of their makers, and the standing of creators passes on.
async fn makers(app: &Recorded, governing: &str) {
    let [cy, max] = ["cy", "max"].map(somebody);
    for round in 0..2 {
        let workspace = governed_by_two(app, &cy, governing).await;
        app.invite(&max, &workspace, &format!("guy{round}"), "member").await;
        let link = format!("{workspace}/links/member");
        app.call(&max, "PUT", &link, Value::Null).await;
        app.change_role(&cy, &workspace, &max, "member").await.expect(200);
        finish_tasks(app, round).await;
        app.change_role(&cy, &workspace, &max, governing).await.expect(200);
        // A person who is invited comes in by another way.
        let single = app.call(&cy, "POST", &format!("{workspace}/invitations"), json!({})).await;
        app.call(&cy, "PUT", &link, Value::Null).await;
        let urls = [single.json["items"][0]["invitation"]["url"].clone()];
        let lou = somebody(&format!("lou{round}"));
        app.invite(&cy, &workspace, &lou, "member").await;
        for url in urls.iter().filter_map(Value::as_str) {
            app.join_by(&lou, url).await.expect(200);
        }
        // The address of an expired invitation has another one by now.
        let late = app.invite(&cy, &workspace, "late", "member").await;
        app.deployment.clock.advance(SignedDuration::from_hours(24 * 40));
        app.invite(&cy, &workspace, "late", "member").await;
        let resend = format!("{workspace}/invitations/{}/resend", text(&late["id"]));
        let refused = app.post(&cy, &resend, json!({})).await;
        assert_eq!(refused.status.as_u16(), 409, "{}", refused.text);
        if round == 0 {
            // Some packs protect the creator, and each pack has one way to leave at most.
            app.change_role(&max, &workspace, &cy, "member").await;
            let asked = app.call(&cy, "POST", &format!("{workspace}/leave-requests"), Value::Null).await;
            let request = asked.json["id"].as_str().unwrap_or_default();
            app.call(&max, "POST", &format!("{workspace}/leave-requests/{request}/approve"), json!({})).await;
            app.call(&cy, "POST", &format!("{workspace}/leave"), json!({})).await;
        }
        app.call(&cy, "POST", &format!("{workspace}/leave"), json!({})).await;
        app.call(&max, "DELETE", &format!("{workspace}/members/{}", cy.id()), Value::Null).await;
        finish_tasks(app, round).await;
    }
    // So it does when a creator's account is deleted, which some packs refuse.
    governed_by_two(app, &cy, governing).await;
    app.call(&cy, "DELETE", "/v1/me", Value::Null).await;
    app.deliver().await;
}

/// A workspace of its creator and max.
async fn governed_by_two(app: &Recorded, creator: &Person, governing: &str) -> String {
    let workspace = app.workspace(creator).await;
    let seats = app.call(creator, "POST", &format!("{workspace}/seats"), json!({ "quantity": 8 })).await;
    assert!(seats.status.is_success() || seats.code() == "not_offered", "{}", seats.text);
    app.bring(creator, &workspace, "max", governing).await;
    workspace
}

/// The stream brings the tasks, or the sweep finds them.
async fn finish_tasks(app: &Recorded, round: usize) {
    if round == 0 { app.deliver().await } else { assert!(app.sweep().await > 0) }
}

/// Logs are sealed: of accounts, of the workspace, of the platform, and of a deleted workspace.
async fn sealed_logs(app: &Recorded, olga: &Person, workspace: &str) {
    app.pass_minutes(16);
    assert!(app.seal().await > 0);
    app.run(olga, "PATCH", workspace, json!({ "name": "Sealed" })).await;
    app.pass_minutes(16);
    assert_eq!(app.seal().await, 1);
}

/// The records that a deletion finds beside members, seats and invitations.
async fn belongings(app: &Recorded, olga: &Person, workspace: &str) {
    app.logo(olga, workspace).await;
    app.run(olga, "PUT", &format!("{workspace}/coordinator"), json!({ "name": "Kim" })).await;
}

/// Deletes a workspace with its contents.
async fn deletion(app: &Recorded, owner: &Person, workspace: &str) {
    app.run(owner, "DELETE", workspace, Value::Null).await;
    app.delete_workspaces().await;
}

/// Quotas of invitations: one for the whole time, and one for a day.
async fn quotas(app: &Recorded, olga: &Person, workspace: &str) {
    for (plan, name) in [("trial", "qi"), ("business", "qo")] {
        app.set_plan(workspace, plan).await;
        app.invite(olga, workspace, name, "member").await;
    }
}

/// Links and domains, in a workspace of their own. Each person who joins needs a seat.
async fn ways_in(app: &Recorded, olga: &Person, plan: &str, role: &str, seats: usize) {
    let workspace = app.workspace(olga).await;
    app.set_plan(&workspace, plan).await;
    if seats > 0 {
        app.buy(olga, &workspace, "pro", seats).await;
    }
    // The second link replaces the first.
    let link = format!("{workspace}/links/{role}");
    app.run(olga, "PUT", &link, Value::Null).await;
    let made = app.run(olga, "PUT", &link, Value::Null).await;
    let una = somebody("una");
    app.run(&una, "POST", "/v1/me", Value::Null).await;
    app.join(&una, &made).await.expect(200);
    app.run(olga, "DELETE", &link, Value::Null).await;
    domains(app, olga, &workspace).await;
    // The workspace has a verified domain, an unverified one, and a link.
    app.run(olga, "PUT", &link, Value::Null).await;
    deletion(app, olga, &workspace).await;
}

async fn domains(app: &Recorded, olga: &Person, workspace: &str) {
    let path = |domain: &str| format!("{workspace}/domains/{domain}");
    let link = async |domain: &str| app.run(olga, "PUT", &path(domain), Value::Null).await;
    // A domain without a DNS record is looked up for a while, and again after a new claim.
    link("late.example").await;
    assert_eq!(app.verify_domains().await, 0);
    app.deployment.clock.advance(SignedDuration::from_hours(24 * 8));
    assert_eq!(app.verify_domains().await, 0);
    link("late.example").await;
    // A person with an address of a verified domain joins on sign-in.
    let record = link("acme.example").await["record"].clone();
    app.records.lock().expect("records").insert(text(&record["name"]), vec![text(&record["value"])]);
    assert_eq!(app.verify_domains().await, 1);
    // One of them was invited as well.
    let ada = somebody("ada");
    let invitation = app.invite(olga, workspace, &ada, "member").await;
    let enter = async |person: &Person, workspaces: usize| {
        let entered = app.run(person, "POST", "/v1/me", Value::Null).await;
        assert_eq!(entered["workspaces"].as_array().map(Vec::len), Some(workspaces), "{entered}");
    };
    // An invitation takes precedence, until it is declined.
    enter(&ada, 0).await;
    enter(&somebody("abe"), 1).await;
    let decline = format!("/v1/invitations/{}/decline", text(&invitation["id"]));
    app.run(&ada, "POST", &decline, Value::Null).await;
    enter(&ada, 1).await;
    // An earlier release verified domains once and for all: they are looked up from the next join on.
    let key = DomainCheck::key("acme.example".parse().expect("a domain"), id_of(workspace));
    app.deployment
        .store()
        .commit_without_events(&[Change::DeleteUnconditionally(key.into())])
        .await
        .expect("deleted");
    enter(&somebody("amy"), 1).await;
    // The record is gone, the verification expires, and the record is back.
    let day = SignedDuration::from_hours(24);
    for (there, days) in [(true, 2), (false, 2), (false, 8), (true, 1)] {
        let texts = if there { vec![text(&record["value"])] } else { Vec::new() };
        app.records.lock().expect("records").insert(text(&record["name"]), texts);
        app.deployment.clock.advance(day * days);
        app.verify_domains().await;
        app.run(olga, "GET", workspace, Value::Null).await;
    }
    app.run(olga, "DELETE", &path("late.example"), Value::Null).await;
    link("late.example").await;
}
