//! Leaving by request.

mod request_leave;
