//! Signing in, with the built-in issuer and with another one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::body::Body;
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Json, Router};
use futures::future::join_all;
use http::{Method, Request, StatusCode};
use jiff::SignedDuration;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use seatwise_cli::dev::{self, AUDIENCE, Data, ISSUER, IssuerError, Local, Oidc, Options, StartError};
use seatwise_functions::service_clients::ServiceClients;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    APP, claims, claims_of, dev_post, fetch, memory, options, post, request, rsa_key, send, sign_in, with,
    without, workspace,
};

#[tokio::test]
async fn the_same_email_is_the_same_person() {
    let local = memory().await;
    let one = claims_of(&sign_in(&local, "Tea.Mate@Bücher.example").await);
    for spelling in
        ["tea.mate@bücher.example", "TEA.MATE@xn--bcher-kva.example", " tea.mate@bu\u{308}cher.example"]
    {
        let other = claims_of(&sign_in(&local, spelling).await);
        assert_eq!(one["sub"], other["sub"], "{spelling}");
    }
    assert_ne!(one["sub"], claims_of(&sign_in(&local, "tea+mate@bücher.example").await)["sub"]);
    assert_eq!(
        (&one["iss"], &one["aud"], &one["email_verified"]),
        (&json!(ISSUER), &json!(AUDIENCE), &json!(true))
    );

    let named =
        json!({"email": "a@x.example", "firstName": "Ada", "lastName": "Lovelace", "emailVerified": false});
    let reply = dev_post(&local, "/dev/sign-in", named).await.must_be(200);
    let claims = claims_of(reply.json()["token"].as_str().expect("a token"));
    assert_eq!((&claims["given_name"], &claims["family_name"]), (&json!("Ada"), &json!("Lovelace")));
    assert_eq!(claims["email_verified"], false);
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_is_refused() {
    let local = memory().await;
    for (body, field) in [
        (json!({}), "email"),
        (json!({"email": "nobody"}), "email"),
        (json!({"email": 7}), "email"),
        (json!({"email": "a@x.example", "admin": true}), "admin"),
        (json!({"email": "a@x.example", "emailVerified": "yes"}), "emailVerified"),
        (json!({"email": "a@x.example", "firstName": "a\nb"}), "firstName"),
    ] {
        let reply = dev_post(&local, "/dev/sign-in", body).await.must_fail(422, "invalid_request");
        assert_eq!(reply.json()["errors"][0]["field"], field);
    }
    for body in ["", "{", "[]", "null"] {
        let request = Request::post("/dev/sign-in").body(Body::from(body)).expect("a request");
        send(&local, request).await.must_fail(400, "malformed_request");
    }
}

#[tokio::test]
async fn the_built_in_issuer_publishes_its_key() {
    let local = memory().await;
    let discovery = fetch(&local, "/.well-known/openid-configuration", "").await.must_be(200).json();
    assert_eq!(discovery["issuer"], ISSUER);
    assert_eq!(discovery["jwks_uri"], format!("{APP}/.well-known/jwks.json"));
    let keys = fetch(&local, "/.well-known/jwks.json", "").await.must_be(200).json();
    let token = sign_in(&local, "ada@x.example").await;
    let header = jsonwebtoken::decode_header(&token).expect("a header");
    assert_eq!(keys["keys"][0]["kid"], json!(header.kid));
    assert_eq!(keys["keys"][0].get("d"), None);
}

/// An issuer of somebody else's, which counts what it is asked.
struct Issuer {
    url: String,
    key: EncodingKey,
    discoveries: Arc<AtomicUsize>,
    fetches: Arc<AtomicUsize>,
    down: Arc<AtomicBool>,
}

impl Issuer {
    async fn start() -> Self {
        let key = rsa_key();
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).expect("a public key");
        jwk.common.key_id = Some("theirs".to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let (discoveries, fetches) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let down = Arc::<AtomicBool>::default();
        let discovery = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        // Beside a good key, ones that must not matter.
        let keys = json!({"keys": [{"kty": "odd"}, {"kty": "EC", "crv": "x"}, jwk]});
        let counted = |count: &Arc<AtomicUsize>, answer: Value| {
            let (count, down) = (Arc::clone(count), Arc::clone(&down));
            get(move || async move {
                count.fetch_add(1, Ordering::SeqCst);
                if down.load(Ordering::SeqCst) {
                    return StatusCode::SERVICE_UNAVAILABLE.into_response();
                }
                Json(answer).into_response()
            })
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", counted(&discoveries, discovery))
            .route("/keys", counted(&fetches, keys));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, key, discoveries, fetches, down }
    }

    fn token(&self, local: &Local, kid: &str) -> String {
        self.sign(kid, claims(local))
    }

    fn sign(&self, kid: &str, claims: Value) -> String {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::RS256) };
        let claims = with(claims, "iss", json!(self.url));
        jsonwebtoken::encode(&header, &claims, &self.key).expect("a token")
    }

    fn asked(&self) -> (usize, usize) {
        (self.discoveries.load(Ordering::SeqCst), self.fetches.load(Ordering::SeqCst))
    }
}

async fn trusting(issuer: &Issuer) -> Local {
    let oidc = Oidc { issuer: issuer.url.clone(), audience: AUDIENCE.to_owned() };
    dev::start(Options { oidc: Some(oidc), ..options(Data::Memory) }).await.expect("a local service")
}

#[tokio::test]
async fn an_outside_issuer_is_trusted_beside_the_own() {
    let issuer = Issuer::start().await;
    let local = trusting(&issuer).await;
    assert_eq!(issuer.asked(), (1, 1), "a wrong URL shows at the start");
    fetch(&local, "/v1/workspaces", &issuer.token(&local, "theirs")).await.must_be(200);
    let own = sign_in(&local, "ada@x.example").await;
    fetch(&local, "/v1/workspaces", &own).await.must_be(200);
    let other = with(with(claims(&local), "iss", json!(issuer.url)), "aud", json!("other"));
    let header = Header { kid: Some("theirs".to_owned()), ..Header::new(Algorithm::RS256) };
    let other = jsonwebtoken::encode(&header, &other, &issuer.key).expect("a token");
    fetch(&local, "/v1/workspaces", &other).await.must_fail(401, "unauthenticated");
    // Theirs is not ours: their key does not speak for our issuer.
    let forged = jsonwebtoken::encode(&header, &claims(&local), &issuer.key).expect("a token");
    fetch(&local, "/v1/workspaces", &forged).await.must_fail(401, "unauthenticated");
    assert_eq!(issuer.asked(), (1, 1));
}

/// As Cognito does it: the token of a backend has no audience, and its subject is its client.
#[tokio::test]
async fn k64_services_of_an_outside_issuer_are_listed() {
    let issuer = Issuer::start().await;
    let local = dev::start(Options {
        oidc: Some(Oidc { issuer: issuer.url.clone(), audience: format!("{AUDIENCE},their-app,other-app") }),
        services: ServiceClients::parse("backend=their-app;scope=seatwise/all").expect("a setting"),
        ..options(Data::Memory)
    });
    let local = local.await.expect("a local service");
    let (path, _) = workspace(&local, "Acme").await;
    let person = |claims: &[(&str, Value)]| {
        let base = self::claims(&local);
        issuer.sign("theirs", claims.iter().fold(base, |all, (name, value)| with(all, name, value.clone())))
    };
    let client = |claims: &[(&str, Value)]| {
        let base = ["aud", "email", "email_verified"].into_iter().fold(self::claims(&local), without);
        issuer.sign("theirs", claims.iter().fold(base, |all, (name, value)| with(all, name, value.clone())))
    };
    let enter = async |token: &str| send(&local, request(Method::POST, "/v1/me", Some(token), None)).await;
    let backend = [("sub", json!("their-app")), ("client_id", json!("their-app"))];
    let scope = ("scope", json!("openid seatwise/all"));
    let token = client(&[&backend[..], std::slice::from_ref(&scope)].concat());
    assert_eq!(fetch(&local, &path, &token).await.must_be(200).json()["role"], Value::Null);

    // Dressed as a person, it is no person; without its scope, it is nobody, whoever it is dressed as.
    let dress =
        [("email", json!("ada@x.example")), ("email_verified", json!(true)), ("given_name", json!("Ada"))];
    let dressed = client(&[&backend[..], &dress, std::slice::from_ref(&scope)].concat());
    let refused = enter(&dressed).await.must_fail(403, "forbidden").json();
    assert_eq!(refused["reason"], "people_only");
    let nobody = [
        client(&backend),
        client(&[&backend[..], &dress].concat()),
        // Not listed.
        client(&[("sub", json!("other-app")), ("client_id", json!("other-app")), scope.clone()]),
        client(&[&[("sub", json!("other-app")), ("client_id", json!("other-app"))], &dress[..]].concat()),
    ];
    for token in &nobody {
        fetch(&local, &path, token).await.must_fail(401, "unauthenticated");
        enter(token).await.must_fail(401, "unauthenticated");
    }

    // A person signs in through the same client, with the same scopes.
    let through = [("client_id", json!("their-app")), ("azp", json!("their-app")), scope.clone()];
    let built_in = ("sub", json!("service:backend"));
    for token in [person(&through), person(&[&through[..], &[built_in]].concat())] {
        fetch(&local, &path, &token).await.must_fail(404, "not_found");
        let set = format!("{}/plan", path.replace("/v1/", "/v1/service/"));
        let body = json!({ "plan": "workspace" });
        let refused = send(&local, request(Method::PUT, &set, Some(&token), Some(&body))).await;
        assert_eq!(refused.must_fail(403, "forbidden").json()["reason"], "services_only");
        enter(&token).await.must_be(200);
    }
    // The list is about the outside issuer alone.
    let header = local.issuer.header();
    let own = [("sub", json!("their-app")), ("aud", json!(AUDIENCE)), scope];
    let own = own.iter().fold(claims(&local), |all, (name, value)| with(all, name, value.clone()));
    fetch(&local, &path, &local.issuer.sign(&header, &own).expect("a token"))
        .await
        .must_fail(404, "not_found");
}

#[tokio::test]
async fn k34_a_flood_of_unknown_keys_asks_once() {
    let issuer = Issuer::start().await;
    let local = trusting(&issuer).await;
    let flood = || async {
        let tokens: Vec<String> = (0..50).map(|n| issuer.token(&local, &format!("unknown-{n}"))).collect();
        let replies = join_all(tokens.iter().map(|token| fetch(&local, "/v1/workspaces", token))).await;
        for reply in replies {
            reply.must_fail(401, "unauthenticated");
        }
    };
    flood().await;
    assert_eq!(issuer.asked(), (1, 1));
    fetch(&local, "/v1/workspaces", &issuer.token(&local, "theirs")).await.must_be(200);
    flood().await;
    assert_eq!(issuer.asked(), (1, 1), "within the interval");
    local.clock.advance(SignedDuration::from_secs(31)).expect("a later time");
    flood().await;
    assert_eq!(issuer.asked(), (1, 2), "once an interval");
}

#[tokio::test]
async fn k34_known_keys_stay_while_the_issuer_is_down() {
    let issuer = Issuer::start().await;
    issuer.down.store(true, Ordering::SeqCst);
    let local = trusting(&issuer).await;
    fetch(&local, "/v1/workspaces", &issuer.token(&local, "theirs")).await.must_fail(401, "unauthenticated");
    assert_eq!(issuer.asked(), (1, 0));
    issuer.down.store(false, Ordering::SeqCst);
    local.clock.advance(SignedDuration::from_secs(31)).expect("a later time");
    fetch(&local, "/v1/workspaces", &issuer.token(&local, "theirs")).await.must_be(200);
    assert_eq!(issuer.asked(), (2, 1));

    issuer.down.store(true, Ordering::SeqCst);
    // Long after: asked again, in vain.
    local.clock.advance(SignedDuration::from_hours(48)).expect("a later time");
    fetch(&local, "/v1/workspaces", &issuer.token(&local, "theirs")).await.must_be(200);
    fetch(&local, "/v1/workspaces", &issuer.token(&local, "theirs")).await.must_be(200);
    assert_eq!(issuer.asked(), (2, 2));
}

#[tokio::test]
async fn an_issuer_of_another_name_is_refused_at_the_start() {
    let issuer = Issuer::start().await;
    let oidc = Oidc { issuer: format!("{}/", issuer.url), audience: AUDIENCE.to_owned() };
    let started = dev::start(Options { oidc: Some(oidc), ..options(Data::Memory) }).await;
    assert!(
        matches!(started, Err(StartError::Issuer(IssuerError::OtherIssuer))),
        "its document names another"
    );
}

#[tokio::test]
async fn an_issuer_over_an_open_line_is_refused() {
    for issuer in ["http://id.example", "id.example", ""] {
        let oidc = Oidc { issuer: issuer.to_owned(), audience: AUDIENCE.to_owned() };
        let started = dev::start(Options { oidc: Some(oidc), ..options(Data::Memory) }).await;
        assert!(matches!(started, Err(StartError::Issuer(_))), "{issuer}");
    }
}

/// A token of the built-in issuer with these claims.
fn signed(local: &Local, claims: &Value) -> String {
    local.issuer.sign(&local.issuer.header(), claims).expect("a token")
}

#[tokio::test]
async fn k51_a_token_that_names_nobody_is_refused() {
    let local = memory().await;
    let nested = [json!([]), json!(["someone"]), json!({"a": "b"})];
    let texts = ["", " ", "<nil>", "null", "[a b]", "map[a:b]"].map(Value::from);
    for sub in [json!(null), json!(7), json!(true)].into_iter().chain(nested).chain(texts) {
        let token = signed(&local, &with(claims(&local), "sub", sub));
        fetch(&local, "/v1/workspaces", &token).await.must_fail(401, "unauthenticated");
    }
    let token = signed(&local, &without(claims(&local), "sub"));
    fetch(&local, "/v1/workspaces", &token).await.must_fail(401, "unauthenticated");
}

#[tokio::test]
async fn k51_claims_that_say_nothing_are_absent() {
    let local = memory().await;
    let enter = async |claims: &Value| post(&local, "/v1/me", &signed(&local, claims), json!({})).await;
    let nested = [json!([]), json!(["someone@x.example"]), json!({"a": "someone@x.example"})];
    let texts = ["", " ", "<nil>", "null"].map(Value::from);
    for nothing in [json!(null), json!(true)].into_iter().chain(nested).chain(texts) {
        let nameless = with(claims(&local), "email", nothing.clone());
        enter(&nameless).await.must_fail(403, "email_required");
        let unnamed = with(with(claims(&local), "given_name", nothing.clone()), "family_name", nothing);
        let user = enter(&unnamed).await.must_be(200).json()["user"].clone();
        assert_eq!((&user["firstName"], &user["lastName"]), (&Value::Null, &Value::Null));
    }
    enter(&without(claims(&local), "email")).await.must_fail(403, "email_required");
    // Nothing but true is true.
    let others =
        [json!(null), json!(1), json!("TRUE"), json!("yes"), json!(["true"]), json!(false), json!(" true")];
    for (number, verified) in others.into_iter().enumerate() {
        let claims =
            with(with(claims(&local), "email_verified", verified), "sub", json!(format!("s{number}")));
        assert_eq!(enter(&claims).await.must_be(200).json()["user"]["emailVerified"], false, "{claims}");
    }
    for verified in [json!(true), json!("true")] {
        let claims = with(claims(&local), "email_verified", verified);
        assert_eq!(enter(&claims).await.must_be(200).json()["user"]["emailVerified"], true);
    }
}
