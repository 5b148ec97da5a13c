//! Invitations, links and domains: the ways into a workspace.

pub mod change_invitation;
pub mod create_link;
pub mod decline_invitation;
pub mod get_invitation_quota;
pub mod invite;
pub mod join;
pub mod link_domain;
pub mod list_domains;
pub mod list_invitations;
pub mod list_links;
pub mod preview_invitation;
pub mod resend_invitation;
pub mod revoke_invitation;
pub mod revoke_link;
pub mod unlink_domain;

mod link_view;
mod mails;
pub mod quota;
mod target;
pub mod view;
