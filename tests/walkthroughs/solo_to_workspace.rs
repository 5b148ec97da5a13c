//! "From solo to workspace" (S18).

use seatwise_stripe_stub::Card;
use serde_json::{Value, json};

use crate::support::client::{Client as _, member_path};
use crate::support::reply::text;
use crate::support::stripe::{DAY, Shop};

#[tokio::test]
async fn s18_from_solo_to_a_workspace_of_three() {
    // Confirm Pro: the owner buys the first seat for themselves.
    let shop = Shop::open("purchased-seats").await;
    shop.buy("pro", 1).await.expect(202);
    shop.pay(Card::Works).await;
    let own = text(&shop.seats().await[0]["id"]);
    let path = format!("{}/seat", member_path(&shop.workspace, &shop.owner()));
    let seated = shop.app.call(&shop.owner(), "PUT", &path, json!({ "seatId": own })).await.expect(200);
    assert_eq!(seated["seat"]["tier"], "pro");

    // The subscription is reviewed in the portal.
    let portal = shop.send("POST", "/billing/portal", Value::Null).await.expect(200);
    assert!(text(&portal["url"]).contains("/stripe/portal/"));
    let billing = shop.read("/billing").await;
    assert_eq!((&billing["status"], &billing["total"]["amount"]), (&json!("active"), &json!(2900)));

    // Two Pro seats more: the card is known, so they are there at once.
    shop.later(DAY).await;
    let preview = shop.preview(json!({ "kind": "seats", "tier": "pro", "quantity": 2 })).await;
    assert_eq!(preview["nextInvoice"]["amount"], 3 * 2900);
    let bought = shop.buy("pro", 2).await.expect(201);
    let billing = shop.read("/billing").await;
    assert_eq!(billing["lines"][0]["quantity"], 3);
    assert_eq!((&billing["seats"]["total"], &billing["total"]["amount"]), (&json!(3), &json!(3 * 2900)));

    // The team is invited to them.
    for (seat, email) in
        bought["items"].as_array().expect("seats").iter().zip(["tea@acme.example", "lee@acme.example"])
    {
        let body = json!({ "emails": [email], "seatId": seat["id"] });
        let invited = shop.send("POST", "/invitations", body).await.expect(201);
        let person = shop.app.sign_in(email).await;
        let joined = shop.app.join(&person, &invited["items"][0]["invitation"]).await.expect(200);
        assert_eq!(joined["member"]["seat"]["id"], seat["id"]);
        assert_eq!(shop.app.allowed(&person, &shop.workspace, &["viewAnalytics"]).await.len(), 1);
    }
    assert_eq!((shop.count("filled").await, shop.quantities()["pro"]), (3, 3));
    shop.until_renewal(DAY).await;
    assert_eq!(shop.last_charge(), 3 * 2900);
    shop.assert_at_rest().await;
}
