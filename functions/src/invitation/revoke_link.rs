//! `revoke-link`: no good from that moment on (R9).

use http::{Method, StatusCode};
use seatwise_domain::rules::role_link;
use seatwise_domain::{Changes, Moment, RecordKey, Refusal, RoleLink, Stored};
use seatwise_store::Load;

use crate::member::asked_role;
use crate::operation::{Context, Operation, Request, State, Subject, Thing};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfRole};

/// Takes a link back.
pub struct RevokeLink;

impl Operation for RevokeLink {
    const NAME: &'static str = "revoke-link";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/links/{role}";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Take a link back";
    const DESCRIPTION: &'static str = "Who has joined by it stays.";
    const CODES: &'static [Code] = &[Code::RoleAboveOwn];

    type Path = OfRole;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();

    fn subject(request: &Request<Self>, context: &Context<'_>) -> Result<Subject, Refusal> {
        let target_role = Some(asked_role(context.pack, &request.path.role));
        Ok(Subject { thing: Thing::Workspace, target_role })
    }

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        let OfRole { workspace, role } = &request.path;
        Ok(Load::new().record(RecordKey::RoleLink(*workspace, RoleLink::serial_of(role))))
    }

    fn decide(request: &Request<Self>, state: &State<'_>, _: &mut Moment) -> Result<((), Changes), Problem> {
        let OfRole { workspace, role } = &request.path;
        let link: Option<Stored<RoleLink>> =
            state.get(&RecordKey::RoleLink(*workspace, RoleLink::serial_of(role)));
        Ok(((), role_link::revoke(link.as_ref())))
    }
}
