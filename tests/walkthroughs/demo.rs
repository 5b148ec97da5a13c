//! The demo: each pack's workspace has somebody in every state that the pack knows.

use seatwise_cli::dev::demo;
use serde_json::Value;

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::person::Person;
use crate::support::reply::text;
use crate::support::stripe::Shop;

async fn filled(pack: &str) -> (App, Person, String, String) {
    let app = App::with_pack(pack).await;
    let told = demo::fill(&app.local).await.expect("filled");
    let ada = app.sign_in("ada@demo.example").await;
    let listed = app.get(&ada, "/v1/workspaces").await.expect(200);
    let workspace = format!("/v1/workspaces/{}", text(&listed["items"][0]["id"]));
    (app, ada, workspace, told)
}

fn count(list: &Value) -> usize {
    list["items"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn every_pack_has_a_demo_and_a_second_start_leaves_it() {
    for (pack, members, pending) in
        [("purchased-seats", 7, 2), ("flat-owners", 4, 1), ("role-seats", 7, 1), ("role-ladder", 7, 1)]
    {
        let (app, ada, workspace, told) = filled(pack).await;
        for shown in ["ada@demo.example", "https://app.example.com/console/", "gita@demo.example"] {
            assert!(told.contains(shown), "{pack}: no {shown} in {told}");
        }
        // A link for each pending invitation, and one for each role where the product has links.
        let links = app.get(&ada, &format!("{workspace}/links")).await.json;
        let of_roles = if links["items"].is_array() { count(&links) } else { 0 };
        assert_eq!(told.matches("/join#token=").count(), pending + of_roles, "{pack}: {told}");
        let listed = app.get(&ada, &format!("{workspace}/members")).await.expect(200);
        assert_eq!(count(&listed), members, "{pack}");
        let invitations = format!("{workspace}/invitations?status=");
        for (status, there) in [("pending", pending), ("revoked", 1), ("declined", 1)] {
            let listed = app.get(&ada, &format!("{invitations}{status}")).await.expect(200);
            assert_eq!(count(&listed), there, "{pack} {status}");
        }
        let again = demo::fill(&app.local).await.expect("left as it is");
        assert!(again.contains("there already"), "{again}");
        assert_eq!(count(&app.get(&ada, "/v1/workspaces").await.expect(200)), 1);
    }
}

#[tokio::test]
async fn the_demo_of_seats_by_role_has_everybody() {
    let (app, ada, workspace, _) = filled("role-seats").await;
    let listed = app.get(&ada, &format!("{workspace}/members")).await.expect(200);
    let members = listed["items"].as_array().expect("members");
    assert!(members.iter().any(|member| member["seat"].is_object()));
    assert!(members.iter().any(|member| member["role"] == "viewer"));
    assert_eq!(members.iter().filter(|member| member["seatSuspended"] == true).count(), 1);
    assert_eq!(count(&app.get(&ada, &format!("{workspace}/links")).await.expect(200)), 3);
    assert_eq!(count(&app.get(&ada, &format!("{workspace}/domains")).await.expect(200)), 2);
}

#[tokio::test]
async fn the_demo_pays_for_its_seats_where_the_built_in_stripe_sells_them() {
    let shop = Shop::open("purchased-seats").await;
    demo::fill(&shop.app.local).await.expect("filled");
    let ada = shop.app.sign_in("ada@demo.example").await;
    let listed = shop.app.get(&ada, "/v1/workspaces").await.expect(200);
    let seats = format!("/v1/workspaces/{}/seats?limit=100", text(&listed["items"][0]["id"]));
    assert_eq!(count(&shop.app.get(&ada, &seats).await.expect(200)), 10);
    assert!(shop.taken() > 0);
}
