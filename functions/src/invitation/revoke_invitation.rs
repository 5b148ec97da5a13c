//! `revoke-invitation`: from that moment it cannot be used, and its seat is free (S9, F7).

use http::Method;
use seatwise_domain::rules::invitation;
use seatwise_domain::{Changes, Invitation, Moment, Stored};
use seatwise_store::Reads;

use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::InvitationPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;

/// Takes an invitation back.
pub struct RevokeInvitation;

impl Operation for RevokeInvitation {
    const NAME: &'static str = "revoke-invitation";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/invitations/{invitationId}";
    const TAG: Tag = Tag::Invitations;
    const SUMMARY: &'static str = "Revoke a pending invitation";
    const DESCRIPTION: &'static str =
        "Also an expired invitation can be revoked, so that it cannot be sent again.";
    const CODES: &'static [Code] = &[Code::RoleAboveOwn, Code::InvitationRevoked, Code::InvitationUsed];

    type Scope = InWorkspace;
    type Target = Stored<Invitation>;
    type Path = InvitationPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();
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
        Ok(((), invitation::revoke(state.target, moment.now)?))
    }
}
