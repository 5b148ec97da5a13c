//! `change-role`: at once, and the seat with it (F8, R3).

use http::Method;
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Member, Moment, RoleName, Stored};
use seatwise_store::Reads;
use serde::Deserialize;
use utoipa::ToSchema;

use super::context::{MemberContext, Need};
use super::view::MemberView;
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::MemberPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::target::known_role;
use crate::wire::Nothing;

/// Gives a member another role.
pub struct ChangeRole;

/// The new role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChangeRoleBody {
    /// The id of a role of the product.
    #[schema(value_type = String, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    role: RoleName,
}
body!(ChangeRoleBody);

impl Operation for ChangeRole {
    const NAME: &'static str = "change-role";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members/{userId}/role";
    const TAG: Tag = Tag::Members;
    const SUMMARY: &'static str = "Change a member's role";
    const DESCRIPTION: &'static str = "The change applies to the member's next request. If the new role \
        needs a seat, the member takes a free one. If it needs none, the member gives up their seat.";
    const CODES: &'static [Code] = &[
        Code::RoleUnknown,
        Code::RoleAboveOwn,
        Code::OwnRole,
        Code::CreatorProtected,
        Code::LastGovernor,
        Code::NoSeatAvailable,
    ];
    const EXAMPLE: &'static str = include_str!("../../examples/change-role.request.json");
    const ANSWER: &'static str = include_str!("../../examples/change-role.answer.json");

    type Scope = InWorkspace;
    type Target = Stored<Member>;
    type Path = MemberPath;
    type Query = Nothing;
    type Body = ChangeRoleBody;
    type Output = MemberView;
    type Plan = MemberContext;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let MemberPath { workspace, user } = request.path;
        let context = MemberContext::plan(start.pack, workspace, user, Need::Seats, reads);
        Ok(about(user, context).giving(known_role(start.pack, &start.pack.role_id(&request.body.role))))
    }

    fn decides_about(target: &Stored<Member>) -> Option<&Stored<Member>> {
        Some(target)
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let context = plan.load(state)?;
        let role = state.pack.role_id(&state.request.body.role);
        let decided = member::change_role(context.membership(state), state.target, &role, moment);
        let (member, changes) = decided.map_err(|refusal| context.refusal(refusal))?;
        Ok((MemberView::of(state.pack, &state.scope.workspace.value, &member, moment.now), changes))
    }
}
