//! `preview-purchase`: what a change would cost, before anybody agrees to it.

use http::Method;
use jiff::Timestamp;
use seatwise_domain::pack::BillingProvider;
use seatwise_domain::rules::billing::{self, Order};
use seatwise_domain::{Changes, Moment, Quantities};
use seatwise_store::Reads;
use serde::Deserialize;
use utoipa::ToSchema;

use super::buying::require_nothing_overdue;
use super::change::{AskedChange, ChangeFields};
use super::money::MoneyView;
use super::reads::{Held, HoldingReads};
use super::view::{PreviewLineView, PreviewView};
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, StripeUse, about};
use crate::path::WorkspacePath;
use crate::payments::{PreviewedLine, PricePreview, Question, StripeAnswer};
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Previews a purchase.
pub struct PreviewPurchase;

/// The change to preview.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewBody {
    /// The change.
    change: ChangeFields,
}
body!(PreviewBody);

/// The change, and the handles of the records to read.
pub struct PreviewPlan {
    asked: AskedChange,
    held: HoldingReads,
}

impl Operation for PreviewPurchase {
    const NAME: &'static str = "preview-purchase";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/purchases/preview";
    const TAG: Tag = Tag::Billing;
    const STRIPE: StripeUse = StripeUse::Asks;
    const SUMMARY: &'static str = "Preview a purchase";
    const DESCRIPTION: &'static str = "Says what a change would cost, and changes nothing. A change that the product \
        or the workspace does not allow is refused.";
    const CODES: &'static [Code] = &[
        Code::TierUnknown,
        Code::AddOnUnknown,
        Code::PlanUnknown,
        Code::ExtraUnknown,
        Code::PackageUnknown,
        Code::PlanManagedByOperator,
        Code::SeatNotAvailable,
        Code::SeatLimitReached,
        Code::SeatsTaken,
        Code::NotOffered,
        Code::MemberLimitReached,
        Code::PaymentFailed,
    ];
    const EXAMPLE: &'static str = include_str!("../../examples/preview-purchase.request.json");
    const ANSWER: &'static str = include_str!("../../examples/preview-purchase.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = PreviewBody;
    type Output = PreviewView;
    type Plan = PreviewPlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let asked = request.body.change.asked()?;
        let held = HoldingReads::plan(start.pack, request.path.workspace, reads);
        Ok(about((), PreviewPlan { asked, held }))
    }

    fn ask(plan: &Self::Plan, state: &State<'_, Self>) -> Result<Option<Question>, Problem> {
        if state.pack.billing.provider == BillingProvider::Manual {
            return Ok(None);
        }
        let held = plan.held.load(state)?;
        let order = order(plan, state, &held)?;
        require_nothing_overdue(&held, &order)?;
        let question = |subscription: &str| Question::Preview {
            subscription: subscription.to_owned(),
            after: quantities_then(state, &held, &order),
            from: state.now,
        };
        let changed = held.subscription().filter(|_| order.rises && order.credits == 0);
        Ok(changed.map(|subscription| question(&subscription.id)))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        if let Some(StripeAnswer::Preview(preview)) = state.answered {
            return Ok((of_stripe(preview, state.now), Changes::new()));
        }
        let held = plan.held.load(state)?;
        let order = order(plan, state, &held)?;
        let preview = billing::preview(state.pack, &held.holdings(&state.scope.workspace), &order, state.now);
        Ok((PreviewView::of(state.pack, preview, state.now), Changes::new()))
    }
}

fn order(plan: &PreviewPlan, state: &State<'_, PreviewPurchase>, held: &Held) -> Result<Order, Problem> {
    let holdings = held.holdings(&state.scope.workspace);
    let change = plan.asked.of(state.pack, &holdings)?;
    Ok(billing::order(state.pack, &holdings, change, state.now)?)
}

fn quantities_then(state: &State<'_, PreviewPurchase>, held: &Held, order: &Order) -> Quantities {
    let mut quantities = held.holdings(&state.scope.workspace).quantities(state.pack);
    for (item, difference) in &order.difference {
        let units = quantities.entry(item.clone()).or_default();
        let sum = i64::from(*units).saturating_add(*difference);
        *units = u32::try_from(sum).unwrap_or(0);
    }
    quantities
}

fn of_stripe(preview: &PricePreview, now: Timestamp) -> PreviewView {
    let money = |amount| MoneyView { amount, currency: preview.currency.clone() };
    let line = |line: &PreviewedLine| PreviewLineView {
        item: None,
        label: line.description.clone(),
        quantity: line.quantity,
        unit_price: None,
        amount: money(line.amount),
        proration: line.proration,
    };
    PreviewView {
        due_now: money(preview.due_now),
        next_invoice: money(preview.next_invoice),
        lines: preview.lines.iter().map(line).collect(),
        proration_date: now,
        expires_at: now.saturating_add(billing::HOLDS_FOR).unwrap_or(Timestamp::MAX),
    }
}
