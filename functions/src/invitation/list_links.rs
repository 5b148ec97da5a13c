//! `list-links`: those that can be used (R9).

use http::Method;
use seatwise_domain::{Changes, Moment, RoleLink};
use seatwise_store::{List, Many, Reads};

use super::link_view::LinkView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::permissions::SharePermissions;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Nothing, Page};
use crate::workspace::target::ThisWorkspace;

/// Lists links.
pub struct ListLinks;

impl Operation for ListLinks {
    const NAME: &'static str = "list-links";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/links";
    const TAG: Tag = Tag::Invitations;
    const LINKS: bool = true;
    const SUMMARY: &'static str = "List links";
    const DESCRIPTION: &'static str = "There is at most one link for each role. `url` is present if the \
        caller has permission to share the link.";
    const ANSWER: &'static str = include_str!("../../examples/list-links.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Page<LinkView>;
    type Plan = Many<RoleLink>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), reads.many(List::links(request.path.workspace))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let rights = state.makers_in(&state.scope.workspace.value);
        let links = state.many(*plan).into_iter().map(|stored| stored.value);
        let mut links: Vec<RoleLink> = links.filter(|link| rights.rules().is_open(link)).collect();
        // In the product's order of roles; a role that the product no longer has comes last.
        let place = |link: &RoleLink| state.pack.roles.iter().position(|role| role.id == link.role);
        links.sort_by_key(|link| place(link).unwrap_or(usize::MAX));
        let mut share = SharePermissions::of(state);
        let items =
            links.iter().map(|link| LinkView::of(state.pack, link, share.may_for_role(&link.role))).collect();
        Ok((Page { items, next_cursor: None }, Changes::new()))
    }
}
