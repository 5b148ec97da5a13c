//! `preview-invitation`: shows a visitor the workspace of a link, before sign-in. The operation changes
//! nothing, because mail scanners open links (K24).

use http::Method;
use seatwise_domain::{Changes, InvitationStatus, Moment, Refusal, Stored, Workspace};
use seatwise_store::Reads;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::target::{Entrance, EntranceBy};
use super::view::{InvitationStatusName, InvitedTo};
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::Root;
use crate::problem::{Code, Problem};
use crate::scope::Public;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::view::logo_url;
use crate::{body, output};

/// Shows what a link leads to.
pub struct PreviewInvitation;

/// The token of an invitation link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewInvitationBody {
    /// The part of the link after `#token=`.
    #[schema(min_length = 1, max_length = 200)]
    token: String,
}
body!(PreviewInvitationBody);

/// The invitation that a link belongs to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// The id of the invitation, with which the invited person can decline it; null for the link of a role.
    #[schema(required)]
    invitation_id: Option<String>,
    /// The workspace of the invitation.
    workspace: InvitedTo,
    /// The role that the invitation gives.
    role: String,
    /// The display name of the role.
    role_label: String,
    /// The inviter's name at the time of the invitation; null if they had given none, and for the link of a role.
    #[schema(required)]
    invited_by_name: Option<String>,
    /// Whether only the invited address can accept the invitation. The address itself is not shown.
    bound_to_email: bool,
    /// The status of the invitation.
    #[schema(value_type = InvitationStatusName)]
    status: InvitationStatus,
}
output!(Preview);

impl Operation for PreviewInvitation {
    const NAME: &'static str = "preview-invitation";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/invitations/preview";
    const TAG: Tag = Tag::Invitations;
    const LINKS: bool = true;
    const MISSING: Refusal = Refusal::InvitationUnknown;
    const SUMMARY: &'static str = "Preview an invitation";
    const DESCRIPTION: &'static str = "Shows the workspace, the role and the status of the invitation that \
        a link belongs to. The request needs no sign-in and changes nothing.";
    const CODES: &'static [Code] = &[Code::InvitationUnknown];
    const EXAMPLE: &'static str = include_str!("../../examples/preview-invitation.request.json");
    const ANSWER: &'static str = include_str!("../../examples/preview-invitation.answer.json");

    type Scope = Public;
    type Target = Entrance;
    type Path = Root;
    type Query = Nothing;
    type Body = PreviewInvitationBody;
    type Output = Preview;
    type Plan = u32;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, Public>,
        _: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let named = start.tokens.and_then(|tokens| tokens.verify(&request.body.token));
        let (target, generation) = named.ok_or(Refusal::InvitationUnknown)?;
        Ok(about(target, generation))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let Entrance { workspace, by } = state.target;
        let rights = state.makers_in(&workspace.value);
        let (invitation, role, inviter, current, bound_to_email, status) = match by {
            EntranceBy::Invitation(stored) => {
                let it = &stored.value;
                let status = rights.rules().status(it, moment.now);
                (Some(it.id), &it.role, it.inviter_name.clone(), it.generation, it.email.is_some(), status)
            }
            EntranceBy::Link(Stored { value: it, .. }) => {
                let is_open = rights.rules().is_open(it);
                let status = if is_open { InvitationStatus::Pending } else { InvitationStatus::Revoked };
                (None, &it.role, None, it.generation, false, status)
            }
        };
        let (label, role) =
            (state.pack.role(role).map(|role| role.label.clone()), state.pack.role_name(role));
        let Workspace { id, name, logo, .. } = &workspace.value;
        let preview = Preview {
            invitation_id: invitation.map(|id| id.to_string()),
            workspace: InvitedTo { name: name.to_string(), logo_url: logo_url(state.origin, *id, *logo) },
            role_label: label.unwrap_or_else(|| role.to_string()),
            role: role.to_string(),
            invited_by_name: inviter,
            bound_to_email,
            status: if *plan == current { status } else { InvitationStatus::Revoked },
        };
        Ok((preview, Changes::new()))
    }
}
