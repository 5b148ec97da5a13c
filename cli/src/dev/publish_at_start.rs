//! The policies that the local server starts with.

use jiff::Timestamp;
use seatwise_domain::PublicationKind;
use seatwise_functions::Keyring;
use seatwise_policy::{Files, PolicySigningKey};
use seatwise_store::Store;

use super::{DEFAULT_PACK, StartError, keys};
use crate::pack;
use crate::publish::{self, Draft, PublishError, PublishedState};

/// Whose signatures are trusted where this key signs.
pub(crate) fn signers(publisher: &PolicySigningKey) -> Keyring {
    publisher.public().map(|public| Keyring::of(keys::PUBLISHER, public)).unwrap_or_default()
}

/// Who publishes the pack of the program that a server starts with.
pub const SERVER: &str = "seatwise dev";
/// And a folder that it is started with.
const SERVER_OF_FOLDER: &str = "seatwise dev --pack";

/// Makes what the server was started with the active policies; says which pack is active. What an
/// operator has published stays, and so does a folder of an earlier start, unless a folder is named.
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
            // It is said that there is none of that name before it is said that there is another.
            pack::read(other)?;
            return Err(StartError::OtherPack { has: has.to_owned() });
        }
        // What cannot be read leaves the floor, until somebody publishes.
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
