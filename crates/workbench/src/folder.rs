//! Packs in a folder.

use std::fs;
use std::io;
use std::path::Path;

use seatwise_policy::Files;

/// A generated file for people, which lies beside a pack and is not part of it.
pub const MATRIX_FILE: &str = "matrix.txt";

/// The files of the pack in a folder: all files, so that a misspelt name is found and not ignored. Only
/// the generated matrix and hidden files are left out.
pub fn read_dir(path: &Path) -> Result<Files, io::Error> {
    let mut files = Files::new();
    read_into(&mut files, path, "")?;
    files.remove(MATRIX_FILE);
    Ok(files)
}

fn read_into(files: &mut Files, folder: &Path, prefix: &str) -> Result<(), io::Error> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            read_into(files, &entry.path(), &format!("{path}/"))?;
        } else {
            let text = fs::read_to_string(entry.path())
                .map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))?;
            files.insert(path, text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use seatwise_policy::packs;

    use super::*;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/packs")
    }

    #[test]
    fn every_pack_in_the_folder_is_compiled_in_whole() {
        let mut folders: Vec<_> = fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        folders.sort();
        assert_eq!(packs::names().collect::<Vec<_>>(), folders);
        for name in packs::names() {
            assert_eq!(packs::files(name).unwrap(), read_dir(&folder().join(name)).unwrap(), "{name}");
        }
    }
}
