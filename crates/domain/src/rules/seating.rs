//! Taking, reserving and freeing seats. Every path into and out of a seat goes through here (S2, S8, S9).

use jiff::Timestamp;

use crate::change::{Change, Changes};
use crate::count_change::{CountChange, Delta};
use crate::model::{
    Count, InvitationId, Member, Occupant, PaidPeriod, PendingInvitation, Seat, SeatChoice, SeatHold,
    SeatStatus, Seating, Tally, UserId, Workspace, WorkspaceId,
};
use crate::moment::Moment;
use crate::pack::{Pack, SeatModel, SeatNeed};
use crate::record::Stored;
use crate::refusal::Refusal;

/// Finds a seat that is free at this moment: the one that is asked for, or a random one of the first tier
/// that has any, so that concurrent requests seldom pick the same seat. Seats of tiers that the pack dropped
/// come last.
pub(crate) fn find_free<'a>(
    pack: &Pack,
    paid: Option<&PaidPeriod>,
    seats: &'a [Stored<Seat>],
    wish: SeatChoice<'_>,
    moment: &mut Moment,
) -> Result<&'a Stored<Seat>, Refusal> {
    let now = moment.now;
    let is_free = |seat: &&Stored<Seat>| seat.value.status(paid, now) == SeatStatus::Available;
    if let Some(id) = wish.seat {
        let fits = |seat: &Seat| seat.id == id && wish.tier.is_none_or(|tier| *tier == seat.tier);
        return seats.iter().filter(is_free).find(|seat| fits(&seat.value)).ok_or(Refusal::SeatNotAvailable);
    }
    if wish.tier.is_some_and(|tier| pack.tier(tier).is_none()) {
        return Err(Refusal::TierUnknown);
    }
    let place = |seat: &Seat| pack.seats.tiers.iter().position(|tier| tier.id == seat.tier);
    let rank = |seat: &Stored<Seat>| place(&seat.value).unwrap_or(usize::MAX);
    let free: Vec<_> = seats.iter().filter(is_free).collect();
    let wished = |seat: &&&Stored<Seat>| wish.tier.is_none_or(|tier| *tier == seat.value.tier);
    let Some(first) = free.iter().filter(wished).map(|seat| rank(seat)).min() else {
        return Err(if free.is_empty() { Refusal::NoSeatAvailable } else { Refusal::NoSeatOfTier });
    };
    let alike: Vec<_> = free.into_iter().filter(|seat| wished(&seat) && rank(seat) == first).collect();
    moment.pick(&alike).copied().ok_or(Refusal::NoSeatAvailable)
}

/// Refuses a wish for a certain seat where invitations reserve none.
pub(crate) fn require_reserving(pack: &Pack, wish: SeatChoice<'_>) -> Result<(), Refusal> {
    if pack.invitation.reserves_seat || wish == SeatChoice::default() {
        return Ok(());
    }
    match wish.tier {
        Some(tier) if !pack.seats.tiers.is_empty() && pack.tier(tier).is_none() => Err(Refusal::TierUnknown),
        _ => Err(Refusal::NotOffered),
    }
}

/// The seats of a workspace. Seats are taken, reserved and freed only here, in whichever way a person joins
/// or leaves.
#[derive(Clone, Copy, Debug)]
pub struct SeatPool<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// The workspace that has the seats.
    pub workspace: &'a Workspace,
    /// The counts of the workspace.
    pub tally: &'a Tally,
    /// The purchased seats, if a free one may be needed.
    pub bought: &'a [Stored<Seat>],
}

/// A seat for a person, and the changes that give it to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeatAssignment {
    /// The seat that the person has then.
    pub(crate) seating: Seating,
    /// The changes to write.
    pub(crate) changes: Changes,
}

impl SeatPool<'_> {
    /// Gives a person without a seat the kind of seat that `need` asks for.
    pub(crate) fn sit_down(
        &self,
        need: SeatNeed,
        user: UserId,
        wish: SeatChoice<'_>,
        moment: &mut Moment,
    ) -> Result<SeatAssignment, Refusal> {
        let wish = self.wished(wish)?;
        let wishes = wish != SeatChoice::default();
        let free_slots = i64::from(self.pack.seats.free_slots);
        match need {
            SeatNeed::None if !wishes => Ok(SeatAssignment { seating: Seating::None, changes: Vec::new() }),
            SeatNeed::FreeSlot if !wishes && self.tally.free_slots < free_slots => {
                let taken =
                    CountChange::one(self.workspace.id, Count::FreeSlots, Delta::by(1).up_to(free_slots));
                Ok(SeatAssignment { seating: Seating::FreeSlot, changes: vec![Change::AdjustCounts(taken)] })
            }
            _ => self.take(user, wish, moment),
        }
    }

    /// The choice, where seats differ. The seats of a plan are all alike: none can be asked for by its id,
    /// and to name their one tier is no choice.
    pub(crate) fn wished<'w>(&self, wish: SeatChoice<'w>) -> Result<SeatChoice<'w>, Refusal> {
        match (self.pack.seats.model, wish) {
            (SeatModel::ByRole, SeatChoice { seat: Some(_), .. }) => Err(Refusal::SeatNotAvailable),
            (SeatModel::ByRole, SeatChoice { tier: Some(tier), .. }) if self.pack.tier(tier).is_none() => {
                Err(Refusal::TierUnknown)
            }
            (SeatModel::ByRole, _) => Ok(SeatChoice::default()),
            (SeatModel::ByTier | SeatModel::None, wish) => Ok(wish),
        }
    }

    /// Gives a person a seat, never a free slot.
    pub(crate) fn take(
        &self,
        user: UserId,
        wish: SeatChoice<'_>,
        moment: &mut Moment,
    ) -> Result<SeatAssignment, Refusal> {
        let wish = self.wished(wish)?;
        match self.pack.seats.model {
            SeatModel::None => Err(Refusal::NotOffered),
            SeatModel::ByTier => {
                let seat = find_free(self.pack, self.workspace.paid.as_ref(), self.bought, wish, moment)?;
                let change = hand_over(seat, Occupant::Member(user), None);
                Ok(SeatAssignment { seating: Seating::Seat(seat.value.hold()), changes: vec![change] })
            }
            SeatModel::ByRole if self.tally.open_seats < 1 => Err(Refusal::NoSeatAvailable),
            SeatModel::ByRole => {
                let taken = CountChange::one(self.workspace.id, Count::OpenSeats, Delta::by(-1).keeping(0));
                let seating = Seating::Plan { since: moment.now };
                Ok(SeatAssignment { seating, changes: vec![Change::AdjustCounts(taken)] })
            }
        }
    }
}

/// Frees the seat or the free slot of a person.
pub(crate) fn stand_up(workspace: WorkspaceId, user: UserId, seating: &Seating) -> Option<Change> {
    let add = |count, by| Some(Change::AdjustCounts(CountChange::one(workspace, count, Delta::by(by))));
    match seating {
        Seating::None | Seating::Suspended { .. } => None,
        Seating::FreeSlot => add(Count::FreeSlots, -1),
        Seating::Plan { .. } => add(Count::OpenSeats, 1),
        Seating::Seat(hold) => Some(Change::ChangeOccupant {
            workspace,
            seat: hold.seat,
            from: Occupant::Member(user),
            to: Occupant::Nobody,
            until: None,
        }),
    }
}

/// Reserves a seat for the person who accepts an invitation.
pub(crate) fn keep(
    pack: &Pack,
    paid: Option<&PaidPeriod>,
    seats: &[Stored<Seat>],
    invitation: InvitationId,
    wish: SeatChoice<'_>,
    until: Option<Timestamp>,
    moment: &mut Moment,
) -> Result<(SeatHold, Change), Refusal> {
    let found = find_free(pack, paid, seats, wish, moment)?;
    Ok((found.value.hold(), hand_over(found, Occupant::Invitation(invitation), until)))
}

/// Passes the seat of a pending invitation on to the invitation that takes its place, if the seat is one of
/// those that are asked for.
pub(crate) fn pass_on(
    paid: Option<&PaidPeriod>,
    seats: &[Stored<Seat>],
    from: Option<&PendingInvitation>,
    to: InvitationId,
    wish: SeatChoice<'_>,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Option<(SeatHold, Change)> {
    let from = Occupant::Invitation(from.filter(|from| from.is_live(now))?.invitation);
    let fits = |seat: &Seat| {
        seat.occupant == from
            && !seat.term.is_over(paid, now)
            && wish.seat.is_none_or(|wished| wished == seat.id)
            && wish.tier.is_none_or(|wished| *wished == seat.tier)
    };
    let seat = seats.iter().find(|seat| fits(&seat.value))?;
    Some((seat.value.hold(), hand_over(seat, Occupant::Invitation(to), until)))
}

/// Extends a reservation.
pub(crate) fn keep_on(invitation: InvitationId, hold: &SeatHold, until: Option<Timestamp>) -> Change {
    let own = Occupant::Invitation(invitation);
    Change::ChangeOccupant { workspace: invitation.workspace, seat: hold.seat, from: own, to: own, until }
}

/// Gives the reserved seat to the person who accepted the invitation.
pub(crate) fn claim(
    paid: Option<&PaidPeriod>,
    invitation: InvitationId,
    hold: &SeatHold,
    user: UserId,
    now: Timestamp,
) -> Result<SeatAssignment, Refusal> {
    if hold.term.is_over(paid, now) {
        return Err(Refusal::NoSeatAvailable);
    }
    let change = Change::ChangeOccupant {
        workspace: invitation.workspace,
        seat: hold.seat,
        from: Occupant::Invitation(invitation),
        to: Occupant::Member(user),
        until: None,
    };
    Ok(SeatAssignment { seating: Seating::Seat(hold.clone()), changes: vec![change] })
}

/// Ends a reservation.
pub(crate) fn let_go(invitation: InvitationId, hold: &SeatHold) -> Change {
    Change::ChangeOccupant {
        workspace: invitation.workspace,
        seat: hold.seat,
        from: Occupant::Invitation(invitation),
        to: Occupant::Nobody,
        until: None,
    }
}

/// Gives a seat to another occupant.
fn hand_over(seat: &Stored<Seat>, to: Occupant, until: Option<Timestamp>) -> Change {
    let seat_then = Seat { occupant: to, reserved_until: until, ..seat.value.clone() };
    Change::update(seat, seat_then)
}

/// Gives a member a seat, or a different one (S2: the owner, too).
pub(crate) fn assign(
    seats: SeatPool<'_>,
    member: &Stored<Member>,
    wish: SeatChoice<'_>,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    let before = &member.value;
    let has_it = match &before.seat {
        Seating::Seat(hold) => {
            wish.seat.is_none_or(|seat| seat == hold.seat)
                && wish.tier.is_none_or(|tier| *tier == hold.tier)
                && !hold.term.is_over(seats.workspace.paid.as_ref(), moment.now)
        }
        Seating::Plan { .. } => true,
        Seating::None | Seating::FreeSlot | Seating::Suspended { .. } => false,
    };
    if has_it {
        return Ok((before.clone(), Vec::new()));
    }
    let seated = seats.take(before.user, wish, moment)?;
    Ok(reseat(member, seated))
}

/// Takes a member's seat back. A member whose role takes a free slot gets one.
pub(crate) fn release(
    seats: SeatPool<'_>,
    member: &Stored<Member>,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    let before = &member.value;
    if !before.seat.is_seat() {
        return Ok((before.clone(), Vec::new()));
    }
    let need = seats.pack.seat_need(&before.role);
    let has_slot = seats.tally.free_slots < i64::from(seats.pack.seats.free_slots);
    if need == SeatNeed::Required || need == SeatNeed::FreeSlot && !has_slot {
        return Err(Refusal::SeatRequired);
    }
    let seated = seats.sit_down(need, before.user, SeatChoice::default(), moment)?;
    Ok(reseat(member, seated))
}

/// Moves a member to another seat and frees the one before.
fn reseat(member: &Stored<Member>, seated: SeatAssignment) -> (Member, Changes) {
    let before = &member.value;
    let mut changes = seated.changes;
    changes.extend(stand_up(before.workspace, before.user, &before.seat));
    let after = Member { seat: seated.seating, ..before.clone() };
    changes.push(Change::update(member, after.clone()));
    (after, changes)
}
