//! `list-domains`: those that the workspace has claimed, verified or not (R10).

use http::Method;
use seatwise_domain::{Changes, DomainClaim, Moment};
use seatwise_store::{Load, Query};

use crate::listing::Page;
use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::request::{InWorkspace, Nothing};
use crate::view::DomainView;

/// Lists domains.
pub struct ListDomains;

impl Operation for ListDomains {
    const NAME: &'static str = "list-domains";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/domains";
    const SUMMARY: &'static str = "List email domains";
    const DESCRIPTION: &'static str = "By name; at most 50.";
    const ANSWER: &'static str = include_str!("../../examples/list-domains.answer.json");

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Page<DomainView>;

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        Ok(Load::new().query(Query::DomainClaims(request.path.workspace)))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let claims = state.loaded().list::<DomainClaim>(&Query::DomainClaims(request.path.workspace));
        let items = claims.iter().map(|stored| DomainView::from(&stored.value)).collect();
        Ok((Page { items, next_cursor: None }, Changes::new()))
    }
}
