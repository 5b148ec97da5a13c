//! Creating a workspace.

use serde_json::json;

use crate::support::app::App;
use crate::support::client::Client as _;

#[tokio::test]
async fn s1_any_signed_in_user_creates_a_workspace_and_owns_it() {
    let app = App::new().await;
    // No account, no plan, not even a verified address.
    let anybody = app.sign_in_as(json!({ "email": "new@acme.example", "emailVerified": false })).await;
    let made = app.post(&anybody, "/v1/workspaces", json!({ "name": "First" })).await.expect(201);
    assert_eq!(made["role"], "owner");
    assert_eq!(made["creatorId"], anybody.id().to_string());
    let listed = app.get(&anybody, "/v1/workspaces").await.expect(200);
    assert_eq!(
        listed["items"][0],
        json!({ "id": made["id"], "name": "First", "logoUrl": null, "role": "owner" })
    );
}
