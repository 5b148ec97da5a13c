//! Events are listed, followed and exported.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::person::Person;
use crate::support::reply::text;

fn types(listed: &Value) -> Vec<String> {
    listed["items"].as_array().expect("a list").iter().map(|event| text(&event["type"])).collect()
}

async fn workspace_of(app: &App) -> (Person, Person, String) {
    let olga = app.sign_in_as(json!({ "email": "olga@acme.example", "firstName": "Olga" })).await;
    let workspace = app.workspace(&olga).await;
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    let tea = app.sign_in_as(json!({ "email": "tea@acme.example", "firstName": "Tea" })).await;
    app.join(&tea, &invitation).await.expect(200);
    app.local.settle().await;
    (olga, tea, workspace)
}

#[tokio::test]
async fn k69_the_log_tells_who_did_what_and_what_changed() {
    let app = App::with_pack("role-ladder").await;
    let (olga, tea, workspace) = workspace_of(&app).await;
    let path = format!("{workspace}/members/{}", tea.id());
    app.call(&olga, "PUT", &format!("{path}/role"), json!({ "role": "admin" })).await.expect(200);
    app.call(&olga, "DELETE", &path, Value::Null).await.expect(204);
    let listed = app.get(&olga, &format!("{workspace}/events")).await.expect(200);
    // A function in the background sent the mail at some time after the invitation.
    let by_people: Vec<_> = types(&listed).into_iter().filter(|kind| kind != "invitation.mailed").collect();
    assert_eq!(
        by_people,
        ["member.removed", "role.changed", "member.joined", "invitation.sent", "workspace.created"]
    );
    let changed = &listed["items"][1];
    assert_eq!(changed["changes"]["role"], json!({ "from": "member", "to": "admin" }));
    assert_eq!(changed["actor"]["type"], "user");
    assert_eq!(
        (&changed["actor"]["name"], &changed["actor"]["email"]),
        (&json!("Olga"), &json!("olga@acme.example"))
    );
    assert_eq!(changed["context"]["rule"], "roles.owner");
    // Names are kept as they were: Tea is gone.
    assert_eq!(listed["items"][0]["targets"][0]["name"], "Tea");
    let mailed =
        listed["items"].as_array().expect("a list").iter().find(|it| it["type"] == "invitation.mailed");
    assert_eq!(mailed.expect("a mail")["actor"]["type"], "service");
    // Who does not manage the workspace does not read its log.
    let invitation = app.invite(&olga, &workspace, "lee@acme.example", "member").await;
    let lee = app.sign_in("lee@acme.example").await;
    app.join(&lee, &invitation).await.expect(200);
    app.get(&lee, &format!("{workspace}/events")).await.expect_problem(403, "forbidden");
    app.get(&tea, &format!("{workspace}/events")).await.expect_problem(404, "not_found");
    let reporting = app.sign_in("service:reporting").await;
    assert!(!types(&app.get(&reporting, &format!("{workspace}/events")).await.expect(200)).is_empty());
}

#[tokio::test]
async fn k69_filters_and_pages_show_each_event_once() {
    let app = App::with_pack("role-ladder").await;
    let (olga, tea, workspace) = workspace_of(&app).await;
    for number in 0..7 {
        app.call(&olga, "PATCH", &workspace, json!({ "name": format!("Acme {number}") })).await.expect(200);
    }
    let all = async |query: &str| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.get(&olga, &format!("{workspace}/events?{query}{cursor}")).await.expect(200);
            found.extend(page["items"].as_array().expect("a list").clone());
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    };
    let whole = all("limit=100").await;
    for limit in [1, 2, 3] {
        assert_eq!(all(&format!("limit={limit}")).await, whole, "{limit}");
    }
    assert_eq!(all("limit=2&type=workspace.updated").await.len(), 7);
    assert_eq!(all("limit=2&type=workspace.").await.len(), 8);
    assert_eq!(all(&format!("limit=1&actor={}", tea.id())).await.len(), 1);
    assert_eq!(all(&format!("limit=1&target={}", tea.id())).await.len(), 1);
    assert_eq!(all("operation=updateWorkspace").await.len(), 7);
    let middle = text(&whole[3]["at"]);
    let (from, to) = (all(&format!("from={middle}")).await, all(&format!("to={middle}")).await);
    assert_eq!([to.len() + from.len(), from.len().min(4)], [whole.len(), 4]);
    let unknown = app.get(&olga, &format!("{workspace}/events?type=member.flew")).await;
    let problem = unknown.expect_problem(422, "invalid_request");
    assert!(text(&problem["errors"][0]["message"]).contains("member. "), "{problem}");
    // A cursor of another part of the log is none of this list.
    let page = app.get(&olga, &format!("{workspace}/events?limit=1")).await.expect(200);
    let cursor = text(&page["nextCursor"]);
    let other = app.get(&olga, &format!("{workspace}/events?to=2001-01-01T00:00:00Z&cursor={cursor}")).await;
    other.expect_problem(422, "invalid_request");
}

/// An event can be committed after one with a larger id. A follower waits until none can come any more.
#[tokio::test]
async fn k69_a_follower_sees_each_event_once_and_in_order() {
    let app = App::with_pack("role-ladder").await;
    let (olga, _, workspace) = workspace_of(&app).await;
    let backend = app.sign_in("service:backend").await;
    let mut seen: Vec<String> = Vec::new();
    let mut after = "00000000-0000-0000-0000-000000000000".to_owned();
    for round in 0..6 {
        app.call(&olga, "PATCH", &workspace, json!({ "name": format!("Acme {round}") })).await.expect(200);
        let page = app.get(&backend, &format!("{workspace}/events?limit=3&after={after}")).await.expect(200);
        for event in page["items"].as_array().expect("a list") {
            after = text(&event["id"]);
            seen.push(after.clone());
        }
        app.advance(6).await;
    }
    // What is younger than ten seconds is not shown yet.
    let newest = app.get(&olga, &format!("{workspace}/events?limit=1")).await.expect(200);
    app.call(&olga, "PATCH", &workspace, json!({ "name": "Acme" })).await.expect(200);
    let path = format!("{workspace}/events?after={}", text(&newest["items"][0]["id"]));
    assert_eq!(types(&app.get(&backend, &path).await.expect(200)), [""; 0]);
    app.advance(11).await;
    assert_eq!(types(&app.get(&backend, &path).await.expect(200)), ["workspace.updated"]);
    loop {
        let page = app.get(&backend, &format!("{workspace}/events?limit=3&after={after}")).await.expect(200);
        let items = page["items"].as_array().expect("a list").clone();
        let Some(last) = items.last() else { break };
        after = text(&last["id"]);
        seen.extend(items.iter().map(|event| text(&event["id"])));
    }
    let listed = app.get(&olga, &format!("{workspace}/events?limit=100")).await.expect(200);
    let mut all: Vec<String> =
        listed["items"].as_array().expect("a list").iter().map(|event| text(&event["id"])).collect();
    all.reverse();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn k69_events_are_exported_as_lines_and_as_a_table() {
    let app = App::with_pack("role-ladder").await;
    let (olga, _, workspace) = workspace_of(&app).await;
    app.call(&olga, "PATCH", &workspace, json!({ "name": "=1+1" })).await.expect(200);
    app.advance(11).await;
    let listed = app.get(&olga, &format!("{workspace}/events?limit=100")).await.expect(200);
    let count = listed["items"].as_array().expect("a list").len();
    let lines = app.get(&olga, &format!("{workspace}/events/export")).await;
    assert_eq!(lines.headers["content-type"], "application/x-ndjson; charset=utf-8");
    let parsed: Vec<Value> =
        lines.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(parsed.len(), count);
    assert_eq!(parsed.last(), Some(&listed["items"][0]));
    let table = app.get(&olga, &format!("{workspace}/events/export?format=csv&type=workspace.updated")).await;
    assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
    let mut rows = table.text.trim_start_matches('\u{feff}').lines();
    assert!(rows.next().is_some_and(|row| row.starts_with("id,at,type,operation,actorType")));
    assert!(rows.next().is_some_and(|row| row.contains("'=1+1")), "{}", table.text);
}

/// The pack says how long events are kept, and whether they tell the client.
#[tokio::test]
async fn k69_retention_and_the_client_are_the_packs_choice() {
    let app = App::with_edited_pack(
        "role-ladder",
        &[("product.toml", "[leave]", "[events]\nretention = \"P2D\"\nrecord-client = true\n\n[leave]")],
    )
    .await;
    let (olga, _, workspace) = workspace_of(&app).await;
    let headers = [("user-agent", "test/1")];
    app.call_with(&olga, "PATCH", &workspace, json!({ "name": "Acme Two" }), &headers).await.expect(200);
    let listed = app.get(&olga, &format!("{workspace}/events?limit=1")).await.expect(200);
    let context = &listed["items"][0]["context"];
    assert!(context["ip"].is_string(), "{context}");
    app.advance(2 * 24 * 3600 + 1).await;
    let olga = app.sign_in("olga@acme.example").await;
    assert_eq!(types(&app.get(&olga, &format!("{workspace}/events")).await.expect(200)), [""; 0]);
}
