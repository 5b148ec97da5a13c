//! The background functions.

mod mail;
