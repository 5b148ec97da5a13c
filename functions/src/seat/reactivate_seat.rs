//! `reactivate-seat`: until it has ended (S13).

use http::Method;
use seatwise_domain::rules::seat;
use seatwise_domain::{Changes, Moment, Seat, Stored};

use crate::operation::{Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfSeat};
use crate::view::SeatView;

/// Reactivate a cancelled seat.
pub struct ReactivateSeat;

impl Operation for ReactivateSeat {
    const NAME: &'static str = "reactivate-seat";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/seats/{seatId}/reactivate";
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Reactivate a cancelled seat";
    const DESCRIPTION: &'static str = "Until the seat has ended.";
    const CODES: &'static [Code] = &[Code::SeatNotAvailable];
    const ANSWER: &'static str = include_str!("../../examples/reactivate-seat.answer.json");

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
        let (seat, changes) = seat::reactivate(&stored, moment.now)?;
        Ok((SeatView::of(state.pack, &seat, moment.now), changes))
    }
}
