//! API keys (F14, L7, K65–K67).

mod life;
mod limits;
mod people;

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client;
use crate::support::person::Person;
use crate::support::reply::text;

/// The key that somebody makes.
async fn make(client: &impl Client, who: &Person, workspace: &str) -> Value {
    client.post(who, &format!("{workspace}/api-keys"), json!({ "name": "Import" })).await.expect(201)
}

/// The path of a key.
fn path(workspace: &str, key: &Value) -> String {
    format!("{workspace}/api-keys/{}", text(&key["id"]))
}

/// The answer to a verification by the backend.
async fn verify(client: &impl Client, key: &Value) -> Value {
    verify_with(client, json!({ "key": key["key"] })).await
}

async fn verify_with(client: &impl Client, body: Value) -> Value {
    let backend = client.sign_in("service:backend").await;
    client.post(&backend, "/v1/api-keys/verify", body).await.expect(200)
}

/// The reason why a key does not work; none, if it works.
async fn reason(client: &impl Client, key: &Value) -> Option<String> {
    let answer = verify(client, key).await;
    assert_eq!(answer["valid"], json!(answer["reason"].is_null()), "{answer}");
    answer["reason"].as_str().map(ToOwned::to_owned)
}

/// Olga, who made the workspace, and Tea, a member of it.
async fn flat_owners() -> (App, Person, Person, String) {
    let app = App::with_pack("flat-owners").await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    (app, olga, tea, workspace)
}
