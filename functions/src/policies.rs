//! The active policies, kept between requests. Every request reads the pointer along with its own
//! records; the bundle is fetched only when the pointer names another one.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use seatwise_domain::pack::BillingProvider;
use seatwise_domain::{
    Key, MAX_BUNDLE_BYTES, POINTER_COPIES, PolicyBundle, PolicyPointer, PolicyTarget, PolicyVersion, SchemaId,
};
use seatwise_policy::{Bundle, Core, Files};
use seatwise_store::{Reads, Store, StoreError};

use crate::keys::{Keys, KeysError};

/// Policies, ready to decide.
pub struct Active {
    /// The published target.
    pub target: PolicyTarget,
    /// The policies and the pack.
    pub bundle: Bundle,
    /// The version could not be loaded: only the recovery floor holds.
    pub is_floor_only: bool,
    /// The last files of this pack that were known to be published.
    known: Option<Arc<Files>>,
    loaded_at: Timestamp,
}

impl Active {
    /// Whether it is the published target, and need not be loaded anew.
    fn serves(&self, target: &PolicyTarget, now: Timestamp) -> bool {
        let is_tried_again = self.is_floor_only && now.duration_since(self.loaded_at) >= RESPITE;
        self.target == *target && !is_tried_again
    }
}

/// The wait before an unusable version is tried again. Another version does not wait.
const RESPITE: SignedDuration = SignedDuration::from_secs(1);

/// The reason why there are no policies to decide by.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Nothing was published.
    #[error("no policies are published")]
    NonePublished,
    /// The table did not answer.
    #[error("the policies could not be read")]
    Store(#[from] StoreError),
    /// There are no keys to check the signature with.
    #[error("the signature of the policies could not be checked")]
    Keys(#[from] KeysError),
    /// The version cannot be used, and no roles can be found for the recovery floor.
    #[error("policy version {0} cannot be used, and neither can its roles nor a built-in pack of its name")]
    Unusable(String),
}

/// The policies that this function holds.
pub struct Policies {
    active: RwLock<Option<Arc<Active>>>,
    /// The schema that this release reads policies under.
    core: Core,
    schema: SchemaId,
    /// The keys that check signatures.
    keys: Keys,
    /// The payment provider, if it is not the one of the pack.
    provider: Option<BillingProvider>,
    /// Held by the request that loads another version.
    loading: tokio::sync::Mutex<()>,
    /// The number of the latest publication that was loaded.
    highest: AtomicU32,
}

/// The copy of the pointer for requests with these bytes, so that all copies are read equally often.
pub fn pointer_key(spread: &[u8]) -> Key<PolicyPointer> {
    let sum = spread.iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
    PolicyPointer::key(sum % POINTER_COPIES)
}

impl Policies {
    /// No policies yet. All that are loaded must be signed with one of these keys.
    ///
    /// Purchases go through the provider of the active pack, or through `provider` if there is one.
    pub fn new(core: Core, keys: Keys, provider: Option<BillingProvider>) -> Self {
        Self {
            provider,
            active: RwLock::default(),
            schema: core.id(),
            core,
            keys,
            loading: tokio::sync::Mutex::default(),
            highest: AtomicU32::new(0),
        }
    }

    /// The policies that are held, if any were loaded yet.
    pub fn held(&self) -> Option<Arc<Active>> {
        self.active.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The active policies; fetched if they are not held.
    pub async fn load(&self, store: &Store, now: Timestamp) -> Result<Arc<Active>, PolicyError> {
        let copy = store.get(pointer_key(&[])).await?;
        self.follow(store, copy.map(|stored| stored.value), now).await
    }

    /// The active policies by a copy of the pointer that was just read; fetched if they are not held.
    ///
    /// Another request can load a publication after this copy was read. The copy then names an earlier
    /// publication, as a forged one does. So it is read again.
    pub async fn follow(
        &self,
        store: &Store,
        copy: Option<PolicyPointer>,
        now: Timestamp,
    ) -> Result<Arc<Active>, PolicyError> {
        let key = copy.as_ref().map_or_else(|| pointer_key(&[]), |copy| PolicyPointer::key(copy.copy));
        let mut published = self.published(store, copy, now).await?;
        let held = |published: &Published| self.held().filter(|active| active.serves(&published.target, now));
        if let Some(active) = held(&published) {
            return Ok(active);
        }
        // If several requests find another version at the same time, one of them loads it.
        let _loading = self.loading.lock().await;
        if self.is_outdated(&published) {
            let copy = store.get(key).await?;
            published = self.published(store, copy.map(|stored| stored.value), now).await?;
        }
        match held(&published) {
            Some(active) => Ok(active),
            None => self.switch_to(store, &published, now).await,
        }
    }

    /// Whether a later publication was loaded before. Numbers only grow, even with a rollback.
    fn is_outdated(&self, published: &Published) -> bool {
        self.highest.load(Ordering::Relaxed) > published.target.number
    }

    /// The target that a copy of the pointer names for this release. If the copy is lost or cannot be read,
    /// the latest signed target that the other copies name, at the cost of another reading.
    async fn published(
        &self,
        store: &Store,
        copy: Option<PolicyPointer>,
        now: Timestamp,
    ) -> Result<Published, PolicyError> {
        if let Some(published) = copy.and_then(|copy| self.of_copy(copy)) {
            return Ok(published);
        }
        let mut reads = Reads::new();
        let copies = (0..POINTER_COPIES).map(|copy| reads.one(PolicyPointer::key(copy)));
        let copies: Vec<_> = copies.collect();
        let loaded = store.read(&reads).await?;
        let copies = copies.into_iter().filter_map(|copy| Some(loaded.one(copy)?.value));
        let mut found: Vec<Published> = copies.filter_map(|copy| self.of_copy(copy)).collect();
        found.sort_by_key(|published| std::cmp::Reverse(published.target.number));
        if found.is_empty() {
            return Err(PolicyError::NonePublished);
        }
        tracing::error!(policy_load_failures = 1, "a copy of the pointer cannot be read: publish again");
        // The held policies were checked already, so that most requests read nothing more.
        let held = self.held().filter(|held| !held.is_floor_only);
        let is_held = |published: &&Published| held.as_ref().is_some_and(|it| it.target == published.target);
        if let Some(published) = found.first().filter(is_held) {
            return Ok(published.clone());
        }
        found.dedup_by(|one, other| one.target == other.target);
        for published in &found {
            if self.is_signed(published, now).await? {
                return Ok(published.clone());
            }
        }
        Ok(found.swap_remove(0))
    }

    fn of_copy(&self, copy: PolicyPointer) -> Option<Published> {
        let target = copy.target(&self.schema)?.clone();
        Some(Published { target, pack: copy.pack })
    }

    /// Makes this the active version. One that cannot be loaded is tried again once; then only the
    /// floor holds, with an alarm: never silently the previous version, since the edit may have been a
    /// revocation.
    async fn switch_to(
        &self,
        store: &Store,
        published: &Published,
        now: Timestamp,
    ) -> Result<Arc<Active>, PolicyError> {
        let fetched = match self.fetch(store, published, now).await {
            Err(Unusable::Unread(_) | Unusable::Unknown(PolicyError::Store(_))) => {
                self.fetch(store, published, now).await
            }
            fetched => fetched,
        };
        let held = self.held().and_then(|held| held.known.clone());
        let (bundle, is_floor_only, known) = match fetched {
            Ok((bundle, files)) => {
                self.highest.fetch_max(published.target.number, Ordering::Relaxed);
                (bundle, false, Some(Arc::new(files)))
            }
            // Nothing is known of the version: better busy than wrong.
            Err(Unusable::Unknown(busy)) => return Err(busy),
            Err(Unusable::Unread(why)) => self.floor(store, published, &why, true, None, held).await?,
            Err(Unusable::Forged(why)) => self.floor(store, published, &why, false, None, held).await?,
            Err(Unusable::Useless(why, files)) => {
                self.floor(store, published, &why, true, files, held).await?
            }
        };
        let active =
            Active { target: published.target.clone(), bundle, is_floor_only, known, loaded_at: now };
        let active = Arc::new(active);
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = Some(active.clone());
        Ok(active)
    }

    /// Fetches a version. Its files are parsed only once they are known to be those that were signed.
    async fn fetch(
        &self,
        store: &Store,
        published: &Published,
        now: Timestamp,
    ) -> Result<(Bundle, Files), Unusable> {
        // A copy that was just read and names an earlier publication comes from somebody who cannot sign.
        if self.is_outdated(published) {
            return Err(Unusable::Forged("it is older than what was active".to_owned()));
        }
        let (signed, files) =
            futures::join!(self.is_signed(published, now), read(store, &published.target.version));
        if !signed.map_err(Unusable::Unknown)? {
            return Err(Unusable::Forged("it is not signed with a known key".to_owned()));
        }
        let files = files?;
        match Bundle::compile_under(&self.core, &files) {
            Ok(bundle) => Ok((bundle.with_provider(self.provider), files)),
            Err(fault) => Err(Unusable::Useless(fault.to_string(), Some(files))),
        }
    }

    /// Whether a known key has signed it. An unknown key may be a new one, so the keys are then read anew.
    async fn is_signed(&self, published: &Published, now: Timestamp) -> Result<bool, PolicyError> {
        let Published { target, pack } = published;
        let mut keyring = self.keys.read(now).await?;
        if keyring.find(target.signature.key).is_none() {
            keyring = self.keys.read_anew(now).await?;
        }
        Ok(keyring.has_signed(target, pack))
    }

    /// The floor, with the roles of the published version if they can be read; else of the version before
    /// it, if the signature is valid; else of the files that this process has known; else of the built-in
    /// pack of that name.
    async fn floor(
        &self,
        store: &Store,
        Published { target, pack }: &Published,
        why: &str,
        is_signed: bool,
        published: Option<Files>,
        held: Option<Arc<Files>>,
    ) -> Result<(Bundle, bool, Option<Arc<Files>>), PolicyError> {
        tracing::error!(
            version = target.version.0,
            number = target.number,
            why,
            policy_load_failures = 1,
            "policy load failed: floor only"
        );
        let floor_of = |files: &Files| Bundle::floor_only(&self.core, files).ok();
        if let Some(bundle) = published.as_ref().and_then(floor_of) {
            return Ok((bundle, true, published.map(Arc::new)));
        }
        if is_signed
            && let Some(before) = &target.before
            && let Ok(files) = read(store, before).await
            && let Some(bundle) = floor_of(&files)
        {
            return Ok((bundle, true, Some(Arc::new(files))));
        }
        if let Some(bundle) = held.as_deref().and_then(floor_of) {
            return Ok((bundle, true, held));
        }
        let built_in = seatwise_policy::packs::files(pack);
        let bundle = built_in.as_ref().and_then(floor_of);
        let bundle = bundle.ok_or_else(|| PolicyError::Unusable(target.version.0.clone()))?;
        Ok((bundle, true, None))
    }
}

/// The target that a copy of the pointer names for this release, and its pack.
#[derive(Clone, Debug)]
struct Published {
    target: PolicyTarget,
    /// The name of its pack.
    pack: String,
}

/// The reason why a version cannot decide.
enum Unusable {
    /// Nothing is known of it: somebody did not answer in time.
    Unknown(PolicyError),
    /// Its bundle is missing, or cannot be read.
    Unread(String),
    /// Nobody with the right to publish has published it.
    Forged(String),
    /// Reading it again would change nothing. With its files, if they are what was published.
    Useless(String, Option<Files>),
}

fn unread(error: StoreError) -> Unusable {
    match error {
        StoreError::Busy => Unusable::Unknown(error.into()),
        error => Unusable::Unread(error.to_string()),
    }
}

/// The files of a version, if they match it.
async fn read(store: &Store, version: &PolicyVersion) -> Result<Files, Unusable> {
    let stored = store
        .get(PolicyBundle::key(version.clone()))
        .await
        .map_err(unread)?
        .ok_or_else(|| Unusable::Unread("the bundle is missing, or cannot be read".to_owned()))?;
    let files = stored.value.files;
    if seatwise_policy::version(&files) != *version {
        return Err(Unusable::Useless("the bundle is not what its version says".to_owned(), None));
    }
    if seatwise_policy::size(&files) > MAX_BUNDLE_BYTES {
        return Err(Unusable::Useless("the bundle is larger than one may be".to_owned(), None));
    }
    Ok(files)
}
