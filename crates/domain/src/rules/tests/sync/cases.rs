//! Single cases that the histories do not tell apart.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::packs::{by_role, by_tier};
use crate::rules::sync::{
    Answer, InvoiceReading, InvoiceReason, InvoiceState, ItemReading, Known, Reading, SubscriptionReading,
    SubscriptionState, SyncFault, SyncStep, check_at, is_in_pause, next,
};
use crate::rules::tests::fixture::{
    WORKSPACE, days, euros, moment, now, seat, stored, tally, tier, user, workspace,
};
use crate::rules::tests::sold::item as sold_item;
use crate::{
    BillingAccount, BillingChange, Change, Occupant, OnlinePayment, Pack, PaymentFailure, Purchase,
    PurchaseId, PurchaseState, Record, Seat, Stored, Subscription, SubscriptionStatus, Tally, Workspace,
};

fn item(id: &str, sold: &str, quantity: u32) -> ItemReading {
    ItemReading { id: id.to_owned(), sold: (sold != "?").then(|| sold_item(sold)), quantity }
}

fn live(id: &str, items: Vec<ItemReading>) -> SubscriptionReading {
    SubscriptionReading {
        id: id.to_owned(),
        state: SubscriptionState::Active,
        items,
        period_start: now(),
        period_end: now() + days(30),
        cancel_at: None,
        cancel_at_period_end: false,
        has_pending_update: false,
        ended_at: None,
    }
}

fn invoice(id: &str, subscription: &str, state: InvoiceState) -> InvoiceReading {
    InvoiceReading {
        id: id.to_owned(),
        subscription: Some(subscription.to_owned()),
        reason: InvoiceReason::Other,
        state,
        created: now() - days(1),
        pay_url: Some("https://pay.example/".to_owned()),
    }
}

/// A workspace with two small seats, and what Stripe says of it.
struct Case {
    pack: Pack,
    workspace: Stored<Workspace>,
    tally: Tally,
    seats: Vec<Stored<Seat>>,
    account: Stored<BillingAccount>,
    purchase: Option<Stored<Purchase>>,
    is_check: bool,
    reading: Reading,
}

impl Case {
    fn new() -> Self {
        let subscription = Subscription {
            id: "sub_1".to_owned(),
            status: SubscriptionStatus::Active,
            quantities: [(sold_item("small"), 2)].into(),
            period_start: now(),
            period_end: now() + days(30),
            ends_at: None,
            past_due_since: None,
            pay_url: None,
        };
        let account = BillingAccount {
            customer: Some("cus_1".to_owned()),
            subscription: Some(subscription),
            check_at: Some(now() + SignedDuration::from_hours(5)),
            ..BillingAccount::new(WORKSPACE)
        };
        let reading = Reading {
            subscriptions: vec![live("sub_1", vec![item("si_1", "small", 2)])],
            ..Reading::default()
        };
        let mut case = Self {
            pack: by_tier(),
            workspace: stored(workspace()),
            tally: tally(1, 0),
            seats: vec![seat(1, "small", Occupant::Nobody), seat(2, "small", Occupant::Nobody)],
            account: stored(account),
            purchase: None,
            is_check: false,
            reading,
        };
        case.settle();
        case
    }

    /// The records as they are after a first run.
    fn settle(&mut self) {
        let SyncStep::Commit(changes) = self.next().unwrap() else { return };
        for change in changes {
            let Change::Update(update) = change else { continue };
            match update.after {
                Record::Workspace(after) => self.workspace = stored(after),
                Record::BillingAccount(after) => self.account = stored(after),
                _ => {}
            }
        }
    }

    fn buys(&mut self, payment: Option<OnlinePayment>) {
        let id = PurchaseId(Uuid::from_u128(9));
        self.account.value.open_purchase = Some(id);
        self.purchase = Some(stored(Purchase {
            workspace: WORKSPACE,
            id,
            by: user(1),
            at: now(),
            change: Some(BillingChange::Seats { tier: tier("small"), quantity: 1 }),
            lines: Vec::new(),
            difference: [(sold_item("small"), 1)].into(),
            credits: 0,
            due: Some(euros(100)),
            state: PurchaseState::Charging,
            payment,
        }));
    }

    fn known(&self) -> Known<'_> {
        Known {
            pack: &self.pack,
            workspace: Some(&self.workspace),
            tally: &self.tally,
            seats: &self.seats,
            account: &self.account,
            purchase: self.purchase.as_ref(),
            is_check: self.is_check,
        }
    }

    fn answered(&self, answer: &Answer) -> SyncStep {
        next(&self.known(), &self.reading, Some(answer), &mut moment()).unwrap()
    }

    fn next(&self) -> Result<SyncStep, SyncFault> {
        next(&self.known(), &self.reading, None, &mut moment())
    }

    fn own(&mut self) -> &mut SubscriptionReading {
        &mut self.reading.subscriptions[0]
    }

    /// What the next step writes of the account, and of the workspace.
    fn written(&self) -> (Option<BillingAccount>, Option<Workspace>, Option<Purchase>) {
        let SyncStep::Commit(changes) = self.next().unwrap() else { return (None, None, None) };
        written(&changes)
    }
}

fn written(changes: &[Change]) -> (Option<BillingAccount>, Option<Workspace>, Option<Purchase>) {
    let mut written = (None, None, None);
    for change in changes {
        let Change::Update(update) = change else { continue };
        match update.after.clone() {
            Record::BillingAccount(account) => written.0 = Some(account),
            Record::Workspace(workspace) => written.1 = Some(workspace),
            Record::Purchase(purchase) => written.2 = Some(purchase),
            _ => {}
        }
    }
    written
}

#[test]
fn a_workspace_at_rest_needs_nothing() {
    assert_eq!(Case::new().next(), Ok(SyncStep::Done));
}

#[test]
fn the_pause_is_the_quarter_of_an_hour_before_a_renewal() {
    let end = now() + days(1);
    let before = |minutes| end - SignedDuration::from_mins(minutes);
    let paused = [before(16), before(15), before(1), end].map(|time| is_in_pause(end, time));
    assert_eq!(paused, [false, true, true, true]);
}

#[test]
fn checks_are_daily_and_around_the_renewal() {
    let mut account = Case::new().account.value;
    let renews_in = |account: &mut BillingAccount, hours| {
        let end = now() + SignedDuration::from_hours(hours);
        account.subscription.as_mut().unwrap().period_end = end;
        check_at(now(), account, None).duration_since(now()).as_mins()
    };
    assert_eq!([200, 12, 0, -3].map(|hours| renews_in(&mut account, hours)), [1440, 690, 5, 1440]);
}

#[test]
fn s14_an_overdue_payment_leaves_a_time_of_grace_and_a_page_to_pay() {
    let mut case = Case::new();
    case.own().state = SubscriptionState::PastDue;
    case.reading.invoices = vec![invoice("in_2", "sub_1", InvoiceState::Open)];
    let (account, workspace, _) = case.written();
    let subscription = account.unwrap().subscription.unwrap();
    assert_eq!(subscription.status, SubscriptionStatus::PastDue);
    assert_eq!(subscription.pay_url.as_deref(), Some("https://pay.example/"));
    let grace_ends = case.pack.billing.grace.after(now() - days(1));
    assert_eq!(workspace.unwrap().paid.unwrap().lapses_at, Some(grace_ends));
}

#[test]
fn s16_a_cancellation_in_the_portal_is_seen_in_both_its_forms_and_stays() {
    for cancel in [
        (|own: &mut SubscriptionReading| own.cancel_at_period_end = true) as fn(&mut SubscriptionReading),
        |own| own.cancel_at = Some(own.period_end),
    ] {
        let mut case = Case::new();
        cancel(case.own());
        let (_, workspace, _) = case.written();
        assert_eq!(workspace.unwrap().paid.unwrap().lapses_at, Some(now() + days(30)));
        case.settle();
        assert_eq!(case.next(), Ok(SyncStep::Done));
    }
}

#[test]
fn an_unpaid_subscription_is_ended() {
    let mut case = Case::new();
    case.own().state = SubscriptionState::Unpaid;
    case.settle();
    assert_eq!(case.next(), Ok(SyncStep::EndSubscription { subscription: "sub_1".to_owned() }));
}

#[test]
fn r7_a_plan_of_the_operator_is_left_alone() {
    let mut case = Case::new();
    case.pack.plans[0].operator_managed = true;
    case.own().items[0].quantity = 7;
    case.settle();
    assert_eq!(case.workspace.value.paid, None);
    assert_eq!(case.next(), Ok(SyncStep::Done));
}

#[test]
fn r7_seats_of_a_plan_follow_stripe_and_two_plans_are_a_fault() {
    let mut case = Case::new();
    (case.pack, case.seats) = (by_role(), Vec::new());
    case.own().items = vec![item("si_1", "business", 9)];
    let SyncStep::Commit(changes) = case.next().unwrap() else { panic!("nothing follows") };
    assert_eq!(written(&changes).1.unwrap().plan, "business");
    assert!(changes.iter().any(|change| matches!(change, Change::AdjustCounts(_))), "{changes:?}");
    case.own().items.push(item("si_2", "grand", 1));
    assert_eq!(case.next(), Err(SyncFault::TwoPlans("sub_1".to_owned())));
}

#[test]
fn what_is_not_understood_is_a_fault() {
    let mut case = Case::new();
    case.own().state = SubscriptionState::Incomplete;
    assert_eq!(case.next(), Err(SyncFault::SubscriptionIncomplete("sub_1".to_owned())));
    case.reading.subscriptions.clear();
    assert_eq!(case.next(), Err(SyncFault::SubscriptionMissing("sub_1".to_owned())));
    case.account.value.subscription = None;
    case.reading.subscriptions = vec![live("sub_7", Vec::new())];
    assert_eq!(case.next(), Err(SyncFault::SubscriptionForeign("sub_7".to_owned())));
}

#[test]
fn a_second_subscription_is_refunded_and_ended_and_told() {
    let mut case = Case::new();
    case.reading.subscriptions.push(live("sub_2", Vec::new()));
    case.reading.invoices = vec![invoice("in_2", "sub_2", InvoiceState::Paid)];
    let step = case.next().unwrap();
    assert!(matches!(&step, SyncStep::EndOther { subscription, refund: Some(_) } if subscription == "sub_2"));
    assert!(step.mends(&case.known()));
}

#[test]
fn k62_a_check_mends_quantities_without_a_charge() {
    let mut case = Case::new();
    case.is_check = true;
    case.own().items = vec![item("si_1", "small", 5), item("si_old", "small", 1), item("si_x", "?", 3)];
    case.settle();
    case.settle();
    let step = case.next().unwrap();
    let SyncStep::Level { items, .. } = &step else { panic!("{step:?}") };
    let lines: Vec<_> = items.iter().map(|line| (line.item.as_deref(), line.quantity)).collect();
    assert_eq!(lines, [(Some("si_1"), 2), (Some("si_old"), 0)]);
    assert!(step.mends(&case.known()));
}

#[test]
fn k58_a_price_that_was_not_agreed_to_is_not_charged() {
    let mut case = Case::new();
    case.buys(None);
    assert!(matches!(case.next(), Ok(SyncStep::Preview(_))));
    for (total, state) in [(100, PurchaseState::Charging), (101, PurchaseState::Failed)] {
        let SyncStep::Commit(changes) = case.answered(&Answer::Preview(euros(total))) else {
            panic!("nothing is written")
        };
        assert_eq!(written(&changes).2.unwrap().state, state);
    }
}

#[test]
fn k58_the_price_of_a_charge_is_not_the_price_of_a_page() {
    let mut case = Case::new();
    case.buys(None);
    case.account.value.subscription = None;
    case.reading.subscriptions.clear();
    let failed = case.written().2.unwrap();
    let why = failed.payment.as_ref().and_then(|payment| payment.failure);
    assert_eq!((failed.state, why), (PurchaseState::Failed, Some(PaymentFailure::PriceChanged)));
}

fn fixed() -> OnlinePayment {
    OnlinePayment {
        subscription: Some("sub_1".to_owned()),
        before: [(sold_item("small"), 2)].into(),
        target: Some([(sold_item("small"), 3)].into()),
        items: [(sold_item("small"), "si_1".to_owned())].into(),
        proration_date: Some(now()),
        ends: Some(now() + days(1)),
        ..OnlinePayment::default()
    }
}

#[test]
fn a_refused_charge_closes_only_when_nothing_can_be_on_its_way() {
    let mut case = Case::new();
    case.buys(Some(fixed()));
    let Ok(SyncStep::Charge { key, .. }) = case.next() else { panic!("no charge") };
    assert_eq!(key, format!("charge:{}", PurchaseId(Uuid::from_u128(9))));
    let refused = Answer::Refused(PaymentFailure::Declined);
    let SyncStep::Commit(changes) = case.answered(&refused) else { panic!("nothing is written") };
    let purchase = written(&changes).2.unwrap();
    assert_eq!(purchase.state, PurchaseState::Charging);
    let closes_at: Timestamp = purchase.payment.as_ref().unwrap().closes_at.unwrap();
    assert!(closes_at > now());
    case.purchase = Some(stored(purchase));
    assert!(matches!(case.next(), Ok(SyncStep::Wait { until }) if until == closes_at));
}

#[test]
fn a_charge_is_open_until_its_time_is_over_and_then_void() {
    let mut case = Case::new();
    case.buys(Some(fixed()));
    case.own().has_pending_update = true;
    let open =
        InvoiceReading { reason: InvoiceReason::Update, ..invoice("in_3", "sub_1", InvoiceState::Open) };
    case.reading.invoices = vec![open];
    let purchase = case.written().2.unwrap();
    assert_eq!(purchase.state, PurchaseState::ActionRequired);
    case.purchase = Some(stored(purchase));
    assert!(matches!(case.next(), Ok(SyncStep::Wait { until }) if until == now() + days(1)));
    let payment = case.purchase.as_mut().unwrap().value.payment.as_mut().unwrap();
    payment.ends = Some(now());
    assert_eq!(case.next(), Ok(SyncStep::VoidInvoice { invoice: "in_3".to_owned() }));
}

#[test]
fn k57_what_is_refunded_is_not_granted_any_more() {
    let mut case = Case::new();
    case.buys(Some(fixed()));
    let paid =
        InvoiceReading { reason: InvoiceReason::Update, ..invoice("in_3", "sub_1", InvoiceState::Paid) };
    case.reading.invoices = vec![paid];
    case.own().items = vec![item("si_1", "small", 3)];
    // There is no room for another seat: first it is noted that the payment is refunded.
    let max = std::mem::replace(&mut case.pack.seats.max, 2);
    case.tally.seats = 2;
    case.settle();
    let SyncStep::Commit(changes) = case.next().unwrap() else { panic!("nothing is noted") };
    let noted = written(&changes).2.unwrap();
    assert!(noted.payment.as_ref().unwrap().refunds && noted.state.is_open());
    case.purchase = Some(stored(noted));
    assert!(matches!(case.next(), Ok(SyncStep::Refund { .. })));
    // There is room again, and the refund is on its way, or was made by a run that died.
    case.pack.seats.max = max;
    assert!(matches!(case.next(), Ok(SyncStep::Refund { .. })));
    let SyncStep::Commit(changes) = case.answered(&Answer::Refunded) else { panic!("it stays open") };
    assert_eq!(written(&changes).2.unwrap().state, PurchaseState::Failed);
}

#[test]
fn a_large_grant_takes_several_writes() {
    let mut case = Case::new();
    case.seats = (1..=100).map(|number| seat(number, "small", Occupant::Nobody)).collect();
    case.own().items = vec![item("si_1", "small", 100), item("si_2", "extra", 100)];
    case.settle();
    case.buys(Some(fixed()));
    let everywhere = BillingChange::AddOnEverywhere { add_on: "extra".parse().unwrap(), quantity: 1 };
    case.purchase.as_mut().unwrap().value.change = Some(everywhere);
    let paid =
        InvoiceReading { reason: InvoiceReason::Update, ..invoice("in_3", "sub_1", InvoiceState::Paid) };
    case.reading.invoices = vec![paid];
    let SyncStep::Commit(first) = case.next().unwrap() else { panic!("nothing is granted") };
    assert_eq!((first.len(), written(&first).2), (91, None));
    for change in first {
        let Change::Update(update) = change else { continue };
        let Record::Seat(after) = update.after else { continue };
        case.seats
            .iter_mut()
            .filter(|one| one.value.id == after.id)
            .for_each(|one| one.value = after.clone());
    }
    assert_eq!(case.written().2.unwrap().state, PurchaseState::Paid);
}

#[test]
fn k63_the_last_step_for_a_deleted_workspace_deletes_its_account() {
    let mut case = Case::new();
    let known = |case: &Case, reading: &Reading| {
        next(&Known { workspace: None, ..case.known() }, reading, None, &mut moment()).unwrap()
    };
    let step = known(&case, &case.reading);
    assert_eq!(step, SyncStep::EndSubscription { subscription: "sub_1".to_owned() });
    case.own().state = SubscriptionState::Ended;
    let SyncStep::Commit(changes) = known(&case, &case.reading) else { panic!("nothing is deleted") };
    assert_eq!(changes.len(), 3, "{changes:?}");
}
