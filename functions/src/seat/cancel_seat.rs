//! `cancel-seat`: at the end of its period (S13).

use http::Method;
use seatwise_domain::rules::seat;
use seatwise_domain::{Changes, Moment, Seat, Stored};
use seatwise_store::Reads;

use super::view::SeatView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::SeatPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;

/// Cancel a seat.
pub struct CancelSeat;

impl Operation for CancelSeat {
    const NAME: &'static str = "cancel-seat";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/seats/{seatId}/cancel";
    const TAG: Tag = Tag::Seats;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Cancel a seat";
    const DESCRIPTION: &'static str =
        "The seat ends with the paid period. Until then, `reactivate-seat` undoes the cancellation.";
    const CODES: &'static [Code] = &[Code::SeatNotAvailable];
    const ANSWER: &'static str = include_str!("../../examples/cancel-seat.answer.json");

    type Scope = InWorkspace;
    type Target = Stored<Seat>;
    type Path = SeatPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = SeatView;
    type Plan = ();

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        _: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about(request.path.seat, ()))
    }

    fn decide(
        (): &(),
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let paid = state.scope.workspace.value.paid.as_ref();
        let (seat, changes) = seat::cancel(state.pack, paid, state.target, moment.now)?;
        Ok((SeatView::of(state.pack, paid, &seat, moment.now), changes))
    }
}
