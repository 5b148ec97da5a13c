//! `seatwise audit verify`: the logs of events, compared with their digests (K69).

use std::process::ExitCode;

use clap::{ArgGroup, Args};
use seatwise_domain::{DigestHash, EventLog, UserId, WorkspaceId};
use seatwise_functions::logging::with_causes;
use seatwise_seal::ExpectedDigest;

use super::place::PlaceArgs;
use super::read::verify_log;
use super::{EXIT_FAULTS, render};
use crate::infra::now;
use crate::{say, work};

/// The arguments of `audit verify`.
#[derive(Args)]
#[command(group = ArgGroup::new("log"))]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The log of this workspace [default: all logs; this reads the whole table]
    #[arg(long, value_name = "ID", group = "log")]
    workspace: Option<WorkspaceId>,
    /// The log of this user's account
    #[arg(long, value_name = "ID", group = "log")]
    account: Option<UserId>,
    /// The log of what belongs to no workspace: the deletions of workspaces
    #[arg(long, group = "log")]
    platform: bool,
    /// The last digest of an earlier verification, which must still be there
    #[arg(long, value_name = "NUMBER:HASH", requires = "log", value_parser = expected)]
    expect: Option<ExpectedDigest>,
}

impl VerifyArgs {
    /// The log, if one is named.
    fn log(&self) -> Option<EventLog> {
        let workspace = self.workspace.map(EventLog::Workspace);
        let account = self.account.map(EventLog::Account);
        workspace.or(account).or(self.platform.then_some(EventLog::Platform))
    }
}

/// Reads `NUMBER:HASH`.
fn expected(text: &str) -> Result<ExpectedDigest, String> {
    let parsed = text.split_once(':').and_then(|(number, hash)| Some((number.parse().ok()?, hash)));
    let is_hash = |hash: &str| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    match parsed {
        Some((number, hash)) if number > 0 && is_hash(hash) => {
            Ok(ExpectedDigest { number, hash: DigestHash(hash.to_ascii_lowercase()) })
        }
        _ => Err("must be a number from 1, a colon and 64 hexadecimal digits".to_owned()),
    }
}

/// Verifies the logs, and prints a line for each.
pub(super) fn run(args: &VerifyArgs) -> ExitCode {
    work(async {
        let place = args.place.open().await?;
        let failed = |error| with_causes(&error);
        let logs = match args.log() {
            Some(log) => vec![log],
            None => place.store.logs().await.map_err(failed)?.into_iter().collect(),
        };
        if logs.is_empty() {
            say(&"there are no events\n");
        }
        let mut has_faults = false;
        for log in logs {
            let report = verify_log(&place.store, log, &place.keys, args.expect.as_ref(), &now).await;
            let Some(report) = report.map_err(failed)? else {
                // An operator who expects a digest has seen the workspace: it was deleted, or taken away.
                has_faults |= args.expect.is_some();
                say(&format_args!("{log}: there is no such workspace; its log goes with it\n"));
                continue;
            };
            has_faults |= !report.faults.is_empty();
            say(&render::text(log, &report));
        }
        Ok::<_, String>(if has_faults { ExitCode::from(EXIT_FAULTS) } else { ExitCode::SUCCESS })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expected_digest_is_a_number_and_a_hash() {
        let hash = "0A".repeat(32);
        let read = expected(&format!("12:{hash}")).unwrap();
        assert_eq!((read.number, read.hash.0), (12, "0a".repeat(32)));
        let none = format!("0:{hash}");
        for bad in
            [none.as_str(), "", "12", "12:", "12:zz", &hash, &format!("x:{hash}"), &format!("1:{hash}00")]
        {
            assert!(expected(bad).is_err(), "{bad}");
        }
    }
}
