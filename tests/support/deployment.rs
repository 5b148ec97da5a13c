//! The parts that function processes share: a table with published policies, the time, a mailbox and keys. Each
//! process that a test starts has a policy cache of its own.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Intercept;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use jiff::{SignedDuration, Timestamp};
use seatwise_cli::dev::{DevClock, ISSUER, Mailbox};
use seatwise_domain::{Pack, PolicyBundle};
use seatwise_functions::payments::StripeAccess;
use seatwise_functions::service_clients::ServiceClients;
use seatwise_functions::{Dns, Keyring, Keys, Service, ServiceParts, Settings};
use seatwise_policy::{Bundle, Core, Files};
use seatwise_store::{Meter, Store};

use super::engine::Engine;
use super::packs;
use super::process::Process;
use super::proxy::Proxy;
use super::publishing::{bundle, publish, publishers};
use super::sealing::SEAL_SEED;
use super::table::Dump;

/// The address that links lead to.
pub const APP_URL: &str = "https://app.example.com";
/// The sender of mails.
pub const MAIL_FROM: &str = "hello@seatwise.example";
/// The secret that tokens of links are made with.
pub const TOKEN_SECRET: [u8; 32] = [0xA7; 32];

/// A time that moves only when a test moves it. Clones move together.
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

    /// Sets the time.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().expect("a clock") = now;
    }

    /// Moves the time on.
    pub fn advance(&self, by: SignedDuration) {
        self.set(self.now().checked_add(by).expect("a moment"));
    }
}

/// A deployment of the service, without its functions.
#[derive(Clone)]
pub struct Deployment {
    /// The database engine.
    pub engine: Arc<Engine>,
    /// The time.
    pub clock: SetClock,
    /// The pack in force at the start.
    pub pack: Arc<Pack>,
    /// The mails that went out. Nothing goes out by itself: a test brings the stream's records, or sweeps.
    pub mailbox: Mailbox,
    table: String,
    configuration_set: Option<String>,
}

impl Deployment {
    /// An empty table under the default pack.
    pub async fn new() -> Self {
        Self::of(packs::files(packs::DEFAULT)).await
    }

    /// An empty table under the default pack, where an invitation reserves no seat: the seat is taken on
    /// joining.
    pub async fn without_reserving() -> Self {
        Self::under(packs::DEFAULT, &[("reserves-seat = true", "reserves-seat = false")]).await
    }

    /// An empty table under a built-in pack, with some texts of its product.toml replaced.
    pub async fn under(pack: &str, changes: &[(&str, &str)]) -> Self {
        Self::of(packs::with_product(pack, changes)).await
    }

    /// An empty table under the same pack, where everybody may join by domain and owners manage domains and
    /// links.
    pub async fn with_domains(pack: &str, changes: &[(&str, &str)]) -> Self {
        let mut files = packs::with_product(pack, changes);
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

    /// An empty table under the policies in these files.
    pub async fn of(files: Files) -> Self {
        let engine = Engine::memory().await;
        let (_, table) = engine.table().await;
        let store = Store::new(patient(&engine.client()), &table);
        let pack = Bundle::compile(&files).expect("a pack").pack().clone();
        publish(&store, &PolicyBundle { pack: pack.name.clone(), ..bundle(files) }).await;
        let (mailbox, _) = Mailbox::start(None, DevClock::new()).await.expect("a mailbox");
        Self {
            engine: Arc::new(engine),
            clock: SetClock::new(),
            pack: Arc::new(pack),
            mailbox,
            table,
            configuration_set: None,
        }
    }

    /// The same with an SES configuration set.
    pub fn with_configuration_set(self, name: &str) -> Self {
        Self { configuration_set: Some(name.to_owned()), ..self }
    }

    /// The table, without a process before it.
    pub fn store(&self) -> Store {
        Store::new(patient(&self.engine.client()), &self.table)
    }

    /// The table's name.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// A new process.
    pub fn process(&self) -> Process {
        self.process_over(self.store())
    }

    /// A new process whose way to the table leads through a proxy.
    pub fn process_behind(&self, proxy: &Proxy) -> Process {
        self.process_with(patient(&proxy.client()))
    }

    /// A new process with this client of the database.
    pub fn process_with(&self, client: Client) -> Process {
        self.process_over(Store::new(client, &self.table))
    }

    /// A new process, and the meter of all that its requests cost.
    pub fn metered_process(&self) -> (Process, Arc<Meter>) {
        let (store, meter) = self.store().metered();
        (self.process_over(store), meter)
    }

    /// The same, where `witness` sees the calls.
    pub fn watched_process(&self, witness: impl Intercept + 'static) -> (Process, Arc<Meter>) {
        let client = patient(&self.engine.client());
        let client = Client::from_conf(client.config().to_builder().interceptor(witness).build());
        let (store, meter) = Store::new(client, &self.table).metered();
        (self.process_over(store), meter)
    }

    /// A new process that reads its keys from elsewhere.
    pub fn process_with_keys(&self, link_keys: Keys, policy_keys: Keys) -> Process {
        self.start(ServiceParts { link_keys, policy_keys, ..self.parts(self.store()) })
    }

    /// A new process of another release, which reads policies under another schema.
    pub fn process_of_release(&self, core: Core) -> Process {
        self.start(ServiceParts { core, ..self.parts(self.store()) })
    }

    fn process_over(&self, store: Store) -> Process {
        self.start(self.parts(store))
    }

    /// A new process made of these parts.
    pub fn start(&self, parts: ServiceParts) -> Process {
        Process { service: Service::new(parts), clock: self.clock.clone() }
    }

    /// The parts that a process is made of by default.
    pub fn parts(&self, store: Store) -> ServiceParts {
        let clock = self.clock.clone();
        ServiceParts {
            dns: Dns::nowhere(),
            store,
            ses: self.mailbox.client().clone(),
            clock: Arc::new(move || clock.now()),
            settings: Settings {
                app_url: APP_URL.to_owned(),
                services: ServiceClients::default().with_built_in(ISSUER),
                mail_from: MAIL_FROM.to_owned(),
                mail_configuration_set: self.configuration_set.clone(),
            },
            link_keys: Keys::here(Keyring::of(1, TOKEN_SECRET)),
            policy_keys: Keys::here(publishers()),
            seal_keys: Keys::here(Keyring::of(1, SEAL_SEED)),
            stripe: StripeAccess::default(),
            core: Core::current(),
            provider: None,
        }
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

/// The same client without a limit of its own on each try: on a busy machine, and at a gate, a call may
/// take its time.
pub fn patient(client: &Client) -> Client {
    let config = client.config().to_builder().timeout_config(TimeoutConfig::disabled()).build();
    Client::from_conf(config)
}
