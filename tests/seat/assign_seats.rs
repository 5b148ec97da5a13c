//! Giving the free seats of the plan to everybody who waits.

use serde_json::{Value, json};

use crate::support::client::Client as _;
use crate::support::office::{AI, auto_assign, crowd, office_with_seats, stands};

#[tokio::test]
async fn r6_seats_are_given_to_all_who_wait_first_come_first_served() {
    let (app, ada, workspace) = office_with_seats(3).await;
    let assign = format!("{workspace}/seats/assign");
    auto_assign(&app, &ada, &workspace, false).await;
    let people = crowd(&app, &ada, &workspace, 4).await;
    let mut ids = Vec::new();
    for person in &people {
        ids.push(person.id().to_string());
    }
    app.post(&people[0], &assign, Value::Null).await.expect_problem(403, "forbidden");
    let given = app.post(&ada, &assign, Value::Null).await.expect(200);
    assert_eq!(given, json!({ "assigned": ids[..2], "waiting": ids[2..] }));
    for (person, expected) in
        people.iter().zip([("member", true), ("member", true), ("viewer", false), ("viewer", false)])
    {
        assert_eq!(stands(&app.shown(&ada, &workspace, person).await), expected);
    }
    assert_eq!(app.allowed(&people[1], &workspace, &AI).await, AI);
    assert_eq!(app.seats(&ada, &workspace).await, [3, 3, 0]);
    // None is left: nobody gets one, and nobody loses one.
    let given = app.post(&ada, &assign, Value::Null).await.expect(200);
    assert_eq!(given, json!({ "assigned": [], "waiting": ids[2..] }));
    app.put_on_plan(&workspace, "business").await.expect(204);
    let given = app.post(&ada, &assign, Value::Null).await.expect(200);
    assert_eq!(given, json!({ "assigned": ids[2..], "waiting": [] }));
    assert_eq!(app.seats(&ada, &workspace).await, [25, 5, 20]);
}
