//! `update-settings`: changes the settings of a workspace (R5).

use http::Method;
use seatwise_domain::rules::workspace;
use seatwise_domain::{Changes, Moment, Refusal};
use seatwise_store::Reads;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;
use crate::{body, output};

/// Changes the settings of a workspace.
pub struct UpdateSettings;

/// The settings to change. An absent field stays unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct UpdateSettingsBody {
    /// Whether a joiner takes a seat.
    auto_assign_seats: Option<bool>,
}
body!(UpdateSettingsBody);

/// The settings of a workspace, or the product's defaults.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WorkspaceSettings)]
pub struct SettingsView {
    /// Whether a joiner takes a seat. Absent if the product has no such setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub auto_assign_seats: Option<bool>,
}
output!(SettingsView);

impl Operation for UpdateSettings {
    const NAME: &'static str = "update-settings";
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/settings";
    const TAG: Tag = Tag::Workspaces;
    const SUMMARY: &'static str = "Update a workspace's settings";
    const DESCRIPTION: &'static str =
        "The product determines the available settings. `get-workspace` shows them.";
    const EXAMPLE: &'static str = include_str!("../../examples/update-settings.request.json");
    const ANSWER: &'static str = include_str!("../../examples/update-settings.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = UpdateSettingsBody;
    type Output = SettingsView;
    type Plan = ();

    fn plan(_: &Request<Self>, _: &Start<'_, InWorkspace>, _: &mut Reads) -> Result<Planned<Self>, Problem> {
        Ok(about((), ()))
    }

    fn decide((): &(), state: &State<'_, Self>, _: &mut Moment) -> Result<(Self::Output, Changes), Problem> {
        let stored = &state.scope.workspace;
        let mut settings = stored.value.settings.clone().unwrap_or_default();
        if let Some(auto_assign) = state.request.body.auto_assign_seats {
            if state.pack.joining.auto_assign.is_none() {
                return Err(Refusal::NotOffered.into());
            }
            settings.auto_assign_seats = Some(auto_assign);
        }
        let (workspace, changes) = workspace::set(stored, settings);
        Ok((SettingsView { auto_assign_seats: workspace.auto_assigns(state.pack) }, changes))
    }
}
