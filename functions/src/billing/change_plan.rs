//! `change-plan`: another plan, another number of its seats, or other extras (R7, L3).

use http::Method;
use seatwise_domain::pack::{BillingProvider, Pack, SeatModel};
use seatwise_domain::rules::billing::{self, Order};
use seatwise_domain::{BillingChange, Changes, Extras, Moment};
use seatwise_store::Reads;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::agreed::AgreedFields;
use super::buying::{Granted, decide_purchase, require_no_renewal, require_nothing_overdue};
use super::change::{AskedChange, AskedPlan, ExtraFields, ExtraList};
use super::purchased::{Purchased, WaitingPurchase};
use super::reads::{Held, HoldingReads};
use crate::operation::{Operation, Planned, Request, Start, State, StripeUse, about};
use crate::path::WorkspacePath;
use crate::payments::{PortalVisit, Question, StripeAnswer};
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Nothing, Units};
use crate::workspace::target::ThisWorkspace;
use crate::{body, output};

/// Changes the plan.
pub struct ChangePlan;

/// The plan to change to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePlanBody {
    /// The id of the plan. It can be the present one, with another number of seats or other extras.
    #[schema(pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    plan: String,
    /// The number of seats, where each seat of the plan has a price. The default is the present number on the
    /// present plan, and the plan's own number on another one.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100_000)]
    #[serde(default)]
    seats: Option<Units<1, 100_000>>,
    /// The extras then. The default is the present extras that the plan sells.
    #[schema(value_type = Option<Vec<ExtraFields>>, min_items = 0, max_items = 20)]
    #[serde(default)]
    extras: Option<ExtraList>,
    /// The price that was agreed to. Without it, the purchase is made at the price that it has then. It has no meaning
    /// where the customer confirms the change on a page of Stripe, and so agrees to the price there.
    #[schema(value_type = Option<AgreedFields>)]
    #[serde(default)]
    agreed: Option<AgreedFields>,
}
body!(ChangePlanBody);

/// The plan that the workspace is on.
#[derive(Serialize, ToSchema)]
pub struct ChangedPlan {
    /// The id of the plan.
    pub(crate) plan: String,
    /// The number of seats of the plan, where the role decides about the seat; null otherwise.
    #[schema(required)]
    pub(crate) seats: Option<u32>,
    /// The extras.
    #[schema(value_type = Vec<ExtraFields>)]
    pub(crate) extras: ExtraList,
}
output!(ChangedPlan);

impl Operation for ChangePlan {
    const NAME: &'static str = "change-plan";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/plan";
    const TAG: Tag = Tag::Billing;
    const STRIPE: StripeUse = StripeUse::Pays;
    const SUMMARY: &'static str = "Change the plan";
    const DESCRIPTION: &'static str = "A plan that costs no more is changed to at once, without a refund. With \
        Stripe, a plan that costs more is changed to when it is paid: the answer is 202 with the page where the \
        customer pays or confirms. If more seats are taken than the plan has, the product's policy decides: the \
        change is refused, or the members who took a seat last are suspended.";
    const CODES: &'static [Code] = &[
        Code::PlanUnknown,
        Code::PlanManagedByOperator,
        Code::ExtraUnknown,
        Code::SeatsTaken,
        Code::NotOffered,
        Code::SeatLimitReached,
        Code::MemberLimitReached,
        Code::RenewalInProgress,
    ];
    const EXAMPLE: &'static str = include_str!("../../examples/change-plan.request.json");
    const ANSWER: &'static str = include_str!("../../examples/change-plan.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = ChangePlanBody;
    type Output = Purchased<ChangedPlan>;
    type Plan = HoldingReads;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), HoldingReads::plan(start.pack, request.path.workspace, reads)))
    }

    fn ask(plan: &Self::Plan, state: &State<'_, Self>) -> Result<Option<Question>, Problem> {
        let held = plan.load(state)?;
        let order = order(state, &held)?;
        let question = confirmation(state, &held, &order);
        if question.is_some() {
            require_nothing_overdue(&held, &order)?;
            require_no_renewal(held.account.as_ref(), state.now)?;
        }
        Ok(question)
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        if let Some(StripeAnswer::Page(url)) = state.answered {
            return Ok((Purchased::Waiting(WaitingPurchase::confirmed_at(url)), Changes::new()));
        }
        let held = plan.load(state)?;
        let asked = asked(state);
        let plan = asked.clone().of(state.pack, &held.holdings(&state.scope.workspace));
        let asked = AskedChange::Plan(asked).at_price(state.request.body.agreed.as_ref());
        let (decided, changes) = decide_purchase(state, &held, &asked, moment)?;
        let granted = |_: Granted| ChangedPlan::of(state.pack, &plan.plan, plan.seats, &plan.extras);
        Ok((decided.answer(granted), changes))
    }
}

fn asked(state: &State<'_, ChangePlan>) -> AskedPlan {
    let ChangePlanBody { plan, seats, extras, .. } = &state.request.body;
    let (seats, extras) = (seats.map(|seats| seats.0), extras.as_ref().map(ExtraList::extras));
    AskedPlan { plan: plan.clone(), seats, extras }
}

fn order(state: &State<'_, ChangePlan>, held: &Held) -> Result<Order, Problem> {
    let holdings = held.holdings(&state.scope.workspace);
    let change = asked(state).of(state.pack, &holdings).change();
    Ok(billing::order(state.pack, &holdings, change, state.now)?)
}

/// The question for the page where the customer confirms the change. The number of seats of a plan is Stripe's to
/// tell, so a subscription that runs is changed there.
fn confirmation(state: &State<'_, ChangePlan>, held: &Held, order: &Order) -> Option<Question> {
    let is_stripes = state.pack.billing.provider == BillingProvider::Stripe
        && state.pack.seats.model == SeatModel::ByRole
        && order.rises;
    let account = held.account.as_ref().filter(|_| is_stripes)?;
    let (customer, subscription) = (account.value.customer.clone()?, held.subscription()?.id.clone());
    let BillingChange::Plan { plan, seats, .. } = &order.change else { return None };
    let found = state.pack.plan(plan).filter(|plan| plan.price.is_some())?;
    let quantity = seats.unwrap_or(found.seats);
    let visit = Some(PortalVisit { subscription, plan: plan.clone(), quantity });
    Some(Question::Portal { workspace: state.request.path.workspace, customer, visit })
}

impl ChangedPlan {
    /// The plan after this change.
    pub fn of(pack: &Pack, plan: &str, seats: Option<u32>, extras: &Extras) -> Self {
        let own = || pack.plan(plan).map(|plan| plan.seats);
        let is_by_role = pack.seats.model == SeatModel::ByRole;
        let seats = seats.or_else(own).filter(|_| is_by_role);
        Self { plan: plan.to_owned(), seats, extras: ExtraList::of(extras) }
    }
}
