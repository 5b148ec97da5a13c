//! `remove-resource`: a resource of the workspace goes, and makes room for another (L3–L5).

use http::Method;
use seatwise_domain::rules::resource;
use seatwise_domain::{Changes, Moment, WorkspaceResource};
use seatwise_store::{One, Reads};

use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::ResourcePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Removes a resource.
pub struct RemoveResource;

impl Operation for RemoveResource {
    const NAME: &'static str = "remove-resource";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/resources/{resourceId}";
    const TAG: Tag = Tag::Resources;
    const SUMMARY: &'static str = "Remove a resource";

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = ResourcePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();
    type Plan = One<WorkspaceResource>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let ResourcePath { workspace, resource } = request.path;
        Ok(about((), reads.one(WorkspaceResource::key(workspace, resource))))
    }

    fn decide(plan: &Self::Plan, state: &State<'_, Self>, _: &mut Moment) -> Result<((), Changes), Problem> {
        Ok(((), resource::remove(&state.required(*plan)?)))
    }
}
