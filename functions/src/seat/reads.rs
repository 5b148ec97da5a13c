//! The seats that a workspace has bought, read where a free one may have to be found or all are
//! counted.

use std::collections::HashMap;

use seatwise_domain::pack::{Pack, SeatModel};
use seatwise_domain::{Refusal, Seat, SeatStatus, Stored, TierId, WorkspaceId};
use seatwise_store::{List, Many, Reads};

use crate::operation::{Operation, State};
use crate::problem::Problem;
use crate::scope::Scope as _;

/// Reads the seats of a workspace, where seats are bought. The seats of a plan are only counted.
#[derive(Clone, Copy)]
pub struct SeatReads(Option<Many<Seat>>);

impl SeatReads {
    /// Reads the seats.
    pub fn plan(pack: &Pack, workspace: WorkspaceId, reads: &mut Reads) -> Self {
        Self::plan_if(pack.seats.model == SeatModel::ByTier, workspace, reads)
    }

    /// Reads the seats if they are needed.
    pub fn plan_if(is_needed: bool, workspace: WorkspaceId, reads: &mut Reads) -> Self {
        Self(is_needed.then(|| reads.many(List::seats(workspace))))
    }

    /// The handle of the list; nothing where it was not needed.
    pub(crate) fn list(self) -> Option<Many<Seat>> {
        self.0
    }

    /// The seats; none where they were not needed.
    pub fn load<O: Operation>(self, state: &State<'_, O>) -> Vec<Stored<Seat>> {
        self.0.map(|seats| state.many(seats)).unwrap_or_default()
    }

    /// The seats among which the service chooses one to give.
    pub fn to_give<O: Operation>(self, state: &State<'_, O>) -> SeatsToGive {
        // Asked once for each tier: a workspace with thousands of seats has few of them.
        let mut known: HashMap<TierId, bool> = HashMap::new();
        let mut is_permitted =
            |tier: &TierId| *known.entry(tier.clone()).or_insert_with(|| state.may_give_seat(tier));
        let seats = self.load(state).into_iter();
        let (seats, withheld): (Vec<_>, Vec<_>) = seats.partition(|seat| is_permitted(&seat.value.tier));
        let paid = state.scope.paid();
        let is_free =
            |seat: &&Stored<Seat>| seat.value.status(paid.as_ref(), state.now) == SeatStatus::Available;
        let withheld = withheld.iter().find(is_free).map(|seat| state.seat_denied(&seat.value.tier));
        SeatsToGive { seats, withheld }
    }
}

/// The seats of the tiers that the policies permit the caller to give.
pub struct SeatsToGive {
    /// The seats.
    pub seats: Vec<Stored<Seat>>,
    /// The refusal of the free seats that the policies do not permit, if there are any.
    withheld: Option<Problem>,
}

impl SeatsToGive {
    /// The refusal by the rules. If there is no seat because the policies withhold the free ones, theirs.
    pub fn refusal(&self, refusal: Refusal) -> Problem {
        match refusal {
            Refusal::NoSeatAvailable | Refusal::NoSeatOfTier => {
                self.withheld.clone().unwrap_or_else(|| refusal.into())
            }
            other => other.into(),
        }
    }
}
