//! Runs every function, on every path of its rules that reads or writes another kind of record.

use jiff::SignedDuration;
use seatwise_policy::packs;
use serde_json::{Value, json};

use super::recorded::Recorded;
use super::recorder::Recorder;
use crate::support::app::{text, token_of};
use crate::support::direct::{self, Ground, Somebody, somebody};

/// A table under a built-in pack with some of its texts replaced.
async fn under(pack: &str, changes: &[(&str, &str, &str)]) -> Ground {
    let mut files = packs::files(pack).expect("built in");
    for (file, from, to) in changes {
        let text = files.get_mut(*file).expect("a file of the pack");
        assert!(text.contains(from), "{from} is not in {file}");
        *text = text.replace(from, to);
    }
    let ground = Ground::new().await;
    direct::publish(&ground.store(), &direct::bundle(files)).await;
    ground
}

/// Settings that make rules read users beyond the workspace: protection of creators, and deletion of accounts. Every
/// pack can have them.
const WATCHFUL: &str = "[creator]\ndemotion = \"refused-in-only-workspace\"\n\n\
    [removal]\nlast-account = \"delete\"\n\n[roles-given]";

/// Runs every function, on every path of its rules that reads or writes another kind of record. A new path needs a step
/// here, because AWS refuses an action that was not recorded. Packs with other rules have a table each; a function may
/// do what it does under any pack.
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
    let by_tier = Recorded::over(under("purchased-seats", &[]).await, recorder).await;
    seats_by_tier(&by_tier).await;
    // Where invitations reserve no seat, a person who joins needs a free one.
    let changes = [watchful, keeps_no_seat, by_any_way, allows_all];
    let by_tier = Recorded::over(under("purchased-seats", &changes).await, recorder).await;
    seats_by_tier(&by_tier).await;
    ways_in(&by_tier, &somebody("ora"), "workspace", "admin", 3).await;
    for changes in [&[][..], &[watchful]] {
        seats_by_role(&Recorded::over(under("role-seats", changes).await, recorder).await).await;
        no_seats(&Recorded::over(under("role-ladder", changes).await, recorder).await).await;
    }
    flat_owners(&Recorded::over(under("flat-owners", &[]).await, recorder).await).await;
}

/// Seats are bought.
async fn seats_by_tier(app: &Recorded) {
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    people_and_workspaces(app, &olga).await;
    let workspace = app.workspace(&olga).await;
    invitations(app, &olga, &workspace).await;
    app.member(&olga, &workspace, "tea").await;
    members_and_seats(app, &olga, &tea, &workspace).await;
    leaving(app, &olga, &workspace).await;
    the_workspace_itself(app, &olga, &workspace).await;
    handing_on(app, &olga, &tea, &workspace).await;
    deletion(app, &tea, &workspace).await;
}

/// Seats come with the plan.
async fn seats_by_role(app: &Recorded) {
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    people_and_workspaces(app, &olga).await;
    let workspace = app.workspace(&olga).await;
    quotas(app, &olga, &workspace).await;
    ways_in(app, &olga, "enterprise", "admin", 0).await;
    app.put_on("enterprise", &workspace).await;
    app.joiner(&olga, &workspace, "tea").await;
    let member = |who: &Somebody| format!("{workspace}/members/{}", who.id());
    app.call(&olga, "PUT", &format!("{}/role", member(&tea)), json!({ "role": "admin" })).await;
    // A member without a seat gets one, and so does a member who waits for one.
    let settings = format!("{workspace}/settings");
    app.call(&olga, "PATCH", &settings, json!({ "autoAssignSeats": false })).await;
    let vic = app.joiner(&olga, &workspace, "vic").await;
    app.call(&olga, "PUT", &format!("{}/seat", member(&vic)), json!({})).await;
    app.call(&olga, "DELETE", &format!("{}/seat", member(&vic)), Value::Null).await;
    let assigned = app.post(&olga, &format!("{workspace}/seats/assign"), Value::Null).await;
    assert_eq!(assigned["assigned"], json!([vic.id().to_string()]));
    app.call(&olga, "DELETE", &member(&vic), Value::Null).await;
    // The creator is in two workspaces, so her role is not protected.
    app.call(&tea, "DELETE", &format!("{}/seat", member(&olga)), Value::Null).await;
    app.call(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "admin" })).await;
    the_workspace_itself(app, &olga, &workspace).await;
    handing_on(app, &olga, &tea, &workspace).await;
    deletion(app, &tea, &workspace).await;
}

/// There are no seats, and members leave without a request.
async fn no_seats(app: &Recorded) {
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    people_and_workspaces(app, &olga).await;
    let workspace = app.workspace(&olga).await;
    app.joiner(&olga, &workspace, "tea").await;
    let lee = app.joiner(&olga, &workspace, "lee").await;
    app.post(&lee, &format!("{workspace}/leave"), Value::Null).await;
    let member = |who: &Somebody| format!("{workspace}/members/{}", who.id());
    app.call(&olga, "PUT", &format!("{}/role", member(&tea)), json!({ "role": "owner" })).await;
    app.call(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "admin" })).await;
    app.call(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "owner" })).await;
    the_workspace_itself(app, &olga, &workspace).await;
    handing_on(app, &olga, &tea, &workspace).await;
    deletion(app, &tea, &workspace).await;
}

/// Creators are protected, and an account is deleted with its last workspace.
async fn flat_owners(app: &Recorded) {
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    people_and_workspaces(app, &olga).await;
    let workspace = app.workspace(&olga).await;
    let member = |who: &Somebody| format!("{workspace}/members/{}", who.id());
    // One person has another workspace, one has an account only, and one has none.
    for (name, enters, has_another) in [("pat", true, true), ("kim", true, false), ("ivo", false, false)] {
        let person = app.joiner(&olga, &workspace, name).await;
        if enters {
            app.post(&person, "/v1/me", Value::Null).await;
        }
        if has_another {
            app.workspace(&person).await;
        }
        app.call(&olga, "DELETE", &member(&person), Value::Null).await;
    }
    app.joiner(&olga, &workspace, "tea").await;
    app.call(&olga, "PUT", &format!("{}/role", member(&tea)), json!({ "role": "owner" })).await;
    app.call(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "member" })).await;
    app.call(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "owner" })).await;
    the_workspace_itself(app, &olga, &workspace).await;
    handing_on(app, &olga, &tea, &workspace).await;
    deletion(app, &tea, &workspace).await;
}

async fn people_and_workspaces(app: &Recorded, olga: &Somebody) {
    app.post(olga, "/v1/me", Value::Null).await;
    let workspace = app.workspace(olga).await;
    // The token has a name now, which changes the member lists of her workspaces.
    app.call_as(olga, "POST", "/v1/me", Value::Null, json!({ "given_name": "Olga" })).await;
    app.get(olga, "/v1/me").await;
    let id = workspace.rsplit('/').next();
    app.call(olga, "PATCH", "/v1/me", json!({ "lastName": "Owner", "currentWorkspaceId": id })).await;
    app.get(olga, "/v1/me/invitations").await;
    app.get(olga, "/v1/workspaces").await;
    app.get(olga, &workspace).await;
    app.call(olga, "PATCH", &workspace, json!({ "name": "Acme Europe" })).await;
    // With the index, and without it.
    app.get(olga, &format!("{workspace}/members")).await;
    app.get(olga, &format!("{workspace}/members?status=all")).await;
    app.get(olga, &format!("{workspace}/members/export")).await;
    app.get(olga, &format!("{workspace}/permissions")).await;
    app.post(olga, &format!("{workspace}/authorize"), json!({ "actions": ["buySeats"] })).await;
}

async fn invitations(app: &Recorded, olga: &Somebody, workspace: &str) {
    let seats = app.buy(olga, workspace, 4).await;
    let path = |invitation: &Value| format!("{workspace}/invitations/{}", text(&invitation["id"]));
    // One invitation is declined, one is revoked: both have an address and a seat.
    let pat = somebody("pat");
    let for_pat = app.invite(olga, workspace, json!({ "emails": [pat.email] })).await;
    let token = text(&for_pat["url"]);
    app.post(&pat, "/v1/invitations/preview", json!({ "token": token_of(&token) })).await;
    app.deliver().await;
    // One of the two seats is not the one that the invitation has.
    for change in [json!({ "role": "admin" }), json!({ "seatId": seats[0] }), json!({ "seatId": seats[1] })] {
        app.call(olga, "PATCH", &path(&for_pat), change).await;
    }
    app.post(olga, &format!("{}/resend", path(&for_pat)), Value::Null).await;
    // The stream does not bring its mail.
    assert_eq!(app.sweep().await, 1);
    app.post(&pat, &format!("/v1/invitations/{}/decline", text(&for_pat["id"])), Value::Null).await;
    let for_ivo = app.invite(olga, workspace, json!({ "emails": [somebody("ivo").email] })).await;
    app.call(olga, "DELETE", &path(&for_ivo), Value::Null).await;
    // The mail of a revoked invitation is dropped.
    app.deliver().await;
    app.get(olga, &format!("{workspace}/invitations")).await;
    // An expired invitation is replaced by the next one.
    let late = json!({ "emails": [somebody("late").email] });
    app.invite(olga, workspace, late.clone()).await;
    app.ground.clock.advance(SignedDuration::from_hours(24 * 8));
    app.invite(olga, workspace, late).await;
    app.deliver().await;
}

async fn members_and_seats(app: &Recorded, olga: &Somebody, tea: &Somebody, workspace: &str) {
    let member = |who: &Somebody| format!("{workspace}/members/{}", who.id());
    // A second owner changes the count of governing members; each owner leaves their seat once.
    app.call(olga, "PUT", &format!("{}/role", member(tea)), json!({ "role": "admin" })).await;
    app.call(olga, "PUT", &format!("{}/role", member(tea)), json!({ "role": "owner" })).await;
    let seats = app.buy(olga, workspace, 2).await;
    app.call(olga, "PUT", &format!("{}/seat", member(olga)), json!({ "seatId": seats[0] })).await;
    app.call(olga, "PUT", &format!("{}/seat", member(tea)), json!({ "seatId": seats[1] })).await;
    app.call(olga, "DELETE", &format!("{}/seat", member(tea)), Value::Null).await;
    app.get(olga, &format!("{workspace}/seats")).await;
    // The term of a seat is stored with its holder: the caller, or nobody.
    for seat in &seats {
        app.post(olga, &format!("{workspace}/seats/{seat}/cancel"), Value::Null).await;
        app.post(olga, &format!("{workspace}/seats/{seat}/reactivate"), Value::Null).await;
    }
    let ann = app.member(olga, workspace, "ann").await;
    app.post(&ann, &format!("{workspace}/leave-requests"), Value::Null).await;
    app.call(olga, "DELETE", &member(&ann), Value::Null).await;
}

async fn leaving(app: &Recorded, olga: &Somebody, workspace: &str) {
    let lee = app.member(olga, workspace, "lee").await;
    let requests = format!("{workspace}/leave-requests");
    let ask = async || {
        let asked = app.post(&lee, &requests, json!({ "reason": "Moving on" })).await;
        format!("{requests}/{}", text(&asked["id"]))
    };
    app.call(&lee, "DELETE", &ask().await, Value::Null).await;
    app.post(olga, &format!("{}/deny", ask().await), Value::Null).await;
    let request = ask().await;
    app.get(olga, &requests).await;
    app.post(olga, &format!("{request}/approve"), Value::Null).await;
}

/// A picture of one pixel, as API Gateway passes it on.
const LOGO: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==";

async fn the_workspace_itself(app: &Recorded, olga: &Somebody, workspace: &str) {
    let logo = format!("{workspace}/logo");
    for _ in 0..2 {
        let uploaded = app.send(olga, "PUT", &logo, LOGO).await;
        let url = text(&uploaded["logoUrl"]);
        let (_, query) = url.split_once('?').expect("a key");
        app.get(olga, &format!("{logo}?{query}")).await;
    }
    app.call(olga, "DELETE", &logo, Value::Null).await;
    let coordinator = format!("{workspace}/coordinator");
    app.get(olga, &coordinator).await;
    for name in [json!("Kim"), json!("Kaya"), Value::Null] {
        app.call(olga, "PUT", &coordinator, json!({ "name": name })).await;
    }
    // Without a setting, because packs have different settings.
    app.call(olga, "PATCH", &format!("{workspace}/settings"), json!({})).await;
    // For the deletion.
    app.send(olga, "PUT", &logo, LOGO).await;
    app.call(olga, "PUT", &coordinator, json!({ "name": "Kim" })).await;
}

/// Transfers the workspace to the caller, which changes nothing, and to another member.
async fn handing_on(app: &Recorded, olga: &Somebody, tea: &Somebody, workspace: &str) {
    for to in [olga, tea] {
        app.post(olga, &format!("{workspace}/transfer"), json!({ "userId": to.id() })).await;
    }
}

/// Deletes a workspace with its contents.
async fn deletion(app: &Recorded, owner: &Somebody, workspace: &str) {
    app.call(owner, "DELETE", workspace, Value::Null).await;
    app.delete_workspaces().await;
}

/// Quotas of invitations: one for the whole time, and one for a day.
async fn quotas(app: &Recorded, olga: &Somebody, workspace: &str) {
    for (plan, name) in [("trial", "qi"), ("business", "qo")] {
        app.put_on(plan, workspace).await;
        app.invite(olga, workspace, json!({ "emails": [somebody(name).email] })).await;
        app.get(olga, &format!("{workspace}/invitations/quota")).await;
    }
}

/// Links and domains, in a workspace of their own. Each person who joins needs a seat.
async fn ways_in(app: &Recorded, olga: &Somebody, plan: &str, role: &str, seats: u32) {
    let workspace = app.workspace(olga).await;
    app.put_on(plan, &workspace).await;
    if seats > 0 {
        app.buy(olga, &workspace, seats).await;
    }
    // The second link replaces the first.
    let link = format!("{workspace}/links/{role}");
    app.call(olga, "PUT", &link, Value::Null).await;
    let made = app.call(olga, "PUT", &link, Value::Null).await;
    let token = json!({ "token": token_of(&text(&made["url"])) });
    app.get(olga, &format!("{workspace}/links")).await;
    app.post(olga, "/v1/invitations/preview", token.clone()).await;
    let una = somebody("una");
    app.post(&una, "/v1/join", token).await;
    app.call(olga, "DELETE", &link, Value::Null).await;
    domains(app, olga, &workspace).await;
    // The workspace has a verified domain, an unverified one, and a link.
    app.call(olga, "PUT", &link, Value::Null).await;
    deletion(app, olga, &workspace).await;
}

async fn domains(app: &Recorded, olga: &Somebody, workspace: &str) {
    let path = |domain: &str| format!("{workspace}/domains/{domain}");
    let link = async |domain: &str| app.call(olga, "PUT", &path(domain), Value::Null).await;
    // A domain without a DNS record is looked up for a while, and again after a new claim.
    link("late.example").await;
    assert_eq!(app.verify_domains().await, 0);
    app.ground.clock.advance(SignedDuration::from_hours(24 * 8));
    assert_eq!(app.verify_domains().await, 0);
    link("late.example").await;
    // A person with an address of a verified domain joins on sign-in.
    let record = link("acme.example").await["record"].clone();
    app.records.lock().expect("records").insert(text(&record["name"]), vec![text(&record["value"])]);
    assert_eq!(app.verify_domains().await, 1);
    app.get(olga, &format!("{workspace}/domains")).await;
    // One of them was invited as well.
    let ada = somebody("ada");
    app.invite(olga, workspace, json!({ "emails": [ada.email] })).await;
    // An invitation takes precedence.
    for (person, workspaces) in [(ada, 0), (somebody("abe"), 1)] {
        let entered = app.post(&person, "/v1/me", Value::Null).await;
        assert_eq!(entered["workspaces"].as_array().map(Vec::len), Some(workspaces), "{entered}");
    }
    app.call(olga, "DELETE", &path("late.example"), Value::Null).await;
    link("late.example").await;
}
