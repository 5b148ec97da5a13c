//! The relation of one email address to one workspace.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::email::EmailKey;
use super::id::{InvitationId, UserId, WorkspaceId};
use super::logo::LogoRef;
use super::text::WorkspaceName;
use crate::pack::RoleId;

/// The relation of one address to one workspace. There is one record for each address and workspace,
/// so an address has at most one pending invitation (F5, K3). All slots of an address are one query,
/// which finds the invitations for an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailSlot {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The hash of the address.
    pub email: EmailKey,
    /// The pending invitation for the address.
    pub pending: Option<PendingInvitation>,
    /// The member who joined with this address.
    pub member: Option<UserId>,
    /// Whether a member with this address has left or was removed. Then nobody with this address joins
    /// by the domain, whichever account they use.
    #[serde(default)]
    pub left: bool,
    /// The mark of a person who declined an invitation and has not joined since.
    #[serde(default)]
    pub declined: Option<DeclineMark>,
}

/// The mark of a declined invitation: the workspace leaves the person alone (K49).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclineMark {
    /// The time when the person declined.
    pub at: Timestamp,
    /// Whether the person asked not to be invited again.
    #[serde(default)]
    pub not_again: bool,
}

/// A pending invitation as the list of the invited person shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingInvitation {
    /// The id of the invitation.
    pub invitation: InvitationId,
    /// The workspace's name at the time of the invitation.
    pub workspace_name: WorkspaceName,
    /// The workspace's logo at the time of the invitation.
    #[serde(default)]
    pub logo: Option<LogoRef>,
    /// The role that the invitation is for.
    pub role: RoleId,
    /// The time of the invitation.
    pub invited_at: Timestamp,
    /// The end of the invitation; `None`: it has no end.
    pub expires_at: Option<Timestamp>,
}

impl PendingInvitation {
    /// Whether the invitation has not expired at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}
