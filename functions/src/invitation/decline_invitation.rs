//! `decline-invitation`: the invited does not want it.

use http::{Method, StatusCode};
use seatwise_domain::rules::invitation;
use seatwise_domain::{Changes, Invitation, Moment, Refusal, Stored};

use crate::operation::{Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OwnInvitation};

/// Declines an invitation.
pub struct DeclineInvitation;

impl Operation for DeclineInvitation {
    const NAME: &'static str = "decline-invitation";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/invitations/{invitationId}/decline";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const IDEMPOTENT: bool = true;
    const MISSING: Refusal = Refusal::InvitationUnknown;
    const SUMMARY: &'static str = "Decline an invitation";
    const DESCRIPTION: &'static str = "For whom it is bound to. Its seat is free then.";
    const CODES: &'static [Code] = &[
        Code::InvitationUnknown,
        Code::InvitationOtherEmail,
        Code::EmailNotVerified,
        Code::InvitationExpired,
        Code::InvitationRevoked,
        Code::InvitationUsed,
    ];

    type Path = OwnInvitation;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();

    fn decide(_: &Request<Self>, state: &State<'_>, moment: &mut Moment) -> Result<((), Changes), Problem> {
        let stored: Stored<Invitation> = state.subject()?;
        Ok(((), invitation::decline(state.caller()?, &stored, moment.now)?))
    }
}
