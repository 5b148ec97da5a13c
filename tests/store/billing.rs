//! Records of billing, and the condition on the credits.

use std::collections::BTreeMap;

use seatwise_domain::pack::{AddOnId, AllowanceId, ItemId, PackageId};
use seatwise_domain::{
    BillingAccount, BillingChange, BillingCheck, Cancellation, Change, CreditEntry, CreditEntryId, Credits,
    Delta, OnlinePayment, PaymentFailure, Purchase, PurchaseId, PurchaseLine, PurchaseState, Record,
    RecordKey, StripeCustomer, Subscription, SubscriptionStatus, Task, TierId,
};

use seatwise_store::Store;

use super::{SEAT, USER, WORKSPACE, assert_conflict, at, money, text, uuid, value};
use crate::support::engine::Engine;

fn purchase() -> Purchase {
    Purchase {
        workspace: WORKSPACE,
        id: PurchaseId(uuid(20)),
        by: USER,
        at: at(0),
        change: None,
        lines: Vec::new(),
        difference: BTreeMap::new(),
        credits: 0,
        due: None,
        state: PurchaseState::Paid,
        payment: None,
    }
}

fn entry() -> CreditEntry {
    CreditEntry {
        workspace: WORKSPACE,
        id: CreditEntryId(uuid(22)),
        at: at(1),
        amount: -3,
        by: USER,
        by_service: None,
        purchase: None,
        reason: None,
    }
}

fn credits(balance: i64) -> Record {
    Record::Credits(Credits { workspace: WORKSPACE, balance })
}

/// Every kind of record of billing, with all that can be absent absent.
pub(super) fn bare_records() -> Vec<Record> {
    vec![
        Record::Purchase(purchase()),
        Record::BillingAccount(BillingAccount::new(WORKSPACE)),
        Record::BillingCheck(BillingCheck { workspace: WORKSPACE, at: at(7) }),
        Record::StripeCustomer(StripeCustomer { customer: "cus_1".to_owned(), workspace: WORKSPACE }),
        credits(0),
        Record::CreditEntry(entry()),
    ]
}

/// The same with all there is.
pub(super) fn full_records() -> Vec<Record> {
    let item = |name: &str| ItemId(name.to_owned());
    let quantities = BTreeMap::from([(item("pro"), 3), (item("extra"), 2)]);
    vec![
        Record::Purchase(Purchase {
            change: Some(BillingChange::Seats { tier: TierId("pro".to_owned()), quantity: 3 }),
            lines: vec![PurchaseLine { item: item("pro"), quantity: 3, unit_price: money() }],
            difference: BTreeMap::from([(item("pro"), 1), (item("basic"), -1)]),
            credits: 100,
            due: Some(money()),
            state: PurchaseState::Failed,
            payment: Some(OnlinePayment {
                session: Some("cs_1".to_owned()),
                checkout_url: Some("https://checkout.example/1".to_owned()),
                invoice: Some("in_1".to_owned()),
                pay_url: Some("https://invoice.example/1".to_owned()),
                subscription: Some("sub_1".to_owned()),
                before: quantities.clone(),
                target: Some(quantities.clone()),
                items: BTreeMap::from([(item("pro"), "si_1".to_owned())]),
                proration_date: Some(at(1)),
                invoice_before: Some("in_0".to_owned()),
                ends: Some(at(2)),
                closes_at: Some(at(3)),
                failure: Some(PaymentFailure::Declined),
                discarded: true,
                refunds: true,
            }),
            ..purchase()
        }),
        Record::BillingAccount(BillingAccount {
            customer: Some("cus_1".to_owned()),
            subscription: Some(Subscription {
                id: "sub_1".to_owned(),
                status: SubscriptionStatus::PastDue,
                quantities,
                period_start: at(0),
                period_end: at(9),
                ends_at: Some(at(9)),
                past_due_since: Some(at(1)),
                pay_url: Some("https://invoice.example/1".to_owned()),
            }),
            open_purchase: Some(PurchaseId(uuid(20))),
            cancellation: Some(Cancellation::Asked),
            synced_at: Some(at(2)),
            check_at: Some(at(7)),
            ..BillingAccount::new(WORKSPACE)
        }),
        credits(i64::MAX),
        Record::CreditEntry(CreditEntry {
            purchase: Some(PurchaseId(uuid(20))),
            reason: Some(text("Render")),
            ..entry()
        }),
    ]
}

/// Every kind of change that can be bought, and the states that the other records lack.
pub(super) fn other_states() -> Vec<Record> {
    let (tier, add_on) = (TierId("pro".to_owned()), AddOnId("extra".to_owned()));
    let extras = BTreeMap::from([(AllowanceId("members".to_owned()), 2)]);
    let changes = [
        (BillingChange::SeatTier { seat: SEAT, tier }, PurchaseState::Checkout),
        (BillingChange::AddOn { seat: SEAT, add_on: add_on.clone(), quantity: 2 }, PurchaseState::Charging),
        (BillingChange::AddOnEverywhere { add_on, quantity: 0 }, PurchaseState::ActionRequired),
        (BillingChange::Plan { plan: "pro".to_owned(), seats: Some(7), extras }, PurchaseState::Discarded),
        (
            BillingChange::Credits { package: PackageId("hundred".to_owned()), quantity: 1 },
            PurchaseState::Expired,
        ),
    ];
    let purchases = changes.into_iter().zip(20..).map(|((change, state), number)| Purchase {
        id: PurchaseId(uuid(number)),
        change: Some(change),
        state,
        ..purchase()
    });
    purchases.map(Record::Purchase).collect()
}

#[tokio::test]
async fn f13_credits_are_spent_only_as_far_as_they_reach() {
    let store = Engine::memory().await.store().await;
    let add = |by| [Change::AddCredits { workspace: WORKSPACE, by }];
    let key = RecordKey::Credits(WORKSPACE);
    // Nothing was bought yet.
    assert_conflict(&store.commit_without_events(&add(Delta::by(-1).keeping(0))).await);
    store.commit_without_events(&add(Delta::by(5))).await.expect("bought");
    store.commit_without_events(&add(Delta::by(-4).keeping(0))).await.expect("spent");
    assert_conflict(&store.commit_without_events(&add(Delta::by(-2).keeping(0))).await);
    store.commit_without_events(&add(Delta::by(-1).keeping(0))).await.expect("spent to the last");
    assert_eq!(value::<Credits>(&store, &key).await, Credits { workspace: WORKSPACE, balance: 0 });
}

#[tokio::test]
async fn k58_a_task_that_is_made_anew_has_a_version_that_nobody_has_read() {
    // A store that counts as in service.
    let engine = Engine::memory().await;
    let store = Store::new(engine.client(), &engine.table().await.1);
    let request = Change::RequestBillingSync { workspace: WORKSPACE, at: at(0) };
    let key = Task::of_billing(WORKSPACE);
    store.commit_without_events(std::slice::from_ref(&request)).await.expect("requested");
    let before = store.get(Task::key(key)).await.expect("read").expect("a task");
    store.commit_without_events(&[Change::Delete(RecordKey::Task(key), before.version)]).await.expect("done");
    store.commit_without_events(std::slice::from_ref(&request)).await.expect("requested");
    let after = store.get(Task::key(key)).await.expect("read").expect("a task");
    assert_ne!(before.version, after.version);
    // A run that is late does not delete it.
    assert_conflict(
        &store.commit_without_events(&[Change::Delete(RecordKey::Task(key), before.version)]).await,
    );
    // Another request changes the version.
    store.commit_without_events(&[request]).await.expect("requested");
    assert_conflict(
        &store.commit_without_events(&[Change::Delete(RecordKey::Task(key), after.version)]).await,
    );
}
