//! The whole service on one machine: the functions as they are deployed, behind a gateway that acts
//! as API Gateway does, with an embedded DynamoDB, a mailbox for SES, and a sign-in.

mod authorizer;
mod browser;
mod clock;
mod connections;
mod console;
mod data;
pub mod demo;
mod docs;
mod engine;
mod error;
mod event;
mod files;
mod gateway;
mod in_process;
mod input;
mod issuer;
mod jwks;
mod keys;
mod mail;
mod mailbox;
mod publish_at_start;
mod reply;
pub mod roles;
mod routes;
pub(crate) mod running;
mod scheduler;
pub(crate) mod serve;
mod stream;
mod stripe;
mod traffic;
mod trusted_issuers;

use std::sync::Arc;

use axum::Router;
use seatwise_domain::PublicationKind;
use seatwise_domain::pack::BillingProvider;
use seatwise_functions::service_clients::ServiceClients;
use seatwise_functions::{Dns, Keys, Service, ServiceParts, Settings};
use seatwise_policy::{Core, Files, PolicySigningKey};
use seatwise_stripe_stub::Stub;
use tokio::task::AbortHandle;

use self::data::{Running, require_index};
use crate::publish::{self, PublishedState};

pub use authorizer::{Authorizer, Claims, Refused};
pub use clock::{DevClock, TooFar};
pub use data::Data;
pub(crate) use data::{Opened, open};
pub use engine::Engine;
pub use error::StartError;
pub use event::{Found, event};
pub use gateway::RouteConflict;
pub use in_process::InProcess;
pub use issuer::{AUDIENCE, ISSUER, Issuer, Person, TOKEN_LIFETIME};
pub use jwks::{IssuerError, Jwks};
pub use mail::SentMail;
pub use mailbox::{MailFault, Mailbox};
pub(crate) use publish_at_start::signers;
pub use publish_at_start::{DEFAULT_PACK, SERVER};
pub use scheduler::Scheduler;
pub use stripe::Billing;
pub use traffic::Traffic;

/// The sender of mails. `.example` is nobody's (RFC 2606).
const MAIL_FROM: &str = "no-reply@seatwise.example";

/// An identity provider that is trusted beside the built-in sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oidc {
    /// Its issuer URL.
    pub issuer: String,
    /// The audience that its tokens must name, with commas between several.
    pub audience: String,
}

/// The options of a local service.
#[derive(Clone, Debug)]
pub struct Options {
    /// The place of the state.
    pub data: Data,
    /// A pack that comes with the program, or a folder (with a slash in it). If absent: the pack that the
    /// data file has, or else [`DEFAULT_PACK`].
    pub pack: Option<String>,
    /// A trusted identity provider.
    pub oidc: Option<Oidc>,
    /// The access tokens of services from that identity provider.
    pub services: ServiceClients,
    /// Where the server is reached.
    pub url: String,
    /// The URL of the client app, where links in mails lead: this server, if there is no other.
    pub app_url: String,
    /// The payment provider.
    pub billing: Billing,
}

/// A running local service. Requests can be sent to the router without a socket.
///
/// It runs as long as this or the router exists.
#[derive(Clone)]
pub struct Local {
    /// All its routes.
    pub router: Router,
    /// The functions.
    pub service: Arc<Service>,
    /// Its clock.
    pub clock: DevClock,
    /// The mails that it sent.
    pub mailbox: Mailbox,
    /// The database.
    pub engine: Engine,
    /// The built-in sign-in.
    pub issuer: Arc<Issuer>,
    /// Runs the background functions.
    pub scheduler: Scheduler,
    /// Where it is reached.
    pub url: String,
    /// The pack that is active.
    pub pack: String,
    /// The built-in Stripe, if it is the payment provider or could become it.
    pub stub: Option<Stub>,
    /// Where the API of the built-in Stripe is reached.
    pub stripe_api: Option<String>,
    people: demo::DemoPeople,
    publisher: Arc<PolicySigningKey>,
    _running: Arc<Running>,
}

impl Local {
    /// Waits until the background functions have handled every change so far. Tests wait here instead of sleeping.
    pub async fn settle(&self) {
        self.scheduler.settle().await;
        if let Some(stub) = &self.stub {
            // What the functions did makes webhooks, and webhooks make work for the functions.
            stub.tick().await;
            self.scheduler.nudge();
            self.scheduler.settle().await;
        }
    }

    /// Makes an edited pack the active one, without testing its cases.
    pub async fn publish(&self, files: Files) -> Result<(), StartError> {
        let store = self.service.store();
        let state = PublishedState::read(store).await?;
        publish_at_start::make_active(
            store,
            &state,
            files,
            (PublicationKind::Published, SERVER),
            &self.publisher,
            self.clock.now(),
        )
        .await
    }
}

/// Starts everything but the socket.
pub async fn start(options: Options) -> Result<Local, StartError> {
    let clock = DevClock::new();
    let outside = match options.oidc {
        Some(oidc) => Some(trusted_issuers::external(oidc, clock.clone()).await?),
        None => None,
    };
    let (engine, mut running) = options.data.start_engine().await?;
    let store = data::store(&engine);
    Box::pin(store.create_table()).await?;
    require_index(&store, &options.data).await?;
    let keys = match options.data.beside("keys.json") {
        Some(path) => keys::LocalKeys::load_or_create(&path)?,
        None => keys::LocalKeys::of_process()?,
    };
    let publisher = Arc::new(keys.publisher);
    let pack =
        Box::pin(publish_at_start::publish(&store, options.pack.as_deref(), &publisher, clock.now())).await?;
    let (mailbox, mailbox_task) = mailbox(&options.data, &clock).await?;
    let active = publish::active_pack(&store).await?;
    let of_pack = active.as_ref().map_or(BillingProvider::Manual, |pack| pack.billing.provider);
    let stripe::Payments { access, provider, client, stub } =
        stripe::start(options.billing, of_pack, (&options.data, &clock, &options.url), &mut running.tasks)
            .await?;
    if let (Some(client), Some(pack)) = (&client, &active) {
        let provided = crate::billing::provision(client, pack).await;
        provided.map_err(|error| StartError::Prices(error.to_string()))?;
    }

    let service = Service::new(ServiceParts {
        store,
        ses: mailbox.client().clone(),
        clock: clock.as_clock(),
        // Locally, `/dev/verify-domain` verifies a domain.
        dns: Dns::nowhere(),
        settings: Settings {
            app_url: options.app_url.clone(),
            mail_from: MAIL_FROM.to_owned(),
            services: options.services.with_built_in(ISSUER),
            mail_configuration_set: None,
        },
        policy_keys: Keys::here(signers(&publisher)),
        link_keys: Keys::here(keys.links),
        seal_keys: Keys::here(keys.seals),
        stripe: access,
        core: Core::current(),
        provider,
    });
    Box::pin(service.warm_up(true)).await;
    let issuer = Arc::new(Issuer::new(keys.issuer, clock.clone()));
    let (scheduler, scheduler_task) =
        Scheduler::start(Arc::clone(&service), clock.clone(), engine.stream().clone());

    let authorizer = Authorizer::new(
        [trusted_issuers::built_in(&issuer)?].into_iter().chain(outside).collect(),
        clock.clone(),
    );
    let gateway = gateway::Gateway::new(Arc::clone(&service), authorizer, clock.clone(), scheduler.clone())?;
    running.tasks.extend([mailbox_task, scheduler_task]);
    let running = Arc::new(running);
    let people = demo::DemoPeople::default();
    let dev = routes::Dev {
        service: Arc::clone(&service),
        issuer: Arc::clone(&issuer),
        mailbox: mailbox.clone(),
        scheduler: scheduler.clone(),
        clock: clock.clone(),
        url: options.url.clone(),
        app_url: options.app_url,
        stub: stub.as_ref().map(|local| local.stub.clone()),
        people: Arc::clone(&people),
    };
    let pages = stub.as_ref().map(stripe::LocalStub::pages);
    let router = routes::router(dev, Arc::new(gateway), pages).layer(axum::Extension(Arc::clone(&running)));
    if let Some(stub) = &stub {
        let _ = stub.receiver.set(router.clone());
    }
    let stripe_api = stub.as_ref().map(|local| local.api.clone());
    let stub = stub.map(|local| local.stub);
    Ok(Local {
        router,
        service,
        clock,
        mailbox,
        engine,
        issuer,
        scheduler,
        people,
        publisher,
        url: options.url,
        pack,
        stub,
        stripe_api,
        _running: running,
    })
}

async fn mailbox(data: &Data, clock: &DevClock) -> Result<(Mailbox, AbortHandle), StartError> {
    let file = data.beside("mailbox.jsonl");
    Mailbox::start(file.as_deref(), clock.clone()).await.map_err(|source| match file {
        Some(path) => StartError::Data { path, source },
        None => StartError::Engine(source.to_string()),
    })
}
