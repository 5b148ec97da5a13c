//! Leave requests: a member asks to leave, and another user decides (S10).

use jiff::Timestamp;

use super::member::{self, MembershipContext};
use crate::change::{Change, Changes};
use crate::model::{LeaveRequest, LeaveRequestId, LeaveState, Member, Reason, UserId};
use crate::moment::Moment;
use crate::pack::{LeaveBy, Pack};
use crate::record::{Record, Stored};
use crate::refusal::Refusal;

/// Asks to leave. A member has at most one pending request.
pub fn request(
    pack: &Pack,
    member: &Stored<Member>,
    reason: Option<Reason>,
    moment: &mut Moment,
) -> Result<(LeaveRequest, Changes), Refusal> {
    let asker = &member.value;
    if pack.leave.by != LeaveBy::Request {
        return Err(Refusal::LeaveNotOffered);
    }
    if asker.pending_leave.is_some() {
        return Err(Refusal::LeavePending);
    }
    let id = LeaveRequestId { user: asker.user, serial: moment.fresh_id() };
    let request = LeaveRequest {
        workspace: asker.workspace,
        id,
        reason,
        asked_at: moment.now,
        state: LeaveState::Pending,
    };
    let Member { workspace, user, .. } = *asker;
    let changes = vec![
        Change::Create(Record::LeaveRequest(request.clone())),
        Change::UpdatePendingLeave { workspace, user, from: None, to: Some(id) },
    ];
    Ok((request, changes))
}

/// Withdraws a request.
pub fn withdraw(
    request: &Stored<LeaveRequest>,
    member: &Stored<Member>,
    now: Timestamp,
) -> Result<Changes, Refusal> {
    let (_, changes) = settle(request, member, LeaveState::Withdrawn { at: now })?;
    Ok(changes)
}

/// Denies a request: the asker stays.
pub fn deny(
    request: &Stored<LeaveRequest>,
    asker: Option<&Stored<Member>>,
    by: UserId,
    reason: Option<Reason>,
    now: Timestamp,
) -> Result<(LeaveRequest, Changes), Refusal> {
    // A former member has no pending request: removal closes it.
    let asker = asker.ok_or(Refusal::LeaveDecided)?;
    settle(request, asker, LeaveState::Denied { by, at: now, reason })
}

/// Approves a request: removes the asker and closes the request in one transaction.
pub fn approve(
    context: MembershipContext<'_>,
    request: &Stored<LeaveRequest>,
    asker: Option<&Stored<Member>>,
    by: UserId,
    reason: Option<Reason>,
    moment: &mut Moment,
) -> Result<(LeaveRequest, Changes), Refusal> {
    let asker = asker.ok_or(Refusal::LeaveDecided)?;
    let (decided, change) = close(request, LeaveState::Approved { by, at: moment.now, reason })?;
    let mut changes = member::exit(context, asker, moment)?;
    changes.push(change);
    Ok((decided, changes))
}

/// Closes the request; the asker stays.
fn settle(
    request: &Stored<LeaveRequest>,
    asker: &Stored<Member>,
    state: LeaveState,
) -> Result<(LeaveRequest, Changes), Refusal> {
    let (settled, change) = close(request, state)?;
    let Member { workspace, user, .. } = asker.value;
    let free = Change::UpdatePendingLeave { workspace, user, from: Some(request.value.id), to: None };
    Ok((settled, vec![change, free]))
}

fn close(request: &Stored<LeaveRequest>, state: LeaveState) -> Result<(LeaveRequest, Change), Refusal> {
    if request.value.state != LeaveState::Pending {
        return Err(Refusal::LeaveDecided);
    }
    let closed = LeaveRequest { state, ..request.value.clone() };
    let change = Change::update(request, closed.clone());
    Ok((closed, change))
}
