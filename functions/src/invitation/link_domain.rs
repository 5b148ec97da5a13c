//! `link-domain`: claims a domain; it brings people in once it is verified (R10).

use http::Method;
use seatwise_domain::rules::domain::{self, MAX_DOMAINS};
use seatwise_domain::{Changes, DomainClaim, Moment, Refusal, Tally};
use seatwise_store::{One, Reads};

use super::link_view::DomainView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::DomainPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Claims a domain.
pub struct LinkDomain;

/// The handles of the records to read.
pub struct LinkPlan {
    tally: One<Tally>,
    claim: One<DomainClaim>,
}

impl Operation for LinkDomain {
    const NAME: &'static str = "link-domain";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/domains/{domain}";
    const TAG: Tag = Tag::Invitations;
    const MISSING: Refusal = Refusal::DomainInvalid;
    const SUMMARY: &'static str = "Link an email domain";
    const DESCRIPTION: &'static str = "Claims the domain. To prove that the domain is yours, add `record` \
        to its DNS. The record is looked up every few minutes for a week; repeat the request to start \
        another week. Keep the record: after the verification it is looked up every day, and a domain whose \
        record is missing for a time that the product sets brings nobody in any more. If the record comes \
        back within a week after that, the domain is verified again; later, repeat the request. After the \
        verification, every user who signs in with a verified address of exactly \
        this domain joins the workspace without an invitation. Users who left or were removed do not join \
        again in this way.";
    const CODES: &'static [Code] =
        &[Code::DomainInvalid, Code::DomainPublic, Code::DomainLimitReached, Code::ChannelNotOffered];
    const ANSWER: &'static str = include_str!("../../examples/link-domain.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = DomainPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = DomainView;
    type Plan = LinkPlan;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let DomainPath { workspace, domain } = &request.path;
        let plan = LinkPlan {
            tally: reads.one(Tally::key(*workspace)),
            claim: reads.one(DomainClaim::key(*workspace, domain.clone())),
        };
        Ok(about((), plan))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let DomainPath { workspace, domain } = &state.request.path;
        let before = state.one(plan.claim);
        if before.is_none() && state.required(plan.tally)?.value.domains >= i64::from(MAX_DOMAINS) {
            return Err(Refusal::DomainLimitReached.into());
        }
        let claimant = state.scope.caller.user;
        let (claim, changes) =
            domain::claim(state.pack, *workspace, domain, before.as_ref(), claimant, moment)?;
        Ok((DomainView::of(state.pack, &claim), changes))
    }
}
