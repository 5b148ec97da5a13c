//! The servers that run on this machine. Each has a file in the data folder, which it locks as long as it runs: so
//! that a command of the operator knows what it does not reach, such as a server with its state in memory.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::data::Data;
use super::files::create_private;
use super::serve::default_data;

const PREFIX: &str = "server-";

/// A running server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunningServer {
    /// Its address.
    pub(crate) url: String,
    /// Its data file; absent: its state is in memory.
    pub(crate) data: Option<PathBuf>,
}

/// The entry of a server. It ends when this is dropped or the process ends, however it ends.
pub(super) struct Entry {
    path: PathBuf,
    _lock: File,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Makes a server known. A server whose entry cannot be written runs all the same.
pub(super) fn enter(url: &str, port: u16, data: &Data) -> Option<Entry> {
    enter_in(&folder()?, port, &RunningServer { url: url.to_owned(), data: data.file().map(whole_path) })
}

fn enter_in(folder: &Path, port: u16, server: &RunningServer) -> Option<Entry> {
    fs::create_dir_all(folder).ok()?;
    // No two servers have one port, so the file is that of an earlier one at most.
    let path = folder.join(format!("{PREFIX}{port}"));
    let mut file = create_private(&path).ok()?;
    file.lock().ok()?;
    file.set_len(0).ok()?;
    file.write_all(serde_json::to_string(server).ok()?.as_bytes()).ok()?;
    Some(Entry { path, _lock: file })
}

/// The servers that run.
pub(crate) fn running() -> Vec<RunningServer> {
    folder().map(|folder| running_in(&folder)).unwrap_or_default()
}

fn running_in(folder: &Path) -> Vec<RunningServer> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    let mut servers: Vec<RunningServer> = named.filter_map(|entry| read(&entry.path())).collect();
    servers.sort_by(|one, other| one.url.cmp(&other.url));
    servers
}

/// The server of an entry, if it runs: a server that was killed leaves its file, and no lock.
fn read(path: &Path) -> Option<RunningServer> {
    let mut file = File::open(path).ok()?;
    if !matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return None;
    }
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// The path from the root, so that two names of a file are one.
pub(crate) fn whole_path(path: &Path) -> PathBuf {
    fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

fn folder() -> Option<PathBuf> {
    Some(default_data()?.parent()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_while_it_runs() {
        let folder = tempfile::tempdir().unwrap();
        let server = |url: &str, data: Option<&str>| RunningServer {
            url: url.to_owned(),
            data: data.map(PathBuf::from),
        };
        let (one, other) = (server("http://a", None), server("http://b", Some("/x.db")));
        assert_eq!(running_in(folder.path()), []);
        let first = enter_in(folder.path(), 1, &one).unwrap();
        let second = enter_in(folder.path(), 2, &other).unwrap();
        assert_eq!(running_in(folder.path()), [one, other.clone()]);
        drop(first);
        assert_eq!(running_in(folder.path()), [other]);
        // Killed: the file stays, the lock does not.
        fs::write(folder.path().join("server-3"), r#"{"url":"http://c","data":null}"#).unwrap();
        drop(second);
        assert_eq!(running_in(folder.path()), []);
        let again = server("http://c", None);
        let _entry = enter_in(folder.path(), 3, &again).unwrap();
        assert_eq!(running_in(folder.path()), [again]);
    }
}
