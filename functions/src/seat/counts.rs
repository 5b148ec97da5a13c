//! The numbers of seats, by status.

use jiff::Timestamp;
use seatwise_domain::pack::{Pack, SeatModel};
use seatwise_domain::{PaidPeriod, Seat, SeatStatus, Stored, Tally};
use serde::Serialize;
use utoipa::ToSchema;

/// The number of seats, by status.
#[derive(Default, Serialize, ToSchema)]
pub struct SeatCounts {
    /// All seats.
    total: u32,
    /// Seats with a member.
    filled: u32,
    /// Seats that are reserved for an invitation.
    pending: u32,
    /// Free seats.
    available: u32,
    /// Seats that are no longer paid.
    expired: u32,
}

impl SeatCounts {
    /// The numbers of a workspace. `paid` is what it pays online.
    pub fn of(
        pack: &Pack,
        paid: Option<&PaidPeriod>,
        tally: &Tally,
        seats: &[Stored<Seat>],
        now: Timestamp,
    ) -> Self {
        match pack.seats.model {
            SeatModel::ByRole => Self::of_plan(tally),
            SeatModel::ByTier | SeatModel::None => Self::of_bought(paid, seats, now),
        }
    }

    /// Seats of a plan: they have no status of their own.
    fn of_plan(tally: &Tally) -> Self {
        let number = |count: i64| u32::try_from(count).unwrap_or(0);
        let filled = tally.seats - tally.open_seats;
        Self {
            total: number(tally.seats),
            filled: number(filled),
            available: number(tally.open_seats),
            ..Self::default()
        }
    }

    fn of_bought(paid: Option<&PaidPeriod>, seats: &[Stored<Seat>], now: Timestamp) -> Self {
        let mut counts = Self::default();
        for seat in seats {
            counts.total += 1;
            *match seat.value.status(paid, now) {
                SeatStatus::Filled => &mut counts.filled,
                SeatStatus::Pending => &mut counts.pending,
                SeatStatus::Available => &mut counts.available,
                SeatStatus::Expired => &mut counts.expired,
            } += 1;
        }
        counts
    }
}
