//! Makes policies the active ones of a table: the local server's, or a deployed stack's.

use seatwise_domain::policy::{PolicyBundle, PolicyPointer, PolicyVersion};
use seatwise_domain::record::RecordKey;
use seatwise_domain::{Pack, RoleId};
use seatwise_policy::{Bundle, Files, SigningKey};
use seatwise_store::{CommitError, Load, Store, StoreError};

/// Why policies are not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The workspaces are of another pack.
    #[error("the workspaces are of the pack {has}")]
    OtherPack {
        /// Which.
        has: String,
    },
    /// Who governs and who needs a seat is counted as members come and go: under another frame of a role
    /// the counts would be untrue.
    #[error(
        "the pack changes what role {role} is (governing, or its seat), or drops it, while people hold it"
    )]
    OtherFrame {
        /// The role.
        role: RoleId,
    },
    /// Who sits on what is kept as the model says: under another it would mean nothing.
    #[error("the pack changes what a seat is (`seats.model`), while people sit on some")]
    OtherSeats,
    /// What is active could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// What is active now.
pub async fn active(store: &Store) -> Result<Option<PolicyPointer>, StoreError> {
    let key = RecordKey::PolicyPointer(0);
    let loaded = store.load(&Load::new().record(key.clone())).await?;
    Ok(loaded.get::<PolicyPointer>(&key).map(|stored| stored.value))
}

/// The files of a version, if they are there.
pub async fn files(store: &Store, version: &PolicyVersion) -> Result<Option<Files>, StoreError> {
    let key = RecordKey::PolicyBundle(version.clone());
    let loaded = store.load(&Load::new().record(key.clone())).await?;
    Ok(loaded.get::<PolicyBundle>(&key).map(|stored| stored.value.files))
}

/// The pack that is active; none if there is none that can be read.
pub async fn active_pack(store: &Store) -> Result<Option<Pack>, StoreError> {
    let Some(active) = active(store).await? else { return Ok(None) };
    let files = files(store, &active.version).await?;
    Ok(files.and_then(|files| Some(Bundle::compile(&files).ok()?.pack().clone())))
}

/// Publishes a version of the pack that is active, or the first pack.
pub async fn publish(
    store: &Store,
    active: Option<&PolicyPointer>,
    files: Files,
    pack: String,
    key: &SigningKey,
) -> Result<PolicyVersion, PublishError> {
    if let Some(active) = active {
        if active.pack != pack {
            return Err(PublishError::OtherPack { has: active.pack.clone() });
        }
        if let Some(before) = self::files(store, &active.version).await? {
            keeps_frames(&before, &files)?;
        }
    }
    Ok(make_active(store, active, files, pack, key).await?)
}

/// Signs these files and makes them the active ones, unless another than `active` is by now.
pub async fn make_active(
    store: &Store,
    active: Option<&PolicyPointer>,
    files: Files,
    pack: String,
    key: &SigningKey,
) -> Result<PolicyVersion, CommitError> {
    let version = seatwise_policy::version(&files);
    let signature = key.sign(&version, &pack);
    let bundle = PolicyBundle { version: version.clone(), pack, files };
    store.publish(&bundle, &signature, active.map(|active| &active.version)).await?;
    Ok(version)
}

/// Refuses another version of a pack that changes what is kept under the one before: what a seat is,
/// or the frame of a role; or that drops a role.
fn keeps_frames(before: &Files, after: &Files) -> Result<(), PublishError> {
    let (Ok(before), Ok(after)) = (Bundle::compile(before), Bundle::compile(after)) else { return Ok(()) };
    if before.pack().seats.model != after.pack().seats.model {
        return Err(PublishError::OtherSeats);
    }
    let changed = before.pack().roles.iter().find(|role| {
        let now = after.pack().role(&role.id);
        now.is_none_or(|now| (now.governing, now.seat) != (role.governing, role.seat))
    });
    changed.map_or(Ok(()), |role| Err(PublishError::OtherFrame { role: role.id.clone() }))
}
