//! `list-leave-requests`: who decides sees all, others see their own.

use http::Method;
use seatwise_domain::{Changes, LeaveRequest, Moment, WorkspaceId};
use seatwise_store::{Load, Query};

use crate::listing::{self, Direction, Page, Place};
use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::request::{InWorkspace, Nothing, Paging};
use crate::view::LeaveRequestView;

/// Lists leave requests.
pub struct ListLeaveRequests;

/// Most requests that are looked through, the newest first. Read whole, so that a page and its
/// cursor tell nobody of requests that they do not see.
const LOOKED_THROUGH: u32 = 1_000;

fn query(workspace: WorkspaceId) -> Query {
    Query::LeaveRequests(workspace, seatwise_store::Page { limit: LOOKED_THROUGH, after: None })
}

impl Operation for ListLeaveRequests {
    const NAME: &'static str = "list-leave-requests";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave-requests";
    const SUMMARY: &'static str = "List leave requests";
    const DESCRIPTION: &'static str =
        "Newest first, of the newest 1,000. Who may decide sees all, others see their own.";
    const ANSWER: &'static str = include_str!("../../examples/list-leave-requests.answer.json");

    type Path = InWorkspace;
    type Query = Paging;
    type Body = Nothing;
    type Output = Page<LeaveRequestView>;

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        Ok(Load::new().query(query(request.path.workspace)))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let caller = state.caller()?.user;
        let sees_all = state.may("decideLeaveRequests");
        let requests = state.loaded().list::<LeaveRequest>(&query(request.path.workspace));
        let items = requests
            .iter()
            .filter(|stored| sees_all || stored.value.id.user == caller)
            .map(|stored| (place(&stored.value), LeaveRequestView::from(&stored.value)))
            .collect();
        let Paging { limit, cursor } = &request.query;
        let page = listing::page("leave requests", items, Direction::Down, *limit, cursor.as_deref())?;
        Ok((page, Changes::new()))
    }
}

/// By the time of asking, which a UUIDv7 begins with.
fn place(request: &LeaveRequest) -> Place {
    (request.id.serial.to_string(), request.id.to_string())
}
