//! What operations cost: round trips, calls and capacity units, as one committed table, and the
//! promise about round trips.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use seatwise_domain::{
    Change, Member, Occupant, Record, Seat, SeatHold, SeatId, Seating, UserId, WorkspaceId,
};
use seatwise_functions::background::{self, verify_domains::verify_by_hand};
use seatwise_functions::{operations, plan};
use seatwise_policy::packs;
use seatwise_store::Meter;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{text, token_of};
use crate::support::committed;
use crate::support::direct::{Direct, Ground, Somebody, bundle, event, publish, somebody};
use crate::support::post::{self, Post};

/// Where the table is.
const FILE: &str = "../../infra/capacity.txt";

const HEADER: &str = "\
What operations cost in DynamoDB. Made by `UPDATE=1 cargo test -p seatwise-tests capacity`, which
runs each one and reads what the engine reports; the same test fails when this is stale.

rounds  round trips one after the other; what runs side by side counts once
calls   API calls (BatchGetItem, Query, TransactWriteItems)
RCU     read units: strongly consistent, one for each begun 4 KB of an item or of a list
WCU     write units: two for each begun 1 KB of an item that a transaction writes or checks

The workspace has 4 members, 6 seats, 2 invitations and 1 leave request; that of role-seats 4
members, 1 link and 1 domain; that of role-ladder 3 members. What takes an Idempotency-Key has one,
which costs 1 RCU and 2 WCU or more.

";

const ROLE_SEATS: &str = "\nIn role-seats, on the enterprise plan.\n\n";
const ROLE_LADDER: &str = "\nIn role-ladder.\n\n";

/// More members than a list that is read whole is good for.
const CROWD: u128 = 10_000;

const GROWTH: &str = "
How the costs of what reads whole lists grow with the workspace.

";

/// One line of the table.
struct Cost {
    operation: String,
    note: &'static str,
    writes: bool,
    rounds: u32,
    calls: u32,
    read_units: f64,
    write_units: f64,
}

impl Cost {
    fn line(&self) -> String {
        let Self { operation, note, writes, rounds, calls, read_units, write_units } = self;
        let name = if note.is_empty() { operation.clone() } else { format!("{operation}, {note}") };
        let kind = if *writes { "write" } else { "read" };
        format!("{name:44} {kind:5} {rounds:7} {calls:6} {read_units:5} {write_units:5}\n")
    }

    /// The promise: a write takes two round trips, a read one; the two that cross workspaces one more.
    fn promised(&self) -> u32 {
        let crosses = ["enter", "list-workspaces"].contains(&self.operation.as_str());
        1 + u32::from(self.writes) + u32::from(crosses)
    }
}

/// Runs operations and writes down what they cost.
struct Ledger {
    process: Direct,
    meter: Arc<Meter>,
    costs: Vec<Cost>,
    keys: u32,
}

impl Ledger {
    async fn new(post: &Post) -> Self {
        let (process, meter) = post.metered();
        process.service.warm_up(true).await;
        Self { process, meter, costs: Vec::new(), keys: 0 }
    }

    /// Runs one request; its answer, which must be the good one.
    async fn run(
        &mut self,
        note: &'static str,
        who: &Somebody,
        method: &str,
        path: &str,
        body: Value,
    ) -> Value {
        let (row, _) = event(who, method, path, &Value::Null, None, self.process.clock.now());
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        let key = Some(key.as_str()).filter(|_| row.idempotent);
        let before = self.counts();
        let reply = self.process.call_with_key(who, method, path, body, key).await;
        self.add(row.name, note, before);
        assert_eq!(reply.status, row.status, "{}: {}", row.name, reply.text);
        reply.json
    }

    fn counts(&self) -> (u32, u32, f64, f64) {
        let meter = &self.meter;
        (meter.rounds(), meter.calls(), meter.read_units(), meter.write_units())
    }

    fn add(&mut self, operation: &str, note: &'static str, before: (u32, u32, f64, f64)) {
        let (rounds, calls, read_units, write_units) = self.counts();
        self.costs.push(Cost {
            operation: operation.to_owned(),
            note,
            writes: write_units > before.3,
            rounds: rounds - before.0,
            calls: calls - before.1,
            read_units: read_units - before.2,
            write_units: write_units - before.3,
        });
    }

    fn last(&self) -> &Cost {
        self.costs.last().expect("something ran")
    }
}

fn table(costs: &[Cost]) -> String {
    let mut text =
        format!("{:44} {:5} {:>7} {:>6} {:>5} {:>5}\n", "operation", "kind", "rounds", "calls", "RCU", "WCU");
    for cost in costs {
        text.push_str(&cost.line());
    }
    text
}

/// Every operation once, in a workspace where something is going on.
#[expect(clippy::too_many_lines, reason = "a list: a line for each operation")]
async fn every_operation(post: &Post, ledger: &mut Ledger) {
    let direct = post.process();
    let (olga, ada, tea, lee) = (somebody("olga"), somebody("ada"), somebody("tea"), somebody("lee"));
    let (pat, new) = (somebody("pat"), somebody("new"));
    for who in [&olga, &ada, &tea, &lee] {
        direct.post(who, "/v1/me", Value::Null).await.expect(200);
    }
    let w = direct.workspace(&olga).await;
    direct.workspace(&olga).await;
    direct.buy(&olga, &w, "pro", 5).await;
    for (who, role) in [(&ada, "admin"), (&tea, "member"), (&lee, "member")] {
        let invitation = direct.invite(&olga, &w, who, role).await;
        direct.join(who, &invitation).await.expect(200);
    }
    direct.invite(&olga, &w, &pat, "member").await;
    post::sweep(&direct).await;
    direct.ask_to_leave(&tea, &w).await;

    ledger.run("first time", &new, "POST", "/v1/me", Value::Null).await;
    ledger.run("again", &olga, "POST", "/v1/me", Value::Null).await;
    ledger.run("", &olga, "GET", "/v1/me", Value::Null).await;
    ledger.run("in two workspaces", &olga, "PATCH", "/v1/me", json!({ "firstName": "Olga" })).await;
    ledger.run("", &pat, "GET", "/v1/me/invitations", Value::Null).await;
    ledger.run("", &new, "POST", "/v1/workspaces", json!({ "name": "Another" })).await;
    ledger.run("two", &olga, "GET", "/v1/workspaces", Value::Null).await;
    ledger.run("", &olga, "GET", &w, Value::Null).await;
    ledger.run("", &olga, "PATCH", &w, json!({ "name": "Acme Europe" })).await;
    let logo = format!("{w}/logo");
    let uploaded = ledger.run("10 KB", &olga, "PUT", &logo, json!(10 * 1024)).await;
    let url = text(&uploaded["logoUrl"]);
    let public = url[url.find("/v1/").expect("a path")..].to_owned();
    ledger.run("10 KB", &olga, "GET", &public, Value::Null).await;
    ledger.run("", &olga, "DELETE", &logo, Value::Null).await;
    ledger.run("256 KB", &olga, "PUT", &logo, json!(256 * 1024)).await;
    let coordinator = format!("{w}/coordinator");
    let kim = json!({ "name": "Kim Kaya", "email": "kim@acme.example" });
    ledger.run("", &olga, "PUT", &coordinator, kim).await;
    ledger.run("", &tea, "GET", &coordinator, Value::Null).await;

    let members = format!("{w}/members");
    let of_lee = format!("{members}/{}", lee.id());
    ledger.run("", &olga, "GET", &members, Value::Null).await;
    ledger.run("the invited too", &olga, "GET", &format!("{members}?status=all"), Value::Null).await;
    ledger.run("a search", &olga, "GET", &format!("{members}?search=tea"), Value::Null).await;
    ledger.run("", &olga, "GET", &format!("{members}/export"), Value::Null).await;
    ledger.run("", &olga, "PUT", &format!("{of_lee}/role"), json!({ "role": "admin" })).await;

    let seats = format!("{w}/seats");
    let bought = ledger.run("one", &olga, "POST", &seats, json!({ "tier": "pro", "quantity": 1 })).await;
    let seat = format!("{seats}/{}", text(&bought["items"][0]["id"]));
    ledger.run("", &olga, "GET", &seats, Value::Null).await;
    ledger.run("", &olga, "POST", &format!("{seat}/cancel"), Value::Null).await;
    ledger.run("", &olga, "POST", &format!("{seat}/reactivate"), Value::Null).await;
    let own_seat = format!("{members}/{}/seat", olga.id());
    ledger.run("", &olga, "PUT", &own_seat, json!({})).await;
    ledger.run("", &olga, "DELETE", &own_seat, Value::Null).await;

    let invitations = format!("{w}/invitations");
    let body = json!({ "emails": [new.email], "role": "member" });
    let invited = ledger.run("one address", &olga, "POST", &invitations, body).await;
    let first = invited["items"][0]["invitation"].clone();
    let before = ledger.counts();
    assert_eq!(post::deliver(&ledger.process, &post.records().await).await["batchItemFailures"], json!([]));
    ledger.add("run-tasks", "one mail", before);
    assert_eq!(post.mailbox.sent_to(&new.email).len(), 1);
    let before = ledger.counts();
    assert_eq!(post::sweep(&ledger.process).await, 0);
    ledger.add("sweep-tasks", "nothing to do", before);
    ledger.run("", &olga, "GET", &invitations, Value::Null).await;
    let path = format!("{invitations}/{}", text(&first["id"]));
    ledger.run("", &olga, "POST", &format!("{path}/resend"), Value::Null).await;
    let token = json!({ "token": token_of(&text(&first["url"])) });
    ledger.run("", &new, "POST", "/v1/invitations/preview", token.clone()).await;
    ledger.run("", &new, "POST", "/v1/join", token).await;
    ledger.run("", &olga, "DELETE", &format!("{members}/{}", new.id()), Value::Null).await;
    let second = direct.invite(&olga, &w, &new, "member").await;
    ledger.run("", &olga, "DELETE", &format!("{invitations}/{}", text(&second["id"])), Value::Null).await;
    let third = direct.invite(&olga, &w, &new, "member").await;
    let path = format!("/v1/invitations/{}/decline", text(&third["id"]));
    ledger.run("", &new, "POST", &path, Value::Null).await;
    direct.buy(&olga, &w, "pro", 19).await;
    let emails: Vec<_> = (0..20).map(|n| format!("many-{n}@acme.example")).collect();
    ledger.run("20 addresses", &olga, "POST", &invitations, json!({ "emails": emails })).await;

    let requests = format!("{w}/leave-requests");
    let ask = json!({ "reason": "Moving on" });
    let asked = ledger.run("", &lee, "POST", &requests, ask.clone()).await;
    ledger.run("", &olga, "GET", &requests, Value::Null).await;
    ledger.run("", &lee, "DELETE", &format!("{requests}/{}", text(&asked["id"])), Value::Null).await;
    for decision in ["deny", "approve"] {
        let asked = direct.post(&lee, &requests, ask.clone()).await.expect(201);
        let path = format!("{requests}/{}/{decision}", text(&asked["id"]));
        ledger.run("", &olga, "POST", &path, json!({})).await;
    }
    let actions = json!({ "actions": ["viewAnalytics", "invite"] });
    ledger.run("", &tea, "POST", &format!("{w}/authorize"), actions).await;
    ledger.run("", &tea, "GET", &format!("{w}/permissions"), Value::Null).await;

    // The first request after a publish fetches the bundle and reads anew by its rules.
    for (number, method) in [(1, "GET"), (2, "PATCH")] {
        let mut files = packs::files("purchased-seats").expect("built in");
        files.insert("edit.cedar".to_owned(), format!("// edit {number}"));
        publish(&post.stage.store(), &bundle(files)).await;
        let body = if method == "GET" { Value::Null } else { json!({ "name": "Acme" }) };
        ledger.run("first after a publish", &olga, method, &w, body.clone()).await;
        let promised = ledger.last().promised();
        assert_eq!(ledger.last().rounds, promised + 2, "{}", ledger.last().line());
        let body = if method == "GET" { Value::Null } else { json!({ "name": "Acme Europe" }) };
        ledger.run("second after a publish", &olga, method, &w, body).await;
        let second = ledger.costs.pop().expect("a line");
        assert_eq!(second.rounds, promised, "{}", second.line());
    }

    direct.change_role(&olga, &w, &ada, "owner").await.expect(200);
    let to_ada = json!({ "userId": ada.id() });
    ledger.run("", &olga, "POST", &format!("{w}/transfer"), to_ada).await;
    ledger.run("", &olga, "DELETE", &w, Value::Null).await;
    let before = ledger.counts();
    assert!(background::delete_workspaces(&ledger.process.service).await > 1);
    ledger.add("delete-workspaces", "one, in round figures", before);
    // Which records go in one step depends on the chance in their ids.
    if let Some(cost) = ledger.costs.last_mut() {
        cost.write_units = (cost.write_units / 50.0).round() * 50.0;
    }
    assert_eq!(post.stage.dump().await.members_of(id_of(&w)).len(), 0);
}

/// What the plan's seats, links and domains cost.
async fn operations_of_role_seats(post: &Post, ledger: &mut Ledger) {
    let direct = post.process();
    let [olga, ada, tea, lee] = ["olga", "ada", "tea", "lee"].map(somebody);
    let [new, pat] = ["new", "pat"].map(somebody);
    let w = direct.workspace(&olga).await;
    plan::set(&post.stage.store(), &post.stage.pack, id_of(&w), "enterprise").await.expect("set");
    for (who, role) in [(&ada, "admin"), (&tea, "viewer"), (&lee, "viewer")] {
        let invitation = direct.invite(&olga, &w, who, role).await;
        direct.join(who, &invitation).await.expect(200);
    }
    ledger.run("", &olga, "PATCH", &format!("{w}/settings"), json!({ "autoAssignSeats": false })).await;
    ledger.run("of the plan", &olga, "GET", &w, Value::Null).await;
    ledger.run("two wait", &olga, "POST", &format!("{w}/seats/assign"), Value::Null).await;
    let seat = format!("{w}/members/{}/seat", tea.id());
    ledger.run("of the plan", &olga, "DELETE", &seat, Value::Null).await;
    ledger.run("of the plan", &olga, "PUT", &seat, json!({})).await;
    ledger.run("", &olga, "GET", &format!("{w}/invitations/quota"), Value::Null).await;
    let body = json!({ "emails": [pat.email], "role": "member" });
    ledger.run("without a seat kept", &olga, "POST", &format!("{w}/invitations"), body).await;

    let link = format!("{w}/links/member");
    ledger.run("", &olga, "PUT", &link, Value::Null).await;
    let made = ledger.run("again", &olga, "PUT", &link, Value::Null).await;
    ledger.run("", &olga, "GET", &format!("{w}/links"), Value::Null).await;
    let token = json!({ "token": token_of(&text(&made["url"])) });
    ledger.run("a link", &new, "POST", "/v1/invitations/preview", token.clone()).await;
    ledger.run("by a link", &new, "POST", "/v1/join", token).await;
    ledger.run("", &olga, "DELETE", &link, Value::Null).await;

    let domain = format!("{w}/domains/acme.example");
    ledger.run("", &olga, "PUT", &domain, Value::Null).await;
    ledger.run("", &olga, "GET", &format!("{w}/domains"), Value::Null).await;
    let before = ledger.counts();
    assert_eq!(background::verify_domains(&ledger.process.service).await, 0);
    ledger.add("verify-domains", "one without a record", before);
    let name = "acme.example".parse().expect("a domain");
    let verified = verify_by_hand(&post.stage.store(), &name, direct.clock.now()).await;
    assert_eq!(verified.expect("verified"), 1);
    let entered = ledger.run("joining by domain", &somebody("dom"), "POST", "/v1/me", Value::Null).await;
    assert_eq!(entered["workspaces"].as_array().map(Vec::len), Some(1));
    ledger.run("", &olga, "DELETE", &domain, Value::Null).await;
}

/// What it costs to go where nobody is asked.
async fn operations_of_role_ladder(post: &Post, ledger: &mut Ledger) {
    let direct = post.process();
    let [olga, tea, lee] = ["olga", "tea", "lee"].map(somebody);
    let w = direct.workspace(&olga).await;
    for who in [&tea, &lee] {
        let invitation = direct.invite(&olga, &w, who, "member").await;
        direct.join(who, &invitation).await.expect(200);
    }
    ledger.run("", &tea, "POST", &format!("{w}/leave"), Value::Null).await;
}

fn id_of(workspace: &str) -> WorkspaceId {
    workspace.rsplit('/').next().expect("an id").parse().expect("an id")
}

/// A workspace of a pack without seats, with so many members, written past the rules; its path.
async fn crowd(post: &Post, owner: &Somebody, size: u128) -> String {
    let direct = post.process();
    let path = direct.workspace(owner).await;
    let tea = somebody("tea");
    let invitation = direct.invite(owner, &path, &tea, "member").await;
    direct.join(&tea, &invitation).await.expect(200);
    let like = post.stage.dump().await.members[&(id_of(&path), tea.id())].clone();
    let member =
        |n| Change::Create(Record::Member(Member { user: UserId(Uuid::from_u128(n)), ..like.clone() }));
    let changes: Vec<Change> = (2..size).map(member).collect();
    for changes in changes.chunks(100) {
        post.stage.store().commit(changes).await.expect("written");
    }
    path
}

/// A workspace with so many members, each on a seat, written past the rules; its path.
async fn workspace_of(post: &Post, owner: &Somebody, size: u128) -> String {
    let direct = post.process();
    let path = direct.workspace(owner).await;
    let tea = direct.member(owner, &path, &format!("tea-{size}"), "member").await;
    let workspace = id_of(&path);
    let dump = post.stage.dump().await;
    let (member, like): (&Member, Seat) =
        (&dump.members[&(workspace, tea.id())], dump.seats_of(workspace)[0].clone());
    let mut changes = Vec::new();
    for n in 2..size {
        let (user, seat) = (UserId(Uuid::from_u128(n)), SeatId(Uuid::from_u128(n)));
        let occupant = if n % 10 == 9 { Occupant::Nobody } else { Occupant::Member(user) };
        let seat = Seat { id: seat, occupant, ..like.clone() };
        let seating = Seating::Seat(SeatHold { seat: seat.id, ..like.hold() });
        changes.push(Change::Create(Record::Seat(seat)));
        changes.push(Change::Create(Record::Member(Member { user, seat: seating, ..member.clone() })));
    }
    for changes in changes.chunks(100) {
        post.stage.store().commit(changes).await.expect("written");
    }
    path
}

#[tokio::test]
async fn every_operation_costs_what_is_written_down() {
    let post = Post::new().await;
    let mut ledger = Ledger::new(&post).await;
    every_operation(&post, &mut ledger).await;
    let of_pack = async |pack: &str| Post::over(Ground::under(pack, &[]).await).await;
    let role_seats = of_pack("role-seats").await;
    let mut of_role_seats = Ledger::new(&role_seats).await;
    operations_of_role_seats(&role_seats, &mut of_role_seats).await;
    let role_ladder = of_pack("role-ladder").await;
    let mut of_role_ladder = Ledger::new(&role_ladder).await;
    operations_of_role_ladder(&role_ladder, &mut of_role_ladder).await;
    let ledgers = [("", &ledger), (ROLE_SEATS, &of_role_seats), (ROLE_LADDER, &of_role_ladder)];
    let costs: Vec<&Cost> = ledgers.iter().flat_map(|(_, ledger)| &ledger.costs).collect();

    let measured: BTreeSet<&str> = costs.iter().map(|cost| cost.operation.as_str()).collect();
    let all: BTreeSet<&str> =
        operations::all().iter().map(|row| row.name).chain(background::names()).collect();
    assert_eq!(measured, all);
    for cost in costs {
        let Some(row) = operations::find(&cost.operation) else { continue };
        let extra = if cost.note == "first after a publish" { 2 } else { 0 };
        assert!(cost.rounds <= cost.promised() + extra, "{}", cost.line());
        assert!(cost.rounds > 0 && cost.read_units > 0.0, "{}", cost.line());
        let only_reads =
            row.method == http::Method::GET || ["authorize", "preview-invitation"].contains(&row.name);
        assert!(!(only_reads && cost.writes), "{}", cost.line());
        assert!(only_reads || cost.writes || row.name == "enter", "{}", cost.line());
    }

    let olga = somebody("olga");
    let mut growth = format!("members {}", table(&[]));
    for size in [10, 100, 500] {
        let path = workspace_of(&post, &olga, size).await;
        let mut ledger = Ledger::new(&post).await;
        ledger.run("", &olga, "GET", &format!("{path}/members"), Value::Null).await;
        ledger.run("", &olga, "GET", &path, Value::Null).await;
        ledger.run("", &olga, "GET", &format!("{path}/seats"), Value::Null).await;
        let body = json!({ "emails": [format!("new-{size}@acme.example")], "role": "member" });
        ledger.run("one address", &olga, "POST", &format!("{path}/invitations"), body).await;
        for cost in &ledger.costs {
            assert!(cost.rounds <= cost.promised(), "{size}: {}", cost.line());
            let _ = write!(growth, "{size:7} {}", cost.line());
        }
    }
    // A page by name is read from the index, however many there are; who searches reads them all.
    let people = of_pack("role-ladder").await;
    let path = crowd(&people, &olga, CROWD).await;
    let mut crowded = Ledger::new(&people).await;
    crowded.run("a page", &olga, "GET", &format!("{path}/members"), Value::Null).await;
    crowded.run("a search", &olga, "GET", &format!("{path}/members?search=tea"), Value::Null).await;
    crowded.run("", &olga, "GET", &format!("{path}/members/export"), Value::Null).await;
    for cost in &crowded.costs {
        let _ = write!(growth, "{CROWD:7} {}", cost.line());
    }
    let [page, search, export] = crowded.costs.as_slice() else { panic!("three were run") };
    assert_eq!(page.rounds, page.promised(), "{}", page.line());
    assert!(page.read_units * 50.0 < search.read_units, "{}{}", page.line(), search.line());
    assert!((search.read_units - export.read_units).abs() < 10.0, "{}{}", search.line(), export.line());
    // Another engine has its own way of counting.
    if post.stage.engine.is_embedded() {
        let mut costs = String::new();
        for (title, ledger) in ledgers {
            costs.push_str(title);
            costs.push_str(&table(&ledger.costs));
        }
        committed::check(FILE, &format!("{HEADER}{costs}{GROWTH}{growth}"));
    }
}
