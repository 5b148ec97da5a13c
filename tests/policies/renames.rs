//! Roles and tiers under another name: whoever holds one keeps it, at once and after a rollback. Records keep the
//! first name.

use jiff::Timestamp;
use seatwise_cli::publish::{FrameChange, PublishError, frame, frame_changes};
use seatwise_domain::{Pack, PackBaseline};
use seatwise_policy::{Bundle, Files};
use seatwise_store::Store;
use seatwise_stripe_stub::{Card, StubAct};
use seatwise_workbench::{NamedKind, Rename, diff, rename};
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::catalogue::{self, PRODUCTS};
use crate::support::client::{Client, id_of, member_path};
use crate::support::deployment::Deployment;
use crate::support::packs::{self, edited};
use crate::support::person::Person;
use crate::support::process::Process;
use crate::support::reply::{Reply, text};
use crate::support::scene::Scene;
use crate::support::stream::delete_workspaces;
use crate::support::stripe::Shop;

/// The pack under other names.
pub(super) fn renamed(files: &Files, kind: NamedKind, names: &[(&str, &str)]) -> Files {
    names.iter().fold(files.clone(), |files, (before, after)| {
        let wanted = Rename { kind, before: (*before).to_owned(), after: (*after).to_owned() };
        rename(&files, &wanted).expect("renamed").files
    })
}

fn roles(pack: &str, names: &[(&str, &str)]) -> Files {
    renamed(&packs::files(pack), NamedKind::Role, names)
}

fn tiers(pack: &str, names: &[(&str, &str)]) -> Files {
    renamed(&packs::files(pack), NamedKind::Tier, names)
}

/// The values of a field in a list.
async fn values(app: &App, who: &Person, path: &str, field: &str) -> Vec<Value> {
    let list = app.get(who, path).await.expect(200);
    list["items"].as_array().expect("a list").iter().map(|item| item[field].clone()).collect()
}

async fn role_of(app: &App, by: &Person, workspace: &str, whom: &Person) -> Value {
    app.shown(by, workspace, whom).await["role"].clone()
}

/// A workspace with seats for all: the owner Olga, the admin Ann and the member Mel.
struct Team {
    app: App,
    olga: Person,
    workspace: String,
    ann: Person,
    mel: Person,
}

impl Team {
    async fn new() -> Self {
        let app = App::new().await;
        let olga = app.sign_in("olga@acme.example").await;
        let workspace = app.workspace(&olga).await;
        app.buy(&olga, &workspace, "pro", 8).await;
        let ann = app.bring(&olga, &workspace, "ann", "admin").await;
        let mel = app.bring(&olga, &workspace, "mel", "member").await;
        Self { app, olga, workspace, ann, mel }
    }
}

#[tokio::test]
async fn k31_holders_of_a_renamed_role_keep_it_and_after_a_rollback() {
    let Team { app, olga, workspace, ann, mel } = Team::new().await;
    let ivy = app.invite(&olga, &workspace, "ivy", "admin").await;
    // Ann stands for these, as an admin.
    let joe = app.invite(&ann, &workspace, "joe", "member").await;
    let kim = app.invite(&ann, &workspace, "kim", "admin").await;
    let leave = app.ask_to_leave(&mel, &workspace).await;
    let key = app.post(&ann, &format!("{workspace}/api-keys"), json!({ "name": "k" })).await.expect(201);
    let written = app.dump().await;

    app.local.publish(roles("purchased-seats", &[("admin", "manager")])).await.expect("published");
    let now = app.dump().await;
    assert_eq!(
        (&now.members, &now.invitations),
        (&written.members, &written.invitations),
        "nothing is moved"
    );
    assert_eq!(role_of(&app, &olga, &workspace, &ann).await, "manager");
    assert_eq!(app.get(&ann, &workspace).await.expect(200)["role"], "manager");
    assert_eq!(app.get(&ann, "/v1/workspaces").await.expect(200)["items"][0]["role"], "manager");
    assert_eq!(app.listed(&olga, &workspace, "?role=manager").await, ["ann@acme.example"]);
    assert_eq!(app.listed(&olga, &workspace, "?role=admin").await, [""; 0]);
    let invitations = format!("{workspace}/invitations");
    let mut invited = values(&app, &olga, &format!("{invitations}?status=pending"), "role").await;
    invited.sort_by_key(ToString::to_string);
    assert_eq!(invited, ["manager", "manager", "member"]);
    // She acts, as before, also on others with her role.
    app.call(&ann, "PATCH", &workspace, json!({ "name": "Hers" })).await.expect(200);
    app.post(&ann, &format!("{leave}/deny"), json!({})).await.expect(200);
    let backend = app.service("backend").await;
    let verified = app.post(&backend, "/v1/api-keys/verify", json!({ "key": key["key"] })).await.expect(200);
    assert_eq!(verified["owner"]["role"], "manager", "{verified}");

    // The former name is no role, and the new one is.
    let unknown = app.change_role(&olga, &workspace, &mel, "admin").await.expect_problem(422, "role_unknown");
    assert_eq!(unknown["choices"], json!(["owner", "manager", "member"]));
    let check = json!({ "checks": [{ "action": "changeRole", "member": mel.id(), "role": "admin" },
        { "action": "changeRole", "member": mel.id(), "role": "manager" }] });
    let decided = app.post(&olga, &format!("{workspace}/authorize"), check).await.expect(200);
    let allowed = |number: usize| decided["decisions"][number]["allowed"].clone();
    assert_eq!((allowed(0), allowed(1)), (json!(false), json!(true)), "{decided}");
    assert_eq!(app.change_role(&olga, &workspace, &mel, "manager").await.expect(200)["role"], "manager");
    let ivy = (app.sign_in("ivy@acme.example").await, ivy);
    assert_eq!(app.join(&ivy.0, &ivy.1).await.expect(200)["member"]["role"], "manager");
    // What she made as an admin she can still make.
    let joe = (app.sign_in("joe@acme.example").await, joe);
    assert_eq!(app.join(&joe.0, &joe.1).await.expect(200)["member"]["role"], "member");
    let path = format!("{invitations}/{}", text(&kim["id"]));
    assert_eq!(
        app.call(&olga, "PATCH", &path, json!({ "role": "member" })).await.expect(200)["role"],
        "member"
    );
    assert_eq!(
        app.call(&ann, "PATCH", &path, json!({ "role": "manager" })).await.expect(200)["role"],
        "manager"
    );
    let lee = app.invite(&ann, &workspace, "lee", "manager").await;
    // An event keeps the names of its time.
    let events = app.get(&olga, &format!("{workspace}/events?limit=100")).await.expect(200).to_string();
    assert!(events.contains(r#""to":"admin""#) && events.contains(r#""to":"manager""#), "{events}");
    assert!(!events.contains(r#""from":"admin""#), "{events}");

    app.local.publish(packs::files("purchased-seats")).await.expect("published");
    for who in [&ann, &mel, &ivy.0] {
        assert_eq!(role_of(&app, &olga, &workspace, who).await, "admin");
        app.call(who, "PATCH", &workspace, json!({ "name": "Theirs" })).await.expect(200);
    }
    for (name, invitation) in [("kim", &kim), ("lee", &lee)] {
        let person = app.sign_in(&format!("{name}@acme.example")).await;
        assert_eq!(app.join(&person, invitation).await.expect(200)["member"]["role"], "admin", "{name}");
    }
    app.change_role(&olga, &workspace, &mel, "manager").await.expect_problem(422, "role_unknown");
    assert_eq!(app.change_role(&olga, &workspace, &mel, "member").await.expect(200)["role"], "member");
    // The maker of an invitation who loses the role loses the invitation, under whichever name.
    let may = app.invite(&ann, &workspace, "may", "admin").await;
    app.local.publish(roles("purchased-seats", &[("admin", "manager")])).await.expect("published");
    app.change_role(&olga, &workspace, &ann, "member").await.expect(200);
    let person = app.sign_in("may@acme.example").await;
    app.join(&person, &may).await.expect_problem(410, "invitation_revoked");
}

#[tokio::test]
async fn k31_links_domains_and_seats_of_the_plan_follow_a_renamed_role() {
    let app = App::with_pack("role-seats").await;
    let ada = app.sign_in("ada@acme.example").await;
    let workspace = app.workspace(&ada).await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    let vic = app.bring(&ada, &workspace, "vic", "viewer").await;
    let link = app.role_link(&ada, &workspace, "member").await;
    let seen = app.role_link(&ada, &workspace, "viewer").await;
    app.own_domain(&ada, &workspace, "other.example").await;
    let before = app.seats(&ada, &workspace).await;

    let names = [("member", "editor"), ("viewer", "guest"), ("admin", "head")];
    let after = roles("role-seats", &names);
    app.local.publish(after.clone()).await.expect("published");
    let links = format!("{workspace}/links");
    let mut listed = values(&app, &ada, &links, "role").await;
    listed.sort_by_key(ToString::to_string);
    assert_eq!(listed, ["editor", "guest"]);
    let product = app.get(&ada, "/v1/product").await.expect(200);
    assert_eq!((&product["joinerRole"], &product["creatorRole"]), (&json!("editor"), &json!("head")));
    assert_eq!(role_of(&app, &ada, &workspace, &vic).await, "guest");

    // The links are found by the new names, and have the same tokens.
    let [lin, dom, gus] = ["lin@acme.example", "dom@other.example", "gus@acme.example"];
    let [lin, dom, gus] = [app.sign_in(lin).await, app.sign_in(dom).await, app.sign_in(gus).await];
    assert_eq!(app.join_by(&lin, &link).await.expect(200)["member"]["role"], "editor");
    assert_eq!(app.join_by(&gus, &seen).await.expect(200)["member"]["role"], "guest");
    app.post(&dom, "/v1/me", json!({})).await.expect(200);
    assert_eq!(role_of(&app, &ada, &workspace, &dom).await, "editor");
    let seats = app.seats(&ada, &workspace).await;
    assert_eq!(seats[1], before[1] + 2, "the seats of the plan: {seats:?}");
    let unknown = app.call(&ada, "PUT", &format!("{links}/viewer"), Value::Null).await;
    unknown.expect_problem(422, "role_unknown");
    let anew = app.role_link(&ada, &workspace, "guest").await;
    assert_ne!(anew, seen, "the next generation");
    let late = app.sign_in("late@acme.example").await;
    assert!(app.join_by(&late, &seen).await.status.is_client_error());
    app.call(&ada, "DELETE", &format!("{links}/editor"), Value::Null).await.expect(204);
    assert_eq!(values(&app, &ada, &links, "role").await, ["guest"]);
    // A member takes a seat with the role, and gives it up with it.
    app.change_role(&ada, &workspace, &vic, "editor").await.expect(200);
    assert_eq!(app.seats(&ada, &workspace).await[1], seats[1] + 1);

    app.local.publish(packs::files("role-seats")).await.expect("published");
    assert_eq!(values(&app, &ada, &links, "role").await, ["viewer"]);
    assert_eq!(app.join_by(&late, &anew).await.expect(200)["member"]["role"], "viewer");
    for who in [&vic, &lin, &dom] {
        assert_eq!(role_of(&app, &ada, &workspace, who).await, "member");
    }
    assert_eq!(app.get(&ada, &workspace).await.expect(200)["role"], "admin");
}

#[tokio::test]
async fn k31_seats_of_a_renamed_tier_keep_it_and_after_a_rollback() {
    let app = App::new().await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let pat = app.member(&olga, &workspace, "pat", "member").await;
    app.buy(&olga, &workspace, "pro", 2).await;
    let basic = app.buy(&olga, &workspace, "basic", 1).await;
    let seats = format!("{workspace}/seats");
    let invite = json!({ "emails": ["ivy@acme.example"], "role": "member", "tier": "pro" });
    let invited = app.post(&olga, &format!("{workspace}/invitations"), invite).await.expect(201);
    let ivy = invited["items"][0]["invitation"].clone();
    let actions = ["useProduct", "viewAnalytics"];
    let bill = async || app.get(&olga, &format!("{workspace}/billing")).await.expect(200);
    let lines = |bill: &Value| -> Vec<(Value, Value)> {
        let lines = bill["lines"].as_array().expect("lines").iter();
        lines.map(|line| (line["item"].clone(), line["quantity"].clone())).collect()
    };
    assert_eq!(lines(&bill().await), [(json!("basic"), json!(1)), (json!("pro"), json!(3))]);
    let written = app.dump().await;

    app.local.publish(tiers("purchased-seats", &[("pro", "premium")])).await.expect("published");
    assert_eq!(app.dump().await.seats, written.seats, "nothing is moved");
    assert_eq!(app.allowed(&pat, &workspace, &actions).await, actions, "the features of the tier");
    assert_eq!(app.shown(&olga, &workspace, &pat).await["seat"]["tier"], "premium");
    let mut shown = values(&app, &olga, &seats, "tier").await;
    shown.sort_by_key(ToString::to_string);
    assert_eq!(shown, ["basic", "premium", "premium", "premium"]);
    assert_eq!(lines(&bill().await), [(json!("basic"), json!(1)), (json!("premium"), json!(3))]);
    let product = app.get(&olga, "/v1/product").await.expect(200);
    assert_eq!(product["tiers"][1]["id"], "premium", "{product}");
    assert_eq!(
        values(&app, &olga, &format!("{workspace}/invitations?status=pending"), "tier").await,
        ["premium"]
    );
    let ivy = (app.sign_in("ivy@acme.example").await, ivy);
    let joined = app.join(&ivy.0, &ivy.1).await.expect(200);
    assert_eq!(joined["member"]["seat"]["tier"], "premium");

    // What is bought, changed and assigned names the new tier.
    let unknown = app.post(&olga, &seats, json!({ "tier": "pro", "quantity": 1 })).await;
    assert_eq!(unknown.expect_problem(422, "tier_unknown")["choices"], json!(["basic", "premium"]));
    let change = json!({ "change": { "kind": "seats", "tier": "premium", "quantity": 1 } });
    let preview = app.post(&olga, &format!("{workspace}/purchases/preview"), change).await.expect(200);
    assert_eq!(preview["lines"][0]["item"], "premium", "{preview}");
    let bought = app.buy(&olga, &workspace, "premium", 1).await;
    let tier = format!("{seats}/{}/tier", basic[0]);
    let changed = app.call(&olga, "PUT", &tier, json!({ "tier": "premium" })).await.expect(200);
    assert_eq!(changed["tier"], "premium", "{changed}");
    let mel = app.invite(&olga, &workspace, "mel", "member").await;
    let mel = (app.sign_in("mel@acme.example").await, mel);
    app.join(&mel.0, &mel.1).await.expect(200);
    let seat = format!("{}/seat", member_path(&workspace, &mel.0));
    let assigned = app.call(&olga, "PUT", &seat, json!({ "tier": "premium" })).await.expect(200);
    assert_eq!(assigned["seat"]["tier"], "premium");
    let check = json!({ "checks": [{ "action": "buySeats", "tier": "premium" }, { "action": "buySeats", "tier": "pro" }] });
    let decided = app.post(&olga, &format!("{workspace}/authorize"), check).await.expect(200);
    assert_eq!(decided["decisions"][1]["reason"], "tier_unknown", "{decided}");
    assert_eq!(decided["decisions"][0]["allowed"], true, "{decided}");

    app.local.publish(packs::files("purchased-seats")).await.expect("published");
    assert_eq!(values(&app, &olga, &seats, "tier").await, vec!["pro"; 5]);
    assert_eq!(lines(&bill().await), [(json!("pro"), json!(5))]);
    assert_eq!(app.allowed(&mel.0, &workspace, &actions).await, actions);
    let cancelled = app.post(&olga, &format!("{seats}/{}/cancel", bought[0]), Value::Null).await.expect(200);
    assert_eq!(cancelled["tier"], "pro");
    app.post(&olga, &format!("{seats}/{}/reactivate", bought[0]), Value::Null).await.expect(200);
}

#[tokio::test]
async fn k31_leave_requests_are_approved_after_the_rollback_of_a_rename() {
    let Team { app, olga, workspace, ann, mel } = Team::new().await;
    let may = app.bring(&olga, &workspace, "may", "member").await;
    let before = app.ask_to_leave(&mel, &workspace).await;

    let renamed = roles("purchased-seats", &[("admin", "manager"), ("member", "worker")]);
    app.local.publish(renamed).await.expect("published");
    let between = app.ask_to_leave(&may, &workspace).await;
    app.local.publish(packs::files("purchased-seats")).await.expect("published");
    for (who, request) in [(&mel, &before), (&may, &between)] {
        assert_eq!(role_of(&app, &olga, &workspace, who).await, "member");
        app.post(&ann, &format!("{request}/approve"), json!({})).await.expect(200);
        app.get(who, &workspace).await.expect_problem(404, "not_found");
    }
    let mut left = app.listed(&olga, &workspace, "").await;
    left.sort();
    assert_eq!(left, ["ann@acme.example", "olga@acme.example"]);
}

#[tokio::test]
async fn k57_a_purchase_that_is_open_across_a_rename_is_granted_and_across_its_rollback_as_well() {
    let shop = Shop::open("purchased-seats").await;
    let tiers_of =
        async || -> Vec<Value> { shop.seats().await.iter().map(|seat| seat["tier"].clone()).collect() };
    let begun = shop.buy("pro", 2).await.expect(202);
    shop.app.local.publish(tiers("purchased-seats", &[("pro", "premium")])).await.expect("published");
    assert_eq!(shop.state_of(&begun).await, "checkout");
    shop.pay(Card::Works).await;
    assert_eq!(shop.state_of(&begun).await, "paid");
    assert_eq!(tiers_of().await, ["premium"; 2]);
    shop.assert_at_rest().await;

    shop.set_card(Card::AsksForAuthentication).await;
    let asked = shop.buy("premium", 1).await.expect_problem(402, "payment_failed");
    shop.app.local.publish(packs::files("purchased-seats")).await.expect("published");
    shop.act(StubAct::PayInvoice { invoice: shop.open_invoice() }).await;
    assert_eq!(shop.state_of(&asked).await, "paid");
    assert_eq!(tiers_of().await, ["pro"; 3]);
    // The subscription is one, and knows the tier by its first id.
    assert_eq!(shop.quantities(), [("pro".to_owned(), 3)].into());
    shop.assert_at_rest().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k31_a_change_of_a_role_and_a_rename_at_once_end_with_one_of_both_orders() {
    let app = App::new().await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let mel = app.member(&olga, &workspace, "mel", "member").await;
    let [before, after] =
        [packs::files("purchased-seats"), roles("purchased-seats", &[("admin", "manager")])];
    for round in 0..12 {
        let (publish, name) = if round % 2 == 0 { (&after, "admin") } else { (&before, "manager") };
        let change = app.change_role(&olga, &workspace, &mel, name);
        let (changed, published) = tokio::join!(change, app.local.publish(publish.clone()));
        published.expect("published");
        let now = if round % 2 == 0 { "manager" } else { "admin" };
        let has = role_of(&app, &olga, &workspace, &mel).await;
        match changed.status.as_u16() {
            200 => assert_eq!(has, now, "{round}"),
            422 => {
                changed.expect_problem(422, "role_unknown");
                assert_eq!(has, "member", "{round}");
            }
            other => panic!("{round}: {other} {}", changed.text),
        }
        let records = app.dump().await;
        let record = &records.members[&(id_of(&workspace), mel.id())];
        assert!(["admin", "member"].contains(&record.role.0.as_str()), "{record:?}");
        app.change_role(&olga, &workspace, &mel, "member").await.expect(200);
    }
}

/// The first id of everything in [`with_first_ids`] begins so.
const KEPT: &str = "kept-";

/// The pack, whose roles and tiers were all called otherwise at first.
fn with_first_ids(pack: &str) -> Files {
    let mut files = packs::files(pack);
    let data = files.get_mut("product.toml").expect("the data");
    let mut is_named = false;
    let mut lines = String::new();
    for line in data.lines() {
        if line.starts_with("[[") {
            is_named = ["[[role]]", "[[seats.tier]]"].contains(&line);
        }
        lines.extend([line, "\n"]);
        if let Some(id) = line.strip_prefix("id = \"").filter(|_| is_named) {
            lines.extend(["first-id = \"", KEPT, id, "\n"]);
        }
    }
    *data = lines;
    files
}

/// A process in whose answers no first id is.
#[derive(Clone)]
struct Watched(Process);

impl Client for Watched {
    async fn send_as(&self, who: Option<&Person>, request: http::Request<Vec<u8>>) -> Reply {
        let what = format!("{} {}", request.method(), request.uri());
        let reply = self.0.send_as(who, request).await;
        assert!(!reply.text.contains(KEPT), "{what} answers with the id of a record: {}", reply.text);
        reply
    }

    async fn sign_in(&self, email: &str) -> Person {
        self.0.sign_in(email).await
    }

    fn store(&self) -> Store {
        self.0.store()
    }

    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k31_no_operation_answers_with_the_first_id_of_a_role_or_tier() {
    for product in &PRODUCTS {
        let deployment = Deployment::of(with_first_ids(product.pack)).await;
        for (number, entry) in catalogue::of(product.pack).into_iter().enumerate() {
            let what = format!("{} in {}", entry.name(), product.pack);
            let client = Watched(deployment.process());
            let (scene, request) = Scene::before(client, &entry, &number.to_string()).await;
            let reply = request
                .send(&scene.client, entry.row.idempotent.then_some(number.to_string()).as_deref())
                .await;
            assert_eq!(reply.status.as_u16(), request.call.status, "{what}: {}", reply.text);
        }
        // The contents of a deleted workspace go on a schedule.
        delete_workspaces(&deployment.process()).await;
        let table = deployment.dump().await;
        assert!(!table.members.is_empty());
        for member in table.members.values() {
            assert!(member.role.0.starts_with(KEPT), "{member:?}");
        }
        for seat in table.seats.values() {
            assert!(seat.tier.0.starts_with(KEPT), "{seat:?}");
        }
        let mails = format!("{:?}", deployment.mailbox.sent());
        assert!(!mails.contains(KEPT), "{mails}");
        deployment.audit().await;
    }
}

fn pack_of(files: &Files) -> Pack {
    Bundle::compile(files).expect("a pack").pack().clone()
}

/// The frames of versions, one published after the other.
fn published(versions: &[Files]) -> PackBaseline {
    let first = frame(None, &pack_of(&versions[0])).expect("published");
    versions[1..]
        .iter()
        .fold(first, |before, files| frame(Some(&before), &pack_of(files)).expect("published"))
}

#[test]
fn k31_a_rename_needs_no_confirmation_and_is_told_as_one() {
    let before = packs::files("purchased-seats");
    let after =
        renamed(&roles("purchased-seats", &[("admin", "manager")]), NamedKind::Tier, &[("pro", "premium")]);
    let kept = published(std::slice::from_ref(&before));
    assert_eq!(frame_changes(&kept, &pack_of(&after)), []);
    let told = diff::diff(Some(&before), &after).expect("compared");
    let renames: Vec<_> = told.renames.iter().map(|it| (it.before.as_str(), it.after.as_str())).collect();
    assert_eq!(renames, [("admin", "manager"), ("pro", "premium")]);
    let rest = diff::Diff { renames: Vec::new(), ..told };
    assert_eq!(rest, diff::Diff::default());

    // A further name keeps the first id, and the first name again needs none.
    let further = renamed(&after, NamedKind::Role, &[("manager", "chief")]);
    let now = published(&[before.clone(), after.clone(), further.clone()]);
    assert_eq!(now.roles.keys().map(|id| id.0.as_str()).collect::<Vec<_>>(), ["admin", "member", "owner"]);
    assert!(further["product.toml"].contains("id = \"chief\"\nfirst-id = \"admin\"\n"));
    let back = renamed(
        &renamed(&further, NamedKind::Role, &[("chief", "admin")]),
        NamedKind::Tier,
        &[("premium", "pro")],
    );
    assert_eq!(back, before);
    assert_eq!(frame_changes(&now, &pack_of(&back)), []);
    // What changes beside the name is confirmed under the new one.
    let mut ranked = further.clone();
    let text = ranked.get_mut("product.toml").expect("the data");
    *text = text.replace("rank = 50", "rank = 60");
    let change = FrameChange { name: "chief".to_owned(), what: "rank 50 → 60".to_owned() };
    assert_eq!(frame_changes(&now, &pack_of(&ranked)), [change]);
    // A version without the role says how it was called last.
    let mut dropped = pack_of(&further);
    dropped.roles.retain(|role| role.name.as_str() != "chief");
    assert_eq!(frame_changes(&now, &dropped)[0].name, "chief");
}

#[test]
fn k31_a_first_id_that_would_lose_or_mix_holders_is_refused() {
    let data = "product.toml";
    let first = packs::files("purchased-seats");
    let named = roles("purchased-seats", &[("admin", "manager")]);
    let kept = published(&[first.clone(), named.clone()]);
    let replaced = |from: &str, to: &str| {
        let mut files = named.clone();
        let text = files.get_mut(data).expect("the data");
        assert!(text.contains(from), "{from}");
        *text = text.replace(from, to);
        frame(Some(&kept), &pack_of(&files))
    };
    let line = "first-id = \"admin\"\n";
    match replaced(line, "") {
        Err(error @ PublishError::LostFirstId { .. }) => {
            assert!(error.to_string().contains("give it `first-id = \"admin\"`"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(replaced(line, "first-id = \"chief\"\n"), Err(PublishError::LostFirstId { .. })));
    let misspelt =
        edited("purchased-seats", &[(data, "id = \"admin\"", "id = \"manager\"\nfirst-id = \"admn\"")]);
    match frame(
        Some(&published(std::slice::from_ref(&first))),
        &Bundle::floor_only(&seatwise_policy::Core::current(), &misspelt).expect("a pack").pack().clone(),
    ) {
        Err(error @ PublishError::UnknownFirstId { .. }) => {
            assert!(error.to_string().contains("write `first-id = \"admin\"`"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    // A tier is kept as a role is.
    let premium = tiers("purchased-seats", &[("pro", "premium")]);
    let mut without = premium.clone();
    without.get_mut(data).map(|text| *text = text.replace("first-id = \"pro\"\n", "")).expect("the data");
    let kept = published(&[first.clone(), premium]);
    assert!(matches!(
        frame(Some(&kept), &pack_of(&without)),
        Err(PublishError::LostFirstId { kind: "tier", .. })
    ));
    // A name that a dropped role had may still have holders.
    let helper = format!("{}\n[invitation]", super::dropped::HELPER);
    let with_helper = edited("purchased-seats", &[(data, "[invitation]", &helper)]);
    let kept = published(&[with_helper, first]);
    let taken = frame(Some(&kept), &pack_of(&roles("purchased-seats", &[("admin", "helper")])));
    assert!(matches!(taken, Err(PublishError::NameOfDropped { kind: "role", .. })), "{taken:?}");
}
