//! Claiming, verifying and giving up domains (R10).

use jiff::{SignedDuration, Timestamp};

use crate::change::{Change, Changes, CountChange, Delta};
use crate::model::{Count, DomainCheck, DomainClaim, DomainName, UserId, VerifiedDomain, WorkspaceId};
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

/// Claims a domain. A repeated claim stays as it is; if it is not verified yet, the look-up starts again.
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
    let until = moment.now.saturating_add(LOOKED_UP).unwrap_or(Timestamp::MAX);
    let check = DomainCheck { domain: domain.clone(), workspace, until };
    let look = Change::Put(Record::DomainCheck(check));
    if let Some(Stored { value: claim, version }) = before {
        let key = RecordKey::DomainClaim(workspace, domain.clone());
        let changes = match claim.verified_at {
            Some(_) => Vec::new(),
            None => vec![Change::RequireVersion(key, *version), look],
        };
        return Ok((claim.clone(), changes));
    }
    let claim = DomainClaim {
        workspace,
        domain: domain.clone(),
        proof: moment.secret().simple().to_string(),
        claimed_by: claimant,
        claimed_at: moment.now,
        verified_at: None,
    };
    let counted = CountChange::one(workspace, Count::Domains, Delta::by(1).up_to(MAX_DOMAINS.into()));
    let changes =
        vec![Change::Create(Record::DomainClaim(claim.clone())), look, Change::AdjustCounts(counted)];
    Ok((claim, changes))
}

/// Verifies a claim: from now on, people with an address of the domain can join.
pub fn verify(stored: &Stored<DomainClaim>, now: Timestamp) -> Changes {
    let claim = &stored.value;
    let (domain, workspace) = (claim.domain.clone(), claim.workspace);
    let mut changes = vec![Change::DeleteUnconditionally(RecordKey::DomainCheck(domain.clone(), workspace))];
    if claim.verified_at.is_none() {
        let verified = DomainClaim { verified_at: Some(now), ..claim.clone() };
        changes.push(Change::update(stored, verified));
        changes.push(Change::Create(Record::VerifiedDomain(VerifiedDomain { domain, workspace })));
    }
    changes
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
