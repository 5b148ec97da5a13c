//! What a workspace has.

use jiff::Timestamp;

use super::order::units;
use super::quantities;
use crate::model::{PaidPeriod, Quantities, Seat, SeatId, Tally, Workspace};
use crate::pack::{AddOnId, Pack};
use crate::record::Stored;
use crate::refusal::Refusal;

/// What a workspace has, as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Holdings<'a> {
    /// The workspace.
    pub workspace: &'a Stored<Workspace>,
    /// Its counts.
    pub tally: &'a Tally,
    /// All its purchased seats.
    pub seats: &'a [Stored<Seat>],
}

impl<'a> Holdings<'a> {
    /// The number of units of each item that renews.
    pub fn quantities(&self, pack: &Pack) -> Quantities {
        let seats = self.seats.iter().map(|seat| &seat.value);
        quantities(pack, &self.workspace.value, self.tally, seats)
    }

    pub(super) fn paid(&self) -> Option<&'a PaidPeriod> {
        self.workspace.value.paid.as_ref()
    }

    /// A seat that has not ended.
    pub(super) fn live_seat(&self, id: SeatId, now: Timestamp) -> Result<&'a Stored<Seat>, Refusal> {
        let seat = self.seats.iter().find(|seat| seat.value.id == id).ok_or(Refusal::NotFound)?;
        if seat.value.term.is_over(self.paid(), now) { Err(Refusal::SeatNotAvailable) } else { Ok(seat) }
    }

    /// A seat that renews. What a cancelled seat costs does not change any more.
    pub(super) fn renewing_seat(&self, id: SeatId, now: Timestamp) -> Result<&'a Stored<Seat>, Refusal> {
        let seat = self.live_seat(id, now)?;
        if seat.value.term.ends.is_some() { Err(Refusal::SeatNotAvailable) } else { Ok(seat) }
    }

    /// The seats that renew and have another number of units of an add-on.
    pub fn seats_without(
        &self,
        add_on: &AddOnId,
        quantity: u32,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a Stored<Seat>> {
        self.renewing_seats(now).filter(move |seat| units(&seat.value, add_on) != quantity)
    }

    /// The seats that renew.
    pub(super) fn renewing_seats(&self, now: Timestamp) -> impl Iterator<Item = &'a Stored<Seat>> {
        let paid = self.paid();
        self.seats
            .iter()
            .filter(move |seat| seat.value.term.ends.is_none() && !seat.value.term.is_over(paid, now))
    }
}
