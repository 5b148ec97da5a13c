//! `deny-leave`: the asker stays.

use http::Method;
use seatwise_domain::rules::leave;
use seatwise_domain::{Changes, Moment};
use seatwise_store::Reads;

use super::reason::ReasonBody;
use super::target::AskedLeave;
use crate::leave::view::LeaveRequestView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::LeaveRequestPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;

/// Deny a leave request.
pub struct DenyLeave;

impl Operation for DenyLeave {
    const NAME: &'static str = "deny-leave";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave-requests/{requestId}/deny";
    const TAG: Tag = Tag::LeaveRequests;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Deny a leave request";
    const DESCRIPTION: &'static str = "The member who asked stays in the workspace and can ask again.";
    const CODES: &'static [Code] = &[Code::LeaveDecided];
    const EXAMPLE: &'static str = include_str!("../../examples/deny-leave.request.json");
    const ANSWER: &'static str = include_str!("../../examples/deny-leave.answer.json");

    type Scope = InWorkspace;
    type Target = AskedLeave;
    type Path = LeaveRequestPath;
    type Query = Nothing;
    type Body = ReasonBody;
    type Output = LeaveRequestView;
    type Plan = ();

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        _: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about(request.path.request, ()))
    }

    fn decide(
        (): &(),
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let AskedLeave { request, asker } = state.target;
        let (by, reason) = (state.scope.caller.user, state.request.body.reason.clone());
        let (denied, changes) = leave::deny(request, asker.as_ref(), by, reason, moment.now)?;
        Ok(((&denied).into(), changes))
    }
}
