//! `link-domain`: claims a domain; it brings people in once it is verified (R10).

use http::Method;
use seatwise_domain::rules::domain::{self, MAX_DOMAINS};
use seatwise_domain::{Changes, DomainClaim, Moment, RecordKey, Refusal, Stored};
use seatwise_store::Load;

use crate::operation::{Context, Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfDomain};
use crate::view::DomainView;

/// Claims a domain.
pub struct LinkDomain;

impl Operation for LinkDomain {
    const NAME: &'static str = "link-domain";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/domains/{domain}";
    const MISSING: Refusal = Refusal::DomainInvalid;
    const SUMMARY: &'static str = "Link an email domain";
    const DESCRIPTION: &'static str = "Who signs in with a verified address of the domain itself then joins without an \
        invitation. First show that the domain is yours: add `record` to it. It is looked up every few minutes for a week; \
        call again to have it looked up for another. Who has left, or was removed, is not brought in again.";
    const CODES: &'static [Code] =
        &[Code::DomainInvalid, Code::DomainPublic, Code::DomainLimitReached, Code::ChannelNotOffered];
    const ANSWER: &'static str = include_str!("../../examples/link-domain.answer.json");

    type Path = OfDomain;
    type Query = Nothing;
    type Body = Nothing;
    type Output = DomainView;

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        let OfDomain { workspace, domain } = &request.path;
        let load = Load::new().record(RecordKey::Tally(*workspace));
        Ok(load.record(RecordKey::DomainClaim(*workspace, domain.clone())))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(DomainView, Changes), Problem> {
        let OfDomain { workspace, domain } = &request.path;
        let before: Option<Stored<DomainClaim>> =
            state.get(&RecordKey::DomainClaim(*workspace, domain.clone()));
        if before.is_none() && state.tally(*workspace)?.domains >= i64::from(MAX_DOMAINS) {
            return Err(Refusal::DomainLimitReached.into());
        }
        let claimant = state.caller()?.user;
        let (claim, changes) =
            domain::claim(state.pack, *workspace, domain, before.as_ref(), claimant, moment)?;
        Ok(((&claim).into(), changes))
    }
}
