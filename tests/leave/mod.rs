//! Leaving by request.

mod list_leave_requests;
mod request_leave;
