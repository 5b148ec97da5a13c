//! Lists and their pages (K42).

use std::collections::BTreeSet;

use http::Method;
use seatwise_functions::{Row, operations};
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::catalogue;
use crate::support::client::Client as _;
use crate::support::person::Person;
use crate::support::problem::{check_problem, complaint};
use crate::support::reply::text;
use crate::support::stage::{Stage, with_query};

/// Lists that are short by what is in them, and come whole: a link for each role, a few domains.
const WHOLE: [&str; 2] = ["list-domains", "list-links"];

/// Rows that answer lists, with a path each.
async fn lists(stage: &Stage) -> Vec<(&'static Row, String)> {
    let mut lists = Vec::new();
    let reads = catalogue::rows().filter(|row| row.method == Method::GET && row.name != "get-credits");
    for row in reads.filter(|row| !WHOLE.contains(&row.name)) {
        // Tests of their own page these: the owner here has no keys, and is no service.
        if ["list-api-keys", "list-all-workspaces"].contains(&row.name) {
            continue;
        }
        let path = stage.path(row);
        let whole = stage.app.get(&stage.owner, &path).await;
        // This product has no resources: a test of theirs pages them.
        if row.name == "list-resources" {
            whole.expect_problem(403, "not_offered");
            continue;
        }
        assert_eq!(whole.status, row.status, "{}: {}", row.route(), whole.text);
        // An answer that has a list at its top is a list, and pages.
        if whole.json["items"].is_array() {
            assert!(whole.json.get("nextCursor").is_some(), "{} does not page", row.route());
            lists.push((row, path));
        }
    }
    assert!(lists.len() >= 6, "{}", lists.len());
    lists
}

#[tokio::test]
async fn k42_lists_that_come_whole_are_short() {
    let stage = Stage::of_role_seats().await;
    let (app, owner, w) = (&stage.app, &stage.owner, &stage.workspace);
    let put = async |path: String| app.call(owner, "PUT", &format!("{w}/{path}"), Value::Null).await;
    for role in ["admin", "member", "viewer", "member"] {
        put(format!("links/{role}")).await.expect(200);
    }
    for number in 1..50 {
        put(format!("domains/d{number:02}.example")).await.expect(200);
    }
    for _ in 0..2 {
        put("domains/more.example".to_owned()).await.expect_problem(409, "domain_limit_reached");
        // A domain of the list may be claimed again.
        put("domains/d01.example".to_owned()).await.expect(200);
    }
    for (name, most) in [("list-links", 3), ("list-domains", 50)] {
        let row = operations::find(name).expect("an operation");
        let whole = app.get(owner, &stage.path(row)).await.expect(200);
        assert_eq!(whole["items"].as_array().map(Vec::len), Some(most), "{name}");
        assert_eq!(whole["nextCursor"], Value::Null, "{name}");
        for query in ["limit=1", "cursor=x"] {
            let reply = app.get(owner, &with_query(&stage.path(row), query)).await;
            reply.expect_problem(422, "invalid_request");
        }
    }
    // One that is unlinked makes room.
    app.call(owner, "DELETE", &format!("{w}/domains/d01.example"), Value::Null).await.expect(204);
    put("domains/more.example".to_owned()).await.expect(200);
}

/// Everything that a list has, in pages of that size.
async fn in_pages(app: &App, who: &Person, path: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..200 {
        let joint = if path.contains('?') { '&' } else { '?' };
        let after = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = app.get(who, &format!("{path}{joint}limit={limit}{after}")).await.expect(200);
        let found = page["items"].as_array().expect("items");
        assert!(found.len() <= limit, "{path} answers {} of {limit}", found.len());
        items.extend(found.iter().cloned());
        cursor = page["nextCursor"].as_str().map(ToOwned::to_owned);
        if cursor.is_none() {
            return items;
        }
    }
    panic!("{path} has no end");
}

#[tokio::test]
async fn k42_pages_make_the_whole_of_every_list() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let second = || app.local.clock.advance(jiff::SignedDuration::from_secs(1)).expect("moved");
    // Five or so of everything.
    let mut asked = vec![stage.request.clone()];
    let mut invited = vec![stage.invitation.clone()];
    for index in 0..4 {
        second();
        let person =
            app.member(&stage.owner, &stage.workspace, &format!("m{index}@acme.example"), "member").await;
        let requests = format!("{}/leave-requests", stage.workspace);
        asked.push(text(&app.post(&person, &requests, json!({})).await.expect(201)["id"]));
        second();
        app.buy(&stage.owner, &stage.workspace, "basic", 1).await;
        let email = format!("p{index}@acme.example");
        invited.push(text(&app.invite(&stage.owner, &stage.workspace, &email, "member").await["id"]));
        // And the owner is in workspaces, and invited to others.
        app.workspace(&stage.owner).await;
        let other = app.sign_in(&format!("o{index}@other.example")).await;
        let workspace = app.workspace(&other).await;
        app.buy(&other, &workspace, "pro", 1).await;
        app.invite(&other, &workspace, &stage.owner.email, "member").await;
    }
    for (row, path) in lists(&stage).await {
        let whole = app.get(&stage.owner, &path).await.expect(200);
        let items = whole["items"].as_array().expect("items").clone();
        assert!(items.len() >= 4, "{}: {whole}", row.route());
        assert_eq!(whole["nextCursor"], Value::Null, "{}", row.route());
        for limit in [1, 2, 3, items.len(), 100] {
            assert_eq!(in_pages(app, &stage.owner, &path, limit).await, items, "{} by {limit}", row.route());
        }
    }
    let newest_first = async |path: String, mut oldest_first: Vec<String>, is_there: fn(&Value) -> bool| {
        let items = in_pages(app, &stage.owner, &path, 2).await;
        let ids: Vec<String> =
            items.iter().filter(|item| is_there(item)).map(|item| text(&item["id"])).collect();
        oldest_first.reverse();
        assert_eq!(ids, oldest_first, "{path}");
    };
    newest_first(format!("{}/leave-requests", stage.workspace), asked, |_| true).await;
    newest_first(format!("{}/invitations", stage.workspace), invited, |it| it["status"] == "pending").await;
    // Filters and orders page as well, though a page of a filtered list may be short.
    for (path, wanted) in [
        ("members?status=all&sort=-name", 6 + 5),
        ("members?status=pending", 5),
        ("members?seat=with&sort=name", 5),
        ("invitations?status=pending", 5),
        ("seats?status=filled&sort=-boughtAt", 5),
        ("seats?sort=tier", 11),
        ("seats?sort=-status", 11),
        ("seats?sort=paidThrough", 11),
    ] {
        let path = format!("{}/{path}", stage.workspace);
        let items = in_pages(app, &stage.owner, &path, 2).await;
        let different: BTreeSet<String> = items.iter().map(ToString::to_string).collect();
        assert_eq!((items.len(), different.len()), (wanted, wanted), "{path}");
        assert_eq!(in_pages(app, &stage.owner, &path, 100).await, items, "{path}");
    }
    // A list that only shows one's own is paged by what is there, and ends.
    let own = in_pages(app, &stage.member, &format!("{}/leave-requests", stage.workspace), 1).await;
    let own: Vec<String> = own.iter().map(|one| text(&one["id"])).collect();
    assert_eq!(own, [stage.request.as_str()]);
}

#[tokio::test]
async fn k42_lists_are_bounded_and_take_no_other_cursor() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let owner = &stage.owner;
    // Two of everything, so that every list has a next page.
    app.member(owner, &stage.workspace, "max@acme.example", "member").await;
    app.post(owner, &format!("{}/seats", stage.workspace), json!({ "quantity": 2 })).await.expect(201);
    app.invite(owner, &stage.workspace, "pat@acme.example", "member").await;
    let again = app.sign_in("max@acme.example").await;
    app.post(&again, &format!("{}/leave-requests", stage.workspace), json!({})).await.expect(201);
    for name in ["one", "two"] {
        app.post(owner, "/v1/workspaces", json!({ "name": name })).await.expect(201);
        let other = app.sign_in(&format!("{name}@other.example")).await;
        let workspace = app.workspace(&other).await;
        app.buy(&other, &workspace, "pro", 1).await;
        app.invite(&other, &workspace, &owner.email, "member").await;
    }
    let unverified = app.sign_in_as(json!({ "email": "none@acme.example", "emailVerified": false })).await;
    let mut cursors = Vec::new();
    let lists = lists(&stage).await;
    for (row, path) in &lists {
        let page = app.get(owner, &format!("{path}?limit=1")).await.expect(200);
        cursors.push((row.name, text(&page["nextCursor"])));
    }
    let seats = format!("{}/seats", stage.workspace);
    for sort in ["tier", "status", "paidThrough", "-boughtAt"] {
        let page = app.get(owner, &format!("{seats}?limit=1&sort={sort}")).await.expect(200);
        cursors.push((sort, text(&page["nextCursor"])));
    }
    let known = cursors.iter().map(|(_, cursor)| cursor).collect::<BTreeSet<_>>();
    assert_eq!(known.len(), cursors.len(), "two lists have the same cursor");
    for (row, path) in &lists {
        for limit in ["0", "101", "-1", "1.5", "abc", "", "1e2", "99999999999999999999", "null", "1,2"] {
            let reply = app.get(owner, &format!("{path}?limit={limit}")).await;
            check_problem(&reply, &format!("{path}?limit={limit}"));
            assert_eq!(complaint(&reply).0, "limit", "{path}?limit={limit}: {}", reply.text);
        }
        let long = "A".repeat(4_000);
        let bad = ["", "%25", "x", "AAAA", "null", "_w", "..%2F..%2Fetc%2Fpasswd", "TUVNQkVSIw", &long];
        let foreign = cursors.iter().filter(|(name, _)| *name != row.name).map(|(_, cursor)| cursor.as_str());
        for cursor in bad.into_iter().chain(foreign) {
            let path = format!("{path}?limit=1&cursor={cursor}");
            let reply = app.get(owner, &path).await;
            check_problem(&reply, &path);
            assert_eq!((reply.status.as_u16(), complaint(&reply).0.as_str()), (422, "cursor"), "{path}");
        }
        // Cut and lengthened, one's own leads nowhere else either.
        let own = &cursors.iter().find(|(name, _)| *name == row.name).expect("a cursor").1;
        for forged in [&own[..own.len() - 3], &own[3..], &format!("{own}AAAA"), &own.to_uppercase()] {
            let reply = app.get(owner, &format!("{path}?limit=1&cursor={forged}")).await;
            assert!(matches!(reply.status.as_u16(), 200 | 422), "{path}: {}", reply.text);
        }
        for query in
            ["page=2", "limit=1&limit=2", "cursor=&cursor=", "Limit=1", "limit%5B%5D=1", "%F0%9F%98%80=1"]
        {
            let reply = app.get(owner, &format!("{path}?{query}")).await;
            check_problem(&reply, &format!("{path}?{query}"));
            assert_eq!(reply.code(), "invalid_request", "{path}?{query}");
        }
    }
    // Where there is nothing to list, too.
    let reply = app.get(&unverified, "/v1/me/invitations?cursor=x").await;
    assert_eq!(complaint(&reply).0, "cursor", "{}", reply.text);
}

#[tokio::test]
async fn k42_a_hundred_is_the_most() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    for _ in 0..3 {
        app.buy(&owner, &workspace, "basic", 50).await;
    }
    let seats = format!("{workspace}/seats");
    let page = app.get(&owner, &format!("{seats}?limit=100")).await.expect(200);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(100));
    assert!(page["nextCursor"].is_string());
    assert_eq!(app.get(&owner, &seats).await.expect(200)["items"].as_array().map(Vec::len), Some(50));
    let ids: BTreeSet<String> =
        in_pages(&app, &owner, &seats, 100).await.iter().map(|seat| text(&seat["id"])).collect();
    assert_eq!(ids.len(), 150);
}
