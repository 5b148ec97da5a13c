//! Function processes without a gateway before them: each has a service of its own, and with it a
//! policy cache of its own, and all share one table. Requests are real API Gateway events that go
//! through `lambda_http`'s own conversion; time stands still until a test moves it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use http::{Method, Request};
use jiff::{SignedDuration, Timestamp};
use seatwise_cli::dev::{self, Claims, Found};
use seatwise_cli::publish::{PublishedState, frame};
use seatwise_domain::{
    Pack, PolicyBundle, PolicyPointer, PolicySignature, PolicyTarget, Publication, PublicationKind, SchemaId,
    UserId,
};
use seatwise_functions::{Dns, Keyring, Keys, Row, Service, ServiceParts, Settings, handle, operations};
use seatwise_policy::{Bundle, Core, Files, PolicySigningKey, packs};
use seatwise_store::Store;
use serde_json::{Value, json};

use super::app::{PNG, Reply, text, token_of};
use super::audit::Dump;
use super::contract::takes_json;
use super::engine::Engine;
use super::proxy::Proxy;

/// The pack that the tests are about.
const PACK: &str = "purchased-seats";
/// Who signs people in.
const ISSUER: &str = "https://sign-in.example.com";
/// What signs policies.
pub const PUBLISHER_SEED: [u8; 32] = [0x5E; 32];

/// A time that moves only when told to. Clones move together.
#[derive(Clone)]
pub struct SetClock(Arc<Mutex<Timestamp>>);

impl SetClock {
    fn new() -> Self {
        // Early in a month that has a 31st, so that billing periods are not all alike.
        let start = "2026-01-05T10:00:00Z".parse().expect("a moment");
        Self(Arc::new(Mutex::new(start)))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        *self.0.lock().expect("a clock")
    }

    /// It is this time.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().expect("a clock") = now;
    }

    /// So much later.
    pub fn advance(&self, by: SignedDuration) {
        self.set(self.now().checked_add(by).expect("a moment"));
    }
}

/// What function processes share: a table with published policies, the time, and the keys of
/// invitation links.
#[derive(Clone)]
pub struct Ground {
    /// The engine.
    pub engine: Arc<Engine>,
    /// The time.
    pub clock: SetClock,
    /// The rules in force at the start.
    pub pack: Arc<Pack>,
    table: String,
}

impl Ground {
    /// An empty table under the pack that comes with the program.
    pub async fn new() -> Self {
        Self::of(packs::files(PACK).expect("built in")).await
    }

    /// The same pack with some texts of one file replaced.
    pub async fn with_changed_pack(file: &str, changes: &[(&str, &str)]) -> Self {
        Self::of(changed_pack(file, changes)).await
    }

    /// An invitation keeps no seat: the seat is taken on joining.
    pub async fn without_reserving() -> Self {
        Self::with_changed_pack("product.toml", &[("reserves-seat = true", "reserves-seat = false")]).await
    }

    /// A table under another pack, with some texts of its product.toml replaced.
    pub async fn under(pack: &str, changes: &[(&str, &str)]) -> Self {
        Self::of(changed(pack, "product.toml", changes)).await
    }

    /// The same, with whoever enters let in by their domain.
    pub async fn with_domains(pack: &str, changes: &[(&str, &str)]) -> Self {
        let mut files = changed(pack, "product.toml", changes);
        let domains = "@id(\"test.domains\")
            permit (principal is User, action == Action::\"joinByDomain\", resource is Workspace);
            @id(\"test.ways\")
            permit (
                principal in Role::\"owner\",
                action in [Action::\"domains.manage\", Action::\"links.manage\"],
                resource
            );";
        files.insert("domains.cedar".to_owned(), domains.to_owned());
        Self::of(files).await
    }

    /// A table under these files.
    pub async fn of(files: Files) -> Self {
        let engine = Engine::memory().await;
        let (store, table) = engine.table().await;
        let pack = Bundle::compile(&files).expect("a pack").pack().clone();
        publish(&store, &PolicyBundle { pack: pack.name.clone(), ..bundle(files) }).await;
        Self { engine: Arc::new(engine), clock: SetClock::new(), pack: Arc::new(pack), table }
    }

    /// The table, past all processes.
    pub fn store(&self) -> Store {
        Store::new(patient(&self.engine.client()), &self.table)
    }

    /// The table's name.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// One more process.
    pub fn direct(&self) -> Direct {
        self.over(patient(&self.engine.client()))
    }

    /// A process whose way to the table leads through a proxy.
    pub fn behind(&self, proxy: &Proxy) -> Direct {
        self.over(patient(&proxy.client()))
    }

    /// A process with this client.
    pub fn over(&self, client: Client) -> Direct {
        self.with_keys(client, Keys::here(Keyring::of(1, [7; 32])), Keys::here(publishers()))
    }

    /// A process that has its keys elsewhere.
    pub fn with_keys(&self, client: Client, link_keys: Keys, policy_keys: Keys) -> Direct {
        self.of_release(Core::current(), client, link_keys, policy_keys)
    }

    /// A process of another release, which reads policies under another schema.
    pub fn of_release(&self, core: Core, client: Client, link_keys: Keys, policy_keys: Keys) -> Direct {
        let clock = self.clock.clone();
        let service = Service::new(ServiceParts {
            dns: Dns::nowhere(),
            store: Store::new(client, &self.table),
            ses: nowhere(),
            clock: Arc::new(move || clock.now()),
            settings: Settings {
                app_url: "https://app.example.com".to_owned(),
                mail_from: "no-reply@example.com".to_owned(),
                mail_configuration_set: None,
            },
            link_keys,
            policy_keys,
            core,
        });
        Direct { service, clock: self.clock.clone() }
    }

    /// Everything in the table, held against the invariants: to be called at rest.
    #[track_caller]
    pub fn audit(&self) -> impl Future<Output = Dump> {
        let at = std::panic::Location::caller();
        async move {
            let dump = self.dump().await;
            let faults = dump.faults(&self.pack, self.clock.now());
            assert!(faults.is_empty(), "at {at}:\n{}", faults.join("\n"));
            dump
        }
    }

    /// Everything in the table.
    pub async fn dump(&self) -> Dump {
        Dump::read(&patient(&self.engine.client()), &self.table).await
    }
}

/// A version of the policies made of these files.
pub fn bundle(files: Files) -> PolicyBundle {
    PolicyBundle { version: seatwise_policy::version(&files), pack: PACK.to_owned(), files }
}

/// What signs policies here.
pub fn publisher() -> PolicySigningKey {
    PolicySigningKey::new(1, &PUBLISHER_SEED).expect("a key")
}

/// Whose signatures functions trust here.
pub fn publishers() -> Keyring {
    Keyring::of(1, publisher().public().expect("its other half"))
}

/// Makes these the active policies, whatever was.
pub async fn publish(store: &Store, bundle: &PolicyBundle) {
    publish_as(store, bundle, |target| publisher().sign(target, &bundle.pack)).await;
}

/// The same, signed in any way; nothing is asked of the files.
pub async fn publish_as(store: &Store, bundle: &PolicyBundle, sign: impl Fn(PolicyTarget) -> PolicyTarget) {
    let core = Core::current();
    publish_for(store, bundle, &[core.id()], sign).await;
}

/// The same, for these releases; others keep what they have.
pub async fn publish_for(
    store: &Store,
    bundle: &PolicyBundle,
    schemas: &[SchemaId],
    sign: impl Fn(PolicyTarget) -> PolicyTarget,
) {
    let standing = PublishedState::read(store).await.expect("read");
    let before = standing.head.as_ref().map(|head| &head.frame);
    let frame = match Bundle::compile(&bundle.files) {
        Ok(bundle) => frame(before, bundle.pack()).ok(),
        Err(_) => before.cloned(),
    };
    let publication = Publication {
        number: standing.head.as_ref().map_or(0, |head| head.number) + 1,
        version: bundle.version.clone(),
        before: standing.active().map(|active| active.version.clone()),
        deed: PublicationKind::Published,
        pack: bundle.pack.clone(),
        schemas: schemas.to_vec(),
        author: "test".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        message: String::new(),
        frame: frame.unwrap_or_default(),
        signature: PolicySignature::default(),
    };
    let mut targets: Vec<PolicyTarget> =
        schemas.iter().map(|schema| sign(seatwise_policy::target(&publication, schema))).collect();
    let kept = standing.pointer.iter().flat_map(|pointer| &pointer.targets);
    targets.extend(kept.filter(|target| !schemas.contains(&target.schema)).cloned());
    let publication = Publication { signature: targets[0].signature.clone(), ..publication };
    let pointer = PolicyPointer { copy: 0, pack: bundle.pack.clone(), targets };
    let core = Core::current();
    let schema = core.to_record();
    store.publish(&publication, &pointer, bundle, &schema).await.expect("published");
}

/// The files of the pack, with some texts of one file replaced.
pub fn changed_pack(file: &str, changes: &[(&str, &str)]) -> Files {
    changed(PACK, file, changes)
}

fn changed(pack: &str, file: &str, changes: &[(&str, &str)]) -> Files {
    let mut files = packs::files(pack).expect("built in");
    let text = files.get_mut(file).expect("a file of the pack");
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in {file}");
        *text = text.replace(from, to);
    }
    files
}

/// Another version of the pack that decides the same.
pub fn edited() -> PolicyBundle {
    bundle(changed_pack("roles.cedar", &[("// Who may what in a workspace.", "// Edited.")]))
}

/// The same client without a limit of its own on each try: on a busy machine, and at a gate, a
/// call may take its time.
pub fn patient(client: &Client) -> Client {
    let config = client.config().to_builder().timeout_config(TimeoutConfig::disabled()).build();
    Client::from_conf(config)
}

/// Mail stays in the outbox.
fn nowhere() -> aws_sdk_sesv2::Client {
    use aws_sdk_sesv2::config::{BehaviorVersion, Config};
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).build();
    aws_sdk_sesv2::Client::from_conf(config)
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Somebody {
    /// Their address, which is also what the issuer calls them.
    pub email: String,
    /// Whether the issuer vouches for it.
    pub verified: bool,
}

/// Somebody with a verified address.
pub fn somebody(name: &str) -> Somebody {
    Somebody { email: format!("{name}@acme.example"), verified: true }
}

impl Somebody {
    /// Their id.
    pub fn id(&self) -> UserId {
        UserId::of_identity(ISSUER, &self.email)
    }

    fn claims(&self) -> Claims {
        let claims = json!({
            "iss": ISSUER,
            "sub": self.email,
            "email": self.email,
            "email_verified": self.verified,
        });
        claims.as_object().cloned().unwrap_or_default()
    }
}

/// A process.
#[derive(Clone)]
pub struct Direct {
    /// The functions.
    pub service: Arc<Service>,
    /// The time.
    pub clock: SetClock,
}

impl Direct {
    /// One request of somebody, with a JSON body unless it is null.
    pub async fn call(&self, who: &Somebody, method: &str, path: &str, body: Value) -> Reply {
        self.call_with_key(who, method, path, body, None).await
    }

    /// The same, with an `Idempotency-Key`.
    pub async fn call_with_key(
        &self,
        who: &Somebody,
        method: &str,
        path: &str,
        body: Value,
        key: Option<&str>,
    ) -> Reply {
        let (row, event) = event(who, method, path, &body, key, self.clock.now());
        let request = lambda_http::request::from_str(&event.to_string()).expect("a request");
        let (parts, body) = handle(&self.service, row, request).await.into_parts();
        let text = String::from_utf8_lossy(&body).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply { status: parts.status, headers: parts.headers, json, text }
    }

    /// `POST` of somebody.
    pub async fn post(&self, who: &Somebody, path: &str, body: Value) -> Reply {
        self.call(who, "POST", path, body).await
    }

    /// `GET` of somebody.
    pub async fn get(&self, who: &Somebody, path: &str) -> Reply {
        self.call(who, "GET", path, Value::Null).await
    }

    /// A workspace of somebody; its path.
    pub async fn workspace(&self, owner: &Somebody) -> String {
        let made = self.post(owner, "/v1/workspaces", json!({ "name": "Acme" })).await.expect(201);
        format!("/v1/workspaces/{}", text(&made["id"]))
    }

    /// Buys seats; their ids.
    pub async fn buy(&self, owner: &Somebody, workspace: &str, tier: &str, quantity: usize) -> Vec<String> {
        let body = json!({ "tier": tier, "quantity": quantity });
        let bought = self.post(owner, &format!("{workspace}/seats"), body).await.expect(201);
        bought["items"].as_array().expect("seats").iter().map(|seat| text(&seat["id"])).collect()
    }

    /// Invites somebody; the invitation.
    pub async fn invite(&self, owner: &Somebody, workspace: &str, whom: &Somebody, role: &str) -> Value {
        let body = json!({ "emails": [whom.email], "role": role });
        let invited = self.post(owner, &format!("{workspace}/invitations"), body).await.expect(201);
        invited["items"][0]["invitation"].clone()
    }

    /// Makes a link to share; the invitation.
    pub async fn link(&self, owner: &Somebody, workspace: &str, role: &str) -> Value {
        let path = format!("{workspace}/invitations");
        let made = self.post(owner, &path, json!({ "role": role })).await.expect(201);
        made["items"][0]["invitation"].clone()
    }

    /// Accepts an invitation by its link.
    pub async fn join(&self, who: &Somebody, invitation: &Value) -> Reply {
        let url = text(&invitation["url"]);
        self.post(who, "/v1/join", json!({ "token": token_of(&url) })).await
    }

    /// Somebody new in a workspace: a seat is bought for them, they are invited and join.
    pub async fn member(&self, owner: &Somebody, workspace: &str, name: &str, role: &str) -> Somebody {
        let person = somebody(name);
        self.buy(owner, workspace, "pro", 1).await;
        let invitation = self.invite(owner, workspace, &person, role).await;
        self.join(&person, &invitation).await.expect(200);
        person
    }

    /// Gives somebody another role.
    pub async fn change_role(&self, who: &Somebody, workspace: &str, whom: &Somebody, role: &str) -> Reply {
        let path = format!("{workspace}/members/{}/role", whom.id());
        self.call(who, "PUT", &path, json!({ "role": role })).await
    }

    /// Removes somebody.
    pub async fn remove(&self, who: &Somebody, workspace: &str, whom: &Somebody) -> Reply {
        self.call(who, "DELETE", &format!("{workspace}/members/{}", whom.id()), Value::Null).await
    }

    /// Revokes an invitation.
    pub async fn revoke(&self, who: &Somebody, workspace: &str, invitation: &Value) -> Reply {
        let path = format!("{workspace}/invitations/{}", text(&invitation["id"]));
        self.call(who, "DELETE", &path, Value::Null).await
    }

    /// Asks to leave; the path of the request.
    pub async fn ask_to_leave(&self, who: &Somebody, workspace: &str) -> String {
        let asked = self.post(who, &format!("{workspace}/leave-requests"), Value::Null).await.expect(201);
        format!("{workspace}/leave-requests/{}", text(&asked["id"]))
    }
}

/// The operation that a request leads to, and the event that API Gateway makes of the request.
pub fn event(
    who: &Somebody,
    method: &str,
    path: &str,
    body: &Value,
    key: Option<&str>,
    now: Timestamp,
) -> (&'static Row, Value) {
    let method: Method = method.parse().expect("a method");
    let (row, path_parameters) = route(&method, path);
    // Where a picture is taken, one of so many bytes.
    let (kind, body) = match body {
        size if !takes_json(row) => ("image/png", picture(size.as_u64().unwrap_or_default())),
        Value::Null => ("application/json", Vec::new()),
        body => ("application/json", body.to_string().into_bytes()),
    };
    let request = Request::builder().method(method).uri(path).header("content-type", kind);
    let request = match key {
        Some(key) => request.header("idempotency-key", key),
        None => request,
    };
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let claims = who.claims();
    let found = Found {
        request_id: &request_id(),
        at: now,
        route: row.path,
        path_parameters,
        claims: (!row.public).then_some(&claims),
    };
    let event = dev::event(&parts, &body, &found);
    (row, serde_json::to_value(event).expect("an event"))
}

/// A picture of at least so many bytes.
fn picture(size: u64) -> Vec<u8> {
    let mut picture = PNG.to_vec();
    picture.resize(picture.len().max(usize::try_from(size).unwrap_or_default()), 0);
    picture
}

/// As API Gateway numbers them: no two are the same.
fn request_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("request-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The operation of a path, and the values of its parameters. None of the paths that tests use is
/// percent-encoded.
fn route(method: &Method, path: &str) -> (&'static Row, HashMap<String, String>) {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let parameters = |row: &Row| {
        let (wanted, given): (Vec<_>, Vec<_>) = (row.path.split('/').collect(), path.split('/').collect());
        let mut values = HashMap::new();
        let fits = wanted.len() == given.len()
            && wanted.iter().zip(given).all(|(wanted, given)| {
                match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(name) => values.insert(name.to_owned(), given.to_owned()).is_none(),
                    None => *wanted == given,
                }
            });
        fits.then_some(values)
    };
    operations::all()
        .iter()
        .filter(|row| row.method == *method)
        .find_map(|row| Some((row, parameters(row)?)))
        .unwrap_or_else(|| panic!("no operation is at {method} {path}"))
}
