//! What only a product offers that is paid online.

use serde_json::{Value, json};

use crate::support::client::Client as _;
use crate::support::office::office;

#[tokio::test]
async fn s16_who_pays_by_other_means_has_no_portal_no_invoices_and_no_subscription() {
    for pack in seatwise_policy::packs::names() {
        let (app, owner, workspace) = office(pack).await;
        for (method, path) in [("POST", "portal"), ("GET", "invoices"), ("POST", "cancel")] {
            let path = format!("{workspace}/billing/{path}");
            let refused = app.call(&owner, method, &path, Value::Null).await;
            refused.expect_problem(403, "billing_not_offered");
        }
    }
}

#[tokio::test]
async fn f13_only_owners_see_and_change_the_billing() {
    let (app, olga, workspace) = office("flat-owners").await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    app.get(&olga, &format!("{workspace}/billing")).await.expect(200);
    for (method, path, body) in [
        ("GET", "billing", Value::Null),
        ("POST", "credits", json!({ "quantity": 1 })),
        ("PUT", "plan", json!({ "plan": "pro" })),
        ("POST", "purchases/preview", json!({ "change": { "kind": "credits", "quantity": 1 } })),
    ] {
        let refused = app.call(&tea, method, &format!("{workspace}/{path}"), body).await;
        let problem = refused.expect_problem(403, "forbidden");
        assert_eq!(problem["detail"], "Only Owner can do this.");
    }
    assert_eq!(app.get(&tea, &format!("{workspace}/credits")).await.expect(200), json!({ "balance": 0 }));
}
