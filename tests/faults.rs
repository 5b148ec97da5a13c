//! Calls to the database that fail, lost answers, processes that die, and policies that cannot be
//! loaded. Whatever happens at whichever call, who asks again with the same `Idempotency-Key` ends
//! where they would have without it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::StreamExt as _;
use futures::future::join_all;
use seatwise_domain::{
    EmailAddress, InvitationState, LeaveState, Occupant, PolicyBundle, PolicyTarget, PolicyVersion, Seating,
    UserId,
};
use seatwise_functions::{Row, background, operations};
use seatwise_policy::PolicySigningKey;
use serde_json::json;

use crate::support::catalogue::{self, Call, Entry, Product};
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::packs;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::proxy::{Fault, Proxy, Tries};
use crate::support::publishing::{bundle, publish, publish_as, publisher};
use crate::support::reply::Reply;
use crate::support::scene::{Scene, Sent};
use crate::support::stage::one_of_everything;
use crate::support::table::Dump;

/// Acts that run at the same time: more would wait for each other longer than a call may take.
const AT_A_TIME: usize = 8;
/// The people of a scene.
const NAMES: [&str; 5] = ["olga", "anna", "tea", "lee", "ada"];

/// Every request of the catalogue that writes.
fn acts() -> Vec<Entry> {
    catalogue::first().into_iter().filter(|entry| catalogue::writes(entry.row)).collect()
}

/// A request that is about to be sent, in a scene that was prepared for it.
struct Act {
    request: Sent,
    /// The answer if it was done before and left no receipt; none where there is a receipt.
    done_before: Option<(u16, &'static str)>,
}

impl Act {
    /// Prepares an act in the scene of this number: scenes on one table have nobody in common.
    async fn prepare(entry: &Entry, scene: usize, process: &Process) -> Self {
        let (_, request) = Scene::before(process.clone(), entry, &scene.to_string()).await;
        let done_before = (!entry.row.idempotent).then(|| done_before(entry.row));
        Self { request, done_before }
    }

    async fn send(&self, process: &Process) -> Reply {
        self.request.send(process, Some("the-key")).await
    }
}

/// The answer of an operation without receipts to a request that was done before.
fn done_before(row: &Row) -> (u16, &'static str) {
    match row.name {
        "revoke-invitation" => (410, "invitation_revoked"),
        "withdraw-leave" => (409, "leave_decided"),
        "revoke-link" | "remove-logo" => (204, ""),
        "remove-member" | "delete-workspace" | "leave-workspace" | "unlink-domain" => (404, "not_found"),
        _ => (200, ""),
    }
}

/// The person of this name in the scene of this number.
fn of_scene(name: &str, scene: usize) -> Person {
    // Ada comes by the domain.
    let domain = if name == "ada" { format!("d{scene}.example") } else { "acme.example".to_owned() };
    Person::new(&format!("{name}-{scene}@{domain}"))
}

/// What there is of a scene, without ids: two scenes in which the same was done read the same.
fn summary(dump: &Dump, scene: usize) -> String {
    let names: BTreeMap<UserId, &str> =
        NAMES.into_iter().map(|name| (of_scene(name, scene).id(), name)).collect();
    let name = |id: &UserId| names.get(id).copied().unwrap_or("a stranger");
    let address = |email: Option<&EmailAddress>| {
        let typed = email.map_or("a link", EmailAddress::as_typed);
        typed.replace(&format!("-{scene}@acme.example"), "")
    };
    let mut lines = Vec::new();
    for workspace in dump.workspaces.values().filter(|workspace| names.contains_key(&workspace.creator)) {
        let id = workspace.id;
        lines.push(format!("{} of {}: {:?}", workspace.name, name(&workspace.creator), dump.tallies[&id]));
        let item = |what: &str| dump.items.get(&(format!("W#{id}"), what.to_owned()));
        let coordinator = item("COORDINATOR").map(|item| (&item["name"], &item["email"]));
        let (logo, picture) = (workspace.logo.is_some(), item("LOGO").is_some());
        lines.push(format!("logo {logo} {picture}, coordinator {coordinator:?}, {:?}", workspace.settings));
        for link in dump.links.values().filter(|link| link.workspace == id) {
            lines.push(format!("link for {} of {}, open: {}", link.role, name(&link.made_by), link.open));
        }
        for claim in dump.claims.values().filter(|claim| claim.workspace == id) {
            let is_checked = dump.checks.contains(&(id, claim.domain.clone()));
            let is_verified = claim.verified_at.is_some();
            let by = name(&claim.claimed_by);
            lines.push(format!("a domain of {by}, verified: {is_verified}, looked up: {is_checked}"));
        }
        for member in dump.members_of(id) {
            let seat = match &member.seat {
                Seating::Seat(hold) => format!("{} until {:?}", hold.tier, hold.term.ends),
                other => format!("{other:?}"),
            };
            let leaves = if member.pending_leave.is_some() { ", asks to leave" } else { "" };
            let first_name = member.first_name.as_ref().map(ToString::to_string);
            lines.push(format!("{} {first_name:?} {} on {seat}{leaves}", name(&member.user), member.role));
        }
        for seat in dump.seats_of(id) {
            let holder = match seat.occupant {
                Occupant::Nobody => "nobody".to_owned(),
                Occupant::Member(user) => name(&user).to_owned(),
                Occupant::Invitation(id) => {
                    format!("invited {}", address(dump.invitations[&id].email.as_ref()))
                }
            };
            lines.push(format!("seat {} until {:?} of {holder}", seat.tier, seat.term.ends));
        }
        for invitation in dump.invitations_of(id) {
            let state = match &invitation.state {
                InvitationState::Accepted { by, .. } => format!("accepted by {}", name(by)),
                InvitationState::Pending => "pending".to_owned(),
                InvitationState::Revoked { .. } => "revoked".to_owned(),
                InvitationState::Declined { .. } => "declined".to_owned(),
            };
            let mails = dump.mails.values().filter(|mail| mail.invitation == invitation.id).count();
            let (email, role) = (address(invitation.email.as_ref()), &invitation.role);
            lines.push(format!(
                "{email} invited as {role}: {state}, {mails} mails, {} told",
                invitation.deliveries.len()
            ));
        }
        for slot in dump.slots.values().filter(|slot| slot.workspace == id) {
            let whose = NAMES.into_iter().find(|name| {
                EmailAddress::try_from(of_scene(name, scene).email).map(|email| email.key())
                    == Ok(slot.email.clone())
            });
            let member = slot.member.as_ref().map(name);
            lines
                .push(format!("address of {whose:?}: pending {}, member {member:?}", slot.pending.is_some()));
        }
        for request in dump.leaves.values().filter(|request| request.workspace == id) {
            let state = match &request.state {
                LeaveState::Pending => "pending".to_owned(),
                LeaveState::Approved { by, .. } => format!("approved by {}", name(by)),
                LeaveState::Denied { by, .. } => format!("denied by {}", name(by)),
                LeaveState::Withdrawn { .. } => "withdrawn".to_owned(),
            };
            lines.push(format!("{} asked to leave: {state}", name(&request.id.user)));
        }
        for purchase in dump.purchases.iter().filter(|purchase| purchase.workspace == id) {
            lines.push(format!("{} bought {} {}", name(&purchase.by), purchase.quantity, purchase.tier));
        }
        for (_, user) in dump.joined.keys().filter(|(workspace, _)| *workspace == id) {
            lines.push(format!("{} is in", name(user)));
        }
    }
    for user in dump.users.values().filter(|user| names.contains_key(&user.id)) {
        let first_name = user.first_name.as_ref().map(ToString::to_string);
        lines.push(format!("account of {} {first_name:?}", name(&user.id)));
    }
    for receipt in dump.receipts.iter().filter(|receipt| names.contains_key(&receipt.user)) {
        lines.push(format!(
            "receipt of {} for {}: {}",
            name(&receipt.user),
            receipt.operation,
            receipt.status
        ));
    }
    // Their order is that of random ids.
    lines.sort();
    lines.join("\n")
}

/// What the request that meets the fault is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// As if nothing had happened.
    Done,
    /// 503: nobody knows whether it was done.
    Busy,
    /// One or the other: it is a matter of time.
    Either,
}

/// What goes wrong at each call of an action.
fn faults(action: &str) -> Vec<(Fault, Tries, Told)> {
    let broken = Fault::Refuse(500, "InternalServerError");
    let throttled = Fault::Refuse(400, "ThrottlingException");
    let mut faults = vec![
        (broken.clone(), Tries::First, Told::Done),
        (broken, Tries::All, Told::Busy),
        (throttled.clone(), Tries::First, Told::Done),
        (throttled, Tries::All, Told::Busy),
        (Fault::Stall, Tries::First, Told::Either),
    ];
    match action {
        "BatchGetItem" => faults.push((Fault::LeaveKeys, Tries::First, Told::Done)),
        "Query" => {}
        "TransactWriteItems" => faults.extend([
            (Fault::LoseReply, Tries::First, Told::Done),
            (Fault::LoseReply, Tries::All, Told::Busy),
            (Fault::Stall, Tries::All, Told::Either),
            (Fault::Cancel(&["None", "TransactionConflict"]), Tries::First, Told::Done),
            (Fault::Cancel(&["ThrottlingError", "None"]), Tries::First, Told::Busy),
        ]),
        other => panic!("no request calls {other}"),
    }
    faults
}

/// The same client, which waits for no answer longer than this.
fn impatient(client: &Client) -> Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(400)).build();
    Client::from_conf(client.config().to_builder().timeout_config(timeouts).build())
}

/// One act, done once without a fault, to compare with.
struct Rehearsal {
    ground: Deployment,
    direct: Process,
    proxy: Proxy,
    /// Through the proxy.
    faulty: Process,
    /// The same, and does not wait long.
    impatient: Process,
    reply: Reply,
    summary: String,
    /// The calls that it takes.
    actions: Vec<String>,
}

impl Rehearsal {
    async fn of(entry: &Entry) -> Self {
        let name = entry.name();
        let ground = Deployment::under(entry.product.pack, &[]).await;
        let direct = ground.process();
        let proxy = Proxy::before(&ground.engine).await;
        let (faulty, impatient) =
            (ground.process_behind(&proxy), ground.process_with(impatient(&proxy.client())));
        faulty.service.warm_up(true).await;
        impatient.service.warm_up(true).await;
        let act = Act::prepare(entry, 0, &direct).await;
        // Forgets the calls so far.
        proxy.spoil_some("none", 0..0, Fault::LoseReply, Tries::First);
        let reply = act.send(&faulty).await;
        assert!(reply.status.is_success(), "{name}: {}", reply.text);
        let actions = proxy.actions();
        background::delete_workspaces(&direct.service).await;
        let summary = summary(&ground.audit().await, 0);
        Self { ground, direct, proxy, faulty, impatient, reply, summary, actions }
    }

    /// The request has been repeated after whatever happened: it is as if it had been sent once.
    async fn assert_the_same(&self, name: &str, act: &Act, scene: usize, what: &str) {
        // What a deleted workspace leaves behind goes on a schedule.
        background::delete_workspaces(&self.direct.service).await;
        let dump = self.ground.audit().await;
        assert_eq!(summary(&dump, scene), self.summary, "{name} after {what}");
        if act.done_before.is_none() {
            let again = act.send(&self.direct).await;
            assert_eq!(again.status, self.reply.status, "{name} after {what}: {}", again.text);
        }
    }

    /// The answer to the repetition is the one that was, or would have been, given at first.
    fn assert_answer(&self, name: &str, act: &Act, answer: &Reply, was_done: bool, what: &str) {
        let told = (answer.status.as_u16(), answer.code());
        let done = (self.reply.status.as_u16(), "");
        let expected: &[_] = match act.done_before {
            Some(before) if was_done => &[before],
            Some(before) => &[before, done],
            None => &[done],
        };
        assert!(expected.contains(&told), "{name} after {what}: {}", answer.text);
    }
}

async fn survives_every_fault(entry: Entry) {
    let (name, rehearsal) = (&entry.name(), Rehearsal::of(&entry).await);
    assert_eq!(rehearsal.actions.last().map(String::as_str), Some("TransactWriteItems"), "{name} writes");
    let kinds: BTreeSet<&String> = rehearsal.actions.iter().collect();
    let mut scene = 0;
    for action in kinds {
        for nth in 0..rehearsal.actions.iter().filter(|other| *other == action).count() {
            for (fault, tries, told) in faults(action) {
                scene += 1;
                let what = format!("{fault:?} at {tries:?} of {action} {nth}");
                let act = Act::prepare(&entry, scene, &rehearsal.direct).await;
                let direct =
                    if matches!(fault, Fault::Stall) { &rehearsal.impatient } else { &rehearsal.faulty };
                rehearsal.proxy.spoil_some(action, nth..nth + 1, fault, tries);
                let first = act.send(direct).await;
                rehearsal.proxy.calm();
                let is_busy = (first.status.as_u16(), first.code()) == (503, "conflict_busy");
                let is_done = first.status == rehearsal.reply.status;
                match told {
                    Told::Done => assert!(is_done, "{name}, {what}: {}", first.text),
                    Told::Busy => assert!(is_busy, "{name}, {what}: {}", first.text),
                    Told::Either => assert!(is_done || is_busy, "{name}, {what}: {}", first.text),
                }
                assert!(!is_busy || first.headers.contains_key("retry-after"));
                // The repetition comes to the same process or to another one.
                let other = if scene.is_multiple_of(2) { &rehearsal.direct } else { &rehearsal.faulty };
                let second = act.send(other).await;
                rehearsal.assert_answer(name, &act, &second, is_done, &what);
                if is_done && act.done_before.is_none() {
                    assert_eq!(second.json, first.json, "{name} after {what}");
                }
                rehearsal.assert_the_same(name, &act, scene, &what).await;
            }
        }
    }
}

/// A process that dies at the commit: its write gets through before the client asks again, or
/// after that, or not at all.
async fn survives_every_death(entry: Entry) {
    let (name, rehearsal) = (&entry.name(), Rehearsal::of(&entry).await);
    for (scene, what) in [(1, "a write in time"), (2, "a late write"), (3, "a write that is lost")] {
        let act = Act::prepare(&entry, scene, &rehearsal.direct).await;
        let gate = rehearsal.proxy.hold("TransactWriteItems");
        let dying = {
            let (faulty, request) = (rehearsal.faulty.clone(), act.request.clone());
            tokio::spawn(async move { request.send(&faulty, Some("the-key")).await })
        };
        gate.reached().await;
        dying.abort();
        assert!(dying.await.is_err_and(|error| error.is_cancelled()));
        let get_through = async || {
            gate.open();
            gate.through().await;
        };
        if scene == 1 {
            get_through().await;
        }
        let second = act.send(&rehearsal.direct).await;
        rehearsal.assert_answer(name, &act, &second, scene == 1, what);
        if scene == 2 {
            get_through().await;
        }
        rehearsal.assert_the_same(name, &act, scene, what).await;
    }
}

/// Runs the test with every act, some at a time.
async fn all_acts<F: Future<Output = ()> + Send + 'static>(test: impl Fn(Entry) -> F) {
    let running = acts().into_iter().map(|entry| {
        let (name, running) = (entry.name(), test(entry));
        async move { tokio::spawn(running).await.unwrap_or_else(|error| panic!("{name}: {error}")) }
    });
    futures::stream::iter(running).buffer_unordered(AT_A_TIME).for_each(async |()| ()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k11_whichever_call_fails_a_repetition_ends_where_it_should() {
    all_acts(survives_every_fault).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k11_a_process_that_dies_at_the_commit_leaves_nothing_half_done() {
    all_acts(survives_every_death).await;
}

#[test]
fn k11_every_operation_that_writes_is_put_to_the_test() {
    let written: BTreeSet<&str> = operations::all()
        .iter()
        .map(|row| row.name)
        .filter(|name| !name.starts_with("get-") && !name.starts_with("list-"))
        .filter(|name| !["authorize", "export-members", "preview-invitation"].contains(name))
        .collect();
    let tested: BTreeSet<&str> = acts().iter().map(|entry| entry.row.name).collect();
    assert_eq!(written, tested);
}

// Policies that cannot be loaded.

/// A workspace with one of everything in it, and somebody of each role.
struct Office {
    scene: Scene<Process>,
    workspace: String,
    owner: Person,
    others: [Person; 2],
    stranger: Person,
}

impl Office {
    async fn new(process: &Process, tag: &str) -> Self {
        let product = Product::of(packs::DEFAULT);
        let mut scene = Scene::new(process.clone(), product, tag);
        scene.run_all(&one_of_everything(product)).await;
        let (owner, member) = (scene.person("olga").await, scene.person("mia").await);
        let workspace = scene.workspace();
        let admin = process.member(&owner, &workspace, &format!("ada-{tag}"), "admin").await;
        process.buy(&owner, &workspace, "pro", 2).await;
        for (name, value) in [("role", "admin"), ("email", "new@acme.example")] {
            scene.set(name, value);
        }
        Self { scene, workspace, owner, others: [admin, member], stranger: somebody("sam") }
    }

    /// Sends every operation as this person; the operations that were let through to the rules.
    async fn try_all(&self, process: &Process, who: &Person) -> BTreeSet<&'static str> {
        let mut allowed = BTreeSet::new();
        for row in operations::all() {
            let call = Call::to(row);
            let body = serde_json::from_str(&self.scene.fill(&call.body.to_string())).expect("JSON");
            let reply = process.ask(who, row, &self.scene.fill(&call.path), body).await;
            assert!(reply.status.as_u16() < 500, "{} of {}: {}", row.name, who.email, reply.text);
            match (reply.status.as_u16(), reply.code()) {
                (403, "forbidden") | (404, "not_found") => {}
                // A picture is open to everybody who has its address, policies or not.
                _ if row.public => {}
                _ => {
                    allowed.insert(row.name);
                }
            }
        }
        allowed
    }
}

/// What the floor leaves to everybody who is signed in.
const SIGNING_IN: [&str; 3] = ["enter", "get-me", "list-workspaces"];
/// And to who governs a workspace.
const RECOVERY: [&str; 9] = [
    "authorize",
    "change-role",
    "get-workspace",
    "invite",
    "list-invitations",
    "list-members",
    "list-permissions",
    "resend-invitation",
    "revoke-invitation",
];

/// Ways in which the active version is not there to be used.
#[derive(Clone, Copy, Debug)]
enum Spoilt {
    Missing,
    /// The files are not those that the version was made of.
    Tampered,
    /// The item is none that the store reads.
    Unreadable,
    /// It is what it says, and no policy.
    Nonsense,
    /// It is what it says, and more than may be published.
    Oversized,
    /// Who published it has another key than those that are trusted.
    Forged,
    /// It is signed for another version.
    Borrowed,
}

/// Makes a version active that cannot be used.
async fn spoil(ground: &Deployment, how: Spoilt) {
    let files = match how {
        Spoilt::Nonsense => {
            packs::edited(packs::DEFAULT, &[("roles.cedar", "permit (", "permit nonsense (")])
        }
        Spoilt::Oversized => {
            let mut files = packs::files(packs::DEFAULT);
            files.insert("long.cedar".to_owned(), "// long\n".repeat(40_000));
            files
        }
        _ => packs::commented("// Another version."),
    };
    let published = match how {
        Spoilt::Tampered => PolicyBundle { version: PolicyVersion("0".repeat(64)), ..bundle(files) },
        _ => bundle(files),
    };
    let key = || {
        let pk = format!("POLICY#BUNDLE#{}", published.version.0);
        [("pk", pk), ("sk", "BUNDLE".to_owned())].map(|(name, text)| (name, AttributeValue::S(text)))
    };
    match how {
        Spoilt::Forged => {
            let forger = PolicySigningKey::new(1, &[0xF0; 32]).expect("a key");
            publish_as(&ground.store(), &published, |target| forger.sign(target, &published.pack)).await;
        }
        Spoilt::Borrowed => {
            let sign = |target: PolicyTarget| {
                let other = PolicyTarget { version: PolicyVersion("0".repeat(64)), ..target.clone() };
                PolicyTarget { signature: publisher().sign(other, &published.pack).signature, ..target }
            };
            publish_as(&ground.store(), &published, sign).await;
        }
        _ => publish(&ground.store(), &published).await,
    }
    let client = ground.engine.client();
    let [(pk, partition), (sk, sort)] = key();
    match how {
        Spoilt::Missing => {
            let delete = client.delete_item().table_name(ground.table()).key(pk, partition).key(sk, sort);
            delete.send().await.expect("deleted");
        }
        Spoilt::Unreadable => {
            let update = client.update_item().table_name(ground.table()).key(pk, partition).key(sk, sort);
            let update = update.update_expression("REMOVE files");
            update.send().await.expect("spoilt");
        }
        Spoilt::Tampered | Spoilt::Nonsense | Spoilt::Oversized | Spoilt::Forged | Spoilt::Borrowed => {}
    }
}

#[tokio::test]
async fn k32_without_usable_policies_only_the_floor_holds_until_there_are_some() {
    let ground = Deployment::new().await;
    let good = bundle(seatwise_policy::packs::files("purchased-seats").expect("built in"));
    let all = [
        Spoilt::Missing,
        Spoilt::Tampered,
        Spoilt::Unreadable,
        Spoilt::Nonsense,
        Spoilt::Oversized,
        Spoilt::Forged,
        Spoilt::Borrowed,
    ];
    for (number, how) in all.into_iter().enumerate() {
        // One that knows the version before, and one that starts only now.
        let knows = ground.process();
        let office = Office::new(&knows, &number.to_string()).await;
        spoil(&ground, how).await;
        let starts = ground.process();
        starts.service.warm_up(true).await;
        for direct in [&knows, &starts] {
            let governing = office.try_all(direct, &office.owner).await;
            let floor: BTreeSet<_> = SIGNING_IN.into_iter().chain(RECOVERY).collect();
            assert_eq!(governing, floor, "{how:?}");
            for other in office.others.iter().chain([&office.stranger]) {
                assert_eq!(office.try_all(direct, other).await, BTreeSet::from(SIGNING_IN), "{how:?}");
            }
            // Nobody is demoted by who only recovers.
            let admin = &office.others[0];
            direct
                .change_role(&office.owner, &office.workspace, admin, "member")
                .await
                .expect_problem(403, "forbidden");
        }
        publish(&ground.store(), &good).await;
        for direct in [&knows, &starts] {
            direct.buy(&office.owner, &office.workspace, "pro", 1).await;
            let may = direct.get(&office.others[0], &format!("{}/members", office.workspace)).await;
            may.expect(200);
        }
        ground.audit().await;
    }
}

#[tokio::test]
async fn k11_policies_that_could_not_be_read_are_read_again() {
    let ground = Deployment::new().await;
    let proxy = Proxy::before(&ground.engine).await;
    let direct = ground.process_behind(&proxy);
    let owner = somebody("olga");
    let workspace = direct.workspace(&owner).await;
    let edit = |number: u32| {
        let comment = format!("// Version {number}.");
        bundle(packs::commented(&comment))
    };
    let buy = async || direct.post(&owner, &format!("{workspace}/seats"), json!({ "quantity": 1 })).await;

    // The first call reads the request's own records and the pointer, the second the bundle. Once is
    // mended by trying again.
    publish(&ground.store(), &edit(1)).await;
    proxy.spoil_some("BatchGetItem", 1..2, Fault::Refuse(500, "InternalServerError"), Tries::All);
    buy().await.expect(201);
    assert_eq!(proxy.actions().iter().filter(|action| *action == "BatchGetItem").count(), 4);

    // Twice is not, and the version before does not decide: the client is to come again.
    publish(&ground.store(), &edit(2)).await;
    proxy.calm();
    proxy.spoil_some("BatchGetItem", 1..3, Fault::Refuse(400, "ThrottlingException"), Tries::All);
    buy().await.expect_problem(503, "conflict_busy");
    assert!(proxy.actions().len() <= 5, "{:?}", proxy.actions());
    proxy.calm();
    buy().await.expect(201);
    ground.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k12_many_requests_on_the_floor_cost_a_few_calls_each() {
    let ground = Deployment::new().await;
    let proxy = Proxy::before(&ground.engine).await;
    let direct = ground.process_behind(&proxy);
    let office = Office::new(&direct, "").await;
    spoil(&ground, Spoilt::Missing).await;
    direct.get(&office.owner, &office.workspace).await.expect(200);
    let before = proxy.calls("BatchGetItem");
    let asking = (0..50).map(|number| {
        let (direct, owner, path) = (direct.clone(), office.owner.clone(), office.workspace.clone());
        tokio::spawn(async move {
            if number % 2 == 0 {
                direct.get(&owner, &path).await.expect(200);
            } else {
                let reply = direct.post(&owner, &format!("{path}/seats"), json!({ "quantity": 1 })).await;
                reply.expect_problem(403, "forbidden");
            }
        })
    });
    for asked in join_all(asking).await {
        asked.expect("no panic");
    }
    // Its own records, the pointer, and the bundle twice.
    assert!(proxy.calls("BatchGetItem") - before <= 4 * 50, "{}", proxy.calls("BatchGetItem") - before);
}
