//! The coordinator of a workspace.

use serde_json::json;

use crate::support::client::Client as _;
use crate::support::office::office;

#[tokio::test]
async fn r16_admins_name_a_coordinator_whom_every_member_sees() {
    let (app, ada, workspace) = office("role-seats").await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let vic = app.bring(&ada, &workspace, "vic@acme.example", "viewer").await;
    let path = format!("{workspace}/coordinator");
    let nobody = json!({ "name": null, "email": null, "phone": null, "notes": null });
    assert_eq!(app.get(&vic, &path).await.expect(200), nobody);
    let carl = json!({
        "name": "Carl Core",
        "email": "help@acme.example",
        "phone": "+49 30 1234",
        "notes": "Mondays.\nAsk for AI first."
    });
    for who in [&mel, &vic] {
        app.call(who, "PUT", &path, carl.clone()).await.expect_problem(403, "forbidden");
    }
    assert_eq!(app.call(&ada, "PUT", &path, carl.clone()).await.expect(200), carl);
    for who in [&ada, &mel, &vic] {
        assert_eq!(app.get(who, &path).await.expect(200), carl);
    }
    let eve = app.sign_in("eve@acme.example").await;
    app.get(&eve, &path).await.expect_problem(404, "not_found");
    // Another takes the place of the one before, wholly; and nobody takes it away.
    let dora = json!({ "name": "Dora", "email": null, "phone": null, "notes": null });
    app.call(&ada, "PUT", &path, json!({ "name": "Dora" })).await.expect(200);
    assert_eq!(app.get(&mel, &path).await.expect(200), dora);
    app.call(&ada, "PUT", &path, json!({ "email": "no address" }))
        .await
        .expect_problem(422, "invalid_request");
    assert_eq!(app.get(&mel, &path).await.expect(200), dora);
    app.call(&ada, "PUT", &path, json!({})).await.expect(200);
    assert_eq!(app.get(&mel, &path).await.expect(200), nobody);
}
