//! `assign-seats`: all who wait for a seat, who came first first (R6).

use http::{Method, StatusCode};
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Moment};
use seatwise_store::{Load, Query};
use serde::Serialize;
use utoipa::ToSchema;

use crate::member::{Known, Need};
use crate::operation::{Context, Operation, Request, State};
use crate::output;
use crate::problem::Problem;
use crate::request::{InWorkspace, Nothing};

/// Gives seats to all who wait for one.
pub struct AssignSeats;

/// Who has a seat now, and who still waits.
#[derive(Serialize, ToSchema)]
pub struct AssignedSeats {
    /// Who got one, in the order in which they came.
    assigned: Vec<String>,
    /// Who got none.
    waiting: Vec<String>,
}
output!(AssignedSeats);

impl Operation for AssignSeats {
    const NAME: &'static str = "assign-seats";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/seats/assign";
    const STATUS: StatusCode = StatusCode::OK;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Give seats to all who wait for one";
    const DESCRIPTION: &'static str = "First come, first served, until no seat is free; at most 45 at once. If all 45 were \
        `assigned` and some are `waiting`, call again.";
    const ANSWER: &'static str = include_str!("../../examples/assign-seats.answer.json");

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = Nothing;
    type Output = AssignedSeats;

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        let workspace = request.path.workspace;
        let caller = context.caller()?.user;
        Ok(Known::load(context.pack, workspace, caller, Need::Seats).query(Query::Members(workspace)))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(AssignedSeats, Changes), Problem> {
        let known = Known::of(state, state.caller()?.user, Need::Seats)?;
        let members = state.loaded().list(&Query::Members(request.path.workspace));
        let (assigned, waiting, changes) = member::assign_seats(known.standing(state)?, &members, moment);
        let ids = |users: Vec<seatwise_domain::UserId>| users.iter().map(ToString::to_string).collect();
        Ok((AssignedSeats { assigned: ids(assigned), waiting: ids(waiting) }, changes))
    }
}
