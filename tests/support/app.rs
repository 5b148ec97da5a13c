//! The whole service in memory, and people who use it. Requests go through the gateway, its JWT
//! authorizer and lambda_http, as on AWS; only the socket is left out.

use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use seatwise_cli::dev::{self, Data, Local, Options};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::contract;

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
            pack: pack.to_owned(),
            oidc: None,
            app_url: "https://app.example.com".to_owned(),
        };
        Self { local: Box::pin(dev::start(options)).await.expect("the service starts") }
    }

    /// A pack made of the built-in one, with some of its texts replaced.
    pub async fn with_changed_pack(file: &str, changes: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in seatwise_policy::packs::files("purchased-seats").expect("built in") {
            let mut text = text;
            if path == file {
                for (from, to) in changes {
                    assert!(text.contains(from), "{from} is not in {file}");
                    text = text.replace(from, to);
                }
            }
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        Self::with_pack(&format!("{}/", folder.path().display())).await
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
