//! `list-leave-requests`: lists all leave requests for members who decide on them, and their own for
//! other members.

use http::Method;
use seatwise_domain::{Changes, LeaveRequest, LeaveRequestId, Moment, WorkspaceId};
use seatwise_store::{Cursor, Direction, List, Many, PageRequest, Reads};

use crate::leave::view::LeaveRequestView;
use crate::listing::{self, SortKey};
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{CursorText, Nothing, Page, Paging, bad_cursor};
use crate::workspace::target::ThisWorkspace;

/// Lists leave requests.
pub struct ListLeaveRequests;

/// Most requests of any status that are looked through for one page, the newest first. All pending ones are
/// found beside them. The pages are cut from what the caller sees, so that a page and its cursor tell nobody
/// of other requests.
const LOOKED_THROUGH: u32 = 1_000;
const ORDER: &str = "leave requests, pending first";
/// The beginning of the place of a pending request, and of any other one. The list is sorted downwards.
const PENDING: &str = "1";
const CLOSED: &str = "0";

/// The handles of the records to read.
pub struct LeavePlan {
    pending: Many<LeaveRequest>,
    newest: Many<LeaveRequest>,
}

impl Operation for ListLeaveRequests {
    const NAME: &'static str = "list-leave-requests";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave-requests";
    const TAG: Tag = Tag::LeaveRequests;
    const SUMMARY: &'static str = "List leave requests";
    const DESCRIPTION: &'static str = "Pending requests come first; then the others. Both are sorted newest \
        first. Callers with permission to decide leave requests see all requests. Other callers see their own: \
        the pending one, and those among the newest 1,000 of the workspace. `decidedBy` is null for callers who \
        may neither decide nor list members.";
    const ANSWER: &'static str = include_str!("../../examples/list-leave-requests.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Paging;
    type Body = Nothing;
    type Output = Page<LeaveRequestView>;
    type Plan = LeavePlan;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let workspace = request.path.workspace;
        let after = closed_before(workspace, request.query.cursor.as_ref())?;
        let page = PageRequest { limit: LOOKED_THROUGH, after };
        let plan = LeavePlan {
            pending: reads.many(List::pending_leave_requests(workspace)),
            newest: reads.many(List::leave_requests(workspace, page)),
        };
        Ok(about((), plan))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let caller = state.scope.caller.user;
        let sees_all = state.may("decideLeaveRequests");
        let (pending, newest) = (state.many(plan.pending), state.many(plan.newest));
        let is_found = |request: &LeaveRequest| pending.iter().any(|found| found.value.id == request.id);
        // A request that an earlier release has made is pending in its place among the others.
        let others = newest.iter().map(|stored| &stored.value).filter(|request| !is_found(request));
        let names_deciders = sees_all || state.may("listMembers");
        let view = |request: &LeaveRequest| {
            let view = LeaveRequestView::from(request);
            if names_deciders { view } else { view.without_decider() }
        };
        let items = pending
            .iter()
            .map(|stored| (PENDING, &stored.value))
            .chain(others.map(|request| (CLOSED, request)))
            .filter(|(_, request)| sees_all || request.id.user == caller)
            .map(|(part, request)| (place(part, request), view(request)))
            .collect();
        let Paging { limit, cursor } = &state.request.query;
        let mut page = listing::page(ORDER, items, Direction::Down, *limit, cursor.as_ref())?;
        let has_more = page.next_cursor.is_none() && state.next(plan.newest).is_some();
        if let Some(last) = newest.last().filter(|_| has_more && sees_all) {
            page.next_cursor = Some(listing::cursor(ORDER, Direction::Down, &place(CLOSED, &last.value)));
        }
        Ok((page, Changes::new()))
    }
}

/// Where the search goes on for a page after `cursor`: after the request that the cursor names, unless that is
/// a pending one.
fn closed_before(workspace: WorkspaceId, cursor: Option<&CursorText>) -> Result<Option<Cursor>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let (key, id) = listing::place(ORDER, Direction::Down, cursor)?;
    let id: LeaveRequestId = id.parse().map_err(|_| bad_cursor())?;
    let is_closed = key.starts_with(CLOSED);
    Ok(is_closed.then(|| Cursor::of_record(&LeaveRequest::key(workspace, id).into())))
}

/// By the time of asking, which a UUIDv7 begins with.
fn place(part: &str, request: &LeaveRequest) -> SortKey {
    (format!("{part}{}", request.id.serial), request.id.to_string())
}
