//! Every refusal has a reason, and says who may (K56).

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::{Client as _, member_path};
use crate::support::person::Person;

/// A workspace of a pack with its creator, a plain member and a stranger.
async fn people(pack: &str) -> (App, String, [Person; 3]) {
    let app = App::with_pack(pack).await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let mel = match pack {
        "purchased-seats" => app.member(&olga, &workspace, "mel", "member").await,
        _ => app.bring(&olga, &workspace, "mel", "member").await,
    };
    let stranger = app.sign_in("stranger@acme.example").await;
    (app, workspace, [olga, mel, stranger])
}

/// A request to what a product does not offer, and its code.
type Unoffered = (&'static str, &'static str, Value, &'static str);

fn unoffered(pack: &str) -> Vec<Unoffered> {
    let seat = "/seats/019aa7f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b/cancel";
    let links = [
        ("PUT", "/links/member", Value::Null, "channel_not_offered"),
        ("GET", "/links", Value::Null, "channel_not_offered"),
        ("PUT", "/domains/acme.example", Value::Null, "channel_not_offered"),
        ("GET", "/domains", Value::Null, "channel_not_offered"),
        ("DELETE", "/domains/acme.example", Value::Null, "channel_not_offered"),
    ];
    let seats = [
        ("POST", "/seats", json!({ "quantity": 1 }), "not_offered"),
        ("GET", "/seats", Value::Null, "not_offered"),
        ("POST", "/seats/assign", Value::Null, "not_offered"),
        ("POST", seat, Value::Null, "not_offered"),
    ];
    let settings = [("PATCH", "/settings", json!({}), "not_offered")];
    let asks = [("POST", "/leave-requests", json!({}), "leave_not_offered")];
    let listed = [("GET", "/leave-requests", Value::Null, "leave_not_offered")];
    let leaves = [("POST", "/leave", Value::Null, "leave_not_offered")];
    match pack {
        "flat-owners" => [&links[..], &seats, &settings, &asks, &listed, &leaves].concat(),
        "purchased-seats" => [&links[..], &settings, &leaves].concat(),
        "role-ladder" => [&links[..], &seats, &settings, &asks, &listed].concat(),
        _ => [&seats[..1], &seats[3..], &asks, &listed, &leaves].concat(),
    }
}

#[tokio::test]
async fn k56_what_the_product_does_not_offer_is_offered_to_nobody() {
    for pack in seatwise_policy::packs::names() {
        let (app, workspace, [olga, mel, stranger]) = people(pack).await;
        for (method, path, body, code) in unoffered(pack) {
            let path = format!("{workspace}{path}");
            for who in [&olga, &mel] {
                let refused = app.call(who, method, &path, body.clone()).await;
                assert_eq!((refused.status.as_u16(), refused.code()), (403, code), "{pack} {method} {path}");
                assert_eq!(refused.json["reason"], Value::Null);
            }
            app.call(&stranger, method, &path, body).await.expect_problem(404, "not_found");
        }
    }
}

#[tokio::test]
async fn k56_a_client_is_told_before_that_the_product_does_not_offer_it() {
    let (app, workspace, [olga, _, _]) = people("flat-owners").await;
    let actions = json!({ "actions": ["buySeats", "updateSettings", "listLinks", "leaveWorkspace", "fly"] });
    let asked = app.post(&olga, &format!("{workspace}/authorize"), actions).await.expect(200);
    let decisions = asked["decisions"].as_array().expect("decisions");
    let reasons: Vec<&Value> = decisions.iter().map(|decision| &decision["reason"]).collect();
    let expected =
        ["not_offered", "not_offered", "channel_not_offered", "leave_not_offered", "unknown_action"];
    assert_eq!(reasons, expected);
    assert!(decisions.iter().all(|decision| decision["detail"].is_string()), "{asked}");
    let listed = app.get(&olga, &format!("{workspace}/permissions")).await.expect(200);
    assert!(!listed["actions"].as_array().expect("actions").contains(&json!("updateSettings")));
}

#[tokio::test]
async fn k56_forbidden_says_who_may() {
    for (pack, who_may) in [
        ("flat-owners", "Only Owner can do this."),
        ("purchased-seats", "Only Owner and Admin can do this."),
        ("role-seats", "Only Admin can do this."),
        ("role-ladder", "Only Owner can do this."),
    ] {
        let (app, workspace, [_, mel, _]) = people(pack).await;
        let refused = app.call(&mel, "PATCH", &workspace, json!({ "name": "Mine" })).await;
        let refused = refused.expect_problem(403, "forbidden");
        assert_eq!((&refused["reason"], &refused["detail"]), (&json!("not_permitted"), &json!(who_may)));
    }
    // A rule that stands against it keeps its reason.
    let (app, workspace, [olga, mel, _]) = people("purchased-seats").await;
    app.change_role(&olga, &workspace, &mel, "admin").await.expect(200);
    let refused = app.remove(&mel, &workspace, &olga).await.expect_problem(403, "forbidden");
    assert_eq!(refused["reason"], "target_outranks_you");
    let advice =
        "Only a member whose role ranks at least as high as that of the affected member can do this.";
    assert_eq!(refused["detail"], advice);
    let analytics = json!({ "actions": ["usePublicApi"] });
    let asked = app.post(&olga, &format!("{workspace}/authorize"), analytics).await.expect(200);
    let advice = "Owner, Admin and Member can do this, but a rule of the product forbids it in this case.";
    assert_eq!(asked["decisions"][0]["reason"], "pro_seat_required");
    assert_eq!(asked["decisions"][0]["detail"], advice);
}

#[tokio::test]
async fn k56_unknown_names_list_the_choices() {
    let (app, workspace, [olga, mel, _]) = people("purchased-seats").await;
    let role = format!("{}/role", member_path(&workspace, &mel));
    let (invitations, seats) = (format!("{workspace}/invitations"), format!("{workspace}/seats"));
    let emails = json!(["a@acme.example", "b@acme.example"]);
    let choices = async |who: &Person, method: &str, path: &str, body: Value, code: &str| {
        app.call(who, method, path, body).await.expect_problem(422, code)["choices"].clone()
    };
    let roles = json!(["owner", "admin", "member"]);
    let wizard = json!({ "role": "wizard" });
    assert_eq!(choices(&olga, "PUT", &role, wizard.clone(), "role_unknown").await, roles);
    assert_eq!(choices(&olga, "POST", &invitations, wizard.clone(), "role_unknown").await, roles);
    let several = json!({ "emails": emails, "role": "wizard" });
    let rows = app.post(&olga, &invitations, several).await.expect(201);
    assert_eq!(rows["items"][0]["problem"]["choices"], roles, "{rows}");
    let tiers = json!(["basic", "pro"]);
    let gold = json!({ "tier": "gold", "quantity": 1 });
    assert_eq!(choices(&olga, "POST", &seats, gold, "tier_unknown").await, tiers);
    let gold = json!({ "tier": "gold" });
    assert_eq!(choices(&olga, "POST", &invitations, gold.clone(), "tier_unknown").await, tiers);
    let seat = format!("{}/seat", member_path(&workspace, &olga));
    assert_eq!(choices(&olga, "PUT", &seat, gold, "tier_unknown").await, tiers);
    // Only what the caller can give.
    app.change_role(&olga, &workspace, &mel, "admin").await.expect(200);
    let own = json!(["admin", "member"]);
    assert_eq!(choices(&mel, "POST", &invitations, wizard.clone(), "role_unknown").await, own);
    // And only what the operation can give.
    let (app, workspace, [olga, mel, _]) = people("flat-owners").await;
    let invite = json!({ "emails": ["a@acme.example"], "role": "owner" });
    let refused = app.post(&olga, &format!("{workspace}/invitations"), invite).await;
    assert_eq!(refused.expect_problem(422, "role_unknown")["choices"], json!(["member"]));
    let refused = app.change_role(&olga, &workspace, &mel, "wizard").await;
    assert_eq!(refused.expect_problem(422, "role_unknown")["choices"], json!(["owner", "member"]));
}

#[tokio::test]
async fn k56_a_seat_is_not_chosen_where_invitations_reserve_none() {
    for (pack, gold) in [("flat-owners", (403, "not_offered")), ("role-seats", (422, "tier_unknown"))] {
        let (app, workspace, [olga, _, _]) = people(pack).await;
        let invitations = format!("{workspace}/invitations");
        let seat = "019aa7f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b";
        let pending = app.invite(&olga, &workspace, "ivo", "member").await;
        let change = format!("{invitations}/{}", crate::support::reply::text(&pending["id"]));
        for (wish, (status, code)) in [
            (json!({ "tier": "gold" }), gold),
            (json!({ "tier": "standard" }), (403, "not_offered")),
            (json!({ "seatId": seat }), (403, "not_offered")),
        ] {
            let mut invite = wish.clone();
            invite["emails"] = json!(["tea@acme.example"]);
            app.post(&olga, &invitations, invite).await.expect_problem(status, code);
            app.call(&olga, "PATCH", &change, wish).await.expect_problem(status, code);
        }
    }
}

#[tokio::test]
async fn k56_a_full_tier_is_told_from_no_seat_at_all() {
    let (app, workspace, [olga, mel, _]) = people("purchased-seats").await;
    let seat = format!("{}/seat", member_path(&workspace, &mel));
    let basic = json!({ "tier": "basic" });
    let full = app.call(&olga, "PUT", &seat, basic.clone()).await.expect_problem(409, "no_seat_available");
    app.buy(&olga, &workspace, "pro", 1).await;
    let of_tier = app.call(&olga, "PUT", &seat, basic).await.expect_problem(409, "no_seat_available");
    assert_ne!(full["detail"], of_tier["detail"]);
    let advice = "All seats of this tier are taken. Choose another tier, or buy or free a seat of it.";
    assert_eq!(of_tier["detail"], advice);
}
