//! The client against a server that answers as it is told.

mod answers;
mod attempts;
mod requests;
