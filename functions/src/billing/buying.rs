//! The decision about a change of what a workspace pays for: the one place that knows both providers.

use jiff::Timestamp;
use seatwise_domain::pack::{BillingProvider, Pack};
use seatwise_domain::rules::billing::{self, Order};
use seatwise_domain::rules::sync;
use seatwise_domain::{
    BillingAccount, Change, Changes, Moment, OnlinePayment, PurchaseId, PurchaseState, Record, Refusal, Seat,
    Stored, WorkspaceId,
};

use super::change::AskedChange;
use super::purchased::{Purchased, WaitingPurchase};
use super::reads::Held;
use crate::operation::{Operation, State};
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;

/// What became of a change.
pub enum Decided {
    /// It is granted.
    Granted(Granted),
    /// It waits for its payment.
    Waiting(PurchaseId),
}

/// What a change has granted.
#[derive(Default)]
pub struct Granted {
    /// The seats that are new or changed.
    pub seats: Vec<Seat>,
    /// The credits.
    pub credits: u32,
}

impl Decided {
    /// The answer, made of what was granted.
    pub fn answer<T>(self, granted: impl FnOnce(Granted) -> T) -> Purchased<T> {
        match self {
            Self::Granted(seats) => Purchased::Granted(granted(seats)),
            Self::Waiting(purchase) => Purchased::Waiting(WaitingPurchase::of(purchase)),
        }
    }
}

/// Decides about a change. With the manual provider, everything is granted at once. With Stripe, what costs more is
/// granted when it is paid, and the rest at once.
pub fn decide_purchase<O: Operation<Scope = InWorkspace>>(
    state: &State<'_, O>,
    held: &Held,
    asked: &AskedChange,
    moment: &mut Moment,
) -> Result<(Decided, Changes), Problem> {
    let (pack, holdings) = (state.pack, held.holdings(&state.scope.workspace));
    let order = billing::order(pack, &holdings, asked.of(pack, &holdings)?, moment.now)?;
    if order.is_nothing(pack, &holdings) {
        return Ok((Decided::Granted(Granted::default()), Changes::new()));
    }
    match pack.billing.provider {
        BillingProvider::Manual => grant(state, held, &order, moment),
        BillingProvider::Stripe => {
            if order.credits == 0 {
                require_no_renewal(held.account.as_ref(), moment.now)?;
            }
            if order.rises {
                return begin(state, held, &order, moment);
            }
            let (granted, mut changes) = grant(state, held, &order, moment)?;
            changes.extend(sync_request(pack, state.scope.workspace.value.id, moment.now));
            Ok((granted, changes))
        }
    }
}

/// Grants the order at once. What costs more is recorded as a purchase.
fn grant<O: Operation<Scope = InWorkspace>>(
    state: &State<'_, O>,
    held: &Held,
    order: &Order,
    moment: &mut Moment,
) -> Result<(Decided, Changes), Problem> {
    let (pack, holdings) = (state.pack, held.holdings(&state.scope.workspace));
    let due = order.rises.then(|| billing::preview(pack, &holdings, order, moment.now).due_now);
    let (workspace, by) = (state.scope.workspace.value.id, state.scope.caller.user);
    let purchase = order.purchase(workspace, by, PurchaseState::Paid, due, moment);
    let billing::Granted { mut changes, seats, .. } = billing::grant(pack, &holdings, &purchase, moment)?;
    if order.rises {
        changes.push(Change::Create(Record::Purchase(purchase)));
    }
    Ok((Decided::Granted(Granted { seats, credits: order.credits }), changes))
}

/// Records the order as the workspace's open purchase, which the synchronisation charges and grants.
fn begin<O: Operation<Scope = InWorkspace>>(
    state: &State<'_, O>,
    held: &Held,
    order: &Order,
    moment: &mut Moment,
) -> Result<(Decided, Changes), Problem> {
    let workspace = state.scope.workspace.value.id;
    if let Some(open) = held.account.as_ref().and_then(|account| account.value.open_purchase) {
        return Err(Problem::of_purchase(Code::PurchaseOpen, open, None));
    }
    let is_charged = order.credits == 0 && held.subscription().is_some();
    let how = if is_charged { PurchaseState::Charging } else { PurchaseState::Checkout };
    let mut purchase = order.purchase(workspace, state.scope.caller.user, how, None, moment);
    purchase.payment = Some(OnlinePayment::default());
    let id = purchase.id;
    let mut changes = vec![Change::Create(Record::Purchase(purchase)), open(held, workspace, id)];
    changes.extend(sync_request(state.pack, workspace, moment.now));
    Ok((Decided::Waiting(id), changes))
}

/// Makes a purchase the open one of the account.
fn open(held: &Held, workspace: WorkspaceId, purchase: PurchaseId) -> Change {
    let before = held.account.as_ref().map(|account| account.value.clone());
    let before = before.unwrap_or_else(|| BillingAccount::new(workspace));
    let after = BillingAccount { open_purchase: Some(purchase), ..before };
    match &held.account {
        Some(account) => Change::update(account, after),
        None => Change::Create(Record::BillingAccount(after)),
    }
}

/// Refuses to change quantities right before a renewal: the invoice could already be on its way.
pub fn require_no_renewal(account: Option<&Stored<BillingAccount>>, now: Timestamp) -> Result<(), Problem> {
    let subscription = account.and_then(|account| account.value.subscription.as_ref());
    match subscription.filter(|subscription| sync::is_in_pause(subscription.period_end, now)) {
        None => Ok(()),
        Some(subscription) => {
            let seconds = subscription.period_end.as_second() - now.as_second();
            let retry_after = u32::try_from(seconds).ok();
            Err(Problem { retry_after, ..Refusal::RenewalInProgress.into() })
        }
    }
}

/// Asks for the synchronisation of a workspace, where the product is paid at Stripe.
pub fn sync_request(pack: &Pack, workspace: WorkspaceId, now: Timestamp) -> Option<Change> {
    let is_online = pack.billing.provider == BillingProvider::Stripe;
    is_online.then_some(Change::RequestBillingSync { workspace, at: now })
}
