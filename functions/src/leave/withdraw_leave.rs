//! `withdraw-leave`: the asker takes it back.

use http::Method;
use seatwise_domain::rules::leave;
use seatwise_domain::{Changes, Moment};
use seatwise_store::Reads;

use super::target::AskedLeave;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::LeaveRequestPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;

/// Takes a leave request back.
pub struct WithdrawLeave;

impl Operation for WithdrawLeave {
    const NAME: &'static str = "withdraw-leave";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave-requests/{requestId}";
    const TAG: Tag = Tag::LeaveRequests;
    const SUMMARY: &'static str = "Withdraw the caller's leave request";
    const CODES: &'static [Code] = &[Code::LeaveDecided];

    type Scope = InWorkspace;
    type Target = AskedLeave;
    type Path = LeaveRequestPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();
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
        let changes = leave::withdraw(&state.target.request, &state.scope.member, moment.now)?;
        Ok(((), changes))
    }
}
