//! `list-leave-requests`: lists all leave requests for members who decide on them, and their own for
//! other members.

use http::Method;
use seatwise_domain::{Changes, LeaveRequest, Moment};
use seatwise_store::{List, Many, Reads};

use crate::leave::view::LeaveRequestView;
use crate::listing::{self, SortKey};
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Nothing, Page, Paging};
use crate::workspace::target::ThisWorkspace;
use seatwise_store::Direction;

/// Lists leave requests.
pub struct ListLeaveRequests;

/// Most requests that are looked through, the newest first. Read whole, so that a page and its
/// cursor tell nobody of requests that they do not see.
const LOOKED_THROUGH: u32 = 1_000;

impl Operation for ListLeaveRequests {
    const NAME: &'static str = "list-leave-requests";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave-requests";
    const TAG: Tag = Tag::LeaveRequests;
    const SUMMARY: &'static str = "List leave requests";
    const DESCRIPTION: &'static str = "Newest first, at most the newest 1,000. Callers with permission to decide leave requests see all \
            requests; other callers see their own.";
    const ANSWER: &'static str = include_str!("../../examples/list-leave-requests.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Paging;
    type Body = Nothing;
    type Output = Page<LeaveRequestView>;
    type Plan = Many<LeaveRequest>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let page = seatwise_store::PageRequest { limit: LOOKED_THROUGH, after: None };
        let requests = reads.many(List::leave_requests(request.path.workspace, page));
        Ok(about((), requests))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let caller = state.scope.caller.user;
        let sees_all = state.may("decideLeaveRequests");
        let requests = state.many(*plan);
        let items = requests
            .iter()
            .filter(|stored| sees_all || stored.value.id.user == caller)
            .map(|stored| (place(&stored.value), LeaveRequestView::from(&stored.value)))
            .collect();
        let Paging { limit, cursor } = &state.request.query;
        let page = listing::page("leave requests", items, Direction::Down, *limit, cursor.as_ref())?;
        Ok((page, Changes::new()))
    }
}

/// By the time of asking, which a UUIDv7 begins with.
fn place(request: &LeaveRequest) -> SortKey {
    (request.id.serial.to_string(), request.id.to_string())
}
