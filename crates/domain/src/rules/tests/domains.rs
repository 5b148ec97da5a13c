//! Domains: claims, look-ups and what they change.

use jiff::{SignedDuration, Timestamp};

use super::{keys, tallies, written};
use crate::pack::Channel;
use crate::rules::domain::{self, LookUp};
use crate::rules::tests::fixture::*;
use crate::{
    Change, Count, Delta, DomainCheck, DomainClaim, DomainName, DomainStatus, Moment, Pack, Record,
    RecordKey, Refusal, Stored,
};

/// An earlier claim of acme.example.
fn claimed(verified: bool) -> Stored<DomainClaim> {
    let (domain, proof) = ("acme.example".parse().unwrap(), "once".to_owned());
    let claim = DomainClaim::new(WORKSPACE, domain, proof, user(1), now() - days(1));
    stored(DomainClaim { verified_at: verified.then(now), ..claim })
}

fn keys_of(domain: &DomainName) -> [RecordKey; 3] {
    [
        RecordKey::DomainClaim(WORKSPACE, domain.clone()),
        RecordKey::VerifiedDomain(domain.clone(), WORKSPACE),
        RecordKey::DomainCheck(domain.clone(), WORKSPACE),
    ]
}

#[test]
fn r10_a_domain_is_claimed_and_looked_up() {
    let domain: DomainName = "acme.example".parse().unwrap();
    let claim = |pack: &Pack, domain: &DomainName, before, mut moment: Moment| {
        domain::claim(pack, WORKSPACE, domain, before, user(2), &mut moment)
    };
    let (made, changes) = claim(&pack_by_role(), &domain, None, moment()).unwrap();
    let [own, _, check] = keys_of(&domain);
    assert_eq!((made.claimed_by, made.verified_at), (user(2), None));
    assert_eq!(keys(&changes), [own.clone(), check, RecordKey::Tally(WORKSPACE)]);
    assert_eq!(tallies(&changes).delta(Count::Domains), Delta::by(1).up_to(50));
    // Another claimant of the same domain cannot guess the text of the DNS record.
    let (other, _) = claim(&pack_by_role(), &domain, None, Moment::new(now(), [8; 32])).unwrap();
    assert_ne!(made.record_text(), other.record_text());

    // A repeated claim has the same proof, and the look-up starts again.
    let (before, later) = (claimed(false), Moment::new(now() + days(5), [9; 32]));
    let (again, changes) = claim(&pack_by_role(), &domain, Some(&before), later).unwrap();
    assert_eq!(again, before.value);
    assert_eq!(changes[0], Change::RequireVersion(own, before.version));
    let until = written(&changes).find_map(|record| match record {
        Record::DomainCheck(check) => Some(check.until),
        _ => None,
    });
    assert_eq!((changes.len(), until), (2, Some(now() + days(12))));
    // A repeated claim of a verified domain has its record looked up at the next run.
    let (again, changes) = claim(&pack_by_role(), &domain, Some(&claimed(true)), moment()).unwrap();
    assert_eq!(again, claimed(true).value);
    assert_eq!(due(&changes), None);
}

#[test]
fn r10_some_domains_cannot_be_claimed() {
    for (domain, offered, then) in [
        ("acme.example", true, Ok(())),
        ("acme.example", false, Err(Refusal::ChannelNotOffered)),
        ("gmail.com", true, Err(Refusal::PublicDomain)),
        ("GMail.com.", true, Err(Refusal::PublicDomain)),
        ("gmail.com.acme.example", true, Ok(())),
    ] {
        let mut pack = pack_by_role();
        pack.invitation.channels.retain(|channel| offered || *channel != Channel::Domain);
        let claimed = domain::claim(&pack, WORKSPACE, &domain.parse().unwrap(), None, user(1), &mut moment());
        assert_eq!(claimed.map(|_| ()), then, "{domain} {offered}");
    }
}

/// The time of the next look-up that the changes set; `None`: the check is over.
fn due(changes: &[Change]) -> Option<Timestamp> {
    let check = written(changes).find_map(|record| match record {
        Record::DomainCheck(check) => Some(check),
        _ => None,
    });
    check.expect("the changes write the check").due
}

/// The claim after the changes, if they change it.
fn after(changes: &[Change]) -> Option<DomainClaim> {
    written(changes).find_map(|record| match record {
        Record::DomainClaim(claim) => Some(claim.clone()),
        _ => None,
    })
}

fn check(claim: &DomainClaim, until: Timestamp) -> Stored<DomainCheck> {
    let (domain, workspace) = (claim.domain.clone(), claim.workspace);
    stored(DomainCheck { domain, workspace, until, due: None })
}

#[test]
fn r10_a_domain_brings_people_in_from_verified_to_given_up() {
    let (before, verified) = (claimed(false), claimed(true));
    let [own, found, check_key] = keys_of(&before.value.domain);
    let check = check(&before.value, now() + days(7));
    let changes = domain::looked_up(&pack_by_role(), &before, &check, LookUp::Found, now());
    assert_eq!(after(&changes), Some(verified.value.clone()));
    assert_eq!(due(&changes), Some(now() + days(1)));
    let found_record = Record::VerifiedDomain(verified_domain("acme.example").value);
    assert!(changes.contains(&Change::Create(found_record)), "{changes:?}");
    for claim in [before, verified] {
        let changes = domain::unlink(&claim);
        assert_eq!(
            keys(&changes),
            [own.clone(), found.clone(), check_key.clone(), RecordKey::Tally(WORKSPACE)]
        );
        assert_eq!(tallies(&changes).delta(Count::Domains), Delta::by(-1));
    }
}

#[test]
fn r10_a_claim_is_looked_up_until_its_week_is_over() {
    let (claim, pack) = (claimed(false), pack_by_role());
    let [_, _, key] = keys_of(&claim.value.domain);
    for (until, result, ends) in [
        (now() + days(1), LookUp::Missing, false),
        (now() + days(1), LookUp::Unanswered, false),
        (now(), LookUp::Unanswered, true),
    ] {
        let check = check(&claim.value, until);
        assert_eq!(domain::is_looked_up(&claim.value, &check.value, now()), !ends);
        let changes = domain::looked_up(&pack, &claim, &check, result, now());
        let end = Change::Delete(key.clone(), check.version);
        assert_eq!(changes.contains(&end), ends, "{until} {result:?}");
        assert_eq!(changes.is_empty(), !ends, "{until} {result:?}");
    }
}

#[test]
fn r10_a_verified_domain_without_its_record_expires_after_the_grace() {
    let (pack, hour) = (pack_by_role(), SignedDuration::from_hours(1));
    let since = |missing: Option<SignedDuration>| {
        let missing_since = missing.map(|missing| now() - missing);
        stored(DomainClaim { missing_since, ..claimed(true).value })
    };
    let grace = days(7);
    for (missing, result, then, next) in [
        // Nothing is wrong.
        (None, LookUp::Found, None, days(1)),
        // The time is noted.
        (None, LookUp::Missing, Some(since(Some(SignedDuration::ZERO))), hour),
        (Some(grace - hour), LookUp::Missing, None, hour),
        // The record is back.
        (Some(grace * 2), LookUp::Found, Some(since(None)), days(1)),
        // No answer never counts against the domain, however long it lasts.
        (None, LookUp::Unanswered, None, hour),
        (Some(grace * 2), LookUp::Unanswered, None, hour),
    ] {
        let claim = since(missing);
        let check = check(&claim.value, now() - days(100));
        let changes = domain::looked_up(&pack, &claim, &check, result, now());
        assert_eq!(after(&changes), then.map(|claim| claim.value), "{missing:?} {result:?}");
        assert_eq!(due(&changes), Some(now() + next), "{missing:?} {result:?}");
        assert_eq!(changes.len(), 2, "{changes:?}");
        // Nobody is looked up on behalf of a claim that was given up meanwhile.
        let own = RecordKey::DomainClaim(WORKSPACE, claim.value.domain.clone());
        let rests_on_claim = changes.iter().any(|change| {
            *change == Change::RequireVersion(own.clone(), claim.version)
                || matches!(change, Change::Update(update) if update.version == claim.version)
        });
        assert!(rests_on_claim, "{changes:?}");
    }
    let claim = since(Some(grace));
    let [_, found, _] = keys_of(&claim.value.domain);
    let check = check(&claim.value, now());
    let changes = domain::looked_up(&pack, &claim, &check, LookUp::Missing, now());
    let expired = after(&changes).unwrap();
    assert_eq!((expired.status(), expired.expired_at), (DomainStatus::Expired, Some(now())));
    assert!(changes.contains(&Change::DeleteUnconditionally(found)), "{changes:?}");
    assert_eq!(due(&changes), None, "the record may come back");
    let again = domain::looked_up(&pack, &stored(expired), &check, LookUp::Found, now());
    assert_eq!(after(&again).unwrap().status(), DomainStatus::Verified);
}

#[test]
fn r10_the_word_of_an_operator_needs_no_record() {
    let pack = pack_by_role();
    let vouched = stored(after(&domain::vouch(&claimed(false), now())).unwrap());
    assert_eq!(vouched.value.status(), DomainStatus::Verified);
    assert!(domain::vouch(&vouched, now()).is_empty());
    let check = check(&vouched.value, now());
    assert!(!domain::is_looked_up(&vouched.value, &check.value, now()));
    let changes = domain::looked_up(&pack, &vouched, &check, LookUp::Missing, now());
    assert_eq!((after(&changes), due(&changes)), (None, Some(now() + days(1))));
    // Until an operator takes it back.
    let alone = stored(after(&domain::stop_vouching(&vouched, now())).unwrap());
    assert_eq!(
        after(&domain::looked_up(&pack, &alone, &check, LookUp::Missing, now())).unwrap().status(),
        DomainStatus::Failing
    );
}

#[test]
fn r10_a_domain_that_an_earlier_release_verified_is_looked_up_from_its_next_join_on() {
    let verified = verified_domain("acme.example").value;
    let known = check(&claimed(true).value, now());
    assert_eq!(domain::watch(&verified, Some(&known), now()), None);
    let change = domain::watch(&verified, None, now()).unwrap();
    assert_eq!(change.key(), RecordKey::DomainCheck(verified.domain, WORKSPACE));
}
