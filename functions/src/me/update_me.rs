//! `update-me`: the caller's name, time zone and current workspace.

use http::Method;
use seatwise_domain::UserProfile;
use seatwise_domain::rules::user::{self};
use seatwise_domain::{
    Change, Changes, Edit, IanaTimeZone, JoinedWorkspace, Member, Moment, PersonName, User, Workspace,
    WorkspaceId,
};
use seatwise_store::{List, Many, One, Reads};
use serde::Deserialize;
use utoipa::ToSchema;

use super::joined::values;
use super::view::UserView;
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::Root;
use crate::problem::Problem;
use crate::scope::SignedIn;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::Nothing;
use crate::wire::text::{PersonNameSchema, TimeZoneSchema};

/// Changes the caller's account.
pub struct UpdateMe;

/// The fields to change. An absent field stays unchanged, and null clears it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct UpdateMeBody {
    /// First name.
    #[schema(value_type = Option<PersonNameSchema>)]
    #[serde(default)]
    first_name: Edit<PersonName>,
    /// Last name.
    #[schema(value_type = Option<PersonNameSchema>)]
    #[serde(default)]
    last_name: Edit<PersonName>,
    /// IANA time zone.
    #[schema(value_type = Option<TimeZoneSchema>)]
    #[serde(default)]
    timezone: Edit<IanaTimeZone>,
    /// The id of a workspace of which the caller is a member.
    #[schema(value_type = Option<String>, format = Uuid)]
    #[serde(default)]
    current_workspace_id: Edit<WorkspaceId>,
}
body!(UpdateMeBody);

/// The handles of the records to read.
pub struct UpdatePlan {
    account: One<User>,
    joined: Many<JoinedWorkspace>,
    current: Option<(One<Workspace>, One<Member>)>,
}

impl Operation for UpdateMe {
    const NAME: &'static str = "update-me";
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/v1/me";
    const TAG: Tag = Tag::Me;
    const SUMMARY: &'static str = "Update the caller's account";
    const DESCRIPTION: &'static str =
        "The member lists of the caller's first 50 workspaces show a changed name immediately.";
    const EXAMPLE: &'static str = include_str!("../../examples/update-me.request.json");
    const ANSWER: &'static str = include_str!("../../examples/update-me.answer.json");

    type Scope = SignedIn;
    type Target = Platform;
    type Path = Root;
    type Query = Nothing;
    type Body = UpdateMeBody;
    type Output = UserView;
    type Plan = UpdatePlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, SignedIn>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let caller = start.scope.user;
        let current = match request.body.current_workspace_id {
            Edit::Set(id) => Some((reads.one(Workspace::key(id)), reads.one(Member::key(id, caller)))),
            Edit::Keep | Edit::Clear => None,
        };
        let plan = UpdatePlan {
            account: reads.one(User::key(caller)),
            joined: reads.many(List::all_joined(caller)),
            current,
        };
        Ok(about((), plan))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let (caller, body) = (&state.scope.caller, &state.request.body);
        let mut checks = Changes::new();
        if let Some((workspace, member)) = plan.current {
            let (Some(_), Some(member)) = (state.one(workspace), state.one(member)) else {
                return Err(Problem::field("currentWorkspaceId", "must be a workspace that you are in"));
            };
            let key = Member::key(member.value.workspace, caller.user);
            checks.push(Change::RequireVersion(key.into(), member.version));
        }
        let profile = UserProfile {
            first_name: body.first_name.clone(),
            last_name: body.last_name.clone(),
            timezone: body.timezone.clone(),
            current_workspace: body.current_workspace_id.clone(),
        };
        let joined = values(state.many(plan.joined));
        let account = state.one(plan.account);
        let (user, mut changes) = user::update(caller, account.as_ref(), &joined, profile, moment.now);
        changes.extend(checks);
        Ok(((&user).into(), changes))
    }
}
