//! The command line, as a process.

use std::path::Path;
use std::process::Stdio;

use seatwise_policy::Files;
use tokio::process::Command;

/// `seatwise …` as a process.
pub fn seatwise(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_test-seatwise"));
    command.args(arguments).kill_on_drop(true).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// `seatwise policies …` somewhere. What is published here was proven where a solver is; where none is, that
/// is agreed to.
pub fn policies(arguments: &[&str], place: &[&str]) -> Command {
    let agreed: &[&str] = if arguments.first() == Some(&"publish") { &["--without-proofs"] } else { &[] };
    let mut command = seatwise(&[&["policies"], arguments, place, agreed].concat());
    command.env("SEATWISE_AUTHOR", "ada@acme.example");
    command
}

/// The outcome of a command.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: Option<i32>,
    /// The result.
    pub stdout: String,
    /// The text on stderr.
    pub stderr: String,
}

impl Ended {
    /// The output, if it ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }
}

/// Runs it to its end.
pub async fn ended(mut command: Command) -> Ended {
    let output = command.output().await.expect("a process");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Writes a pack into a folder.
pub fn write(folder: &Path, files: &Files) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
}
