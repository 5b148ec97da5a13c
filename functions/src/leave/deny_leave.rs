//! `deny-leave`: the asker stays.

use http::Method;
use seatwise_domain::rules::leave;
use seatwise_domain::{Changes, LeaveRequest, Member, Moment, RecordKey, Stored};

use super::ReasonBody;
use crate::operation::{Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfLeaveRequest};
use crate::view::LeaveRequestView;

/// Deny a leave request.
pub struct DenyLeave;

impl Operation for DenyLeave {
    const NAME: &'static str = "deny-leave";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave-requests/{requestId}/deny";
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Deny a leave request";
    const DESCRIPTION: &'static str = "The asker stays and may ask again.";
    const CODES: &'static [Code] = &[Code::LeaveDecided];
    const EXAMPLE: &'static str = include_str!("../../examples/deny-leave.request.json");
    const ANSWER: &'static str = include_str!("../../examples/deny-leave.answer.json");

    type Path = OfLeaveRequest;
    type Query = Nothing;
    type Body = ReasonBody;
    type Output = LeaveRequestView;

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(LeaveRequestView, Changes), Problem> {
        let workspace = request.path.workspace;
        let leave_request: Stored<LeaveRequest> = state.subject()?;
        // The runner reads the asker's membership along with the request.
        let asker: Option<Stored<Member>> =
            state.get(&RecordKey::Member(workspace, leave_request.value.id.user));
        let (by, reason) = (state.caller()?.user, request.body.reason.clone());
        let (leave_request, changes) = leave::deny(&leave_request, asker.as_ref(), by, reason, moment.now)?;
        Ok(((&leave_request).into(), changes))
    }
}
