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
    assert_eq!(committed, now, "{name} is stale: run the tests with UPDATE=1");
}
