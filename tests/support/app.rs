//! The whole service in memory. Requests go through the gateway, its JWT authorizer and `lambda_http`,
//! as on AWS; only the socket is left out.

use axum::body::Body;
use http::{Request, header};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use seatwise_cli::dev::{self, AUDIENCE, Billing, Data, Local, Options};
use seatwise_functions::service_clients::BUILT_IN_PREFIX;
use seatwise_functions::service_clients::ServiceClients;
use seatwise_store::Store;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::client::{Client, id_of};
use super::person::Person;
use super::reply::{Reply, text};
use super::table::Dump;
use super::{contract, packs};

/// The table's name in the local service.
const TABLE: &str = "seatwise";

/// A running service.
#[derive(Clone)]
pub struct App {
    /// The local service.
    pub local: Local,
}

impl App {
    /// A service under the pack that most tests are about.
    pub async fn new() -> Self {
        Self::with_pack(packs::DEFAULT).await
    }

    /// A service under a built-in pack by name, or under the pack in a folder.
    pub async fn with_pack(pack: &str) -> Self {
        let options = Options {
            data: Data::Memory,
            pack: Some(pack.to_owned()),
            oidc: None,
            services: ServiceClients::default(),
            url: "https://app.example.com".to_owned(),
            app_url: "https://app.example.com".to_owned(),
            billing: Billing::OfPack,
        };
        Self { local: Box::pin(dev::start(options)).await.expect("the service starts") }
    }

    /// A service under a built-in pack, with some texts replaced. It starts only if the pack is sound.
    pub async fn with_edited_pack(pack: &str, edits: &[packs::Edit<'_>]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        packs::write(folder.path(), &packs::edited_without_cases(pack, edits));
        Self::with_pack(&format!("{}/", folder.path().display())).await
    }

    /// One request. The answer must be as the API reference describes it.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let row = contract::row(request.method(), request.uri().path());
        let response = self.local.router.clone().oneshot(request).await.expect("a router does not fail");
        let (parts, body) = response.into_parts();
        let reply = Reply::of(parts, &body.collect().await.expect("a body").to_bytes());
        if let Some(row) = row {
            contract::check(row, &reply);
        }
        reply
    }

    /// Somebody signs in: `email`, and what else the issuer knows of them.
    pub async fn sign_in_as(&self, body: Value) -> Person {
        let reply = self.call(None, "POST", "/dev/sign-in", body.clone()).await.expect(200);
        Person {
            verified: body["emailVerified"].as_bool().unwrap_or(true),
            first_name: body["firstName"].as_str().map(str::to_owned),
            token: text(&reply["token"]),
            ..Person::new(body["email"].as_str().unwrap_or_default())
        }
    }

    /// A service of the host, with a token of its own.
    pub async fn service(&self, name: &str) -> Person {
        let reply = self.call(None, "POST", "/dev/service-token", json!({ "name": name })).await.expect(200);
        Person { token: text(&reply["token"]), ..Person::service(&format!("{BUILT_IN_PREFIX}{name}")) }
    }

    /// The person with a token of these claims, beside those that every token has.
    pub fn signed(&self, person: &Person) -> Person {
        let mut claims = Value::Object(person.claims());
        let now = self.local.clock.now().as_second();
        claims["aud"] = json!(AUDIENCE);
        claims["iat"] = json!(now);
        claims["exp"] = json!(now + 600);
        let issuer = &self.local.issuer;
        Person { token: issuer.sign(&issuer.header(), &claims).expect("a token"), ..person.clone() }
    }

    /// Puts a workspace on a plan by the local service's own route.
    pub async fn put_on_plan(&self, workspace: &str, plan: &str) -> Reply {
        let body = json!({ "workspaceId": id_of(workspace), "plan": plan });
        self.call(None, "POST", "/dev/plan", body).await
    }

    /// A workspace claims a domain, and shows that it is theirs.
    pub async fn own_domain(&self, by: &Person, workspace: &str, domain: &str) {
        let path = format!("{workspace}/domains/{domain}");
        assert_eq!(self.call(by, "PUT", &path, Value::Null).await.expect(200)["status"], "claimed");
        self.call(None, "POST", "/dev/verify-domain", json!({ "domain": domain })).await.expect(200);
    }

    /// Moves the service's time.
    pub async fn advance(&self, seconds: i64) {
        self.call(None, "POST", "/dev/clock", json!({ "advanceSeconds": seconds })).await.expect(200);
    }

    /// The whole table, once no mail is on its way.
    pub async fn dump(&self) -> Dump {
        self.local.settle().await;
        Dump::read(self.local.engine.client(), TABLE).await
    }

    /// Makes the table what it was.
    pub async fn put_back(&self, before: &Dump) {
        before.put_back(&self.dump().await, self.local.engine.client(), TABLE).await;
    }

    /// Takes one item out of the table.
    pub async fn remove_item(&self, pk: &str, sk: &str) {
        let key = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
        let delete = self.local.engine.client().delete_item().table_name(TABLE);
        delete.key("pk", key(pk)).key("sk", key(sk)).send().await.expect("deleted");
    }
}

impl Client for App {
    async fn send_as(&self, who: Option<&Person>, request: Request<Vec<u8>>) -> Reply {
        let (mut parts, body) = request.into_parts();
        if let Some(person) = who {
            let token = format!("Bearer {}", person.token).parse().expect("a header");
            parts.headers.insert(header::AUTHORIZATION, token);
        }
        self.send(Request::from_parts(parts, Body::from(body))).await
    }

    async fn sign_in(&self, email: &str) -> Person {
        match email.strip_prefix(BUILT_IN_PREFIX) {
            Some(name) => self.service(name).await,
            None => self.sign_in_as(json!({ "email": email })).await,
        }
    }

    fn store(&self) -> Store {
        self.local.service.store().clone()
    }

    fn now(&self) -> Timestamp {
        self.local.clock.now()
    }
}
