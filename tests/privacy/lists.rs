//! Lists show links only to people who may share them (K28).

use http::Method;
use seatwise_functions::operations;
use serde_json::{Value, json};

use super::{holds_no_token, tokens_in};
use crate::support::client::Client as _;
use crate::support::reply::text;
use crate::support::stage::Stage;

#[tokio::test]
async fn k28_lists_show_links_only_to_who_may_share_them() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let admin = app.member(&stage.owner, &stage.workspace, "adam@acme.example", "admin").await;
    app.buy(&stage.owner, &stage.workspace, "pro", 5).await;
    let path = stage.path_of("invite");
    let mut tokens = vec![stage.token.clone()];
    let mut owners = Vec::new();
    for body in [
        json!({ "role": "owner" }),
        json!({ "emails": ["otto@acme.example"], "role": "owner" }),
        json!({ "role": "admin" }),
        json!({ "emails": ["max@acme.example"], "role": "member" }),
    ] {
        let made = app.post(&stage.owner, &path, body.clone()).await.expect(201);
        tokens.extend(tokens_in(&made));
        if body["role"] == "owner" {
            owners.extend(tokens_in(&made));
        }
    }
    // And one that is over.
    let over = app.invite(&stage.owner, &stage.workspace, "over@acme.example", "member").await;
    tokens.extend(tokens_in(&over));
    let one = format!("{}/invitations/{}", stage.workspace, text(&over["id"]));
    app.call(&stage.owner, "DELETE", &one, Value::Null).await.expect(204);
    app.local.settle().await;
    let lists: Vec<String> = operations::all()
        .iter()
        .filter(|row| row.method == Method::GET && !row.services_only)
        .map(|row| stage.path(row))
        .chain([format!("{}/members?status=all", stage.workspace)])
        .collect();
    assert!(lists.len() > 8);
    for (role, who) in
        [("owner", &stage.owner), ("admin", &admin), ("member", &stage.member), ("invited", &stage.invited)]
    {
        for path in &lists {
            let reply = app.get(who, path).await;
            let may_share = path.ends_with("/invitations") && path != "/v1/me/invitations";
            let links = tokens_in(&reply.json);
            let mut shown = reply.text.clone();
            if may_share {
                for item in reply.json["items"].as_array().into_iter().flatten() {
                    let url = item["url"].as_str();
                    assert_eq!(
                        url.is_some(),
                        item["status"] == "pending" && (role == "owner" || item["role"] != "owner")
                    );
                    shown = shown.replace(url.unwrap_or("nothing"), "");
                }
            }
            assert!(!shown.contains("token"), "{role} {path}: {shown}");
            holds_no_token(path, &shown, &tokens);
            match (may_share, role) {
                (true, "owner") => assert_eq!(links.len(), 5, "{}", reply.text),
                (true, "admin") => {
                    assert_eq!(links.len(), 3, "{}", reply.text);
                    holds_no_token(path, &reply.text, &owners);
                }
                _ => assert_eq!(links, [""; 0], "{role} {path}"),
            }
        }
    }
}

#[tokio::test]
async fn k28_a_link_is_shown_to_who_may_share_it_and_to_nobody_else() {
    let stage = Stage::of_role_seats().await;
    let app = &stage.app;
    let links = stage.path_of("list-links");
    let made = app.get(&stage.owner, &links).await.expect(200);
    let mut tokens = tokens_in(&made);
    assert_eq!(tokens.len(), 2);
    tokens.push(stage.token.clone());
    let plain = app.sign_in("plain@acme.example").await;
    app.post(&plain, "/v1/join", json!({ "token": tokens[0] })).await.expect(200);
    let stranger = app.sign_in("stranger@other.example").await;
    for who in [&stage.owner, &stage.member, &plain, &stage.invited, &stranger] {
        for row in operations::all().iter().filter(|row| row.method == Method::GET) {
            let reply = app.get(who, &stage.path(row)).await;
            let is_shared =
                who.email == stage.owner.email && ["list-links", "list-invitations"].contains(&row.name);
            if is_shared {
                assert!(!tokens_in(&reply.json).is_empty(), "{}", reply.text);
            } else {
                let what = format!("{} to {}", row.name, who.email);
                assert_eq!(tokens_in(&reply.json), [""; 0], "{what}");
                holds_no_token(&what, &reply.text, &tokens);
            }
        }
    }
    // One that was taken back is not in the list, nor is the one before the one that there is.
    let listed = async || tokens_in(&app.get(&stage.owner, &links).await.expect(200));
    app.call(&stage.owner, "DELETE", &stage.path_of("revoke-link"), Value::Null).await.expect(204);
    assert_eq!(listed().await, [tokens[1].clone()]);
    let again = app.call(&stage.owner, "PUT", &stage.path_of("create-link"), Value::Null).await.expect(200);
    let again = tokens_in(&again).remove(0);
    assert!(!tokens.contains(&again));
    assert_eq!(listed().await, [again, tokens[1].clone()]);
}
