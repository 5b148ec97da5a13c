//! The sealing of logs, and their verification on a table that somebody has changed.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use jiff::SignedDuration;
use seatwise_cli::infra;
use seatwise_domain::{
    Change, EventDigest, EventId, EventLog, LogEvent, Record, RecordKey, UnsealedLog, WorkspaceId,
};
use seatwise_functions::{Keyring, Keys, ServiceParts, background};
use seatwise_seal::{Expectation, ExpectedDigest, LogReport, SealFault, SealingKey};
use seatwise_store::{Direction, EventBounds, List, PageRequest};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::proxy::{Fault, Proxy};
use crate::support::sealing::{SEAL_SEED, note_events, record_of_keys, seal_keys, seal_logs};
use crate::support::secrets::Secrets;
use crate::support::stream::delete_workspaces;

type Item = HashMap<String, AttributeValue>;

/// A workspace with some events.
struct Office {
    deployment: Deployment,
    process: Process,
    olga: Person,
    path: String,
    log: EventLog,
}

impl Office {
    async fn new() -> Self {
        let deployment = Deployment::new().await;
        let process = deployment.process();
        let olga = somebody("olga");
        let path = process.workspace(&olga).await;
        process.buy(&olga, &path, "pro", 2).await;
        process.invite(&olga, &path, "tea", "member").await;
        let log = EventLog::Workspace(id_of(&path));
        Self { deployment, process, olga, path, log }
    }

    /// The same, with two digests, and events of each in between.
    async fn sealed() -> Self {
        let office = Self::new().await;
        office.pass_minutes(16);
        assert!(office.deployment.seal().await > 0);
        office.pass_minutes(60);
        office.rename("Second").await;
        office.rename("Third").await;
        office.pass_minutes(16);
        assert_eq!(office.deployment.seal().await, 1);
        let report = office.verify().await;
        assert_eq!((report.digests, report.unsealed, report.faults), (2, 0, vec![]));
        office
    }

    fn pass_minutes(&self, minutes: i64) {
        self.deployment.clock.advance(SignedDuration::from_mins(minutes));
    }

    async fn rename(&self, name: &str) {
        self.process.call(&self.olga, "PATCH", &self.path, json!({ "name": name })).await.expect(200);
    }

    async fn verify(&self) -> LogReport {
        self.deployment.verify(self.log).await
    }

    fn partition(&self) -> String {
        format!("W#{}", id_of(&self.path))
    }

    async fn events(&self) -> Vec<Item> {
        self.deployment.items_of(&self.partition(), "EVENT#").await
    }

    async fn digests(&self) -> Vec<Item> {
        self.deployment.items_of(&self.partition(), "DIGEST#").await
    }

    /// The marks in the table.
    async fn marks(&self) -> usize {
        let dump = self.deployment.dump().await;
        dump.items.keys().filter(|(pk, _)| pk.starts_with("UNSEALED#")).count()
    }

    /// Puts this item into the table, verifies, and puts the old item back.
    async fn faults_with(&self, old: &Item, new: &Item) -> Vec<SealFault> {
        self.deployment.put_item(new).await;
        let faults = self.verify().await.faults;
        if (&old["pk"], &old["sk"]) != (&new["pk"], &new["sk"]) {
            self.deployment.delete_item(new).await;
        }
        self.deployment.put_item(old).await;
        faults
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn id_in(item: &Item) -> EventId {
    item["sk"].as_s().expect("a text").trim_start_matches("EVENT#").parse().expect("an id")
}

/// Every value that differs from this one in one place: a text, a number, a truth value, a member of a map or a value of
/// a list that is changed, missing or new.
fn variations(value: &AttributeValue) -> Vec<AttributeValue> {
    match value {
        AttributeValue::S(text) => vec![AttributeValue::S(format!("{text}.")), AttributeValue::Null(true)],
        AttributeValue::N(number) => {
            let number: i64 = number.parse().expect("a whole number");
            vec![AttributeValue::N((number + 1).to_string()), AttributeValue::S(number.to_string())]
        }
        AttributeValue::Bool(is) => vec![AttributeValue::Bool(!is)],
        AttributeValue::M(members) => {
            let mut all = vec![AttributeValue::M(with(members, "unknown", Some(text("new"))))];
            for (name, value) in members {
                all.push(AttributeValue::M(with(members, name, None)));
                all.extend(
                    variations(value)
                        .into_iter()
                        .map(|new| AttributeValue::M(with(members, name, Some(new)))),
                );
            }
            all
        }
        AttributeValue::L(values) => {
            let mut all = vec![AttributeValue::L([&values[..], &[text("new")]].concat())];
            for (index, value) in values.iter().enumerate() {
                let put = |new: Option<AttributeValue>| {
                    let mut values = values.clone();
                    values.splice(index..=index, new);
                    AttributeValue::L(values)
                };
                all.push(put(None));
                all.extend(variations(value).into_iter().map(|new| put(Some(new))));
            }
            all
        }
        other => panic!("an event has no such attribute: {other:?}"),
    }
}

fn with(item: &Item, name: &str, value: Option<AttributeValue>) -> Item {
    let mut item = item.clone();
    item.remove(name);
    item.extend(value.map(|value| (name.to_owned(), value)));
    item
}

/// K69: whatever is changed in any attribute of any sealed event is found, and nothing else is reported.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k69_a_change_of_any_attribute_of_an_event_is_found() {
    let office = Office::sealed().await;
    let mut tried = 0;
    for item in office.events().await {
        let mut variants = Vec::new();
        for (name, value) in item.iter().filter(|(name, _)| !["pk", "sk"].contains(&name.as_str())) {
            variants.push(with(&item, name, None));
            variants.extend(variations(value).into_iter().map(|new| with(&item, name, Some(new))));
        }
        // Attributes that no release knows, of every type.
        for value in [
            text("new"),
            AttributeValue::N("1".to_owned()),
            AttributeValue::Bool(true),
            AttributeValue::Null(true),
            AttributeValue::B(Blob::new(b"new")),
            AttributeValue::Ss(vec!["new".to_owned()]),
            AttributeValue::Ns(vec!["1".to_owned()]),
            AttributeValue::Bs(vec![Blob::new(b"new")]),
            AttributeValue::L(Vec::new()),
            AttributeValue::M(Item::new()),
        ] {
            variants.push(with(&item, "unknown", Some(value)));
        }
        for new in variants {
            let faults = office.faults_with(&item, &new).await;
            let is_found =
                matches!(&faults[..], [SealFault::Changed { event, .. }] if *event == id_in(&item));
            assert!(is_found, "{faults:?}: {new:?}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
    assert_eq!(office.verify().await.faults, []);
}

/// K69: an event that is removed, added, copied to another place or exchanged with another is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k69_a_removed_or_added_event_is_found() {
    let office = Office::sealed().await;
    let events = office.events().await;
    for (index, item) in events.iter().enumerate() {
        let event = id_in(item);
        office.deployment.delete_item(item).await;
        let faults = office.verify().await.faults;
        assert!(
            matches!(&faults[..], [SealFault::Removed { event: found, .. }] if *found == event),
            "{faults:?}"
        );
        office.deployment.put_item(item).await;
        // A copy just after the event, and long before it; with the record's own id, or with the old one.
        for id in [event.next(), EventId(Uuid::from_u128(event.0.as_u128() - (1_u128 << 100)))] {
            let moved = with(item, "sk", Some(text(&format!("EVENT#{id}"))));
            for copy in [with(&moved, "id", Some(text(&id.to_string()))), moved] {
                assert_eq!(office.faults_with(item, &copy).await, [SealFault::Added(id)]);
            }
        }
        // A key that is none is found, too, wherever it sorts.
        for key in
            ["EVENT#", "EVENT#x", "EVENT#\u{10FFFF}", &format!("EVENT#{}", event.to_string().to_uppercase())]
        {
            let odd = with(item, "sk", Some(text(key)));
            assert_eq!(office.faults_with(item, &odd).await, [SealFault::Misnamed(key.to_owned())]);
        }
        // The contents of two events are exchanged.
        let other = &events[(index + 1) % events.len()];
        let exchanged = with(other, "sk", Some(item["sk"].clone()));
        let faults = office.faults_with(item, &exchanged).await;
        assert!(
            matches!(&faults[..], [SealFault::Changed { event: found, .. }] if *found == event),
            "{faults:?}"
        );
    }
    assert_eq!(office.verify().await.faults, []);
}

/// K69: a digest that is changed, removed or replaced is found, whatever of it is changed.
#[tokio::test]
async fn k69_a_change_of_a_digest_is_found() {
    let office = Office::sealed().await;
    let digests = office.digests().await;
    assert_eq!(digests.len(), 2);
    for item in &digests {
        for (name, value) in item {
            // The key is the place; the version and the time of deletion are of the table.
            if ["pk", "sk", "v", "ttl"].contains(&name.as_str()) {
                continue;
            }
            let variants = match value {
                AttributeValue::B(bytes) => {
                    let mut changed = bytes.as_ref().to_vec();
                    changed[20] ^= 1;
                    let shorter = changed[..changed.len() - 56].to_vec();
                    vec![AttributeValue::B(Blob::new(changed)), AttributeValue::B(Blob::new(shorter))]
                }
                value => variations(value),
            };
            let unknown =
                |value: &AttributeValue| matches!(value, AttributeValue::M(it) if it.contains_key("unknown"));
            for new in variants.into_iter().filter(|new| !unknown(new)) {
                let changed = with(item, name, Some(new));
                let faults = office.faults_with(item, &changed).await;
                assert!(!faults.is_empty(), "{changed:?}");
            }
        }
    }
    office.deployment.delete_item(&digests[0]).await;
    assert_eq!(office.verify().await.faults, [SealFault::DigestsMissing { first: 1, last: 1 }]);
    office.deployment.put_item(&digests[0]).await;
    assert_eq!(office.verify().await.faults, []);
    // The newest digest is missed only by those who know it.
    let last = office.verify().await.last.expect("a digest");
    let expect = async |expected: &ExpectedDigest| {
        let report = office.deployment.verify_against(office.log, Some(expected)).await;
        (report.expectation, report.faults)
    };
    assert_eq!(expect(&last).await, (Some(Expectation::Met), Vec::new()));
    office.deployment.delete_item(&digests[1]).await;
    let report = office.verify().await;
    assert_eq!((report.faults, report.unsealed), (Vec::new(), 2));
    assert_eq!(expect(&last).await, (Some(Expectation::Broken), vec![SealFault::NotTheExpected(2)]));
}

/// A digest that somebody signs with a key of their own is found.
#[tokio::test]
async fn k69_a_forged_digest_is_found() {
    let office = Office::sealed().await;
    let store = office.deployment.store();
    let genuine = store.get(EventDigest::key(office.log, 2)).await.expect("read").expect("a digest");
    let report = office.verify().await;
    let event = genuine.value.events.0[0].id;
    // The event is deleted, and the digest does not know it any more.
    let mut forged = genuine.value.clone();
    forged.events.0.remove(0);
    let item = office.events().await.into_iter().find(|item| id_in(item) == event).expect("the event");
    office.deployment.delete_item(&item).await;
    assert_eq!(office.verify().await.faults, [SealFault::Removed { event, digest: 2 }]);
    for (id, fault) in [(1, SealFault::BadSignature(2)), (7, SealFault::UnknownKey { digest: 2, key: 7 })] {
        let signed = SealingKey::new(id, &[0x66; 32]).expect("a key").sign(forged.clone());
        let replace = Change::Replace(Record::EventDigest(signed), None);
        store.commit_without_events(&[replace]).await.expect("forged");
        assert_eq!(office.verify().await.faults, [fault]);
    }
    // The true key would do: that is why only the sealing function can read it.
    let signed = SealingKey::new(1, &SEAL_SEED).expect("a key").sign(forged);
    let replace = Change::Replace(Record::EventDigest(signed), None);
    store.commit_without_events(&[replace]).await.expect("forged");
    assert_eq!(office.verify().await.faults, []);
    let broken = office.deployment.verify_against(office.log, report.last.as_ref()).await;
    assert_eq!(broken.faults, [SealFault::NotTheExpected(2)]);
}

#[tokio::test]
async fn k69_no_event_is_sealed_before_it_is_complete() {
    let office = Office::new().await;
    office.pass_minutes(14);
    assert_eq!(office.deployment.seal().await, 0);
    let report = office.verify().await;
    assert_eq!((report.digests, report.unchanged), (0, 0));
    assert!(report.unsealed > 0 && report.oldest_unsealed.is_some());
    assert!(office.marks().await > 0, "the log is still to be sealed");
    office.pass_minutes(2);
    office.rename("Young").await;
    assert!(seal_logs(&office.process).await > 0);
    let report = office.verify().await;
    assert_eq!((report.digests, report.unsealed, report.faults), (1, 1, vec![]));
    assert!(office.marks().await > 0, "the youngest event is still to be sealed");
    office.pass_minutes(16);
    seal_logs(&office.process).await;
    assert_eq!(office.verify().await.unsealed, 0);
    assert_eq!(office.marks().await, 0);
    // Nothing is left to do, also if an event is noted twice.
    assert_eq!(office.deployment.seal().await, 0);
    assert_eq!(office.marks().await, 0);
}

/// No function of Seatwise lives as long as an event waits for its sealing.
#[test]
fn k69_no_function_lives_longer_than_events_wait() {
    let longest = infra::template::functions().into_iter().map(|function| function.timeout_seconds).max();
    let longest = SignedDuration::from_secs(longest.expect("functions").into());
    // A clock may be wrong by five minutes: AWS refuses requests of other clocks.
    assert!(longest + SignedDuration::from_mins(5) < EventDigest::SEALS_AFTER, "{longest}");
}

/// An event that is noted while its log is sealed is not forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k69_an_event_that_is_noted_meanwhile_is_sealed_later() {
    let office = Office::new().await;
    office.pass_minutes(16);
    office.deployment.seal().await;
    office.rename("Before").await;
    let note = async || {
        let events = office.events().await;
        let sk = events.last().expect("an event")["sk"].as_s().expect("a text");
        let answer = note_events(&office.process, &[record_of_keys(&office.partition(), sk, 0)]).await;
        assert_eq!(answer["batchItemFailures"], json!([]));
    };
    note().await;
    office.pass_minutes(16);
    // The run has found that nothing is left, and is about to delete the mark.
    let proxy = Proxy::before(&office.deployment.engine).await;
    let slow = office.deployment.process_behind(&proxy);
    let digest = proxy.hold("TransactWriteItems");
    let running = tokio::spawn(async move { seal_logs(&slow).await });
    digest.reached().await;
    let deletion = proxy.hold("TransactWriteItems");
    digest.open();
    deletion.reached().await;
    office.rename("Meanwhile").await;
    note().await;
    deletion.open();
    assert_eq!(running.await.expect("no panic"), 1);
    assert_eq!(office.marks().await, 1, "the mark of the new event stays");
    office.pass_minutes(16);
    assert_eq!(seal_logs(&office.process).await, 1);
    let report = office.verify().await;
    assert_eq!((report.digests, report.unsealed, report.faults), (3, 0, vec![]));
    assert_eq!(office.marks().await, 0);
}

/// Runs that seal at the same time make one chain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k69_runs_at_the_same_time_make_one_chain() {
    let deployment = Deployment::new().await;
    let log = EventLog::Platform;
    let most = EventDigest::MOST_EVENTS as u128;
    write_events(&deployment, log, 3 * most + 7).await;
    deployment.clock.advance(SignedDuration::from_mins(16));
    let processes: Vec<Process> = (0..8).map(|_| deployment.process()).collect();
    let records = deployment.event_records().await;
    assert_eq!(note_events(&processes[0], &records).await["batchItemFailures"], json!([]));
    let digests: usize = join_all(processes.iter().map(seal_logs)).await.into_iter().sum();
    assert_eq!(digests, 4);
    let report = deployment.verify(log).await;
    assert_eq!((report.digests, report.unchanged as u128, report.faults), (4, 3 * most + 7, vec![]));
}

/// Writes so many events into a log, past the rules.
async fn write_events(deployment: &Deployment, log: EventLog, count: u128) {
    let process = deployment.process();
    let olga = somebody("olga");
    let workspace = process.workspace(&olga).await;
    process.call(&olga, "DELETE", &workspace, Value::Null).await;
    let dump = deployment.dump().await;
    let model: &LogEvent = dump.events.first().expect("an event");
    let first = EventId::first_at(deployment.clock.now()).0.as_u128();
    let events: Vec<Change> = (0..count)
        .map(|number| LogEvent { log, id: EventId(Uuid::from_u128(first + number)), ..model.clone() })
        .map(|event| Change::Create(Record::LogEvent(event)))
        .collect();
    let store = deployment.store();
    for event in dump.events.iter().filter(|event| event.log == log) {
        let delete = Change::DeleteUnconditionally(RecordKey::LogEvent(log, event.id));
        store.commit_without_events(&[delete]).await.expect("deleted");
    }
    for events in events.chunks(100) {
        store.commit_without_events(events).await.expect("written");
    }
}

/// An event may be gone when its time is over, and its digest a while later.
#[tokio::test]
async fn k69_what_has_expired_may_be_gone() {
    let office = Office::sealed().await;
    let events = office.events().await;
    let seconds = |item: &Item| item["ttl"].as_n().expect("a number").parse::<i64>().expect("seconds");
    let now = office.deployment.clock.now();
    let end = events.iter().map(seconds).max().expect("an event");
    let days = (end - now.as_second()) / 86_400;
    assert!((399..=400).contains(&days), "{days}");
    // As DynamoDB does, which takes its time.
    let item = &events[0];
    office.deployment.clock.advance(SignedDuration::from_secs(seconds(item) - now.as_second() - 1));
    office.deployment.delete_item(item).await;
    let faults = office.verify().await.faults;
    assert_eq!(faults, [SealFault::Removed { event: id_in(item), digest: 1 }]);
    office.deployment.clock.advance(SignedDuration::from_secs(1));
    let report = office.verify().await;
    assert_eq!((report.faults, report.expired), (vec![], 1));
    // A digest lies as long again.
    let digests = office.digests().await;
    for digest in &digests {
        let kept = (seconds(digest) - now.as_second()) / 86_400;
        assert!((799..=800).contains(&kept), "{kept}");
    }
    for event in &events[1..] {
        office.deployment.delete_item(event).await;
    }
    let wait = seconds(&digests[0]) - office.deployment.clock.now().as_second();
    office.deployment.clock.advance(SignedDuration::from_secs(wait));
    office.deployment.delete_item(&digests[0]).await;
    let report = office.verify().await;
    assert_eq!((report.faults, report.digests), (vec![], 1));
}

/// The log of a deleted workspace goes, with its digests and its mark.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k69_a_deleted_workspace_leaves_no_digest() {
    let office = Office::sealed().await;
    office.rename("Last").await;
    office.pass_minutes(16);
    let proxy = Proxy::before(&office.deployment.engine).await;
    let slow = office.deployment.process_behind(&proxy);
    let records = office.deployment.event_records().await;
    note_events(&office.process, &records).await;
    // A run is about to write a digest when the workspace is deleted.
    let gate = proxy.hold("TransactWriteItems");
    let running = tokio::spawn(async move { seal_logs(&slow).await });
    gate.reached().await;
    office.process.call(&office.olga, "DELETE", &office.path, Value::Null).await.expect(204);
    while delete_workspaces(&office.process).await > 0 {}
    gate.open();
    running.await.expect("no panic");
    let dump = office.deployment.dump().await;
    let left: Vec<_> = dump.items.keys().filter(|(pk, _)| *pk == office.partition()).collect();
    assert_eq!(left, [] as [&(String, String); 0]);
    // The deletion itself is in the log of the platform, which is sealed like any other.
    office.pass_minutes(16);
    office.deployment.seal().await;
    assert_eq!(office.marks().await, 0);
    let report = office.deployment.verify(EventLog::Platform).await;
    assert_eq!((report.digests, report.unchanged, report.faults), (1, 1, vec![]));
}

/// The stream brings a record again until its log is marked.
#[tokio::test]
async fn k69_a_record_whose_log_is_not_marked_comes_again() {
    let deployment = Deployment::new().await;
    let proxy = Proxy::before(&deployment.engine).await;
    let process = deployment.process_behind(&proxy);
    let id = Uuid::from_u128(7);
    let event = |pk: &str, number| record_of_keys(pk, &format!("EVENT#{id}"), number);
    let (workspace, account) = (format!("W#{id}"), format!("U#{id}"));
    let mut gone = event(&workspace, 9);
    gone["eventName"] = json!("REMOVE");
    let records = [
        event(&workspace, 1),
        event(&workspace, 2),
        event("EVENTS", 3),
        event(&account, 4),
        record_of_keys(&workspace, "WORKSPACE", 5),
        event("X#1", 6),
        gone,
    ];
    let failed = |answer: &Value| -> Vec<String> {
        let failures = answer["batchItemFailures"].as_array().expect("failures");
        failures.iter().map(|it| it["itemIdentifier"].as_str().expect("a number").to_owned()).collect()
    };
    proxy.storm("PutItem", Fault::Refuse(400, "ValidationException"));
    let answer = note_events(&process, &records).await;
    assert_eq!(failed(&answer), ["1", "2", "3", "4", "6"]);
    proxy.calm();
    let answer = note_events(&process, &records).await;
    assert_eq!(failed(&answer), ["6"], "the keys of no log");
    let mut marked = Vec::new();
    for shard in 0..seatwise_domain::UNSEALED_SHARDS {
        let page = PageRequest { limit: 10, after: None };
        let (marks, _) = deployment.store().list(List::unsealed_logs(shard, page)).await.expect("read");
        marked.extend(marks.into_iter().map(|mark| mark.value));
    }
    let of = |log| UnsealedLog { log };
    let all = [
        of(EventLog::Platform),
        of(EventLog::Workspace(WorkspaceId(id))),
        of(EventLog::Account(seatwise_domain::UserId(id))),
    ];
    assert!(marked.len() == 3 && all.iter().all(|mark| marked.contains(mark)), "{marked:?}");
    // Marks of logs without events go.
    assert_eq!(seal_logs(&process).await, 0);
    assert!(!deployment.dump().await.items.keys().any(|(pk, _)| pk.starts_with("UNSEALED#")));
}

/// A log that cannot be sealed keeps its mark, and the others are sealed.
#[tokio::test]
async fn k69_a_log_that_cannot_be_sealed_does_not_hold_up_the_others() {
    let office = Office::sealed().await;
    office.rename("Last").await;
    office.pass_minutes(16);
    let digests = office.digests().await;
    let spoilt = with(&digests[1], "until", Some(text("never")));
    office.deployment.put_item(&spoilt).await;
    let other = office.process.workspace(&somebody("otto")).await;
    office.pass_minutes(16);
    office.deployment.seal().await;
    assert_eq!(office.marks().await, 1);
    let report = office.deployment.verify(EventLog::Workspace(id_of(&other))).await;
    assert_eq!((report.digests, report.unsealed), (1, 0));
    let sk = digests[1]["sk"].as_s().expect("a text").clone();
    assert_eq!(office.verify().await.faults, [SealFault::DigestUnreadable(sk)]);
    office.deployment.put_item(&digests[1]).await;
    seal_logs(&office.process).await;
    assert_eq!(office.marks().await, 0);
    assert_eq!(office.verify().await.faults, []);
}

/// A rotation of the keys leaves the digests of earlier keys valid.
#[tokio::test]
async fn k69_digests_of_earlier_keys_stay_valid() {
    let office = Office::new().await;
    let keyrings = [("seals", Keyring::of(1, SEAL_SEED)), ("public", Keyring::default())];
    let secrets = Secrets::start(keyrings).await;
    let client = secrets.client();
    let trusted = infra::trust_seals(&client, "seals", "public").await.expect("trusted");
    assert_eq!(trusted, "the keys that sign digests are known");
    assert_eq!(secrets.keyring("public").keys()[0].bytes, seal_keys().keys()[0].bytes);
    assert!(
        infra::trust_seals(&client, "seals", "public").await.expect("trusted").ends_with("nothing to do")
    );
    let parts = office.deployment.parts(office.deployment.store());
    let seal_keys = Keys::in_secrets_manager(secrets.client(), "seals".to_owned());
    let sealer = office.deployment.start(ServiceParts { seal_keys, ..parts });
    let mut keys = BTreeMap::<u8, usize>::new();
    for round in 0..3 {
        office.rename(&format!("Round {round}")).await;
        office.pass_minutes(16);
        note_events(&sealer, &office.deployment.event_records().await).await;
        seal_logs(&sealer).await;
        let now = office.deployment.clock.now();
        infra::rotate_seals(&client, "seals", "public", now).await.expect("rotated");
        office.pass_minutes(6);
    }
    let clock = || office.deployment.clock.now();
    let public = secrets.keyring("public");
    let store = office.deployment.store();
    let report = seatwise_cli::audit::verify_log(&store, office.log, &public, None, &clock).await;
    let report = report.expect("read").expect("the log is there");
    assert_eq!((report.digests, report.unsealed, report.faults), (3, 0, vec![]));
    let page = PageRequest { limit: 10, after: None };
    for digest in store.list(List::digests(office.log, Direction::Up, page)).await.expect("read").0 {
        *keys.entry(digest.value.key).or_default() += 1;
    }
    assert_eq!(keys, [(1, 1), (2, 1), (3, 1)].into());
    // Only one key can sign, and all are known.
    assert_eq!((secrets.keyring("seals").keys().len(), public.keys().len()), (1, 4));
    // Another key with a number that is in use is refused.
    secrets.put("seals", &Keyring::of(2, [0x77; 32]).to_text());
    let refused = infra::trust_seals(&client, "seals", "public").await.expect_err("refused");
    assert!(refused.contains("another key with the number 2"), "{refused}");
    assert_eq!(secrets.keyring("public"), public);
}

/// Without its keys, the function seals nothing and forgets nothing.
#[tokio::test]
async fn k69_without_keys_nothing_is_sealed_and_nothing_forgotten() {
    let office = Office::new().await;
    office.pass_minutes(16);
    let parts = office.deployment.parts(office.deployment.store());
    let process =
        office.deployment.start(ServiceParts { seal_keys: Keys::here(Keyring::default()), ..parts });
    note_events(&process, &office.deployment.event_records().await).await;
    let marks = office.marks().await;
    assert_eq!((seal_logs(&process).await, office.marks().await), (0, marks));
    assert!(seal_logs(&office.process).await > 0);
    assert_eq!(office.verify().await.unsealed, 0);
}

/// The sealing writes no event, and lists of events are as they were.
#[tokio::test]
async fn k69_sealing_changes_no_log() {
    let office = Office::new().await;
    office.pass_minutes(16);
    let before = office.deployment.dump().await;
    office.deployment.seal().await;
    let after = office.deployment.dump().await;
    let changed = after.changed_since(&before);
    assert!(!changed.is_empty() && changed.iter().all(|key| key.contains(" DIGEST#")), "{changed:?}");
    let page = PageRequest { limit: 100, after: None };
    let list = List::events(office.log, EventBounds::default(), Direction::Up, page);
    let (events, next) = office.deployment.store().list(list).await.expect("read");
    assert!(next.is_none());
    assert_eq!(events.len(), office.events().await.len());
    assert!(background::find("seal-logs").is_some_and(|function| function.seals_logs));
    office.deployment.audit().await;
}
