//! The pack that a command was told to use.

use std::io;
use std::path::Path;

use seatwise_policy::{Bundle, Files, Finding, packs};

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// There is no such pack.
    #[error("there is no pack {name}; there are {known}, or name a folder with a slash in it")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The folder of a pack cannot be read.
    #[error("cannot read the pack {name}: {source}")]
    Folder {
        /// Which.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// The pack has faults.
    #[error("the pack {name} is not sound: {finding} (`seatwise policies check` says it all)")]
    Unsound {
        /// Which.
        name: String,
        /// Its first fault.
        finding: Box<Finding>,
    },
}

/// Whether it is meant as a folder.
pub fn is_folder(name: &str) -> bool {
    name.contains('/')
}

/// The files of a pack that comes with the program, or of one in a folder (with a slash in its name);
/// and the name that the pack has for itself. One from a folder is checked; those that come with the
/// program were when it was built.
pub fn read(name: &str) -> Result<(Files, String), PackError> {
    let is_folder = is_folder(name);
    let files = if is_folder {
        let fault = |source| PackError::Folder { name: name.to_owned(), source };
        packs::read_dir(Path::new(name)).map_err(fault)?
    } else {
        packs::files(name).ok_or_else(|| PackError::Unknown {
            name: name.to_owned(),
            known: packs::names().collect::<Vec<_>>().join(", "),
        })?
    };
    let own_name = own_name(name, &files)?;
    if is_folder && let Some(finding) = seatwise_policy::check(&files).into_iter().next() {
        return Err(PackError::Unsound { name: name.to_owned(), finding: Box::new(finding) });
    }
    Ok((files, own_name))
}

/// The name that a pack has for itself.
pub fn own_name(name: &str, files: &Files) -> Result<String, PackError> {
    let fault = |finding| PackError::Unsound { name: name.to_owned(), finding: Box::new(finding) };
    Ok(Bundle::compile(files).map_err(fault)?.pack().name.clone())
}
