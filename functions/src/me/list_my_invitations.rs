//! `list-my-invitations`: the pending invitations for the caller's verified address.

use http::Method;
use seatwise_domain::{Changes, Identity, Moment};
use seatwise_store::{Load, Query};

use super::my_invitations;
use crate::listing::Page;
use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::request::{Nothing, Nowhere, Paging, checked};
use crate::view::MyInvitation;

/// Lists the caller's invitations.
pub struct ListMyInvitations;

fn query(paging: &Paging, identity: &Identity) -> Result<Option<Query>, Problem> {
    let page = paging.page()?;
    let Some(email) = identity.verified_email() else { return Ok(None) };
    checked(Query::EmailSlots(email.key(), page)).map(Some)
}

impl Operation for ListMyInvitations {
    const NAME: &'static str = "list-my-invitations";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/me/invitations";
    const SUMMARY: &'static str = "List one's own pending invitations";
    const DESCRIPTION: &'static str = "Those bound to the caller's address, if the sign-in vouches for it. A page may \
        hold fewer than `limit` while there are more.";
    const ANSWER: &'static str = include_str!("../../examples/list-my-invitations.answer.json");

    type Path = Nowhere;
    type Query = Paging;
    type Body = Nothing;
    type Output = Page<MyInvitation>;

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        Ok(query(&request.query, context.caller()?)?.into_iter().fold(Load::new(), Load::query))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let page = match query(&request.query, state.caller()?)? {
            Some(query) => Page {
                items: my_invitations(state, &query, |_| false),
                next_cursor: state.loaded().next(&query).map(|cursor| cursor.to_string()),
            },
            None => Page { items: Vec::new(), next_cursor: None },
        };
        Ok((page, Changes::new()))
    }
}
