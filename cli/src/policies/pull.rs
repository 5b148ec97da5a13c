//! `seatwise policies pull`: writes a published version to a folder, to edit it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use seatwise_policy::Files;
use seatwise_workbench::{is_pack_file, read_dir};

use super::log::require_signed;
use super::origin::{self, Origin};
use super::place::PlaceArgs;
use super::progress::note;
use crate::say;

/// The arguments of `policies pull`.
#[derive(Args)]
pub(crate) struct PullArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The folder; it is made if it does not exist
    dir: PathBuf,
    /// The number of the version [default: the active one]
    #[arg(long, value_name = "NUMBER")]
    version: Option<u32>,
    /// Overwrite the pack in the folder, and remove pack files that the version does not have; files that
    /// do not belong to a pack stay
    #[arg(long)]
    force: bool,
}

/// Writes the version.
pub(super) fn run(args: &PullArgs) -> ExitCode {
    args.place.run(async |place| {
        let state = place.state().await?;
        let line = place.chosen(&state, args.version).await?;
        if !require_signed(&line, place.trusted().await?.as_ref())? {
            note("the key that signed this version is not known here: its signature cannot be checked");
        }
        let files = place.files(&line.version).await?;
        let PulledFiles { written, removed } = write(&args.dir, &files, args.force)?;
        origin::write(&args.dir, &place, Origin::new(line.number, line.version))?;
        let dir = args.dir.display();
        say(&format_args!("{dir}: version {}, {written} of {} files written\n", line.number, files.len()));
        for path in removed {
            say(&format_args!("{dir}: removed {path}, which the version does not have\n"));
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The files that were written and removed.
#[derive(Debug, PartialEq, Eq)]
struct PulledFiles {
    written: usize,
    removed: Vec<String>,
}

/// Makes these files the pack in the folder. Other files in it stay.
fn write(dir: &Path, files: &Files, force: bool) -> Result<PulledFiles, String> {
    if let Some(path) = files.keys().find(|path| !is_pack_file(path)) {
        return Err(format!("the version has a file {path:?}, which does not belong to a pack"));
    }
    if let Some(link) = files.keys().find(|path| is_behind_link(dir, path)) {
        return Err(format!("{} leads elsewhere: name another folder", dir.join(link).display()));
    }
    let there = if dir.exists() { read_dir(dir) } else { Ok(Files::new()) };
    let mut there = there.map_err(|error| format!("cannot read {}: {error}", dir.display()))?;
    there.retain(|path, _| is_pack_file(path));
    let differs = there.iter().find(|(path, text)| files.get(*path) != Some(text));
    if let Some((path, _)) = differs.filter(|_| !force) {
        return Err(format!(
            "{} has another {path}, which pulling would lose; name another folder, or --force",
            dir.display()
        ));
    }
    let fault = |path: &Path, error: std::io::Error| format!("cannot write {}: {error}", path.display());
    let removed: Vec<String> = there.keys().filter(|path| !files.contains_key(*path)).cloned().collect();
    for path in &removed {
        let path = dir.join(path);
        fs::remove_file(&path).map_err(|error| fault(&path, error))?;
    }
    let changed: Vec<_> = files.iter().filter(|(path, text)| there.get(*path) != Some(text)).collect();
    for (path, text) in &changed {
        let path = dir.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| fault(folder, error))?;
        }
        fs::write(&path, text).map_err(|error| fault(&path, error))?;
    }
    Ok(PulledFiles { written: changed.len(), removed })
}

/// Whether a file, or a folder that it is in, is a link: nothing is written behind a link.
fn is_behind_link(dir: &Path, path: &str) -> bool {
    let parts = Path::new(path).ancestors().filter(|part| !part.as_os_str().is_empty());
    parts.map(|part| dir.join(part)).any(|part| part.is_symlink())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_folder_is_filled_and_nothing_in_it_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("new");
        let first = files(&[("product.toml", "a"), ("cases/x.toml", "b")]);
        let done = |written, removed: &[&str]| {
            Ok(PulledFiles { written, removed: removed.iter().map(|path| (*path).to_owned()).collect() })
        };
        assert_eq!(write(&dir, &first, false), done(2, &[]));
        fs::write(dir.join("notes.md"), "of mine").unwrap();
        assert_eq!(write(&dir, &first, false), done(0, &[]));
        fs::write(dir.join("mine.cedar"), "c").unwrap();
        let refused = write(&dir, &first, false).unwrap_err();
        assert!(refused.contains("mine.cedar"), "{refused}");
        let removed = done(1, &["cases/x.toml", "mine.cedar"]);
        assert_eq!(write(&dir, &files(&[("product.toml", "d")]), true), removed);
        assert_eq!(read_dir(&dir).unwrap(), files(&[("notes.md", "of mine"), ("product.toml", "d")]));
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_behind_a_link() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("cases")).unwrap();
        let refused = write(folder.path(), &files(&[("cases/x.toml", "x")]), true).unwrap_err();
        assert!(refused.contains("leads elsewhere"), "{refused}");
        assert!(fs::read_dir(elsewhere.path()).unwrap().next().is_none());
    }

    #[test]
    fn a_version_writes_nothing_outside_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "../x.cedar",
            "/x.cedar",
            "a/../../x.cedar",
            "",
            ".",
            ".git/config",
            ".x.cedar",
            "cases/../product.toml",
            "run.sh",
        ] {
            let refused = write(folder.path(), &files(&[(path, "x")]), true);
            assert!(refused.is_err(), "{path}");
        }
    }
}
