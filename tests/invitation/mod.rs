//! Invitations, links and domains.

mod change_invitation;
mod create_link;
mod decline_invitation;
mod get_invitation_quota;
mod invite;
mod join;
mod link_domain;
mod list_invitations;
mod makers;
mod preview_invitation;
mod resend_invitation;
mod revoke_invitation;
