//! The list of all workspaces, for the host's backend.

use seatwise_cli::infra;
use seatwise_domain::{Change, RecordKey};
use serde_json::json;

use crate::support::app::App;
use crate::support::client::{Client as _, id_of};
use crate::support::reply::text;

#[tokio::test]
async fn k42_a_backend_pages_through_all_workspaces() {
    let app = App::with_pack("role-ladder").await;
    let backend = app.service("backend").await;
    let mut made = Vec::new();
    for number in 0..7 {
        let owner = app.sign_in(&format!("o{number}@acme.example")).await;
        made.push((app.workspace(&owner).await, owner));
    }
    let all = async || {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/service/workspaces?limit=3{cursor}");
            let page = app.get(&backend, &path).await.expect(200);
            let items = page["items"].as_array().expect("items").clone();
            assert!(items.len() <= 3);
            found.extend(items.iter().map(|item| format!("/v1/workspaces/{}", text(&item["id"]))));
            let Some(next) = page["nextCursor"].as_str() else { return found };
            cursor = format!("&cursor={next}");
        }
    };
    let paths = |made: &[(String, _)]| made.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(all().await, paths(&made), "in the order of creation");
    // A deleted one is gone at once.
    let (gone, owner) = made.remove(2);
    app.call(&owner, "DELETE", &gone, serde_json::Value::Null).await.expect(204);
    assert_eq!(all().await, paths(&made));
    let listed = app.get(&backend, "/v1/service/workspaces?limit=1").await.expect(200);
    assert_eq!(
        (&listed["items"][0]["name"], &listed["items"][0]["plan"]),
        (&json!("Acme"), &json!("standard"))
    );
    // A name is the present one.
    let (first, owner) = &made[0];
    app.call(owner, "PATCH", first, json!({ "name": "Renamed" })).await.expect(200);
    let listed = app.get(&backend, "/v1/service/workspaces?limit=1").await.expect(200);
    assert_eq!(listed["items"][0]["name"], "Renamed");
}

/// Workspaces of an earlier release are not in the list until the operator has put them there.
#[tokio::test]
async fn k70_an_operator_lists_the_workspaces_of_an_earlier_release() {
    let app = App::with_pack("role-ladder").await;
    let olga = app.sign_in("olga@acme.example").await;
    let [first, second] = [app.workspace(&olga).await, app.workspace(&olga).await];
    let backend = app.service("backend").await;
    let unlisted = Change::DeleteUnconditionally(RecordKey::WorkspaceEntry(id_of(&first)));
    app.store().commit_without_events(&[unlisted]).await.expect("deleted");
    let listed = async || app.get(&backend, "/v1/service/workspaces").await.expect(200)["items"].clone();
    let ids = |items: serde_json::Value| {
        items.as_array().expect("items").iter().map(|item| text(&item["id"])).collect::<Vec<_>>()
    };
    assert_eq!(ids(listed().await), [id_of(&second).to_string()]);
    for said in
        ["2 workspaces, of which 1 were not in the list", "2 workspaces, of which 0 were not in the list"]
    {
        assert_eq!(infra::list_workspaces(&app.store()).await.as_deref(), Ok(said));
        assert_eq!(ids(listed().await), [&first, &second].map(|path| id_of(path).to_string()));
    }
}
