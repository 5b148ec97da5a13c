//! The files of a pack, by their names and their size.

use std::path::Path;

use seatwise_domain::MAX_BUNDLE_BYTES;
use seatwise_policy::source::is_policy_file;
use seatwise_policy::{APP_FILE, Files, PACK_FILE};

use crate::cases;
use crate::finding::Finding;
use crate::suggestion::nearest;

/// Whether a file of this name can be part of a pack. No other file of a version is written to a folder.
pub fn is_pack_file(path: &str) -> bool {
    let is_plain =
        path.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && !part.contains('\\'));
    let is_known = [PACK_FILE, APP_FILE].contains(&path) || is_policy_file(path) || cases::is_file(path);
    is_plain && is_known && !Path::new(path).is_absolute()
}

/// Files that are not part of a pack, and packs that are too large.
pub(super) fn strange_files(files: &Files) -> Vec<Finding> {
    let strange = files.keys().filter(|path| !is_pack_file(path));
    let mut findings: Vec<_> = strange.map(|path| strange_file(path)).collect();
    let bytes = seatwise_policy::size(files);
    if bytes > MAX_BUNDLE_BYTES {
        let message = format!("the pack has {bytes} bytes; at most {MAX_BUNDLE_BYTES} can be published");
        findings.push(
            Finding::of_file(PACK_FILE, &message).help("shorten comments and `@doc`, or merge policies"),
        );
    }
    findings
}

fn strange_file(path: &str) -> Finding {
    let (stem, ending) = path.rsplit_once('.').unwrap_or((path, ""));
    let near = nearest(path, [PACK_FILE, APP_FILE]).map(ToOwned::to_owned);
    let near = near.or_else(|| nearest(ending, ["cedar"]).map(|ending| format!("{stem}.{ending}")));
    let help = near.map_or_else(
        || {
            format!("a pack is `{PACK_FILE}`, `{APP_FILE}`, `*.cedar` and `cases/*.toml`: move it elsewhere, or hide it with a dot")
        },
        |near| format!("did you mean `{near}`?"),
    );
    Finding::of_file(path, "this is no file of a pack").help(&help)
}
