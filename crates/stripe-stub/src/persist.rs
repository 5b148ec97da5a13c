//! The file of an account. It holds no secret of the caller, but links that let their bearer pay.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::error::StubError;
use crate::state::Account;

/// The account in the file; `None` if there is no file.
pub(crate) fn load(path: &Path) -> Result<Option<Account>, StubError> {
    match fs::read(path) {
        Ok(content) => Ok(Some(serde_json::from_slice(&content)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Replaces the file at once, so that a crash leaves the old or the new account.
pub(crate) fn save(path: &Path, account: &Account) -> Result<(), StubError> {
    let fresh = path.with_extension("new");
    let mut file = private(&fresh)?;
    file.write_all(&serde_json::to_vec(account)?)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    Ok(())
}

/// A file that only its owner can read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
