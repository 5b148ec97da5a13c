//! The templates and figures in infra/: permissions, resources, limits of AWS, costs.

pub mod costs;
mod limits;
mod payments;
mod permissions;
mod recorded;
mod recorder;
mod template;
mod webhook;
mod worlds;
mod yaml;

use std::path::{Path, PathBuf};

use crate::support::committed;

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra").join(file)
}

/// A file of infra/.
fn read(file: &str) -> String {
    std::fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("infra/{file}: {error}"))
}

/// Fails unless the committed file is this text. `UPDATE=1` writes it.
#[track_caller]
fn check(file: &str, now: &str) {
    committed::check(&format!("../../infra/{file}"), now);
}
