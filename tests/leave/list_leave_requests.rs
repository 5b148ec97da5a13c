//! The list of leave requests: what is pending is never hidden (K50).

use std::collections::BTreeSet;

use jiff::SignedDuration;
use seatwise_domain::{Change, LeaveRequest, LeaveRequestId, LeaveState, Record};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::App;
use crate::support::client::{Client as _, id_of};
use crate::support::person::Person;
use crate::support::reply::text;

/// Writes so many requests of somebody that they have withdrawn, each newer than those that are there.
async fn withdraw_many(app: &App, workspace: &str, who: &Person, count: u32) {
    let now = app.local.clock.now();
    let withdrawn = |number: u32| {
        let at = now + SignedDuration::from_millis(i64::from(number) + 1);
        let millis = u64::try_from(at.as_millisecond()).expect("after 1970");
        let serial = uuid::Builder::from_unix_timestamp_millis(millis, &[7; 10]).into_uuid();
        Change::Create(Record::LeaveRequest(LeaveRequest {
            workspace: id_of(workspace),
            id: LeaveRequestId { user: who.id(), serial },
            reason: None,
            asked_at: at,
            state: LeaveState::Withdrawn { at },
        }))
    };
    let all: Vec<Change> = (0..count).map(withdrawn).collect();
    for some in all.chunks(100) {
        app.store().commit_without_events(some).await.expect("written");
    }
}

/// The items of all pages.
async fn all(app: &App, who: &Person, path: &str, limit: u32) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(who, &format!("{path}?limit={limit}{cursor}")).await.expect(200);
        all.extend(page["items"].as_array().expect("a list").clone());
        let Some(next) = page["nextCursor"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn k50_a_pending_request_comes_before_any_number_of_closed_ones() {
    let app = App::new().await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let tea = app.member(&olga, &workspace, "tea@acme.example", "member").await;
    let lee = app.member(&olga, &workspace, "lee@acme.example", "member").await;
    let path = format!("{workspace}/leave-requests");
    let asked = text(&app.post(&tea, &path, json!({})).await.expect(201)["id"]);
    withdraw_many(&app, &workspace, &lee, 1_101).await;
    for limit in [1, 50] {
        for who in [&olga, &tea] {
            let page = app.get(who, &format!("{path}?limit={limit}")).await.expect(200);
            assert_eq!(
                (&page["items"][0]["id"], &page["items"][0]["status"]),
                (&json!(asked), &json!("pending"))
            );
        }
    }
    // Others see their own, and learn of no others.
    assert_eq!(all(&app, &tea, &path, 1).await.len(), 1);
    // Who decides gets all of them, each once.
    for limit in [30, 100] {
        let listed = all(&app, &olga, &path, limit).await;
        let ids: BTreeSet<String> = listed.iter().map(|request| text(&request["id"])).collect();
        assert_eq!((listed.len(), ids.len()), (1_102, 1_102), "{limit}");
        let times: Vec<&str> = listed[1..].iter().filter_map(|one| one["requestedAt"].as_str()).collect();
        assert!(times.is_sorted_by(|a, b| a >= b), "newest first");
    }
    // Decided, it takes its place among the others.
    app.post(&olga, &format!("{path}/{asked}/deny"), json!({})).await.expect(200);
    let page = app.get(&olga, &path).await.expect(200);
    assert_eq!(page["items"][0]["status"], "withdrawn");
    let forged = app.get(&olga, &format!("{path}?cursor={}", Uuid::nil())).await;
    forged.expect_problem(422, "invalid_request");
}
