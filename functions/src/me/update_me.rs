//! `update-me`: the caller's name, time zone and current workspace.

use http::Method;
use seatwise_domain::rules::user;
use seatwise_domain::{
    Change, Changes, Edit, Member, Moment, PersonName, RecordKey, TimeZoneName, UserProfile, WorkspaceId,
};
use seatwise_store::Load;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{joined, joined_query};
use crate::body;
use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::request::{Nothing, Nowhere};
use crate::view::UserView;

/// Changes the caller's account.
pub struct UpdateMe;

/// What to change: what is absent stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct UpdateMeBody {
    /// First name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = "\\S")]
    #[serde(default)]
    first_name: Edit<PersonName>,
    /// Last name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = "\\S")]
    #[serde(default)]
    last_name: Edit<PersonName>,
    /// IANA time zone.
    #[schema(value_type = Option<String>, max_length = 64, pattern = "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*)*$", example = "Europe/Berlin")]
    #[serde(default)]
    timezone: Edit<TimeZoneName>,
    /// A workspace that the caller is in.
    #[schema(value_type = Option<String>, format = Uuid)]
    #[serde(default)]
    current_workspace_id: Edit<WorkspaceId>,
}
body!(UpdateMeBody);

impl Operation for UpdateMe {
    const NAME: &'static str = "update-me";
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/v1/me";
    const SUMMARY: &'static str = "Change one's own account";
    const DESCRIPTION: &'static str =
        "The lists of members of one's workspaces (of the first 50) show a changed name at once.";
    const EXAMPLE: &'static str = include_str!("../../examples/update-me.request.json");
    const ANSWER: &'static str = include_str!("../../examples/update-me.answer.json");

    type Path = Nowhere;
    type Query = Nothing;
    type Body = UpdateMeBody;
    type Output = UserView;

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        let caller = context.caller()?;
        let load = Load::new().record(RecordKey::User(caller.user)).query(joined_query(caller));
        Ok(match request.body.current_workspace_id {
            Edit::Set(id) => load.record(RecordKey::Member(id, caller.user)),
            Edit::Keep | Edit::Clear => load,
        })
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(UserView, Changes), Problem> {
        let caller = state.caller()?;
        let body = &request.body;
        let mut checks = Changes::new();
        if let Edit::Set(workspace) = body.current_workspace_id {
            let key = RecordKey::Member(workspace, caller.user);
            let Some(member) = state.get::<Member>(&key) else {
                return Err(Problem::field("currentWorkspaceId", "must be a workspace that you are in"));
            };
            checks.push(Change::RequireVersion(key, member.version));
        }
        let profile = UserProfile {
            first_name: body.first_name.clone(),
            last_name: body.last_name.clone(),
            timezone: body.timezone.clone(),
            current_workspace: body.current_workspace_id.clone(),
        };
        let joined = joined(state.loaded(), &joined_query(caller));
        let account = state.get(&RecordKey::User(caller.user));
        let (user, mut changes) = user::update(caller, account.as_ref(), &joined, profile, moment.now);
        changes.extend(checks);
        Ok(((&user).into(), changes))
    }
}
