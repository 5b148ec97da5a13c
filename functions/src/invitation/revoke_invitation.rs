//! `revoke-invitation`: from that moment it cannot be used, and its seat is free (S9, F7).

use http::{Method, StatusCode};
use seatwise_domain::rules::invitation;
use seatwise_domain::{Changes, Invitation, Moment, Stored};

use crate::operation::{Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfInvitation};

/// Takes an invitation back.
pub struct RevokeInvitation;

impl Operation for RevokeInvitation {
    const NAME: &'static str = "revoke-invitation";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/invitations/{invitationId}";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Revoke a pending invitation";
    const CODES: &'static [Code] =
        &[Code::RoleAboveOwn, Code::InvitationExpired, Code::InvitationRevoked, Code::InvitationUsed];

    type Path = OfInvitation;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();

    fn decide(_: &Request<Self>, state: &State<'_>, moment: &mut Moment) -> Result<((), Changes), Problem> {
        let stored: Stored<Invitation> = state.subject()?;
        Ok(((), invitation::revoke(&stored, moment.now)?))
    }
}
