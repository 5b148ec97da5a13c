//! Memberships: who is in a workspace, as what, on which seat.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Changes, Delta, TallyChange};
use crate::email::{EmailAddress, EmailKey};
use crate::id::{LeaveRequestId, UserId, WorkspaceId};
use crate::leave::LeaveState;
use crate::moment::Moment;
use crate::pack::{Pack, RoleId, SeatNeed};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;
use crate::seat::{self, Hold, Seat, Wish};
use crate::text::PersonName;
use crate::user::{Identity, User};
use crate::workspace::Tally;

/// A person in a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: RoleId,
    /// On which seat.
    pub seat: Seating,
    /// The address shown.
    pub email: Option<EmailAddress>,
    /// The address they joined with, which is theirs in this workspace.
    pub slot: Option<EmailKey>,
    /// First name.
    pub first_name: Option<PersonName>,
    /// Last name.
    pub last_name: Option<PersonName>,
    /// Since when.
    pub joined_at: Timestamp,
    /// Their leave request that nobody has decided yet: at most one.
    pub pending_leave: Option<LeaveRequestId>,
}

/// Where a member sits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Seating {
    /// On no seat.
    None,
    /// In a slot that costs nothing (S2).
    #[serde(rename = "free-slot")]
    FreeSlot,
    /// On a purchased seat.
    Seat(Hold),
}

impl Seating {
    /// The purchased seat.
    pub fn hold(&self) -> Option<&Hold> {
        match self {
            Self::Seat(hold) => Some(hold),
            Self::None | Self::FreeSlot => None,
        }
    }
}

impl Member {
    /// Somebody who joins now. Names they set in their account go before those of the token.
    pub fn new(
        workspace: WorkspaceId,
        identity: &Identity,
        account: Option<&User>,
        role: RoleId,
        seat: Seating,
        now: Timestamp,
    ) -> Self {
        let named = |own: fn(&User) -> Option<PersonName>, token: &Option<PersonName>| {
            account.and_then(own).or_else(|| token.clone())
        };
        Self {
            workspace,
            user: identity.user,
            role,
            seat,
            email: identity.email.clone(),
            slot: identity.verified_email().map(EmailAddress::key),
            first_name: named(|user| user.first_name.clone(), &identity.first_name),
            last_name: named(|user| user.last_name.clone(), &identity.last_name),
            joined_at: now,
            pending_leave: None,
        }
    }
}

/// Changes a member's role, at once, and their seat with it (F8, R3).
pub fn change_role(
    pack: &Pack,
    member: &Stored<Member>,
    role: &RoleId,
    tally: &Tally,
    seats: &[Stored<Seat>],
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    let before = &member.value;
    if pack.role(role).is_none() {
        return Err(Refusal::RoleUnknown);
    }
    if before.role == *role {
        return Ok((before.clone(), Vec::new()));
    }
    let governors = governor_delta(pack, Some(&before.role), Some(role), tally)?;
    let mut changes = Vec::new();
    let seating = match (pack.seat_need(role), &before.seat) {
        (SeatNeed::Required | SeatNeed::FreeSlot, Seating::Seat(_))
        | (SeatNeed::FreeSlot, Seating::FreeSlot) => before.seat.clone(),
        (SeatNeed::None, _) => {
            changes.extend(seat::stand_up(before.workspace, before.user, &before.seat));
            Seating::None
        }
        (need, _) => {
            let seated = seat::sit_down(pack, need, before.user, tally, seats, Wish::default(), moment)?;
            changes.extend(seated.change);
            seated.seating
        }
    };
    let tally_change = TallyChange {
        governors,
        free_slots: seat::free_slot_delta(pack, &before.seat, &seating),
        ..TallyChange::of(before.workspace)
    };
    if tally_change != TallyChange::of(before.workspace) {
        changes.push(Change::Tally(tally_change));
    }
    let after = Member { role: role.clone(), seat: seating, ..before.clone() };
    changes.push(Change::Update(Record::Member(after.clone()), member.version));
    Ok((after, changes))
}

/// Removes a member: the one way out, whoever decides it. Frees the seat (S9), closes what is
/// theirs, keeps the account (R13).
pub fn remove(
    pack: &Pack,
    member: &Stored<Member>,
    tally: &Tally,
    now: Timestamp,
) -> Result<Changes, Refusal> {
    let mut changes = exit(pack, member, tally)?;
    if let Some(request) = member.value.pending_leave {
        let state = LeaveState::Withdrawn { at: now };
        changes.push(Change::CloseLeave { workspace: member.value.workspace, request, state });
    }
    Ok(changes)
}

/// What every way out changes; the leave request that led to it is the caller's to close.
pub(crate) fn exit(pack: &Pack, member: &Stored<Member>, tally: &Tally) -> Result<Changes, Refusal> {
    let gone = &member.value;
    let mut changes = vec![
        Change::Delete(RecordKey::Member(gone.workspace, gone.user), member.version),
        Change::Forget(RecordKey::Joined(gone.user, gone.workspace)),
        Change::Tally(TallyChange {
            members: Delta::by(-1),
            governors: governor_delta(pack, Some(&gone.role), None, tally)?,
            free_slots: seat::free_slot_delta(pack, &gone.seat, &Seating::None),
            ..TallyChange::of(gone.workspace)
        }),
    ];
    changes.extend(seat::stand_up(gone.workspace, gone.user, &gone.seat));
    if let Some(email) = &gone.slot {
        changes.push(Change::VacateSlot { email: email.clone(), workspace: gone.workspace, user: gone.user });
    }
    Ok(changes)
}

/// How the count of governors changes when somebody's role does; `None` is no role at all. The
/// last governor stays (R2), and the bound holds that against whoever goes at the same time.
pub(crate) fn governor_delta(
    pack: &Pack,
    before: Option<&RoleId>,
    after: Option<&RoleId>,
    tally: &Tally,
) -> Result<Delta, Refusal> {
    let governs = |role: Option<&RoleId>| role.is_some_and(|role| pack.is_governing(role));
    match (governs(before), governs(after)) {
        (true, false) if tally.governors <= 1 => Err(Refusal::LastGovernor),
        (true, false) => Ok(Delta::by(-1).keeping(1)),
        (false, true) => Ok(Delta::by(1)),
        _ => Ok(Delta::default()),
    }
}
