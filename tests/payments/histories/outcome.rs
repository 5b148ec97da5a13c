//! What must hold when a history has come to rest.

use std::collections::BTreeMap;

use seatwise_domain::pack::ItemId;
use seatwise_domain::rules::billing;
use seatwise_domain::{BillingChange, OnlinePayment, Purchase, PurchaseId, PurchaseState, SeatId};
use seatwise_stripe_stub::AccountView;

use super::world::{Product, World};
use crate::support::table::Dump;

/// A seat of the workspace, by chance.
pub async fn some_seat(world: &mut World) -> Option<SeatId> {
    let dump = world.deployment.dump().await;
    let seats: Vec<SeatId> = dump.seats.values().map(|seat| seat.id).collect();
    let index = world.below(seats.len());
    seats.get(index).copied()
}

/// The purchase that is open.
pub async fn open_purchase(world: &World) -> Option<PurchaseId> {
    world.deployment.dump().await.accounts.values().find_map(|account| account.open_purchase)
}

/// What the histories have met.
#[derive(Debug, Default)]
pub struct Met {
    paid: usize,
    failed: usize,
    discarded: usize,
    expired: usize,
    renewals: usize,
    charges: usize,
    deaths: usize,
    lost_answers: usize,
}

impl Met {
    /// Adds a history that is over.
    pub async fn add(&mut self, world: &World) {
        let (dump, account) = (world.deployment.dump().await, world.account());
        let in_state =
            |state: PurchaseState| dump.purchases.iter().filter(|purchase| purchase.state == state).count();
        self.paid += in_state(PurchaseState::Paid);
        self.failed += in_state(PurchaseState::Failed);
        self.discarded += in_state(PurchaseState::Discarded);
        self.expired += in_state(PurchaseState::Expired);
        let because =
            |reason: &str| account.invoices.iter().filter(|invoice| invoice.reason == reason).count();
        self.renewals += because("subscription_cycle");
        self.charges += because("subscription_update");
        self.deaths += world.log.iter().filter(|line| line.starts_with("dies")).count();
        self.lost_answers += world.log.iter().filter(|line| line.starts_with("fails: ←")).count();
    }

    /// Whether enough of everything has happened.
    pub fn is_rich(&self) -> bool {
        [self.paid, self.charges, self.deaths, self.lost_answers].iter().all(|times| *times > 0)
    }
}

/// What does not hold.
pub async fn faults(world: &World) -> Vec<String> {
    let (dump, account) = (world.deployment.dump().await, world.account());
    let mut faults = dump.faults(&world.deployment.pack, world.deployment.clock.now());
    faults.extend(open_purchases(&dump));
    faults.extend(payments(world.product, &dump, &account));
    faults.extend(prices(&dump, &account));
    faults.extend(grants(&dump));
    faults.extend(charges(world, &dump, &account));
    faults.extend(quantities(world, &dump, &account));
    faults
}

/// Nothing is open any more.
fn open_purchases(dump: &Dump) -> Vec<String> {
    let open = dump.purchases.iter().filter(|purchase| purchase.state.is_open());
    let named = dump.accounts.values().filter_map(|account| account.open_purchase);
    open.map(|purchase| format!("still open: {purchase:?}"))
        .chain(named.map(|id| format!("named as open: {id}")))
        .collect()
}

/// Each payment that was kept is for one purchase or for a renewal, and each purchase has been paid once.
fn payments(product: Product, dump: &Dump, account: &AccountView) -> Vec<String> {
    let mut faults = Vec::new();
    let mut bought = BTreeMap::<String, usize>::new();
    for purchase in dump.purchases.iter().filter(|purchase| purchase.state == PurchaseState::Paid) {
        let payment = purchase.payment.clone().unwrap_or_default();
        match paid_by(&payment, account) {
            Some(by) => *bought.entry(by).or_default() += 1,
            None => faults.push(format!("granted, and nothing has paid it: {purchase:?}")),
        }
    }
    for (by, times) in &bought {
        if *times > 1 {
            faults.push(format!("{by} has paid {times} purchases"));
        }
        let invoice = account.invoices.iter().find(|invoice| invoice.id == *by);
        let session = account.sessions.iter().find(|session| session.id == *by);
        let is_paid = invoice.is_some_and(|invoice| invoice.status == "paid")
            || session.is_some_and(|session| session.payment_status == "paid");
        let mut of = account.payments.iter().filter(|payment| payment.invoice.as_ref() == Some(by));
        let is_given_back = of.any(|payment| payment.amount > 0 && payment.refunded == payment.amount);
        if !is_paid || is_given_back {
            faults.push(format!("granted, and {by} is not paid, or was given back"));
        }
    }
    let is_kept = |invoice: &str| {
        account.payments.iter().any(|payment| {
            payment.invoice.as_deref() == Some(invoice)
                && payment.amount > 0
                && payment.refunded < payment.amount
        })
    };
    for invoice in account.invoices.iter().filter(|invoice| invoice.status == "paid") {
        // Customers change the seats of a plan at Stripe.
        let at_stripe = product == Product::SeatsOfPlan && invoice.reason == "subscription_update";
        let is_renewal = invoice.reason == "subscription_cycle" || at_stripe;
        if !is_renewal && is_kept(&invoice.id) && !bought.contains_key(&invoice.id) {
            faults.push(format!("paid, and nothing was granted for it: {invoice:?}"));
        }
    }
    let once = account.payments.iter().filter(|payment| payment.invoice.is_none());
    let once = once.filter(|payment| payment.refunded < payment.amount).count();
    let by_session =
        bought.keys().filter(|by| account.sessions.iter().any(|session| session.id == **by)).count();
    if once != by_session {
        faults.push(format!("{once} payments without an invoice, {by_session} purchases"));
    }
    faults
}

/// The invoice that has paid a purchase, or the page of one that has no invoice.
fn paid_by(payment: &OnlinePayment, account: &AccountView) -> Option<String> {
    payment.invoice.clone().or_else(|| {
        let session =
            account.sessions.iter().find(|session| Some(&session.id) == payment.session.as_ref())?;
        session.invoice.clone().or_else(|| Some(session.id.clone()))
    })
}

/// Who has agreed to a price has paid it.
fn prices(dump: &Dump, account: &AccountView) -> Vec<String> {
    let paid = dump.purchases.iter().filter(|purchase| purchase.state == PurchaseState::Paid);
    let prices = paid.filter_map(|purchase| {
        let by = paid_by(purchase.payment.as_ref()?, account)?;
        let invoice = account.invoices.iter().find(|invoice| invoice.id == by)?;
        let due = purchase.due.as_ref()?.amount;
        (invoice.amount_paid != due)
            .then(|| format!("{due} was agreed to, and {by} is {}", invoice.amount_paid))
    });
    prices.collect()
}

/// A charge is for the purchase alone: for the rest of the period, whatever else has changed.
fn charges(world: &World, dump: &Dump, account: &AccountView) -> Vec<String> {
    let pack = &world.deployment.pack;
    let price = |item: &ItemId| pack.item(item).map_or(0, |item| item.price.amount);
    let paid = dump.purchases.iter().filter(|purchase| purchase.state == PurchaseState::Paid);
    let wrong = paid.filter_map(|purchase| {
        let payment = purchase.payment.as_ref()?;
        let (from, charged) = (payment.proration_date?, payment.subscription.as_ref()?);
        let subscription = account.subscriptions.iter().find(|one| one.id == *charged)?;
        let invoice = account.invoices.iter().find(|one| Some(&one.id) == payment.invoice.as_ref())?;
        let (start, end) = (subscription.period_start.as_second(), subscription.period_end.as_second());
        let rest = end - from.as_second();
        // Of an earlier period, nothing tells the length any more.
        if !(0..=end - start).contains(&rest) {
            return None;
        }
        let whole: i64 = purchase.difference.iter().map(|(item, units)| price(item) * units).sum();
        let share = whole * rest / (end - start);
        // Each line is rounded.
        let is_near = (invoice.total - share).abs() <= 2 + i64::try_from(purchase.difference.len()).ok()?;
        (!is_near).then(|| format!("{} is {} instead of {share}: {purchase:?}", invoice.id, invoice.total))
    });
    wrong.collect()
}

/// Each purchase was granted once, and no other one at all.
fn grants(dump: &Dump) -> Vec<String> {
    let granted = |purchase: &Purchase| {
        let seats = dump.seats.values().filter(|seat| seat.purchase == Some(purchase.id));
        u32::try_from(seats.count()).expect("few seats")
    };
    let seats = dump.purchases.iter().filter_map(|purchase| {
        let bought = match &purchase.change {
            Some(BillingChange::Seats { quantity, .. }) if purchase.state == PurchaseState::Paid => *quantity,
            _ => 0,
        };
        (granted(purchase) != bought).then(|| format!("{} seats of {purchase:?}", granted(purchase)))
    });
    let bought: u32 = dump
        .purchases
        .iter()
        .filter(|purchase| purchase.state == PurchaseState::Paid)
        .map(|purchase| purchase.credits)
        .sum();
    let balance: i64 = dump.credits.values().map(|credits| credits.balance).sum();
    let credits = (balance != i64::from(bought)).then(|| format!("{bought} credits bought, {balance} there"));
    seats.chain(credits).collect()
}

/// What renews at Stripe is what the workspace has.
fn quantities(world: &World, dump: &Dump, account: &AccountView) -> Vec<String> {
    let id = world.workspace_id();
    let (Some(workspace), Some(tally)) = (dump.workspaces.get(&id), dump.tallies.get(&id)) else {
        return vec!["there is no workspace".to_owned()];
    };
    let live: Vec<_> = account.subscriptions.iter().filter(|one| one.status != "canceled").collect();
    let at_stripe: BTreeMap<String, i64> = live
        .iter()
        .flat_map(|subscription| &subscription.items)
        .filter(|item| item.quantity > 0)
        .map(|item| {
            let name = item.lookup_key.as_deref().and_then(|key| key.split('.').nth(1));
            (name.unwrap_or_default().to_owned(), item.quantity)
        })
        .collect();
    let held = billing::quantities(&world.deployment.pack, workspace, tally, dump.seats_of(id));
    let held: BTreeMap<String, i64> =
        held.into_iter().map(|(item, units)| (item.0, i64::from(units))).collect();
    let is_ending =
        !live.is_empty() && live.iter().all(|one| one.cancel_at_period_end || one.cancel_at.is_some());
    let mut faults = Vec::new();
    if live.len() > 1 {
        faults.push(format!("{} subscriptions", live.len()));
    }
    // What ends need not have the quantities of what would renew.
    let over = workspace.paid.as_ref().is_some_and(|paid| paid.is_over(world.deployment.clock.now()));
    if at_stripe != held && !is_ending && !over {
        faults.push(format!("at Stripe {at_stripe:?}, in the workspace {held:?}"));
    }
    faults
}
