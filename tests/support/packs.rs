//! Packs for tests: the built-in ones, with some texts replaced.

use std::path::Path;

use seatwise_policy::{Files, packs};

/// The pack that most tests are about.
pub const DEFAULT: &str = "purchased-seats";

/// A change to a pack: the file, the text that is replaced, and the text in its place.
pub type Edit<'a> = (&'a str, &'a str, &'a str);

/// The files of a built-in pack.
pub fn files(pack: &str) -> Files {
    packs::files(pack).expect("built in")
}

/// The files of a built-in pack, with some texts replaced.
pub fn edited(pack: &str, edits: &[Edit<'_>]) -> Files {
    let mut files = files(pack);
    for (file, from, to) in edits {
        let text = files.get_mut(*file).unwrap_or_else(|| panic!("{pack} has no {file}"));
        assert!(text.contains(from), "{from} is not in {file}");
        *text = text.replace(from, to);
    }
    files
}

/// The files of a built-in pack, with some texts of its product.toml replaced, each by the other.
pub fn with_product(pack: &str, changes: &[(&str, &str)]) -> Files {
    let edits: Vec<Edit<'_>> = changes.iter().map(|(from, to)| ("product.toml", *from, *to)).collect();
    edited(pack, &edits)
}

/// The files of the default pack, with one text of its roles replaced: another version that decides the
/// same.
pub fn commented(comment: &str) -> Files {
    edited(DEFAULT, &[("roles.cedar", "// Who may what in a workspace.", comment)])
}

/// The files of a built-in pack, with some texts replaced. The pack's own cases describe the pack as it was:
/// one case that always holds takes their place.
pub fn edited_without_cases(pack: &str, edits: &[Edit<'_>]) -> Files {
    const CASE: &str = r#"[[case]]
        name = "whoever signs in enters"
        given = { caller = "user" }
        when = { action = "enter" }
        then = "allow""#;
    let mut files = edited(pack, edits);
    files.retain(|path, _| !path.starts_with("cases/"));
    files.insert("cases/edited.toml".to_owned(), CASE.to_owned());
    files
}

/// Writes a pack into a folder.
pub fn write(folder: &Path, files: &Files) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
}
