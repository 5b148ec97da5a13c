//! `assign-seats`: seats for all who wait for one, in the order in which they joined (R6).

use http::Method;
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Member, Moment, UserId};
use seatwise_store::{List, Many, Reads};
use serde::Serialize;
use utoipa::ToSchema;

use crate::member::context::{MemberContext, Need};
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::output;
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::{CallerIn, InWorkspace};
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Gives seats to all who wait for one.
pub struct AssignSeats;

/// The members who got a seat, and the members who still wait.
#[derive(Serialize, ToSchema)]
pub struct AssignedSeats {
    /// The ids of the members who got a seat, in the order in which they joined.
    assigned: Vec<String>,
    /// The ids of the members who still wait for a seat.
    waiting: Vec<String>,
}
output!(AssignedSeats);

/// The handles of the records to read.
pub struct AssignPlan {
    context: MemberContext,
    members: Many<Member>,
}

impl Operation for AssignSeats {
    const NAME: &'static str = "assign-seats";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/seats/assign";
    const TAG: Tag = Tag::Seats;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Assign seats to waiting members";
    const DESCRIPTION: &'static str = "Assigns the free seats to the waiting members, in the order in which \
        they joined. One request assigns at most 45 seats. If it assigned 45 and `waiting` is not empty, \
        repeat the request.";
    const ANSWER: &'static str = include_str!("../../examples/assign-seats.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = AssignedSeats;
    type Plan = AssignPlan;

    fn plan(
        _: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let CallerIn { caller, workspace } = start.scope;
        let context = MemberContext::plan(start.pack, *workspace, caller.user, Need::Seats, reads);
        Ok(about((), AssignPlan { context, members: reads.many(List::members(*workspace)) }))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let context = plan.context.load(state)?;
        let members = state.many(plan.members);
        let (assigned, waiting, changes) = member::assign_seats(context.membership(state), &members, moment);
        let ids = |users: Vec<UserId>| users.iter().map(ToString::to_string).collect();
        Ok((AssignedSeats { assigned: ids(assigned), waiting: ids(waiting) }, changes))
    }
}
