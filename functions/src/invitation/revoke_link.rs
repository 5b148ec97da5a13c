//! `revoke-link`: makes the link of a role invalid at once (R9).

use http::Method;
use seatwise_domain::rules::role_link;
use seatwise_domain::{Changes, Moment, Refusal, RoleLink};
use seatwise_store::{One, Reads};

use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::RolePath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Takes a link back.
pub struct RevokeLink;

impl Operation for RevokeLink {
    const NAME: &'static str = "revoke-link";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/links/{role}";
    const TAG: Tag = Tag::Invitations;
    const SUMMARY: &'static str = "Revoke a link";
    const DESCRIPTION: &'static str = "Members who joined through the link stay. The link of a role that the product no longer has can be \
        revoked too.";
    const CODES: &'static [Code] = &[Code::RoleAboveOwn, Code::RoleUnknown];

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = RolePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();
    type Plan = One<RoleLink>;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let RolePath { workspace, role } = &request.path;
        let role = role.id(start.pack);
        let link = reads.one(RoleLink::key(*workspace, RoleLink::serial_of(&role)));
        Ok(about((), link).giving(role))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let link = state.one(*plan);
        let role = state.request.path.role.id(state.pack);
        if link.is_none() && state.pack.role(&role).is_none() {
            return Err(Refusal::RoleUnknown.into());
        }
        Ok(((), role_link::revoke(link.as_ref())))
    }
}
