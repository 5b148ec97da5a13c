//! The table: what is published is read, and a publication is written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seatwise_domain::Pack;
use seatwise_domain::{
    POINTER_COPIES, PolicyBundle, PolicyPointer, PolicySchema, PolicyTarget, PolicyVersion, Publication,
    PublicationKind, SchemaId,
};
use seatwise_functions::Keyring;
use seatwise_policy::{Bundle, Core, Files, PolicySigningKey};
use seatwise_store::{CommitError, List, One, PageRequest, Reads, Store, StoreError};

use super::error::SignError;
use super::plan::PublicationPlan;
use super::state::{PublishedState, latest};

/// The number of history lines that are read.
const RECENT: u32 = 20;

impl PublishedState {
    /// Reads what is published.
    pub async fn read(store: &Store) -> Result<Self, StoreError> {
        let mut reads = Reads::new();
        let recent = reads.many(List::publications(PageRequest { limit: RECENT, after: None }));
        let copies: Vec<One<PolicyPointer>> =
            (0..POINTER_COPIES).map(|copy| reads.one(PolicyPointer::key(copy))).collect();
        let loaded = store.read(&reads).await?;
        let read: Vec<PolicyPointer> =
            copies.into_iter().filter_map(|copy| Some(loaded.one(copy)?.value)).collect();
        let lines: Vec<Publication> = loaded.many(recent).into_iter().map(|stored| stored.value).collect();

        let head = lines.first().cloned();
        // A line and its pointer are written together. The line may have become unreadable; a copy that
        // names a number beyond the next was not written by publishing.
        let most = head.as_ref().map_or(u32::MAX, |head| head.number.saturating_add(1));
        let is_likely = |copy: &&PolicyPointer| latest(copy) <= most && !copy.targets.is_empty();
        let pointer = read.iter().filter(is_likely).max_by_key(|copy| latest(copy)).cloned();
        let is_same = |copy: &PolicyPointer| {
            pointer.as_ref().is_some_and(|best| (&best.pack, &best.targets) == (&copy.pack, &copy.targets))
        };
        let is_damaged =
            !read.is_empty() && (read.len() < POINTER_COPIES.into() || !read.iter().all(is_same));

        let own = Core::current().id();
        let is_about =
            |line: &&Publication| line.deed != PublicationKind::SignedAnew && line.schemas.contains(&own);
        let last = lines.iter().find(is_about).cloned();
        let mut state = Self { pointer, is_damaged, head, last, files: None, others: BTreeMap::new() };
        if let Some(target) = state.active().cloned() {
            state.files = Some(files(store, &target.version).await?);
        }
        state.others = state.read_others(store).await?;
        Ok(state)
    }

    async fn read_others(&self, store: &Store) -> Result<BTreeMap<SchemaId, Core>, StoreError> {
        let own = Core::current().id();
        let targets = self.pointer.iter().flat_map(|pointer| &pointer.targets);
        let ids: Vec<SchemaId> =
            targets.map(|target| target.schema.clone()).filter(|schema| *schema != own).collect();
        let mut reads = Reads::new();
        let schemas: Vec<One<PolicySchema>> =
            ids.into_iter().map(|id| reads.one(PolicySchema::key(id))).collect();
        let loaded = store.read(&reads).await?;
        let read = schemas.into_iter().filter_map(|schema| Some(loaded.one(schema)?.value));
        let cores = read.map(|schema| (schema.id.clone(), Core::of(schema)));
        Ok(cores.filter(|(id, core)| core.id() == *id).collect())
    }
}

/// The files of a version; or why they cannot be used.
pub async fn files(store: &Store, version: &PolicyVersion) -> Result<Result<Files, String>, StoreError> {
    let Some(bundle) = store.get(PolicyBundle::key(version.clone())).await? else {
        return Ok(Err("its bundle is missing, or cannot be read".to_owned()));
    };
    let files = bundle.value.files;
    Ok(if seatwise_policy::version(&files) == *version {
        Ok(files)
    } else {
        Err("its bundle is not what its hash says: somebody has changed it".to_owned())
    })
}

/// The active pack; none, if no active pack can be read.
pub async fn active_pack(store: &Store) -> Result<Option<Pack>, StoreError> {
    let state = PublishedState::read(store).await?;
    let files = state.active_files();
    Ok(files.and_then(|files| Some(Bundle::compile(files).ok()?.pack().clone())))
}

/// Signs a publication and writes it, unless somebody else has published meanwhile.
pub async fn commit(
    store: &Store,
    plan: PublicationPlan,
    key: &PolicySigningKey,
) -> Result<Publication, CommitError> {
    let PublicationPlan { mut publication, mut pointer, bundle, schema, .. } = plan;
    let is_new = |target: &PolicyTarget| target.number == publication.number;
    let targets = pointer.targets.into_iter();
    pointer.targets = targets
        .map(|target| if is_new(&target) { key.sign(target, &publication.pack) } else { target })
        .collect();
    if let Some(target) = pointer.targets.iter().find(|target| target.number == publication.number) {
        publication.signature = target.signature.clone();
    }
    store.publish(&publication, &pointer, &bundle, &schema).await?;
    Ok(publication)
}

/// Signs the active version of every release with another key, if all are signed with one of the trusted
/// keys.
pub async fn sign_anew(
    store: &Store,
    state: &PublishedState,
    trusted: &Keyring,
    key: &PolicySigningKey,
    author: &str,
    now: Timestamp,
) -> Result<(), SignError> {
    let (pointer, files) = state.require_signed(trusted)?;
    let (Some(head), Some(number), Some(active)) = (&state.head, state.next(), state.active()) else {
        return Err(SignError::Missing);
    };
    let targets = pointer.targets.iter().map(|target| key.sign(target.clone(), &pointer.pack)).collect();
    let line = Publication {
        number,
        version: active.version.clone(),
        before: active.before.clone(),
        deed: PublicationKind::SignedAnew,
        author: author.to_owned(),
        at: now,
        message: "signed with a new key".to_owned(),
        ..head.clone()
    };
    let signed = key.sign(seatwise_policy::target(&line, &Core::current().id()), &line.pack);
    let line = Publication { signature: signed.signature, ..line };
    let bundle =
        PolicyBundle { version: active.version.clone(), pack: pointer.pack.clone(), files: files.clone() };
    let pointer = PolicyPointer { targets, ..pointer.clone() };
    Ok(store.publish(&line, &pointer, &bundle, &Core::current().to_record()).await?)
}
