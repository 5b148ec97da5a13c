//! The compact card, the full summary, and the notices.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::office;
use crate::support::person::Person;

async fn billing(app: &App, who: &Person, workspace: &str) -> Value {
    app.get(who, &format!("{workspace}/billing")).await.expect(200)
}

#[tokio::test]
async fn s15_the_summary_has_the_plan_the_seats_the_prices_and_the_total() {
    let (app, olga, workspace) = office("purchased-seats").await;
    let empty = billing(&app, &olga, &workspace).await;
    assert_eq!((&empty["plan"], &empty["planLabel"]), (&json!("workspace"), &json!("Workspace")));
    assert_eq!((&empty["status"], &empty["lines"]), (&json!("free"), &json!([])));
    assert_eq!((&empty["nextRenewal"], &empty["openPurchase"]), (&Value::Null, &Value::Null));
    assert_eq!(empty["total"], json!({ "amount": 0, "currency": "EUR" }));

    let pro = app.buy(&olga, &workspace, "pro", 2).await;
    app.buy(&olga, &workspace, "basic", 1).await;
    let add_on = format!("{workspace}/seats/{}/add-ons/extra-telegram-accounts", pro[0]);
    app.call(&olga, "PUT", &add_on, json!({ "quantity": 3 })).await.expect(200);
    let full = billing(&app, &olga, &workspace).await;
    let line = |item: &str, label: &str, quantity: i64, price: i64| {
        json!({
            "item": item,
            "label": label,
            "quantity": quantity,
            "unitPrice": { "amount": price, "currency": "EUR" },
            "total": { "amount": price * quantity, "currency": "EUR" },
        })
    };
    let lines = json!([
        line("basic", "Basic", 1, 1500),
        line("pro", "Pro", 2, 2900),
        line("extra-telegram-accounts", "Extra Telegram accounts", 3, 500),
    ]);
    assert_eq!(full["lines"], lines);
    assert_eq!((&full["status"], &full["total"]["amount"]), (&json!("manual"), &json!(8800)));
    assert_eq!(full["seats"]["total"], 3);
    let seats = app.get(&olga, &format!("{workspace}/seats")).await.expect(200);
    assert_eq!(full["nextRenewal"], seats["items"][0]["paidThrough"]);

    // A cancelled seat does not renew.
    app.post(&olga, &format!("{workspace}/seats/{}/cancel", pro[0]), Value::Null).await.expect(200);
    assert_eq!(billing(&app, &olga, &workspace).await["total"]["amount"], 4400);
}

#[tokio::test]
async fn s15_who_runs_a_workspace_sees_what_it_pays_for_and_a_member_does_not() {
    let (app, olga, workspace) = office("purchased-seats").await;
    let admin = app.member(&olga, &workspace, "anna@acme.example", "admin").await;
    let tea = app.member(&olga, &workspace, "tea@acme.example", "member").await;
    assert_eq!(billing(&app, &admin, &workspace).await["total"]["amount"], 5800);
    app.get(&tea, &format!("{workspace}/billing")).await.expect_problem(403, "forbidden");
    // An admin sees, and spends nothing.
    let body = json!({ "quantity": 1 });
    app.call(&admin, "PUT", &format!("{workspace}/add-ons/extra-telegram-accounts"), body)
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn s14_a_workspace_says_when_its_renewal_is_near_and_when_seats_expire() {
    let (app, olga, workspace) = office("purchased-seats").await;
    let seats = app.buy(&olga, &workspace, "pro", 2).await;
    let notices = async |app: &App| {
        let olga = app.sign_in("olga@acme.example").await;
        let shown = app.get(&olga, &workspace).await.expect(200)["notices"].clone();
        assert_eq!(billing(app, &olga, &workspace).await["notices"], shown);
        shown
    };
    assert_eq!(notices(&app).await, json!([]));
    app.advance(25 * 24 * 3600).await;
    let olga = app.sign_in("olga@acme.example").await;
    let listed = app.get(&olga, &format!("{workspace}/seats")).await.expect(200);
    let end = &listed["items"][0]["paidThrough"];
    assert_eq!(notices(&app).await, json!([{ "code": "renewal_near", "at": end }]));
    app.post(&olga, &format!("{workspace}/seats/{}/cancel", seats[0]), Value::Null).await.expect(200);
    let both =
        json!([{ "code": "renewal_near", "at": end }, { "code": "seats_expiring", "count": 1, "at": end }]);
    assert_eq!(notices(&app).await, both);
    app.post(&olga, &format!("{workspace}/seats/{}/cancel", seats[1]), Value::Null).await.expect(200);
    assert_eq!(notices(&app).await, json!([{ "code": "seats_expiring", "count": 2, "at": end }]));
    app.advance(7 * 24 * 3600).await;
    assert_eq!(notices(&app).await, json!([]));
}

#[tokio::test]
async fn s14_a_workspace_says_when_few_invitations_are_left() {
    let (app, ada, workspace) = office("role-seats").await;
    let invite = async |from: usize, to: usize| {
        let emails: Vec<String> = (from..to).map(|number| format!("p{number}@acme.example")).collect();
        let body = json!({ "emails": emails, "role": "viewer" });
        app.post(&ada, &format!("{workspace}/invitations"), body).await.expect(201);
    };
    invite(0, 15).await;
    assert_eq!(app.get(&ada, &workspace).await.expect(200)["notices"], json!([]));
    invite(15, 17).await;
    let notices = app.get(&ada, &workspace).await.expect(200)["notices"].clone();
    assert_eq!(notices, json!([{ "code": "quota_near", "count": 3 }]));
}
