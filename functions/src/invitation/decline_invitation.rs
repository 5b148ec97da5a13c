//! `decline-invitation`: ends an invitation that the invited person does not want.

use http::Method;
use seatwise_domain::rules::invitation;
use seatwise_domain::{Changes, Moment, Refusal};
use seatwise_store::Reads;
use serde::Deserialize;
use utoipa::ToSchema;

use super::target::OwnInvitation;
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::OwnInvitationPath;
use crate::problem::{Code, Problem};
use crate::scope::SignedIn;
use crate::tag::Tag;
use crate::wire::Nothing;

/// Declines an invitation.
pub struct DeclineInvitation;

/// What the person wants for the future.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DeclineBody {
    /// Whether the workspace must not invite the person again.
    #[serde(default)]
    #[schema(default = false)]
    not_again: bool,
}
body!(DeclineBody);

impl Operation for DeclineInvitation {
    const NAME: &'static str = "decline-invitation";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/invitations/{invitationId}/decline";
    const TAG: Tag = Tag::Invitations;
    const IDEMPOTENT: bool = true;
    const MISSING: Refusal = Refusal::InvitationUnknown;
    const SUMMARY: &'static str = "Decline an invitation";
    const DESCRIPTION: &'static str = "Only the user whose address the invitation is for can decline it. A \
        seat that the invitation reserved becomes free. Then the workspace sends no mail to this address for a \
        while. With `notAgain`, it cannot invite the address again. Both end when the user joins the workspace \
        in another way.";
    const EXAMPLE: &'static str = include_str!("../../examples/decline-invitation.request.json");
    const CODES: &'static [Code] =
        &[Code::InvitationUnknown, Code::EmailNotVerified, Code::InvitationRevoked, Code::InvitationUsed];

    type Scope = SignedIn;
    type Target = OwnInvitation;
    type Path = OwnInvitationPath;
    type Query = Nothing;
    type Body = DeclineBody;
    type Output = ();
    type Plan = ();

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, SignedIn>,
        _: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about(request.path.invitation, ()))
    }

    fn decide(
        (): &(),
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let (caller, stored) = (&state.scope.caller, &state.target.invitation);
        let changes = invitation::decline(caller, stored, state.request.body.not_again, moment.now)?;
        Ok(((), changes))
    }
}
