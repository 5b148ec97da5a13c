use jiff::{SignedDuration, Timestamp};
use seatwise_domain::{
    DigestHash, EventDigest, EventId, EventLog, ItemHash, SealedEvent, SealedEvents, WorkspaceId,
};
use uuid::Uuid;

use super::*;

const LOG: EventLog = EventLog::Workspace(WorkspaceId(Uuid::from_u128(7)));

/// Minutes after 2023-11-14.
fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + minute * 60).unwrap()
}

/// The `nth` event of a minute. It is kept for a hundred hours.
fn event(minute: i64, nth: u8) -> SealedEvent {
    let id = EventId(Uuid::from_u128(EventId::first_at(at(minute)).0.as_u128() + u128::from(nth) + 1));
    SealedEvent { id, hash: ItemHash([nth; 32]), expires: Some(at(minute + 6000).as_second()) }
}

fn key() -> SealingKey {
    SealingKey::new(1, &[9; 32]).unwrap()
}

fn public(id: u8) -> Option<[u8; 32]> {
    key().public().filter(|_| id == 1)
}

/// A log and its sealing.
#[derive(Clone)]
struct World {
    events: Vec<SealedEvent>,
    digests: Vec<EventDigest>,
}

impl World {
    /// Four events in each of three digests, and two events without one.
    fn new() -> Self {
        let mut world = Self { events: Vec::new(), digests: Vec::new() };
        for hour in 0..3 {
            world.events.extend((0..4).map(|nth| event(hour * 60 + i64::from(nth), nth)));
            world.seal(at(hour * 60 + 30));
        }
        world.events.extend([event(200, 0), event(201, 1)]);
        world
    }

    fn seal(&mut self, now: Timestamp) {
        while let Some(digest) = next(LOG, self.digests.last(), &self.unsealed(), now) {
            self.digests.push(key().sign(digest));
        }
    }

    /// At most ten more events than one digest takes, as the store reads them.
    fn unsealed(&self) -> UnsealedEvents {
        let from = self.digests.last().map_or(EventId::SMALLEST, |last| last.until);
        let mut events: Vec<SealedEvent> =
            self.events.iter().filter(|event| event.id >= from).copied().collect();
        let has_more = events.len() > EventDigest::MOST_EVENTS + 10;
        events.truncate(EventDigest::MOST_EVENTS + 10);
        UnsealedEvents { events, has_more }
    }

    fn verified(&self, now: Timestamp, expected: Option<&ExpectedDigest>) -> LogReport {
        let mut events = self.events.clone();
        events.sort_by_key(|event| event.id);
        let digests = self.digests.iter().cloned().map(Box::new).map(DigestRead::Digest).collect();
        let events = events.into_iter().map(FoundEvent::Event).collect();
        verify(&SealedLog { log: LOG, digests, events }, &public, expected, now)
    }

    fn faults(&self) -> Vec<SealFault> {
        self.verified(at(300), None).faults
    }
}

#[test]
fn k69_an_untouched_log_has_no_faults() {
    let world = World::new();
    let report = world.verified(at(300), None);
    assert_eq!(report.faults, []);
    assert_eq!((report.digests, report.unchanged, report.unsealed), (3, 12, 2));
    assert_eq!(report.oldest_unsealed, Some(at(200)));
    assert_eq!(report.last.map(|last| last.number), Some(3));
    let empty = World { events: Vec::new(), digests: Vec::new() };
    assert_eq!(empty.verified(at(300), None), LogReport::default());
}

#[test]
fn k69_a_changed_removed_or_added_event_is_found() {
    let world = World::new();
    for (index, event) in world.events.iter().enumerate() {
        let digest = index as u64 / 4 + 1;
        let (mut changed, mut removed) = (world.clone(), world.clone());
        changed.events[index].hash = ItemHash([0xFF; 32]);
        removed.events.remove(index);
        let is_sealed = index < 12;
        let told = |fault| if is_sealed { vec![fault] } else { Vec::new() };
        assert_eq!(changed.faults(), told(SealFault::Changed { event: event.id, digest }));
        assert_eq!(removed.faults(), told(SealFault::Removed { event: event.id, digest }));
    }
    for (minute, is_late) in [(-60, true), (2, true), (45, true), (123, true), (290, false)] {
        let mut world = world.clone();
        let late = event(minute, 99);
        world.events.push(late);
        assert_eq!(world.faults(), if is_late { vec![SealFault::Added(late.id)] } else { Vec::new() });
    }
}

/// Two events that swap their contents are both changed: a hash belongs to its id.
#[test]
fn k69_exchanged_events_are_found() {
    let mut world = World::new();
    let (one, two) = (world.events[4], world.events[5]);
    (world.events[4].hash, world.events[5].hash) = (two.hash, one.hash);
    let changed = |event: SealedEvent| SealFault::Changed { event: event.id, digest: 2 };
    assert_eq!(world.faults(), [changed(one), changed(two)]);
}

#[test]
fn k69_an_item_under_a_wrong_key_is_found() {
    let digests = World::new().digests.into_iter().map(Box::new).map(DigestRead::Digest);
    let bad = [DigestRead::Unreadable("DIGEST#x".to_owned())];
    let events: Vec<FoundEvent> = World::new().events.into_iter().map(FoundEvent::Event).collect();
    let bad_event = [FoundEvent::Misnamed("EVENT#x".to_owned())];
    let log = SealedLog {
        log: LOG,
        digests: digests.chain(bad).collect(),
        events: [&events[..], &bad_event].concat(),
    };
    let faults = verify(&log, &public, None, at(300)).faults;
    let (event, digest) = ("EVENT#x".to_owned(), "DIGEST#x".to_owned());
    assert_eq!(faults, [SealFault::Misnamed(event), SealFault::DigestUnreadable(digest)]);
}

#[test]
fn k69_a_missing_digest_is_found() {
    for (index, number) in [(0, 1), (1, 2)] {
        let mut world = World::new();
        world.digests.remove(index);
        assert_eq!(world.faults(), [SealFault::DigestsMissing { first: number, last: number }]);
        assert_eq!(world.verified(at(300), None).not_compared, 4);
    }
    let mut world = World::new();
    world.digests.drain(..2);
    assert_eq!(world.faults(), [SealFault::DigestsMissing { first: 1, last: 2 }]);
}

/// The newest digest can be removed without a trace, unless the verification knows it.
#[test]
fn k69_the_end_of_the_chain_is_found_by_its_hash() {
    let world = World::new();
    let last = world.verified(at(300), None).last.unwrap();
    let met = world.verified(at(300), Some(&last));
    assert_eq!((met.expectation, met.faults), (Some(Expectation::Met), Vec::new()));
    let mut cut = world.clone();
    cut.digests.pop();
    cut.events.truncate(8);
    assert_eq!(cut.faults(), []);
    let broken = |world: &World| world.verified(at(300), Some(&last)).faults;
    assert_eq!(broken(&cut), [SealFault::NotTheExpected(3)]);
    // The sealing function has sealed other events since, with the right key.
    let mut other = cut.clone();
    other.events.push(event(121, 7));
    other.seal(at(150));
    assert_eq!((other.digests.len(), other.faults()), (3, Vec::new()));
    assert_eq!(broken(&other), [SealFault::NotTheExpected(3)]);
    // A later verification still finds the digest.
    let mut later = world.clone();
    later.seal(at(260));
    assert_eq!(later.digests.len(), 4);
    assert_eq!(broken(&later), []);
    let unknown = ExpectedDigest { number: 9, hash: DigestHash("00".to_owned()) };
    assert_eq!(later.verified(at(300), Some(&unknown)).faults, [SealFault::NotTheExpected(9)]);
}

#[test]
fn k69_a_digest_with_another_signature_is_found() {
    let other = SealingKey::new(1, &[8; 32]).unwrap();
    let unknown = SealingKey::new(2, &[9; 32]).unwrap();
    let mut world = World::new();
    world.digests[2] = other.sign(world.digests[2].clone());
    assert_eq!(world.faults(), [SealFault::BadSignature(3)]);
    assert_eq!(world.verified(at(300), None).not_compared, 4);
    world.digests[2] = unknown.sign(world.digests[2].clone());
    assert_eq!(world.faults(), [SealFault::UnknownKey { digest: 3, key: 2 }]);
    // The next digest names another signature.
    let mut world = World::new();
    world.digests[1] = other.sign(world.digests[1].clone());
    assert_eq!(world.faults(), [SealFault::BadSignature(2), SealFault::ChainBroken(3)]);
}

/// Everything in a digest is signed.
#[test]
fn k69_a_changed_digest_is_found() {
    let original = World::new().digests[2].clone();
    let before = original.before.clone().unwrap();
    let mut without_one = original.events.clone();
    without_one.0.pop();
    let other_end = SealedEvents(
        original.events.0.iter().map(|event| SealedEvent { expires: Some(0), ..*event }).collect(),
    );
    let changes: Vec<EventDigest> = vec![
        EventDigest { log: EventLog::Platform, ..original.clone() },
        EventDigest { number: 4, ..original.clone() },
        EventDigest { from: EventId::SMALLEST, ..original.clone() },
        EventDigest { until: original.until.next(), ..original.clone() },
        EventDigest { events: without_one, ..original.clone() },
        EventDigest { events: other_end, ..original.clone() },
        EventDigest { before: None, ..original.clone() },
        EventDigest {
            before: Some(seatwise_domain::DigestBefore { hash: DigestHash(String::new()), ..before.clone() }),
            ..original.clone()
        },
        EventDigest {
            before: Some(seatwise_domain::DigestBefore { expires_at: Some(at(0)), ..before }),
            ..original.clone()
        },
        EventDigest { sealed_at: at(0), ..original.clone() },
        EventDigest { expires_at: None, ..original.clone() },
        EventDigest { signature: String::new(), ..original.clone() },
        EventDigest { signature: "zz".to_owned(), ..original.clone() },
    ];
    for changed in changes {
        assert!(!is_signed(&public(1).unwrap(), &changed), "{changed:?}");
        assert_ne!(hash(&changed), hash(&original), "{changed:?}");
        let mut world = World::new();
        world.digests[2] = changed.clone();
        assert!(world.faults().contains(&SealFault::BadSignature(changed.number)), "{changed:?}");
    }
}

/// A digest of another log, or another digest of this log, does not fit.
#[test]
fn k69_a_digest_in_another_place_is_found() {
    let mut world = World::new();
    world.digests.swap(0, 1);
    assert!(!world.faults().is_empty());
    let mut world = World::new();
    world.digests[2] = world.digests[1].clone();
    assert!(!world.faults().is_empty());
}

#[test]
fn k69_what_has_expired_may_be_gone() {
    let mut world = World::new();
    // Each event is kept for 6,000 minutes; the first two have expired.
    let now = at(6001);
    world.events.drain(..2);
    let report = world.verified(now, None);
    assert_eq!((report.faults, report.expired, report.unchanged), (Vec::new(), 2, 10));
    world.events.remove(0);
    let gone = event(2, 2).id;
    assert_eq!(world.verified(now, None).faults, [SealFault::Removed { event: gone, digest: 1 }]);
    // A digest is kept until twice the time: the first until 12,000 minutes or so.
    let mut world = World::new();
    world.events.clear();
    let ends: Vec<Timestamp> = world.digests.iter().filter_map(|digest| digest.expires_at).collect();
    assert!(ends.is_sorted() && ends[0] > at(11_900) && ends[0] < at(12_000), "{ends:?}");
    let (last, first) = (world.verified(ends[0], None).last.unwrap(), hash(&world.digests[0]));
    world.digests.remove(0);
    assert_eq!(world.verified(ends[0], None).faults, []);
    let too_early = world.verified(ends[0] - SignedDuration::from_secs(1), None).faults;
    assert_eq!(too_early, [SealFault::DigestsMissing { first: 1, last: 1 }]);
    let first = ExpectedDigest { number: 1, hash: first };
    let expectation = |expected| world.verified(ends[0], Some(expected)).expectation;
    assert_eq!(expectation(&first), Some(Expectation::Expired));
    assert_eq!(expectation(&last), Some(Expectation::Met));
    // An event that nobody sealed is found before the first digest, too.
    let added = SealedEvent { expires: None, ..event(1, 99) };
    world.events.push(added);
    assert_eq!(world.verified(ends[0], None).faults, [SealFault::Added(added.id)]);
}

/// An earlier digest is kept as long as a later one, also when the product keeps events for a shorter time now.
#[test]
fn k69_digests_expire_from_the_beginning() {
    let mut world = World::new();
    world.events.truncate(12);
    world.events.push(SealedEvent { expires: Some(at(400).as_second()), ..event(200, 0) });
    world.seal(at(300));
    assert_eq!(world.digests[3].expires_at, world.digests[2].expires_at);
    world.events.push(SealedEvent { expires: None, ..event(301, 0) });
    world.seal(at(400));
    world.events.push(event(401, 0));
    world.seal(at(500));
    let ends: Vec<bool> = world.digests.iter().map(|digest| digest.expires_at.is_some()).collect();
    assert_eq!(ends, [true, true, true, true, false, false]);
    assert_eq!(world.verified(at(399), None).faults, []);
}

#[test]
fn k69_no_event_is_sealed_before_it_is_complete() {
    let mut world = World { events: vec![event(0, 0), event(10, 1)], digests: Vec::new() };
    world.seal(at(15));
    assert!(world.digests.is_empty() && !world.unsealed().is_empty());
    world.seal(at(16));
    assert_eq!(world.digests.len(), 1);
    assert_eq!(world.digests[0].until, EventId::first_at(at(1)));
    world.seal(at(20));
    assert_eq!(world.digests.len(), 1);
    world.seal(at(26));
    assert_eq!(world.digests.len(), 2);
    assert!(world.unsealed().is_empty());
    // A clock that goes wrong changes nothing.
    world.seal(at(3));
    assert_eq!((world.digests.len(), world.faults()), (2, Vec::new()));
}

#[test]
fn k69_many_events_are_sealed_in_several_digests() {
    let most = EventDigest::MOST_EVENTS;
    for count in [most - 1, most, most + 1, most + 10, most + 11, 3 * most] {
        let events = (0..count).map(|number| {
            let id = EventId(Uuid::from_u128(EventId::first_at(at(0)).0.as_u128() + number as u128));
            SealedEvent { id, ..event(0, 0) }
        });
        let mut world = World { events: events.collect(), digests: Vec::new() };
        world.seal(at(100));
        assert_eq!(world.digests.len(), count.div_ceil(most), "{count}");
        let report = world.verified(at(200), None);
        assert_eq!((report.faults, report.unchanged), (Vec::new(), count));
    }
}
