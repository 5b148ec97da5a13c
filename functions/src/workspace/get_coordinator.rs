//! `get-coordinator`: whom to ask (R16).

use http::Method;
use seatwise_domain::{Changes, Coordinator, Moment};
use seatwise_store::{One, Reads};

use super::view::CoordinatorView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Reads the coordinator.
pub struct GetCoordinator;

impl Operation for GetCoordinator {
    const NAME: &'static str = "get-coordinator";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/coordinator";
    const TAG: Tag = Tag::Workspaces;
    const SUMMARY: &'static str = "Read the coordinator";
    const DESCRIPTION: &'static str = "The coordinator is the contact whom members can ask for help. All \
        fields are null if there is no coordinator.";
    const ANSWER: &'static str = include_str!("../../examples/get-coordinator.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = CoordinatorView;
    type Plan = One<Coordinator>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), reads.one(Coordinator::key(request.path.workspace))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let coordinator = match state.one(*plan) {
            Some(stored) => stored.value,
            None => Coordinator::nobody(state.request.path.workspace),
        };
        Ok(((&coordinator).into(), Changes::new()))
    }
}
