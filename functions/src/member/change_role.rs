//! `change-role`: at once, and the seat with it (F8, R3).

use http::Method;
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Member, Moment, Refusal, RoleId, Stored};
use seatwise_store::Load;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Known, Need, asked_role};
use crate::body;
use crate::operation::{Context, Operation, Request, State, Subject, Thing};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfMember};
use crate::view::MemberView;

/// Gives a member another role.
pub struct ChangeRole;

/// The role to give.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChangeRoleBody {
    /// A role of the product.
    #[schema(value_type = String, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    role: RoleId,
}
body!(ChangeRoleBody);

impl Operation for ChangeRole {
    const NAME: &'static str = "change-role";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members/{userId}/role";
    const SUMMARY: &'static str = "Change a member's role";
    const DESCRIPTION: &'static str = "Takes effect with the member's next request. A role that needs a seat takes a \
        free one; one that needs none gives it back.";
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

    type Path = OfMember;
    type Query = Nothing;
    type Body = ChangeRoleBody;
    type Output = MemberView;

    fn subject(request: &Request<Self>, context: &Context<'_>) -> Result<Subject, Refusal> {
        let target_role = Some(asked_role(context.pack, &request.body.role));
        Ok(Subject { thing: Thing::Member(request.path.user), target_role })
    }

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        let OfMember { workspace, user } = request.path;
        Ok(Known::load(context.pack, workspace, user, Need::Seats))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(MemberView, Changes), Problem> {
        let member: Stored<Member> = state.subject()?;
        let known = Known::of(state, request.path.user, Need::Seats)?;
        let (member, changes) =
            member::change_role(known.standing(state)?, &member, &request.body.role, moment)?;
        Ok((MemberView::of(state.pack, &state.workspace()?.value, &member, moment.now), changes))
    }
}
