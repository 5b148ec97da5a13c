//! `request-leave`: a member asks to leave.

use http::Method;
use seatwise_domain::rules::leave;
use seatwise_domain::{Changes, Moment};
use seatwise_store::Reads;

use super::reason::ReasonBody;
use crate::leave::view::LeaveRequestView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Created, Nothing};
use crate::workspace::target::ThisWorkspace;

/// Asks to leave.
pub struct RequestLeave;

impl Operation for RequestLeave {
    const NAME: &'static str = "request-leave";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave-requests";
    const TAG: Tag = Tag::LeaveRequests;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Ask to leave";
    const DESCRIPTION: &'static str = "A member can have one pending request. The member can withdraw it \
        until it is decided.";
    const CODES: &'static [Code] = &[Code::LeaveNotOffered, Code::LeavePending];
    const EXAMPLE: &'static str = include_str!("../../examples/request-leave.request.json");
    const ANSWER: &'static str = include_str!("../../examples/request-leave.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = ReasonBody;
    type Output = Created<LeaveRequestView>;
    type Plan = ();

    fn plan(_: &Request<Self>, _: &Start<'_, InWorkspace>, _: &mut Reads) -> Result<Planned<Self>, Problem> {
        Ok(about((), ()))
    }

    fn decide(
        (): &(),
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let reason = state.request.body.reason.clone();
        let (request, changes) = leave::request(state.pack, &state.scope.member, reason, moment)?;
        Ok((Created((&request).into()), changes))
    }
}
