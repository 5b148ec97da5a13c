//! Setting and removing the logo of a workspace (S4, L2).

use crate::change::{Change, Changes};
use crate::model::{ImageKind, LogoImage, LogoRef, Workspace};
use crate::moment::Moment;
use crate::record::{Record, RecordKey, Stored};

/// Puts a picture in place of the one before.
pub fn upload(
    stored: &Stored<Workspace>,
    kind: ImageKind,
    bytes: Vec<u8>,
    moment: &mut Moment,
) -> (Workspace, Changes) {
    let before = stored.value.logo;
    let logo = LogoRef {
        key: before.map_or_else(|| moment.secret(), |logo| logo.key),
        version: before.map_or(1, |logo| logo.version + 1),
    };
    let workspace = Workspace { logo: Some(logo), ..stored.value.clone() };
    let image = LogoImage { workspace: workspace.id, key: logo.key, version: logo.version, kind, bytes };
    let changes = vec![
        // The workspace's version stands for the picture's: nobody writes one without the other.
        Change::update(stored, workspace.clone()),
        Change::Replace(Record::LogoImage(image), None),
    ];
    (workspace, changes)
}

/// Takes the picture away: its address leads nowhere from then on.
pub fn remove(stored: &Stored<Workspace>) -> Changes {
    let Some(LogoRef { key, .. }) = stored.value.logo else { return Vec::new() };
    let workspace = Workspace { logo: None, ..stored.value.clone() };
    vec![
        Change::update(stored, workspace),
        Change::DeleteUnconditionally(RecordKey::LogoImage(stored.value.id, key)),
    ]
}
