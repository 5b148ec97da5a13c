//! `get-coordinator`: whom to ask (R16).

use http::Method;
use seatwise_domain::{Changes, Coordinator, Moment, RecordKey, Stored};
use seatwise_store::Load;

use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::request::{InWorkspace, Nothing};
use crate::view::CoordinatorView;

/// Reads the coordinator.
pub struct GetCoordinator;

impl Operation for GetCoordinator {
    const NAME: &'static str = "get-coordinator";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/coordinator";
    const SUMMARY: &'static str = "Read the coordinator";
    const DESCRIPTION: &'static str = "Whom members ask for help; all null while nobody is named.";
    const ANSWER: &'static str = include_str!("../../examples/get-coordinator.answer.json");

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = Nothing;
    type Output = CoordinatorView;

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        Ok(Load::new().record(RecordKey::Coordinator(request.path.workspace)))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        _: &mut Moment,
    ) -> Result<(CoordinatorView, Changes), Problem> {
        let workspace = request.path.workspace;
        let key = RecordKey::Coordinator(workspace);
        let stored: Option<Stored<Coordinator>> = state.get(&key);
        let coordinator = stored.map_or_else(|| Coordinator::nobody(workspace), |stored| stored.value);
        Ok(((&coordinator).into(), Changes::new()))
    }
}
