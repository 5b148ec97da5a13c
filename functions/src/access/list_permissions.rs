//! `list-permissions`: every action that the caller may attempt.

use http::Method;
use seatwise_domain::{Changes, Moment};
use seatwise_store::Reads;
use serde::Serialize;
use utoipa::ToSchema;

use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::output;
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Lists what the caller may attempt.
pub struct ListPermissions;

/// The permissions of the caller.
#[derive(Serialize, ToSchema)]
#[schema(as = Permissions)]
pub struct PermissionList {
    /// The names of the permitted actions, in camelCase.
    actions: Vec<String>,
}
output!(PermissionList);

impl Operation for ListPermissions {
    const NAME: &'static str = "list-permissions";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/permissions";
    const TAG: Tag = Tag::Access;
    const SUMMARY: &'static str = "List the caller's permissions";
    const DESCRIPTION: &'static str = "A client can use the list to show or hide buttons. The list includes the actions of the host \
            product.";
    const ANSWER: &'static str = include_str!("../../examples/list-permissions.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = PermissionList;
    type Plan = ();

    fn plan(_: &Request<Self>, _: &Start<'_, InWorkspace>, _: &mut Reads) -> Result<Planned<Self>, Problem> {
        Ok(about((), ()))
    }

    fn decide((): &(), state: &State<'_, Self>, _: &mut Moment) -> Result<(Self::Output, Changes), Problem> {
        let actions = state.attempts().into_iter().map(|action| action.name.clone()).collect();
        Ok((PermissionList { actions }, Changes::new()))
    }
}
