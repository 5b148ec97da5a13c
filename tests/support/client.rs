//! The steps of people, whichever way their requests go: through the gateway of the local service
//! ([`App`](super::app::App)) or straight to a function process ([`Process`](super::process::Process)).

use http::{Method, Request};
use jiff::Timestamp;
use seatwise_cli::infra;
use seatwise_domain::WorkspaceId;
use seatwise_functions::Row;
use seatwise_functions::background::verify_domains::verify_by_hand;
use seatwise_store::Store;
use serde_json::{Value, json};

use super::contract;
use super::person::{Person, address};
use super::reply::{Reply, text, token_of};

/// A picture of one pixel.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1F, 0x15, 0xC4, 0x89, 0x00,
    0x00, 0x00, 0x0D, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9C, 0x63, 0x48, 0x48, 0xF8, 0xF1, 0x1F, 0x00, 0x05,
    0x94, 0x02, 0xB8, 0xCC, 0x8B, 0x0F, 0x02, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42,
    0x60, 0x82,
];

/// A picture of that many bytes, and of one pixel.
pub fn picture(size: usize) -> Vec<u8> {
    let mut picture = PNG.to_vec();
    picture.resize(size.max(PNG.len()), 0);
    picture
}

/// The workspace of a path.
#[track_caller]
pub fn id_of(workspace: &str) -> WorkspaceId {
    workspace.rsplit('/').next().and_then(|id| id.parse().ok()).expect("the path of a workspace")
}

/// The path of somebody's membership.
pub fn member_path(workspace: &str, who: &Person) -> String {
    format!("{workspace}/members/{}", who.id())
}

/// Somebody who sends a request, or nobody who is signed in.
pub trait Caller {
    /// The person.
    fn person(&self) -> Option<&Person>;
}

impl Caller for &Person {
    fn person(&self) -> Option<&Person> {
        Some(self)
    }
}

impl Caller for Option<&Person> {
    fn person(&self) -> Option<&Person> {
        *self
    }
}

/// A running service that people use. Whatever takes a person's name also takes an address.
pub trait Client {
    /// Sends one request.
    async fn send_as(&self, who: Option<&Person>, request: Request<Vec<u8>>) -> Reply;

    /// Somebody signs in with a verified address.
    async fn sign_in(&self, email: &str) -> Person;

    /// The table, as operators reach it.
    fn store(&self) -> Store;

    /// The service's time.
    fn now(&self) -> Timestamp;

    /// One request of somebody, with a JSON body unless it is null.
    async fn call(&self, who: impl Caller, method: &str, path: &str, body: Value) -> Reply {
        self.call_with(who, method, path, body, &[]).await
    }

    /// One request with more headers.
    async fn call_with(
        &self,
        who: impl Caller,
        method: &str,
        path: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Reply {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send_as(who.person(), request(method, path, "application/json", headers, body)).await
    }

    /// One request with an `Idempotency-Key`, if there is one.
    async fn call_with_key(
        &self,
        who: impl Caller,
        method: &str,
        path: &str,
        body: Value,
        key: Option<&str>,
    ) -> Reply {
        let key = key.map(|key| ("idempotency-key", key));
        self.call_with(who, method, path, body, key.as_slice()).await
    }

    /// One request with a body of another kind than JSON.
    async fn call_raw(&self, who: impl Caller, method: &str, path: &str, kind: &str, body: &[u8]) -> Reply {
        self.send_as(who.person(), request(method, path, kind, &[], body.to_vec())).await
    }

    /// One request to an operation: with this body, or with a picture where it takes no JSON.
    async fn ask(&self, who: impl Caller, row: &Row, path: &str, body: Value) -> Reply {
        let method = row.method.as_str();
        if contract::takes_json(row) {
            self.call(who, method, path, body).await
        } else {
            self.call_raw(who, method, path, "image/png", PNG).await
        }
    }

    /// `GET` of somebody.
    async fn get(&self, who: &Person, path: &str) -> Reply {
        self.call(who, "GET", path, Value::Null).await
    }

    /// `POST` of somebody.
    async fn post(&self, who: &Person, path: &str, body: Value) -> Reply {
        self.call(who, "POST", path, body).await
    }

    /// Somebody creates a workspace; its path.
    async fn workspace(&self, owner: &Person) -> String {
        let made = self.post(owner, "/v1/workspaces", json!({ "name": "Acme" })).await.expect(201);
        format!("/v1/workspaces/{}", text(&made["id"]))
    }

    /// Buys seats; their ids.
    async fn buy(&self, owner: &Person, workspace: &str, tier: &str, quantity: usize) -> Vec<String> {
        let body = json!({ "tier": tier, "quantity": quantity });
        let bought = self.post(owner, &format!("{workspace}/seats"), body).await.expect(201);
        bought["items"].as_array().expect("seats").iter().map(|seat| text(&seat["id"])).collect()
    }

    /// Buys a place for each of so many members beyond those that the plan `standard` of role-ladder includes.
    async fn buy_places(&self, owner: &Person, workspace: &str, places: usize) {
        let extras = json!([{ "id": "members", "quantity": places }]);
        let body = json!({ "plan": "standard", "extras": extras });
        self.call(owner, "PUT", &format!("{workspace}/plan"), body).await.expect(200);
    }

    /// Invites somebody by mail; the invitation.
    async fn invite(
        &self,
        by: &Person,
        workspace: &str,
        whom: &(impl AsRef<str> + ?Sized),
        role: &str,
    ) -> Value {
        let body = json!({ "emails": [address(whom.as_ref())], "role": role });
        let invited = self.post(by, &format!("{workspace}/invitations"), body).await.expect(201);
        invited["items"][0]["invitation"].clone()
    }

    /// Makes an invitation link for one person; the invitation.
    async fn single_use_link(&self, by: &Person, workspace: &str, role: &str) -> Value {
        let path = format!("{workspace}/invitations");
        let made = self.post(by, &path, json!({ "role": role })).await.expect(201);
        made["items"][0]["invitation"].clone()
    }

    /// Makes the link of a role; its URL.
    async fn role_link(&self, by: &Person, workspace: &str, role: &str) -> String {
        let made = self.call(by, "PUT", &format!("{workspace}/links/{role}"), Value::Null).await.expect(200);
        text(&made["url"])
    }

    /// Accepts an invitation by its link.
    async fn join(&self, who: &Person, invitation: &Value) -> Reply {
        self.join_by(who, &text(&invitation["url"])).await
    }

    /// Joins by the URL of a link.
    async fn join_by(&self, who: &Person, url: &str) -> Reply {
        self.post(who, "/v1/join", json!({ "token": token_of(url) })).await
    }

    /// A new member, on whatever seat is free: somebody is invited by mail, signs in and joins.
    async fn bring(&self, by: &Person, workspace: &str, whom: &str, role: &str) -> Person {
        let invitation = self.invite(by, workspace, whom, role).await;
        let person = self.sign_in(&address(whom)).await;
        self.join(&person, &invitation).await.expect(200);
        person
    }

    /// A new member, on a seat that is bought for them.
    async fn member(&self, owner: &Person, workspace: &str, whom: &str, role: &str) -> Person {
        self.buy(owner, workspace, "pro", 1).await;
        self.bring(owner, workspace, whom, role).await
    }

    /// Gives somebody another role.
    async fn change_role(&self, by: &Person, workspace: &str, whom: &Person, role: &str) -> Reply {
        let path = format!("{}/role", member_path(workspace, whom));
        self.call(by, "PUT", &path, json!({ "role": role })).await
    }

    /// Removes a member.
    async fn remove(&self, by: &Person, workspace: &str, whom: &Person) -> Reply {
        self.call(by, "DELETE", &member_path(workspace, whom), Value::Null).await
    }

    /// Revokes an invitation.
    async fn revoke(&self, by: &Person, workspace: &str, invitation: &Value) -> Reply {
        let path = format!("{workspace}/invitations/{}", text(&invitation["id"]));
        self.call(by, "DELETE", &path, Value::Null).await
    }

    /// Asks to leave; the path of the request.
    async fn ask_to_leave(&self, who: &Person, workspace: &str) -> String {
        let asked = self.post(who, &format!("{workspace}/leave-requests"), Value::Null).await.expect(201);
        format!("{workspace}/leave-requests/{}", text(&asked["id"]))
    }

    /// Gives a workspace a logo; its address, without scheme and host.
    async fn logo(&self, owner: &Person, workspace: &str) -> String {
        let uploaded = self.call_raw(owner, "PUT", &format!("{workspace}/logo"), "image/png", PNG).await;
        let url = text(&uploaded.expect(200)["logoUrl"]);
        url[url.find("/v1/").expect("a path")..].to_owned()
    }

    /// The actions of these that somebody may do.
    async fn allowed<'a>(&self, who: &Person, workspace: &str, actions: &[&'a str]) -> Vec<&'a str> {
        let path = format!("{workspace}/authorize");
        let asked = self.post(who, &path, json!({ "actions": actions })).await.expect(200);
        let decisions = asked["decisions"].as_array().expect("decisions");
        let decided = actions.iter().zip(decisions);
        let is_allowed = |(action, decision): &(&&str, &Value)| {
            assert_eq!(decision["action"], **action);
            decision["allowed"] == true
        };
        decided.filter(is_allowed).map(|(action, _)| *action).collect()
    }

    /// The addresses that a list of members shows.
    async fn listed(&self, who: &Person, workspace: &str, query: &str) -> Vec<String> {
        let list = self.get(who, &format!("{workspace}/members{query}")).await.expect(200);
        list["items"].as_array().expect("a list").iter().map(|member| text(&member["email"])).collect()
    }

    /// A member, as the list of members shows them.
    async fn shown(&self, by: &Person, workspace: &str, whom: &Person) -> Value {
        let list = self.get(by, &format!("{workspace}/members?limit=100")).await.expect(200);
        let mut items = list["items"].as_array().expect("a list").iter();
        items.find(|member| member["userId"] == json!(whom.id())).cloned().unwrap_or_default()
    }

    /// The numbers of all, filled and available seats.
    async fn seats(&self, who: &Person, workspace: &str) -> [i64; 3] {
        let seats = self.get(who, workspace).await.expect(200)["seats"].clone();
        ["total", "filled", "available"].map(|count| seats[count].as_i64().expect("a count"))
    }

    /// The operator puts a workspace on a plan.
    async fn set_plan(&self, workspace: &str, plan: &str) {
        infra::set_plan(&self.store(), id_of(workspace), plan, self.now())
            .await
            .expect("a plan of the product");
    }

    /// The operator verifies a claimed domain, for each workspace that has claimed it.
    async fn verify_domain(&self, domain: &str) {
        let domain = domain.parse().expect("a domain");
        let verified = verify_by_hand(&self.store(), &domain, self.now()).await.expect("written");
        assert!(verified > 0, "nobody has claimed {domain}");
    }
}

/// A request, as a client sends it.
fn request(
    method: &str,
    path: &str,
    kind: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Request<Vec<u8>> {
    let method: Method = method.parse().expect("a method");
    let request = Request::builder().method(method).uri(path).header("content-type", kind);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(body).expect("a request")
}
