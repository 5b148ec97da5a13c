//! `approve-leave`: the asker leaves.

use http::Method;
use seatwise_domain::rules::leave;
use seatwise_domain::{Changes, LeaveRequest, Member, Moment, RecordKey, Stored};
use seatwise_store::Load;

use super::ReasonBody;
use crate::member::{Known, Need};
use crate::operation::{Context, Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfLeaveRequest};
use crate::view::LeaveRequestView;

/// Approve a leave request.
pub struct ApproveLeave;

impl Operation for ApproveLeave {
    const NAME: &'static str = "approve-leave";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave-requests/{requestId}/approve";
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Approve a leave request";
    const DESCRIPTION: &'static str = "The asker leaves at once, and their seat is free.";
    const CODES: &'static [Code] =
        &[Code::OwnRemoval, Code::LeaveDecided, Code::LastGovernor, Code::CreatorProtected];
    const EXAMPLE: &'static str = include_str!("../../examples/approve-leave.request.json");
    const ANSWER: &'static str = include_str!("../../examples/approve-leave.answer.json");

    type Path = OfLeaveRequest;
    type Query = Nothing;
    type Body = ReasonBody;
    type Output = LeaveRequestView;

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        let OfLeaveRequest { workspace, request } = request.path;
        Ok(Known::load(context.pack, workspace, request.user, Need::Counts))
    }

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
        let known = Known::of(state, request.path.request.user, Need::Counts)?;
        let standing = known.standing(state)?;
        let (leave_request, changes) =
            leave::approve(standing, &leave_request, asker.as_ref(), by, reason, moment.now)?;
        Ok(((&leave_request).into(), changes))
    }
}
