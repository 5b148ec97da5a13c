//! Domains: claiming and giving up, and what the look-ups of their DNS records change (R10).

use jiff::{SignedDuration, Timestamp};

use crate::change::{Change, Changes};
use crate::count_change::{CountChange, Delta};
use crate::model::{
    Count, DomainCheck, DomainClaim, DomainName, DomainStatus, UserId, VerifiedDomain, WorkspaceId,
};
use crate::moment::Moment;
use crate::pack::{Channel, Pack};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;

/// The most domains of a workspace.
pub const MAX_DOMAINS: u32 = 50;
/// The most workspaces that a person joins by their domain at one sign-in.
pub const JOINED_AT_ONCE: usize = 5;
/// The time for which a claimed domain is looked up, unless it is claimed again.
const LOOKED_UP: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The time between two look-ups of a verified domain.
const LOOKED_UP_AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// The same while the record is missing, or while the name servers do not answer.
const LOOKED_UP_SOON: SignedDuration = SignedDuration::from_hours(1);

/// The result of a look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookUp {
    /// The record is there.
    Found,
    /// The name servers answered that the record is not there.
    Missing,
    /// No answer. It says nothing about the record, so it never counts against a domain.
    Unanswered,
}

/// Claims a domain. A repeated claim stays as it is; the record is looked up at the next run and, if the
/// claim is not verified yet, for another week.
pub fn claim(
    pack: &Pack,
    workspace: WorkspaceId,
    domain: &DomainName,
    before: Option<&Stored<DomainClaim>>,
    claimant: UserId,
    moment: &mut Moment,
) -> Result<(DomainClaim, Changes), Refusal> {
    if !pack.offers(Channel::Domain) {
        return Err(Refusal::ChannelNotOffered);
    }
    if domain.is_public() {
        return Err(Refusal::PublicDomain);
    }
    let look = look_up(domain, workspace, moment.now, None);
    if let Some(Stored { value: claim, version }) = before {
        let key = RecordKey::DomainClaim(workspace, domain.clone());
        return Ok((claim.clone(), vec![Change::RequireVersion(key, *version), look]));
    }
    let proof = moment.secret().simple().to_string();
    let claim = DomainClaim::new(workspace, domain.clone(), proof, claimant, moment.now);
    let counted = CountChange::one(workspace, Count::Domains, Delta::by(1).up_to(MAX_DOMAINS.into()));
    let changes =
        vec![Change::Create(Record::DomainClaim(claim.clone())), look, Change::AdjustCounts(counted)];
    Ok((claim, changes))
}

/// Looks the domain up from `due` on, or at the next run.
fn look_up(domain: &DomainName, workspace: WorkspaceId, now: Timestamp, due: Option<Timestamp>) -> Change {
    let (domain, until) = (domain.clone(), later(now, LOOKED_UP));
    Change::Put(Record::DomainCheck(DomainCheck { domain, workspace, until, due }))
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// Whether a look-up of the record can change anything.
pub fn is_looked_up(claim: &DomainClaim, check: &DomainCheck, now: Timestamp) -> bool {
    if claim.verified_at.is_some() { !claim.vouched } else { now < check.until }
}

/// The changes after a look-up. Each depends on the version of the claim, which a repeated claim does not
/// change: so repeating it does not put off the end of a verification (K54).
pub fn looked_up(
    pack: &Pack,
    claim: &Stored<DomainClaim>,
    check: &Stored<DomainCheck>,
    result: LookUp,
    now: Timestamp,
) -> Changes {
    let DomainClaim { workspace, domain, missing_since, .. } = &claim.value;
    let again = |wait| look_up(domain, *workspace, now, Some(later(now, wait)));
    let unchanged = Change::RequireVersion(RecordKey::DomainClaim(*workspace, domain.clone()), claim.version);
    let missing = |missing_since| DomainClaim { missing_since, ..claim.value.clone() };
    if claim.value.verified_at.is_none() {
        return match result {
            LookUp::Found => verify(claim, false, now),
            _ if check.value.until <= now => {
                let key = RecordKey::DomainCheck(domain.clone(), *workspace);
                vec![unchanged, Change::Delete(key, check.version)]
            }
            _ => Vec::new(),
        };
    }
    match (result, missing_since) {
        _ if claim.value.vouched => vec![unchanged, again(LOOKED_UP_AGAIN)],
        (LookUp::Found, None) => vec![unchanged, again(LOOKED_UP_AGAIN)],
        (LookUp::Found, Some(_)) => vec![Change::update(claim, missing(None)), again(LOOKED_UP_AGAIN)],
        (LookUp::Unanswered, _) => vec![unchanged, again(LOOKED_UP_SOON)],
        (LookUp::Missing, None) => vec![Change::update(claim, missing(Some(now))), again(LOOKED_UP_SOON)],
        (LookUp::Missing, Some(since)) if now < pack.domains.grace.after(*since) => {
            vec![unchanged, again(LOOKED_UP_SOON)]
        }
        (LookUp::Missing, Some(_)) => expire(claim, now),
    }
}

/// Verifies a claim: from now on, people with an address of the domain can join. `vouched`: an operator
/// says so.
fn verify(stored: &Stored<DomainClaim>, vouched: bool, now: Timestamp) -> Changes {
    let claim = &stored.value;
    let (domain, workspace) = (claim.domain.clone(), claim.workspace);
    let verified_at = claim.verified_at.or(Some(now));
    let verified =
        DomainClaim { verified_at, vouched, missing_since: None, expired_at: None, ..claim.clone() };
    let mut changes = vec![
        Change::update(stored, verified),
        look_up(&domain, workspace, now, Some(later(now, LOOKED_UP_AGAIN))),
    ];
    if claim.verified_at.is_none() {
        changes.push(Change::Create(Record::VerifiedDomain(VerifiedDomain { domain, workspace })));
    }
    changes
}

/// Verifies a claim on the word of an operator. Its record is not looked up.
pub fn vouch(stored: &Stored<DomainClaim>, now: Timestamp) -> Changes {
    if stored.value.verified_at.is_some() && stored.value.vouched {
        return Vec::new();
    }
    verify(stored, true, now)
}

/// Takes back the word of an operator: the verification depends on the record again.
pub fn stop_vouching(stored: &Stored<DomainClaim>, now: Timestamp) -> Changes {
    let claim = DomainClaim { vouched: false, ..stored.value.clone() };
    let look = look_up(&claim.domain, claim.workspace, now, None);
    vec![Change::update(stored, claim), look]
}

/// The verification expires: from now on nobody joins by the domain. Members stay. If the record comes back
/// within a week, the claim is verified again.
fn expire(stored: &Stored<DomainClaim>, now: Timestamp) -> Changes {
    let claim = &stored.value;
    let (domain, workspace) = (claim.domain.clone(), claim.workspace);
    let expired =
        DomainClaim { verified_at: None, missing_since: None, expired_at: Some(now), ..claim.clone() };
    vec![
        Change::update(stored, expired),
        look_up(&domain, workspace, now, None),
        Change::DeleteUnconditionally(RecordKey::VerifiedDomain(domain, workspace)),
    ]
}

/// The time at which the verification expires, if the record stays missing.
pub fn expires_at(pack: &Pack, claim: &DomainClaim) -> Option<Timestamp> {
    let since = claim.missing_since.filter(|_| claim.status() == DomainStatus::Failing)?;
    Some(pack.domains.grace.after(since))
}

/// Looks up a domain that an earlier release verified once and for all; `check` is what was read of it.
pub fn watch(
    verified: &VerifiedDomain,
    check: Option<&Stored<DomainCheck>>,
    now: Timestamp,
) -> Option<Change> {
    check.is_none().then(|| look_up(&verified.domain, verified.workspace, now, None))
}

/// Gives up a domain: from then on nobody joins by it. Members stay.
pub fn unlink(stored: &Stored<DomainClaim>) -> Changes {
    let (domain, workspace) = (&stored.value.domain, stored.value.workspace);
    vec![
        Change::Delete(RecordKey::DomainClaim(workspace, domain.clone()), stored.version),
        Change::DeleteUnconditionally(RecordKey::VerifiedDomain(domain.clone(), workspace)),
        Change::DeleteUnconditionally(RecordKey::DomainCheck(domain.clone(), workspace)),
        Change::AdjustCounts(CountChange::one(workspace, Count::Domains, Delta::by(-1))),
    ]
}
