//! Events in the table: their items, and the transactions that the store refuses.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_domain::{
    ActorKind, Change, DigestBefore, DigestHash, EventActor, EventContext, EventDigest, EventId, EventLog,
    EventTarget, EventValue, FieldChange, ItemHash, LogEvent, Record, SealedEvent, SealedEvents, UnsealedLog,
};
use seatwise_store::{CommitError, Direction, EventItem, List, Misuse, PageRequest, Store, StoreError};

use super::{USER, WORKSPACE, at, member, stored, uuid};
use crate::support::engine::Engine;

/// An event with nothing optional.
pub(super) fn bare_event() -> LogEvent {
    LogEvent {
        log: EventLog::Workspace(WORKSPACE),
        id: EventId(uuid(60)),
        at: at(1),
        event_type: "member.removed".to_owned(),
        operation: "removeMember".to_owned(),
        actor: EventActor { kind: ActorKind::User, id: USER.to_string(), name: None, email: None },
        targets: Vec::new(),
        context: EventContext::default(),
        expires_at: None,
    }
}

/// Events with all that an event can have.
pub(super) fn full_events() -> impl Iterator<Item = LogEvent> {
    let text = |text: &str| Some(EventValue::Text(text.to_owned()));
    let changes = BTreeMap::from([
        ("role".to_owned(), FieldChange { from: text("member"), to: None }),
        ("amount".to_owned(), FieldChange { from: None, to: Some(EventValue::Number(-5)) }),
        ("cancelled".to_owned(), FieldChange { from: Some(EventValue::Flag(true)), to: None }),
    ]);
    let target = EventTarget {
        kind: "member".to_owned(),
        id: USER.to_string(),
        name: Some("Ada O'Neill".to_owned()),
        changes,
    };
    [EventLog::Workspace(WORKSPACE), EventLog::Account(USER), EventLog::Platform].into_iter().map(
        move |log| LogEvent {
            log,
            actor: EventActor {
                name: Some("Ada O'Neill".to_owned()),
                email: Some("ada@example.com".to_owned()),
                ..bare_event().actor
            },
            targets: vec![target.clone()],
            context: EventContext {
                request_id: Some("r-1".to_owned()),
                ip: Some("192.0.2.1".to_owned()),
                user_agent: Some("curl/8".to_owned()),
                policy_version: Some(7),
                rule: Some("roles.owner".to_owned()),
            },
            expires_at: Some(at(9)),
            ..bare_event()
        },
    )
}

/// A digest with nothing optional, and the mark of a log.
pub(super) fn bare_seals() -> [Record; 2] {
    let digest = EventDigest {
        log: EventLog::Workspace(WORKSPACE),
        number: 1,
        from: EventId::SMALLEST,
        until: EventId(uuid(60)),
        events: SealedEvents::default(),
        before: None,
        sealed_at: at(2),
        expires_at: None,
        key: 1,
        signature: String::new(),
    };
    [digest.into(), UnsealedLog { log: EventLog::Workspace(WORKSPACE) }.into()]
}

/// Digests with all that a digest can have, and the marks of every kind of log.
pub(super) fn full_seals() -> Vec<Record> {
    let event = |number: u64, expires| SealedEvent {
        id: EventId(uuid(number)),
        hash: ItemHash([number.to_le_bytes()[0]; 32]),
        expires,
    };
    let before = DigestBefore { hash: DigestHash("ab".repeat(32)), expires_at: Some(at(8)) };
    let logs = [EventLog::Workspace(WORKSPACE), EventLog::Account(USER), EventLog::Platform];
    let records = logs.into_iter().flat_map(|log| {
        let digest = EventDigest {
            log,
            number: u64::MAX,
            from: EventId(uuid(59)),
            until: EventId(uuid(62)),
            events: SealedEvents(vec![event(60, None), event(61, Some(1_800_000_009))]),
            before: Some(before.clone()),
            sealed_at: at(2),
            expires_at: Some(at(9)),
            key: u8::MAX,
            signature: "cd".repeat(64),
        };
        [Record::from(digest), UnsealedLog { log }.into()]
    });
    records.collect()
}

/// K69: digests are found by their numbers, in their order; what is no digest is named.
#[tokio::test]
async fn k69_digests_are_listed_by_number() {
    let engine = Engine::memory().await;
    let (store, table) = engine.table().await;
    let [Record::EventDigest(digest), _] = bare_seals() else { panic!("a digest") };
    let log = digest.log;
    let numbers = [1, 2, 9, 10, 11, 100];
    let digests = numbers.map(|number| EventDigest { number, ..digest.clone() });
    for digest in digests.clone() {
        let create = [Change::Create(Record::EventDigest(digest))];
        store.commit(&create).await.expect("without an event");
        // There is one digest of each number.
        assert!(matches!(store.commit(&create).await, Err(CommitError::Conflict)));
    }
    let newest = PageRequest { limit: 1, after: None };
    let (last, _) = store.list(List::digests(log, Direction::Down, newest)).await.expect("read");
    assert_eq!(last[0].value.number, 100);
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let (items, next) = store.digest_items(log, PageRequest { limit: 2, after }).await.expect("read");
        found.extend(items.into_iter().map(|item| item.digest.expect("a digest")));
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, digests);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = engine.client().put_item().table_name(&table).item("pk", text(&format!("W#{WORKSPACE}")));
    put.item("sk", text("DIGEST#x")).send().await.expect("written");
    let (items, _) = store.digest_items(log, PageRequest { limit: 10, after: None }).await.expect("read");
    let odd = items.last().expect("an item");
    assert_eq!((odd.sort_key.as_str(), &odd.digest), ("DIGEST#x", &None));
}

/// K69: the items of events are read from an event on, page by page. The hash covers the whole item.
#[tokio::test]
async fn k69_items_of_events_are_read_from_an_event_on() {
    let engine = Engine::memory().await;
    let (store, table) = engine.table().await;
    let log = EventLog::Platform;
    let event =
        |number: u64| LogEvent { log, id: EventId(uuid(number)), expires_at: Some(at(1)), ..bare_event() };
    let events: Vec<Change> =
        (60..70).map(|number| Change::Create(Record::LogEvent(event(number)))).collect();
    store.commit_without_events(&events).await.expect("written");
    let page = |limit, after| PageRequest { limit, after };
    let (whole, next) = store.event_items(log, EventId::SMALLEST, page(100, None)).await.expect("read");
    assert!(next.is_none());
    let of = |item: &EventItem| item.event.expect("an event");
    assert_eq!(
        whole.iter().map(|item| of(item).id).collect::<Vec<_>>(),
        (60..70).map(|it| EventId(uuid(it))).collect::<Vec<_>>()
    );
    assert!(whole.iter().all(|item| of(item).expires == Some(at(1).as_second())));
    for (from, expected) in [(64, &whole[4..]), (69, &whole[9..]), (70, &whole[10..])] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let (items, next) =
                store.event_items(log, EventId(uuid(from)), page(4, after)).await.expect("read");
            found.extend(items);
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected);
    }
    // Items that differ in their keys alone have different hashes, and each has its own again when it is read again.
    let hashes: BTreeSet<[u8; 32]> = whole.iter().map(|item| of(item).hash.0).collect();
    assert_eq!(hashes.len(), whole.len());
    let (again, _) = store.event_items(log, EventId::SMALLEST, page(100, None)).await.expect("read");
    assert_eq!(again, whole);
    let items = engine.client().scan().table_name(&table).send().await.expect("a scan").items;
    let item = items
        .expect("items")
        .into_iter()
        .find(|item| item["sk"] == AttributeValue::S(whole[0].sort_key.clone()));
    let mut item = item.expect("the event");
    item.insert("later".to_owned(), AttributeValue::Bool(true));
    engine.client().put_item().table_name(&table).set_item(Some(item)).send().await.expect("written");
    let (changed, _) = store.event_items(log, EventId::SMALLEST, page(100, None)).await.expect("read");
    assert_ne!(changed[0], whole[0]);
    assert_eq!(changed[1..], whole[1..]);
    // The logs of the table.
    let of_workspace = Change::Create(Record::LogEvent(bare_event()));
    store.commit_without_events(&[of_workspace]).await.expect("written");
    let logs: Vec<EventLog> = store.logs().await.expect("read").into_iter().collect();
    assert_eq!(logs, [EventLog::Workspace(WORKSPACE), EventLog::Platform]);
}

/// K69: a mark has another version after each note, so that a run deletes only the mark that it has read.
#[tokio::test]
async fn k69_each_note_gives_the_mark_another_version() {
    let engine = Engine::memory().await;
    let (_, table) = engine.table().await;
    // As in service: a new record begins at a random version.
    let store = Store::new(engine.client(), &table);
    let mark = async || {
        let mark = UnsealedLog::key(EventLog::Platform);
        store.mark_unsealed(EventLog::Platform).await.expect("marked");
        store.get(mark).await.expect("read").expect("a mark").version
    };
    let versions = [mark().await, mark().await, mark().await];
    assert!(versions[0] != versions[1] && versions[1] != versions[2], "{versions:?}");
    let delete = |version| [Change::Delete(UnsealedLog::key(EventLog::Platform).into(), version)];
    assert!(matches!(store.commit(&delete(versions[0])).await, Err(CommitError::Conflict)));
    store.commit(&delete(versions[2])).await.expect("deleted");
}

/// K69: a transaction has exactly one event in each log that its changes are about.
#[tokio::test]
async fn k69_the_store_refuses_a_change_without_its_event() {
    let store = Engine::memory().await.store().await;
    let join = Change::Create(Record::Member(member(USER)));
    let event = Change::Create(Record::LogEvent(bare_event()));
    let of_account = LogEvent { log: EventLog::Account(USER), ..bare_event() };
    let of_account = Change::Create(Record::LogEvent(of_account));
    let second = Change::Create(Record::LogEvent(LogEvent { id: EventId(uuid(61)), ..bare_event() }));
    let refused: [&[Change]; 5] = [
        std::slice::from_ref(&join),
        &[join.clone(), of_account.clone()],
        &[join.clone(), event.clone(), second],
        &[join.clone(), event.clone(), of_account],
        std::slice::from_ref(&event),
    ];
    for changes in refused {
        let outcome = store.commit(changes).await;
        let Err(CommitError::Failed(StoreError::Failed(cause))) = outcome else { panic!("{outcome:?}") };
        assert_eq!(cause.downcast_ref::<Misuse>(), Some(&Misuse::Unlogged), "{changes:?}");
    }
    store.commit(&[join, event]).await.expect("with its event");
    // What nobody sees needs no event.
    let held = seatwise_domain::Member { held_until: Some(at(3)), ..member(USER) };
    store.commit(&[Change::update(&stored(member(USER), 1), held)]).await.expect("without an event");
}
