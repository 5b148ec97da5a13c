//! Invitations: the ways into a workspace.

pub mod decline_invitation;
pub mod invite;
pub mod join;
pub mod list_invitations;
pub mod preview_invitation;
pub mod resend_invitation;
pub mod revoke_invitation;
