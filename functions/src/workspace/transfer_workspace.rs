//! `transfer-workspace`: hands the creator's standing on (F10).

use http::Method;
use seatwise_domain::rules::workspace;
use seatwise_domain::{Changes, Member, Moment, Refusal, Stored, UserId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body;
use crate::operation::{Context, Operation, Request, State, Subject, Thing};
use crate::problem::{Code, Problem};
use crate::request::{InWorkspace, Nothing};
use crate::view::WorkspaceView;

/// Hands the creator's standing on.
pub struct TransferWorkspace;

/// To whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TransferWorkspaceBody {
    /// A member who governs the workspace.
    #[schema(value_type = String, format = Uuid)]
    user_id: UserId,
}
body!(TransferWorkspaceBody);

impl Operation for TransferWorkspace {
    const NAME: &'static str = "transfer-workspace";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/transfer";
    const IDEMPOTENT: bool = true;
    const GIVES_UP: bool = true;
    const SUMMARY: &'static str = "Hand the creator's standing on";
    const DESCRIPTION: &'static str = "Only the creator can, and only to a member who governs the workspace. Roles stay \
        as they are; what the product protects a creator from protects the other from then on.";
    const CODES: &'static [Code] = &[Code::GovernorRequired];
    const EXAMPLE: &'static str = include_str!("../../examples/transfer-workspace.request.json");
    const ANSWER: &'static str = include_str!("../../examples/transfer-workspace.answer.json");

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = TransferWorkspaceBody;
    type Output = WorkspaceView;

    fn subject(request: &Request<Self>, _: &Context<'_>) -> Result<Subject, Refusal> {
        Ok(Thing::Member(request.body.user_id).into())
    }

    fn decide(
        _: &Request<Self>,
        state: &State<'_>,
        _: &mut Moment,
    ) -> Result<(WorkspaceView, Changes), Problem> {
        let to: Stored<Member> = state.subject()?;
        let (from, stored) = (state.member()?, state.workspace()?);
        let (workspace, changes) = workspace::transfer(state.pack, stored, &to)?;
        Ok((WorkspaceView::of(&workspace, &from.value.role, state.origin), changes))
    }
}
