//! `create-workspace`: anybody who is signed in makes one, and governs it (S1).

use http::Method;
use seatwise_domain::NewWorkspace;
use seatwise_domain::rules::workspace::{self};
use seatwise_domain::{Changes, IanaTimeZone, MembershipCount, Moment, User, WorkspaceName};
use seatwise_store::{One, Reads};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::Root;
use crate::problem::{Code, Problem};
use crate::scope::SignedIn;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::text::{TimeZoneSchema, WorkspaceNameSchema};
use crate::wire::{Created, Nothing};
use crate::workspace::view::WorkspaceView;

/// Makes a workspace.
pub struct CreateWorkspace;

/// The workspace to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CreateWorkspaceBody {
    /// The name of the workspace.
    #[schema(value_type = WorkspaceNameSchema)]
    name: WorkspaceName,
    /// IANA time zone.
    #[schema(value_type = Option<TimeZoneSchema>)]
    timezone: Option<IanaTimeZone>,
}
body!(CreateWorkspaceBody);

impl Operation for CreateWorkspace {
    const NAME: &'static str = "create-workspace";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces";
    const TAG: Tag = Tag::Workspaces;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Create a workspace";
    const DESCRIPTION: &'static str = "The caller becomes the creator of the workspace and gets the product's role for creators. The number \
        of workspaces that a user has created and that still exist is limited.";
    const CODES: &'static [Code] = &[Code::WorkspaceLimitReached];
    const EXAMPLE: &'static str = include_str!("../../examples/create-workspace.request.json");
    const ANSWER: &'static str = include_str!("../../examples/create-workspace.answer.json");

    type Scope = SignedIn;
    type Target = Platform;
    type Path = Root;
    type Query = Nothing;
    type Body = CreateWorkspaceBody;
    type Output = Created<WorkspaceView>;
    type Plan = (One<User>, One<MembershipCount>);

    fn plan(
        _: &Request<Self>,
        start: &Start<'_, SignedIn>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let caller = start.scope.user;
        Ok(about((), (reads.one(User::key(caller)), reads.one(MembershipCount::key(caller)))))
    }

    fn decide(
        (account, count): &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let CreateWorkspaceBody { name, timezone } = &state.request.body;
        let asked = NewWorkspace { name: name.clone(), timezone: timezone.clone() };
        let (account, count) = (state.one(*account), state.one(*count));
        let known =
            (account.as_ref().map(|stored| &stored.value), count.as_ref().map(|stored| &stored.value));
        let (workspace, member, changes) =
            workspace::create(state.pack, &state.scope.caller, known, asked, moment)?;
        Ok((
            Created(WorkspaceView::of(
                &workspace,
                Some(state.pack.role_name(&member.role)),
                state.origin,
                true,
            )),
            changes,
        ))
    }
}
