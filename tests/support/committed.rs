//! Texts that people read in reviews, committed beside the tests that make them.

use std::path::Path;

/// Fails the test if the committed text is another one. `UPDATE=1` writes it anew.
#[track_caller]
pub fn check(name: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, now).expect("written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if committed != now {
        let lines = committed.lines().chain(std::iter::repeat("")).zip(now.lines().chain([""]));
        let (index, (was, is)) = lines.enumerate().find(|(_, (was, is))| was != is).unwrap_or((0, ("", "")));
        let line = index + 1;
        panic!(
            "{name} is stale: run the tests with UPDATE=1. It differs from line {line} on:\n-{was}\n+{is}"
        );
    }
}
