//! The whole service in memory, and people who use it. Requests go through the gateway, its JWT
//! authorizer and lambda_http, as on AWS; only the socket is left out.

use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use seatwise_cli::dev::{self, Data, Local, Options};
use seatwise_functions::Row;
use seatwise_policy::Files;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::contract;

/// A picture of one pixel.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1F, 0x15, 0xC4, 0x89, 0x00,
    0x00, 0x00, 0x0D, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9C, 0x63, 0x48, 0x48, 0xF8, 0xF1, 0x1F, 0x00, 0x05,
    0x94, 0x02, 0xB8, 0xCC, 0x8B, 0x0F, 0x02, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42,
    0x60, 0x82,
];

/// A running service.
#[derive(Clone)]
pub struct App {
    /// What runs.
    pub local: Local,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their address.
    pub email: String,
    /// Their access token.
    pub token: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null if it is none.
    pub json: Value,
    /// The body.
    pub text: String,
}

impl Reply {
    /// The problem's code.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// Fails the test unless the status is this one; says what came instead.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json
    }

    /// Fails the test unless it is this problem, as problem+json.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        self.json
    }
}

impl App {
    /// The pack that most tests are about.
    pub async fn new() -> Self {
        Self::with_pack("purchased-seats").await
    }

    /// A built-in pack by name, or one in a folder.
    pub async fn with_pack(pack: &str) -> Self {
        let options = Options {
            data: Data::Memory,
            pack: Some(pack.to_owned()),
            oidc: None,
            app_url: "https://app.example.com".to_owned(),
        };
        Self { local: Box::pin(dev::start(options)).await.expect("the service starts") }
    }

    /// A pack made of the built-in one, with some of its texts replaced.
    pub async fn with_changed_pack(file: &str, changes: &[(&str, &str)]) -> Self {
        let edits: Vec<_> = changes.iter().map(|(from, to)| (file, *from, *to)).collect();
        Self::with_edited_pack("purchased-seats", &edits).await
    }

    /// One request. What is answered must be as the API reference describes it.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let row = contract::row(request.method(), request.uri().path());
        let response = self.local.router.clone().oneshot(request).await.expect("a router does not fail");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let reply = Reply { status: parts.status, headers: parts.headers, json, text };
        if let Some(row) = row {
            contract::check(row, &reply);
        }
        reply
    }

    /// One request of somebody, with a JSON body unless it is null.
    pub async fn call(
        &self,
        who: impl Into<Option<&Person>>,
        method: &str,
        path: &str,
        body: Value,
    ) -> Reply {
        self.call_with(who, method, path, body, &[]).await
    }

    /// One request with more headers.
    pub async fn call_with(
        &self,
        who: impl Into<Option<&Person>>,
        method: &str,
        path: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Reply {
        let method: Method = method.parse().expect("a method");
        let mut request =
            Request::builder().method(method).uri(path).header("content-type", "application/json");
        if let Some(person) = who.into() {
            request = request.header("authorization", format!("Bearer {}", person.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(request.body(body).expect("a request")).await
    }

    /// One request with a body of another kind than JSON.
    pub async fn call_raw(
        &self,
        who: impl Into<Option<&Person>>,
        method: &str,
        path: &str,
        kind: &str,
        body: &[u8],
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("content-type", kind);
        if let Some(person) = who.into() {
            request = request.header("authorization", format!("Bearer {}", person.token));
        }
        self.send(request.body(Body::from(body.to_vec())).expect("a request")).await
    }

    /// One request of an operation: with this body, or with a picture where it takes no JSON.
    pub async fn ask(&self, who: impl Into<Option<&Person>>, row: &Row, path: &str, body: Value) -> Reply {
        let method = row.method.as_str();
        if contract::takes_json(row) {
            self.call(who, method, path, body).await
        } else {
            self.call_raw(who, method, path, "image/png", PNG).await
        }
    }

    /// `GET` of somebody.
    pub async fn get(&self, who: &Person, path: &str) -> Reply {
        self.call(who, "GET", path, Value::Null).await
    }

    /// `POST` of somebody.
    pub async fn post(&self, who: &Person, path: &str, body: Value) -> Reply {
        self.call(who, "POST", path, body).await
    }

    /// Somebody signs in with a verified address.
    pub async fn sign_in(&self, email: &str) -> Person {
        self.sign_in_as(json!({ "email": email })).await
    }

    /// Somebody signs in.
    pub async fn sign_in_as(&self, body: Value) -> Person {
        let reply = self.call(None, "POST", "/dev/sign-in", body.clone()).await.expect(200);
        let token = reply["token"].as_str().expect("a token").to_owned();
        Person { email: body["email"].as_str().unwrap_or_default().to_owned(), token }
    }

    /// The person's id.
    pub async fn id_of(&self, who: &Person) -> String {
        text(&self.get(who, "/v1/me").await.expect(200)["id"])
    }

    /// A workspace of somebody; its path.
    pub async fn workspace(&self, owner: &Person) -> String {
        let made = self.post(owner, "/v1/workspaces", json!({ "name": "Acme" })).await.expect(201);
        format!("/v1/workspaces/{}", text(&made["id"]))
    }

    /// Buys seats; their ids.
    pub async fn buy(&self, owner: &Person, workspace: &str, tier: &str, quantity: u32) -> Vec<String> {
        let body = json!({ "tier": tier, "quantity": quantity });
        let bought = self.post(owner, &format!("{workspace}/seats"), body).await.expect(201);
        bought["items"].as_array().expect("seats").iter().map(|seat| text(&seat["id"])).collect()
    }

    /// Invites somebody by address; the invitation.
    pub async fn invite(&self, owner: &Person, workspace: &str, email: &str, role: &str) -> Value {
        let body = json!({ "emails": [email], "role": role });
        let invited = self.post(owner, &format!("{workspace}/invitations"), body).await.expect(201);
        invited["items"][0]["invitation"].clone()
    }

    /// Joins by a link.
    pub async fn join(&self, who: &Person, url: &str) -> Reply {
        self.post(who, "/v1/join", json!({ "token": token_of(url) })).await
    }

    /// Somebody new in a workspace: a seat is bought for them, they are invited and join.
    pub async fn member(&self, owner: &Person, workspace: &str, email: &str, role: &str) -> Person {
        self.buy(owner, workspace, "pro", 1).await;
        let invitation = self.invite(owner, workspace, email, role).await;
        let person = self.sign_in(email).await;
        self.join(&person, &text(&invitation["url"])).await.expect(200);
        person
    }

    /// Puts a workspace on a plan.
    pub async fn plan(&self, workspace: &str, plan: &str) {
        let body = json!({ "workspaceId": workspace.rsplit('/').next(), "plan": plan });
        self.call(None, "POST", "/dev/plan", body).await.expect(204);
    }

    /// Gives a workspace a logo; where it is, without scheme and host.
    pub async fn logo(&self, owner: &Person, workspace: &str) -> String {
        let uploaded = self.call_raw(owner, "PUT", &format!("{workspace}/logo"), "image/png", PNG).await;
        let url = text(&uploaded.expect(200)["logoUrl"]);
        url[url.find("/v1/").expect("a path")..].to_owned()
    }

    /// Moves the service's time.
    pub async fn advance(&self, seconds: i64) {
        self.call(None, "POST", "/dev/clock", json!({ "advanceSeconds": seconds })).await.expect(200);
    }
}

/// A JSON text.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

/// The token of a link.
#[track_caller]
pub fn token_of(url: &str) -> &str {
    url.split_once("#token=").expect("a link").1
}

/// The files of a built-in pack, with some texts replaced: in which file, what, by what. Its cases are
/// about the pack as it was: one that always holds stands for them.
pub fn edited(pack: &str, edits: &[(&str, &str, &str)]) -> Files {
    const CASE: &str = r#"[[case]]
        name = "whoever signs in enters"
        given = { caller = "user" }
        when = { action = "enter" }
        then = "allow""#;
    let mut files = seatwise_policy::packs::files(pack).expect("built in");
    files.retain(|path, _| !path.starts_with("cases/"));
    files.insert("cases/edited.toml".to_owned(), CASE.to_owned());
    for (file, from, to) in edits {
        let text = files.get_mut(*file).unwrap_or_else(|| panic!("{pack} has no {file}"));
        assert!(text.contains(from), "{from} is not in {file}");
        *text = text.replace(from, to);
    }
    files
}

/// What the tests of all packs do.
impl App {
    /// A pack made of a built-in one, with some texts replaced. It starts only if it is sound.
    pub async fn with_edited_pack(pack: &str, edits: &[(&str, &str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in edited(pack, edits) {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        Self::with_pack(&format!("{}/", folder.path().display())).await
    }

    /// Somebody is invited by address, signs in and joins, on whatever seat there is.
    pub async fn bring(&self, by: &Person, workspace: &str, email: &str, role: &str) -> Person {
        let invitation = self.invite(by, workspace, email, role).await;
        let person = self.sign_in(email).await;
        self.join(&person, &text(&invitation["url"])).await.expect(200);
        person
    }

    /// The path of somebody's membership.
    pub async fn path_of(&self, workspace: &str, who: &Person) -> String {
        format!("{workspace}/members/{}", self.id_of(who).await)
    }

    /// Gives somebody another role.
    pub async fn change_role(&self, by: &Person, workspace: &str, whom: &Person, role: &str) -> Reply {
        let path = format!("{}/role", self.path_of(workspace, whom).await);
        self.call(by, "PUT", &path, json!({ "role": role })).await
    }

    /// Removes somebody.
    pub async fn remove(&self, by: &Person, workspace: &str, whom: &Person) -> Reply {
        self.call(by, "DELETE", &self.path_of(workspace, whom).await, Value::Null).await
    }

    /// Makes the link for a role.
    pub async fn link(&self, by: &Person, workspace: &str, role: &str) -> String {
        let made = self.call(by, "PUT", &format!("{workspace}/links/{role}"), Value::Null).await.expect(200);
        text(&made["url"])
    }

    /// Puts a workspace on a plan, as an operator does.
    pub async fn put_on_plan(&self, workspace: &str, plan: &str) -> Reply {
        let id = workspace.rsplit('/').next();
        self.call(None, "POST", "/dev/plan", json!({ "workspaceId": id, "plan": plan })).await
    }

    /// A workspace links a domain, and shows that it is theirs.
    pub async fn own_domain(&self, by: &Person, workspace: &str, domain: &str) {
        let path = format!("{workspace}/domains/{domain}");
        assert_eq!(self.call(by, "PUT", &path, Value::Null).await.expect(200)["status"], "claimed");
        self.call(None, "POST", "/dev/verify-domain", json!({ "domain": domain })).await.expect(200);
    }

    /// Which of these actions somebody may do.
    pub async fn allowed<'a>(&self, who: &Person, workspace: &str, actions: &[&'a str]) -> Vec<&'a str> {
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
    pub async fn listed(&self, who: &Person, workspace: &str, query: &str) -> Vec<String> {
        let list = self.get(who, &format!("{workspace}/members{query}")).await.expect(200);
        list["items"].as_array().expect("a list").iter().map(|member| text(&member["email"])).collect()
    }

    /// What a list of members shows of somebody.
    pub async fn shown(&self, by: &Person, workspace: &str, whom: &Person) -> Value {
        let id = json!(self.id_of(whom).await);
        let list = self.get(by, &format!("{workspace}/members?limit=100")).await.expect(200);
        let mut items = list["items"].as_array().expect("a list").iter();
        items.find(|member| member["userId"] == id).cloned().unwrap_or_default()
    }

    /// How many seats there are, are filled, and are free.
    pub async fn seats(&self, who: &Person, workspace: &str) -> [i64; 3] {
        let seats = self.get(who, workspace).await.expect(200)["seats"].clone();
        ["total", "filled", "available"].map(|count| seats[count].as_i64().expect("a count"))
    }
}
