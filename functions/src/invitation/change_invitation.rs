//! `change-invitation`: another role or seat for a pending invitation; its link stays the same.

use http::Method;
use seatwise_domain::rules::change_invitation::{self, InvitationChange};
use seatwise_domain::{
    Changes, Invitation, Moment, Pack, RoleId, RoleName, SeatChoice, SeatId, Stored, TierId, TierName,
};
use seatwise_store::Reads;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::InvitationView;
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::InvitationPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::seat::reads::SeatReads;
use crate::tag::Tag;
use crate::target::known_role;
use crate::wire::{Nothing, of_form};

/// Changes an invitation.
pub struct ChangeInvitation;

/// The changes. What is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChangeInvitationBody {
    /// The new role.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    role: Option<RoleName>,
    /// The new seat.
    #[schema(value_type = Option<String>, format = Uuid)]
    seat_id: Option<SeatId>,
    /// The tier of the new seat.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    #[serde(default, deserialize_with = "of_form")]
    tier: Option<TierName>,
}
body!(ChangeInvitationBody);

impl ChangeInvitationBody {
    /// The role and the tier that it names.
    fn ids(&self, pack: &Pack) -> (Option<RoleId>, Option<TierId>) {
        (self.role.as_ref().map(|role| pack.role_id(role)), self.tier.as_ref().map(|tier| pack.tier_id(tier)))
    }
}

impl Operation for ChangeInvitation {
    const NAME: &'static str = "change-invitation";
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/invitations/{invitationId}";
    const TAG: Tag = Tag::Invitations;
    const LINKS: bool = true;
    const SUMMARY: &'static str = "Change a pending invitation";
    const DESCRIPTION: &'static str = "The link stays the same, and no mail is sent. The invitation keeps its seat unless \
        another one is asked for. If its seat has ended, it gets another seat of the same tier, or none if the role \
        needs none. The member who changes an invitation stands for it from then on, as if they had made it.";
    const CODES: &'static [Code] = &[
        Code::RoleAboveOwn,
        Code::RoleUnknown,
        Code::TierUnknown,
        Code::NoSeatAvailable,
        Code::SeatNotAvailable,
        Code::InvitationExpired,
        Code::InvitationRevoked,
        Code::InvitationUsed,
    ];
    const EXAMPLE: &'static str = include_str!("../../examples/change-invitation.request.json");
    const ANSWER: &'static str = include_str!("../../examples/change-invitation.answer.json");

    type Scope = InWorkspace;
    type Target = Stored<Invitation>;
    type Path = InvitationPath;
    type Query = Nothing;
    type Body = ChangeInvitationBody;
    type Output = InvitationView;
    type Plan = SeatReads;

    fn gives(pack: &Pack, role: &RoleId) -> bool {
        pack.invites_as(role)
    }

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let InvitationPath { workspace, invitation } = request.path;
        let seats = SeatReads::plan_if(start.pack.invitation.reserves_seat, workspace, reads);
        let (role, tier) = request.body.ids(start.pack);
        let planned = about(invitation, seats);
        let planned = match role {
            Some(role) => planned.giving(known_role(start.pack, &role)),
            None => planned.giving_the_same(),
        };
        // Without a wish, the invitation keeps its seat.
        Ok(planned.seating_the_same().seating(tier.as_ref(), request.body.seat_id, seats.list()))
    }

    fn decide(
        plan: &SeatReads,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(InvitationView, Changes), Problem> {
        let (role, tier) = state.request.body.ids(state.pack);
        let seat = SeatChoice { seat: state.request.body.seat_id, tier: tier.as_ref() };
        let wanted = InvitationChange { role: role.as_ref(), seat };
        let (free, by) = (plan.to_give(state), &state.scope.member.value);
        let paid = state.scope.workspace.value.paid.as_ref();
        let (pack, seats) = (state.pack, &free.seats);
        let decided = change_invitation::change(pack, paid, state.target, wanted, by, seats, moment);
        let (invitation, changes) = decided.map_err(|refusal| free.refusal(refusal))?;
        // The caller stands for the invitation from now on, so they must be able to make it.
        state.require_making(invitation.made())?;
        let may_share = state.may_share_invitation(&invitation);
        Ok((InvitationView::of(state.pack, &invitation, invitation.status(moment.now), may_share), changes))
    }
}
