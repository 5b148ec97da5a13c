//! Watches a folder.
//!
//! It compares the content at intervals. The change notices of file systems differ from system to
//! system, and some systems have none (network drives, containers).

use std::ops::ControlFlow;
use std::path::Path;

use seatwise_policy::Files;

/// The number of failures in a row before a message: editors that save by renaming make a folder
/// unreadable for a moment.
const PATIENCE: u32 = 5;

/// Checks the content of the folder at once and after every change, until `wait` breaks.
pub(super) fn watch(
    dir: &Path,
    out: &mut dyn FnMut(&str),
    mut wait: impl FnMut() -> ControlFlow<()>,
    mut check: impl FnMut(&Files),
) {
    let mut checked: Option<Files> = None;
    let mut failures = 0;
    loop {
        match seatwise_workbench::read_dir(dir) {
            Ok(files) => {
                failures = 0;
                if checked.as_ref() != Some(&files) {
                    check(&files);
                    out(&format!("-- watching {}; Ctrl-C ends --\n", dir.display()));
                    checked = Some(files);
                }
            }
            Err(error) => {
                failures += 1;
                if failures == PATIENCE {
                    out(&format!("-- cannot read {}: {error}; waiting --\n", dir.display()));
                    // The next content is checked in any case.
                    checked = None;
                }
            }
        }
        if wait().is_break() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs;

    use super::*;

    /// The output while these things happen, one in each pause.
    fn said(dir: &Path, happens: &[&dyn Fn()]) -> Vec<String> {
        let said = RefCell::new(Vec::new());
        let mut next = happens.iter();
        let wait = || match next.next() {
            Some(happens) => {
                happens();
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        };
        let mut out = |text: &str| said.borrow_mut().push(text.replace(&dir.display().to_string(), "DIR"));
        watch(dir, &mut out, wait, |files| {
            said.borrow_mut().push(files.values().cloned().collect());
        });
        said.into_inner()
    }

    const WATCHING: &str = "-- watching DIR; Ctrl-C ends --\n";

    #[test]
    fn each_change_is_checked_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = &folder.path().join("a.cedar");
        fs::write(file, "one").unwrap();
        let write = |text: &'static str| move || fs::write(file, text).unwrap();
        let said = said(folder.path(), &[&|| (), &write("two"), &write("two"), &write("three")]);
        assert_eq!(said, ["one", WATCHING, "two", WATCHING, "three", WATCHING]);
    }

    #[test]
    fn a_folder_may_be_gone_for_a_moment() {
        let parent = tempfile::tempdir().unwrap();
        let (dir, away) = (parent.path().join("pack"), parent.path().join("away"));
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("a.cedar"), "one").unwrap();
        let leave = || fs::rename(&dir, &away).unwrap();
        let come_back = || fs::rename(&away, &dir).unwrap();
        assert_eq!(said(&dir, &[&leave, &|| (), &come_back, &|| ()]), ["one", WATCHING]);

        let nothing: &dyn Fn() = &|| ();
        let long = [&[&leave as &dyn Fn()][..], &[nothing; PATIENCE as usize + 3], &[&come_back]].concat();
        let said = said(&dir, &long);
        assert_eq!(said.len(), 5, "{said:?}");
        assert!(said[2].starts_with("-- cannot read DIR: "), "{said:?}");
        assert_eq!(said[3..], ["one", WATCHING]);
    }
}
