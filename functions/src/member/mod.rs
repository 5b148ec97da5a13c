//! Members of a workspace.

pub mod change_role;
pub mod list_members;
pub mod remove_member;

use seatwise_domain::{Pack, RoleId};

/// The role that the policies are asked about. One that the product does not have is refused by
/// its rules, but only to who might give a role at all: for them a known one stands in.
pub fn asked_role(pack: &Pack, role: &RoleId) -> RoleId {
    if pack.role(role).is_some() { role.clone() } else { pack.roles_given.joiner.clone() }
}
