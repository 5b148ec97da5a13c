//! The seats and their states.

use serde_json::json;

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::reply::text;

#[tokio::test]
async fn s8_a_seat_is_filled_pending_available_or_expired() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let seats = app.buy(&owner, &workspace, "basic", 3).await;
    let invite = json!({ "emails": ["tea@acme.example"], "seatId": seats[0] });
    let invited = app.post(&owner, &format!("{workspace}/invitations"), invite).await.expect(201);
    let tea = app.sign_in("tea@acme.example").await;
    app.join(&tea, &invited["items"][0]["invitation"]).await.expect(200);
    let invite = json!({ "emails": ["pat@acme.example"], "seatId": seats[1] });
    app.post(&owner, &format!("{workspace}/invitations"), invite).await.expect(201);
    let statuses = async |owner| {
        let listed = app.get(owner, &format!("{workspace}/seats")).await.expect(200);
        let items = listed["items"].as_array().unwrap().clone();
        seats
            .iter()
            .map(|id| text(&items.iter().find(|seat| seat["id"] == *id).unwrap()["status"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(statuses(&owner).await, ["filled", "pending", "available"]);
    app.post(&owner, &format!("{workspace}/seats/{}/cancel", seats[0]), json!({})).await.expect(200);
    // An invitation that has expired gives its seat back; a seat that has ended is expired.
    app.advance(8 * 24 * 3600).await;
    let owner = app.sign_in("olga@acme.example").await;
    assert_eq!(statuses(&owner).await, ["filled", "available", "available"]);
    app.advance(24 * 24 * 3600).await;
    let owner = app.sign_in("olga@acme.example").await;
    assert_eq!(statuses(&owner).await, ["expired", "available", "available"]);
    let available = app.get(&owner, &format!("{workspace}/seats?status=expired")).await.expect(200);
    assert_eq!(available["items"].as_array().unwrap().len(), 1);
    // The person on the seat is still a member, without the permissions that the seat gave.
    let tea = app.sign_in("tea@acme.example").await;
    let asked = app
        .post(&tea, &format!("{workspace}/authorize"), json!({ "actions": ["useProduct"] }))
        .await
        .expect(200);
    assert_eq!(asked["decisions"][0]["reason"], "seat_required");
}
