//! Leave requests (S10).

pub mod approve_leave;
pub mod deny_leave;
pub mod list_leave_requests;
pub mod request_leave;
pub mod withdraw_leave;

mod reason;
pub mod target;
mod view;
