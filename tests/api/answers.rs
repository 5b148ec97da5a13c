//! Answers have the fields that the reference describes, and no others.

use seatwise_cli::dev::MailFault;
use seatwise_functions::operations;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::{Caller, Client as _};
use crate::support::contract::{self, SeenFields, described, faults};
use crate::support::person::Person;
use crate::support::reply::{Reply, text, token_of};

#[test]
fn examples_of_answers_have_the_fields_of_answers() {
    for row in operations::all() {
        let content = &described(row)["responses"][row.status.as_str()]["content"];
        let is_file = content.is_object() && content["application/json"].is_null();
        let content = &content["application/json"];
        if is_file {
            continue;
        }
        if row.status == 204 {
            assert!(content.is_null(), "{}", row.name);
            continue;
        }
        assert!(content["example"].is_object(), "{} has no example of an answer", row.name);
        assert_eq!(faults(&content["schema"], &content["example"]), [""; 0], "{}", row.name);
    }
}

/// Calls the service, holds every answer against the document, and keeps what was seen.
struct CheckedClient {
    app: App,
    seen: SeenFields,
}

impl CheckedClient {
    async fn call(&mut self, who: impl Caller, method: &str, path: &str, body: Value) -> Reply {
        let bare = path.split_once('?').map_or(path, |(path, _)| path);
        let row = contract::row(&method.parse().expect("a method"), bare).expect("an operation");
        let reply = self.app.ask(who, row, path, body).await;
        contract::check(row, &reply);
        self.seen.add(row, &reply);
        reply
    }

    async fn get(&mut self, who: &Person, path: &str) -> Value {
        self.call(who, "GET", path, Value::Null).await.expect(200)
    }

    async fn post(&mut self, who: &Person, path: &str, body: Value) -> Value {
        let reply = self.call(who, "POST", path, body).await;
        assert!(reply.status.is_success(), "{}", reply.text);
        reply.json
    }
}

/// The operations of a product whose plan has the seats. The client is of that product from then on.
async fn in_role_seats(c: &mut CheckedClient) -> (Person, Person) {
    c.app = App::with_pack("role-seats").await;
    let olga = c.app.sign_in("olga@acme.example").await;
    let tea = c.app.sign_in_as(json!({ "email": "tea@acme.example", "firstName": "Tea" })).await;
    let w = c.app.workspace(&olga).await;
    c.app.set_plan(&w, "business").await;
    c.get(&olga, &format!("{w}/invitations/quota")).await;
    c.app.set_plan(&w, "enterprise").await;
    c.get(&olga, &format!("{w}/invitations/quota")).await;
    c.get(&olga, &w).await;
    let set = json!({ "autoAssignSeats": false });
    c.call(&olga, "PATCH", &format!("{w}/settings"), set).await.expect(200);

    let made = c.call(&olga, "PUT", &format!("{w}/links/member"), Value::Null).await.expect(200);
    c.get(&olga, &format!("{w}/links")).await;
    let token = json!({ "token": token_of(&text(&made["url"])) });
    c.call(None, "POST", "/v1/invitations/preview", token.clone()).await.expect(200);
    c.post(&tea, "/v1/join", token.clone()).await;
    c.call(&tea, "POST", "/v1/join", token.clone()).await.expect_problem(409, "already_member");
    c.call(&olga, "DELETE", &format!("{w}/links/member"), Value::Null).await.expect(204);
    c.call(None, "POST", "/v1/invitations/preview", token).await.expect(200);
    let lee = c.app.sign_in("lee@acme.example").await;
    let invited =
        c.post(&olga, &format!("{w}/invitations"), json!({ "emails": [lee.email], "role": "viewer" })).await;
    let token = token_of(&text(&invited["items"][0]["invitation"]["url"])).to_owned();
    c.post(&lee, "/v1/join", json!({ "token": token })).await;
    let assigned = c.post(&olga, &format!("{w}/seats/assign"), Value::Null).await;
    assert!(assigned["assigned"].as_array().is_some_and(|assigned| !assigned.is_empty()), "{assigned}");
    // Fewer seats than were taken.
    c.app.set_plan(&w, "trial").await;
    c.get(&olga, &format!("{w}/members")).await;

    c.app.set_plan(&w, "enterprise").await;
    let domain = format!("{w}/domains/acme.example");
    c.call(&olga, "PUT", &domain, Value::Null).await.expect(200);
    c.get(&olga, &format!("{w}/domains")).await;
    let proved = json!({ "domain": "acme.example" });
    c.app.call(None, "POST", "/dev/verify-domain", proved).await.expect(200);
    c.get(&olga, &format!("{w}/domains")).await;
    // A domain that has lost its record, and an account that a workspace needs.
    let gone = json!({ "domain": "acme.example", "recordGone": true });
    c.app.call(None, "POST", "/dev/verify-domain", gone).await.expect(200);
    c.app.local.settle().await;
    c.get(&olga, &format!("{w}/domains")).await;
    c.get(&olga, &w).await;
    c.call(&olga, "DELETE", "/v1/me", Value::Null).await.expect_problem(409, "last_governor");
    c.call(&olga, "DELETE", &domain, Value::Null).await.expect(204);

    let coordinator = format!("{w}/coordinator");
    c.get(&tea, &coordinator).await;
    let kim = json!({ "name": "Kim", "email": "kim@acme.example", "phone": "1", "notes": "Mondays." });
    c.call(&olga, "PUT", &coordinator, kim).await.expect(200);
    c.get(&tea, &coordinator).await;
    let logo = format!("{w}/logo");
    let uploaded = c.call(&olga, "PUT", &logo, Value::Null).await.expect(200);
    let url = text(&uploaded["logoUrl"]);
    let picture = c.call(None, "GET", &url[url.find("/v1/").expect("a path")..], Value::Null).await;
    assert_eq!(
        (picture.status.as_u16(), &picture.headers["content-type"]),
        (200, &"image/png".parse().expect("a type"))
    );
    c.get(&tea, "/v1/workspaces").await;
    c.call(&olga, "DELETE", &logo, Value::Null).await.expect(204);
    let csv = c.call(&olga, "GET", &format!("{w}/members/export"), Value::Null).await;
    assert!(
        csv.text.starts_with("\u{FEFF}id,email,firstName,lastName,isAdmin,hasSeat,role,seatTier\r\n"),
        "{}",
        csv.text
    );
    let tea_id = tea.id().to_string();
    let to_tea = json!({ "userId": tea_id });
    let transfer = format!("{w}/transfer");
    c.call(&olga, "POST", &transfer, to_tea.clone()).await.expect_problem(409, "governor_required");
    let role = format!("{w}/members/{tea_id}/role");
    c.call(&olga, "PUT", &role, json!({ "role": "admin" })).await.expect(200);
    assert_eq!(c.post(&olga, &transfer, to_tea).await["creatorId"], json!(tea_id));
    c.call(&olga, "DELETE", &w, Value::Null).await.expect(204);
    (olga, tea)
}

/// The invitations of tea, lee and rev, whose mails go out, are tried again, and fail.
async fn invited_with_each_delivery(c: &mut CheckedClient, olga: &Person, invitations: &str) -> [Value; 3] {
    let mailbox = c.app.local.mailbox.clone();
    let mut invited = [Value::Null, Value::Null, Value::Null];
    for (invitation, (email, fault)) in invited.iter_mut().zip([
        ("tea@acme.example", None),
        ("lee@acme.example", Some(MailFault::Throttle)),
        ("rev@acme.example", Some(MailFault::Rejected)),
    ]) {
        mailbox.fail_next(usize::from(fault.is_some()), fault.unwrap_or(MailFault::Internal));
        let body = json!({ "emails": [email], "role": "member" });
        let mut answer = c.post(olga, invitations, body).await;
        c.app.local.settle().await;
        *invitation = answer["items"][0]["invitation"].take();
    }
    invited
}

/// API keys, and what services list and add.
async fn keys_and_services(c: &mut CheckedClient) {
    c.app = App::with_pack("role-ladder").await;
    let olga = c.app.sign_in("olga@acme.example").await;
    let w = c.app.workspace(&olga).await;
    let backend = c.app.service("backend").await;
    let keys = format!("{w}/api-keys");
    let soon = c.app.now().checked_add(jiff::SignedDuration::from_hours(1)).expect("a time").to_string();
    let body = json!({ "name": "Import", "flowId": "flow-7", "expiresAt": soon });
    let made = c.post(&olga, &keys, body).await;
    let key = format!("{keys}/{}", text(&made["id"]));
    let mut secret = made["key"].clone();
    let limits = json!({ "usageLimit": 2, "dailyRateLimit": 1 });
    c.call(&olga, "PATCH", &key, limits).await.expect(200);
    for (valid, action) in [(true, "getWorkspace"), (false, "getWorkspace")] {
        let body = json!({ "key": secret, "action": action });
        assert_eq!(c.post(&backend, "/v1/api-keys/verify", body).await["valid"], valid);
    }
    secret = c.post(&olga, &format!("{key}/rotate"), json!({ "overlapSeconds": 60 })).await["key"].clone();
    c.get(&olga, &keys).await;
    c.app.advance(3_700).await;
    let olga = c.app.sign_in("olga@acme.example").await;
    let backend = c.app.service("backend").await;
    c.get(&olga, &keys).await;
    let expired = c.post(&backend, "/v1/api-keys/verify", json!({ "key": secret })).await;
    assert_eq!(expired["reason"], "expired");
    c.post(&olga, &format!("{key}/revoke"), Value::Null).await;
    c.call(&olga, "DELETE", &key, Value::Null).await.expect(204);
    let tea = json!({ "subject": "tea", "email": "tea@acme.example", "firstName": "Tea", "role": "member" });
    c.post(&backend, &format!("{w}/members"), tea).await;
    let listed = c.get(&backend, "/v1/service/workspaces?limit=1").await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

/// Everything that an answer can have is had once: so nothing is described that is not there, and,
/// since the schemas are closed, nothing is there that is not described.
#[tokio::test]
async fn answers_have_the_fields_described_and_no_others() {
    let app = App::new().await;
    let olga = app
        .sign_in_as(json!({ "email": "olga@acme.example", "firstName": "Olga", "lastName": "Orlova" }))
        .await;
    let [tea, lee] = [app.sign_in("tea@acme.example").await, app.sign_in("lee@acme.example").await];
    let mut client = CheckedClient { app, seen: SeenFields::default() };
    let c = &mut client;

    assert_eq!(c.post(&olga, "/v1/me", Value::Null).await["next"], "onboarding");
    let made = c.post(&olga, "/v1/workspaces", json!({ "name": "Acme", "timezone": "Europe/Berlin" })).await;
    let w = format!("/v1/workspaces/{}", text(&made["id"]));
    let me = json!({ "timezone": "Europe/Riga", "currentWorkspaceId": made["id"] });
    c.call(&olga, "PATCH", "/v1/me", me).await.expect(200);
    c.call(&olga, "PATCH", &w, json!({ "defaultFlowTheme": "dark" })).await.expect(200);
    assert_eq!(c.post(&olga, "/v1/me", Value::Null).await["next"], "dashboard");
    c.get(&olga, "/v1/me").await;
    c.get(&olga, "/v1/workspaces").await;

    let (seats, invitations) = (format!("{w}/seats"), format!("{w}/invitations"));
    let bought = c.post(&olga, &seats, json!({ "tier": "pro", "quantity": 5 })).await;
    let invite = |email: &str| json!({ "emails": [email], "role": "member" });
    let invited = invited_with_each_delivery(c, &olga, &invitations).await;
    let several = json!({ "emails": ["late@acme.example", "tea@acme.example"] });
    let answer = c.post(&olga, &invitations, several).await;
    let late = text(&answer["items"][0]["invitation"]["id"]);
    c.get(&olga, &invitations).await;
    c.get(&olga, &format!("{w}/members?status=all")).await;
    c.get(&olga, &seats).await;
    c.post(&olga, &format!("{invitations}/{late}/resend"), Value::Null).await;

    let token = json!({ "token": token_of(&text(&invited[0]["url"])) });
    c.call(None, "POST", "/v1/invitations/preview", token.clone()).await.expect(200);
    assert_eq!(c.post(&tea, "/v1/me", Value::Null).await["next"], "invitations");
    c.get(&tea, "/v1/me/invitations").await;
    c.post(&tea, "/v1/join", token.clone()).await;
    c.call(None, "POST", "/v1/invitations/preview", token).await.expect(200);
    c.post(&lee, "/v1/join", json!({ "token": token_of(&text(&invited[1]["url"])) })).await;
    let path = format!("{invitations}/{}", text(&invited[2]["id"]));
    c.call(&olga, "DELETE", &path, Value::Null).await.expect(204);
    let declined = c.post(&olga, &invitations, invite("dec@acme.example")).await;
    let dec = c.app.sign_in("dec@acme.example").await;
    let path = format!("/v1/invitations/{}/decline", text(&declined["items"][0]["invitation"]["id"]));
    c.post(&dec, &path, Value::Null).await;

    let tea_path = format!("{w}/members/{}", tea.id());
    c.call(&olga, "PUT", &format!("{tea_path}/role"), json!({ "role": "admin" })).await.expect(200);
    let own_seat = format!("{w}/members/{}/seat", olga.id());
    c.call(&olga, "PUT", &own_seat, json!({})).await.expect(200);
    c.call(&olga, "DELETE", &own_seat, Value::Null).await.expect(200);
    let seat = format!("{seats}/{}", text(&bought["items"][0]["id"]));
    c.post(&olga, &format!("{seat}/cancel"), Value::Null).await;
    c.post(&olga, &format!("{seat}/reactivate"), Value::Null).await;

    let requests = format!("{w}/leave-requests");
    for end in ["withdraw", "deny", "approve"] {
        let asked = c.post(&lee, &requests, json!({ "reason": "Moving on" })).await;
        let path = format!("{requests}/{}", text(&asked["id"]));
        if end == "withdraw" {
            c.call(&lee, "DELETE", &path, Value::Null).await.expect(204);
        } else {
            c.post(&olga, &format!("{path}/{end}"), json!({ "reason": "So be it" })).await;
        }
    }
    c.get(&olga, &requests).await;
    c.post(&tea, &format!("{w}/authorize"), json!({ "actions": ["viewAnalytics", "updateWorkspace"] })).await;
    c.get(&tea, &format!("{w}/permissions")).await;
    c.get(&olga, &format!("{w}/events")).await;

    // Time goes by: what was cancelled ends soon, what was offered is over.
    for seat in bought["items"].as_array().expect("seats") {
        c.post(&olga, &format!("{seats}/{}/cancel", text(&seat["id"])), Value::Null).await;
    }
    c.app.advance(25 * 24 * 3600).await;
    let olga = c.app.sign_in("olga@acme.example").await;
    c.get(&olga, &w).await;
    c.get(&olga, &invitations).await;
    c.app.advance(7 * 24 * 3600).await;
    let (olga, tea) = (c.app.sign_in("olga@acme.example").await, c.app.sign_in("tea@acme.example").await);
    c.get(&olga, &seats).await;
    c.get(&olga, &format!("{w}/members")).await;

    // And what is refused.
    c.call(&tea, "PATCH", &w, json!({ "name": "" })).await.expect_problem(422, "invalid_request");
    c.call(&tea, "PUT", &format!("{tea_path}/role"), json!({ "role": "member" }))
        .await
        .expect_problem(403, "own_role");
    c.call(&olga, "DELETE", &tea_path, Value::Null).await.expect(204);

    let (olga, tea) = in_role_seats(&mut client).await;
    // A refusal that tells how a quota stands.
    let c = &mut client;
    let w = c.app.workspace(&olga).await;
    let emails: Vec<_> = (0..20).map(|n| format!("many-{n}@acme.example")).collect();
    let invitations = format!("{w}/invitations");
    let unknown = json!({ "emails": ["more@acme.example"], "role": "wizard" });
    c.call(&olga, "POST", &invitations, unknown).await.expect_problem(422, "role_unknown");
    c.post(&olga, &invitations, json!({ "emails": emails })).await;
    c.get(&olga, &format!("{invitations}/quota")).await;
    let more = json!({ "emails": ["more@acme.example"] });
    c.call(&olga, "POST", &invitations, more).await.expect_problem(429, "invitation_quota_exceeded");
    c.call(&tea, "GET", &w, Value::Null).await.expect_problem(404, "not_found");

    paid_plans_and_credits(&mut client).await;
    keys_and_services(&mut client).await;
    let lacks = client.seen.lacks(&SeenFields::all());
    let lacks: Vec<&str> = lacks.iter().map(String::as_str).filter(|lack| !is_online(lack)).collect();
    // No domain expires here.
    assert_eq!(lacks, ["DomainStatus \"expired\""], "described, but never answered");
}

/// Whether only a product that is paid online answers it.
fn is_online(what: &str) -> bool {
    const TYPES: [&str; 5] =
        ["CancelledSubscription", "Invoice", "Portal", "WaitingPurchase", "WebhookTaken"];
    const FIELDS: [&str; 14] = [
        "BillingStatus \"active\"",
        "BillingStatus \"canceled\"",
        "BillingStatus \"canceling\"",
        "BillingStatus \"past_due\"",
        "BillingStatus \"unpaid\"",
        "Notice.payUrl",
        "Problem.payUrl",
        "Problem.purchaseId",
        "Purchase.checkoutUrl",
        "Purchase.payUrl",
        "PurchaseStatus \"action_required\"",
        "PurchaseStatus \"charging\"",
        "PurchaseStatus \"checkout\"",
        "PurchaseStatus \"expired\"",
    ];
    const MORE: [&str; 2] = ["PurchaseStatus \"discarded\"", "PurchaseStatus \"failed\""];
    TYPES.iter().any(|name| what.starts_with(name)) || FIELDS.contains(&what) || MORE.contains(&what)
}

/// What a workspace pays for: seats with add-ons, plans with extras, and credits.
async fn paid_plans_and_credits(c: &mut CheckedClient) {
    c.app = App::new().await;
    let olga = c.app.sign_in("olga@acme.example").await;
    let w = c.app.workspace(&olga).await;
    let bought = c.post(&olga, &format!("{w}/seats"), json!({ "tier": "basic", "quantity": 1 })).await;
    let seat = text(&bought["items"][0]["id"]);
    let tier = format!("{w}/seats/{seat}/tier");
    let more = json!({ "quantity": 1 });
    let everywhere = format!("{w}/add-ons/extra-telegram-accounts");
    c.call(&olga, "PUT", &everywhere, more.clone()).await.expect(200);
    c.call(
        &olga,
        "PUT",
        &format!("{w}/seats/{seat}/add-ons/extra-telegram-accounts"),
        json!({ "quantity": 2 }),
    )
    .await
    .expect(200);
    c.call(&olga, "PUT", &tier, json!({ "tier": "pro" })).await.expect(200);
    let change = json!({ "change": { "kind": "seats", "quantity": 2 } });
    c.post(&olga, &format!("{w}/purchases/preview"), change).await;
    for purchase in c.app.dump().await.purchases {
        let path = format!("{w}/purchases/{}", purchase.id);
        c.get(&olga, &path).await;
        c.call(&olga, "DELETE", &path, Value::Null).await.expect(200);
    }
    c.get(&olga, &format!("{w}/billing")).await;

    for (pack, plan) in [
        ("role-seats", json!({ "plan": "business", "seats": 7 })),
        ("role-ladder", json!({ "plan": "standard", "extras": [{ "id": "bots", "quantity": 1 }] })),
    ] {
        c.app = App::with_pack(pack).await;
        let olga = c.app.sign_in("olga@acme.example").await;
        let w = c.app.workspace(&olga).await;
        c.get(&olga, &format!("{w}/billing")).await;
        c.call(&olga, "PUT", &format!("{w}/plan"), plan).await.expect(200);
        let purchase = c.app.dump().await.purchases.remove(0);
        c.get(&olga, &format!("{w}/purchases/{}", purchase.id)).await;
    }
    let olga = c.app.sign_in("olga@acme.example").await;
    let resources = format!("{}/resources", c.app.workspace(&olga).await);
    c.post(&olga, &resources, json!({ "kind": "smtp-profile", "externalId": "one", "label": "One" })).await;
    c.get(&olga, &resources).await;
    for pack in ["purchased-seats", "role-seats", "role-ladder", "flat-owners"] {
        c.app = App::with_pack(pack).await;
        c.call(None, "GET", "/v1/product", Value::Null).await.expect(200);
    }
    let olga = c.app.sign_in("olga@acme.example").await;
    let w = c.app.workspace(&olga).await;
    let credits = format!("{w}/credits");
    c.post(&olga, &credits, json!({ "quantity": 1 })).await;
    c.post(&olga, &format!("{credits}/spend"), json!({ "amount": 1, "reason": "A call" })).await;
    c.get(&olga, &credits).await;
    let purchase = c.app.dump().await.purchases.remove(0);
    c.get(&olga, &format!("{w}/purchases/{}", purchase.id)).await;
}
