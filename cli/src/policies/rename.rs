//! `seatwise policies rename-role` and `rename-tier`: another name, in all files of a pack.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use seatwise_policy::{Bundle, Files, PACK_FILE};
use seatwise_workbench::{MATRIX_FILE, NamedKind, Rename, Renamed, matrix, rename};

use super::format::replace;
use super::gate::{self, Extent};
use super::progress::Progress;
use super::propose::refuse;
use super::{EXIT_FINDINGS, read};
use crate::dev::running::whole_path;
use crate::{fail, say, work};

const AFTER_HELP: &str = "\
Edits product.toml, the policies, app.cedarschema and the cases in place: comments and layout stay. In
product.toml, `first-id` keeps the name that records have, so that the holders keep what they have as
soon as the pack is published, and after a rollback as well. A generated matrix.txt is written anew.

The result is checked before anything is written. Texts for people (labels, `@doc`, comments, names of
cases) stay as they are.

Exit codes:
  0  it was renamed
  1  it was refused, or the pack has findings under the new name: nothing was written
  2  the folder holds no pack, cannot be read or cannot be written, or the command line is wrong";

/// The arguments of `policies rename-role` and `rename-tier`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct RenameArgs {
    /// The present name
    old: String,
    /// The new name
    new: String,
    /// The folder of the pack
    #[arg(default_value = ".")]
    dir: PathBuf,
}

/// Renames a role or a tier.
pub(super) fn run(args: &RenameArgs, kind: NamedKind) -> ExitCode {
    let RenameArgs { old, new, dir } = args;
    if dir.is_dir() && !dir.join(PACK_FILE).is_file() {
        return fail(&no_pack(&whole_path(dir), old, new, kind));
    }
    let files = match read(dir) {
        Ok(files) => files,
        Err(refused) => return refused,
    };
    let wanted = Rename { kind, before: old.clone(), after: new.clone() };
    let renamed = match rename(&files, &wanted) {
        Ok(renamed) => renamed,
        Err(why) => return refuse(&format!("{why}; nothing was written")),
    };
    let Renamed { files: after, replaced } = renamed;
    let passes = async { gate::passes(dir, &after, Extent::WithoutProofs, &Progress::new()).await };
    let is_sound = async {
        Ok::<_, String>(match passes.await? {
            Some(_) => ExitCode::SUCCESS,
            None => ExitCode::from(EXIT_FINDINGS),
        })
    };
    let checked = work(is_sound);
    if checked != ExitCode::SUCCESS {
        fail(&format_args!(
            "the pack has these findings with the {} called {new}; nothing was written",
            kind.word()
        ));
        return checked;
    }
    for path in replaced.keys() {
        if let Err(error) = replace(&dir.join(path), &after[path]) {
            return fail(&format_args!("cannot write {path}: {error}; undo what was written, and repeat"));
        }
    }
    let has_matrix = match write_matrix(dir, &after) {
        Ok(has_matrix) => has_matrix,
        Err(error) => return fail(&format_args!("cannot write {MATRIX_FILE}: {error}")),
    };
    let word = kind.word();
    let lines = replaced.iter().map(|(path, places)| format!("  {path}: {places}\n"));
    let anew = if has_matrix { format!("  {MATRIX_FILE}: written anew\n") } else { String::new() };
    say(&format_args!(
        "{word} {old} is called {new} now; replaced in\n{}{anew}Its holders keep it as soon as this is published. \
         Next: seatwise policies check, diff and publish\n",
        lines.collect::<String>()
    ));
    ExitCode::SUCCESS
}

/// The message about a folder without a pack.
fn no_pack(dir: &Path, old: &str, new: &str, kind: NamedKind) -> String {
    format!(
        "the folder {} holds no pack: it has no {PACK_FILE}. Name the folder of one: \
         `seatwise policies rename-{} {old} {new} DIR`",
        dir.display(),
        kind.word()
    )
}

/// Writes the matrix anew, if there is one beside the pack. Returns whether there is.
fn write_matrix(dir: &Path, files: &Files) -> Result<bool, String> {
    let path = dir.join(MATRIX_FILE);
    if !path.is_file() {
        return Ok(false);
    }
    let bundle = Bundle::compile(files).map_err(|fault| fault.to_string())?;
    replace(&path, &matrix(&bundle)).map_err(|error| error.to_string())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_pack_is_named_with_the_way_to_name_another() {
        let folder = tempfile::tempdir().unwrap();
        let args = |dir: &Path| RenameArgs {
            old: "admin".to_owned(),
            new: "manager".to_owned(),
            dir: dir.to_owned(),
        };
        // Other files in it are not read.
        std::fs::write(folder.path().join("image"), [0xff]).unwrap();
        let usage = format!("{:?}", ExitCode::from(crate::EXIT_USAGE));
        assert_eq!(format!("{:?}", run(&args(folder.path()), NamedKind::Role)), usage);
        let told = no_pack(folder.path(), "pro", "premium", NamedKind::Tier);
        assert!(told.contains(&folder.path().display().to_string()), "{told}");
        assert!(told.ends_with("`seatwise policies rename-tier pro premium DIR`"), "{told}");
    }
}
