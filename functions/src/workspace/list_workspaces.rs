//! `list-workspaces`: the switcher (L6).

use http::Method;
use seatwise_domain::{Changes, Identity, Moment};
use seatwise_store::{Load, Loaded, Query};

use crate::listing::Page;
use crate::me::{entries, joined, load_joined};
use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::request::{Nothing, Nowhere, Paging, checked};
use crate::view::SwitcherEntry;

/// Lists the workspaces that the caller is in.
pub struct ListWorkspaces;

/// A page needs two records for each entry, and one read takes 100.
const MOST: u32 = 50;

fn query(paging: &Paging, identity: &Identity) -> Result<Query, Problem> {
    let mut page = paging.page()?;
    page.limit = page.limit.min(MOST);
    checked(Query::Joined(identity.user, page))
}

impl Operation for ListWorkspaces {
    const NAME: &'static str = "list-workspaces";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces";
    const SUMMARY: &'static str = "List one's own workspaces";
    const DESCRIPTION: &'static str = "With the role that the caller has in each. At most 50 a page.";
    const ANSWER: &'static str = include_str!("../../examples/list-workspaces.answer.json");

    type Path = Nowhere;
    type Query = Paging;
    type Body = Nothing;
    type Output = Page<SwitcherEntry>;

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        Ok(Load::new().query(query(&request.query, context.caller()?)?))
    }

    fn follow(request: &Request<Self>, loaded: &Loaded, context: &Context<'_>) -> Option<Load> {
        load_joined(&joined(loaded, &query(&request.query, context.identity?).ok()?))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let query = query(&request.query, state.caller()?)?;
        let items = entries(&joined(state.loaded(), &query), state.followed(), state.origin);
        let next_cursor = state.loaded().next(&query).map(|cursor| cursor.to_string());
        Ok((Page { items, next_cursor }, Changes::new()))
    }
}
