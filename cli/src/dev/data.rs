//! The state of a local service: a data file, the files beside it, and the server that has it open.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use seatwise_functions::Keyring;
use seatwise_policy::PolicySigningKey;
use seatwise_store::{Store, StoreError};
use tokio::task::AbortHandle;

use super::engine::Engine;
use super::error::StartError;
use super::files::{create_private, write_atomically};
use super::keys::LocalKeys;

/// The name of the table.
const TABLE: &str = "seatwise";

/// The suffix of the file that tells the address of the database.
const ENGINE: &str = "engine";

/// The place of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// The memory: the state ends with the process.
    Memory,
    /// This file and files beside it.
    File(PathBuf),
}

impl Data {
    /// The data file, if there is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::File(path) => Some(path),
        }
    }

    /// `<file>.<suffix>`.
    pub(super) fn beside(&self, suffix: &str) -> Option<PathBuf> {
        let mut path = self.file()?.as_os_str().to_owned();
        path.push(".");
        path.push(suffix);
        Some(path.into())
    }

    /// Takes the data file and starts its database. The address of the database is written to a file beside it,
    /// so that a command of the operator reaches the database while the server runs (`policies::place`).
    pub(super) async fn start_engine(&self) -> Result<(Engine, Running), StartError> {
        let Self::File(file) = self else {
            return Ok((Engine::in_memory()?, Running { tasks: Vec::new(), address: None, _lock: None }));
        };
        let lock = self.lock()?;
        let (engine, url, task) = Engine::of_file(file).await?;
        let mut running = Running { tasks: vec![task], address: None, _lock: lock };
        if let Some(path) = self.beside(ENGINE) {
            let fault = |source| StartError::Data { path: path.clone(), source };
            write_atomically(&path, url.as_bytes()).map_err(fault)?;
            running.address = Some(path);
        }
        Ok((engine, running))
    }

    /// One server has a data file at a time: SQLite would let two write, but clocks, keys and mails
    /// are one server's. The process holds the lock until it ends, even if it is killed.
    fn lock(&self) -> Result<Option<File>, StartError> {
        let (Some(data), Some(path)) = (self.file(), self.beside("lock")) else { return Ok(None) };
        let fault = |source| StartError::Data { path: data.to_owned(), source };
        if let Some(folder) = data.parent() {
            fs::create_dir_all(folder).map_err(fault)?;
        }
        let file = create_private(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {
                // A server that was killed leaves the address of its database behind.
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

/// The table of a database.
pub(super) fn store(engine: &Engine) -> Store {
    Store::new(engine.client().clone(), TABLE)
}

/// The tasks beside the functions, and the hold on the data file. They end when this is dropped.
pub(super) struct Running {
    /// The tasks.
    pub(super) tasks: Vec<AbortHandle>,
    /// The file that tells the address of the database.
    address: Option<PathBuf>,
    /// The file that is locked until this is dropped.
    _lock: Option<File>,
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        // While the lock still holds. If this fails, the next server removes the file.
        if let Some(address) = &self.address {
            let _ = fs::remove_file(address);
        }
    }
}

/// A data file that a command of the operator works on: through the server that has it open, or alone.
pub(crate) struct Opened {
    /// Its table.
    pub(crate) store: Store,
    /// The key that signs its policies.
    pub(crate) publisher: Arc<PolicySigningKey>,
    /// The keys that sign digests of its logs.
    pub(crate) seals: Keyring,
    /// The database that the command started, if no other program has the file open.
    own: Option<Running>,
}

impl Opened {
    /// Whether another program has the file open, and the command reaches it there.
    pub(crate) fn is_shared(&self) -> bool {
        self.own.is_none()
    }
}

/// Opens an existing data file.
pub(crate) async fn open(path: &Path) -> Result<Opened, StartError> {
    let data = Data::File(path.to_owned());
    let missing = |source| StartError::Data { path: path.to_owned(), source };
    File::open(path).map_err(missing)?;
    // Only the server that makes a data file makes its keys.
    let keys_path = data.beside("keys.json").ok_or(StartError::KeyGeneration)?;
    if !keys_path.exists() {
        let reason = format!("{} is not beside it", keys_path.display());
        return Err(StartError::BadData { path: path.to_owned(), reason });
    }
    let keys = LocalKeys::load_or_create(&keys_path)?;
    let publisher = Arc::new(keys.publisher);
    let (engine, own) = match data.start_engine().await {
        Ok((engine, running)) => (engine, Some(running)),
        Err(locked @ StartError::Locked { .. }) => {
            // While a server starts, it has not written the address yet.
            let url = data.beside(ENGINE).and_then(|path| fs::read_to_string(path).ok());
            (Engine::at(&url.ok_or(locked)?), None)
        }
        Err(error) => return Err(error),
    };
    Ok(Opened { store: store(&engine), publisher, seals: keys.seals, own })
}

/// The data file of an earlier version may lack the index that lists are read by.
pub(super) async fn require_index(store: &Store, data: &Data) -> Result<(), StartError> {
    match (store.look_at_index().await, data.file()) {
        (Err(StoreError::Failed(_)), Some(path)) => Err(StartError::BadData {
            path: path.to_owned(),
            reason: "an earlier version made it; name another file with --data".to_owned(),
        }),
        (Err(error), _) => Err(error.into()),
        (Ok(()), _) => Ok(()),
    }
}
