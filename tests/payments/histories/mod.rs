//! Random histories of the real code (K57–K60): three processes whose calls to the table and to Stripe pass in any
//! order, fail before or after their effect, and whose runs die anywhere; webhooks that come late, twice, in another
//! order or not at all; cards that are declined or ask for the customer; changes in the portal; renewals. In the end,
//! when everything has come to rest: nothing was granted unpaid, nothing was charged twice, nothing that was paid was
//! not granted, and the quantities at Stripe are those of the workspace.
//!
//! `SEATWISE_PAYMENT_HISTORIES` sets their number, `SEATWISE_FIRST_PAYMENT_HISTORY` the first seed. The seed decides
//! what happens; how fast the machine is decides a little about the order. Several run at once, since a history mostly
//! waits: for retries, and for requests that wait for their payment.

mod outcome;
mod turnstile;
mod world;

use std::time::Duration;

use futures::{StreamExt as _, stream};
use jiff::SignedDuration;
use seatwise_stripe_stub::{Card, StubAct};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use self::turnstile::Verdict;
use self::world::{Product, World, seats};

/// The histories of each run of all tests.
const FEW: u64 = 8;
/// What happens in a history, before it comes to rest.
const EVENTS: usize = 60;
/// The histories that run at once.
const AT_ONCE: usize = 8;
/// The longest time for a history.
const ENDS_IN: Duration = Duration::from_mins(4);

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test]
async fn k57_k58_k59_k60_random_histories_of_the_real_code() {
    let first = setting("SEATWISE_FIRST_PAYMENT_HISTORY", 0);
    let many = setting("SEATWISE_PAYMENT_HISTORIES", FEW);
    let mut met = outcome::Met::default();
    let mut histories = stream::iter((first..first + many).map(run)).buffer_unordered(AT_ONCE);
    while let Some((world, faults)) = histories.next().await {
        met.add(&world).await;
        assert!(
            faults.is_empty(),
            "SEATWISE_FIRST_PAYMENT_HISTORY={} SEATWISE_PAYMENT_HISTORIES=1 ({:?}):\n{}\n{}\n{:#?}",
            world.seed,
            world.product,
            faults.join("\n"),
            world.log.join("\n"),
            world.account(),
        );
    }
    println!("{met:?}");
    // Histories in which nobody pays prove nothing.
    assert!(many < FEW || met.is_rich(), "{met:?}");
}

/// Runs a history; what does not hold in the end.
async fn run(seed: u64) -> (Box<World>, Vec<String>) {
    let products = [Product::Seats, Product::Seats, Product::Extras, Product::Credits, Product::SeatsOfPlan];
    let product = products[usize::try_from(seed % 5).expect("small")];
    let mut world = Box::new(Box::pin(World::new(product, seed)).await);
    let history = async {
        // Most workspaces have paid for something when the history begins.
        if world.below(4) > 0 {
            begin(&mut world).await;
        }
        world.turnstile.close();
        for _ in 0..EVENTS {
            happen(&mut world).await;
        }
        come_to_rest(&mut world).await;
        outcome::faults(&world).await
    };
    let faults = timeout(ENDS_IN, Box::pin(history)).await;
    (world, faults.unwrap_or_else(|_| vec!["the history does not end".to_owned()]))
}

/// The first purchase, undisturbed.
async fn begin(world: &mut World) {
    match world.product {
        Product::Seats => world.request("POST", "/seats", &seats("basic", 2)),
        Product::Extras => world.request("PUT", "/plan", &json!({ "plan": "growth" })),
        Product::Credits => world.request("PUT", "/plan", &json!({ "plan": "pro" })),
        Product::SeatsOfPlan => world.request("PUT", "/plan", &json!({ "plan": "business" })),
    }
    finish(world).await;
    // On a busy machine, the request does not wait long enough for its page.
    while world.account().sessions.is_empty() {
        world.later(SignedDuration::from_mins(1));
        world.sweep(false);
        finish(world).await;
    }
    let session = world.account().sessions.last().map(|session| session.id.clone()).expect("a page");
    world.act(StubAct::PayCheckout { session, card: Card::Works });
    // The task waits for the end of the page, until Stripe tells of the payment.
    world.later(SignedDuration::from_mins(10));
    world.sweep(true);
    finish(world).await;
}

/// All that runs comes to its end.
async fn finish(world: &mut World) {
    while world.has_running().await {
        sleep(Duration::from_millis(1)).await;
    }
}

/// Something happens.
async fn happen(world: &mut World) {
    match world.below(20) {
        0..=2 => ask(world).await,
        3 | 4 => world.sweep(false),
        5 => world.sweep(true),
        6 | 7 => world.webhook().await,
        8..=10 => at_stripe(world),
        11 => world.kill(),
        12 => {
            let minutes = [1, 10, 70, 60 * 5, 60 * 23, 60 * 24 * 3, 60 * 24 * 29][world.below(7)];
            world.later(SignedDuration::from_mins(minutes));
            world.stub.tick().await;
        }
        _ => {
            let steps = 10 + world.below(50);
            for _ in 0..steps {
                step(world).await;
            }
        }
    }
}

/// One of the waiting calls goes on.
async fn step(world: &mut World) {
    // The runs come to their next calls.
    for _ in 0..10 {
        if !world.turnstile.waiting().is_empty() || !world.has_running().await {
            break;
        }
        sleep(Duration::from_millis(1)).await;
    }
    let waiting = world.turnstile.waiting();
    if waiting.is_empty() {
        return;
    }
    let index = world.below(waiting.len());
    let (number, name) = waiting[index].clone();
    let verdict = if world.below(25) == 0 { Verdict::Fails } else { Verdict::Passes };
    if verdict == Verdict::Fails {
        world.note(format!("fails: {name}"));
    }
    world.turnstile.decide(number, verdict);
}

/// The owner asks for something.
async fn ask(world: &mut World) {
    match (world.product, world.below(10)) {
        (_, 0) => discard(world).await,
        (_, 1) => world.request("POST", "/billing/cancel", &Value::Null),
        (Product::Seats, 2..=5) => {
            let (tier, quantity) = (["basic", "pro"][world.below(2)], 1 + world.below(3));
            let (body, is_shown) = (seats(tier, quantity), world.below(3) == 0);
            if is_shown {
                world.request_as_shown("/seats", "seats", &body);
            } else {
                world.request("POST", "/seats", &body);
            }
        }
        (Product::Seats, what) => seat(world, what).await,
        (Product::Extras, what) => {
            let (plan, bots) = (["standard", "growth"][usize::from(what > 3)], world.below(3));
            let extras = json!([{ "id": "bots", "quantity": bots }]);
            world.request("PUT", "/plan", &json!({ "plan": plan, "extras": extras }));
        }
        (Product::SeatsOfPlan, 2..=3) => world.request("PUT", "/plan", &json!({ "plan": "trial" })),
        (Product::SeatsOfPlan, _) => {
            let seats = 2 + world.below(30);
            world.request("PUT", "/plan", &json!({ "plan": "business", "seats": seats }));
        }
        (Product::Credits, 2..=4) => {
            let plan = ["credits", "pro"][world.below(2)];
            world.request("PUT", "/plan", &json!({ "plan": plan }));
        }
        (Product::Credits, _) => {
            let quantity = 1 + world.below(3);
            world.request_as_shown("/credits", "credits", &json!({ "quantity": quantity }));
        }
    }
}

/// The owner does something with one of the seats.
async fn seat(world: &mut World, what: usize) {
    let Some(seat) = outcome::some_seat(world).await else { return };
    match what {
        6 => world.request("POST", &format!("/seats/{seat}/cancel"), &Value::Null),
        7 => world.request("POST", &format!("/seats/{seat}/reactivate"), &Value::Null),
        8 => {
            let tier = ["basic", "pro"][world.below(2)];
            world.request("PUT", &format!("/seats/{seat}/tier"), &json!({ "tier": tier }));
        }
        _ => {
            let quantity = world.below(4);
            let path = format!("/seats/{seat}/add-ons/extra-telegram-accounts");
            world.request("PUT", &path, &json!({ "quantity": quantity }));
        }
    }
}

/// The owner discards what is open.
async fn discard(world: &mut World) {
    if let Some(purchase) = outcome::open_purchase(world).await {
        world.request("DELETE", &format!("/purchases/{purchase}"), &Value::Null);
    }
}

/// A person does something at Stripe.
fn at_stripe(world: &mut World) {
    let account = world.account();
    let Some(customer) = account.customers.last().map(|customer| customer.id.clone()) else { return };
    let session = account.sessions.iter().rfind(|session| session.status == "open");
    let invoice = account.invoices.iter().rfind(|invoice| invoice.status == "open");
    let act = match (world.below(10), session, invoice) {
        (5..=7, None, None) if world.product == Product::SeatsOfPlan => {
            let quantity = 1 + i64::try_from(world.below(30)).expect("small");
            let visit = account.portal_sessions.last().cloned();
            match visit.filter(|_| quantity % 2 == 0) {
                Some(portal_session) => StubAct::ConfirmUpdate { portal_session },
                None => StubAct::ChangeQuantityInPortal { customer, quantity },
            }
        }
        (0..=4, Some(session), _) => StubAct::PayCheckout { session: session.id.clone(), card: world.card() },
        (0..=2, None, Some(invoice)) => StubAct::PayInvoice { invoice: invoice.id.clone() },
        (3 | 4, None, Some(invoice)) => StubAct::CompleteAuthentication { id: invoice.id.clone() },
        (5, _, _) => StubAct::NextPaymentFails { customer },
        (6 | 7, _, _) => StubAct::SetCard { customer, card: world.card() },
        (8, _, _) => StubAct::CancelInPortal { customer, at_period_end: true },
        (9, _, _) => StubAct::ResumeInPortal { customer },
        _ => return,
    };
    world.act(act);
}

/// Everything comes to rest: all calls pass, the background functions run, and time passes until nothing is due.
async fn come_to_rest(world: &mut World) {
    world.turnstile.open();
    finish(world).await;
    // What waits for somebody who never comes is over after two days, and a check finds what no webhook told.
    for _ in 0..7 {
        world.stub.tick().await;
        for _ in 0..3 {
            world.sweep(true);
            finish(world).await;
        }
        world.later(SignedDuration::from_hours(9));
    }
    world.later(SignedDuration::from_mins(3));
    world.sweep(true);
    finish(world).await;
}
