//! The background functions.

mod domains;
mod mail;
