//! `request-leave`: a member asks to leave.

use http::{Method, StatusCode};
use seatwise_domain::rules::leave;
use seatwise_domain::{Changes, Moment};

use super::ReasonBody;
use crate::operation::{Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{InWorkspace, Nothing};
use crate::view::LeaveRequestView;

/// Asks to leave.
pub struct RequestLeave;

impl Operation for RequestLeave {
    const NAME: &'static str = "request-leave";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave-requests";
    const STATUS: StatusCode = StatusCode::CREATED;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Ask to leave";
    const DESCRIPTION: &'static str = "One request at a time. It can be withdrawn until it is decided.";
    const CODES: &'static [Code] = &[Code::LeaveNotOffered, Code::LeavePending];
    const EXAMPLE: &'static str = include_str!("../../examples/request-leave.request.json");
    const ANSWER: &'static str = include_str!("../../examples/request-leave.answer.json");

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = ReasonBody;
    type Output = LeaveRequestView;

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(LeaveRequestView, Changes), Problem> {
        let reason = request.body.reason.clone();
        let (request, changes) = leave::request(state.pack, state.member()?, reason, moment)?;
        Ok(((&request).into(), changes))
    }
}
