//! `seatwise policies format`: one form for the policies of a pack.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};

use clap::Args;
use seatwise_policy::Files;
use seatwise_policy::source::is_policy_file;
use seatwise_workbench::Finding;

use super::check::render::{Style, human};
use super::{EXIT_FINDINGS, read};
use crate::{fail, say};

const AFTER_HELP: &str = "\
Comments are kept in their places, and at most one empty line in a row. A file is left unchanged, with
a message, if it does not parse or a comment would be lost. A file is replaced as a whole, so that
nobody reads half of it.

Exit codes:
  0  all files are formatted
  1  a file was left unchanged; with --check also: a file would change
  2  the folder cannot be read or written, or the command line is wrong";

/// The arguments of `policies format`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct FormatArgs {
    /// The folder of the pack
    dir: PathBuf,
    /// Only say which files would change
    #[arg(long)]
    check: bool,
}

/// The result of formatting.
#[derive(Default)]
struct Formatting {
    /// The files that change, formatted.
    changed: Files,
    /// The reasons why other files cannot be formatted.
    findings: Vec<Finding>,
}

/// Formats every file of policies.
pub(super) fn run(FormatArgs { dir, check }: &FormatArgs) -> ExitCode {
    let files = match read(dir) {
        Ok(files) => files,
        Err(refused) => return refused,
    };
    let Formatting { changed, findings } = format(&files);
    for (file, text) in &changed {
        let path = dir.join(file);
        if !check && let Err(error) = replace(&path, text) {
            return fail(&format_args!("cannot write {}: {error}", path.display()));
        }
        let done = if *check { "would change" } else { "formatted" };
        say(&format_args!("{}: {done}\n", path.display()));
    }
    if !findings.is_empty() {
        say(&human(dir, &files, &findings, Style::of_stdout()));
    }
    let is_done = findings.is_empty() && (changed.is_empty() || !check);
    if is_done { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FINDINGS) }
}

fn format(files: &Files) -> Formatting {
    let mut formatting = Formatting::default();
    for (file, text) in files.iter().filter(|(file, _)| is_policy_file(file)) {
        match seatwise_workbench::format(file, text) {
            Ok(formatted) if formatted == *text => {}
            Ok(formatted) => {
                formatting.changed.insert(file.clone(), formatted);
            }
            Err(findings) => formatting.findings.extend(findings),
        }
    }
    formatting
}

/// Writes a new file beside the old one and renames it. The target of a link is replaced, not the link.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), io::Error> {
    let path = fs::canonicalize(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Hidden, so that a check meanwhile does not count it as a file of the pack.
    let new = path.with_file_name(format!(".{name}.{}.new", process::id()));
    let written = fs::write(&new, text)
        .and_then(|()| fs::set_permissions(&new, fs::metadata(&path)?.permissions()))
        .and_then(|()| fs::rename(&new, &path));
    if written.is_err() {
        // If the new file cannot be removed either, it stays hidden.
        let _ = fs::remove_file(&new);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    const UGLY: &str = "// Who.\n\n@id(\"a\")permit(principal,action,resource); // all\n";
    const FINE: &str = "// Who.\n\n@id(\"a\")\npermit (principal, action, resource); // all\n";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn run_on(folder: &tempfile::TempDir, check: bool) -> ExitCode {
        run(&FormatArgs { dir: folder.path().to_owned(), check })
    }

    #[test]
    fn what_is_ugly_is_written_anew_and_nothing_else_touched() {
        let folder = folder(&[("a.cedar", UGLY), ("b.cedar", FINE), ("product.toml", "a   = 1")]);
        assert_eq!(run_on(&folder, true), ExitCode::from(1));
        let text = |name| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(text("a.cedar"), UGLY, "--check writes nothing");
        assert_eq!(run_on(&folder, false), ExitCode::SUCCESS);
        assert_eq!((text("a.cedar").as_str(), text("b.cedar").as_str()), (FINE, FINE));
        assert_eq!(text("product.toml"), "a   = 1");
        assert_eq!(run_on(&folder, true), ExitCode::SUCCESS);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left behind");
    }

    #[test]
    fn what_does_not_parse_is_left_and_the_others_are_formatted() {
        let folder = folder(&[("a.cedar", "permit ("), ("b.cedar", UGLY)]);
        assert_eq!(run_on(&folder, false), ExitCode::from(1));
        assert_eq!(fs::read_to_string(folder.path().join("a.cedar")).unwrap(), "permit (");
        assert_eq!(fs::read_to_string(folder.path().join("b.cedar")).unwrap(), FINE);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = folder(&[("a.cedar", UGLY)]);
        let (file, link) = (folder.path().join("a.cedar"), folder.path().join("b.cedar"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        replace(&link, FINE).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), FINE);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_folder_that_is_not_there_is_for_the_user_to_mend() {
        let args = FormatArgs { dir: PathBuf::from("/nowhere/at/all"), check: false };
        assert_eq!(run(&args), ExitCode::from(2));
    }
}
