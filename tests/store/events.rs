//! Events in the table: their items, and the transactions that the store refuses.

use std::collections::BTreeMap;

use seatwise_domain::{
    ActorKind, Change, EventActor, EventContext, EventId, EventLog, EventTarget, EventValue, FieldChange,
    LogEvent, Record,
};
use seatwise_store::{CommitError, Misuse, StoreError};

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
        &[join.clone()],
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
