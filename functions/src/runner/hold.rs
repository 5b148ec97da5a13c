//! A member about whom others decide cannot hold the decision up with requests of their own (K54): after some
//! conflicts, the member writes nothing for a while.

use jiff::{SignedDuration, Timestamp};
use seatwise_domain::{Change, Member, Stored};

use crate::operation::Operation;
use crate::problem::{Code, Problem};
use crate::scope::Scope;

/// The conflicts of a request before it holds the member.
const TOLERATED_CONFLICTS: u32 = 2;

/// The time for which a member is held: longer than the remaining attempts of a request take.
const HOLD: SignedDuration = SignedDuration::from_secs(10);

/// Refuses to write for a caller who is held. A caller who decides about another member may: two who decide about
/// each other must not both be stopped.
pub fn require_free<O: Operation>(
    scope: &O::Scope,
    target: &O::Target,
    now: Timestamp,
) -> Result<(), Problem> {
    let Some(held) = scope.membership().filter(|member| member.is_held(now)) else { return Ok(()) };
    let is_about_another = O::decides_about(target).is_some_and(|other| other.value.user != held.user);
    if is_about_another { Ok(()) } else { Err(Code::ConflictBusy.into()) }
}

/// The change that holds the member, when a request about them has met so many conflicts.
pub fn hold<O: Operation>(
    scope: &O::Scope,
    target: &O::Target,
    earlier_conflicts: u32,
    now: Timestamp,
) -> Option<Change> {
    let Stored { value: Member { workspace, user, .. }, .. } = O::decides_about(target)?;
    let is_own = scope.membership().is_some_and(|caller| caller.user == *user);
    let until = now.saturating_add(HOLD).unwrap_or(Timestamp::MAX);
    let change = Change::HoldMember { workspace: *workspace, user: *user, until };
    (earlier_conflicts == TOLERATED_CONFLICTS && !is_own).then_some(change)
}
