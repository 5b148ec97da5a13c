//! The reasons why nothing is published.

use seatwise_domain::RoleId;
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
        role: RoleId,
    },
    /// A workspace could be left without a member who governs.
    #[error(
        "the pack drops role {role}, which governs: a workspace whose only governors hold it would be locked \
         out; keep the role, and take its permissions instead"
    )]
    NoGovernor {
        /// The role.
        role: RoleId,
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
