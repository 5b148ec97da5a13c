//! Purchases, as they are read and discarded.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::client::Client as _;
use crate::support::office::office;
use crate::support::reply::text;

#[tokio::test]
async fn s11_a_purchase_is_found_by_the_seats_that_it_added() {
    let (app, olga, workspace) = office("purchased-seats").await;
    let body = json!({ "tier": "pro", "quantity": 2 });
    let bought = app.post(&olga, &format!("{workspace}/seats"), body).await.expect(201);
    let id = text(&bought["items"][0]["purchaseId"]);
    assert_eq!(bought["items"][1]["purchaseId"], json!(id));
    let path = format!("{workspace}/purchases/{id}");
    let purchase = app.get(&olga, &path).await.expect(200);
    let change = json!({ "kind": "seats", "tier": "pro", "quantity": 2 });
    assert_eq!((&purchase["status"], &purchase["change"]), (&json!("paid"), &change));
    assert_eq!(purchase["amount"], json!({ "amount": 5800, "currency": "EUR" }));

    // What is paid stays paid.
    assert_eq!(app.call(&olga, "DELETE", &path, Value::Null).await.expect(200), purchase);
    assert_eq!(app.seats(&olga, &workspace).await[0], 2);

    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    app.get(&tea, &path).await.expect_problem(403, "forbidden");
    let nothing = format!("{workspace}/purchases/{}", Uuid::from_u128(7));
    app.get(&olga, &nothing).await.expect_problem(404, "not_found");
    app.call(&olga, "DELETE", &nothing, Value::Null).await.expect_problem(404, "not_found");
    // Nobody finds it from another workspace.
    let other = app.workspace(&olga).await;
    app.get(&olga, &format!("{other}/purchases/{id}")).await.expect_problem(404, "not_found");
}
