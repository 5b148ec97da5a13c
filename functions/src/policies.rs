//! The active policies, kept between requests. Every request reads the pointer along with its own
//! records; the bundle is fetched only when the pointer names another one.

use std::sync::{Arc, PoisonError, RwLock};

use seatwise_domain::RecordKey;
use seatwise_domain::policy::{POINTER_COPIES, PolicyBundle, PolicyPointer, PolicyVersion};
use seatwise_policy::Bundle;
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
    /// The version cannot be used, and the pack is not one whose floor is known.
    #[error("policy version {0} cannot be used, and its pack is not a built-in one")]
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

    /// Loads what is active.
    pub async fn load(&self, store: &Store) -> Result<Arc<Active>, PolicyError> {
        let key = pointer_key(&[]);
        let loaded = store.load(&Load::new().record(key.clone())).await?;
        let pointer = loaded.get::<PolicyPointer>(&key).ok_or(PolicyError::NonePublished)?;
        self.switch_to(store, &pointer.value).await
    }

    /// Makes what the pointer names the active version. One that cannot be loaded is tried again
    /// once; then only the floor holds, with an alarm: never silently the previous version, since
    /// the edit may have been a revocation.
    pub async fn switch_to(
        &self,
        store: &Store,
        pointer: &PolicyPointer,
    ) -> Result<Arc<Active>, PolicyError> {
        let active = match fetch(store, pointer).await {
            Ok(bundle) => Active { version: pointer.version.clone(), bundle, is_floor_only: false },
            Err(first) => match fetch(store, pointer).await {
                Ok(bundle) => Active { version: pointer.version.clone(), bundle, is_floor_only: false },
                Err(error) => {
                    tracing::error!(
                        version = pointer.version.0,
                        first,
                        error,
                        "policy load failed: floor only"
                    );
                    floor(pointer)?
                }
            },
        };
        let active = Arc::new(active);
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = Some(active.clone());
        Ok(active)
    }
}

async fn fetch(store: &Store, pointer: &PolicyPointer) -> Result<Bundle, String> {
    let key = RecordKey::PolicyBundle(pointer.version.clone());
    let loaded = store.load(&Load::new().record(key.clone())).await.map_err(|error| error.to_string())?;
    let stored = loaded.get::<PolicyBundle>(&key).ok_or("the bundle is missing")?;
    if seatwise_policy::version(&stored.value.files) != pointer.version {
        return Err("the bundle is not what its version says".to_owned());
    }
    Bundle::compile(&stored.value.files).map_err(|fault| fault.to_string())
}

fn floor(pointer: &PolicyPointer) -> Result<Active, PolicyError> {
    let unusable = || PolicyError::Unusable(pointer.version.0.clone());
    let files = seatwise_policy::packs::files(&pointer.pack).ok_or_else(unusable)?;
    let bundle = Bundle::floor_only(files).map_err(|_| unusable())?;
    Ok(Active { version: pointer.version.clone(), bundle, is_floor_only: true })
}
