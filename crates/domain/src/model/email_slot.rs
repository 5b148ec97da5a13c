//! The relation of one email address to one workspace.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::email::EmailKey;
use super::id::{InvitationId, SeatId, UserId, WorkspaceId};
use super::invitation::Invitation;
use super::logo::LogoRef;
use super::member::departed_at;
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
    /// The member who has this verified address.
    pub member: Option<UserId>,
    /// Whether a member with this address has left or was removed. Then a person with this address comes
    /// back only by a personal invitation that was made afterwards, whichever account they use (K44).
    #[serde(default)]
    pub left: bool,
    /// The time at which they left; `None` if nobody has, or if an earlier release wrote it.
    #[serde(default)]
    pub left_at: Option<Timestamp>,
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

impl EmailSlot {
    /// The slot of an address without an invitation and a member.
    pub fn empty(workspace: WorkspaceId, email: EmailKey) -> Self {
        Self { workspace, email, pending: None, member: None, left: false, left_at: None, declined: None }
    }

    /// The slot after a departure of the person at this time, which another address of theirs tells; `None` if the
    /// slot knows one as late, or if no pending invitation depends on it.
    #[must_use]
    pub fn after_departure(&self, at: Timestamp) -> Option<Self> {
        let is_known = self.departure().is_some_and(|known| known >= at);
        let is_older = self.pending.as_ref().is_some_and(|pending| pending.made_at() < at);
        (is_older && !is_known).then(|| Self { left: true, left_at: Some(at), ..self.clone() })
    }

    /// The time of the departure of a member with this address, if one has left. See [`Departure::time`].
    ///
    /// [`Departure::time`]: super::Departure::time
    pub fn departure(&self) -> Option<Timestamp> {
        self.left.then(|| departed_at(self.left_at))
    }

    /// The pending invitation, unless the person has left since it was made (K44).
    pub fn usable_pending(&self) -> Option<&PendingInvitation> {
        let departure = self.departure();
        self.pending.as_ref().filter(|pending| departure.is_none_or(|left| left <= pending.made_at()))
    }

    /// The slot of a member's address.
    pub fn of_member(workspace: WorkspaceId, email: EmailKey, user: UserId) -> Self {
        Self { member: Some(user), ..Self::empty(workspace, email) }
    }
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
    /// The time when a member last stood for the invitation: made it, changed it or sent it again. `None` if an
    /// earlier release wrote the record.
    #[serde(default)]
    pub made_at: Option<Timestamp>,
    /// The end of the invitation; `None`: it has no end.
    pub expires_at: Option<Timestamp>,
    /// The seat that the invitation keeps, so that it can be freed without reading the invitation.
    #[serde(default)]
    pub seat: Option<SeatId>,
    /// The member who stands for the invitation.
    #[serde(default)]
    pub invited_by: Option<UserId>,
    /// The name of that member at the time; `None` if they had given none, or if an earlier release wrote the
    /// record.
    #[serde(default)]
    pub inviter_name: Option<String>,
    /// The role of that member when they made it; `None` if an earlier release wrote the record.
    #[serde(default)]
    pub maker_role: Option<RoleId>,
}

impl PendingInvitation {
    /// What the invited person's list shows of an invitation to a workspace.
    pub fn of(invitation: &Invitation, workspace_name: WorkspaceName, logo: Option<LogoRef>) -> Self {
        Self {
            invitation: invitation.id,
            workspace_name,
            logo,
            role: invitation.role.clone(),
            invited_at: invitation.invited_at,
            made_at: Some(invitation.made_at()),
            expires_at: invitation.expires_at,
            seat: invitation.seat.as_ref().map(|hold| hold.seat),
            invited_by: Some(invitation.invited_by),
            inviter_name: invitation.inviter_name.clone(),
            maker_role: invitation.maker.as_ref().map(|maker| maker.role.clone()),
        }
    }

    /// The time when a member last stood for the invitation.
    pub fn made_at(&self) -> Timestamp {
        self.made_at.unwrap_or(self.invited_at)
    }

    /// Whether the invitation has not expired at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}
