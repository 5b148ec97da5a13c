//! `resend-invitation`: the same link again, for as long as a new one (S9, F7).

use http::Method;
use seatwise_domain::rules::invitation;
use seatwise_domain::{Changes, Invitation, Moment, Stored};
use seatwise_store::Reads;

use super::view::InvitationView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::InvitationPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;

/// Sends an invitation again.
pub struct ResendInvitation;

impl Operation for ResendInvitation {
    const NAME: &'static str = "resend-invitation";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/invitations/{invitationId}/resend";
    const TAG: Tag = Tag::Invitations;
    const IDEMPOTENT: bool = true;
    const LINKS: bool = true;
    const SUMMARY: &'static str = "Send a pending invitation again";
    const DESCRIPTION: &'static str = "Sends the mail again with the same link. The lifetime of the \
        invitation starts again, and the caller becomes its inviter. An invitation without an address has \
        no mail; share its `url` instead.";
    const CODES: &'static [Code] = &[
        Code::RoleAboveOwn,
        Code::RoleUnknown,
        Code::InvitationExpired,
        Code::InvitationRevoked,
        Code::InvitationUsed,
    ];
    const ANSWER: &'static str = include_str!("../../examples/resend-invitation.answer.json");

    type Scope = InWorkspace;
    type Target = Stored<Invitation>;
    type Path = InvitationPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = InvitationView;
    type Plan = ();

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        _: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about(request.path.invitation, ()))
    }

    fn decide(
        (): &(),
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let sender = state.scope.caller.user;
        let (invitation, changes) = invitation::resend(state.pack, state.target, sender, moment)?;
        let may_share = state.may_share(&invitation.role);
        Ok((InvitationView::of(&invitation, may_share, moment.now), changes))
    }
}
