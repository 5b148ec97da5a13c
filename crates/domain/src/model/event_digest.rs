//! Digests: what seals a log of events. A digest lists the events of a part of the log with a hash of each, names the
//! digest before, and is signed. The crate `seatwise-seal` makes and verifies them (K69).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use uuid::Uuid;

use super::event::EventLog;
use super::id::EventId;

/// A signed digest of the events in a part of a log. A digest never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDigest {
    /// The log.
    pub log: EventLog,
    /// The number, which counts from 1 in each log.
    pub number: u64,
    /// The lower bound of the ids of the events: the upper bound of the digest before.
    pub from: EventId,
    /// The upper bound of the ids of the events. The digest has no event with this id.
    pub until: EventId,
    /// The events between the bounds.
    pub events: SealedEvents,
    /// The digest before. Only the first digest of a log has none.
    #[serde(default)]
    pub before: Option<DigestBefore>,
    /// The time of the sealing.
    pub sealed_at: Timestamp,
    /// The end of the time that the digest is kept.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The number of the key that signed the digest.
    pub key: u8,
    /// The signature over everything above: Ed25519, in hex.
    pub signature: String,
}

/// The digest before, as a digest names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestBefore {
    /// The hash of the digest before.
    pub hash: DigestHash,
    /// The end of the time that the digest before is kept. Until then, its absence is a fault.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// The hash of a whole digest, its signature included: SHA-256 in hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DigestHash(pub String);

/// The hash of an item as the table stores it: SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemHash(pub [u8; 32]);

/// An event in a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedEvent {
    /// The id of the event.
    pub id: EventId,
    /// The hash of its item.
    pub hash: ItemHash,
    /// The second since 1970 from which the table may remove the event; absent: never.
    pub expires: Option<i64>,
}

/// The events of a digest, in the order of their ids. The table stores them as bytes: for each event the id (16
/// bytes), the hash (32), and the second of the end (8, big-endian; the largest number for an event without an end).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ByteBuf", into = "ByteBuf")]
pub struct SealedEvents(pub Vec<SealedEvent>);

/// The bytes are not those of sealed events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("are not the bytes of sealed events")]
pub struct BadSealedEvents;

/// The number of bytes of one event.
const EVENT_BYTES: usize = 56;

impl SealedEvents {
    /// The bytes that the table stores, which are also what is signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * EVENT_BYTES);
        for SealedEvent { id, hash, expires } in &self.0 {
            bytes.extend_from_slice(id.0.as_bytes());
            bytes.extend_from_slice(&hash.0);
            bytes.extend_from_slice(&expires.unwrap_or(i64::MAX).to_be_bytes());
        }
        bytes
    }

    /// The events that these bytes stand for.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadSealedEvents> {
        let (events, rest) = bytes.as_chunks::<EVENT_BYTES>();
        if !rest.is_empty() {
            return Err(BadSealedEvents);
        }
        events.iter().map(SealedEvent::parse).collect::<Option<_>>().map(Self).ok_or(BadSealedEvents)
    }
}

impl SealedEvent {
    fn parse(bytes: &[u8; EVENT_BYTES]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (hash, rest) = rest.split_first_chunk::<32>()?;
        let expires = i64::from_be_bytes(rest.try_into().ok()?);
        Some(Self {
            id: EventId(Uuid::from_bytes(*id)),
            hash: ItemHash(*hash),
            expires: (expires != i64::MAX).then_some(expires),
        })
    }
}

impl TryFrom<ByteBuf> for SealedEvents {
    type Error = BadSealedEvents;

    fn try_from(bytes: ByteBuf) -> Result<Self, BadSealedEvents> {
        Self::parse(&bytes)
    }
}

impl From<SealedEvents> for ByteBuf {
    fn from(events: SealedEvents) -> Self {
        Self::from(events.to_bytes())
    }
}

impl EventDigest {
    /// The age from which events are sealed. An event has the time at which its function began to decide, and no
    /// Lambda function lives longer than 15 minutes (AWS limit; those of Seatwise have at most five), with all its
    /// repetitions. So no event that is committed later is older, and nothing genuine comes in behind a digest.
    pub const SEALS_AFTER: SignedDuration = SignedDuration::from_mins(15);

    /// The most events of one digest. It has some 28 KB then; an item holds 400 KB (AWS limit).
    pub const MOST_EVENTS: usize = 500;
}

/// The number of the partitions of marks; a burst of marks spreads over them.
pub const UNSEALED_SHARDS: u8 = 4;

/// The mark of a log that has events which no digest has yet. Each note of new events gives the mark a new version,
/// so whoever has read the mark deletes it only if nothing was noted meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsealedLog {
    /// The log.
    pub log: EventLog,
}

/// The partition of the mark of a log.
pub fn unsealed_shard(log: EventLog) -> u8 {
    let id = match log {
        EventLog::Workspace(id) => id.0,
        EventLog::Account(id) => id.0,
        EventLog::Platform => Uuid::nil(),
    };
    id.as_bytes().last().copied().unwrap_or_default() % UNSEALED_SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: u128, expires: Option<i64>) -> SealedEvent {
        SealedEvent { id: EventId(Uuid::from_u128(id)), hash: ItemHash([7; 32]), expires }
    }

    #[test]
    fn events_become_bytes_and_come_back() {
        let events = SealedEvents(vec![event(1, None), event(2, Some(0)), event(u128::MAX, Some(-5))]);
        let bytes = events.to_bytes();
        assert_eq!(bytes.len(), 3 * EVENT_BYTES);
        assert_eq!(SealedEvents::parse(&bytes), Ok(events));
        assert_eq!(SealedEvents::parse(&[]), Ok(SealedEvents::default()));
        for length in [1, EVENT_BYTES - 1, EVENT_BYTES + 1] {
            assert_eq!(SealedEvents::parse(&bytes[..length]), Err(BadSealedEvents));
        }
    }
}
