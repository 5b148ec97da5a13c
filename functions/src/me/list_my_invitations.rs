//! `list-my-invitations`: the pending invitations for the caller's verified address.

use http::Method;
use seatwise_domain::{Changes, EmailSlot, Moment};
use seatwise_store::{List, Many, Reads};

use super::joined::my_invitations;
use crate::invitation::view::MyInvitation;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::Root;
use crate::problem::Problem;
use crate::scope::SignedIn;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::{Nothing, Page, Paging, checked};

/// Lists the caller's invitations.
pub struct ListMyInvitations;

impl Operation for ListMyInvitations {
    const NAME: &'static str = "list-my-invitations";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/me/invitations";
    const TAG: Tag = Tag::Invitations;
    const SUMMARY: &'static str = "List the caller's pending invitations";
    const DESCRIPTION: &'static str = "Lists the invitations for the caller's email address, if the \
        identity provider has verified it; the last to expire come first. A page can have fewer than `limit` items although more pages \
        follow.";
    const ANSWER: &'static str = include_str!("../../examples/list-my-invitations.answer.json");

    type Scope = SignedIn;
    type Target = Platform;
    type Path = Root;
    type Query = Paging;
    type Body = Nothing;
    type Output = Page<MyInvitation>;
    type Plan = Option<Many<EmailSlot>>;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, SignedIn>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let page = request.query.page()?;
        let list = start
            .scope
            .verified_email()
            .map(|email| checked(List::pending_slots(email.key(), start.now, page)));
        let slots = list.transpose()?.map(|list| reads.many(list));
        Ok(about((), slots))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let page = match *plan {
            Some(slots) => Page {
                items: my_invitations(state.many(slots), state, |_| false),
                next_cursor: state.next(slots).map(|cursor| cursor.to_string()),
            },
            None => Page { items: Vec::new(), next_cursor: None },
        };
        Ok((page, Changes::new()))
    }
}
