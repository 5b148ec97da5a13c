//! `list-permissions`: every action that the caller may attempt.

use http::Method;
use seatwise_domain::{Changes, Moment};
use seatwise_policy::Decision;
use serde::Serialize;
use utoipa::ToSchema;

use crate::operation::{Operation, Request, State};
use crate::output;
use crate::problem::Problem;
use crate::request::{InWorkspace, Nothing};

/// Lists what the caller may attempt.
pub struct ListPermissions;

/// What the caller may attempt.
#[derive(Serialize, ToSchema)]
pub struct Permissions {
    /// Names of actions, in camelCase.
    actions: Vec<String>,
}
output!(Permissions);

impl Operation for ListPermissions {
    const NAME: &'static str = "list-permissions";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/permissions";
    const SUMMARY: &'static str = "List what the caller may attempt";
    const DESCRIPTION: &'static str =
        "For a client that shows or hides buttons; actions of the host product included.";
    const ANSWER: &'static str = include_str!("../../examples/list-permissions.answer.json");

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Permissions;

    fn decide(
        _: &Request<Self>,
        state: &State<'_>,
        _: &mut Moment,
    ) -> Result<(Permissions, Changes), Problem> {
        let attempts = state.attempts(|_| true);
        let allowed = attempts.iter().filter(|(_, decision)| *decision == Decision::Allow);
        Ok((
            Permissions { actions: allowed.map(|(action, _)| action.name.clone()).collect() },
            Changes::new(),
        ))
    }
}
