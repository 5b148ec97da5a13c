//! The log: each committed change has one event, and events are listed, followed and exported (K69).

mod command_line;
mod lists;
mod sealing;
mod table;
