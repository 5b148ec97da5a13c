//! Seats: bought, reserved, filled, vacated. Every path into and out of a seat goes through here
//! (S2, S8, S9, S13).

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Changes, Delta, TallyChange};
use crate::id::{BadId, InvitationId, PurchaseId, SeatId, UserId, WorkspaceId};
use crate::member::{Member, Seating};
use crate::moment::Moment;
use crate::pack::{Money, Pack, Period, SeatModel, SeatNeed, TierId};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;
use crate::workspace::Tally;

/// Most seats of one purchase: a transaction holds 100 actions (AWS limit).
pub const MAX_PER_PURCHASE: u32 = 50;

/// A purchased seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: SeatId,
    /// What kind.
    pub tier: TierId,
    /// Who has it.
    pub occupant: Occupant,
    /// Until when an invitation keeps it; absent: for ever.
    pub reserved_until: Option<Timestamp>,
    /// For how long it is paid.
    pub term: Term,
    /// Per billing period, as it was when bought.
    pub price: Money,
    /// When it was bought.
    pub bought_at: Timestamp,
}

/// For how long a seat is paid. It renews by itself, until cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Where its billing periods start.
    pub anchor: Timestamp,
    /// Cancelled to this moment, from which on it is expired.
    pub ends: Option<Timestamp>,
}

impl Term {
    /// Whether it is over: at the end and after it.
    pub fn is_over(self, now: Timestamp) -> bool {
        self.ends.is_some_and(|end| end <= now)
    }

    /// Until when it is paid.
    pub fn paid_through(self, period: Period, now: Timestamp) -> Timestamp {
        self.ends.unwrap_or_else(|| period.end(self.anchor, now))
    }
}

/// Who has a seat. One word in the item, so that a write can be made on condition of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Occupant {
    /// Nobody.
    Nobody,
    /// Whoever accepts this invitation, while it lasts.
    Invitation(InvitationId),
    /// This member.
    Member(UserId),
}

/// Who has a copy of a seat's term: the seat's occupant, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A member.
    Member(UserId),
    /// An invitation.
    Invitation(InvitationId),
}

impl fmt::Display for Occupant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::Invitation(id) => write!(f, "invitation:{id}"),
            Self::Member(id) => write!(f, "member:{id}"),
        }
    }
}

impl FromStr for Occupant {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        match text.split_once(':') {
            None if text == "nobody" => Ok(Self::Nobody),
            Some(("invitation", id)) => id.parse().map(Self::Invitation),
            Some(("member", id)) => id.parse().map(Self::Member),
            _ => Err(BadId),
        }
    }
}

impl TryFrom<String> for Occupant {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<Occupant> for String {
    fn from(occupant: Occupant) -> String {
        occupant.to_string()
    }
}

/// A seat as its holder carries it, so that what the holder may do is known without reading the
/// seat. Whatever changes the seat's term changes this copy in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Which.
    pub seat: SeatId,
    /// What kind.
    pub tier: TierId,
    /// For how long it is paid.
    pub term: Term,
}

/// What a list of seats shows (S8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeatStatus {
    /// A member has it.
    Filled,
    /// An invitation keeps it.
    Pending,
    /// Bought and empty.
    Available,
    /// No longer paid.
    Expired,
}

impl Seat {
    /// What it is now.
    pub fn status(&self, now: Timestamp) -> SeatStatus {
        if self.term.is_over(now) {
            return SeatStatus::Expired;
        }
        match self.occupant {
            Occupant::Member(_) => SeatStatus::Filled,
            Occupant::Invitation(_) if self.reserved_until.is_none_or(|end| now < end) => SeatStatus::Pending,
            Occupant::Invitation(_) | Occupant::Nobody => SeatStatus::Available,
        }
    }

    /// The copy that its holder carries.
    pub fn hold(&self) -> Hold {
        Hold { seat: self.id, tier: self.tier.clone(), term: self.term }
    }

    fn holder(&self) -> Option<Holder> {
        match self.occupant {
            Occupant::Nobody => None,
            Occupant::Invitation(id) => Some(Holder::Invitation(id)),
            Occupant::Member(id) => Some(Holder::Member(id)),
        }
    }
}

/// A purchase, recorded for an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: PurchaseId,
    /// Who bought.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// What kind of seat.
    pub tier: TierId,
    /// How many.
    pub quantity: u32,
    /// For each, per billing period.
    pub unit_price: Money,
}

/// What somebody buys.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Who.
    pub by: UserId,
    /// What kind; absent: the pack's first.
    pub tier: Option<&'a TierId>,
    /// How many; at most [`MAX_PER_PURCHASE`].
    pub quantity: u32,
}

/// Most ended seats that one purchase clears away, so that its transaction stays within 100 actions.
const CLEARED_AT_ONCE: usize = 40;

/// Seats that are paid: granted, and the purchase recorded (S11). Where the pack allows no more
/// seats, those that have ended and that nobody sits on make room.
pub fn buy(
    pack: &Pack,
    workspace: WorkspaceId,
    order: Order<'_>,
    tally: &Tally,
    existing: &[Stored<Seat>],
    moment: &mut Moment,
) -> Result<(Vec<Seat>, Changes), Refusal> {
    let Order { by: buyer, tier, quantity } = order;
    // Seats of a plan are not bought one by one.
    if pack.seats.model != SeatModel::ByTier {
        return Err(Refusal::TierUnknown);
    }
    let tier = match tier {
        Some(id) => pack.tier(id),
        None => pack.seats.tiers.first(),
    }
    .ok_or(Refusal::TierUnknown)?;
    let max = i64::from(pack.seats.max);
    let excess = tally.seats + i64::from(quantity) - max;
    let cleared = cleared(existing, usize::try_from(excess).unwrap_or(0), moment.now);
    let by = i64::from(quantity) - i64::try_from(cleared.len()).unwrap_or(0);
    if tally.seats + by > max {
        return Err(Refusal::SeatLimitReached);
    }
    let seats: Vec<Seat> = (0..quantity)
        .map(|_| Seat {
            workspace,
            id: SeatId(moment.fresh_id()),
            tier: tier.id.clone(),
            occupant: Occupant::Nobody,
            reserved_until: None,
            term: Term { anchor: moment.now, ends: None },
            price: tier.price.clone(),
            bought_at: moment.now,
        })
        .collect();
    let purchase = Purchase {
        workspace,
        id: PurchaseId(moment.fresh_id()),
        by: buyer,
        at: moment.now,
        tier: tier.id.clone(),
        quantity,
        unit_price: tier.price.clone(),
    };
    let mut changes: Changes = seats.iter().cloned().map(|seat| Change::Create(Record::Seat(seat))).collect();
    changes.push(Change::Create(Record::Purchase(purchase)));
    changes.extend(cleared);
    changes
        .push(Change::Tally(TallyChange { seats: Delta::by(by).up_to(max), ..TallyChange::of(workspace) }));
    Ok((seats, changes))
}

/// Takes away up to `count` seats that have ended and are nobody's.
fn cleared(seats: &[Stored<Seat>], count: usize, now: Timestamp) -> Changes {
    let is_done = |seat: &Seat| seat.term.is_over(now) && seat.occupant == Occupant::Nobody;
    seats
        .iter()
        .filter(|seat| is_done(&seat.value))
        .take(count.min(CLEARED_AT_ONCE))
        .map(|seat| Change::Delete(RecordKey::Seat(seat.value.workspace, seat.value.id), seat.version))
        .collect()
}

/// Which free seat is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish<'a> {
    /// This one and no other.
    pub seat: Option<SeatId>,
    /// One of this tier.
    pub tier: Option<&'a TierId>,
}

/// Finds a seat that is free at this moment: the wished one, else one of the first tier that has
/// any, by chance, so that those who race seldom meet.
pub fn find_free<'a>(
    pack: &Pack,
    seats: &'a [Stored<Seat>],
    wish: Wish<'_>,
    moment: &mut Moment,
) -> Result<&'a Stored<Seat>, Refusal> {
    let now = moment.now;
    let is_free = |seat: &&Stored<Seat>| seat.value.status(now) == SeatStatus::Available;
    if let Some(id) = wish.seat {
        let fits = |seat: &Seat| seat.id == id && wish.tier.is_none_or(|tier| *tier == seat.tier);
        return seats.iter().filter(is_free).find(|seat| fits(&seat.value)).ok_or(Refusal::SeatNotAvailable);
    }
    if wish.tier.is_some_and(|tier| pack.tier(tier).is_none()) {
        return Err(Refusal::TierUnknown);
    }
    let tiers = pack.seats.tiers.iter().filter(|tier| wish.tier.is_none_or(|wished| *wished == tier.id));
    for tier in tiers {
        let free: Vec<_> = seats.iter().filter(|seat| seat.value.tier == tier.id).filter(is_free).collect();
        if let Some(seat) = moment.pick(&free) {
            return Ok(*seat);
        }
    }
    Err(Refusal::NoSeatAvailable)
}

/// The seats of a workspace: the one place where a seat is taken, kept or freed, whichever way
/// somebody comes or goes.
#[derive(Clone, Copy, Debug)]
pub struct Seats<'a> {
    /// The rules.
    pub pack: &'a Pack,
    /// Whose.
    pub workspace: WorkspaceId,
    /// Its counts.
    pub tally: &'a Tally,
    /// Those that were bought, where one may have to be found.
    pub bought: &'a [Stored<Seat>],
}

/// How a person comes to sit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seated {
    /// Where they sit then.
    pub seating: Seating,
    /// What that changes.
    pub changes: Changes,
}

impl Seats<'_> {
    /// Seats somebody who has none, as `need` says.
    pub fn sit_down(
        &self,
        need: SeatNeed,
        user: UserId,
        wish: Wish<'_>,
        moment: &mut Moment,
    ) -> Result<Seated, Refusal> {
        let wish = self.wished(wish)?;
        let wishes = wish != Wish::default();
        let free_slots = i64::from(self.pack.seats.free_slots);
        match need {
            SeatNeed::None if !wishes => Ok(Seated { seating: Seating::None, changes: Vec::new() }),
            SeatNeed::FreeSlot if !wishes && self.tally.free_slots < free_slots => {
                let taken = TallyChange {
                    free_slots: Delta::by(1).up_to(free_slots),
                    ..TallyChange::of(self.workspace)
                };
                Ok(Seated { seating: Seating::FreeSlot, changes: vec![Change::Tally(taken)] })
            }
            _ => self.take(user, wish, moment),
        }
    }

    /// What is wished for, where seats differ: those of a plan are all alike, so that none can be asked
    /// for by its id, and their one tier is no wish.
    pub fn wished<'w>(&self, wish: Wish<'w>) -> Result<Wish<'w>, Refusal> {
        match (self.pack.seats.model, wish) {
            (SeatModel::ByRole, Wish { seat: Some(_), .. }) => Err(Refusal::SeatNotAvailable),
            (SeatModel::ByRole, Wish { tier: Some(tier), .. }) if self.pack.tier(tier).is_none() => {
                Err(Refusal::TierUnknown)
            }
            (SeatModel::ByRole, _) => Ok(Wish::default()),
            (SeatModel::ByTier | SeatModel::None, wish) => Ok(wish),
        }
    }

    /// Gives somebody a seat, and no free slot.
    pub fn take(&self, user: UserId, wish: Wish<'_>, moment: &mut Moment) -> Result<Seated, Refusal> {
        let wish = self.wished(wish)?;
        match self.pack.seats.model {
            SeatModel::None => Err(Refusal::NoSeatAvailable),
            SeatModel::ByTier => {
                let seat = find_free(self.pack, self.bought, wish, moment)?;
                let change = hand_over(seat, Occupant::Member(user), None);
                Ok(Seated { seating: Seating::Seat(seat.value.hold()), changes: vec![change] })
            }
            SeatModel::ByRole if self.tally.open_seats < 1 => Err(Refusal::NoSeatAvailable),
            SeatModel::ByRole => {
                let taken =
                    TallyChange { open_seats: Delta::by(-1).keeping(0), ..TallyChange::of(self.workspace) };
                let seating = Seating::Plan { since: moment.now };
                Ok(Seated { seating, changes: vec![Change::Tally(taken)] })
            }
        }
    }
}

/// Where somebody sat becomes empty.
pub fn stand_up(workspace: WorkspaceId, user: UserId, seating: &Seating) -> Option<Change> {
    let tally = TallyChange::of(workspace);
    match seating {
        Seating::None | Seating::Suspended { .. } => None,
        Seating::FreeSlot => Some(Change::Tally(TallyChange { free_slots: Delta::by(-1), ..tally })),
        Seating::Plan { .. } => Some(Change::Tally(TallyChange { open_seats: Delta::by(1), ..tally })),
        Seating::Seat(hold) => Some(Change::Occupy {
            workspace,
            seat: hold.seat,
            from: Occupant::Member(user),
            to: Occupant::Nobody,
            until: None,
        }),
    }
}

/// Keeps a seat for whoever accepts an invitation.
pub fn keep(
    pack: &Pack,
    seats: &mut Vec<Stored<Seat>>,
    invitation: InvitationId,
    wish: Wish<'_>,
    until: Option<Timestamp>,
    moment: &mut Moment,
) -> Result<(Hold, Change), Refusal> {
    let found = find_free(pack, seats, wish, moment)?.clone();
    // Gone for the next of the same request.
    seats.retain(|seat| seat.value.id != found.value.id);
    Ok((found.value.hold(), hand_over(&found, Occupant::Invitation(invitation), until)))
}

/// Keeps it for longer.
pub fn keep_on(invitation: InvitationId, hold: &Hold, until: Option<Timestamp>) -> Change {
    let own = Occupant::Invitation(invitation);
    Change::Occupy { workspace: invitation.workspace, seat: hold.seat, from: own, to: own, until }
}

/// Whoever accepted the invitation sits on the seat that it kept.
pub fn claim(invitation: InvitationId, hold: &Hold, user: UserId, now: Timestamp) -> Result<Seated, Refusal> {
    if hold.term.is_over(now) {
        return Err(Refusal::NoSeatAvailable);
    }
    let change = Change::Occupy {
        workspace: invitation.workspace,
        seat: hold.seat,
        from: Occupant::Invitation(invitation),
        to: Occupant::Member(user),
        until: None,
    };
    Ok(Seated { seating: Seating::Seat(hold.clone()), changes: vec![change] })
}

/// Keeps it no longer.
pub fn let_go(invitation: InvitationId, hold: &Hold) -> Change {
    Change::Occupy {
        workspace: invitation.workspace,
        seat: hold.seat,
        from: Occupant::Invitation(invitation),
        to: Occupant::Nobody,
        until: None,
    }
}

/// The seat in other hands.
fn hand_over(seat: &Stored<Seat>, to: Occupant, until: Option<Timestamp>) -> Change {
    let seat_then = Seat { occupant: to, reserved_until: until, ..seat.value.clone() };
    Change::Update(Record::Seat(seat_then), seat.version)
}

/// Gives a member a seat, or another one than they have (S2: the owner too).
pub fn assign(
    seats: Seats<'_>,
    member: &Stored<Member>,
    wish: Wish<'_>,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    let before = &member.value;
    let has_it = match &before.seat {
        Seating::Seat(hold) => {
            wish.seat.is_none_or(|seat| seat == hold.seat)
                && wish.tier.is_none_or(|tier| *tier == hold.tier)
                && !hold.term.is_over(moment.now)
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

/// Takes a member's seat back: who may sit in a free slot does so.
pub fn release(
    seats: Seats<'_>,
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
    let seated = seats.sit_down(need, before.user, Wish::default(), moment)?;
    Ok(reseat(member, seated))
}

/// The member leaves where they sat, for where they sit now.
fn reseat(member: &Stored<Member>, seated: Seated) -> (Member, Changes) {
    let before = &member.value;
    let mut changes = seated.changes;
    changes.extend(stand_up(before.workspace, before.user, &before.seat));
    let after = Member { seat: seated.seating, ..before.clone() };
    changes.push(Change::Update(Record::Member(after.clone()), member.version));
    (after, changes)
}

/// Most members of one step of [`settle`]: a transaction holds 100 actions (AWS limit).
const SETTLED_AT_ONCE: usize = 90;

/// Where a plan has fewer seats than are taken, who took one last is without, and has it again when
/// there are seats (R7). One step; none if all is as it should be.
pub fn settle(workspace: WorkspaceId, tally: &Tally, members: &[Stored<Member>]) -> Option<Changes> {
    let since = |member: &Stored<Member>| match member.value.seat {
        Seating::Plan { since } => Some((since, true)),
        Seating::Suspended { since } => Some((since, false)),
        _ => None,
    };
    let suspends = tally.open_seats < 0;
    let mut concerned: Vec<_> = members
        .iter()
        .filter_map(|member| since(member).map(|(since, sits)| (since, sits, member)))
        .filter(|(_, sits, _)| *sits == suspends)
        .collect();
    concerned.sort_by_key(|(since, _, member)| (*since, member.value.user));
    if suspends {
        concerned.reverse();
    }
    let count = usize::try_from(tally.open_seats.unsigned_abs()).unwrap_or(usize::MAX);
    concerned.truncate(count.min(SETTLED_AT_ONCE));
    let moved = i64::try_from(concerned.len()).unwrap_or(0);
    if moved == 0 {
        return None;
    }
    let mut changes: Changes = concerned
        .into_iter()
        .map(|(since, sits, member)| {
            let seat = if sits { Seating::Suspended { since } } else { Seating::Plan { since } };
            let after = Member { seat, ..member.value.clone() };
            Change::Update(Record::Member(after), member.version)
        })
        .collect();
    // Upwards only as far as there are seats, whoever takes one at the same time.
    let open_seats = if suspends { Delta::by(moved) } else { Delta::by(-moved).keeping(0) };
    changes.push(Change::Tally(TallyChange { open_seats, ..TallyChange::of(workspace) }));
    Some(changes)
}

/// Cancels a seat at the end of the period that is paid (S13). Cancelled again: no change.
pub fn cancel(pack: &Pack, seat: &Stored<Seat>, now: Timestamp) -> Result<(Seat, Changes), Refusal> {
    set_end(seat, now, |term| term.ends.or_else(|| Some(term.paid_through(pack.billing.period, now))))
}

/// Undoes a cancellation, until the seat has ended (S13).
pub fn reactivate(seat: &Stored<Seat>, now: Timestamp) -> Result<(Seat, Changes), Refusal> {
    set_end(seat, now, |_| None)
}

fn set_end(
    stored: &Stored<Seat>,
    now: Timestamp,
    ends: impl FnOnce(Term) -> Option<Timestamp>,
) -> Result<(Seat, Changes), Refusal> {
    let seat = &stored.value;
    if seat.term.is_over(now) {
        return Err(Refusal::SeatNotAvailable);
    }
    let term = Term { ends: ends(seat.term), ..seat.term };
    let seat_then = Seat { term, ..seat.clone() };
    if seat_then == *seat {
        return Ok((seat_then, Vec::new()));
    }
    let mut changes = vec![Change::Update(Record::Seat(seat_then.clone()), stored.version)];
    changes.extend(seat.holder().map(|holder| Change::Reterm {
        workspace: seat.workspace,
        holder,
        seat: seat.id,
        term,
    }));
    Ok((seat_then, changes))
}
