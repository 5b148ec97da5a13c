//! A workspace as its members see it, with the seats of its plan.

use serde_json::json;

use crate::support::client::Client as _;
use crate::support::office::{crowd, office};

#[tokio::test]
async fn r4_the_plan_has_the_seats_and_their_use_is_shown() {
    let (app, ada, workspace) = office("role-seats").await;
    let shown = app.get(&ada, &workspace).await.expect(200);
    assert_eq!(
        (&shown["plan"], &shown["seats"]),
        (&json!("trial"), &json!({ "total": 5, "filled": 1, "pending": 0, "available": 4, "expired": 0 }))
    );
    crowd(&app, &ada, &workspace, 2).await;
    app.bring(&ada, &workspace, "vic@acme.example", "viewer").await;
    assert_eq!(app.seats(&ada, &workspace).await, [5, 3, 2]);
    for (plan, total) in [("business", 25), ("pilot", 25), ("enterprise", 250), ("trial", 5)] {
        app.put_on_plan(&workspace, plan).await.expect(204);
        assert_eq!(app.seats(&ada, &workspace).await, [total, 3, total - 3], "{plan}");
        assert_eq!(app.get(&ada, &workspace).await.expect(200)["plan"], plan);
    }
    // Seats of a plan are not bought one by one.
    app.post(&ada, &format!("{workspace}/seats"), json!({ "quantity": 1 }))
        .await
        .expect_problem(403, "not_offered");
}
