//! `seatwise policies pull`: a published version, as a folder to edit.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use seatwise_policy::{Files, packs};

use super::place::PlaceArgs;
use crate::say;

/// What, and whereto.
#[derive(Args)]
pub(crate) struct PullArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The folder; made, if it is not there
    dir: PathBuf,
    /// The number of the version [default: the active one]
    #[arg(long, value_name = "NUMBER")]
    version: Option<u32>,
    /// Write over what the folder has, and remove policies, cases and schema that the version has not
    #[arg(long)]
    force: bool,
}

/// Writes it.
pub(super) fn run(args: &PullArgs) -> ExitCode {
    args.place.run(async |place| {
        let standing = place.standing().await?;
        let number = args.version.or_else(|| standing.active().map(|active| active.number));
        let line = place.publication(number.ok_or("nothing is published")?).await?;
        let files = place.files(&line.version).await?;
        let changed = write(&args.dir, &files, args.force)?;
        say(&format_args!(
            "{}: version {}, {changed} of {} files written\n",
            args.dir.display(),
            line.number,
            files.len()
        ));
        Ok(ExitCode::SUCCESS)
    })
}

/// Makes the folder hold these files; says how many it did not.
fn write(dir: &Path, files: &Files, force: bool) -> Result<usize, String> {
    if let Some(path) = files.keys().find(|path| !is_inside(path)) {
        return Err(format!("the version has a file {path:?}, which is no name inside a folder"));
    }
    let there = if dir.exists() { packs::read_dir(dir) } else { Ok(Files::new()) };
    let there = there.map_err(|error| format!("cannot read {}: {error}", dir.display()))?;
    let differs = there.iter().find(|(path, text)| files.get(*path) != Some(text));
    if let Some((path, _)) = differs.filter(|_| !force) {
        return Err(format!(
            "{} has {path} otherwise, and pulling would lose that; name another folder, or --force",
            dir.display()
        ));
    }
    let fault = |path: &Path, error: std::io::Error| format!("cannot write {}: {error}", path.display());
    for path in there.keys().filter(|path| !files.contains_key(*path)) {
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
    Ok(changed.len())
}

/// Whoever wrote the version, it writes nothing outside the folder.
fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
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
        assert_eq!(write(&dir, &first, false), Ok(2));
        assert_eq!(write(&dir, &first, false), Ok(0));
        fs::write(dir.join("mine.cedar"), "c").unwrap();
        let refused = write(&dir, &first, false).unwrap_err();
        assert!(refused.contains("mine.cedar"), "{refused}");
        assert_eq!(write(&dir, &files(&[("product.toml", "d")]), true), Ok(1));
        assert_eq!(packs::read_dir(&dir).unwrap(), files(&[("product.toml", "d")]));
    }

    #[test]
    fn a_version_writes_nothing_outside_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["../x", "/x", "a/../../x", "", ".", "./../x"] {
            let refused = write(folder.path(), &files(&[(path, "x")]), true);
            assert!(refused.is_err(), "{path}");
        }
    }
}
