//! How keys begin and end: secrets, rotation, expiry, and all that a key dies with (K66, K67).

use serde_json::{Value, json};

use super::{flat_owners, make, path, reason, verify, verify_with};
use crate::support::client::Client as _;
use crate::support::packs;
use crate::support::reply::text;

/// K67: the secret is in the answer to its creation, and nowhere else: neither in the table, receipts and events
/// included, nor in the logs.
#[tokio::test]
async fn k67_a_secret_is_shown_once_and_stored_nowhere() {
    let (app, olga, tea, workspace) = flat_owners().await;
    let keys = format!("{workspace}/api-keys");
    let body = json!({ "name": "Import" });
    let made = app.call_with_key(&tea, "POST", &keys, body.clone(), Some("once")).await.expect(201);
    let again = app.call_with_key(&tea, "POST", &keys, body, Some("once")).await.expect(201);
    assert_eq!((&again["id"], &again["key"]), (&made["id"], &Value::Null));
    let rotate = format!("{}/rotate", path(&workspace, &made));
    let other = app.call_with_key(&tea, "POST", &rotate, json!({}), Some("r")).await.expect(200);
    let once_more = app.call_with_key(&tea, "POST", &rotate, json!({}), Some("r")).await.expect(200);
    assert_eq!((&once_more["id"], &once_more["key"]), (&made["id"], &Value::Null));
    verify(&app, &other).await;
    app.get(&olga, &format!("{keys}?owner=all")).await.expect(200);
    app.get(&olga, &format!("{workspace}/events")).await.expect(200);
    let whole = format!("{:?}", app.dump().await.items);
    for key in [&made, &other] {
        let key = text(&key["key"]);
        // The end has the secret and the checksum; the beginning is what names the key.
        let secret = &key[key.len() - 50..];
        assert!(!whole.contains(secret) && !whole.contains(&secret[..22]), "the table has the secret");
    }
    assert_eq!(reason(&app, &made).await.as_deref(), Some("unknown"), "rotated without an overlap");
}

/// The text of a key: what secret scanners look for.
#[tokio::test]
async fn k67_a_key_is_known_by_its_form() {
    let (app, _, tea, workspace) = flat_owners().await;
    let key = make(&app, &tea, &workspace).await;
    let made = text(&key["key"]);
    let (prefix, body) = made.split_once('_').expect("a prefix");
    assert_eq!((prefix, body.len()), ("swk", 116));
    assert!(body.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{body}");
    let mistyped = format!("{}{}", &made[..40], &made[41..]);
    let other_end = format!("{}0", &made[..made.len() - 1]);
    for wrong in ["", "swk_", "x", &made[4..], &mistyped, &other_end, &format!("{made}0"), &"9".repeat(200)] {
        if wrong == made {
            continue;
        }
        let answer = verify_with(&app, json!({ "key": wrong })).await;
        assert_eq!((&answer["valid"], &answer["reason"]), (&json!(false), &json!("unknown")), "{wrong}");
        assert!(["workspaceId", "keyId", "owner"].iter().all(|name| answer[name].is_null()), "{answer}");
    }
}

/// With an overlap, both secrets are valid. The rules are tested to the second in the domain.
#[tokio::test]
async fn k66_a_rotated_key_is_valid_with_both_secrets_for_a_while() {
    let (app, olga, tea, workspace) = flat_owners().await;
    let made = make(&app, &tea, &workspace).await;
    let rotate = format!("{}/rotate", path(&workspace, &made));
    app.post(&olga, &rotate, json!({})).await.expect_problem(403, "forbidden");
    let most = json!({ "overlapSeconds": 7 * 24 * 3600 + 1 });
    let refused = app.post(&tea, &rotate, most).await.expect_problem(422, "invalid_request");
    assert_eq!(refused["errors"][0]["field"], "overlapSeconds");
    let other = app.post(&tea, &rotate, json!({ "overlapSeconds": 3_000 })).await.expect(200);
    assert_eq!((reason(&app, &made).await, reason(&app, &other).await), (None, None));
    app.advance(2_700).await;
    assert_eq!(reason(&app, &made).await, None);
    app.advance(300).await;
    assert_eq!(reason(&app, &made).await.as_deref(), Some("unknown"));
    assert_eq!(reason(&app, &other).await, None);
    // A revocation ends both.
    let third = app.post(&tea, &rotate, json!({ "overlapSeconds": 3_000 })).await.expect(200);
    assert_eq!((reason(&app, &other).await, reason(&app, &third).await), (None, None));
    app.post(&tea, &format!("{}/revoke", path(&workspace, &made)), Value::Null).await.expect(200);
    assert_eq!(reason(&app, &other).await.as_deref(), Some("unknown"));
    assert_eq!(reason(&app, &third).await.as_deref(), Some("revoked"));
    app.post(&tea, &rotate, json!({})).await.expect_problem(409, "api_key_revoked");
}

#[tokio::test]
async fn k66_a_key_ends_when_it_says() {
    let (app, _, tea, workspace) = flat_owners().await;
    let keys = format!("{workspace}/api-keys");
    let end = jiff::Timestamp::from_second(app.now().as_second() + 3_000).expect("a time").to_string();
    let past = json!({ "name": "x", "expiresAt": "2001-01-01T00:00:00Z" });
    app.post(&tea, &keys, past).await.expect_problem(422, "invalid_request");
    let key = app.post(&tea, &keys, json!({ "name": "x", "expiresAt": end })).await.expect(201);
    app.advance(2_700).await;
    assert_eq!(reason(&app, &key).await, None);
    app.advance(300).await;
    assert_eq!(reason(&app, &key).await.as_deref(), Some("expired"));
    assert_eq!(app.get(&tea, &keys).await.expect(200)["items"][0]["status"], "expired");
}

/// K66: dead with the owner's membership, also after a return; with the permission; and with the workspace.
#[tokio::test]
async fn k66_a_key_dies_with_what_it_needs() {
    let (app, olga, tea, workspace) = flat_owners().await;
    let key = make(&app, &tea, &workspace).await;
    let member = format!("{workspace}/members/{}", tea.id());
    let body = json!({ "key": key["key"], "action": "openBillingPage" });
    // The permissions are those of the owner of the key at the time.
    assert_eq!(verify_with(&app, body.clone()).await["allowed"], json!(false));
    app.call(&olga, "PUT", &format!("{member}/role"), json!({ "role": "owner" })).await.expect(200);
    assert_eq!(verify_with(&app, body).await["allowed"], json!(true));
    let unknown = json!({ "key": key["key"], "action": "flyToTheMoon" });
    assert_eq!(verify_with(&app, unknown).await["allowed"], json!(false));
    app.call(&olga, "PUT", &format!("{member}/role"), json!({ "role": "member" })).await.expect(200);

    app.call(&olga, "DELETE", &member, Value::Null).await.expect(204);
    assert_eq!(reason(&app, &key).await.as_deref(), Some("owner_gone"));
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    assert_eq!(reason(&app, &key).await.as_deref(), Some("owner_gone"), "a return brings no key back");
    let other = make(&app, &tea, &workspace).await;
    assert_eq!(reason(&app, &other).await, None);

    app.call(&olga, "DELETE", &workspace, Value::Null).await.expect(204);
    assert_eq!(reason(&app, &other).await.as_deref(), Some("unknown"));
    seatwise_functions::background::delete_workspaces(&app.local.service).await;
    let dump = app.dump().await;
    assert!(dump.api_keys.is_empty() && dump.api_key_uses.is_empty() && dump.api_key_entries.is_empty());
}

/// K66: a publication that takes the permission away ends keys at the next verification.
#[tokio::test]
async fn k66_a_publication_ends_keys() {
    let (app, _, tea, workspace) = flat_owners().await;
    let key = make(&app, &tea, &workspace).await;
    assert_eq!(reason(&app, &key).await, None);
    let before = packs::files("flat-owners");
    let mut files = before.clone();
    let roles = files.get_mut("roles.cedar").expect("roles");
    assert!(roles.contains("Action::\"api-keys.own\""));
    *roles = roles.replace("Action::\"api-keys.own\"", "Action::\"workspace.read\"");
    app.local.publish(files).await.expect("published");
    assert_eq!(reason(&app, &key).await.as_deref(), Some("forbidden"));
    app.local.publish(before).await.expect("published");
    assert_eq!(reason(&app, &key).await, None);
}
