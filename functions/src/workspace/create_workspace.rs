//! `create-workspace`: anybody who is signed in makes one, and governs it (S1).

use http::{Method, StatusCode};
use seatwise_domain::rules::workspace;
use seatwise_domain::{Changes, Moment, NewWorkspace, RecordKey, Stored, TimeZoneName, User, WorkspaceName};
use seatwise_store::Load;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body;
use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::request::{Nothing, Nowhere};
use crate::view::WorkspaceView;

/// Makes a workspace.
pub struct CreateWorkspace;

/// The workspace to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CreateWorkspaceBody {
    /// Its name.
    #[schema(value_type = String, min_length = 1, max_length = 100, pattern = "\\S")]
    name: WorkspaceName,
    /// IANA time zone.
    #[schema(value_type = Option<String>, max_length = 64, pattern = "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*)*$", example = "Europe/Berlin")]
    timezone: Option<TimeZoneName>,
}
body!(CreateWorkspaceBody);

impl Operation for CreateWorkspace {
    const NAME: &'static str = "create-workspace";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces";
    const STATUS: StatusCode = StatusCode::CREATED;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Create a workspace";
    const DESCRIPTION: &'static str =
        "The caller becomes its creator, with the role that the product gives to creators.";
    const EXAMPLE: &'static str = include_str!("../../examples/create-workspace.request.json");
    const ANSWER: &'static str = include_str!("../../examples/create-workspace.answer.json");

    type Path = Nowhere;
    type Query = Nothing;
    type Body = CreateWorkspaceBody;
    type Output = WorkspaceView;

    fn load(_: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        Ok(Load::new().record(RecordKey::User(context.caller()?.user)))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(WorkspaceView, Changes), Problem> {
        let caller = state.caller()?;
        let account: Option<Stored<User>> = state.get(&RecordKey::User(caller.user));
        let asked = NewWorkspace { name: request.body.name.clone(), timezone: request.body.timezone.clone() };
        let account = account.as_ref().map(|stored| &stored.value);
        let (workspace, member, changes) = workspace::create(state.pack, caller, account, asked, moment);
        Ok((WorkspaceView::of(&workspace, &member.role, state.origin), changes))
    }
}
