//! The active policies, kept between requests. Every request reads the pointer along with its own
//! records; the bundle is fetched only when the pointer names another one.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use seatwise_domain::RecordKey;
use seatwise_domain::policy::{POINTER_COPIES, PolicyBundle, PolicyPointer, PolicySignature, PolicyVersion};
use seatwise_policy::{Bundle, Core, Files};
use seatwise_store::{Load, Store, StoreError};

use crate::keys::{Keys, KeysError};

/// Policies, ready to decide.
pub struct Active {
    /// Which version they are of.
    pub version: PolicyVersion,
    /// The policies and the pack.
    pub bundle: Bundle,
    /// The version could not be loaded: only the recovery floor holds.
    pub is_floor_only: bool,
    signature: PolicySignature,
    loaded_at: Timestamp,
}

impl Active {
    fn new(pointer: &PolicyPointer, bundle: Bundle, is_floor_only: bool, loaded_at: Timestamp) -> Self {
        let PolicyPointer { version, signature, .. } = pointer.clone();
        Self { version, bundle, is_floor_only, signature, loaded_at }
    }

    /// Whether it is what the pointer names, and need not be loaded anew.
    fn serves(&self, pointer: &PolicyPointer, now: Timestamp) -> bool {
        let is_tried_again = self.is_floor_only && now.duration_since(self.loaded_at) >= RESPITE;
        (&self.version, &self.signature) == (&pointer.version, &pointer.signature) && !is_tried_again
    }
}

/// How long what could not be used is not tried again, unless another version is published.
const RESPITE: SignedDuration = SignedDuration::from_secs(1);

/// Why there are no policies to decide by.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Nothing was published.
    #[error("no policies are published")]
    NonePublished,
    /// The table did not answer.
    #[error("the policies could not be read")]
    Store(#[from] StoreError),
    /// There is nothing to check its signature with.
    #[error("the signature of the policies could not be checked")]
    Keys(#[from] KeysError),
    /// The version cannot be used, and whose floor it is cannot be told.
    #[error("policy version {0} cannot be used, and neither can its roles nor a built-in pack of its name")]
    Unusable(String),
}

/// What this function holds.
pub struct Policies {
    active: RwLock<Option<Arc<Active>>>,
    /// What signatures are checked with.
    keys: Keys,
}

/// The copy of the pointer that requests with this key read, so that all are read alike.
pub fn pointer_key(spread: &[u8]) -> RecordKey {
    let sum = spread.iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
    RecordKey::PolicyPointer(sum % POINTER_COPIES)
}

impl Policies {
    /// Nothing yet; what comes must be signed with one of these keys.
    pub fn new(keys: Keys) -> Self {
        Self { active: RwLock::default(), keys }
    }

    /// What is held, if anything was loaded yet.
    pub fn held(&self) -> Option<Arc<Active>> {
        self.active.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is active now; fetched if it is not what is held.
    pub async fn load(&self, store: &Store, now: Timestamp) -> Result<Arc<Active>, PolicyError> {
        let key = pointer_key(&[]);
        let loaded = store.load(&Load::new().record(key.clone())).await?;
        let pointer = loaded.get::<PolicyPointer>(&key).ok_or(PolicyError::NonePublished)?.value;
        match self.held() {
            Some(active) if active.serves(&pointer, now) => Ok(active),
            _ => self.switch_to(store, &pointer, now).await,
        }
    }

    /// Makes what the pointer names the active version. One that cannot be loaded is tried again
    /// once; then only the floor holds, with an alarm: never silently the previous version, since
    /// the edit may have been a revocation.
    pub async fn switch_to(
        &self,
        store: &Store,
        pointer: &PolicyPointer,
        now: Timestamp,
    ) -> Result<Arc<Active>, PolicyError> {
        let fetched = match self.fetch(store, pointer, now).await {
            Err(Unusable::Unread(_) | Unusable::Unknown(PolicyError::Store(_))) => {
                self.fetch(store, pointer, now).await
            }
            fetched => fetched,
        };
        let active = match fetched {
            Ok(bundle) => Active::new(pointer, bundle, false, now),
            // Nothing is known of the version: better busy than wrong.
            Err(Unusable::Unknown(busy)) => return Err(busy),
            Err(Unusable::Unread(why)) => floor(pointer, &why, None, now)?,
            Err(Unusable::Useless(why, files)) => floor(pointer, &why, files, now)?,
        };
        let active = Arc::new(active);
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = Some(active.clone());
        Ok(active)
    }

    async fn fetch(
        &self,
        store: &Store,
        pointer: &PolicyPointer,
        now: Timestamp,
    ) -> Result<Bundle, Unusable> {
        let (signed, bundle) = futures::join!(self.check_signature(pointer, now), fetch(store, pointer));
        signed?;
        bundle
    }

    /// A key that is not known is new: it was added to sign what is to be loaded now.
    async fn check_signature(&self, pointer: &PolicyPointer, now: Timestamp) -> Result<(), Unusable> {
        let PolicyPointer { version, pack, signature, .. } = pointer;
        let unknown = |error: KeysError| Unusable::Unknown(error.into());
        let mut keyring = self.keys.read(now).await.map_err(unknown)?;
        if keyring.find(signature.key).is_none() {
            keyring = self.keys.read_anew(now).await.map_err(unknown)?;
        }
        let key = keyring.find(signature.key);
        let is_signed =
            key.is_some_and(|key| seatwise_policy::is_signed(&key.bytes, version, pack, signature));
        if is_signed {
            return Ok(());
        }
        Err(Unusable::Useless("it is not signed with a known key".to_owned(), None))
    }
}

/// Why a version cannot decide.
enum Unusable {
    /// Nothing is known of it: somebody did not answer in time.
    Unknown(PolicyError),
    /// It is not there as it was written.
    Unread(String),
    /// Reading it again would change nothing. With its files, if they are what was published.
    Useless(String, Option<Files>),
}

fn unread(error: StoreError) -> Unusable {
    match error {
        StoreError::Busy => Unusable::Unknown(error.into()),
        error => Unusable::Unread(error.to_string()),
    }
}

async fn fetch(store: &Store, pointer: &PolicyPointer) -> Result<Bundle, Unusable> {
    let key = RecordKey::PolicyBundle(pointer.version.clone());
    let loaded = store.load(&Load::new().record(key.clone())).await.map_err(unread)?;
    let stored = loaded
        .get::<PolicyBundle>(&key)
        .ok_or_else(|| Unusable::Unread("the bundle is missing".to_owned()))?;
    let files = stored.value.files;
    if seatwise_policy::version(&files) != pointer.version {
        return Err(Unusable::Useless("the bundle is not what its version says".to_owned(), None));
    }
    Bundle::compile(&files).map_err(|fault| Unusable::Useless(fault.to_string(), Some(files)))
}

/// The floor, with the roles of what was published if they can be read, else of the built-in pack
/// of that name.
fn floor(
    pointer: &PolicyPointer,
    why: &str,
    published: Option<Files>,
    now: Timestamp,
) -> Result<Active, PolicyError> {
    tracing::error!(
        version = pointer.version.0,
        why,
        policy_load_failures = 1,
        "policy load failed: floor only"
    );
    let built_in = seatwise_policy::packs::files(&pointer.pack);
    let mut known = [published, built_in].into_iter().flatten();
    let bundle = known.find_map(|files| Bundle::floor_only(&Core::current(), &files).ok());
    let bundle = bundle.ok_or_else(|| PolicyError::Unusable(pointer.version.0.clone()))?;
    Ok(Active::new(pointer, bundle, true, now))
}
