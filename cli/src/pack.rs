//! The pack that a command line names.

use std::io;
use std::path::Path;

use seatwise_policy::{Bundle, Files, packs};
use seatwise_workbench::{Finding, check, read_dir};

/// A reason why the pack cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// There is no such pack.
    #[error("there is no pack {name}; there are {known}, or name a folder with a slash in it")]
    Unknown {
        /// The name that was given.
        name: String,
        /// The names of the built-in packs.
        known: String,
    },
    /// The folder of a pack cannot be read.
    #[error("cannot read the pack {name}: {source}")]
    Folder {
        /// The name that was given.
        name: String,
        /// The cause.
        source: io::Error,
    },
    /// The pack has findings.
    #[error("the pack {name} is not sound: {finding} (`seatwise policies check` lists all findings)")]
    Unsound {
        /// The name that was given.
        name: String,
        /// Its first finding.
        finding: Box<Finding>,
    },
}

/// Whether the name means a folder.
pub fn is_folder(name: &str) -> bool {
    name.contains('/')
}

/// The files of a built-in pack, or of a pack in a folder (a name with a slash), and the name in the pack
/// itself. A pack in a folder is checked; built-in packs were checked when the program was built.
pub fn read(name: &str) -> Result<(Files, String), PackError> {
    let is_folder = is_folder(name);
    let files = if is_folder {
        let fault = |source| PackError::Folder { name: name.to_owned(), source };
        read_dir(Path::new(name)).map_err(fault)?
    } else {
        packs::files(name).ok_or_else(|| PackError::Unknown {
            name: name.to_owned(),
            known: packs::names().collect::<Vec<_>>().join(", "),
        })?
    };
    let own_name = own_name(name, &files)?;
    if is_folder && let Some(finding) = check(&files).into_iter().next() {
        return Err(PackError::Unsound { name: name.to_owned(), finding: Box::new(finding) });
    }
    Ok((files, own_name))
}

/// The name in the pack itself.
pub fn own_name(name: &str, files: &Files) -> Result<String, PackError> {
    let unsound = |fault| {
        let finding = Box::new(Finding::of_fault(&fault, files));
        PackError::Unsound { name: name.to_owned(), finding }
    };
    Ok(Bundle::compile(files).map_err(unsound)?.pack().name.clone())
}
