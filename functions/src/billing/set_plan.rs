//! `set-plan`: a service puts a workspace on a plan that the operator manages, or takes it off one (R7).

use http::Method;
use seatwise_domain::rules::{seat, workspace};
use seatwise_domain::{Changes, Moment, Tally};
use seatwise_store::{One, Reads};
use serde::Deserialize;
use utoipa::ToSchema;

use super::buying::sync_request;
use super::change_plan::ChangedPlan;
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::ServiceInWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Puts a workspace on a plan, without a payment.
pub struct SetPlan;

/// The plan.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPlanBody {
    /// The name of the plan.
    #[schema(pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    plan: String,
}
body!(SetPlanBody);

impl Operation for SetPlan {
    const NAME: &'static str = "set-plan";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/service/workspaces/{workspaceId}/plan";
    const TAG: Tag = Tag::Services;
    const SUMMARY: &'static str = "Set a plan that the operator manages";
    const DESCRIPTION: &'static str = "For services only. The workspace gets the plan at once, with its seats and \
        without a payment. One of the two plans, the one before or the new one, must be managed by the operator: \
        members buy the others with `change-plan`. If more seats are taken than the plan has, the product's policy \
        decides: the change is refused, or the members who took a seat last are suspended within seconds.";
    const CODES: &'static [Code] = &[Code::PlanUnknown, Code::SeatsTaken, Code::MemberLimitReached];
    const EXAMPLE: &'static str = include_str!("../../examples/set-plan.request.json");
    const ANSWER: &'static str = include_str!("../../examples/set-plan.answer.json");

    type Scope = ServiceInWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = SetPlanBody;
    type Output = ChangedPlan;
    type Plan = One<Tally>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, ServiceInWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), reads.one(Tally::key(request.path.workspace))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let (pack, stored, name) = (state.pack, &state.scope.workspace, &state.request.body.plan);
        let tally = state.required(*plan)?.value;
        let (workspace, mut changes) = workspace::change_plan(pack, stored, &tally, name)?;
        let is_managed = |name: &str| pack.plans.iter().any(|plan| plan.id == name && plan.operator_managed);
        if !is_managed(name) && !is_managed(&stored.value.plan) {
            let managed = pack.plans.iter().filter(|plan| plan.operator_managed).map(|plan| plan.id.as_str());
            let managed = managed.collect::<Vec<_>>().join(", ");
            let message =
                format!("must be a plan that the operator manages ({managed}): members buy the others");
            return Err(Problem::field("plan", message));
        }
        let answer = ChangedPlan::of(pack, &workspace.plan, None, &workspace.extras);
        if changes.is_empty() {
            return Ok((answer, changes));
        }
        let id = workspace.id;
        changes.extend(sync_request(pack, id, moment.now));
        changes.extend(seat::settlement(pack, id, moment));
        Ok((answer, changes))
    }
}
