//! `seatwise policies test`: explains one decision.

mod render;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use seatwise_domain::TierName;
use seatwise_policy::{Bundle, Files};
use seatwise_workbench::{Given, Question, TimeAgo, WorkspaceRelation, explain};

use self::render::text;
use super::place::PlaceArgs;
use super::read;
use crate::{fail, print_json, say};

const AFTER_HELP: &str = "\
The words are those of the cases (policies/REFERENCE.md, “Cases”). The question is asked in the example
workspace of the cases: no real workspace is needed. Without --on or --to, each member or role is
tried, and each different answer is shown.

“would allow” lists single changes with which the action would be allowed.

  seatwise policies test invite --as admin --to owner
  seatwise policies test --dir packs/mine viewAnalytics --as member --seat basic
  seatwise policies test --dir packs/mine removeMember --as owner --on self --json

Exit codes:
  0  the decision is explained, whether it is allowed or denied
  2  the pack cannot be read, has no such role or action, or the command line is wrong";

/// The arguments of `policies test`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    question: QuestionArgs,
    /// A folder of a pack [default: the active version]
    #[arg(long, value_name = "DIR", conflicts_with_all = ["data", "table"])]
    dir: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
    /// Write JSON: one object with `given`, `action` and `outcomes`
    #[arg(long)]
    json: bool,
}

/// The question.
#[derive(Args)]
pub(super) struct QuestionArgs {
    /// The action: an operation such as `invite`, or an action of the product
    action: String,
    /// The caller: a role, `visitor`, `user` or `unverified user`
    #[arg(long = "as", value_name = "ROLE")]
    caller: String,
    /// The member that it is done to: `self`, `creator`, or a member of that role
    #[arg(long, value_name = "ROLE")]
    on: Option<String>,
    /// The role that would be given
    #[arg(long, value_name = "ROLE")]
    to: Option<String>,
    /// The tier of the seat that the request names, for an action that gives a seat [default: it names none]
    #[arg(long, value_name = "TIER")]
    tier: Option<String>,
    /// The tier of the seat of the member that it is done to, or of the seat that the invitation reserves
    #[arg(long, value_name = "TIER")]
    on_seat: Option<String>,
    /// How long ago the member joined that it is done to, such as PT2H [default: long ago]
    #[arg(long, value_name = "TIME", value_parser = time_ago)]
    on_joined: Option<TimeAgo>,
    /// How long ago the caller joined, such as PT2H [default: long ago]
    #[arg(long, value_name = "TIME", value_parser = time_ago)]
    joined: Option<TimeAgo>,
    /// The tier of the caller's seat
    #[arg(long, value_name = "TIER")]
    seat: Option<String>,
    /// The caller's seat is no longer paid for, or suspended
    #[arg(long, requires = "seat")]
    lapsed: bool,
    /// The caller's role came with a free slot
    #[arg(long, conflicts_with = "seat")]
    free_slot: bool,
    /// The caller is the workspace's creator
    #[arg(long)]
    creator: bool,
    /// The workspace's plan [default: the plan that workspaces start on]
    #[arg(long)]
    plan: Option<String>,
    /// The workspace: the caller's own, or a foreign one of which the caller is not a member
    #[arg(long, value_enum, default_value_t = WorkspaceArg::Own)]
    workspace: WorkspaceArg,
}

#[derive(Clone, Copy, ValueEnum)]
enum WorkspaceArg {
    Own,
    Foreign,
}

fn time_ago(text: &str) -> Result<TimeAgo, String> {
    TimeAgo::try_from(text.to_owned()).map_err(|error| error.to_string())
}

impl QuestionArgs {
    fn question(&self) -> Question {
        let workspace = match self.workspace {
            WorkspaceArg::Own => WorkspaceRelation::Own,
            WorkspaceArg::Foreign => WorkspaceRelation::Foreign,
        };
        Question {
            given: Given {
                caller: self.caller.clone(),
                seat: self.seat.clone().map(TierName),
                lapsed: self.lapsed,
                free_slot: self.free_slot,
                creator: self.creator,
                workspace,
                plan: self.plan.clone(),
                joined: self.joined.clone(),
                on_seat: self.on_seat.clone().map(TierName),
                on_joined: self.on_joined.clone(),
            },
            action: self.action.clone(),
            on: self.on.clone(),
            to: self.to.clone(),
            tier: self.tier.clone(),
        }
    }
}

/// Explains a decision of the active version, or of the pack in a folder.
pub(super) fn run(TestArgs { dir, place, question, json }: &TestArgs) -> ExitCode {
    match dir.as_ref().map(|dir| (dir, read(dir))) {
        Some((dir, Ok(files))) => run_on(&files, dir, question, *json),
        Some((_, Err(refused))) => refused,
        None => place.run(async |place| {
            let state = place.state().await?;
            let active = state.active().ok_or("nothing is published")?;
            let name = format!("version-{}", active.number);
            let files = place.files(&active.version).await?;
            Ok(run_on(&files, Path::new(&name), question, *json))
        }),
    }
}

/// Explains a decision of these files, which are in `dir`.
fn run_on(files: &Files, dir: &Path, question: &QuestionArgs, json: bool) -> ExitCode {
    let bundle = match Bundle::compile(files) {
        Ok(bundle) => bundle,
        Err(fault) => {
            return fail(&format_args!("{}: {fault} (`seatwise policies check` says more)", dir.display()));
        }
    };
    let explanation = match explain(&bundle, &question.question()) {
        Ok(explanation) => explanation,
        Err(complaint) => return fail(&complaint),
    };
    if json {
        return print_json(&explanation);
    }
    say(&text(dir, &explanation));
    ExitCode::SUCCESS
}
