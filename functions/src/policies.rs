//! The active policies, kept between requests. Every request reads the pointer along with its own
//! records; the bundle is fetched only when the pointer names another one.

use std::sync::{Arc, PoisonError, RwLock};

use seatwise_domain::RecordKey;
use seatwise_domain::policy::{POINTER_COPIES, PolicyBundle, PolicyPointer, PolicyVersion};
use seatwise_policy::{Bundle, Files};
use seatwise_store::{Load, Store, StoreError};

/// Policies, ready to decide.
pub struct Active {
    /// Which version they are of.
    pub version: PolicyVersion,
    /// The policies and the pack.
    pub bundle: Bundle,
    /// The version could not be loaded: only the recovery floor holds.
    pub is_floor_only: bool,
}

/// Why there are no policies to decide by.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Nothing was published.
    #[error("no policies are published")]
    NonePublished,
    /// The table did not answer.
    #[error("the policies could not be read")]
    Store(#[from] StoreError),
    /// The version cannot be used, and whose floor it is cannot be told.
    #[error("policy version {0} cannot be used, and neither can its roles nor a built-in pack of its name")]
    Unusable(String),
}

/// What this function holds.
#[derive(Default)]
pub struct Policies {
    active: RwLock<Option<Arc<Active>>>,
}

/// The copy of the pointer that requests with this key read, so that all are read alike.
pub fn pointer_key(spread: &[u8]) -> RecordKey {
    let sum = spread.iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
    RecordKey::PolicyPointer(sum % POINTER_COPIES)
}

impl Policies {
    /// What is held, if anything was loaded yet.
    pub fn held(&self) -> Option<Arc<Active>> {
        self.active.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is active now; fetched if it is not what is held.
    pub async fn load(&self, store: &Store) -> Result<Arc<Active>, PolicyError> {
        let key = pointer_key(&[]);
        let loaded = store.load(&Load::new().record(key.clone())).await?;
        let pointer = loaded.get::<PolicyPointer>(&key).ok_or(PolicyError::NonePublished)?.value;
        match self.held() {
            Some(active) if active.version == pointer.version && !active.is_floor_only => Ok(active),
            _ => self.switch_to(store, &pointer).await,
        }
    }

    /// Makes what the pointer names the active version. One that cannot be loaded is tried again
    /// once; then only the floor holds, with an alarm: never silently the previous version, since
    /// the edit may have been a revocation.
    pub async fn switch_to(
        &self,
        store: &Store,
        pointer: &PolicyPointer,
    ) -> Result<Arc<Active>, PolicyError> {
        let fetched = match fetch(store, pointer).await {
            Ok(bundle) => Ok(bundle),
            Err(_) => fetch(store, pointer).await,
        };
        let active = match fetched {
            Ok(bundle) => Active { version: pointer.version.clone(), bundle, is_floor_only: false },
            // Nothing is known of the version: better busy than wrong.
            Err(Unusable { busy: true, .. }) => return Err(PolicyError::Store(StoreError::Busy)),
            Err(Unusable { why, files, .. }) => {
                tracing::error!(version = pointer.version.0, why, "policy load failed: floor only");
                floor(pointer, files)?
            }
        };
        let active = Arc::new(active);
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = Some(active.clone());
        Ok(active)
    }
}

/// A bundle that cannot decide.
struct Unusable {
    why: String,
    /// The table did not answer in time.
    busy: bool,
    /// Its files, if they are what was published.
    files: Option<Files>,
}

impl Unusable {
    fn because(why: &impl ToString) -> Self {
        Self { why: why.to_string(), busy: false, files: None }
    }
}

fn unread(error: &StoreError) -> Unusable {
    Unusable { busy: matches!(error, StoreError::Busy), ..Unusable::because(error) }
}

async fn fetch(store: &Store, pointer: &PolicyPointer) -> Result<Bundle, Unusable> {
    let key = RecordKey::PolicyBundle(pointer.version.clone());
    let loaded = store.load(&Load::new().record(key.clone())).await.map_err(|error| unread(&error))?;
    let stored =
        loaded.get::<PolicyBundle>(&key).ok_or_else(|| Unusable::because(&"the bundle is missing"))?;
    let files = stored.value.files;
    if seatwise_policy::version(&files) != pointer.version {
        return Err(Unusable::because(&"the bundle is not what its version says"));
    }
    Bundle::compile(&files).map_err(|fault| Unusable {
        why: fault.to_string(),
        busy: false,
        files: Some(files),
    })
}

/// The floor, with the roles of what was published if they can be read, else of the built-in pack
/// of that name.
fn floor(pointer: &PolicyPointer, published: Option<Files>) -> Result<Active, PolicyError> {
    let built_in = seatwise_policy::packs::files(&pointer.pack);
    let mut known = [published, built_in].into_iter().flatten();
    let bundle = known.find_map(|files| Bundle::floor_only(files).ok());
    let bundle = bundle.ok_or_else(|| PolicyError::Unusable(pointer.version.0.clone()))?;
    Ok(Active { version: pointer.version.clone(), bundle, is_floor_only: true })
}
