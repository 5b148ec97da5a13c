//! The costs of operations: round trips, calls and capacity units, as one committed table, and the
//! promise about round trips; and beside it the bound, with the records that each operation touches.

mod bound;
mod witness;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::SignedDuration;
use seatwise_domain::{
    Change, EventDigest, Member, Occupant, Record, Seat, SeatHold, SeatId, Seating, UserId,
};
use seatwise_functions::background;
use seatwise_functions::operations;
use seatwise_store::Meter;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::infra::costs::put_between;
use crate::support::catalogue::{self, Product, Step, by, invite};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::publishing::{bundle, publish};
use crate::support::reply::text;
use crate::support::scene::Scene;
use crate::support::sealing::{note_events, record_of_keys, seal_logs};
use crate::support::stream::{delete_workspaces, deliver, sweep, verify_domains};
use crate::support::table::{Item, Place};
use crate::support::{committed, packs};

use bound::Bounds;
use witness::{Kinds, Touch, Witness};

/// Where the table is.
const FILE: &str = "../../infra/capacity.txt";
/// Where the bounds are.
const BOUND_FILE: &str = "../../infra/BOUND.md";
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
const FLAT_OWNERS: &str = "\nIn flat-owners.\n\n";
/// The functions that only a product needs that is paid online. Stripe's answers take their time.
const ONLINE: [&str; 1] = ["reconcile-billing"];
/// More members than a list that is read whole is good for.
const CROWD: u128 = 10_000;
/// The end of the note of a run whose units depend on chance.
const ROUNDED: &str = "in round figures";
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
    touches: Vec<Touch>,
}

impl Cost {
    fn name(&self) -> String {
        let Self { operation, note, .. } = self;
        if note.is_empty() { operation.clone() } else { format!("{operation}, {note}") }
    }

    fn line(&self) -> String {
        let Self { writes, rounds, calls, read_units, write_units, .. } = self;
        let name = self.name();
        let kind = if *writes { "write" } else { "read" };
        format!("{name:44} {kind:5} {rounds:7} {calls:6} {read_units:5} {write_units:5}\n")
    }

    /// Whether the units depend on chance.
    fn is_rounded(&self) -> bool {
        self.note.ends_with(ROUNDED)
    }

    /// The promise: a write takes two round trips, a read one; those that cross partitions one more.
    fn promised(&self) -> u32 {
        let crosses = ["enter", "list-workspaces", "delete-me", "list-all-workspaces", "list-api-keys"];
        let crosses = crosses.contains(&self.operation.as_str());
        1 + u32::from(self.writes) + u32::from(crosses)
    }
}

/// Runs requests of the catalogue and writes down what they cost.
struct Ledger {
    deployment: Deployment,
    scene: Scene<Process>,
    meter: Arc<Meter>,
    witness: Witness,
    kinds: Kinds,
    costs: Vec<Cost>,
    keys: u32,
}

/// How things were before a run.
struct Before {
    rounds: u32,
    calls: u32,
    read_units: f64,
    write_units: f64,
    items: BTreeMap<Place, Item>,
}

impl Ledger {
    /// An empty ledger for this workspace.
    async fn new(deployment: &Deployment, workspace: &str) -> Self {
        let witness = Witness::default();
        let (process, meter) = deployment.watched_process(witness.clone());
        process.service.warm_up(true).await;
        let mut scene = Scene::new(process, Product::of(&deployment.pack.name), "");
        scene.set("workspaceId", &id_of(workspace).to_string());
        let (deployment, kinds) = (deployment.clone(), Kinds::default());
        Self { deployment, scene, meter, witness, kinds, costs: Vec::new(), keys: 0 }
    }

    /// Runs one request; its answer, which must be the good one.
    async fn run(&mut self, note: &'static str, step: Step) -> Value {
        let request = self.scene.request(&step).await;
        let row = request.call.row;
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        let key = Some(key.as_str()).filter(|_| row.idempotent);
        let before = self.before().await;
        let reply = Box::pin(request.send(&self.scene.client, key)).await;
        self.add(row.name, note, before).await;
        assert_eq!(reply.status.as_u16(), request.call.status, "{}: {}", row.name, reply.text);
        self.scene.keep(row.name, step.who, &reply.json);
        reply.json
    }

    /// Gives the scene the id at the end of a path.
    fn keep_id(&mut self, name: &str, path: &str) {
        self.scene.set(name, path.rsplit('/').next().expect("an id"));
    }

    async fn before(&self) -> Before {
        let items = Box::pin(self.deployment.dump()).await.raw;
        self.witness.take(&items, &items);
        let meter = &self.meter;
        let (rounds, calls) = (meter.rounds(), meter.calls());
        Before { rounds, calls, read_units: meter.read_units(), write_units: meter.write_units(), items }
    }

    async fn add(&mut self, operation: &str, note: &'static str, before: Before) {
        let after = Box::pin(self.deployment.dump()).await.raw;
        self.kinds.learn(&before.items);
        self.kinds.learn(&after);
        let meter = &self.meter;
        let write_units = meter.write_units() - before.write_units;
        self.costs.push(Cost {
            operation: operation.to_owned(),
            note,
            writes: write_units > 0.0,
            rounds: meter.rounds() - before.rounds,
            calls: meter.calls() - before.calls,
            read_units: meter.read_units() - before.read_units,
            write_units,
            touches: self.witness.take(&before.items, &after),
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
async fn every_operation(deployment: &Deployment) -> Ledger {
    let process = deployment.process();
    let (olga, ada, tea, lee) = (somebody("olga"), somebody("ada"), somebody("tea"), somebody("lee"));
    let (pat, new) = (somebody("pat"), somebody("new"));
    for who in [&olga, &ada, &tea, &lee] {
        process.post(who, "/v1/me", Value::Null).await.expect(200);
    }
    let w = process.workspace(&olga).await;
    process.workspace(&olga).await;
    process.buy(&olga, &w, "pro", 5).await;
    for (who, role) in [(&ada, "admin"), (&tea, "member"), (&lee, "member")] {
        let invitation = process.invite(&olga, &w, who, role).await;
        process.join(who, &invitation).await.expect(200);
    }
    process.invite(&olga, &w, &pat, "member").await;
    sweep(&process).await;
    process.ask_to_leave(&tea, &w).await;

    let mut ledger = Ledger::new(deployment, &w).await;
    for (name, person) in [("olga", &olga), ("ada", &ada), ("lee", &lee)] {
        ledger.scene.set(name, &person.id().to_string());
    }
    ledger.run("first time", by("new", "enter")).await;
    ledger.run("again", by("olga", "enter")).await;
    ledger.run("", by("olga", "get-me")).await;
    ledger.run("in two workspaces", by("olga", "update-me").body(json!({ "firstName": "Olga" }))).await;
    ledger.run("", by("pat", "list-my-invitations")).await;
    ledger.run("", by("new", "create-workspace")).await;
    ledger.keep_id("workspaceId", &w);
    ledger.run("two", by("olga", "list-workspaces")).await;
    ledger.run("", by("olga", "get-workspace")).await;
    ledger.run("", by("olga", "update-workspace")).await;
    ledger.run("10 KB", by("olga", "upload-logo").body(json!(10 * 1024))).await;
    ledger.run("10 KB", by("olga", "get-logo")).await;
    ledger.run("", by("olga", "remove-logo")).await;
    ledger.run("256 KB", by("olga", "upload-logo").body(json!(256 * 1024))).await;
    ledger.run("", by("olga", "set-coordinator")).await;
    ledger.run("", by("tea", "get-coordinator")).await;

    ledger.run("", by("olga", "list-members")).await;
    ledger.run("the invited too", by("olga", "list-members").query("?status=all")).await;
    ledger.run("a search", by("olga", "list-members").query("?search=tea")).await;
    ledger.run("", by("olga", "export-members")).await;
    ledger.run("", by("olga", "list-events")).await;
    ledger.run("of one type", by("olga", "list-events").query("?type=member.joined")).await;
    ledger.run("", by("olga", "export-events")).await;
    ledger.run("", by("olga", "change-role").of("{lee}").role("admin")).await;

    ledger.run("one", by("olga", "buy-seats")).await;
    ledger.run("", by("olga", "list-seats")).await;
    ledger.run("", by("olga", "cancel-seat")).await;
    ledger.run("", by("olga", "reactivate-seat")).await;
    ledger.run("", by("olga", "change-seat-tier").body(json!({ "tier": "basic" }))).await;
    ledger.run("", by("olga", "set-add-on")).await;
    ledger.run("every seat", by("olga", "set-add-on-everywhere").body(json!({ "quantity": 1 }))).await;
    let seats = json!({ "change": { "kind": "seats", "quantity": 2 } });
    ledger.run("", by("olga", "preview-purchase").body(seats)).await;
    ledger.run("", by("olga", "get-purchase")).await;
    ledger.run("", by("olga", "get-billing")).await;
    ledger.run("", by("olga", "assign-seat").of("{olga}")).await;
    ledger.run("", by("olga", "release-seat").of("{olga}")).await;

    ledger.run("one address", invite("{new.email}")).await;
    let before = ledger.before().await;
    let delivered = deliver(&ledger.scene.client, &deployment.records().await).await;
    assert_eq!(delivered["batchItemFailures"], json!([]));
    ledger.add("run-tasks", "one mail", before).await;
    assert_eq!(deployment.mailbox.sent_to(&new.email).len(), 1);
    let before = ledger.before().await;
    assert_eq!(sweep(&ledger.scene.client).await, 0);
    ledger.add("sweep-tasks", "nothing to do", before).await;
    ledger.run("", by("olga", "list-invitations")).await;
    ledger.run("", by("olga", "resend-invitation")).await;
    ledger.run("", by("new", "preview-invitation")).await;
    ledger.run("", by("new", "join")).await;
    ledger.run("", by("olga", "remove-member").of("{new}")).await;
    for (who, operation) in [("olga", "revoke-invitation"), ("new", "decline-invitation")] {
        let invitation = process.invite(&olga, &w, &new, "member").await;
        ledger.scene.set("invitationId", &text(&invitation["id"]));
        if operation == "revoke-invitation" {
            ledger.run("", by("olga", "change-invitation").role("admin")).await;
        }
        ledger.run("", by(who, operation)).await;
    }
    process.buy(&olga, &w, "pro", 19).await;
    let emails: Vec<_> = (0..20).map(|n| format!("many-{n}@acme.example")).collect();
    ledger.run("20 addresses", by("olga", "invite").body(json!({ "emails": emails }))).await;

    ledger.run("", by("lee", "request-leave")).await;
    ledger.run("", by("olga", "list-leave-requests")).await;
    ledger.run("", by("lee", "withdraw-leave")).await;
    for decision in ["deny-leave", "approve-leave"] {
        ledger.keep_id("requestId", &process.ask_to_leave(&lee, &w).await);
        ledger.run("", by("olga", decision)).await;
    }
    ledger.run("", by("tea", "authorize")).await;
    let own = json!({ "actions": ["viewAnalytics"] });
    ledger.run("of the product's own action", by("tea", "authorize").body(own)).await;
    ledger.run("", by("tea", "list-permissions")).await;

    // The first request after a publish fetches the bundle and reads anew by its rules.
    for (number, operation) in [(1, "get-workspace"), (2, "update-workspace")] {
        let mut files = packs::files(packs::DEFAULT);
        files.insert("edit.cedar".to_owned(), format!("// edit {number}"));
        publish(&deployment.store(), &bundle(files)).await;
        let step = |name: &str| match operation {
            "get-workspace" => by("olga", operation),
            _ => by("olga", operation).body(json!({ "name": name })),
        };
        ledger.run("first after a publish", step("Acme")).await;
        let promised = ledger.last().promised();
        assert_eq!(ledger.last().rounds, promised + 2, "{}", ledger.last().line());
        ledger.run("second after a publish", step("Acme Europe")).await;
        let second = ledger.costs.pop().expect("a line");
        assert_eq!(second.rounds, promised, "{}", second.line());
    }

    process.change_role(&olga, &w, &ada, "owner").await.expect(200);
    let event = record_of_keys(&format!("W#{}", id_of(&w)), &format!("EVENT#{}", Uuid::nil()), 1);
    let before = ledger.before().await;
    let noted = note_events(&ledger.scene.client, &[event]).await;
    assert_eq!(noted["batchItemFailures"], json!([]));
    ledger.add("note-events", "one log", before).await;
    deployment.clock.advance(EventDigest::SEALS_AFTER + SignedDuration::from_secs(1));
    let before = ledger.before().await;
    assert_eq!(seal_logs(&ledger.scene.client).await, 1);
    ledger.add("seal-logs", "one log", before).await;
    ledger.run("", by("olga", "transfer-workspace").of("{ada}")).await;
    ledger.run("", by("olga", "delete-workspace")).await;
    let before = ledger.before().await;
    assert!(delete_workspaces(&ledger.scene.client).await > 1);
    ledger.add("delete-workspaces", "one, in round figures", before).await;
    // Which records go in one step depends on the chance in their ids.
    if let Some(cost) = ledger.costs.last_mut() {
        let rounded = |units: f64| (units / 50.0).round() * 50.0;
        (cost.read_units, cost.write_units) = (rounded(cost.read_units), rounded(cost.write_units));
    }
    assert_eq!(deployment.dump().await.members_of(id_of(&w)).len(), 0);
    ledger
}

/// The costs of the plan's seats, links and domains.
async fn operations_of_role_seats(deployment: &Deployment) -> Ledger {
    let process = deployment.process();
    let [olga, ada, tea, lee] = ["olga", "ada", "tea", "lee"].map(somebody);
    let w = process.workspace(&olga).await;
    process.set_plan(&w, "enterprise").await;
    for (who, role) in [(&ada, "admin"), (&tea, "viewer"), (&lee, "viewer")] {
        let invitation = process.invite(&olga, &w, who, role).await;
        process.join(who, &invitation).await.expect(200);
    }
    let mut ledger = Ledger::new(deployment, &w).await;
    ledger.scene.set("tea", &tea.id().to_string());
    ledger.run("", by("olga", "update-settings")).await;
    ledger.run("of the plan", by("olga", "get-workspace")).await;
    ledger.run("two wait", by("olga", "assign-seats")).await;
    ledger.run("of the plan", by("olga", "release-seat").of("{tea}")).await;
    ledger.run("of the plan", by("olga", "assign-seat").of("{tea}")).await;
    ledger.run("", by("olga", "get-invitation-quota")).await;
    ledger.run("without a seat kept", invite("{pat.email}")).await;

    ledger.run("", by("olga", "create-link")).await;
    ledger.run("again", by("olga", "create-link")).await;
    ledger.run("", by("olga", "list-links")).await;
    ledger.run("a link", by("new", "preview-invitation")).await;
    ledger.run("by a link", by("new", "join")).await;
    ledger.run("", by("olga", "revoke-link")).await;

    ledger.run("", by("olga", "link-domain")).await;
    ledger.run("", by("olga", "list-domains")).await;
    let before = ledger.before().await;
    assert_eq!(verify_domains(&ledger.scene.client).await, 0);
    ledger.add("verify-domains", "one without a record", before).await;
    process.verify_domain("acme.example").await;
    let entered = ledger.run("joining by domain", by("dom", "enter")).await;
    assert_eq!(entered["workspaces"].as_array().map(Vec::len), Some(1));
    ledger.run("", by("olga", "unlink-domain")).await;
    ledger.run("", by("service:backend", "set-plan").body(json!({ "plan": "trial" }))).await;
    ledger
}

/// The cost of leaving without asking.
async fn operations_of_role_ladder(deployment: &Deployment) -> Ledger {
    let process = deployment.process();
    let [olga, tea, lee] = ["olga", "tea", "lee"].map(somebody);
    let w = process.workspace(&olga).await;
    for who in [&tea, &lee] {
        let invitation = process.invite(&olga, &w, who, "member").await;
        process.join(who, &invitation).await.expect(200);
    }
    let mut ledger = Ledger::new(deployment, &w).await;
    ledger.run("", by("olga", "change-plan").body(json!({ "plan": "growth" }))).await;
    ledger.run("", by("olga", "add-resource")).await;
    ledger.run("", by("olga", "list-resources")).await;
    ledger.run("", by("olga", "remove-resource")).await;
    ledger.run("", by("tea", "leave-workspace")).await;
    ledger.run("in one workspace", by("lee", "delete-me")).await;
    ledger
}

/// The costs of credits.
async fn operations_of_flat_owners(deployment: &Deployment) -> Ledger {
    let w = deployment.process().workspace(&somebody("olga")).await;
    let mut ledger = Ledger::new(deployment, &w).await;
    ledger.run("", Step { who: None, ..by("olga", "get-product") }).await;
    ledger.run("", by("olga", "create-api-key")).await;
    let verify = || by("service:backend", "verify-api-key").body(json!({ "key": "{apiKey}" }));
    ledger.run("the first use of a minute", verify()).await;
    ledger.run("", verify()).await;
    ledger.run("", by("olga", "set-api-key-limits")).await;
    ledger.run("of a limited key", verify()).await;
    let unknown = json!({ "key": "swk_unknown" });
    ledger.run("no key", by("service:backend", "verify-api-key").body(unknown)).await;
    ledger.run("", by("olga", "list-api-keys")).await;
    ledger.run("", by("olga", "rotate-api-key")).await;
    ledger.run("", by("olga", "revoke-api-key")).await;
    ledger.run("of a revoked key", verify()).await;
    ledger.run("", by("olga", "delete-api-key")).await;
    ledger.run("", by("olga", "buy-credits")).await;
    ledger.run("", by("olga", "get-credits")).await;
    ledger.run("", by("olga", "spend-credits")).await;
    ledger.run("by a service", by("service:backend", "spend-credits")).await;
    ledger.run("by a service", by("service:backend", "get-workspace")).await;
    ledger.run("", by("service:backend", "list-all-workspaces")).await;
    ledger.run("", by("service:backend", "add-member")).await;
    let user_id = somebody("olga").id().to_string();
    let checks = json!({ "userId": user_id, "checks": [{ "action": "removeMember", "member": user_id }] });
    ledger.run("by a service, about a member", by("service:backend", "authorize").body(checks)).await;
    ledger
}

/// A workspace of a pack without seats, with so many members, written past the rules; its path.
async fn crowd(deployment: &Deployment, owner: &Person, size: u128) -> String {
    let process = deployment.process();
    let path = process.workspace(owner).await;
    let tea = somebody("tea");
    let invitation = process.invite(owner, &path, &tea, "member").await;
    process.join(&tea, &invitation).await.expect(200);
    let like = deployment.dump().await.members[&(id_of(&path), tea.id())].clone();
    let member =
        |n| Change::Create(Record::Member(Member { user: UserId(Uuid::from_u128(n)), ..like.clone() }));
    let changes: Vec<Change> = (2..size).map(member).collect();
    for changes in changes.chunks(100) {
        deployment.store().commit_without_events(changes).await.expect("written");
    }
    path
}

/// A workspace with so many members, each on a seat, written past the rules; its path.
async fn workspace_of(deployment: &Deployment, owner: &Person, size: u128) -> String {
    let process = deployment.process();
    let path = process.workspace(owner).await;
    let tea = process.member(owner, &path, &format!("tea-{size}"), "member").await;
    let workspace = id_of(&path);
    let dump = deployment.dump().await;
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
        deployment.store().commit_without_events(changes).await.expect("written");
    }
    path
}

#[tokio::test]
async fn every_operation_costs_what_is_written_down() {
    let deployment = Deployment::new().await;
    let ledger = every_operation(&deployment).await;
    let of_pack = async |pack: &str| Deployment::under(pack, &[]).await;
    let of_role_seats = operations_of_role_seats(&of_pack("role-seats").await).await;
    let of_role_ladder = operations_of_role_ladder(&of_pack("role-ladder").await).await;
    let of_flat_owners = operations_of_flat_owners(&of_pack("flat-owners").await).await;
    let ledgers = [
        ("", &ledger),
        (ROLE_SEATS, &of_role_seats),
        (ROLE_LADDER, &of_role_ladder),
        (FLAT_OWNERS, &of_flat_owners),
    ];
    let costs: Vec<&Cost> = ledgers.iter().flat_map(|(_, ledger)| &ledger.costs).collect();

    let measured: BTreeSet<&str> = costs.iter().map(|cost| cost.operation.as_str()).collect();
    let all: BTreeSet<&str> = catalogue::rows()
        .map(|row| row.name)
        .chain(background::names())
        .filter(|name| !ONLINE.contains(name))
        .collect();
    assert_eq!(measured, all);
    for cost in costs {
        let Some(row) = operations::find(&cost.operation) else { continue };
        let extra = if cost.note == "first after a publish" { 2 } else { 0 };
        assert!(cost.rounds <= cost.promised() + extra, "{}", cost.line());
        assert!(cost.rounds > 0 && cost.read_units > 0.0, "{}", cost.line());
        let only_reads = !catalogue::writes(row);
        assert!(!(only_reads && cost.writes), "{}", cost.line());
        // Some write only where there is something to write.
        let can_read = ["enter", "verify-api-key"].contains(&row.name);
        assert!(only_reads || cost.writes || can_read, "{}", cost.line());
    }

    let olga = somebody("olga");
    let mut growth = format!("members {}", table(&[]));
    let mut grown = Vec::new();
    for size in [10, 100, 500] {
        let path = workspace_of(&deployment, &olga, size).await;
        let mut ledger = Ledger::new(&deployment, &path).await;
        ledger.run("", by("olga", "list-members")).await;
        ledger.run("", by("olga", "get-workspace")).await;
        ledger.run("", by("olga", "list-seats")).await;
        ledger.run("one address", invite(&format!("new-{size}@acme.example"))).await;
        for cost in &ledger.costs {
            assert!(cost.rounds <= cost.promised(), "{size}: {}", cost.line());
            let _ = write!(growth, "{size:7} {}", cost.line());
        }
        grown.push((size, ledger));
    }
    // A page by name is read from the index, however many there are; who searches reads them all.
    let people = of_pack("role-ladder").await;
    let path = crowd(&people, &olga, CROWD).await;
    let mut crowded = Ledger::new(&people, &path).await;
    crowded.run("a page", by("olga", "list-members")).await;
    crowded.run("a search", by("olga", "list-members").query("?search=tea")).await;
    crowded.run("", by("olga", "export-members")).await;
    for cost in &crowded.costs {
        let _ = write!(growth, "{CROWD:7} {}", cost.line());
    }
    let [page, search, export] = crowded.costs.as_slice() else { panic!("three were run") };
    assert_eq!(page.rounds, page.promised(), "{}", page.line());
    assert!(page.read_units * 50.0 < search.read_units, "{}{}", page.line(), search.line());
    assert!((search.read_units - export.read_units).abs() < 10.0, "{}{}", search.line(), export.line());
    // Another engine has its own way of counting.
    if deployment.engine.is_embedded() {
        let mut costs = String::new();
        for (title, ledger) in ledgers {
            costs.push_str(title);
            costs.push_str(&table(&ledger.costs));
        }
        committed::check(FILE, &format!("{HEADER}{costs}{GROWTH}{growth}"));
        grown.push((CROWD, crowded));
        check_bounds(&ledgers, &grown);
    }
}

/// Holds infra/BOUND.md against the runs.
fn check_bounds(ledgers: &[(&str, &Ledger)], grown: &[(u128, Ledger)]) {
    let mut kinds = Kinds::default();
    for ledger in ledgers.iter().map(|(_, ledger)| *ledger).chain(grown.iter().map(|(_, ledger)| ledger)) {
        kinds.add(&ledger.kinds);
    }
    let mut bounds = Bounds::new(kinds);
    for (title, ledger) in ledgers {
        bounds.add(title, ledger.costs.iter().map(|cost| (String::new(), cost)));
    }
    let grown = grown.iter().flat_map(|(size, ledger)| ledger.costs.iter().map(move |cost| (*size, cost)));
    bounds.add(GROWTH, grown.map(|(size, cost)| (format!("{size} members: "), cost)));
    let document = bound::read("infra/BOUND.md");
    committed::check(BOUND_FILE, &put_between(&document, "<!-- operations", bounds.text()));
    bounds.require_reasons(&document);
}
