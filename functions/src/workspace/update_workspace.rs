//! `update-workspace`: its name, time zone and theme (S4, L2).

use http::Method;
use seatwise_domain::rules::workspace;
use seatwise_domain::{Changes, Edit, IanaTimeZone, Moment, ThemeName, WorkspaceName, WorkspaceProfile};
use seatwise_store::Reads;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::text::{ThemeNameSchema, TimeZoneSchema, WorkspaceNameSchema};
use crate::wire::{Nothing, not_null};
use crate::workspace::target::ThisWorkspace;
use crate::workspace::view::WorkspaceView;

/// Changes a workspace.
pub struct UpdateWorkspace;

/// The fields to change. An absent field stays unchanged, and null clears it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct UpdateWorkspaceBody {
    /// The name of the workspace. It cannot be null.
    #[schema(value_type = Option<WorkspaceNameSchema>, nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    name: Option<WorkspaceName>,
    /// IANA time zone.
    #[schema(value_type = Option<TimeZoneSchema>)]
    #[serde(default)]
    timezone: Edit<IanaTimeZone>,
    /// The theme for new flows.
    #[schema(value_type = Option<ThemeNameSchema>)]
    #[serde(default)]
    default_flow_theme: Edit<ThemeName>,
}
body!(UpdateWorkspaceBody);

impl Operation for UpdateWorkspace {
    const NAME: &'static str = "update-workspace";
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}";
    const TAG: Tag = Tag::Workspaces;
    const SUMMARY: &'static str = "Update a workspace's name or profile";
    const EXAMPLE: &'static str = include_str!("../../examples/update-workspace.request.json");
    const ANSWER: &'static str = include_str!("../../examples/update-workspace.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = UpdateWorkspaceBody;
    type Output = WorkspaceView;
    type Plan = ();

    fn plan(_: &Request<Self>, _: &Start<'_, InWorkspace>, _: &mut Reads) -> Result<Planned<Self>, Problem> {
        Ok(about((), ()))
    }

    fn decide((): &(), state: &State<'_, Self>, _: &mut Moment) -> Result<(Self::Output, Changes), Problem> {
        let UpdateWorkspaceBody { name, timezone, default_flow_theme } = &state.request.body;
        let profile = WorkspaceProfile {
            name: name.clone(),
            timezone: timezone.clone(),
            default_flow_theme: default_flow_theme.clone(),
        };
        let (workspace, changes) = workspace::update(&state.scope.workspace, profile);
        let role = state.pack.role_name(&state.scope.member.value.role);
        let shows_creator = state.shows_creator(&workspace);
        Ok((WorkspaceView::of(&workspace, Some(role), state.origin, shows_creator), changes))
    }
}
