//! The log: the events of a transaction, derived from its changes (K69).
//!
//! Nobody writes an event by hand. [`events`] reads what a transaction changes, whichever operation or background
//! function decided on it, and the store refuses a transaction whose events do not fit its changes ([`logs`]). So a
//! new operation cannot forget its event.
//!
//! An event is for what a person can see: counts, leases, receipts, tasks, and copies of what another record says
//! make none.

mod facts;
mod part;

use std::collections::{BTreeMap, BTreeSet};

use crate::change::Change;
use crate::model::{
    ActorKind, EventActor, EventContext, EventId, EventLog, EventTarget, EventType, LogEvent,
};
use crate::moment::Moment;
use crate::pack::{EventTerms, Names};
use crate::record::{Record, RecordKey};

pub use self::facts::{Facts, Fields, facts};
use self::part::{Known, Part, part};

/// A record as it was read before the change, if it was read.
pub type Before<'a> = &'a (dyn Fn(&RecordKey) -> Option<Record> + Sync);

/// What the events of a transaction say beside its changes.
#[derive(Clone, Debug)]
pub struct EventSource {
    /// The operation or the background function, in camelCase.
    pub operation: String,
    /// Who did it.
    pub actor: EventActor,
    /// The circumstances.
    pub context: EventContext,
    /// The settings of the pack.
    pub terms: EventTerms,
}

/// The events of a transaction: one in each log that its changes are about.
pub fn events(
    changes: &[Change],
    before: Before<'_>,
    source: &EventSource,
    moment: &mut Moment,
) -> Vec<LogEvent> {
    let mut parts = BTreeMap::<EventLog, Vec<Part>>::new();
    let known = Known { before, names: &source.terms.names };
    for part in changes.iter().filter_map(|change| part(change, known, &source.actor)) {
        parts.entry(part.log).or_default().push(part);
    }
    let at = moment.now;
    let event = |(log, parts): (EventLog, Vec<Part>)| {
        let (event_type, targets) = summary(parts)?;
        Some(LogEvent {
            log,
            id: EventId(moment.fresh_id()),
            at,
            event_type: event_type.name().to_owned(),
            operation: source.operation.clone(),
            actor: source.actor.clone(),
            targets,
            context: source.context.clone(),
            expires_at: Some(source.terms.retention.after(at)),
        })
    };
    parts.into_iter().filter_map(event).collect()
}

/// The logs that changes are about. A transaction needs exactly one event in each.
pub fn logs(changes: &[Change]) -> BTreeSet<EventLog> {
    let anybody = EventActor { kind: ActorKind::Service, id: String::new(), name: None, email: None };
    let known = Known { before: &|_| None, names: &Names::default() };
    changes.iter().filter_map(|change| part(change, known, &anybody)).map(|part| part.log).collect()
}

/// The type of the most telling part, and the targets: its own first, each once.
fn summary(mut parts: Vec<Part>) -> Option<(EventType, Vec<EventTarget>)> {
    parts.sort_by_key(|part| part.event_type);
    let event_type = parts.first()?.event_type;
    let mut targets = Vec::<EventTarget>::new();
    for Part { target, .. } in parts {
        match targets.iter_mut().find(|known| known.kind == target.kind && known.id == target.id) {
            Some(known) => {
                known.name = known.name.take().or(target.name);
                for (field, change) in target.changes {
                    known.changes.entry(field).or_insert(change);
                }
            }
            None => targets.push(target),
        }
    }
    Some((event_type, targets))
}
