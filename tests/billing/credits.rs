//! Credits: bought, read and spent.

use serde_json::json;

use crate::support::client::Client as _;
use crate::support::office::office;

#[tokio::test]
async fn f13_credits_are_bought_and_spent_and_the_ledger_says_for_what() {
    let (app, olga, workspace) = office("flat-owners").await;
    let (credits, spend) = (format!("{workspace}/credits"), format!("{workspace}/credits/spend"));
    assert_eq!(app.get(&olga, &credits).await.expect(200), json!({ "balance": 0 }));
    let bought = app.post(&olga, &credits, json!({ "quantity": 2 })).await.expect(201);
    assert_eq!(bought, json!({ "balance": 200 }));
    let bought = app.post(&olga, &credits, json!({ "package": "credits-1000", "quantity": 1 })).await;
    assert_eq!(bought.expect(201), json!({ "balance": 1200 }));
    let left = app.post(&olga, &spend, json!({ "amount": 150, "reason": "A summary" })).await.expect(200);
    assert_eq!(left, json!({ "balance": 1050 }));
    let refused = app.post(&olga, &spend, json!({ "amount": 1051, "reason": "A film" })).await;
    refused.expect_problem(409, "credits_insufficient");
    assert_eq!(app.get(&olga, &credits).await.expect(200), json!({ "balance": 1050 }));
    let purchases = app.dump().await.purchases;
    let due: Vec<i64> =
        purchases.iter().filter_map(|purchase| purchase.due.as_ref()).map(|due| due.amount).collect();
    assert_eq!(due.iter().sum::<i64>(), 2 * 900 + 7900, "{due:?}");
    // They cost once, and renew nothing.
    let billing = app.get(&olga, &format!("{workspace}/billing")).await.expect(200);
    assert_eq!((&billing["total"]["amount"], &billing["status"]), (&json!(0), &json!("free")));
}

#[tokio::test]
async fn f13_a_repeated_purchase_or_expense_counts_once() {
    let (app, olga, workspace) = office("flat-owners").await;
    for _ in 0..2 {
        let path = format!("{workspace}/credits");
        let body = json!({ "quantity": 1 });
        let bought = app.call_with_key(&olga, "POST", &path, body, Some("buy")).await;
        assert_eq!(bought.expect(201), json!({ "balance": 100 }));
    }
    for _ in 0..2 {
        let path = format!("{workspace}/credits/spend");
        let body = json!({ "amount": 60, "reason": "A call" });
        let spent = app.call_with_key(&olga, "POST", &path, body, Some("spend")).await;
        assert_eq!(spent.expect(200), json!({ "balance": 40 }));
    }
}

#[tokio::test]
async fn f13_what_is_no_package_or_no_number_is_refused() {
    let (app, olga, workspace) = office("flat-owners").await;
    let credits = format!("{workspace}/credits");
    let unknown = app.post(&olga, &credits, json!({ "package": "credits-7", "quantity": 1 })).await;
    let choices = json!(["credits-100", "credits-1000"]);
    assert_eq!(unknown.expect_problem(422, "package_unknown")["choices"], choices);
    for quantity in [0, 51] {
        let refused = app.post(&olga, &credits, json!({ "quantity": quantity })).await;
        assert_eq!(refused.expect_problem(422, "invalid_request")["errors"][0]["message"], "must be 1 to 50");
    }
    // Another product sells none.
    let (app, olga, workspace) = office("role-ladder").await;
    let refused = app.get(&olga, &format!("{workspace}/credits")).await;
    refused.expect_problem(403, "billing_not_offered");
}
