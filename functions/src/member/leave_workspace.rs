//! `leave-workspace`: one goes, where the product lets people go (L6).

use http::Method;
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Moment};
use seatwise_store::Reads;

use super::context::{MemberContext, Need};
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::{CallerIn, InWorkspace};
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Leaves a workspace.
pub struct LeaveWorkspace;

impl Operation for LeaveWorkspace {
    const NAME: &'static str = "leave-workspace";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave";
    const TAG: Tag = Tag::Members;
    const SUMMARY: &'static str = "Leave a workspace";
    const DESCRIPTION: &'static str = "The caller leaves immediately. The operation is available if the \
        product lets members leave without a request.";
    const CODES: &'static [Code] = &[Code::LeaveNotOffered, Code::LastGovernor, Code::CreatorProtected];

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();
    type Plan = MemberContext;

    fn plan(
        _: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let CallerIn { caller, workspace } = start.scope;
        Ok(about((), MemberContext::plan(start.pack, *workspace, caller.user, Need::Counts, reads)))
    }

    fn follow(plan: &mut Self::Plan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        plan.read_heirs(so_far, reads);
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let context = plan.load(state)?;
        Ok(((), member::leave(context.membership(state), &state.scope.member, moment)?))
    }
}
