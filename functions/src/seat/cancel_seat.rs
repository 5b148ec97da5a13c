//! `cancel-seat`: at the end of its period (S13).

use http::Method;
use seatwise_domain::rules::seat;
use seatwise_domain::{Changes, Moment, Seat, Stored};
use seatwise_store::Reads;

use super::view::SeatView;
use crate::billing::buying::{require_no_purchase, require_no_renewal, sync_request};
use crate::billing::reads::AccountRead;
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
    const CODES: &'static [Code] = &[Code::PurchaseOpen, Code::RenewalInProgress, Code::SeatNotAvailable];
    const ANSWER: &'static str = include_str!("../../examples/cancel-seat.answer.json");

    type Scope = InWorkspace;
    type Target = Stored<Seat>;
    type Path = SeatPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = SeatView;
    type Plan = AccountRead;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let SeatPath { workspace, seat } = request.path;
        Ok(about(seat, AccountRead::plan(start.pack, workspace, reads)))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let workspace = &state.scope.workspace.value;
        let (seat, mut changes) =
            seat::cancel(state.pack, workspace.paid.as_ref(), state.target, moment.now)?;
        if !changes.is_empty() {
            let account = plan.load(state);
            require_no_renewal(account.as_ref(), moment.now)?;
            changes.extend(require_no_purchase(account.as_ref())?);
            changes.extend(sync_request(state.pack, workspace.id, moment.now));
        }
        Ok((SeatView::here(state, &seat), changes))
    }
}
