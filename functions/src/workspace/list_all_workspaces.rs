//! `list-all-workspaces`: every workspace of the product, for its backend.

use http::Method;
use jiff::Timestamp;
use seatwise_domain::{Changes, Moment, Workspace, WorkspaceEntry};
use seatwise_store::{List, Many, One, Reads};
use serde::Serialize;
use utoipa::ToSchema;

use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::path::Root;
use crate::problem::Problem;
use crate::scope::ServiceOnly;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::{Nothing, Page, Paging, checked};

/// Lists all workspaces.
pub struct ListAllWorkspaces;

/// A workspace, as a service sees it in the list of all.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedWorkspace)]
pub struct ListedWorkspace {
    /// The id of the workspace.
    #[schema(format = Uuid)]
    id: String,
    /// The name of the workspace.
    #[schema(example = "Acme")]
    name: String,
    /// The plan of the workspace.
    #[schema(example = "business")]
    plan: String,
    /// The time at which the workspace was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// The handles of the records to read.
pub struct ListPlan {
    entries: Many<WorkspaceEntry>,
    /// The workspaces, once the page is known.
    workspaces: Vec<One<Workspace>>,
}

impl Operation for ListAllWorkspaces {
    const NAME: &'static str = "list-all-workspaces";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/service/workspaces";
    const TAG: Tag = Tag::Services;
    const SUMMARY: &'static str = "List all workspaces";
    const DESCRIPTION: &'static str = "For services only. The workspaces are in the order of their creation. A page costs \
        the same, however many workspaces there are. A page can have fewer than `limit` items although more follow.";
    const ANSWER: &'static str = include_str!("../../examples/list-all-workspaces.answer.json");

    type Scope = ServiceOnly;
    type Target = Platform;
    type Path = Root;
    type Query = Paging;
    type Body = Nothing;
    type Output = Page<ListedWorkspace>;
    type Plan = ListPlan;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, ServiceOnly>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let list = checked(List::workspace_entries(request.query.page()?))?;
        Ok(about((), ListPlan { entries: reads.many(list), workspaces: Vec::new() }))
    }

    fn follow(plan: &mut Self::Plan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let entries = so_far.loaded.many(plan.entries);
        let ids = entries.iter().map(|entry| entry.value.workspace);
        plan.workspaces = ids.map(|id| reads.one(Workspace::key(id))).collect();
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        // One that was deleted between the two readings is left out.
        let found = plan.workspaces.iter().filter_map(|handle| state.one(*handle));
        let items = found.map(|stored| ListedWorkspace::of(stored.value)).collect();
        let next_cursor = state.next(plan.entries).map(|cursor| cursor.to_string());
        Ok((Page { items, next_cursor }, Changes::new()))
    }
}

impl ListedWorkspace {
    fn of(workspace: Workspace) -> Self {
        let Workspace { id, name, plan, created_at, .. } = workspace;
        Self { id: id.to_string(), name: name.to_string(), plan, created_at }
    }
}
