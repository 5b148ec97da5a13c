//! The whole service on one machine: the functions as they are deployed, behind a gateway that acts
//! as API Gateway does, with an embedded DynamoDB, a mailbox for SES, and a sign-in.

mod authorizer;
mod browser;
mod clock;
pub mod demo;
mod docs;
mod engine;
mod event;
mod gateway;
mod input;
mod issuer;
mod jwks;
mod keys;
mod mail;
mod mailbox;
mod publish_at_start;
mod routes;
mod scheduler;
pub(crate) mod serve;
mod traffic;
mod trusted_issuers;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use seatwise_domain::PublicationKind;
use seatwise_functions::{Dns, Keys, Service, ServiceParts, Settings};
use seatwise_policy::{Core, Files, PolicySigningKey};
use seatwise_store::{CommitError, Store, StoreError};
use tokio::task::AbortHandle;

use crate::pack::PackError;
use crate::publish::{PublishError, PublishedState};

pub use authorizer::{Authorizer, Claims, Refused};
pub use clock::{DevClock, TooFar};
pub use engine::Engine;
pub use event::{Found, event};
pub use gateway::RouteConflict;
pub use issuer::{AUDIENCE, ISSUER, Issuer, Person, TOKEN_LIFETIME};
pub use jwks::{IssuerError, Jwks};
pub use mail::SentMail;
pub use mailbox::{MailFault, Mailbox};
pub use publish_at_start::SERVER;
pub(crate) use publish_at_start::signers;
pub use scheduler::Scheduler;
pub use traffic::Traffic;

/// The pack that a server has that was told nothing else.
pub const DEFAULT_PACK: &str = "purchased-seats";
/// The table's name.
const TABLE: &str = "seatwise";
/// The sender of mails. `.example` is nobody's (RFC 2606).
const MAIL_FROM: &str = "no-reply@seatwise.example";

/// Beside a data file: where its database listens.
const ENGINE: &str = "engine";

/// Where the state is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// Nowhere: it ends with the process.
    Memory,
    /// In this file and files beside it.
    File(PathBuf),
}

/// An identity provider that is trusted beside the built-in sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oidc {
    /// Its issuer URL.
    pub issuer: String,
    /// Whom its tokens must be for.
    pub audience: String,
}

/// What a local service is like.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the state is.
    pub data: Data,
    /// A pack that comes with the program, or a folder (with a slash in it); none: the one that the data
    /// file has, else [`DEFAULT_PACK`].
    pub pack: Option<String>,
    /// A trusted identity provider.
    pub oidc: Option<Oidc>,
    /// Where the client app, and locally this server, is reached.
    pub app_url: String,
}

/// Why a local service does not start. Each is one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file of the state cannot be used.
    #[error("cannot use {}: {source}", path.display())]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The data file is not one.
    #[error("{} is not a data file of seatwise: {reason}", path.display())]
    BadData {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file of the keys is damaged.
    #[error("{} does not contain the keys of the data file; without them, existing invitation links and \
        sign-ins become invalid", path.display())]
    BadKeys {
        /// Which.
        path: PathBuf,
    },
    /// Another server has the data file.
    #[error("{} is in use by another seatwise; stop that one or name another file with --data", path.display())]
    Locked {
        /// Which.
        path: PathBuf,
    },
    /// The data file belongs to another pack.
    #[error("this data file belongs to the pack {has}; name it with --pack, or another file with --data")]
    OtherPack {
        /// The pack it belongs to.
        has: String,
    },
    /// The pack contradicts what the data file has.
    #[error("{0}; or name another file with --data")]
    Refused(PublishError),
    /// The pack cannot be used.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The identity provider cannot be used.
    #[error("--oidc-issuer: {0}")]
    Issuer(#[from] IssuerError),
    /// No keys could be made.
    #[error("the keys could not be created")]
    KeyGeneration,
    /// The engine did not start.
    #[error("the database engine did not start: {0}")]
    Engine(String),
    /// The store failed.
    #[error("the data file cannot be used: {0}")]
    Store(#[from] StoreError),
    /// The pack could not be made the active one.
    #[error("the pack cannot be published: {0}")]
    Publish(#[from] CommitError),
    /// The operations' routes contradict each other.
    #[error(transparent)]
    Routes(#[from] RouteConflict),
}

/// A running local service. Requests can be sent to the router without a socket.
///
/// It runs until neither this nor the router is there any more.
#[derive(Clone)]
pub struct Local {
    /// Everything that it answers.
    pub router: Router,
    /// The functions.
    pub service: Arc<Service>,
    /// Its time.
    pub clock: DevClock,
    /// The mails that went out.
    pub mailbox: Mailbox,
    /// The database.
    pub engine: Engine,
    /// The built-in sign-in.
    pub issuer: Arc<Issuer>,
    /// Runs the background functions.
    pub scheduler: Scheduler,
    /// The pack that is active.
    pub pack: String,
    publisher: Arc<PolicySigningKey>,
    _running: Arc<Running>,
}

impl Local {
    /// Waits until the background functions have handled every change so far: what a test does instead of sleeping.
    pub async fn settle(&self) {
        self.scheduler.settle().await;
    }

    /// Makes an edited pack the active one; its cases are not looked at.
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

/// What runs beside, and ends with the last who holds this.
struct Running {
    tasks: Vec<AbortHandle>,
    /// The file that says where the database listens.
    shown: Option<PathBuf>,
    /// Held, not read: the lock goes with the file.
    _lock: Option<File>,
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        // Before the lock goes. What is left behind is removed by who has the lock next.
        if let Some(shown) = &self.shown {
            let _ = fs::remove_file(shown);
        }
    }
}

/// Starts everything but the socket.
pub async fn start(options: Options) -> Result<Local, StartError> {
    let clock = DevClock::new();
    let outside = options.oidc.map(|oidc| trusted_issuers::external(oidc, clock.clone())).transpose()?;
    let lock = options.data.lock()?;

    let (engine, engine_task) = Engine::start(options.data.file()).await?;
    let shown = options.data.show_engine(engine.url())?;
    let store = Store::new(engine.client().clone(), TABLE);
    Box::pin(store.create_table()).await?;
    require_index(&store, &options.data).await?;
    let keys = match options.data.beside("keys.json") {
        Some(path) => keys::LocalKeys::load_or_create(&path)?,
        None => keys::LocalKeys::fresh()?,
    };
    let publisher = Arc::new(keys.publisher);
    let pack =
        Box::pin(publish_at_start::publish(&store, options.pack.as_deref(), &publisher, clock.now())).await?;
    let (mailbox, mailbox_task) = mailbox(&options.data, &clock).await?;

    let service = Service::new(ServiceParts {
        store,
        ses: mailbox.client().clone(),
        clock: clock.as_clock(),
        // Whose a domain is, is said to `/dev/verify-domain`.
        dns: Dns::nowhere(),
        settings: Settings {
            app_url: options.app_url.clone(),
            mail_from: MAIL_FROM.to_owned(),
            mail_configuration_set: None,
        },
        policy_keys: Keys::here(signers(&publisher)),
        link_keys: Keys::here(keys.links),
        core: Core::current(),
    });
    Box::pin(service.warm_up(true)).await;
    let issuer = Arc::new(Issuer::new(keys.issuer, clock.clone()));
    let (scheduler, scheduler_task) = Scheduler::start(Arc::clone(&service));

    let authorizer = Authorizer::new(
        [trusted_issuers::built_in(&issuer)?].into_iter().chain(outside).collect(),
        clock.clone(),
    );
    let gateway = gateway::Gateway::new(Arc::clone(&service), authorizer, clock.clone(), scheduler.clone())?;
    let running =
        Arc::new(Running { tasks: vec![engine_task, mailbox_task, scheduler_task], shown, _lock: lock });
    let dev = routes::Dev {
        service: Arc::clone(&service),
        issuer: Arc::clone(&issuer),
        mailbox: mailbox.clone(),
        scheduler: scheduler.clone(),
        clock: clock.clone(),
        url: options.app_url,
    };
    let router = routes::router(dev, Arc::new(gateway)).layer(axum::Extension(Arc::clone(&running)));
    Ok(Local {
        router,
        service,
        clock,
        mailbox,
        engine,
        issuer,
        scheduler,
        publisher,
        pack,
        _running: running,
    })
}

impl Data {
    fn file(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::File(path) => Some(path),
        }
    }

    /// `<file>.<what>`.
    fn beside(&self, what: &str) -> Option<PathBuf> {
        let mut path = self.file()?.as_os_str().to_owned();
        path.push(".");
        path.push(what);
        Some(path.into())
    }

    /// Where the database listens is told to who may read the data, so that a command of the operator
    /// reaches it while the server runs (`policies::place`).
    fn show_engine(&self, url: &str) -> Result<Option<PathBuf>, StartError> {
        let Some(path) = self.beside(ENGINE) else { return Ok(None) };
        let fault = |source| StartError::Data { path: path.clone(), source };
        keys::write_atomically(&path, url.as_bytes()).map_err(fault)?;
        Ok(Some(path))
    }

    /// One server has a data file at a time: SQLite would let two write, but clocks, keys and mails
    /// are one server's. The lock is the process's and ends with it, also when it is killed.
    fn lock(&self) -> Result<Option<File>, StartError> {
        let (Some(data), Some(path)) = (self.file(), self.beside("lock")) else { return Ok(None) };
        let fault = |source| StartError::Data { path: data.to_owned(), source };
        if let Some(folder) = data.parent() {
            fs::create_dir_all(folder).map_err(fault)?;
        }
        let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {
                // Where another's database listened, who was killed.
                if let Some(stale) = self.beside(ENGINE) {
                    let _ = fs::remove_file(stale);
                }
                Ok(Some(file))
            }
            Err(TryLockError::WouldBlock) => Err(StartError::Locked { path: data.to_owned() }),
            Err(TryLockError::Error(error)) => Err(fault(error)),
        }
    }
}

/// A data file that a command of the operator works on: as its server has it open, or by itself.
pub(crate) struct Opened {
    /// Its table.
    pub(crate) store: Store,
    /// What signs its policies.
    pub(crate) publisher: Arc<PolicySigningKey>,
    /// While no server has the file: what runs in its place.
    _own: Option<Running>,
}

/// Opens a data file that is there.
pub(crate) async fn open(path: &Path) -> Result<Opened, StartError> {
    let data = Data::File(path.to_owned());
    let missing = |source| StartError::Data { path: path.to_owned(), source };
    File::open(path).map_err(missing)?;
    // Keys are made with a data file, and by nobody else.
    let keys_path = data.beside("keys.json").ok_or(StartError::KeyGeneration)?;
    if !keys_path.exists() {
        let reason = format!("{} is not beside it", keys_path.display());
        return Err(StartError::BadData { path: path.to_owned(), reason });
    }
    let publisher = Arc::new(keys::LocalKeys::load_or_create(&keys_path)?.publisher);
    let (engine, own) = match data.lock() {
        Ok(lock) => {
            let (engine, task) = Engine::start(Some(path)).await?;
            let shown = data.show_engine(engine.url())?;
            (engine, Some(Running { tasks: vec![task], shown, _lock: lock }))
        }
        Err(locked @ StartError::Locked { .. }) => {
            // It is not there while a server starts.
            let url = data.beside(ENGINE).and_then(|path| fs::read_to_string(path).ok());
            (Engine::at(url.ok_or(locked)?), None)
        }
        Err(error) => return Err(error),
    };
    Ok(Opened { store: Store::new(engine.client().clone(), TABLE), publisher, _own: own })
}

/// A data file that an earlier version made may lack what lists are read by.
async fn require_index(store: &Store, data: &Data) -> Result<(), StartError> {
    match (store.look_at_index().await, data.file()) {
        (Err(StoreError::Failed(_)), Some(path)) => Err(StartError::BadData {
            path: path.to_owned(),
            reason: "an earlier version made it; name another file with --data".to_owned(),
        }),
        (Err(error), _) => Err(error.into()),
        (Ok(()), _) => Ok(()),
    }
}

async fn mailbox(data: &Data, clock: &DevClock) -> Result<(Mailbox, AbortHandle), StartError> {
    let file = data.beside("mailbox.jsonl");
    Mailbox::start(file.as_deref(), clock.clone()).await.map_err(|source| match file {
        Some(path) => StartError::Data { path, source },
        None => StartError::Engine(source.to_string()),
    })
}
