//! The log of a random history: the latest requests, for the reader of a failure, and how often each
//! outcome happened.

use std::collections::{BTreeMap, VecDeque};

use crate::support::reply::Reply;

/// A refusal: status and code.
pub type No = (u16, &'static str);

/// The lines that a failure shows.
const LINES: usize = 40;

/// The log of one history.
pub struct Log {
    pack: &'static str,
    seed: u64,
    /// The current step.
    pub step: u32,
    lines: VecDeque<String>,
    outcomes: BTreeMap<String, u32>,
}

impl Log {
    /// An empty log.
    pub fn new(pack: &'static str, seed: u64) -> Self {
        Self { pack, seed, step: 0, lines: VecDeque::new(), outcomes: BTreeMap::new() }
    }

    /// Something that happens in this step.
    pub fn note(&mut self, event: &str) {
        self.line(format!("{}: {event}", self.step));
    }

    /// The answer to a request.
    pub fn answer(&mut self, reply: &Reply) {
        let start: String = reply.text.chars().take(300).collect();
        self.line(format!("    → {} {start}", reply.status.as_u16()));
    }

    fn line(&mut self, line: String) {
        self.lines.push_back(line);
        if self.lines.len() > LINES {
            self.lines.pop_front();
        }
    }

    /// Counts an outcome.
    pub fn count(&mut self, outcome: &str) {
        *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
    }

    /// Whether the request succeeded. Its answer must be the one that the model expects.
    pub fn check(&mut self, what: &str, reply: &Reply, expected: Result<u16, No>) -> bool {
        let told = (reply.status.as_u16(), reply.code());
        self.count(&format!("{what} {} {}", told.0, told.1));
        let wanted = expected.map_or_else(|no| no, |status| (status, ""));
        if told != wanted {
            self.fail(&format!("{what}: the model says {wanted:?}"));
        }
        expected.is_ok()
    }

    /// Ends the test and shows how the history came to this point.
    pub fn fail(&self, why: &str) -> ! {
        let lines: Vec<_> = self.lines.iter().map(String::as_str).collect();
        panic!("{}, seed {}, step {}: {why}\n{}", self.pack, self.seed, self.step, lines.join("\n"));
    }

    /// The outcomes, when the history is over.
    pub fn into_outcomes(self) -> BTreeMap<String, u32> {
        self.outcomes
    }
}
