//! `unlink-domain`: it brings nobody in from then on (R10).

use http::{Method, StatusCode};
use seatwise_domain::rules::domain;
use seatwise_domain::{Changes, DomainClaim, Moment, RecordKey, Refusal, Stored};
use seatwise_store::Load;

use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::request::{Nothing, OfDomain};

/// Gives a domain up.
pub struct UnlinkDomain;

impl Operation for UnlinkDomain {
    const NAME: &'static str = "unlink-domain";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/domains/{domain}";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Unlink an email domain";
    const DESCRIPTION: &'static str = "Who has joined by it stays.";

    type Path = OfDomain;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        let OfDomain { workspace, domain } = &request.path;
        Ok(Load::new().record(RecordKey::DomainClaim(*workspace, domain.clone())))
    }

    fn decide(request: &Request<Self>, state: &State<'_>, _: &mut Moment) -> Result<((), Changes), Problem> {
        let OfDomain { workspace, domain } = &request.path;
        let claim: Option<Stored<DomainClaim>> =
            state.get(&RecordKey::DomainClaim(*workspace, domain.clone()));
        Ok(((), domain::unlink(&claim.ok_or(Refusal::NotFound)?)))
    }
}
