//! The log: each committed change has one event, and events are listed, followed and exported (K69).

mod lists;
mod table;
