//! What runs in the background.

mod mail;
