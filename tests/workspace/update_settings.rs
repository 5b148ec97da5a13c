//! The settings of a workspace.

use serde_json::json;

use crate::support::client::Client as _;
use crate::support::office::{auto_assign, come, office, stands};

#[tokio::test]
async fn r5_switched_off_who_joins_is_a_viewer() {
    let (app, ada, workspace) = office("role-seats").await;
    let settings = format!("{workspace}/settings");
    auto_assign(&app, &ada, &workspace, false).await;
    assert_eq!(app.get(&ada, &workspace).await.expect(200)["settings"], json!({ "autoAssignSeats": false }));
    let url = app.role_link(&ada, &workspace, "member").await;
    let (vic, joined) = come(&app, &url, "vic@acme.example").await;
    assert_eq!(stands(&joined), ("viewer", false));
    let wes = app.bring(&ada, &workspace, "wes@acme.example", "member").await;
    assert_eq!(stands(&app.shown(&ada, &workspace, &wes).await), ("viewer", false));
    assert_eq!(app.seats(&ada, &workspace).await, [5, 1, 4]);
    // An admin takes one all the same.
    let url = app.role_link(&ada, &workspace, "admin").await;
    assert_eq!(stands(&come(&app, &url, "bob@acme.example").await.1), ("admin", true));
    app.call(&vic, "PATCH", &settings, json!({ "autoAssignSeats": true }))
        .await
        .expect_problem(403, "forbidden");
    // An absent setting stays.
    let same = app.call(&ada, "PATCH", &settings, json!({})).await.expect(200);
    assert_eq!(same, json!({ "autoAssignSeats": false }));
    // Switched on it is for who comes next, and changes nobody.
    auto_assign(&app, &ada, &workspace, true).await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    assert_eq!(stands(&app.shown(&ada, &workspace, &mel).await), ("member", true));
    assert_eq!(stands(&app.shown(&ada, &workspace, &vic).await), ("viewer", false));
}
