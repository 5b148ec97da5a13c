//! `approve-leave`: the asker leaves.

use http::Method;
use seatwise_domain::rules::leave;
use seatwise_domain::{Changes, Member, Moment, Stored};
use seatwise_store::Reads;

use super::reason::ReasonBody;
use super::target::AskedLeave;
use crate::leave::view::LeaveRequestView;
use crate::member::context::{MemberContext, Need};
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::path::LeaveRequestPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;

/// Approve a leave request.
pub struct ApproveLeave;

impl Operation for ApproveLeave {
    const NAME: &'static str = "approve-leave";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave-requests/{requestId}/approve";
    const TAG: Tag = Tag::LeaveRequests;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Approve a leave request";
    const DESCRIPTION: &'static str = "The member who asked leaves the workspace immediately, and their \
        seat becomes free.";
    const CODES: &'static [Code] =
        &[Code::OwnRemoval, Code::LeaveDecided, Code::LastGovernor, Code::CreatorProtected];
    const EXAMPLE: &'static str = include_str!("../../examples/approve-leave.request.json");
    const ANSWER: &'static str = include_str!("../../examples/approve-leave.answer.json");

    type Scope = InWorkspace;
    type Target = AskedLeave;
    type Path = LeaveRequestPath;
    type Query = Nothing;
    type Body = ReasonBody;
    type Output = LeaveRequestView;
    type Plan = MemberContext;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let LeaveRequestPath { workspace, request } = request.path;
        Ok(about(request, MemberContext::plan(start.pack, workspace, request.user, Need::Counts, reads)))
    }

    fn follow(plan: &mut Self::Plan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        plan.read_heirs(so_far, reads);
    }

    fn decides_about(target: &AskedLeave) -> Option<&Stored<Member>> {
        target.asker.as_ref()
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let AskedLeave { request, asker } = state.target;
        let (by, reason) = (state.scope.caller.user, state.request.body.reason.clone());
        let context = plan.load(state)?;
        let membership = context.membership(state);
        let (approved, changes) = leave::approve(membership, request, asker.as_ref(), by, reason, moment)?;
        Ok(((&approved).into(), changes))
    }
}
