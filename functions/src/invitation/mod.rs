//! Invitations: the ways into a workspace.

pub mod decline_invitation;
pub mod invite;
pub mod join;
pub mod list_invitations;
pub mod preview_invitation;
pub mod resend_invitation;
pub mod revoke_invitation;

/// An invitation, as answers show one to who may share it.
pub const EXAMPLE_INVITATION: &str = r#"{"id":"AZqf0m3kcqS7u0nF2m1vXwGan9Jt5HKku7tJxdptb18","email":"tea@acme.example","role":"member","status":"pending","seatId":"019aa7f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b","tier":"pro","url":"https://app.example.com/join#token=AQGan9Jt5HKku7tJxdptb18BmqfSbeRypLu7ScXabW9fAAAAAVX3","expiresAt":"2026-11-28T12:00:00Z","invitedAt":"2026-11-21T12:00:00Z","invitedBy":"0f4c2c52-7d1c-5a6e-9f43-2f6d1a5c1a11","deliveries":[{"status":"queued","at":"2026-11-21T12:00:00Z","attempts":0}]}"#;
