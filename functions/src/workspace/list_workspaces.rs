//! `list-workspaces`: the switcher (L6).

use http::Method;
use seatwise_domain::{Changes, JoinedWorkspace, Moment};
use seatwise_store::{List, Many, Reads};

use super::view::SwitcherEntry;
use crate::me::joined::{EntryHandles, read_entries, switcher_entries};
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::path::Root;
use crate::problem::Problem;
use crate::scope::SignedIn;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::{Nothing, Page, Paging, checked};

/// Lists the workspaces that the caller is in.
pub struct ListWorkspaces;

/// A page needs two records for each entry, and one read takes 100.
const MOST: u32 = 50;

/// The handles of the records to read.
pub struct WorkspacesPlan {
    joined: Many<JoinedWorkspace>,
    /// Empty until the first reading has found the workspaces.
    entries: Vec<EntryHandles>,
}

impl Operation for ListWorkspaces {
    const NAME: &'static str = "list-workspaces";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces";
    const TAG: Tag = Tag::Workspaces;
    const SUMMARY: &'static str = "List the caller's workspaces";
    const DESCRIPTION: &'static str = "Each item has the caller's role in the workspace. A page has at most \
        50 items.";
    const ANSWER: &'static str = include_str!("../../examples/list-workspaces.answer.json");

    type Scope = SignedIn;
    type Target = Platform;
    type Path = Root;
    type Query = Paging;
    type Body = Nothing;
    type Output = Page<SwitcherEntry>;
    type Plan = WorkspacesPlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, SignedIn>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let mut page = request.query.page()?;
        page.limit = page.limit.min(MOST);
        let joined = reads.many(checked(List::joined(start.scope.user, page))?);
        Ok(about((), WorkspacesPlan { joined, entries: Vec::new() }))
    }

    fn follow(plan: &mut WorkspacesPlan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        plan.entries = read_entries(so_far.loaded.many(plan.joined), reads);
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let items = switcher_entries(&plan.entries, state);
        let next_cursor = state.next(plan.joined).map(|cursor| cursor.to_string());
        Ok((Page { items, next_cursor }, Changes::new()))
    }
}
