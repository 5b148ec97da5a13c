//! The packs that come with the program.

use crate::Files;

macro_rules! pack {
    ($name:literal: $($path:literal),+ $(,)?) => {
        ($name, &[$(($path, include_str!(concat!("../../../policies/packs/", $name, "/", $path)))),+])
    };
}

/// Each file's path inside the pack and its text, sorted by path.
type BuiltIn = &'static [(&'static str, &'static str)];

const BUILT_IN: &[(&str, BuiltIn)] = &[
    pack!("flat-owners": "app.cedarschema", "cases/app.toml", "cases/billing.toml", "cases/keys.toml", "cases/people.toml",
        "cases/roles.toml", "cases/services.toml",
        "keys.cedar", "people.cedar", "product.toml", "roles.cedar", "services.cedar"),
    pack!("purchased-seats": "app.cedarschema", "cases/billing.toml", "cases/keys.toml", "cases/people.toml",
        "cases/roles.toml", "cases/seats.toml", "cases/services.toml",
        "keys.cedar", "people.cedar", "product.toml", "roles.cedar", "seats.cedar", "services.cedar"),
    pack!("role-ladder": "app.cedarschema", "cases/app.toml", "cases/billing.toml", "cases/keys.toml", "cases/people.toml",
        "cases/roles.toml", "cases/services.toml",
        "keys.cedar", "people.cedar", "product.toml", "roles.cedar", "services.cedar"),
    pack!("role-seats": "app.cedarschema", "cases/app.toml", "cases/billing.toml", "cases/people.toml",
        "cases/roles.toml", "cases/seats.toml", "cases/services.toml",
        "people.cedar", "product.toml", "roles.cedar", "seats.cedar", "services.cedar"),
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

/// The texts of the files of this path, or below this folder, in the packs that come with the program.
pub fn texts(path: &str) -> Vec<&'static str> {
    let files = BUILT_IN.iter().flat_map(|(_, files)| *files);
    let is_meant =
        |name: &str| name == path || name.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    files.filter(|(name, _)| is_meant(name)).map(|(_, text)| *text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bundle;

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
