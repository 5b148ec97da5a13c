//! `get-billing`: the compact card and the full summary (S15).

use http::Method;
use jiff::Timestamp;
use seatwise_domain::pack::BillingProvider;
use seatwise_domain::rules::billing;
use seatwise_domain::{Changes, Member, Moment, Purchase, SubscriptionStatus};
use seatwise_store::{List, Many, One, Reads};
use serde::Serialize;
use utoipa::ToSchema;

use super::money::MoneyView;
use super::notices::{Notice, NoticeSource, can_suspend, suspended};
use super::reads::{Held, HoldingReads};
use super::renewal::next_renewal;
use super::view::{LineView, PurchaseView};
use crate::invitation::quota::QuotaReads;
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::seat::counts::SeatCounts;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::wire::schema::one_of;
use crate::workspace::target::ThisWorkspace;
use crate::{named, output};

/// Reads the billing.
pub struct GetBilling;

named! {
    /// The state of the payment. `free`: nothing that renews costs anything. `manual`: invoices come by other means.
    /// `unpaid`: nothing is paid online yet. `active`: paid online, and renews. `past_due`: a payment is overdue.
    /// `canceling`: paid, and does not renew. `canceled`: over.
    BillingStatusName = "BillingStatus": one_of([
        "free", "manual", "unpaid", "active", "past_due", "canceling", "canceled",
    ]);
}

/// What a workspace pays for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Billing {
    /// The id of the plan.
    plan: String,
    /// The name of the plan that people read.
    plan_label: String,
    /// The state of the payment.
    #[schema(value_type = BillingStatusName)]
    status: &'static str,
    /// The number of seats, by status.
    seats: SeatCounts,
    /// What renews, with the price of a unit.
    lines: Vec<LineView>,
    /// The price of everything that renews, for each billing period.
    total: MoneyView,
    /// The time of the next renewal; null if nothing renews.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    next_renewal: Option<Timestamp>,
    /// The purchase that waits for its payment; null if there is none.
    #[schema(required)]
    open_purchase: Option<PurchaseView>,
    /// The notices that a client shows as banners.
    notices: Vec<Notice>,
}
output!(Billing);

/// The handles of the records to read.
pub struct BillingPlan {
    held: HoldingReads,
    quota: QuotaReads,
    /// The members, where the plan can have fewer seats than are taken.
    members: Option<Many<Member>>,
    /// The open purchase, once the account has told its id.
    open: Option<One<Purchase>>,
}

impl Operation for GetBilling {
    const NAME: &'static str = "get-billing";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/billing";
    const TAG: Tag = Tag::Billing;
    const SUMMARY: &'static str = "Read what a workspace pays for";
    const DESCRIPTION: &'static str = "The plan, the seats, the lines of what renews and their total, the time of the \
        next renewal, and the notices.";
    const ANSWER: &'static str = include_str!("../../examples/get-billing.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Billing;
    type Plan = BillingPlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let (pack, workspace) = (start.pack, request.path.workspace);
        let plan = BillingPlan {
            held: HoldingReads::plan(pack, workspace, reads),
            quota: QuotaReads::plan(pack, workspace, start.now, reads),
            members: can_suspend(pack).then(|| reads.many(List::members(workspace))),
            open: None,
        };
        Ok(about((), plan))
    }

    fn follow(plan: &mut Self::Plan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let account = plan.held.account().read(so_far);
        let open = account.and_then(|account| Some((account.value.workspace, account.value.open_purchase?)));
        plan.open = open.map(|(workspace, id)| reads.one(Purchase::key(workspace, id)));
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let (pack, workspace) = (state.pack, &state.scope.workspace);
        let held = plan.held.load(state)?;
        let quantities = held.holdings(workspace).quantities(pack);
        let lines = billing::lines(pack, &quantities);
        let total = billing::total(pack, &quantities);
        let members = plan.members.map(|members| state.many(members)).unwrap_or_default();
        let quota = plan.quota.load(state);
        let notices = NoticeSource {
            pack,
            workspace,
            tally: &held.tally,
            seats: &held.seats,
            account: held.account.as_ref().map(|account| &account.value),
            quota: quota.as_ref(),
            suspended: suspended(&members),
            sees_billing: true,
            now: state.now,
        };
        let paid = workspace.value.paid.as_ref();
        let label = pack.plan(&workspace.value.plan).map(|plan| plan.label.clone());
        let answer = Billing {
            plan: workspace.value.plan.clone(),
            plan_label: label.unwrap_or_else(|| workspace.value.plan.clone()),
            status: status(state, &held, total.amount == 0),
            seats: SeatCounts::of(pack, paid, &held.tally, &held.seats, state.now),
            lines: lines.iter().map(|line| LineView::of(pack, line)).collect(),
            total: total.into(),
            next_renewal: next_renewal(pack, workspace, &held.tally, &held.seats, state.now),
            open_purchase: plan
                .open
                .and_then(|open| state.one(open))
                .map(|open| PurchaseView::of(pack, &open.value)),
            notices: notices.notices(),
        };
        Ok((answer, Changes::new()))
    }
}

fn status(state: &State<'_, GetBilling>, held: &Held, is_free: bool) -> &'static str {
    let account = held.account.as_ref().map(|account| &account.value);
    let subscription = account.and_then(|account| account.subscription.as_ref());
    let asked = account.is_some_and(|account| account.cancellation.is_some());
    match (state.pack.billing.provider, subscription.map(|known| known.status)) {
        (_, Some(SubscriptionStatus::PastDue)) => "past_due",
        (_, Some(SubscriptionStatus::Active)) => {
            let ends = subscription.is_some_and(|known| known.ends_at.is_some());
            if ends || asked { "canceling" } else { "active" }
        }
        (_, Some(SubscriptionStatus::Ended)) if !is_free => "canceled",
        _ if is_free => "free",
        (BillingProvider::Manual, _) => "manual",
        (BillingProvider::Stripe, _) => "unpaid",
    }
}
