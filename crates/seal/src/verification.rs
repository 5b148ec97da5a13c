//! Verification: a log is compared with its digests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use seatwise_domain::{DigestHash, EventDigest, EventId, EventLog, ItemHash, SealedEvent};

use crate::key::is_signed;
use crate::message::hash;

/// A log as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedLog {
    /// The log.
    pub log: EventLog,
    /// Its digests, in the order of their numbers. They must be read before the events: an event that was sealed
    /// meanwhile would be missing.
    pub digests: Vec<DigestRead>,
    /// The items in the place of its events, in the order of their keys.
    pub events: Vec<FoundEvent>,
}

/// An item in the place of a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestRead {
    /// A digest.
    Digest(Box<EventDigest>),
    /// An item that is no digest, with its sort key.
    Unreadable(String),
}

/// An item in the place of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundEvent {
    /// An item whose key is the key of an event. The hash says whether the rest is what was sealed.
    Event(SealedEvent),
    /// An item whose key is not the key of an event, with its sort key.
    Misnamed(String),
}

/// A digest that an earlier verification has named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedDigest {
    /// The number.
    pub number: u64,
    /// The hash.
    pub hash: DigestHash,
}

/// What became of the expected digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The digest is part of the chain.
    Met,
    /// The digest has expired, so the comparison is not possible any more.
    Expired,
    /// The digest is missing, or another digest has its number.
    Broken,
}

/// The result of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogReport {
    /// The digests that were read.
    pub digests: usize,
    /// The number and the hash of the last digest.
    pub last: Option<ExpectedDigest>,
    /// The events that are as they were when they were sealed.
    pub unchanged: usize,
    /// The sealed events that are no longer kept.
    pub expired: usize,
    /// The events that could not be compared, because their digest is missing or cannot be trusted.
    pub not_compared: usize,
    /// The events after the last digest.
    pub unsealed: usize,
    /// The time of the oldest event after the last digest.
    pub oldest_unsealed: Option<Timestamp>,
    /// What became of the expected digest, if one was expected.
    pub expectation: Option<Expectation>,
    /// What is wrong.
    pub faults: Vec<SealFault>,
}

/// A fault of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealFault {
    /// The event is not what was sealed.
    Changed {
        /// The event.
        event: EventId,
        /// The number of its digest.
        digest: u64,
    },
    /// The event is gone, although it had not expired.
    Removed {
        /// The event.
        event: EventId,
        /// The number of its digest.
        digest: u64,
    },
    /// The event was not there when its time was sealed.
    Added(EventId),
    /// An item lies among the events whose key is not that of an event.
    Misnamed(String),
    /// Digests are missing that have not expired.
    DigestsMissing {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// An item lies among the digests that is no digest.
    DigestUnreadable(String),
    /// The digest does not follow the digest before it.
    ChainBroken(u64),
    /// The signature of the digest is wrong.
    BadSignature(u64),
    /// Nobody knows the key that the digest names.
    UnknownKey {
        /// The number of the digest.
        digest: u64,
        /// The number of the key.
        key: u8,
    },
    /// The expected digest is missing, or another digest has its number.
    NotTheExpected(u64),
}

impl fmt::Display for SealFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { event, digest } => {
                write!(f, "event {event}: changed since digest {digest} was signed")
            }
            Self::Removed { event, digest } => {
                write!(f, "event {event}: removed since digest {digest} was signed")
            }
            Self::Added(event) => write!(f, "event {event}: added after its time was sealed"),
            Self::Misnamed(key) => write!(f, "item {key:?}: its key is not that of an event"),
            Self::DigestsMissing { first, last } if first == last => {
                write!(f, "digest {first}: missing, although it has not expired")
            }
            Self::DigestsMissing { first, last } => {
                write!(f, "digests {first} to {last}: missing, although they have not expired")
            }
            Self::DigestUnreadable(key) => write!(f, "item {key:?}: not a digest"),
            Self::ChainBroken(number) => write!(f, "digest {number}: does not follow the digest before it"),
            Self::BadSignature(number) => write!(f, "digest {number}: the signature is wrong"),
            Self::UnknownKey { digest, key } => {
                write!(f, "digest {digest}: signed with key {key}, which is unknown")
            }
            Self::NotTheExpected(number) => {
                write!(f, "digest {number}: not the expected one, which was removed or replaced")
            }
        }
    }
}

/// Compares a log with its digests. `public_key` knows the public keys by their numbers.
///
/// An event is looked for until the end that its digest says. A digest is looked for until the end that the next
/// digest says, so the first digest that is there can be the beginning of the chain.
pub fn verify(
    sealed: &SealedLog,
    public_key: &dyn Fn(u8) -> Option<[u8; 32]>,
    expected: Option<&ExpectedDigest>,
    now: Timestamp,
) -> LogReport {
    let mut report = LogReport { digests: sealed.digests.len(), ..LogReport::default() };
    let mut events = BTreeMap::<EventId, SealedEvent>::new();
    for found in &sealed.events {
        match found {
            FoundEvent::Event(event) => drop(events.insert(event.id, *event)),
            FoundEvent::Misnamed(key) => report.faults.push(SealFault::Misnamed(key.clone())),
        }
    }
    let mut last = None::<&EventDigest>;
    let mut first_number = None;
    for read in &sealed.digests {
        let digest = match read {
            DigestRead::Digest(digest) => &**digest,
            DigestRead::Unreadable(key) => {
                report.faults.push(SealFault::DigestUnreadable(key.clone()));
                continue;
            }
        };
        let link = link(last, digest, now);
        report.faults.extend(link.fault(last, digest));
        let between = range(&events, last.map_or(EventId::SMALLEST, |last| last.until), digest.from);
        match link {
            Link::Follows | Link::Begins => add_unexpired(between, now, &mut report),
            Link::Missing | Link::Broken => report.not_compared += between.count(),
        }
        let within = range(&events, digest.from, digest.until);
        match check_signature(digest, public_key) {
            Ok(()) => compare(digest, within, now, &mut report),
            Err(fault) => {
                report.faults.push(fault);
                report.not_compared += within.count();
            }
        }
        first_number = first_number.or(Some(digest.number));
        last = Some(digest);
    }
    let mut unsealed = events.range(last.map_or(EventId::SMALLEST, |last| last.until)..).map(|(id, _)| *id);
    report.oldest_unsealed = unsealed.next().map(EventId::time);
    report.unsealed = unsealed.count() + usize::from(report.oldest_unsealed.is_some());
    report.last = last.map(|last| ExpectedDigest { number: last.number, hash: hash(last) });
    report.expectation = expected.map(|expected| {
        let has_number = |digest: &&EventDigest| digest.number == expected.number;
        let found = digests(sealed).find(has_number).map(hash);
        // The first digest that is there says that those before it have expired, unless that is a fault.
        let is_over = first_number.is_some_and(|first| expected.number < first) && report.faults.is_empty();
        match found {
            Some(hash) if hash == expected.hash => Expectation::Met,
            None if is_over => Expectation::Expired,
            _ => Expectation::Broken,
        }
    });
    if let (Some(expected), Some(Expectation::Broken)) = (expected, report.expectation) {
        report.faults.push(SealFault::NotTheExpected(expected.number));
    }
    report
}

fn digests(sealed: &SealedLog) -> impl Iterator<Item = &EventDigest> {
    sealed.digests.iter().filter_map(|read| match read {
        DigestRead::Digest(digest) => Some(&**digest),
        DigestRead::Unreadable(_) => None,
    })
}

/// How a digest is linked to the digest that was read before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// It follows that digest.
    Follows,
    /// It is the first digest, or the digests before it have expired.
    Begins,
    /// Digests between the two are missing.
    Missing,
    /// It names another digest before it.
    Broken,
}

fn link(last: Option<&EventDigest>, digest: &EventDigest, now: Timestamp) -> Link {
    let is_next = last.map_or(1, |last| last.number.saturating_add(1)) == digest.number;
    match (last, &digest.before) {
        (None, None) if is_next && digest.from == EventId::SMALLEST => Link::Begins,
        (Some(last), Some(before)) if is_next => {
            let follows = before.hash == hash(last)
                && before.expires_at == last.expires_at
                && digest.from == last.until;
            if follows { Link::Follows } else { Link::Broken }
        }
        (_, Some(before)) if before.expires_at.is_some_and(|end| end <= now) => Link::Begins,
        (_, Some(_)) if !is_next => Link::Missing,
        _ => Link::Broken,
    }
}

impl Link {
    fn fault(self, last: Option<&EventDigest>, digest: &EventDigest) -> Option<SealFault> {
        let first = last.map_or(1, |last| last.number.saturating_add(1));
        match self {
            Self::Follows | Self::Begins => None,
            Self::Missing => Some(SealFault::DigestsMissing { first, last: digest.number.saturating_sub(1) }),
            Self::Broken => Some(SealFault::ChainBroken(digest.number)),
        }
    }
}

fn check_signature(
    digest: &EventDigest,
    public_key: &dyn Fn(u8) -> Option<[u8; 32]>,
) -> Result<(), SealFault> {
    match public_key(digest.key) {
        None => Err(SealFault::UnknownKey { digest: digest.number, key: digest.key }),
        Some(public) if is_signed(&public, digest) => Ok(()),
        Some(_) => Err(SealFault::BadSignature(digest.number)),
    }
}

/// The events from the first id on, before the second one.
fn range(
    events: &BTreeMap<EventId, SealedEvent>,
    from: EventId,
    until: EventId,
) -> impl Iterator<Item = &SealedEvent> {
    let until = until.max(from);
    events.range(from..until).map(|(_, event)| event)
}

/// Events that no digest has. Their digest may have expired, but then they have expired long before.
fn add_unexpired<'a>(events: impl Iterator<Item = &'a SealedEvent>, now: Timestamp, report: &mut LogReport) {
    for event in events {
        if has_expired(event, now) {
            report.expired += 1;
        } else {
            report.faults.push(SealFault::Added(event.id));
        }
    }
}

fn compare<'a>(
    digest: &EventDigest,
    found: impl Iterator<Item = &'a SealedEvent>,
    now: Timestamp,
    report: &mut LogReport,
) {
    let found: BTreeMap<EventId, ItemHash> = found.map(|event| (event.id, event.hash)).collect();
    for sealed in &digest.events.0 {
        let (event, number) = (sealed.id, digest.number);
        match found.get(&event) {
            Some(hash) if *hash == sealed.hash => report.unchanged += 1,
            Some(_) => report.faults.push(SealFault::Changed { event, digest: number }),
            None if has_expired(sealed, now) => report.expired += 1,
            None => report.faults.push(SealFault::Removed { event, digest: number }),
        }
    }
    let sealed: BTreeSet<EventId> = digest.events.0.iter().map(|event| event.id).collect();
    let added = found.into_keys().filter(|event| !sealed.contains(event));
    report.faults.extend(added.map(SealFault::Added));
}

fn has_expired(event: &SealedEvent, now: Timestamp) -> bool {
    event.expires.is_some_and(|end| end <= now.as_second())
}
