//! `resend-invitation`: the same link again, for as long as a new one (S9, F7).

use http::Method;
use seatwise_domain::rules::invitation;
use seatwise_domain::{Changes, Invitation, Moment, Stored};

use crate::operation::{Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfInvitation};
use crate::view::InvitationView;

/// Sends an invitation again.
pub struct ResendInvitation;

impl Operation for ResendInvitation {
    const NAME: &'static str = "resend-invitation";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/invitations/{invitationId}/resend";
    const IDEMPOTENT: bool = true;
    const LINKS: bool = true;
    const SUMMARY: &'static str = "Send a pending invitation again";
    const DESCRIPTION: &'static str = "With the same link; its time starts anew, and who sends it stands for it from then on. One without an address sends nothing: \
        share its `url`.";
    const CODES: &'static [Code] =
        &[Code::RoleAboveOwn, Code::InvitationExpired, Code::InvitationRevoked, Code::InvitationUsed];
    const ANSWER: &'static str = include_str!("../../examples/resend-invitation.answer.json");

    type Path = OfInvitation;
    type Query = Nothing;
    type Body = Nothing;
    type Output = InvitationView;

    fn decide(
        _: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(InvitationView, Changes), Problem> {
        let stored: Stored<Invitation> = state.subject()?;
        let (invitation, changes) = invitation::resend(state.pack, &stored, state.caller()?.user, moment)?;
        Ok((InvitationView::of(&invitation, state.may_share(&invitation.role), moment.now), changes))
    }
}
