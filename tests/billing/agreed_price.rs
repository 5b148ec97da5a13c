//! A purchase at the price that was agreed to, or none (S11).

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::office;
use crate::support::person::Person;

const ADD_ON: &str = "extra-telegram-accounts";

/// The price of a preview, as a request names it.
async fn shown(app: &App, who: &Person, workspace: &str, change: &Value) -> Value {
    let body = json!({ "change": change });
    let preview = app.post(who, &format!("{workspace}/purchases/preview"), body).await.expect(200);
    json!({ "dueNow": preview["dueNow"], "prorationDate": preview["prorationDate"] })
}

fn with(body: &Value, agreed: &Value) -> Value {
    let mut body = body.clone();
    body["agreed"] = agreed.clone();
    body
}

/// The requests that buy something in a product, each with its preview.
async fn purchases(
    app: &App,
    olga: &Person,
    workspace: &str,
    pack: &str,
) -> Vec<(Value, &'static str, String, Value)> {
    let of = |kind: Value, method, path: &str, body| (kind, method, format!("{workspace}{path}"), body);
    match pack {
        "purchased-seats" => {
            let seat = app.buy(olga, workspace, "basic", 1).await.remove(0);
            let units = json!({ "quantity": 2 });
            vec![
                of(
                    json!({ "kind": "seats", "tier": "pro", "quantity": 2 }),
                    "POST",
                    "/seats",
                    json!({ "tier": "pro", "quantity": 2 }),
                ),
                of(
                    json!({ "kind": "seat-tier", "seatId": seat, "tier": "pro" }),
                    "PUT",
                    &format!("/seats/{seat}/tier"),
                    json!({ "tier": "pro" }),
                ),
                of(
                    json!({ "kind": "add-on", "seatId": seat, "addOn": ADD_ON, "quantity": 1 }),
                    "PUT",
                    &format!("/seats/{seat}/add-ons/{ADD_ON}"),
                    json!({ "quantity": 1 }),
                ),
                of(
                    json!({ "kind": "add-on", "addOn": ADD_ON, "quantity": 2 }),
                    "PUT",
                    &format!("/add-ons/{ADD_ON}"),
                    units,
                ),
            ]
        }
        "flat-owners" => vec![
            of(json!({ "kind": "plan", "plan": "pro" }), "PUT", "/plan", json!({ "plan": "pro" })),
            of(json!({ "kind": "credits", "quantity": 2 }), "POST", "/credits", json!({ "quantity": 2 })),
        ],
        _ => {
            let change = json!({ "plan": "growth", "extras": [{ "id": "bots", "quantity": 3 }] });
            let mut kind = change.clone();
            kind["kind"] = json!("plan");
            vec![of(kind, "PUT", "/plan", change)]
        }
    }
}

#[tokio::test]
async fn s11_each_purchase_is_made_at_the_agreed_price_or_not_at_all() {
    for pack in ["purchased-seats", "flat-owners", "role-ladder"] {
        let (app, olga, workspace) = office(pack).await;
        for (change, method, path, body) in purchases(&app, &olga, &workspace, pack).await {
            let agreed = shown(&app, &olga, &workspace, &change).await;
            let due = agreed["dueNow"]["amount"].as_u64().expect("an amount");
            assert!(due > 0, "{change}");
            let before = app.dump().await;
            let changed = |field: &str, value: Value| {
                let mut other = agreed.clone();
                other[field] = value;
                other
            };
            for other in [
                changed("dueNow", json!({ "amount": due - 1, "currency": "EUR" })),
                changed("dueNow", json!({ "amount": due, "currency": "USD" })),
                changed("prorationDate", json!("2020-01-01T00:00:00Z")),
                changed("prorationDate", json!("2096-01-01T00:00:00Z")),
            ] {
                let refused = app.call(&olga, method, &path, with(&body, &other)).await;
                refused.expect_problem(409, "price_changed");
            }
            let wrong =
                app.call(&olga, method, &path, with(&body, &changed("prorationDate", json!("today")))).await;
            assert_eq!(
                wrong.expect_problem(422, "invalid_request")["errors"][0]["field"],
                "agreed.prorationDate"
            );
            assert_eq!(app.dump().await.changed_since(&before), [""; 0]);

            app.advance(14 * 60).await;
            let bought = app.call(&olga, method, &path, with(&body, &agreed)).await;
            assert!(bought.status.is_success(), "{change}: {}", bought.text);
            let purchases = app.dump().await.purchases;
            let last = purchases.iter().max_by_key(|purchase| purchase.at).expect("a purchase");
            assert_eq!(last.due.as_ref().map(|due| due.amount), i64::try_from(due).ok());
        }
    }
}

#[tokio::test]
async fn s11_a_preview_holds_for_a_quarter_of_an_hour_and_for_what_was_there() {
    let (app, olga, workspace) = office("purchased-seats").await;
    let path = format!("{workspace}/add-ons/{ADD_ON}");
    app.buy(&olga, &workspace, "basic", 1).await;
    let body = json!({ "quantity": 2 });
    let change = json!({ "kind": "add-on", "addOn": ADD_ON, "quantity": 2 });
    let agreed = shown(&app, &olga, &workspace, &change).await;
    // A seat more costs more.
    app.buy(&olga, &workspace, "basic", 1).await;
    app.call(&olga, "PUT", &path, with(&body, &agreed)).await.expect_problem(409, "price_changed");
    let agreed = shown(&app, &olga, &workspace, &change).await;
    app.advance(15 * 60 + 1).await;
    app.call(&olga, "PUT", &path, with(&body, &agreed)).await.expect_problem(409, "price_changed");
    let agreed = shown(&app, &olga, &workspace, &change).await;
    app.call(&olga, "PUT", &path, with(&body, &agreed)).await.expect(200);
    // What costs less is agreed to as well: nothing is due.
    let change = json!({ "kind": "add-on", "addOn": ADD_ON, "quantity": 1 });
    let free = shown(&app, &olga, &workspace, &change).await;
    assert_eq!(free["dueNow"]["amount"], 0);
    app.call(&olga, "PUT", &path, with(&json!({ "quantity": 1 }), &free)).await.expect(200);
}
