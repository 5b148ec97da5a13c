//! `withdraw-leave`: the asker takes it back.

use http::{Method, StatusCode};
use seatwise_domain::rules::leave;
use seatwise_domain::{Changes, LeaveRequest, Moment, Stored};

use crate::operation::{Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfLeaveRequest};

/// Takes a leave request back.
pub struct WithdrawLeave;

impl Operation for WithdrawLeave {
    const NAME: &'static str = "withdraw-leave";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave-requests/{requestId}";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Withdraw one's own leave request";
    const CODES: &'static [Code] = &[Code::LeaveDecided];

    type Path = OfLeaveRequest;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();

    fn decide(_: &Request<Self>, state: &State<'_>, moment: &mut Moment) -> Result<((), Changes), Problem> {
        let request: Stored<LeaveRequest> = state.subject()?;
        Ok(((), leave::withdraw(&request, state.member()?, moment.now)?))
    }
}
