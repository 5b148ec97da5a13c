//! The packs that come with the program, and packs in a folder.

use std::fs;
use std::io;
use std::path::Path;

use crate::Files;

/// Written for people beside a pack, and no part of it.
const MATRIX: &str = "matrix.txt";

macro_rules! pack {
    ($name:literal: $($path:literal),+ $(,)?) => {
        ($name, &[$(($path, include_str!(concat!("../../../policies/packs/", $name, "/", $path)))),+])
    };
}

/// Path inside the pack and text, sorted by path.
type BuiltIn = &'static [(&'static str, &'static str)];

const BUILT_IN: &[(&str, BuiltIn)] = &[
    pack!("flat-owners": "app.cedarschema", "cases/app.toml", "cases/people.toml", "cases/roles.toml",
        "people.cedar", "product.toml", "roles.cedar"),
    pack!("purchased-seats": "app.cedarschema", "cases/people.toml", "cases/roles.toml",
        "cases/seats.toml", "people.cedar", "product.toml", "roles.cedar", "seats.cedar"),
    pack!("role-ladder": "app.cedarschema", "cases/app.toml", "cases/people.toml", "cases/roles.toml",
        "people.cedar", "product.toml", "roles.cedar"),
    pack!("role-seats": "app.cedarschema", "cases/app.toml", "cases/people.toml", "cases/roles.toml",
        "cases/seats.toml", "people.cedar", "product.toml", "roles.cedar", "seats.cedar"),
];

/// The names of the packs that come with the program.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The files of a pack that comes with the program.
pub fn files(name: &str) -> Option<Files> {
    let (_, files) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name)?;
    Some(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
}

/// The files of a pack in a folder: all of them, so that a misspelt name is found and not ignored;
/// but the generated matrix and hidden files are left out.
pub fn read_dir(path: &Path) -> Result<Files, io::Error> {
    let mut files = Files::new();
    read_into(&mut files, path, "")?;
    files.remove(MATRIX);
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
    use super::*;
    use crate::Bundle;

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
        assert_eq!(names().collect::<Vec<_>>(), folders);
        for name in names() {
            assert_eq!(files(name).unwrap(), read_dir(&folder().join(name)).unwrap(), "{name}");
        }
    }

    #[test]
    fn a_pack_is_called_like_its_folder() {
        for name in names() {
            let bundle = Bundle::compile(&files(name).unwrap()).unwrap();
            assert_eq!(bundle.pack().name, name);
        }
    }

    #[test]
    fn there_is_no_pack_of_another_name() {
        assert_eq!(files("../guardrails"), None);
    }
}
