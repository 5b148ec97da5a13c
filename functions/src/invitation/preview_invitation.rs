//! `preview-invitation`: what a link leads to, before sign-in. Changes nothing: mail scanners open
//! links (K24).

use http::Method;
use seatwise_domain::{
    Changes, Invitation, InvitationStatus, Moment, RecordKey, Refusal, RoleLink, Stored, Workspace,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::operation::{Context, Operation, Request, State, Subject, Thing};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, Nowhere};
use crate::token::{Opens, TokenKeys};
use crate::view::{InvitationStatusName, InvitedTo, logo_url};
use crate::{body, output};

/// Shows what a link leads to.
pub struct PreviewInvitation;

/// The token of a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewInvitationBody {
    /// What follows `#token=` in the link.
    #[schema(min_length = 1, max_length = 200)]
    token: String,
}
body!(PreviewInvitationBody);

/// What a link leads to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// To what.
    workspace: InvitedTo,
    /// As what.
    role: String,
    /// What people call that role.
    role_label: String,
    /// Whether only the address it was sent to can accept it. Which one is not said.
    bound_to_email: bool,
    /// Whether it can be accepted.
    #[schema(value_type = InvitationStatusName)]
    status: InvitationStatus,
}
output!(Preview);

fn verified(
    request: &Request<PreviewInvitation>,
    tokens: Option<&TokenKeys>,
) -> Result<(Opens, u32), Refusal> {
    tokens.and_then(|tokens| tokens.verify(&request.body.token)).ok_or(Refusal::InvitationUnknown)
}

impl Operation for PreviewInvitation {
    const NAME: &'static str = "preview-invitation";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/invitations/preview";
    const PUBLIC: bool = true;
    const LINKS: bool = true;
    const MISSING: Refusal = Refusal::InvitationUnknown;
    const SUMMARY: &'static str = "Show what an invitation link leads to";
    const DESCRIPTION: &'static str = "Needs no sign-in and changes nothing.";
    const CODES: &'static [Code] = &[Code::InvitationUnknown];
    const EXAMPLE: &'static str = include_str!("../../examples/preview-invitation.request.json");
    const ANSWER: &'static str = include_str!("../../examples/preview-invitation.answer.json");

    type Path = Nowhere;
    type Query = Nothing;
    type Body = PreviewInvitationBody;
    type Output = Preview;

    fn subject(request: &Request<Self>, context: &Context<'_>) -> Result<Subject, Refusal> {
        verified(request, context.tokens).map(|(opens, _)| Thing::from(opens).into())
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(Preview, Changes), Problem> {
        let (opens, generation) = verified(request, state.tokens)?;
        let id = opens.workspace();
        let workspace: Stored<Workspace> =
            state.get(&RecordKey::Workspace(id)).ok_or(Refusal::InvitationUnknown)?;
        let (role, current, bound_to_email, status) = match opens {
            Opens::Invitation(_) => {
                let Stored { value: it, .. } = state.subject::<Invitation>()?;
                let status = it.status(moment.now);
                (it.role, it.generation, it.email.is_some(), status)
            }
            Opens::Link(..) => {
                let Stored { value: it, .. } = state.subject::<RoleLink>()?;
                let status = if it.open { InvitationStatus::Pending } else { InvitationStatus::Revoked };
                (it.role, it.generation, false, status)
            }
        };
        let label = state.pack.role(&role).map(|role| role.label.clone());
        let logo_url = logo_url(state.origin, id, workspace.value.logo);
        let preview = Preview {
            workspace: InvitedTo { name: workspace.value.name.to_string(), logo_url },
            role_label: label.unwrap_or_else(|| role.to_string()),
            role: role.to_string(),
            bound_to_email,
            status: if generation == current { status } else { InvitationStatus::Revoked },
        };
        Ok((preview, Changes::new()))
    }
}
