//! Seats of a workspace.

pub mod assign_seat;
pub mod assign_seats;
pub mod buy_seats;
pub mod cancel_seat;
pub mod list_seats;
pub mod reactivate_seat;
pub mod release_seat;

use seatwise_domain::pack::SeatModel;
use seatwise_domain::{Pack, Seat, Stored, WorkspaceId};
use seatwise_store::{Load, Query};

use crate::operation::State;

/// With the seats that were bought, where seats are bought: those of a plan are only counted.
pub fn with_seats(pack: &Pack, workspace: WorkspaceId, load: Load) -> Load {
    if pack.seats.model == SeatModel::ByTier { load.query(Query::Seats(workspace)) } else { load }
}

/// The seats that were read by [`with_seats`].
pub fn seats_of(state: &State<'_>, workspace: WorkspaceId) -> Vec<Stored<Seat>> {
    match state.pack.seats.model {
        SeatModel::ByTier => state.loaded().list(&Query::Seats(workspace)),
        SeatModel::ByRole | SeatModel::None => Vec::new(),
    }
}
