//! Changing a pending invitation: another role, or another seat. The link stays the same.

use super::invitation::{invited_role, written};
use super::seating;
use crate::change::Changes;
use crate::model::{Invitation, MakerStamp, Member, PaidPeriod, Seat, SeatChoice, SeatHold};
use crate::moment::Moment;
use crate::pack::{Pack, RoleId, SeatNeed};
use crate::record::Stored;
use crate::refusal::Refusal;

/// The requested change of an invitation. What is absent stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InvitationChange<'a> {
    /// The new role.
    pub role: Option<&'a RoleId>,
    /// The new seat.
    pub seat: SeatChoice<'a>,
}

/// Changes a pending invitation. The member who changes it stands for it from then on, as if they had
/// made it. `seats` are the seats of the workspace, where invitations keep one, and `paid` is what it pays online.
pub fn change(
    pack: &Pack,
    paid: Option<&PaidPeriod>,
    stored: &Stored<Invitation>,
    wanted: InvitationChange<'_>,
    by: &Member,
    seats: &[Stored<Seat>],
    moment: &mut Moment,
) -> Result<(Invitation, Changes), Refusal> {
    let before = &stored.value;
    before.require_pending(moment.now)?;
    let role = match wanted.role {
        Some(_) => invited_role(pack, wanted.role)?,
        // Nobody can make an invitation for a role that the pack dropped.
        None if pack.role(&before.role).is_none() => return Err(Refusal::RoleUnknown),
        None => before.role.clone(),
    };
    seating::require_reserving(pack, wanted.seat)?;
    let (seat, mut changes) = seat_after((pack, paid), before, &role, wanted.seat, seats, moment)?;
    let maker = by.stamp(moment.now);
    let stands = |known: &MakerStamp| known.role == maker.role && known.since == maker.since;
    let is_maker = before.invited_by == by.user && before.maker.as_ref().is_some_and(stands);
    if is_maker && role == before.role && seat == before.seat {
        return Ok((before.clone(), Changes::new()));
    }
    let (invited_by, inviter_name) = (by.user, by.full_name());
    let invitation =
        Invitation { role, seat, invited_by, inviter_name, maker: Some(maker), ..before.clone() };
    changes.extend(written(stored, invitation.clone()));
    Ok((invitation, changes))
}

/// The seat that the invitation keeps then. It keeps the seat that it has, unless another one is asked
/// for or the seat is no longer paid. A role that needs a seat then gets another seat of the same tier.
fn seat_after(
    (pack, paid): (&Pack, Option<&PaidPeriod>),
    before: &Invitation,
    role: &RoleId,
    choice: SeatChoice<'_>,
    seats: &[Stored<Seat>],
    moment: &mut Moment,
) -> Result<(Option<SeatHold>, Changes), Refusal> {
    let is_over = |hold: &SeatHold| hold.term.is_over(paid, moment.now);
    let asks = pack.invitation.reserves_seat && choice != SeatChoice::default();
    let fits = |hold: &SeatHold| {
        choice.seat.is_none_or(|seat| seat == hold.seat) && choice.tier.is_none_or(|tier| *tier == hold.tier)
    };
    if let Some(hold) = &before.seat
        && !is_over(hold)
        && (!asks || fits(hold))
    {
        return Ok((Some(hold.clone()), Changes::new()));
    }
    let freed = before.seat.as_ref().map(|hold| seating::let_go(before.id, hold));
    let needs = pack.invitation.reserves_seat && pack.seat_need(role) != SeatNeed::None;
    if !asks && !needs {
        return Ok((None, freed.into_iter().collect()));
    }
    let tier_before = before.seat.as_ref().map(|hold| &hold.tier).filter(|tier| pack.tier(tier).is_some());
    let wish = if asks { choice } else { SeatChoice { seat: None, tier: tier_before } };
    let (hold, kept) = seating::keep(pack, paid, seats, before.id, wish, before.expires_at, moment)?;
    Ok((Some(hold), [kept].into_iter().chain(freed).collect()))
}
