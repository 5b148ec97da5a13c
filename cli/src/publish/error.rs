//! The reasons why nothing is published.

use seatwise_domain::{PublicationKind, RoleName};
use seatwise_policy::BundleFault;
use seatwise_store::CommitError;

/// A reason why policies are not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The workspaces use another pack.
    #[error(
        "the workspaces here are of the pack {has}; publish a version of that, or name the place of this one"
    )]
    OtherPack {
        /// The pack that they use.
        has: String,
    },
    /// A role would change whether it governs or needs a seat. Members are counted by these attributes as
    /// they come and go, so that the counts would become wrong.
    #[error(
        "the pack changes `governing` or `seat` of role {role}, by which its members are counted; \
         give the role that you mean another id"
    )]
    OtherFrame {
        /// The role.
        role: RoleName,
    },
    /// A workspace could be left without a member who governs.
    #[error(
        "the pack drops role {role}, which governs: a workspace whose only governors hold it would be locked \
         out; keep the role, and take its permissions instead"
    )]
    NoGovernor {
        /// The role.
        role: RoleName,
    },
    /// A role or tier would lose the id under which its holders are kept.
    #[error(
        "the {kind} {name} had the first id {first_id}, under which its holders are kept, and has lost it: they would \
         lose the {kind}; give it `first-id = \"{first_id}\"`, or give the {kind} that you mean another id"
    )]
    LostFirstId {
        /// `role` or `tier`.
        kind: &'static str,
        /// Its present name.
        name: String,
        /// The id that records keep.
        first_id: String,
    },
    /// A role or tier is gone, while another refers to a first id that nothing ever had.
    #[error(
        "the {kind} {name} has the first id {first_id}, which no {kind} was ever published with, and the {kind} {gone} \
         is gone; if {name} is its new name, write `first-id = \"{meant}\"`; if {name} is new, leave the line out"
    )]
    UnknownFirstId {
        /// `role` or `tier`.
        kind: &'static str,
        /// Its present name.
        name: String,
        /// The id that nothing has.
        first_id: String,
        /// The name of the one that is gone.
        gone: String,
        /// The id under which records keep the one that is gone.
        meant: String,
    },
    /// The name of a role or tier is that of another one, which the pack lacks.
    #[error(
        "the {kind} with the first id {first_id} cannot be called {name}: this is the name of another {kind}, which \
         {dropped}, and which records may still hold under the id {other}; give it another name: \
         `seatwise policies rename-{kind} {name} NEW`"
    )]
    NameOfDropped {
        /// `role` or `tier`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The id that records keep.
        first_id: String,
        /// The id under which records keep the other one.
        other: String,
        /// The version that drops the other one, with the verb.
        dropped: &'static str,
    },
    /// An earlier version is refused, and a rollback cannot change its files.
    #[error(
        "version {to} cannot come back as it is: {why}. A rollback changes no file: write the version to a folder \
         (`seatwise policies pull DIR --version {to}`), change it there, and publish the folder \
         with `--overwrite`"
    )]
    NoRollback {
        /// The number of the version.
        to: u32,
        /// The reason.
        why: Box<PublishError>,
    },
    /// The program of another release has published later.
    #[error(
        "version {number} was published with the program of another release (schema {schema}), later than \
         the version of this release; publish with that program, or, if that release is gone for good, \
         with --drop-other-releases"
    )]
    OtherProgram {
        /// The publication.
        number: u32,
        /// The release.
        schema: String,
    },
    /// There are as many publications as the number can count.
    #[error("the history is full, or its last line is forged")]
    Full,
    /// The seat model would change. Seats are stored by the model, and would mean nothing under another.
    #[error("the pack changes `seats.model`, while members have seats")]
    OtherSeats,
    /// The pack cannot be used at all.
    #[error("{0}")]
    Unusable(#[from] BundleFault),
}

impl PublishError {
    /// The refusal, with the way out. The publisher of a folder can change its files at once, and needs none.
    #[must_use]
    pub(super) fn of_deed(self, deed: PublicationKind) -> Self {
        let is_of_files = matches!(
            self,
            Self::OtherFrame { .. }
                | Self::NoGovernor { .. }
                | Self::LostFirstId { .. }
                | Self::UnknownFirstId { .. }
                | Self::NameOfDropped { .. }
        );
        match deed {
            PublicationKind::RolledBack { to } if is_of_files => Self::NoRollback { to, why: Box::new(self) },
            _ => self,
        }
    }
}

/// A reason why the active policies are not signed anew.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// They are not known to be published by somebody who may publish.
    #[error(
        "the active policies, version {0}, are not signed by a key of this stack, so nothing was changed; \
         publish policies that you know to be good first"
    )]
    Unsigned(u32),
    /// There is nothing to sign.
    #[error("the active policies are missing, or their history")]
    Missing,
    /// They could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
}
