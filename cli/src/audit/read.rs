//! Reading a log for its verification.

use jiff::Timestamp;
use seatwise_domain::{EventId, EventLog, Workspace, WorkspaceDeletion};
use seatwise_functions::Keyring;
use seatwise_seal::{DigestRead, ExpectedDigest, FoundEvent, LogReport, SealedLog};
use seatwise_store::{DigestItem, EventItem, PageRequest, Store, StoreError};

/// The items of one call.
const PAGE: u32 = 1000;

/// Verifies a log with these public keys. There is no report for the log of a deleted workspace, which goes with the
/// workspace. The log is held in memory: some 120 bytes for each event.
pub async fn verify_log(
    store: &Store,
    log: EventLog,
    keys: &Keyring,
    expected: Option<&ExpectedDigest>,
    clock: &(dyn Fn() -> Timestamp + Sync),
) -> Result<Option<LogReport>, StoreError> {
    let sealed = read(store, log).await?;
    let is_empty = sealed.digests.is_empty() && sealed.events.is_empty();
    // A workspace that is being deleted has a record that says so. Without one, a log without its workspace is compared
    // as any other: whoever removes the workspace's record hides nothing.
    if let EventLog::Workspace(id) = log
        && store.get(Workspace::key(id)).await?.is_none()
        && (is_empty || store.get(WorkspaceDeletion::key(id)).await?.is_some())
    {
        return Ok(None);
    }
    let public_key = |id: u8| keys.find(id).map(|key| key.bytes);
    // After the reading: what has expired meanwhile may be gone.
    Ok(Some(seatwise_seal::verify(&sealed, &public_key, expected, clock())))
}

async fn read(store: &Store, log: EventLog) -> Result<SealedLog, StoreError> {
    // The digests first: an event that is sealed between the two readings must not be missed.
    let (mut digests, mut after) = (Vec::new(), None);
    loop {
        let (items, next) = store.digest_items(log, PageRequest { limit: PAGE, after }).await?;
        digests.extend(items.into_iter().map(|DigestItem { sort_key, digest }| {
            digest.map_or(DigestRead::Unreadable(sort_key), |digest| DigestRead::Digest(Box::new(digest)))
        }));
        after = next;
        if after.is_none() {
            break;
        }
    }
    let (mut events, mut after) = (Vec::new(), None);
    loop {
        let page = PageRequest { limit: PAGE, after };
        let (items, next) = store.event_items(log, EventId::SMALLEST, page).await?;
        events.extend(items.into_iter().map(|EventItem { sort_key, event }| {
            event.map_or(FoundEvent::Misnamed(sort_key), FoundEvent::Event)
        }));
        after = next;
        if after.is_none() {
            return Ok(SealedLog { log, digests, events });
        }
    }
}
