//! The member who stands for an invitation or a link.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{UserId, WorkspaceId};
use crate::pack::RoleId;

/// The standing of a member when they made an invitation or a link, or last stood for it. An invitation
/// works while its maker could still make it (K47): the stamp tells whether the maker has had another role
/// since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakerStamp {
    /// The maker's role.
    pub role: RoleId,
    /// The time since which the maker had this role; `None` for a member whose role an earlier release
    /// wrote.
    pub since: Option<Timestamp>,
    /// The time of making.
    pub at: Timestamp,
}

/// The review of everything that one member has made in a workspace, after they lost a role or left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakerReview {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The member, or former member.
    pub user: UserId,
    /// The new role; `None`: the user is no longer a member.
    pub role: Option<RoleId>,
    /// The time of the change. Only what was made before it is reviewed.
    pub at: Timestamp,
}
