//! Progress messages of long work: to stderr, since stdout is for the result.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Instant;

/// Prints a note beside the result.
pub(super) fn note(text: &str) {
    // If stderr is closed, nobody reads the note.
    let _ = writeln!(io::stderr(), "{text}");
}

/// A line for each step; on a terminal, with a counter.
pub(super) struct Progress {
    is_terminal: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal() }
    }

    /// Does a step, and prints its name, its progress, its outcome and how long it took.
    pub(super) async fn of<T>(
        &self,
        what: &str,
        work: impl AsyncFnOnce(&dyn Fn(usize, usize)) -> T,
        outcome: impl FnOnce(&T) -> String,
    ) -> T {
        let begun = Instant::now();
        let write = |text: &str| {
            // If stderr is closed, nobody reads the progress.
            let _ = io::stderr().write_all(text.as_bytes());
        };
        let count = |done: usize, all: usize| {
            if self.is_terminal {
                write(&format!("\r{what} … {done} of {all}"));
            }
        };
        if self.is_terminal {
            write(&format!("{what} …"));
        }
        let done = work(&count).await;
        let seconds = begun.elapsed().as_secs_f64();
        let start = if self.is_terminal { "\r\x1b[K" } else { "" };
        write(&format!("{start}{what} … {} ({seconds:.1} s)\n", outcome(&done)));
        done
    }
}
