//! The published state, as data.

use std::collections::BTreeMap;

use seatwise_domain::{PackBaseline, PolicyPointer, PolicyTarget, Publication, SchemaId};
use seatwise_functions::Keyring;
use seatwise_policy::{Core, Files};

use super::error::SignError;

/// The published state of a table.
#[derive(Clone, Debug)]
pub struct PublishedState {
    /// The copy of the pointer that names the latest publication; none, if no copy can be read.
    pub pointer: Option<PolicyPointer>,
    /// Whether copies are missing, cannot be read, or differ.
    pub is_damaged: bool,
    /// The last line of the history.
    pub head: Option<Publication>,
    /// The last line that changed the policies of this release, and not only the signature.
    pub last: Option<Publication>,
    /// The files of the version that functions of this release obey; or why they cannot be used.
    pub files: Option<Result<Files, String>>,
    /// The core schemas of the other releases with published policies.
    pub others: BTreeMap<SchemaId, Core>,
}

impl PublishedState {
    /// The version that functions of this release obey.
    pub fn active(&self) -> Option<&PolicyTarget> {
        self.pointer.as_ref()?.target(&Core::current().id())
    }

    /// The pack that the workspaces use.
    pub fn pack(&self) -> Option<&str> {
        let head = self.head.as_ref().map(|head| head.pack.as_str());
        head.or(self.pointer.as_ref().map(|pointer| pointer.pack.as_str()))
    }

    /// The frame of the last publication.
    pub fn frame(&self) -> Option<&PackBaseline> {
        self.head.as_ref().map(|head| &head.frame)
    }

    /// The active files, if they can be used.
    pub fn active_files(&self) -> Option<&Files> {
        self.files.as_ref()?.as_ref().ok()
    }

    /// Whether the active version is signed with one of these keys; nothing, if no version is active.
    pub fn is_signed(&self, trusted: &Keyring) -> Option<bool> {
        let pointer = self.pointer.as_ref()?;
        Some(trusted.has_signed(self.active()?, &pointer.pack))
    }

    /// The pointer and the active files, if the versions of all releases are signed with one of these keys.
    pub fn require_signed(&self, trusted: &Keyring) -> Result<(&PolicyPointer, &Files), SignError> {
        let pointer = self.pointer.as_ref().ok_or(SignError::Missing)?;
        match pointer.targets.iter().find(|target| !trusted.has_signed(target, &pointer.pack)) {
            Some(target) => Err(SignError::Unsigned(target.number)),
            None => Ok((pointer, self.active_files().ok_or(SignError::Missing)?)),
        }
    }

    /// Whether functions of this release obey these files: signed, and named by every copy of the pointer.
    pub fn serves(&self, files: &Files, trusted: Option<&Keyring>) -> bool {
        let is_own = self.active().is_some_and(|active| active.schema == Core::current().id());
        let is_trusted = trusted.is_none_or(|trusted| self.is_signed(trusted) == Some(true));
        self.active_files() == Some(files) && is_own && !self.is_damaged && is_trusted
    }

    /// The number of the next publication.
    pub(super) fn next(&self) -> Option<u32> {
        let last = self.head.as_ref().map_or(0, |head| head.number);
        last.max(self.pointer.as_ref().map_or(0, latest)).checked_add(1)
    }
}

/// The number of the last publication that a pointer names.
pub(super) fn latest(pointer: &PolicyPointer) -> u32 {
    pointer.targets.iter().map(|target| target.number).max().unwrap_or(0)
}
