//! The files of the state. Only their owner can read them: they hold keys, addresses and mails.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Either the whole file is there afterwards, or none of it: written beside, then renamed.
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut file = private(File::options().write(true).create(true).truncate(true)).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    // The name is durable once its folder is (fsync(2)). Not every system lets a folder be opened.
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        folder.sync_all()?;
    }
    Ok(())
}

/// Creates the file, unless it exists, and keeps it to its owner. SQLite gives the files beside it the same mode.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let file = private(File::options().append(true).create(true)).open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

/// Readable for its owner only, where files have such modes.
fn private(options: &mut fs::OpenOptions) -> &mut fs::OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn files_are_for_their_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        write_atomically(&path, b"x").unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        create_private(&path).unwrap();
        assert_eq!((mode(), fs::read(&path).unwrap()), (0o600, b"x".to_vec()));
    }
}
