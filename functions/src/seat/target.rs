//! A seat as a target.

use seatwise_domain::{Key, Seat, SeatId, WorkspaceId};
use seatwise_policy::{Resource, SeatFacts};

use super::facts::seat_facts;
use crate::scope::FactSource;
use crate::target::WorkspaceRecord;

impl WorkspaceRecord for Seat {
    type Id = SeatId;

    fn key_in(workspace: WorkspaceId, seat: &SeatId) -> Key<Self> {
        Self::key(workspace, *seat)
    }

    fn resource(
        found: Option<&Self>,
        workspace: WorkspaceId,
        id: &SeatId,
        given: &FactSource<'_>,
    ) -> Resource {
        let FactSource { pack, now, paid, .. } = given;
        Resource::Seat(match found {
            Some(seat) => seat_facts(pack, paid.as_ref(), seat.workspace, &seat.hold(), *now),
            None => SeatFacts::placeholder(pack, workspace, *id, *now),
        })
    }
}
