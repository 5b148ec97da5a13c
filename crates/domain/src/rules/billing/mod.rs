//! What a workspace pays for, and what changes it.

mod quantities;

pub use quantities::quantities;
