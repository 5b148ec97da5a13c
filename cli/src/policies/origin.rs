//! The versions that a folder comes from: one for each place, in a hidden file of the folder. `pull` and `publish`
//! write it, so that `publish` notices a version that the folder lacks.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use seatwise_domain::{PolicyVersion, Publication, PublicationKind};
use serde::{Deserialize, Serialize};

use super::log::plain;
use super::place::PolicyPlace;
use super::progress::note;
use super::propose::Agreement;
use crate::publish::PublishedState;

/// The name of the file. Hidden files are no part of a pack.
pub(super) const FILE: &str = ".seatwise.toml";

const HEAD: &str = "\
# The versions that this folder comes from, one for each place. `seatwise policies pull` and `publish` write it,
# so that `publish` notices a version that this folder lacks.

";

/// The version that a folder comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// The number of the version.
    version: u32,
    /// The hash of its files.
    hash: PolicyVersion,
}

impl Origin {
    pub(super) fn new(version: u32, hash: PolicyVersion) -> Self {
        Self { version, hash }
    }
}

type Origins = BTreeMap<String, Origin>;

fn read_all(dir: &Path) -> Result<Origins, String> {
    let path = dir.join(FILE);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Origins::new()),
        read => read.map_err(|error| format!("cannot read {}: {error}", path.display()))?,
    };
    toml::from_str(&text).map_err(|_| {
        format!(
            "{} is damaged: remove it, or pull the version that the folder comes from again",
            path.display()
        )
    })
}

/// Keeps the version that the folder comes from now.
pub(super) fn write(dir: &Path, place: &PolicyPlace, origin: Origin) -> Result<(), String> {
    write_of(dir, &place.site.to_string(), origin)
}

fn write_of(dir: &Path, place: &str, origin: Origin) -> Result<(), String> {
    let path = dir.join(FILE);
    if path.is_symlink() {
        return Err(format!("{} leads elsewhere: remove the link", path.display()));
    }
    // A damaged file is replaced: its other places are lost already.
    let mut origins = read_all(dir).unwrap_or_default();
    if origins.get(place) == Some(&origin) {
        return Ok(());
    }
    origins.insert(place.to_owned(), origin);
    let text = toml::to_string(&origins).map_err(|error| error.to_string())?;
    fs::write(&path, format!("{HEAD}{text}"))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// As [`write`], after a publication, which is done whatever becomes of the file.
pub(super) fn keep(dir: &Path, place: &PolicyPlace, origin: Origin) {
    let number = origin.version;
    if let Err(why) = write(dir, place, origin) {
        note(&format!("warning: {why}; the folder does not know that it has version {number}"));
    }
}

/// The versions that the folder lacks, as far as they are known.
pub(super) enum Lacking {
    /// It comes from the active version.
    Nothing,
    /// It does not say which version it comes from.
    Unknown,
    /// It comes from another version than the active one.
    Version(Overwriting),
}

/// A publication over a version that the folder lacks.
pub(super) struct Overwriting {
    number: u32,
    /// The finding, and what to do.
    pub(super) message: String,
}

impl Overwriting {
    /// The confirmation of its own.
    pub(super) fn agreement(&self, is_given: bool) -> Agreement {
        Agreement {
            why: format!("This overwrites version {}, which the folder lacks.", self.number),
            word: "overwrite".to_owned(),
            flag: "--overwrite".to_owned(),
            is_given,
        }
    }
}

/// Compares the version that the folder comes from with the active one.
pub(super) async fn lacking(
    dir: &Path,
    place: &PolicyPlace,
    state: &PublishedState,
) -> Result<Lacking, String> {
    let Some(active) = state.active() else { return Ok(Lacking::Nothing) };
    let Some(origin) = read_all(dir)?.remove(&place.site.to_string()) else { return Ok(Lacking::Unknown) };
    if origin.hash == active.version {
        return Ok(Lacking::Nothing);
    }
    // The line that brought these files, and not one that only signed them anew.
    let last = state.last.clone().filter(|last| last.version == active.version);
    let line = match last {
        Some(line) => Some(line),
        None => place.publication(active.number).await.ok(),
    };
    let message = message(dir, &origin, active.number, line.as_ref());
    Ok(Lacking::Version(Overwriting { number: active.number, message }))
}

fn message(dir: &Path, origin: &Origin, active: u32, line: Option<&Publication>) -> String {
    let by = line.map(|line| {
        let deed = match line.deed {
            PublicationKind::RolledBack { to } => format!("rolled back to version {to}"),
            PublicationKind::Published | PublicationKind::SignedAnew => "published it".to_owned(),
        };
        let why = if line.message.is_empty() {
            String::new()
        } else {
            format!(" (“{}”)", plain(&line.message))
        };
        format!(": {} {deed} at {}{why}", plain(&line.author), line.at.strftime("%Y-%m-%d %H:%M UTC"))
    });
    format!(
        "{} comes from version {}, but version {active} is active{}. Publishing the folder would undo what version \
         {active} changed. Pull version {active} into another folder (`policies pull OTHER_DIR`), make your edits \
         there, look at them (`policies diff OTHER_DIR`), and publish that folder",
        dir.display(),
        origin.version,
        by.unwrap_or_default(),
    )
}

/// The note about a folder that does not say which version it comes from.
pub(super) fn unknown(dir: &Path, place: &PolicyPlace) -> String {
    format!(
        "note: {} does not say which version of this place it comes from ({FILE} has no entry `{}`), so whether it \
         lacks a version of somebody else is not known; a folder that `policies pull` wrote knows it",
        dir.display(),
        place.site
    )
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use seatwise_domain::{PackBaseline, PolicySignature};

    use super::*;

    fn origin(version: u32, hash: &str) -> Origin {
        Origin::new(version, PolicyVersion(hash.to_owned()))
    }

    #[test]
    fn each_place_has_its_version_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        assert_eq!(read_all(dir).unwrap(), Origins::new());
        write_of(dir, "data file /a \"b\".db", origin(1, "x")).unwrap();
        write_of(dir, "table t in r, account 1", origin(7, "y")).unwrap();
        write_of(dir, "table t in r, account 1", origin(8, "z")).unwrap();
        let origins = read_all(dir).unwrap();
        assert_eq!(origins.len(), 2);
        assert_eq!(origins["data file /a \"b\".db"], origin(1, "x"));
        assert_eq!(origins["table t in r, account 1"], origin(8, "z"));
        assert!(fs::read_to_string(dir.join(FILE)).unwrap().starts_with("# The versions"));
        assert!(seatwise_workbench::read_dir(dir).unwrap().is_empty(), "it is no part of the pack");
    }

    #[test]
    fn a_damaged_file_is_reported_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "version = 1").unwrap();
        assert!(read_all(folder.path()).unwrap_err().contains("is damaged"));
        write_of(folder.path(), "here", origin(1, "x")).unwrap();
        assert_eq!(read_all(folder.path()).unwrap()["here"], origin(1, "x"));
    }

    #[test]
    fn who_published_what_the_folder_lacks_is_said() {
        let line = Publication {
            number: 3,
            version: PolicyVersion("y".to_owned()),
            before: None,
            deed: PublicationKind::RolledBack { to: 1 },
            pack: "p".to_owned(),
            schemas: Vec::new(),
            author: "ada\u{1b}[2J".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            message: "too much".to_owned(),
            frame: PackBaseline::default(),
            signature: PolicySignature::default(),
        };
        let told = message(Path::new("pack"), &origin(2, "x"), 3, Some(&line));
        assert!(
            told.starts_with(
                "pack comes from version 2, but version 3 is active: ada[2J rolled back to version 1 at \
                 1970-01-01 00:00 UTC (“too much”). "
            ),
            "{told}"
        );
        assert!(
            told.contains("policies pull OTHER_DIR") && told.contains("policies diff OTHER_DIR"),
            "{told}"
        );
    }
}
