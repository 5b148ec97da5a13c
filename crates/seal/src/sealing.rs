//! Sealing: the next digest of a log.

use jiff::{SignedDuration, Timestamp};
use seatwise_domain::{DigestBefore, EventDigest, EventId, EventLog, SealedEvent, SealedEvents};

use crate::message::hash;

/// The events of a log after its last digest, as far as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnsealedEvents {
    /// The events, in the order of their ids.
    pub events: Vec<SealedEvent>,
    /// Whether there may be more events after these.
    pub has_more: bool,
}

impl UnsealedEvents {
    /// Whether there is no event after the last digest.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && !self.has_more
    }
}

/// The next digest of a log, without its signature. There is none if no event is old enough: see
/// [`EventDigest::SEALS_AFTER`].
pub fn next(
    log: EventLog,
    last: Option<&EventDigest>,
    unsealed: &UnsealedEvents,
    now: Timestamp,
) -> Option<EventDigest> {
    let horizon = EventId::first_at(now.saturating_sub(EventDigest::SEALS_AFTER).unwrap_or(Timestamp::MIN));
    let from = last.map_or(EventId::SMALLEST, |last| last.until);
    let is_due = |event: &&SealedEvent| event.id >= from && event.id < horizon;
    let events: Vec<SealedEvent> =
        unsealed.events.iter().take_while(is_due).take(EventDigest::MOST_EVENTS).copied().collect();
    let newest = events.last()?.id;
    let until = match unsealed.events.get(events.len()) {
        Some(next) => next.id.min(horizon),
        // What follows was not read: it may be old enough as well.
        None if unsealed.has_more => newest.next(),
        None => horizon,
    };
    Some(EventDigest {
        log,
        number: last.map_or(1, |last| last.number.saturating_add(1)),
        from,
        until,
        expires_at: expiry(&events, last, now),
        events: SealedEvents(events),
        before: last.map(|last| DigestBefore { hash: hash(last), expires_at: last.expires_at }),
        sealed_at: now,
        key: 0,
        signature: String::new(),
    })
}

/// The end of the time that a digest is kept: as long after the end of its last event as this end is after the
/// sealing, and not before the end of the digest before. So digests expire from the beginning of the chain.
fn expiry(events: &[SealedEvent], last: Option<&EventDigest>, now: Timestamp) -> Option<Timestamp> {
    let ends = events.iter().map(|event| event.expires).collect::<Option<Vec<i64>>>()?;
    let end = ends.into_iter().max().and_then(|end| Timestamp::from_second(end).ok())?;
    let kept = end.duration_since(now).max(SignedDuration::ZERO);
    let end = end.saturating_add(kept).unwrap_or(Timestamp::MAX);
    match last {
        None => Some(end),
        Some(last) => last.expires_at.map(|before| before.max(end)),
    }
}
