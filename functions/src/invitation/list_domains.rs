//! `list-domains`: those that the workspace has claimed, verified or not (R10).

use http::Method;
use seatwise_domain::{Changes, DomainClaim, Moment};
use seatwise_store::{List, Many, Reads};

use super::link_view::DomainView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Nothing, Page};
use crate::workspace::target::ThisWorkspace;

/// Lists domains.
pub struct ListDomains;

impl Operation for ListDomains {
    const NAME: &'static str = "list-domains";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/domains";
    const TAG: Tag = Tag::Invitations;
    const SUMMARY: &'static str = "List email domains";
    const DESCRIPTION: &'static str = "Sorted by name. A workspace has at most 50 domains. A verified domain whose \
        DNS record is missing is `failing`: it still brings people in until `expiresAt`.";
    const ANSWER: &'static str = include_str!("../../examples/list-domains.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Page<DomainView>;
    type Plan = Many<DomainClaim>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), reads.many(List::domain_claims(request.path.workspace))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let items = state.many(*plan).into_iter();
        let items = items.map(|stored| DomainView::of(state.pack, &stored.value)).collect();
        Ok((Page { items, next_cursor: None }, Changes::new()))
    }
}
