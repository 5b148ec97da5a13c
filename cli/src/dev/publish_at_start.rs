//! The policies that the local server starts with.

use jiff::Timestamp;
use seatwise_domain::PublicationKind;
use seatwise_functions::Keyring;
use seatwise_policy::{Files, PolicySigningKey};
use seatwise_store::Store;

use super::error::StartError;
use super::keys;
use crate::pack;
use crate::publish::{self, Draft, PublishError, PublishedState};

/// The keyring that trusts the signatures of this key, and no others.
pub(crate) fn signers(publisher: &PolicySigningKey) -> Keyring {
    publisher.public().map(|public| Keyring::of(keys::PUBLISHER, public)).unwrap_or_default()
}

/// The pack of a server that starts without `--pack` on a new data file.
pub const DEFAULT_PACK: &str = "purchased-seats";
/// The author of a publication in which the server publishes a pack that comes with the program.
pub const SERVER: &str = "seatwise dev";
/// The author of a publication in which the server publishes a folder.
const SERVER_OF_FOLDER: &str = "seatwise dev --pack";

/// Makes the asked pack the active one and returns the name of the pack that is active then. The
/// publication of an operator stays active, and so does the folder of an earlier start, unless a folder is asked for.
pub(super) async fn publish(
    store: &Store,
    asked: Option<&str>,
    publisher: &PolicySigningKey,
    now: Timestamp,
) -> Result<String, StartError> {
    let state = PublishedState::read(store).await?;
    let is_of_server = state.last.as_ref().is_none_or(|last| last.author == SERVER);
    let is_folder = asked.is_some_and(pack::is_folder);
    if let (false, false, Some(has)) = (is_of_server, is_folder, state.pack()) {
        if let Some(other) = asked.filter(|asked| *asked != has) {
            // An unknown name is refused as unknown before it is refused as another pack.
            pack::read(other)?;
            return Err(StartError::OtherPack { has: has.to_owned() });
        }
        // Files that cannot be read are not signed anew. The floor holds until somebody publishes.
        if let Some(files) = state.active_files() {
            let by = (PublicationKind::SignedAnew, SERVER);
            make_active(store, &state, files.clone(), by, publisher, now).await?;
        }
        return Ok(has.to_owned());
    }
    let started_before = state.pack().filter(|has| seatwise_policy::packs::files(has).is_some());
    let (files, pack) = pack::read(asked.or(started_before).unwrap_or(DEFAULT_PACK))?;
    let author = if is_folder { SERVER_OF_FOLDER } else { SERVER };
    make_active(store, &state, files, (PublicationKind::Published, author), publisher, now).await?;
    Ok(pack)
}

/// Makes these files the active ones, signed with this key, if they are not.
pub(super) async fn make_active(
    store: &Store,
    state: &PublishedState,
    files: Files,
    (deed, author): (PublicationKind, &str),
    publisher: &PolicySigningKey,
    now: Timestamp,
) -> Result<(), StartError> {
    if state.serves(&files, Some(&signers(publisher))) {
        return Ok(());
    }
    let message = "what the server was started with".to_owned();
    let draft = Draft { files, deed, author: author.to_owned(), message };
    let step = publish::plan(state, draft, false, now).map_err(|refused| match refused {
        PublishError::OtherPack { has } => StartError::OtherPack { has },
        refused => StartError::Refused(refused),
    })?;
    publish::commit(store, step, publisher).await?;
    Ok(())
}
