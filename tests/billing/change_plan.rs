//! Plans, the number of their seats, and extras.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::{crowd, office, office_of};
use crate::support::person::Person;
use crate::support::reply::Reply;

async fn change(app: &App, who: &Person, workspace: &str, body: Value) -> Reply {
    app.call(who, "PUT", &format!("{workspace}/plan"), body).await
}

#[tokio::test]
async fn r7_a_business_plan_has_the_seats_that_are_bought() {
    let (app, ada, workspace) = office("role-seats").await;
    let bought = change(&app, &ada, &workspace, json!({ "plan": "business" })).await.expect(200);
    assert_eq!(bought, json!({ "plan": "business", "seats": 25, "extras": [] }));
    let more = change(&app, &ada, &workspace, json!({ "plan": "business", "seats": 30 })).await;
    assert_eq!(more.expect(200)["seats"], 30);
    assert_eq!(app.seats(&ada, &workspace).await, [30, 1, 29]);
    // The number stays where nobody says another.
    change(&app, &ada, &workspace, json!({ "plan": "business" })).await.expect(200);
    assert_eq!(app.seats(&ada, &workspace).await, [30, 1, 29]);
    let purchases = app.dump().await.purchases;
    let due: Vec<_> = purchases.iter().map(|purchase| purchase.due.as_ref().map(|due| due.amount)).collect();
    assert_eq!(due.len(), 2, "{due:?}");
    let billing = app.get(&ada, &format!("{workspace}/billing")).await.expect(200);
    assert_eq!((&billing["status"], &billing["total"]["amount"]), (&json!("manual"), &json!(60_000)));
    assert_eq!(billing["lines"][0]["quantity"], 30);
    // Back to what costs nothing, at once and without a purchase.
    change(&app, &ada, &workspace, json!({ "plan": "trial" })).await.expect(200);
    assert_eq!(app.seats(&ada, &workspace).await, [5, 1, 4]);
    assert_eq!(app.dump().await.purchases.len(), 2);
    let billing = app.get(&ada, &format!("{workspace}/billing")).await.expect(200);
    assert_eq!((&billing["status"], &billing["nextRenewal"]), (&json!("free"), &Value::Null));
}

#[tokio::test]
async fn r7_fewer_seats_than_are_taken_suspend_who_took_one_last_and_a_notice_says_so() {
    let (app, ada, workspace) = office("role-seats").await;
    change(&app, &ada, &workspace, json!({ "plan": "business", "seats": 8 })).await.expect(200);
    crowd(&app, &ada, &workspace, 7).await;
    assert_eq!(app.seats(&ada, &workspace).await, [8, 8, 0]);
    change(&app, &ada, &workspace, json!({ "plan": "business", "seats": 6 })).await.expect(200);
    app.local.settle().await;
    assert_eq!(app.seats(&ada, &workspace).await, [6, 6, 0]);
    let notice = json!([{ "code": "members_suspended", "count": 2 }]);
    assert_eq!(app.get(&ada, &workspace).await.expect(200)["notices"], notice);
    assert_eq!(app.get(&ada, &format!("{workspace}/billing")).await.expect(200)["notices"], notice);
    change(&app, &ada, &workspace, json!({ "plan": "business", "seats": 9 })).await.expect(200);
    app.local.settle().await;
    assert_eq!(app.get(&ada, &workspace).await.expect(200)["notices"], json!([]));
    assert_eq!(app.seats(&ada, &workspace).await, [9, 8, 1]);
}

#[tokio::test]
async fn r7_a_product_can_refuse_fewer_seats_than_are_taken() {
    let edits = [("product.toml", "over-assignment = \"suspend-last\"", "over-assignment = \"block\"")];
    let (app, ada, workspace) = office_of(App::with_edited_pack("role-seats", &edits).await).await;
    change(&app, &ada, &workspace, json!({ "plan": "business", "seats": 8 })).await.expect(200);
    crowd(&app, &ada, &workspace, 7).await;
    let refused = change(&app, &ada, &workspace, json!({ "plan": "business", "seats": 7 })).await;
    refused.expect_problem(409, "seats_taken");
    change(&app, &ada, &workspace, json!({ "plan": "business", "seats": 8 })).await.expect(200);
    assert_eq!(app.seats(&ada, &workspace).await, [8, 8, 0]);
}

#[tokio::test]
async fn r7_what_an_account_manager_runs_is_changed_by_operators_alone() {
    let (app, ada, workspace) = office("role-seats").await;
    let enterprise = change(&app, &ada, &workspace, json!({ "plan": "enterprise" })).await;
    enterprise.expect_problem(409, "plan_managed_by_operator");
    app.set_plan(&workspace, "enterprise").await;
    let away = change(&app, &ada, &workspace, json!({ "plan": "business" })).await;
    away.expect_problem(409, "plan_managed_by_operator");
    assert_eq!(app.get(&ada, &workspace).await.expect(200)["plan"], "enterprise");
    let unknown = change(&app, &ada, &workspace, json!({ "plan": "gold" })).await;
    assert_eq!(unknown.expect_problem(422, "plan_unknown")["choices"], json!(["trial", "business"]));
}

#[tokio::test]
async fn l3_a_workspace_buys_more_members_bots_and_bot_users() {
    let edits = [("product.toml", "included = 10\n", "included = 2\n")];
    let (app, olga, workspace) = office_of(App::with_edited_pack("role-ladder", &edits).await).await;
    app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let lee = app.sign_in("lee@acme.example").await;
    let invitation = app.invite(&olga, &workspace, "lee@acme.example", "member").await;
    app.join(&lee, &invitation).await.expect_problem(409, "member_limit_reached");

    let extras = json!([{ "id": "members", "quantity": 1 }, { "id": "bots", "quantity": 2 }]);
    let bought = change(&app, &olga, &workspace, json!({ "plan": "standard", "extras": extras })).await;
    let bought = bought.expect(200);
    assert_eq!(bought["seats"], Value::Null);
    assert_eq!(bought["extras"].as_array().expect("a list").len(), 2);
    let billing = app.get(&olga, &format!("{workspace}/billing")).await.expect(200);
    assert_eq!(billing["total"], json!({ "amount": 2 * 1000 + 300, "currency": "EUR" }));
    app.join(&lee, &invitation).await.expect(200);

    // Fewer than there are members is refused; the others can go.
    let none = change(&app, &olga, &workspace, json!({ "plan": "standard", "extras": [] })).await;
    none.expect_problem(409, "member_limit_reached");
    let members = json!([{ "id": "members", "quantity": 1 }]);
    change(&app, &olga, &workspace, json!({ "plan": "standard", "extras": members })).await.expect(200);
    // A larger plan includes them; the extras stay until somebody says otherwise.
    let grown = change(&app, &olga, &workspace, json!({ "plan": "growth" })).await.expect(200);
    assert_eq!(grown["extras"], members);
    change(&app, &olga, &workspace, json!({ "plan": "growth", "extras": [] })).await.expect(200);
    let billing = app.get(&olga, &format!("{workspace}/billing")).await.expect(200);
    assert_eq!(billing["total"]["amount"], 2900);
}

#[tokio::test]
async fn l3_an_extra_that_the_plan_does_not_sell_is_named_with_those_it_sells() {
    let (app, olga, workspace) = office("role-ladder").await;
    for extra in ["bot-users", "rockets"] {
        let extras = json!([{ "id": extra, "quantity": 1 }]);
        let refused = change(&app, &olga, &workspace, json!({ "plan": "standard", "extras": extras })).await;
        assert_eq!(refused.expect_problem(422, "extra_unknown")["choices"], json!(["members", "bots"]));
    }
    let twice = json!([{ "id": "bots", "quantity": 1 }, { "id": "bots", "quantity": 2 }]);
    let refused = change(&app, &olga, &workspace, json!({ "plan": "standard", "extras": twice })).await;
    assert_eq!(refused.expect_problem(422, "invalid_request")["errors"][0]["field"], "extras");
    let admin = app.bring(&olga, &workspace, "anna@acme.example", "admin").await;
    change(&app, &admin, &workspace, json!({ "plan": "growth" })).await.expect_problem(403, "forbidden");
}
