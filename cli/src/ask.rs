//! A question to the operator.

use std::io::{self, BufRead as _};

use crate::say;

/// The answer to a question; nothing, if nobody answers.
pub(crate) fn ask(question: &str) -> Option<String> {
    say(&question);
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line).unwrap_or(0);
    if read == 0 {
        say(&"(nobody answered)\n");
        return None;
    }
    Some(line.trim().to_owned())
}
