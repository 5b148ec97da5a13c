//! `transfer-workspace`: hands the creator's standing on (F10).

use http::Method;
use seatwise_domain::rules::workspace;
use seatwise_domain::{Changes, Member, Moment, Stored, UserId};
use seatwise_store::Reads;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::view::WorkspaceView;

/// Hands the creator's standing on.
pub struct TransferWorkspace;

/// The new creator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TransferWorkspaceBody {
    /// The id of a member with a governing role.
    #[schema(value_type = String, format = Uuid)]
    user_id: UserId,
}
body!(TransferWorkspaceBody);

impl Operation for TransferWorkspace {
    const NAME: &'static str = "transfer-workspace";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/transfer";
    const TAG: Tag = Tag::Workspaces;
    const IDEMPOTENT: bool = true;
    const ENDS_OWN_RIGHT: bool = true;
    const SUMMARY: &'static str = "Transfer a workspace to another creator";
    const DESCRIPTION: &'static str = "Makes another member the creator of the workspace. Only the creator \
        can transfer a workspace, and only to a member with a governing role. Roles do not change. The \
        product's protection of the creator applies to the new creator from then on.";
    const CODES: &'static [Code] = &[Code::GovernorRequired];
    const EXAMPLE: &'static str = include_str!("../../examples/transfer-workspace.request.json");
    const ANSWER: &'static str = include_str!("../../examples/transfer-workspace.answer.json");

    type Scope = InWorkspace;
    type Target = Stored<Member>;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = TransferWorkspaceBody;
    type Output = WorkspaceView;
    type Plan = ();

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        _: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about(request.body.user_id, ()))
    }

    fn decide((): &(), state: &State<'_, Self>, _: &mut Moment) -> Result<(Self::Output, Changes), Problem> {
        let InWorkspace { member, workspace, .. } = state.scope;
        let (workspace, changes) = workspace::transfer(state.pack, workspace, state.target)?;
        // The caller has just named the new creator.
        Ok((
            WorkspaceView::of(&workspace, Some(state.pack.role_name(&member.value.role)), state.origin, true),
            changes,
        ))
    }
}
