//! The decision about a change of what a workspace pays for: the one place that knows both providers.

use std::cmp::Reverse;

use jiff::Timestamp;
use seatwise_domain::pack::{BillingProvider, Pack};
use seatwise_domain::rules::billing::{self, AgreedPrice, GRANTED_AT_ONCE, Holdings, Order};
use seatwise_domain::rules::sync;
use seatwise_domain::{
    BillingAccount, BillingChange, Change, Changes, Moment, OnlinePayment, PurchaseId, PurchaseState, Record,
    Refusal, Seat, Stored, SubscriptionStatus, WorkspaceId,
};

use super::agreed::AskedPurchase;
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
    /// The seats that another request has to change: one transaction changes so many and no more.
    pub remaining: usize,
}

impl Granted {
    /// The seat that was changed, or the seat as it was.
    pub fn seat_or<'a>(&'a self, unchanged: &'a Seat) -> &'a Seat {
        self.seats.first().unwrap_or(unchanged)
    }
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
    asked: &AskedPurchase,
    moment: &mut Moment,
) -> Result<(Decided, Changes), Problem> {
    let (pack, holdings) = (state.pack, held.holdings(&state.scope.workspace));
    let order = billing::order(pack, &holdings, asked.change.of(pack, &holdings)?, moment.now)?;
    if order.is_nothing(pack, &holdings) {
        return Ok((Decided::Granted(Granted::default()), Changes::new()));
    }
    if let Some(agreed) = &asked.agreed {
        match pack.billing.provider {
            // Stripe alone knows what a charge of the saved card comes to, so the synchronisation compares it.
            BillingProvider::Stripe if is_charged(held, &order) => agreed.require_held(moment.now)?,
            BillingProvider::Stripe | BillingProvider::Manual => {
                agreed.require_due(pack, &holdings, &order, moment.now)?;
            }
        }
    }
    let priced_at = asked.agreed.as_ref().map_or(moment.now, |agreed| agreed.at);
    match pack.billing.provider {
        BillingProvider::Manual => grant(state, held, &order, priced_at, moment),
        BillingProvider::Stripe => {
            require_nothing_overdue(held, &order)?;
            if order.credits == 0 {
                require_no_renewal(held.account.as_ref(), moment.now)?;
            }
            if order.rises {
                return begin(state, held, &order, asked.agreed.as_ref(), moment);
            }
            let (granted, mut changes) = grant(state, held, &order, priced_at, moment)?;
            changes.extend(sync_request(pack, state.scope.workspace.value.id, moment.now));
            Ok((granted, changes))
        }
    }
}

/// Whether the order is paid with the saved card.
fn is_charged(held: &Held, order: &Order) -> bool {
    order.rises && order.credits == 0 && held.subscription().is_some()
}

/// Grants the order at once, as much of it as one transaction can. An order that costs more is recorded as a purchase.
fn grant<O: Operation<Scope = InWorkspace>>(
    state: &State<'_, O>,
    held: &Held,
    order: &Order,
    priced_at: Timestamp,
    moment: &mut Moment,
) -> Result<(Decided, Changes), Problem> {
    let (pack, whole) = (state.pack, held.holdings(&state.scope.workspace));
    let (seats, remaining) = changed_at_once(&whole, order, moment.now);
    let holdings = Holdings { seats: &seats, ..whole };
    let order = &billing::order(pack, &holdings, order.change.clone(), moment.now)?;
    let due = order.rises.then(|| billing::preview(pack, &holdings, order, priced_at).due_now);
    let (workspace, by) = (state.scope.workspace.value.id, state.scope.caller.user);
    let purchase = order.purchase(workspace, by, PurchaseState::Paid, due, moment);
    let billing::Granted { mut changes, seats, .. } = billing::grant(pack, &holdings, &purchase, moment)?;
    if order.rises {
        changes.push(Change::Create(Record::Purchase(purchase)));
    }
    Ok((Decided::Granted(Granted { seats, credits: order.credits, remaining }), changes))
}

/// The seats of which one transaction can change the add-ons, and how many remain. Other orders are about all seats.
/// Seats that lose units come first: so if the whole costs no more, no part of it does.
fn changed_at_once(holdings: &Holdings<'_>, order: &Order, now: Timestamp) -> (Vec<Stored<Seat>>, usize) {
    let BillingChange::AddOnEverywhere { add_on, quantity } = &order.change else {
        return (holdings.seats.to_vec(), 0);
    };
    let concerned = holdings.seats_without(add_on, *quantity, now);
    let mut seats: Vec<_> = concerned.cloned().collect();
    seats.sort_by_key(|seat| Reverse(seat.value.add_ons.get(add_on).copied()));
    let remaining = seats.len().saturating_sub(GRANTED_AT_ONCE);
    seats.truncate(GRANTED_AT_ONCE);
    (seats, remaining)
}

/// Records the order as the workspace's open purchase, which the synchronisation charges and grants.
fn begin<O: Operation<Scope = InWorkspace>>(
    state: &State<'_, O>,
    held: &Held,
    order: &Order,
    agreed: Option<&AgreedPrice>,
    moment: &mut Moment,
) -> Result<(Decided, Changes), Problem> {
    let workspace = state.scope.workspace.value.id;
    if let Some(open) = held.account.as_ref().and_then(|account| account.value.open_purchase) {
        return Err(Problem::of_purchase(Code::PurchaseOpen, open, None));
    }
    let how = if is_charged(held, order) { PurchaseState::Charging } else { PurchaseState::Checkout };
    let due = agreed.map(|agreed| agreed.due.clone());
    let mut purchase = order.purchase(workspace, state.scope.caller.user, how, due, moment);
    let proration_date = agreed.map(|agreed| agreed.at);
    purchase.payment = Some(OnlinePayment { proration_date, ..OnlinePayment::default() });
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

/// Refuses to sell more while a renewal is not paid: what is bought would end with the rest.
pub fn require_nothing_overdue(held: &Held, order: &Order) -> Result<(), Problem> {
    let overdue = held
        .subscription()
        .filter(|subscription| is_charged(held, order) && subscription.status == SubscriptionStatus::PastDue);
    match overdue {
        None => Ok(()),
        Some(subscription) => Err(Problem::overdue(subscription.pay_url.clone())),
    }
}

/// Refuses while a purchase is open: it was ordered for the seats that renewed then. The condition holds until the seat
/// is written.
pub fn require_no_purchase(account: Option<&Stored<BillingAccount>>) -> Result<Option<Change>, Problem> {
    let Some(Stored { value: account, version }) = account else { return Ok(None) };
    match account.open_purchase {
        Some(open) => Err(Problem::of_purchase(Code::PurchaseOpen, open, None)),
        None => Ok(Some(Change::RequireVersion(BillingAccount::key(account.workspace).into(), *version))),
    }
}

/// Refuses to change quantities around a renewal: the invoice could already be on its way.
pub fn require_no_renewal(account: Option<&Stored<BillingAccount>>, now: Timestamp) -> Result<(), Problem> {
    let subscription = account.and_then(|account| account.value.subscription.as_ref());
    let running = subscription.filter(|subscription| subscription.status != SubscriptionStatus::Ended);
    match running.filter(|subscription| sync::is_in_pause(subscription.period_end, now)) {
        None => Ok(()),
        Some(subscription) => {
            let seconds = subscription.period_end.as_second() - now.as_second();
            // After the renewal, it is recorded soon.
            let retry_after = u32::try_from(seconds.max(60)).ok();
            Err(Problem { retry_after, ..Refusal::RenewalInProgress.into() })
        }
    }
}

/// Asks for the synchronisation of a workspace, where the product is paid at Stripe.
pub fn sync_request(pack: &Pack, workspace: WorkspaceId, now: Timestamp) -> Option<Change> {
    let is_online = pack.billing.provider == BillingProvider::Stripe;
    is_online.then_some(Change::RequestBillingSync { workspace, at: now })
}
