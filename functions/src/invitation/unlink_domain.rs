//! `unlink-domain`: it brings nobody in from then on (R10).

use http::Method;
use seatwise_domain::DomainClaim;
use seatwise_domain::rules::domain;
use seatwise_domain::{Changes, Moment};
use seatwise_store::One;
use seatwise_store::Reads;

use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::DomainPath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Gives a domain up.
pub struct UnlinkDomain;

impl Operation for UnlinkDomain {
    const NAME: &'static str = "unlink-domain";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/domains/{domain}";
    const TAG: Tag = Tag::Invitations;
    const SUMMARY: &'static str = "Unlink an email domain";
    const DESCRIPTION: &'static str = "Members who joined through the domain stay.";

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = DomainPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();
    type Plan = One<DomainClaim>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let DomainPath { workspace, domain } = &request.path;
        Ok(about((), reads.one(DomainClaim::key(*workspace, domain.clone()))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        Ok(((), domain::unlink(&state.required(*plan)?)))
    }
}
