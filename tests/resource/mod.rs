//! Resources under limits (L3–L5, K68).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::arena::Arena;
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::packs;
use crate::support::person::Person;
use crate::support::reply::{Reply, text};

async fn add(app: &App, who: &Person, workspace: &str, kind: &str, external_id: &str) -> Reply {
    let body = json!({ "kind": kind, "externalId": external_id });
    app.post(who, &format!("{workspace}/resources"), body).await
}

async fn ladder() -> (App, Person, String) {
    let app = App::with_pack("role-ladder").await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    (app, olga, workspace)
}

async fn uses(app: &App, who: &Person, workspace: &str) -> Vec<(String, i64, Option<i64>)> {
    let listed = app.get(who, &format!("{workspace}/resources")).await.expect(200);
    let kinds = listed["kinds"].as_array().expect("a list").iter();
    kinds
        .map(|kind| (text(&kind["kind"]), kind["used"].as_i64().expect("a number"), kind["limit"].as_i64()))
        .collect()
}

/// Each kind is taken up to its limit and no further.
#[tokio::test]
async fn l4_each_kind_of_integration_has_its_limit() {
    let (app, olga, workspace) = ladder().await;
    let kinds = uses(&app, &olga, &workspace).await;
    let limits = |limit: i64| kinds.iter().filter(|(_, _, of)| *of == Some(limit)).count();
    // One omni bot over 8 channels, one account each of 16 integrations; and one bot of the plan.
    assert_eq!((limits(1), limits(10)), (1 + 8 + 16 + 1, 1));
    for (kind, used, limit) in kinds.iter().filter(|(_, _, limit)| limit.is_some_and(|limit| limit <= 10)) {
        assert_eq!(*used, 0, "{kind}");
        for number in 0..limit.expect("a limit") {
            add(&app, &olga, &workspace, kind, &format!("id-{number}")).await.expect(201);
        }
        let refused = add(&app, &olga, &workspace, kind, "one-more").await;
        let problem = refused.expect_problem(409, "resource_limit_reached");
        let detail = text(&problem["detail"]);
        let said = format!("{0} of at most {0}", limit.expect("a limit"));
        assert!(detail.contains(&said) && detail.contains("remove one first"), "{detail}");
    }
    for (kind, used, limit) in uses(&app, &olga, &workspace).await {
        assert!(limit.is_none_or(|limit| limit > 10 || limit == used), "{kind}: {used} of {limit:?}");
    }
    // Who removes one makes room.
    let listed = app.get(&olga, &format!("{workspace}/resources?kind=omni-bot")).await.expect(200);
    let path = format!("{workspace}/resources/{}", text(&listed["items"][0]["id"]));
    add(&app, &olga, &workspace, "omni-bot", "id-0").await.expect_problem(409, "resource_exists");
    app.call(&olga, "DELETE", &path, Value::Null).await.expect(204);
    app.call(&olga, "DELETE", &path, Value::Null).await.expect_problem(404, "not_found");
    add(&app, &olga, &workspace, "omni-bot", "id-0").await.expect(201);
    let unknown = add(&app, &olga, &workspace, "fax", "x").await.expect_problem(422, "kind_unknown");
    assert!(unknown["choices"].as_array().expect("choices").contains(&json!("smtp-profile")), "{unknown}");
}

#[tokio::test]
async fn l5_a_mini_app_is_there_once_unless_it_is_made_for_several_accounts() {
    let (app, olga, workspace) = ladder().await;
    let path = format!("{workspace}/resources");
    add(&app, &olga, &workspace, "mini-app", "quiz").await.expect(201);
    add(&app, &olga, &workspace, "mini-app", "quiz").await.expect_problem(409, "resource_exists");
    let with =
        |app_id: &str, account: &str| json!({ "kind": "mini-app", "externalId": app_id, "account": account });
    let refused = app.post(&olga, &path, with("quiz", "a")).await.expect_problem(422, "invalid_request");
    assert_eq!(refused["errors"][0]["field"], "account");
    for account in ["berlin", "paris"] {
        app.post(&olga, &path, with("shop", account)).await.expect(201);
    }
    app.post(&olga, &path, with("shop", "paris")).await.expect_problem(409, "resource_exists");
}

/// K42: the list pages, also by a kind that is rare in it.
#[tokio::test]
async fn k42_resources_page_also_by_kind() {
    let (app, olga, workspace) = ladder().await;
    for number in 0..5 {
        add(&app, &olga, &workspace, "smtp-profile", &format!("id-{number}")).await.expect(201);
    }
    add(&app, &olga, &workspace, "omni-bot", "one").await.expect(201);
    for (query, wanted) in [("", 6), ("&kind=smtp-profile", 5), ("&kind=omni-bot", 1), ("&kind=fax", 0)] {
        for limit in 1..8 {
            let (mut ids, mut cursor) = (BTreeSet::new(), String::new());
            loop {
                let path = format!("{workspace}/resources?limit={limit}{query}{cursor}");
                let page = app.get(&olga, &path).await.expect(200);
                let items = page["items"].as_array().expect("items");
                assert!(items.len() <= limit, "{page}");
                assert!(items.iter().all(|item| ids.insert(text(&item["id"]))), "shown twice: {page}");
                let Some(next) = page["nextCursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(ids.len(), wanted, "{query} by {limit}");
        }
    }
    for query in ["limit=0", "cursor=x"] {
        app.get(&olga, &format!("{workspace}/resources?{query}"))
            .await
            .expect_problem(422, "invalid_request");
    }
}

/// L3: more at extra charge.
#[tokio::test]
async fn l3_more_bots_are_bought_with_the_plan() {
    let (app, olga, workspace) = ladder().await;
    add(&app, &olga, &workspace, "bot", "one").await.expect(201);
    let refused =
        add(&app, &olga, &workspace, "bot", "two").await.expect_problem(409, "resource_limit_reached");
    assert!(text(&refused["detail"]).contains("Buy more of `bots`"), "{refused}");
    let extras = json!({ "plan": "standard", "extras": [{ "id": "bots", "quantity": 1 }] });
    let bought = app.call(&olga, "PUT", &format!("{workspace}/plan"), extras).await;
    assert!(bought.status.is_success(), "{}", bought.text);
    add(&app, &olga, &workspace, "bot", "two").await.expect(201);
    add(&app, &olga, &workspace, "bot", "three").await.expect_problem(409, "resource_limit_reached");
    // A smaller plan takes nothing away, and lets nothing more in.
    let fewer = json!({ "plan": "standard", "extras": [] });
    app.call(&olga, "PUT", &format!("{workspace}/plan"), fewer).await.expect(200);
    assert!(uses(&app, &olga, &workspace).await.contains(&("bot".to_owned(), 2, Some(1))));
    let above = add(&app, &olga, &workspace, "bot", "four").await;
    let above = text(&above.expect_problem(409, "resource_limit_reached")["detail"]);
    assert!(above.contains("has 2 of at most 1") && above.contains("remove 2 first"), "{above}");
}

/// L9: admins manage integrations and mini-apps, members see them; other products do not offer them.
#[tokio::test]
async fn l9_admins_manage_resources_and_members_see_them() {
    let (app, olga, workspace) = ladder().await;
    for (name, role, status) in [("ada", "admin", 201), ("tea", "member", 403)] {
        let invitation = app.invite(&olga, &workspace, &format!("{name}@acme.example"), role).await;
        let person = app.sign_in(&format!("{name}@acme.example")).await;
        app.join(&person, &invitation).await.expect(200);
        let reply = add(&app, &person, &workspace, "smtp-profile", name).await;
        assert_eq!(reply.status.as_u16(), status, "{}", reply.text);
        assert!(!uses(&app, &person, &workspace).await.is_empty());
    }
    let other = App::new().await;
    let olga = other.sign_in("olga@acme.example").await;
    let workspace = other.workspace(&olga).await;
    add(&other, &olga, &workspace, "bot", "x").await.expect_problem(403, "not_offered");
}

/// K68: of 50 parallel additions, as many as the limit come through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k68_limits_hold_under_fifty_parallel_additions() {
    for (kind, limit) in [("omni-bot", 1), ("smtp-profile", 10), ("bot", 1)] {
        let arena = Arena::on(Deployment::under("role-ladder", &[]).await);
        let workspace = arena.workspace().await;
        let path = format!("{workspace}/resources");
        let additions = (0..50).map(|number| {
            let (process, olga, path) = (arena.deployment.process(), arena.olga.clone(), path.clone());
            let body = json!({ "kind": kind, "externalId": format!("id-{number}") });
            async move {
                // A busy answer wrote nothing: the client tries again, as it is told.
                loop {
                    let reply = process.post(&olga, &path, body.clone()).await;
                    if reply.status.as_u16() != 503 {
                        return reply;
                    }
                }
            }
        });
        let replies = futures::future::join_all(additions).await;
        let added = replies.iter().filter(|reply| reply.status.as_u16() == 201).count();
        let refused = replies.iter().filter(|reply| reply.code() == "resource_limit_reached").count();
        assert_eq!((added, refused), (limit, 50 - limit), "{kind}");
        let dump = arena.deployment.audit().await;
        assert_eq!(dump.resources.len(), limit, "{kind}");
        assert!(dump.resources.iter().all(|resource| resource.workspace == id_of(&workspace)));
    }
}

/// The same resource is added once, however many try.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k68_a_resource_is_there_once() {
    let arena = Arena::on(Deployment::under("role-ladder", &[]).await);
    let path = format!("{}/resources", arena.workspace().await);
    let body = json!({ "kind": "mini-app", "externalId": "quiz" });
    let additions = (0..20).map(|_| {
        let (process, olga) = (arena.deployment.process(), arena.olga.clone());
        let (path, body) = (path.clone(), body.clone());
        async move { process.post(&olga, &path, body).await }
    });
    let replies = futures::future::join_all(additions).await;
    assert_eq!(replies.iter().filter(|reply| reply.status.as_u16() == 201).count(), 1);
    assert_eq!(arena.deployment.audit().await.resources.len(), 1);
}

/// K68: who buys more, or less, while others add: the limit at the time of each addition holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k68_limits_hold_while_the_plan_changes() {
    let arena = Arena::on(Deployment::under("role-ladder", &[]).await);
    let workspace = arena.workspace().await;
    let change = |quantity: u32| {
        let (process, olga) = (arena.deployment.process(), arena.olga.clone());
        let extras = if quantity == 0 { json!([]) } else { json!([{ "id": "bots", "quantity": quantity }]) };
        let (path, body) = (format!("{workspace}/plan"), json!({ "plan": "standard", "extras": extras }));
        async move { process.call(&olga, "PUT", &path, body).await }
    };
    change(5).await.expect(200);
    let add = |number: usize| {
        let (process, olga, path) =
            (arena.deployment.process(), arena.olga.clone(), format!("{workspace}/resources"));
        let body = json!({ "kind": "bot", "externalId": format!("id-{number}") });
        async move { process.post(&olga, &path, body).await }
    };
    let additions = futures::future::join_all((0..20).map(add));
    let (replies, _) = futures::future::join(additions, change(2)).await;
    let added = replies.iter().filter(|reply| reply.status.as_u16() == 201).count();
    // One bot is included: at most six before the change, and nothing above three after it.
    assert!(added <= 6, "{added}");
    let after = add(100).await;
    assert_eq!(after.status.as_u16(), if added < 3 { 201 } else { 409 }, "{}", after.text);
    let dump = arena.deployment.audit().await;
    assert!(dump.resources.len() <= added.max(3));
}

/// Nothing of the resources and keys of a deleted workspace remains.
#[tokio::test]
async fn l6_a_deleted_workspace_leaves_no_resource_and_no_key() {
    let (app, olga, workspace) = ladder().await;
    for number in 0..10 {
        add(&app, &olga, &workspace, "smtp-profile", &format!("id-{number}")).await.expect(201);
        let key = json!({ "name": format!("key {number}") });
        let made = app.post(&olga, &format!("{workspace}/api-keys"), key).await.expect(201);
        let limits = json!({ "usageLimit": 5, "dailyRateLimit": null });
        let path = format!("{workspace}/api-keys/{}", text(&made["id"]));
        app.call(&olga, "PATCH", &path, limits).await.expect(200);
    }
    app.call(&olga, "DELETE", &workspace, Value::Null).await.expect(204);
    seatwise_functions::background::delete_workspaces(&app.local.service).await;
    let dump = app.dump().await;
    assert_eq!((dump.resources.len(), dump.resource_counts.len()), (0, 0));
    assert_eq!((dump.api_keys.len(), dump.api_key_entries.len(), dump.api_key_uses.len()), (0, 0, 0));
}

/// A pack that drops a kind, or all kinds, locks nothing in.
#[tokio::test]
async fn l4_what_a_pack_drops_can_be_removed() {
    let (app, olga, workspace) = ladder().await;
    let made = add(&app, &olga, &workspace, "omni-bot", "one").await.expect(201);
    let mut files = packs::files("role-ladder");
    let data = files.get_mut("product.toml").expect("data");
    data.truncate(data.find("[[resource]]").expect("kinds"));
    app.local.publish(files).await.expect("published");
    let listed = app.get(&olga, &format!("{workspace}/resources")).await.expect(200);
    assert_eq!((&listed["kinds"], listed["items"].as_array().map(Vec::len)), (&json!([]), Some(1)));
    add(&app, &olga, &workspace, "omni-bot", "two").await.expect_problem(403, "not_offered");
    let path = format!("{workspace}/resources/{}", text(&made["id"]));
    app.call(&olga, "DELETE", &path, Value::Null).await.expect(204);
    assert_eq!(app.dump().await.resources.len(), 0);
}
