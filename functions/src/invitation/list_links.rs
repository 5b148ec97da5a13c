//! `list-links`: those that can be used (R9).

use http::Method;
use seatwise_domain::{Changes, Moment, RoleLink};
use seatwise_store::{Load, Query};

use crate::listing::Page;
use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::request::{InWorkspace, Nothing};
use crate::view::LinkView;

/// Lists links.
pub struct ListLinks;

impl Operation for ListLinks {
    const NAME: &'static str = "list-links";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/links";
    const LINKS: bool = true;
    const SUMMARY: &'static str = "List links";
    const DESCRIPTION: &'static str = "One for each role at most. `url` is there for who may share it.";
    const ANSWER: &'static str = include_str!("../../examples/list-links.answer.json");

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Page<LinkView>;

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        Ok(Load::new().query(Query::Links(request.path.workspace)))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let links = state.loaded().list::<RoleLink>(&Query::Links(request.path.workspace));
        let mut links: Vec<RoleLink> =
            links.into_iter().map(|stored| stored.value).filter(|link| link.open).collect();
        // As the product lists its roles; one that it has no more comes last.
        let place = |link: &RoleLink| state.pack.roles.iter().position(|role| role.id == link.role);
        links.sort_by_key(|link| place(link).unwrap_or(usize::MAX));
        let items = links.iter().map(|link| LinkView::of(link, state.may_share(&link.role))).collect();
        Ok((Page { items, next_cursor: None }, Changes::new()))
    }
}
