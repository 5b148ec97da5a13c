//! What a change would cost.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::office;
use crate::support::person::Person;
use crate::support::reply::Reply;

async fn preview(app: &App, who: &Person, workspace: &str, change: Value) -> Reply {
    app.post(who, &format!("{workspace}/purchases/preview"), json!({ "change": change })).await
}

#[tokio::test]
async fn s11_a_preview_says_what_is_due_and_writes_nothing() {
    let (app, olga, workspace) = office("purchased-seats").await;
    let seat = app.buy(&olga, &workspace, "basic", 1).await.remove(0);
    let before = app.dump().await;
    let told =
        preview(&app, &olga, &workspace, json!({ "kind": "seats", "tier": "pro", "quantity": 2 })).await;
    let told = told.expect(200);
    let euros = |amount: i64| json!({ "amount": amount, "currency": "EUR" });
    assert_eq!((&told["dueNow"], &told["nextInvoice"]), (&euros(5800), &euros(1500 + 5800)));
    let line = json!({
        "item": "pro", "label": "Pro", "quantity": 2,
        "unitPrice": euros(2900), "amount": euros(5800), "proration": false,
    });
    assert_eq!(told["lines"], json!([line]));
    let tier = json!({ "kind": "seat-tier", "seatId": seat, "tier": "pro" });
    let told = preview(&app, &olga, &workspace, tier.clone()).await.expect(200);
    assert_eq!((&told["dueNow"], &told["nextInvoice"]), (&euros(1400), &euros(2900)));
    assert!(told["lines"].as_array().expect("lines").iter().all(|line| line["proration"] == true), "{told}");
    for (place, due) in [(json!({ "seatId": seat }), 1000), (json!({}), 1000)] {
        let mut change = json!({ "kind": "add-on", "addOn": "extra-telegram-accounts", "quantity": 2 });
        change.as_object_mut().expect("an object").extend(place.as_object().expect("an object").clone());
        let told = preview(&app, &olga, &workspace, change).await.expect(200);
        assert_eq!((&told["dueNow"], &told["nextInvoice"]), (&euros(due), &euros(2500)));
    }
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);

    // Of a change within a period, only the rest of it is due.
    app.advance(15 * 24 * 3600).await;
    let olga = app.sign_in("olga@acme.example").await;
    let told = preview(&app, &olga, &workspace, tier).await.expect(200);
    let due = told["dueNow"]["amount"].as_i64().expect("an amount");
    assert!((600..800).contains(&due), "{told}");
}

#[tokio::test]
async fn s12_what_costs_less_is_not_due_and_not_paid_back() {
    let (app, olga, workspace) = office("purchased-seats").await;
    let seat = app.buy(&olga, &workspace, "pro", 1).await.remove(0);
    let tier = json!({ "kind": "seat-tier", "seatId": seat, "tier": "basic" });
    let told = preview(&app, &olga, &workspace, tier).await.expect(200);
    assert_eq!((&told["dueNow"]["amount"], &told["nextInvoice"]["amount"]), (&json!(0), &json!(1500)));
    assert_eq!(told["lines"], json!([]));
}

#[tokio::test]
async fn r7_l3_f13_plans_extras_and_credits_have_a_price() {
    for (pack, change, due, next) in [
        ("role-seats", json!({ "kind": "plan", "plan": "business", "seats": 10 }), 20_000, 20_000),
        ("role-ladder", json!({ "kind": "plan", "plan": "growth" }), 2900, 2900),
        (
            "role-ladder",
            json!({ "kind": "plan", "plan": "standard", "extras": [{ "id": "bots", "quantity": 2 }] }),
            2000,
            2000,
        ),
        ("flat-owners", json!({ "kind": "credits", "quantity": 3 }), 2700, 0),
        ("flat-owners", json!({ "kind": "plan", "plan": "pro" }), 4900, 4900),
    ] {
        let (app, owner, workspace) = office(pack).await;
        let told = preview(&app, &owner, &workspace, change).await.expect(200);
        let amounts = (&told["dueNow"]["amount"], &told["nextInvoice"]["amount"]);
        assert_eq!(amounts, (&json!(due), &json!(next)), "{pack}");
    }
}

#[tokio::test]
async fn s11_a_change_has_the_fields_of_its_kind() {
    let (app, olga, workspace) = office("purchased-seats").await;
    for (change, field) in [
        (json!({ "kind": "seats" }), "change.quantity"),
        (json!({ "kind": "seats", "quantity": 51 }), "change.quantity"),
        (json!({ "kind": "seats", "quantity": 1, "addOn": "x" }), "change.addOn"),
        (json!({ "kind": "seat-tier", "tier": "pro" }), "change.seatId"),
        (json!({ "kind": "add-on", "quantity": 1 }), "change.addOn"),
        (json!({ "kind": "plan" }), "change.plan"),
        (json!({ "kind": "gift", "quantity": 1 }), "change.kind"),
        (json!({ "quantity": 1 }), "change.kind"),
    ] {
        let refused = preview(&app, &olga, &workspace, change.clone()).await;
        let problem = refused.expect_problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], field, "{change}");
    }
    let unknown = json!({ "kind": "add-on", "addOn": "rockets", "quantity": 1 });
    let refused = preview(&app, &olga, &workspace, unknown).await.expect_problem(422, "add_on_unknown");
    assert_eq!(refused["choices"], json!(["extra-telegram-accounts"]));
    let unknown = json!({ "kind": "seats", "tier": "gold", "quantity": 1 });
    let refused = preview(&app, &olga, &workspace, unknown).await.expect_problem(422, "tier_unknown");
    assert_eq!(refused["choices"], json!(["basic", "pro"]));
    let other = json!({ "kind": "credits", "quantity": 1 });
    preview(&app, &olga, &workspace, other).await.expect_problem(403, "billing_not_offered");
}
