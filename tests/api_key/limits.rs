//! Limits of keys, and their last use (K65).

use serde_json::{Value, json};

use super::{flat_owners, make, path, verify, verify_with};
use crate::support::app::App;
use crate::support::arena::Arena;
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::person::Person;

async fn limit(app: &App, owner: &Person, path: &str, usage: Value, daily: Value) {
    let limits = json!({ "usageLimit": usage, "dailyRateLimit": daily });
    app.call(owner, "PATCH", path, limits).await.expect(200);
}

#[tokio::test]
async fn k65_uses_are_counted_against_both_limits() {
    let (app, olga, tea, workspace) = flat_owners().await;
    let key = make(&app, &tea, &workspace).await;
    let path = path(&workspace, &key);
    assert_eq!(verify(&app, &key).await["remaining"], json!({ "usage": null, "today": null }));
    limit(&app, &olga, &path, json!(10), json!(3)).await;
    assert_eq!(verify(&app, &key).await["remaining"], json!({ "usage": 9, "today": 2 }));
    let two = json!({ "key": key["key"], "units": 2 });
    assert_eq!(verify_with(&app, two.clone()).await["remaining"], json!({ "usage": 7, "today": 0 }));
    let refused = verify_with(&app, two.clone()).await;
    assert_eq!((&refused["valid"], &refused["reason"]), (&json!(false), &json!("rate_exceeded")));
    // What the owner may not do is not counted, nor is what is refused.
    let listed = app.get(&tea, &format!("{workspace}/api-keys")).await.expect(200);
    assert_eq!(listed["items"][0]["used"], 3);
    app.advance(24 * 3600).await;
    let (olga, tea) = (app.sign_in("olga@acme.example").await, app.sign_in("tea@acme.example").await);
    let action = json!({ "key": key["key"], "action": "openBillingPage" });
    assert_eq!(verify_with(&app, action).await["allowed"], json!(false));
    assert_eq!(verify(&app, &key).await["remaining"], json!({ "usage": 6, "today": 2 }));
    limit(&app, &olga, &path, json!(5), Value::Null).await;
    assert_eq!(verify_with(&app, two).await["reason"], "usage_exceeded");
    assert_eq!(verify(&app, &key).await["remaining"], json!({ "usage": 0, "today": null }));
    assert_eq!(verify(&app, &key).await["reason"], "usage_exceeded");
    limit(&app, &olga, &path, Value::Null, Value::Null).await;
    assert_eq!(verify(&app, &key).await["valid"], json!(true));
    app.get(&tea, &format!("{workspace}/api-keys")).await.expect(200);
}

/// K65: 1,000 parallel verifications against a limit of 100 let exactly 100 through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k65_limits_hold_under_a_thousand_parallel_verifications() {
    for (limits, racers) in [(json!({ "usageLimit": 100 }), 1_000), (json!({ "dailyRateLimit": 100 }), 250)] {
        let arena = Arena::on(Deployment::under("flat-owners", &[]).await);
        let workspace = arena.workspace().await;
        let process = arena.deployment.process();
        let key = make(&process, &arena.olga, &workspace).await;
        process.call(&arena.olga, "PATCH", &path(&workspace, &key), limits.clone()).await.expect(200);
        let backend = process.sign_in("service:backend").await;
        let body = json!({ "key": key["key"] });
        let verifications = (0..racers).map(|_| {
            let (process, backend, body) = (arena.deployment.process(), backend.clone(), body.clone());
            async move {
                // A busy answer counted nothing: the client tries again, as it is told.
                loop {
                    let reply = process.post(&backend, "/v1/api-keys/verify", body.clone()).await;
                    if reply.status.as_u16() != 503 {
                        return reply.expect(200);
                    }
                }
            }
        });
        let answers = futures::future::join_all(verifications).await;
        let valid = answers.iter().filter(|answer| answer["valid"] == json!(true)).count();
        assert_eq!(valid, 100, "{limits}");
        let dump = arena.deployment.audit().await;
        assert_eq!(dump.api_key_uses.iter().map(|used| used.used).sum::<i64>(), 100, "{limits}");
    }
}

/// The last use is written at most once a minute.
#[tokio::test]
async fn k65_without_a_limit_a_use_writes_once_a_minute() {
    let (app, olga, _, workspace) = flat_owners().await;
    let key = make(&app, &olga, &workspace).await;
    let last = async || {
        let listed = app.get(&olga, &format!("{workspace}/api-keys")).await.expect(200);
        listed["items"][0]["lastUsedAt"].clone()
    };
    assert_eq!(last().await, Value::Null);
    verify(&app, &key).await;
    let first = last().await;
    assert!(first.is_string(), "{first}");
    for _ in 0..3 {
        app.advance(15).await;
        verify(&app, &key).await;
        assert_eq!(last().await, first);
    }
    app.advance(16).await;
    verify(&app, &key).await;
    assert_ne!(last().await, first);
}
