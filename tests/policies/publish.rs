//! An edit is obeyed by the next request.

use serde_json::json;

use crate::support::app::App;
use crate::support::client::Client as _;

#[tokio::test]
async fn d5_a_published_edit_is_obeyed_by_the_next_request() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    let rename = async || app.call(&tea, "PATCH", &workspace, json!({ "name": "Tea's" })).await;
    rename().await.expect_problem(403, "forbidden");
    let publish = async |rule: &str| {
        let mut files = seatwise_policy::packs::files("purchased-seats").unwrap();
        files.insert("edit.cedar".to_owned(), rule.to_owned());
        app.local.publish(files).await.unwrap();
    };
    publish(
        r#"@id("edit") permit (principal in Role::"member", action == Action::"updateWorkspace", resource);"#,
    )
    .await;
    rename().await.expect(200);
    publish(
        r#"@id("edit") @reason("frozen") forbid (principal, action == Action::"updateWorkspace", resource);"#,
    )
    .await;
    let refused = rename().await.expect_problem(403, "forbidden");
    assert_eq!(refused["reason"], "frozen");
}
