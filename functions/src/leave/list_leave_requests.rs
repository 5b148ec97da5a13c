//! `list-leave-requests`: who decides sees all, others see their own.

use http::Method;
use seatwise_domain::change::Changes;
use seatwise_domain::leave::LeaveRequest;
use seatwise_domain::{Moment, WorkspaceId};
use seatwise_store::{Load, Query};

use crate::listing::Page;
use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::request::{InWorkspace, Nothing, Paging, checked};
use crate::view::LeaveRequestView;

/// Lists leave requests.
pub struct ListLeaveRequests;

fn query(paging: &Paging, workspace: WorkspaceId) -> Result<Query, Problem> {
    checked(Query::LeaveRequests(workspace, paging.page()?))
}

impl Operation for ListLeaveRequests {
    const NAME: &'static str = "list-leave-requests";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave-requests";
    const SUMMARY: &'static str = "List leave requests";
    const DESCRIPTION: &'static str = "Newest first. Who may decide sees all, others see their own; a page of theirs may \
        hold fewer than `limit` while there are more.";
    const ANSWER: &'static str = r#"{"items":[{"id":"W9bioGoqW0ONDn0fPCueeAGap_Zd4HKkC7tJxdptb18","userId":"5bd6e2a0-6a2a-5b43-8d0e-7d1f3c2b9e77","reason":"Moving on","status":"pending","requestedAt":"2026-11-21T12:00:00Z","decidedBy":null,"decidedAt":null,"decisionReason":null}],"nextCursor":null}"#;

    type Path = InWorkspace;
    type Query = Paging;
    type Body = Nothing;
    type Output = Page<LeaveRequestView>;

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        Ok(Load::new().query(query(&request.query, request.path.workspace)?))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let query = query(&request.query, request.path.workspace)?;
        let caller = state.caller()?.user;
        let sees_all = state.may("decideLeaveRequests");
        let requests = state.loaded().list::<LeaveRequest>(&query);
        let items = requests
            .iter()
            .filter(|stored| sees_all || stored.value.id.user == caller)
            .map(|stored| LeaveRequestView::from(&stored.value))
            .collect();
        let next_cursor = state.loaded().next(&query).map(|cursor| cursor.to_string());
        Ok((Page { items, next_cursor }, Changes::new()))
    }
}
