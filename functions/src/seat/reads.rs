//! The seats that a workspace has bought, read where a free one may have to be found or all are
//! counted.

use seatwise_domain::pack::{Pack, SeatModel};
use seatwise_domain::{Seat, Stored, WorkspaceId};
use seatwise_store::{List, Many, Reads};

use crate::operation::{Operation, State};

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

    /// The seats; none where they were not needed.
    pub fn load<O: Operation>(self, state: &State<'_, O>) -> Vec<Stored<Seat>> {
        self.0.map(|seats| state.many(seats)).unwrap_or_default()
    }
}
