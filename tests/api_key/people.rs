//! Who makes, sees, limits, revokes and deletes keys (F14, L7, S11).

use serde_json::{Value, json};

use super::{flat_owners, make, path, reason, verify};
use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::reply::text;

fn ids(listed: &Value) -> Vec<String> {
    listed["items"].as_array().expect("a list").iter().map(|key| text(&key["id"])).collect()
}

#[tokio::test]
async fn f14_everybody_has_keys_and_owners_manage_those_of_all() {
    let (app, olga, tea, workspace) = flat_owners().await;
    let lee = app.bring(&olga, &workspace, "lee@acme.example", "member").await;
    let keys = format!("{workspace}/api-keys");
    let own = make(&app, &olga, &workspace).await;
    let of_tea = make(&app, &tea, &workspace).await;
    let of_lee = make(&app, &lee, &workspace).await;
    // Everybody sees their own; owners see those of all.
    for (who, key) in [(&olga, &own), (&tea, &of_tea), (&lee, &of_lee)] {
        let listed = app.get(who, &keys).await.expect(200);
        assert_eq!(ids(&listed), [text(&key["id"])]);
        assert!(listed["items"][0].get("key").is_none(), "{listed}");
        assert_eq!(reason(&app, key).await, None);
    }
    let all = app.get(&olga, &format!("{keys}?owner=all")).await.expect(200);
    assert_eq!(ids(&all), [&of_lee, &of_tea, &own].map(|key| text(&key["id"])));
    app.get(&tea, &format!("{keys}?owner=all")).await.expect_problem(403, "forbidden");
    // Limits are for owners to set, of any key.
    let limits = json!({ "usageLimit": 5, "dailyRateLimit": 2 });
    for key in [&own, &of_tea] {
        let set = app.call(&olga, "PATCH", &path(&workspace, key), limits.clone()).await.expect(200);
        assert_eq!((&set["usageLimit"], &set["dailyRateLimit"]), (&json!(5), &json!(2)));
    }
    app.call(&tea, "PATCH", &path(&workspace, &of_tea), limits).await.expect_problem(403, "forbidden");
    // Members revoke and delete their own, and no other.
    for (end, method) in [("/revoke", "POST"), ("", "DELETE")] {
        for key in [&own, &of_lee] {
            let reply = app.call(&tea, method, &format!("{}{end}", path(&workspace, key)), Value::Null).await;
            reply.expect_problem(403, "forbidden");
        }
    }
    let revoke = |key: &Value| format!("{}/revoke", path(&workspace, key));
    assert_eq!(app.post(&tea, &revoke(&of_tea), Value::Null).await.expect(200)["status"], "revoked");
    assert_eq!(reason(&app, &of_tea).await.as_deref(), Some("revoked"));
    app.call(&tea, "DELETE", &path(&workspace, &of_tea), Value::Null).await.expect(204);
    app.call(&tea, "DELETE", &path(&workspace, &of_tea), Value::Null)
        .await
        .expect_problem(404, "key_unknown");
    assert_eq!(reason(&app, &of_tea).await.as_deref(), Some("unknown"));
    // Owners revoke and delete any.
    app.post(&olga, &revoke(&of_lee), Value::Null).await.expect(200);
    app.post(&olga, &revoke(&of_lee), Value::Null).await.expect(200);
    app.call(&olga, "DELETE", &path(&workspace, &of_lee), Value::Null).await.expect(204);
    assert_eq!(ids(&app.get(&olga, &format!("{keys}?owner=all")).await.expect(200)), [text(&own["id"])]);
}

#[tokio::test]
async fn l7_keys_are_for_the_workspace_or_for_a_flow() {
    let app = App::with_pack("role-ladder").await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let keys = format!("{workspace}/api-keys");
    let whole = make(&app, &olga, &workspace).await;
    let body = json!({ "name": "Checkout", "flowId": "flow-7" });
    let flow = app.post(&olga, &keys, body).await.expect(201);
    assert_eq!((&whole["flowId"], &flow["flowId"]), (&Value::Null, &json!("flow-7")));
    let (of_whole, of_flow) = (verify(&app, &whole).await, verify(&app, &flow).await);
    assert_eq!((&of_whole["flowId"], &of_flow["flowId"]), (&Value::Null, &json!("flow-7")));
    assert_eq!(of_flow["owner"], json!({ "userId": olga.id().to_string(), "role": "owner" }));
    assert_eq!(of_flow["workspaceId"], workspace.rsplit('/').next().expect("an id"));
}

/// S11: the public API takes a Pro seat, when a key is made and whenever it is used.
#[tokio::test]
async fn s11_keys_take_a_pro_seat() {
    let app = App::new().await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    app.buy(&olga, &workspace, "pro", 1).await;
    let tea = app.member(&olga, &workspace, "tea@acme.example", "member").await;
    let refused = app.post(&olga, &format!("{workspace}/api-keys"), json!({ "name": "x" })).await;
    assert_eq!(refused.expect_problem(403, "forbidden")["reason"], "pro_seat_required");
    let key = make(&app, &tea, &workspace).await;
    assert_eq!(reason(&app, &key).await, None);
    let seat = format!("{workspace}/members/{}/seat", tea.id());
    app.buy(&olga, &workspace, "basic", 1).await;
    app.call(&olga, "PUT", &seat, json!({ "tier": "basic" })).await.expect(200);
    assert_eq!(reason(&app, &key).await.as_deref(), Some("forbidden"));
    app.call(&olga, "PUT", &seat, json!({ "tier": "pro" })).await.expect(200);
    assert_eq!(reason(&app, &key).await, None);
    // A product without keys has none.
    let other = App::with_pack("role-seats").await;
    let olga = other.sign_in("olga@acme.example").await;
    let workspace = other.workspace(&olga).await;
    other.get(&olga, &format!("{workspace}/api-keys")).await.expect_problem(403, "not_offered");
    let backend = other.sign_in("service:backend").await;
    let body = json!({ "key": key["key"] });
    other.post(&backend, "/v1/api-keys/verify", body).await.expect_problem(403, "not_offered");
}

/// A key of another workspace is none here.
#[tokio::test]
async fn f14_keys_stay_in_their_workspace() {
    let (app, _, tea, workspace) = flat_owners().await;
    let key = make(&app, &tea, &workspace).await;
    let ida = app.sign_in("ida@other.example").await;
    let other = app.workspace(&ida).await;
    for (method, end) in [("POST", "/revoke"), ("DELETE", ""), ("POST", "/rotate")] {
        let here = app.call(&ida, method, &format!("{}{end}", path(&workspace, &key)), Value::Null).await;
        here.expect_problem(404, "not_found");
        let there = app.call(&ida, method, &format!("{}{end}", path(&other, &key)), Value::Null).await;
        assert!(matches!(there.status.as_u16(), 403 | 404), "{}", there.text);
    }
    assert_eq!(ids(&app.get(&ida, &format!("{other}/api-keys?owner=all")).await.expect(200)), [""; 0]);
    assert_eq!(reason(&app, &key).await, None);
}

/// A workspace has so many keys and no more, however many are made at once.
#[tokio::test]
async fn f14_a_workspace_has_so_many_keys() {
    let edit = ("product.toml", "prefix = \"swk\"", "prefix = \"swk\"\nmax-per-workspace = 5");
    let app = App::with_edited_pack("flat-owners", &[edit]).await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let keys = format!("{workspace}/api-keys");
    let name = json!({ "name": "x" });
    let replies = futures::future::join_all((0..20).map(|_| app.post(&olga, &keys, name.clone()))).await;
    let all: Vec<Value> =
        replies.into_iter().filter(|reply| reply.status == 201).map(|reply| reply.json).collect();
    assert_eq!(all.len(), 5);
    assert!(app.dump().await.tallies.values().all(|tally| tally.api_keys == 5));
    app.post(&olga, &keys, json!({ "name": "x" })).await.expect_problem(409, "api_key_limit_reached");
    app.call(&olga, "DELETE", &path(&workspace, &all[0]), Value::Null).await.expect(204);
    make(&app, &olga, &workspace).await;
    app.post(&olga, &keys, json!({ "name": "x" })).await.expect_problem(409, "api_key_limit_reached");
}

/// K42: pages of ten make the whole list, of one member and of all.
#[tokio::test]
async fn k42_lists_of_keys_page() {
    let (app, olga, tea, workspace) = flat_owners().await;
    let keys = format!("{workspace}/api-keys");
    let mut made = Vec::new();
    for number in 0..25 {
        let who = if number % 2 == 0 { &olga } else { &tea };
        made.insert(0, (number % 2 == 0, text(&make(&app, who, &workspace).await["id"])));
    }
    for (owner, expected) in [
        ("all", made.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>()),
        ("me", made.iter().filter(|(own, _)| *own).map(|(_, id)| id.clone()).collect()),
    ] {
        for limit in [1, 10, 100] {
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                let path = format!("{keys}?owner={owner}&limit={limit}{cursor}");
                let page = app.get(&olga, &path).await.expect(200);
                assert!(page["items"].as_array().expect("items").len() <= limit);
                found.extend(ids(&page));
                let Some(next) = page["nextCursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(found, expected, "{owner} {limit}");
        }
    }
}
