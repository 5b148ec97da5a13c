//! `cancel-seat`: at the end of its period (S13).

use http::Method;
use seatwise_domain::rules::seat;
use seatwise_domain::{Changes, Moment, Seat, Stored};

use crate::operation::{Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfSeat};
use crate::view::SeatView;

/// Cancel a seat.
pub struct CancelSeat;

impl Operation for CancelSeat {
    const NAME: &'static str = "cancel-seat";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/seats/{seatId}/cancel";
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Cancel a seat";
    const DESCRIPTION: &'static str =
        "At the end of the period that is paid. Until then reactivation undoes it.";
    const CODES: &'static [Code] = &[Code::SeatNotAvailable];
    const ANSWER: &'static str = include_str!("../../examples/cancel-seat.answer.json");

    type Path = OfSeat;
    type Query = Nothing;
    type Body = Nothing;
    type Output = SeatView;

    fn decide(
        _: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(SeatView, Changes), Problem> {
        let stored: Stored<Seat> = state.subject()?;
        let (seat, changes) = seat::cancel(state.pack, &stored, moment.now)?;
        Ok((SeatView::of(state.pack, &seat, moment.now), changes))
    }
}
