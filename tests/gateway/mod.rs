//! The local service: the gateway, the sign-in, the mailbox, the pages, the process.

mod functions;
mod mail;
mod pages;
mod process;
mod requests;
mod services;
mod sign_in;

use std::path::Path;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use jsonwebtoken::EncodingKey;
use seatwise_cli::dev::{self, AUDIENCE, Billing, Data, ISSUER, Local, Options};
use seatwise_functions::service_clients::ServiceClients;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const APP: &str = "http://127.0.0.1:8787";

fn options(data: Data) -> Options {
    Options {
        data,
        pack: None,
        oidc: None,
        services: ServiceClients::default(),
        url: APP.to_owned(),
        app_url: APP.to_owned(),
        billing: Billing::OfPack,
    }
}

async fn memory() -> Local {
    memory_of(dev::DEFAULT_PACK).await
}

async fn memory_of(pack: &str) -> Local {
    let options = Options { pack: Some(pack.to_owned()), ..options(Data::Memory) };
    dev::start(options).await.expect("a local service")
}

/// A reply that was read to its end.
struct Reply {
    status: StatusCode,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    async fn read(reply: Response<Body>) -> Self {
        let (parts, body) = reply.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        Self { status: parts.status, headers: parts.headers, body }
    }

    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    fn must_be(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// A failure in the form that all failures have (K38).
    #[track_caller]
    fn must_fail(self, status: u16, code: &str) -> Self {
        let reply = self.must_be(status);
        assert_eq!(reply.header(header::CONTENT_TYPE), "application/problem+json");
        let problem = reply.json();
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)), "{problem}");
        reply
    }
}

async fn send(local: &Local, request: Request<Body>) -> Reply {
    Reply::read(local.router.clone().oneshot(request).await.expect("a reply")).await
}

fn request(method: Method, path: &str, token: Option<&str>, body: Option<&Value>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    match body {
        Some(body) => request
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request"),
        None => request.body(Body::empty()).expect("a request"),
    }
}

async fn fetch(local: &Local, path: &str, token: &str) -> Reply {
    send(local, request(Method::GET, path, Some(token), None)).await
}

async fn post(local: &Local, path: &str, token: &str, body: Value) -> Reply {
    send(local, request(Method::POST, path, Some(token), Some(&body))).await
}

async fn dev_post(local: &Local, path: &str, body: Value) -> Reply {
    send(local, request(Method::POST, path, None, Some(&body))).await
}

async fn sign_in(local: &Local, email: &str) -> String {
    let reply = dev_post(local, "/dev/sign-in", json!({ "email": email })).await.must_be(200);
    reply.json()["token"].as_str().expect("a token").to_owned()
}

fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

/// Claims that are good, until one is changed.
fn claims(local: &Local) -> Value {
    let now = local.clock.now().as_second();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "someone", "iat": now, "exp": now + 600,
        "email": "someone@x.example", "email_verified": true,
    })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().expect("claims").remove(name);
    claims
}

fn rsa_key() -> EncodingKey {
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der = STANDARD.encode(key.as_der().expect("its text").as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
    EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a key in PEM")
}

/// A workspace with a free seat: its path, and the token of who owns it.
async fn workspace(local: &Local, name: &str) -> (String, String) {
    let token = sign_in(local, "owner@x.example").await;
    let made = post(local, "/v1/workspaces", &token, json!({ "name": name })).await.must_be(201).json();
    let path = format!("/v1/workspaces/{}", made["id"].as_str().expect("an id"));
    post(local, &format!("{path}/seats"), &token, json!({"tier": "basic", "quantity": 3})).await.must_be(201);
    (path, token)
}

async fn invite(local: &Local, path: &str, token: &str, email: &str) {
    let body = json!({"emails": [email], "role": "member"});
    post(local, &format!("{path}/invitations"), token, body).await.must_be(201);
}

async fn mailbox(local: &Local, query: &str) -> Vec<Value> {
    let reply = fetch(local, &format!("/dev/mailbox{query}"), "").await.must_be(200);
    reply.json()["items"].as_array().expect("mails").clone()
}

/// The default pack under another name, in a folder.
fn pack_like_default(parent: &Path, name: &str) -> String {
    let folder = parent.join(name);
    for (path, text) in seatwise_policy::packs::files(dev::DEFAULT_PACK).expect("the default pack") {
        let file = folder.join(&path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        let named = format!("name = \"{}\"", dev::DEFAULT_PACK);
        std::fs::write(file, text.replace(&named, &format!("name = \"{name}\""))).expect("a file");
    }
    folder.to_str().expect("UTF-8").to_owned()
}
