//! The event of each operation, from the table of operations.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use seatwise_domain::{ActorKind, EventId, EventLog, LogEvent};
use seatwise_functions::camel_case;

use crate::support::catalogue::{self, Entry, PRODUCTS};
use crate::support::committed;
use crate::support::deployment::Deployment;
use crate::support::scene::Scene;

/// The operations that change nothing that anybody sees, beside those that only read.
const WITHOUT_EVENT: [&str; 2] = ["enter", "verify-api-key"];

/// The requests that share a table. The whole table is read before and after each, so it should not hold many scenes.
const ENTRIES_IN_A_TABLE: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k69_each_operation_that_changes_something_has_its_event() {
    let mut shown = String::from(
        "The event of each operation: its type, and its targets with the fields that change. Generated: do not edit.\n",
    );
    let mut with_event = BTreeSet::new();
    for product in &PRODUCTS {
        let _ = write!(shown, "\n{}\n", product.pack);
        for entries in catalogue::of(product.pack).chunks(ENTRIES_IN_A_TABLE) {
            let deployment = Deployment::under(product.pack, &[]).await;
            for (number, entry) in entries.iter().enumerate() {
                let events = events_of(&deployment, entry, &number.to_string()).await;
                if !events.is_empty() {
                    with_event.insert(entry.row.name);
                }
                for event in &events {
                    let _ = writeln!(shown, "  {}: {}", entry.name(), line(event));
                }
            }
        }
    }
    // A write without an event changes nothing that anybody sees.
    let silent: Vec<&str> = catalogue::rows()
        .filter(|row| catalogue::writes(row) && !with_event.contains(row.name))
        .map(|row| row.name)
        .filter(|name| !WITHOUT_EVENT.contains(name))
        .collect();
    assert_eq!(silent, [""; 0]);
    committed::check("events.txt", &shown);
}

/// Sends a request of the catalogue, and checks its events.
async fn events_of(deployment: &Deployment, entry: &Entry, tag: &str) -> Vec<LogEvent> {
    let (scene, request) = Scene::before(deployment.process(), entry, tag).await;
    let before = deployment.dump().await;
    let known: BTreeSet<EventId> = before.events.iter().map(|event| event.id).collect();
    let reply = request.send(&scene.client, None).await;
    assert!(reply.status.is_success(), "{}: {}", entry.name(), reply.text);
    let mut events = deployment.dump().await.events;
    events.retain(|event| !known.contains(&event.id));
    let caller = request.who.as_ref().map(|who| who.id().to_string());
    check(entry, &events, caller.as_deref());
    assert_no_secret(entry, &events, &reply.text);
    events
}

#[track_caller]
fn check(entry: &Entry, events: &[LogEvent], caller: Option<&str>) {
    let name = entry.name();
    assert!(catalogue::writes(entry.row) || events.is_empty(), "{name}: {events:?}");
    let mut logs = BTreeMap::<EventLog, usize>::new();
    for event in events {
        *logs.entry(event.log).or_default() += 1;
        assert_eq!(event.operation, camel_case(entry.row.name), "{name}");
        let is_service = event.actor.kind == ActorKind::Service;
        let expected = caller.filter(|_| !is_service);
        assert!(expected.is_none_or(|caller| caller == event.actor.id), "{name}: {event:?}");
        assert!(!event.targets.is_empty(), "{name}: {event:?}");
        assert!(
            event.context.request_id.is_some() && event.context.policy_version == Some(1),
            "{name}: {event:?}"
        );
        assert!(event.context.rule.is_some(), "{name}: {event:?}");
        assert!(event.context.ip.is_none() && event.context.user_agent.is_none(), "{name}: {event:?}");
    }
    assert!(logs.values().all(|count| *count == 1), "{name}: {logs:?}");
}

/// K28: no event carries a token, or what opens a picture.
#[track_caller]
fn assert_no_secret(entry: &Entry, events: &[LogEvent], answer: &str) {
    let secrets = ["#token=", "?key=", "\"key\":\""].into_iter().filter_map(|mark| {
        let (_, rest) = answer.split_once(mark)?;
        rest.split(['"', '&']).next()
    });
    for secret in secrets.filter(|secret| secret.len() > 8) {
        let told = format!("{events:?}");
        assert!(!told.contains(secret), "{}: {secret} in {told}", entry.name());
    }
}

fn line(event: &LogEvent) -> String {
    let log = match event.log {
        EventLog::Workspace(_) => "",
        EventLog::Account(_) => " (account)",
        EventLog::Platform => " (platform)",
    };
    let targets = event.targets.iter().map(|target| {
        let fields: Vec<&str> = target.changes.keys().map(String::as_str).collect();
        if fields.is_empty() {
            target.kind.clone()
        } else {
            format!("{} [{}]", target.kind, fields.join(" "))
        }
    });
    format!("{}{log} · {}", event.event_type, targets.collect::<Vec<_>>().join(", "))
}
