//! Workspaces that pay at Stripe: every function that has to do with it, and every kind of synchronisation.

use seatwise_stripe_stub::{Card, StubAct};
use serde_json::{Value, json};

use super::recorded::Recorded;
use super::recorder::Recorder;
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::packs;
use crate::support::person::{Person, somebody};
use crate::support::reply::text;

/// A synchronisation can run in any function that begins one, so what one of them does, each may do. What runs
/// under this name is added to each of them.
pub const SYNCHRONISE: &str = "synchronise";

/// Runs them.
pub async fn paid_workspaces(recorder: &Recorder) {
    seats(&paid("purchased-seats", recorder).await).await;
    plan_by_the_seat(&paid("role-seats", recorder).await).await;
    credits(&paid("flat-owners", recorder).await).await;
    extras(&paid("role-ladder", recorder).await).await;
}

async fn paid(pack: &str, recorder: &Recorder) -> Recorded {
    let stripe = ("product.toml", "provider = \"manual\"", "provider = \"stripe\"");
    Recorded::over_with_stripe(Deployment::of(packs::edited(pack, &[stripe])).await, recorder).await
}

/// The newest session is paid, the webhooks arrive, and the synchronisation runs.
async fn pay(app: &Recorded, card: Card) {
    let stub = app.stub();
    let session = stub.account().sessions.last().expect("a session").id.clone();
    stub.act(StubAct::PayCheckout { session, card }).expect("paid");
    app.take_webhooks().await;
    app.synchronise().await;
}

fn customer(app: &Recorded) -> String {
    app.stub().account().customers.last().expect("a customer").id.clone()
}

async fn seats(app: &Recorded) {
    let olga = somebody("olga");
    let workspace = app.workspace(&olga).await;
    let seats = format!("{workspace}/seats");
    let buy = |tier: &str, quantity: u32| json!({ "tier": tier, "quantity": quantity });
    app.run(&olga, "POST", &seats, buy("basic", 2)).await;
    pay(app, Card::Works).await;
    let bought = app.run(&olga, "POST", &seats, buy("pro", 1)).await;
    let seat = format!("{seats}/{}", text(&bought["items"][0]["id"]));
    let change = json!({ "change": { "kind": "seats", "tier": "pro", "quantity": 1 } });
    app.run(&olga, "POST", &format!("{workspace}/purchases/preview"), change).await;
    let add_on = format!("{seat}/add-ons/extra-telegram-accounts");
    for quantity in [2, 1] {
        app.run(&olga, "PUT", &add_on, json!({ "quantity": quantity })).await;
        app.synchronise().await;
    }
    let everywhere = format!("{workspace}/add-ons/extra-telegram-accounts");
    app.run(&olga, "PUT", &everywhere, json!({ "quantity": 3 })).await;
    app.run(&olga, "PUT", &format!("{seat}/tier"), json!({ "tier": "basic" })).await;
    app.synchronise().await;
    app.run(&olga, "PUT", &format!("{seat}/tier"), json!({ "tier": "pro" })).await;
    app.run(&olga, "POST", &format!("{seat}/cancel"), Value::Null).await;
    app.synchronise().await;
    app.run(&olga, "POST", &format!("{seat}/reactivate"), Value::Null).await;
    app.synchronise().await;
    for (method, path) in [("GET", ""), ("POST", "/portal"), ("GET", "/invoices"), ("POST", "/cancel")] {
        app.run(&olga, method, &format!("{workspace}/billing{path}"), Value::Null).await;
    }
    app.synchronise().await;
    // A purchase that waits for the bank is discarded.
    let card = Card::AsksForAuthentication;
    app.stub().act(StubAct::SetCard { customer: customer(app), card }).expect("a card");
    let refused = app.post(&olga, &seats, buy("pro", 1)).await;
    let purchase = format!("{workspace}/purchases/{}", text(&refused.expect(402)["purchaseId"]));
    app.run(&olga, "GET", &purchase, Value::Null).await;
    app.run(&olga, "DELETE", &purchase, Value::Null).await;
    app.synchronise().await;
    drift(app).await;
    deletion(app, &olga, &workspace).await;
}

/// A check finds a second subscription.
async fn drift(app: &Recorded) {
    let price = "purchased-seats.basic.eur".to_owned();
    app.stub().act(StubAct::SecondSubscription { customer: customer(app), price }).expect("another");
    app.pass_minutes(25 * 60);
    assert_ne!(app.reconcile_billing().await, 0, "nothing is checked");
    app.synchronise().await;
}

/// The workspace is deleted when its subscription has ended.
async fn deletion(app: &Recorded, owner: &Person, workspace: &str) {
    app.run(owner, "DELETE", workspace, Value::Null).await;
    app.start_deletion().await;
    app.synchronise().await;
    app.delete_workspaces().await;
}

async fn plan_by_the_seat(app: &Recorded) {
    let ada = somebody("ada");
    let workspace = app.workspace(&ada).await;
    let plan = format!("{workspace}/plan");
    app.run(&ada, "PUT", &plan, json!({ "plan": "business", "seats": 6 })).await;
    pay(app, Card::Works).await;
    // The customer confirms at Stripe.
    app.run(&ada, "PUT", &plan, json!({ "plan": "business", "seats": 9 })).await;
    app.stub()
        .act(StubAct::ChangeQuantityInPortal { customer: customer(app), quantity: 3 })
        .expect("fewer seats");
    app.take_webhooks().await;
    app.synchronise().await;
    app.run(&ada, "PUT", &plan, json!({ "plan": "trial" })).await;
    app.synchronise().await;
    deletion(app, &ada, &workspace).await;
}

async fn credits(app: &Recorded) {
    let olga = somebody("olga");
    let workspace = app.workspace(&olga).await;
    app.run(&olga, "POST", &format!("{workspace}/credits"), json!({ "quantity": 2 })).await;
    // No webhook tells of the payment.
    let session = app.stub().account().sessions.last().expect("a session").id.clone();
    app.stub().act(StubAct::PayCheckout { session, card: Card::Works }).expect("paid");
    app.pass_minutes(10);
    assert_ne!(app.reconcile_billing().await, 0, "the event is not found");
    app.synchronise().await;
    let spend = json!({ "amount": 5, "reason": "a report" });
    app.run(&olga, "POST", &format!("{workspace}/credits/spend"), spend).await;
    app.run(&olga, "GET", &format!("{workspace}/credits"), Value::Null).await;
    deletion(app, &olga, &workspace).await;
}

async fn extras(app: &Recorded) {
    let olga = somebody("olga");
    let workspace = app.workspace(&olga).await;
    let extra = |units: u32| json!({ "plan": "growth", "extras": [{ "id": "bots", "quantity": units }] });
    app.run(&olga, "PUT", &format!("{workspace}/plan"), extra(1)).await;
    pay(app, Card::Works).await;
    app.run(&olga, "PUT", &format!("{workspace}/plan"), extra(2)).await;
    app.run(&olga, "PUT", &format!("{workspace}/plan"), extra(0)).await;
    app.synchronise().await;
    deletion(app, &olga, &workspace).await;
}
