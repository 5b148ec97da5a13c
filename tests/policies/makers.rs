//! Invitations that published policies no longer permit.

use serde_json::{Value, json};

use super::{put, with_rule};
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::reply::{text, token_of};

const ADMINS_DO_NOT_INVITE: &str = r#"@id("edit") @reason("owners_invite")
    forbid (principal in Role::"admin", action == Action::"invite", resource);"#;

async fn pending(process: &Process, by: &Person, workspace: &str) -> usize {
    let listed = process.get(by, &format!("{workspace}/invitations?status=pending")).await.expect(200);
    listed["items"].as_array().expect("items").len()
}

async fn seats(process: &Process, by: &Person, workspace: &str) -> (Value, Value) {
    let seats = process.get(by, workspace).await.expect(200)["seats"].clone();
    (seats["pending"].clone(), seats["available"].clone())
}

#[tokio::test]
async fn k47_published_policies_end_what_they_no_longer_permit() {
    let deployment = Deployment::new().await;
    let process = deployment.process();
    let [olga, bob, may] = ["olga", "bob", "may"].map(somebody);
    let workspace = process.workspace(&olga).await;
    process.buy(&olga, &workspace, "basic", 3).await;
    process.bring(&olga, &workspace, "bob", "admin").await;
    let invitation = process.invite(&bob, &workspace, "may", "member").await;
    assert_eq!(pending(&process, &olga, &workspace).await, 1);

    put(&deployment, with_rule(ADMINS_DO_NOT_INVITE)).await;
    assert_eq!(pending(&process, &olga, &workspace).await, 0);
    let token = json!({ "token": token_of(&text(&invitation["url"])) });
    let preview = process.call(None, "POST", "/v1/invitations/preview", token).await.expect(200);
    assert_eq!(preview["status"], "revoked");
    let entered = process.post(&may, "/v1/me", json!({})).await.expect(200);
    assert_eq!((&entered["next"], &entered["invitations"]), (&json!("onboarding"), &json!([])));
    process.join(&may, &invitation).await.expect_problem(410, "invitation_revoked");
    // A new invitation replaces the old one and its seat.
    assert_eq!(seats(&process, &olga, &workspace).await, (json!(1), json!(1)));
    let anew = process.invite(&olga, &workspace, "may", "member").await;
    assert_eq!(seats(&process, &olga, &workspace).await, (json!(1), json!(1)));
    process.join(&may, &anew).await.expect(200);
}
