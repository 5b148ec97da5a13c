//! `seatwise policies test`: explains one decision.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use seatwise_domain::TierId;
use seatwise_functions::problem::Problem;
use seatwise_policy::{
    Aspect, Bundle, Change, Explanation, Failed, Files, Given, Outcome, Query, Rule, Subject, WorkspaceState,
};

use super::place::PlaceArgs;
use super::read;
use crate::{fail, say};

const AFTER_HELP: &str = "\
The words are those of the cases (policies/REFERENCE.md, “Cases”), and so is the example workspace that
the question is asked in: nothing of a real one is needed. Where --on or --to is left out, every one
is tried, and each answer that is different is told.

Under “would allow” is what alone would have to be different, everything else staying as it is.

  seatwise policies test invite --as admin --to owner
  seatwise policies test --dir packs/mine viewAnalytics --as member --seat basic
  seatwise policies test --dir packs/mine removeMember --as owner --on self --json

Exit codes:
  0  the decision is explained, whichever it is
  2  the pack cannot be read, has no such role or action, or the command line is wrong";

/// What to explain.
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

/// The question, for any pack.
#[derive(Args)]
pub(super) struct QuestionArgs {
    /// What is attempted: an operation such as `invite`, or an action of the product
    action: String,
    /// Who attempts it: a role, `visitor`, `user` or `unverified user`
    #[arg(long = "as", value_name = "ROLE")]
    caller: String,
    /// Whom it is done to: `self`, `creator`, or somebody of that role
    #[arg(long, value_name = "ROLE")]
    on: Option<String>,
    /// The role that would be given
    #[arg(long, value_name = "ROLE")]
    to: Option<String>,
    /// The tier of the seat that the caller sits on
    #[arg(long, value_name = "TIER")]
    seat: Option<String>,
    /// That seat is not paid any more, or suspended
    #[arg(long, requires = "seat")]
    lapsed: bool,
    /// The caller's role came with a free slot
    #[arg(long, conflicts_with = "seat")]
    free_slot: bool,
    /// The caller made the workspace
    #[arg(long)]
    creator: bool,
    /// The workspace's plan [default: the one that workspaces start on]
    #[arg(long)]
    plan: Option<String>,
    /// The workspace: in use, suspended, or one that the caller is no member of
    #[arg(long, value_enum, default_value_t = Workspace::Active)]
    workspace: Workspace,
}

#[derive(Clone, Copy, ValueEnum)]
enum Workspace {
    Active,
    Suspended,
    Foreign,
}

impl QuestionArgs {
    fn query(&self) -> Query {
        let workspace = match self.workspace {
            Workspace::Active => WorkspaceState::Active,
            Workspace::Suspended => WorkspaceState::Suspended,
            Workspace::Foreign => WorkspaceState::Foreign,
        };
        Query {
            given: Given {
                caller: self.caller.clone(),
                seat: self.seat.clone().map(TierId),
                lapsed: self.lapsed,
                free_slot: self.free_slot,
                creator: self.creator,
                workspace,
                plan: self.plan.clone(),
            },
            action: self.action.clone(),
            on: self.on.clone(),
            to: self.to.clone(),
        }
    }
}

/// Explains a decision of the active version, or of the pack in a folder.
pub(super) fn run(TestArgs { dir, place, question, json }: &TestArgs) -> ExitCode {
    match dir.as_ref().map(|dir| (dir, read(dir))) {
        Some((dir, Ok(files))) => run_on(&files, dir, question, *json),
        Some((_, Err(refused))) => refused,
        None => place.run(async |place| {
            let standing = place.standing().await?;
            let active = standing.active().ok_or("nothing is published")?;
            let name = format!("version-{}", active.number);
            let files = place.files(&active.version).await?;
            Ok(run_on(&files, Path::new(&name), question, *json))
        }),
    }
}

/// Explains a decision of these files; `dir` is where people find them.
fn run_on(files: &Files, dir: &Path, question: &QuestionArgs, json: bool) -> ExitCode {
    let bundle = match Bundle::compile(files) {
        Ok(bundle) => bundle,
        Err(fault) => {
            return fail(&format_args!("{}: {fault} (`seatwise policies check` says more)", dir.display()));
        }
    };
    let explanation = match seatwise_policy::explain(&bundle, &question.query()) {
        Ok(explanation) => explanation,
        Err(complaint) => return fail(&complaint),
    };
    if !json {
        say(&text(dir, &explanation));
        return ExitCode::SUCCESS;
    }
    match serde_json::to_string_pretty(&explanation) {
        Ok(json) => {
            say(&format_args!("{json}\n"));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

/// Each answer, with an empty line between.
fn text(dir: &Path, explanation: &Explanation) -> String {
    let head = head(explanation);
    let outcomes = explanation.outcomes.iter().map(|outcome| {
        let mut text = String::new();
        told(&mut text, dir, &head, outcome);
        text
    });
    outcomes.collect::<Vec<_>>().join("\n")
}

/// Who attempts what, and where they stand.
fn head(Explanation { given, action, .. }: &Explanation) -> String {
    let mut situation = Vec::new();
    match &given.seat {
        Some(tier) if given.lapsed => situation.push(format!("on a lapsed {tier} seat")),
        Some(tier) => situation.push(format!("on a {tier} seat")),
        None if given.free_slot => situation.push("with a free slot".to_owned()),
        None => {}
    }
    if given.creator {
        situation.push("the creator".to_owned());
    }
    match given.workspace {
        WorkspaceState::Active => {}
        WorkspaceState::Suspended => situation.push("in a suspended workspace".to_owned()),
        WorkspaceState::Foreign => situation.push("in a workspace of others".to_owned()),
    }
    situation.extend(given.plan.iter().map(|plan| format!("under the plan {plan}")));
    let situation = if situation.is_empty() { String::new() } else { format!(", {},", situation.join(", ")) };
    format!("{}{situation} {action}", given.caller)
}

fn told(text: &mut String, dir: &Path, head: &str, outcome: &Outcome) {
    let answer = if outcome.allowed { "allowed" } else { "denied" };
    let _ = writeln!(text, "{head}{}: {answer}", subjects(&outcome.subjects));
    if !outcome.allowed {
        let reason = outcome.reason.as_ref().map_or_else(String::new, |reason| format!(", reason {reason}"));
        let code = Problem::denied(outcome.reason.clone()).code;
        let _ = writeln!(text, "  clients get: {} {}{reason}", code.status().as_u16(), code.as_str());
    }
    for Failed { rule, error } in &outcome.failed {
        let _ = writeln!(text, "  failed: {}: {error}", place(dir, rule));
        let _ = writeln!(text, "    where a policy fails, its set allows nothing");
    }
    if outcome.rules.is_empty() && outcome.failed.is_empty() {
        let _ = writeln!(text, "  no policy permits it");
    }
    for rule in &outcome.rules {
        let verb = if rule.permits { "permitted" } else { "forbidden" };
        let _ = writeln!(text, "  {verb} by: {}", place(dir, rule));
        if let Some(doc) = &rule.doc {
            let _ = writeln!(text, "    {doc}");
        }
    }
    if outcome.by_floor {
        let _ = writeln!(text, "  the pack denies it; the recovery floor allows it whatever is published");
    }
    if outcome.allowed {
        return;
    }
    if outcome.would_allow.is_empty() {
        let _ = writeln!(text, "  would allow: nothing that could be different alone");
        return;
    }
    let _ = writeln!(text, "  would allow:");
    for change in &outcome.would_allow {
        told_change(text, dir, change);
    }
}

/// ` on admin, member to owner`; the targets with the same given roles together.
fn subjects(subjects: &[Subject]) -> String {
    let mut groups: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for Subject { on, to } in subjects {
        let (on, to) = (on.as_deref().unwrap_or_default(), to.as_deref().unwrap_or_default());
        match groups.iter_mut().find(|(ons, _)| *ons == [on]) {
            Some((_, tos)) => tos.push(to),
            None => groups.push((vec![on], vec![to])),
        }
    }
    let mut merged: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for (ons, tos) in groups {
        match merged.iter_mut().find(|(_, known)| *known == tos) {
            Some((known, _)) => known.extend(ons),
            None => merged.push((ons, tos)),
        }
    }
    let part = |word: &str, names: &[&str]| {
        let names: Vec<_> = names.iter().filter(|name| !name.is_empty()).copied().collect();
        if names.is_empty() { String::new() } else { format!(" {word} {}", names.join(", ")) }
    };
    let parts = merged.iter().map(|(ons, tos)| format!("{}{}", part("on", ons), part("to", tos)));
    parts.collect::<Vec<_>>().join(";")
}

/// The values that are permitted by the same rules together.
fn told_change(text: &mut String, dir: &Path, change: &Change) {
    let mut groups: Vec<(Vec<&str>, &[Rule])> = Vec::new();
    for possibility in &change.possibilities {
        match groups.iter_mut().find(|(_, rules)| *rules == possibility.rules) {
            Some((values, _)) => values.push(&possibility.value),
            None => groups.push((vec![&possibility.value], &possibility.rules)),
        }
    }
    for (values, rules) in groups {
        let rules: Vec<_> = rules.iter().map(|rule| place(dir, rule)).collect();
        let _ = writeln!(text, "    {} {}: {}", words(change.aspect), values.join(", "), rules.join(", "));
    }
}

fn words(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Caller => "as",
        Aspect::Seat => "with",
        Aspect::Creator => "being",
        Aspect::Workspace => "in a workspace that is",
        Aspect::Plan => "under the plan",
        Aspect::On => "on",
        Aspect::To => "to",
    }
}

/// A rule's id, and where people find it.
fn place(dir: &Path, rule: &Rule) -> String {
    if rule.is_core {
        format!("{} ({}:{}, compiled in)", rule.id, rule.file, rule.line)
    } else {
        format!("{} ({}:{})", rule.id, dir.join(&rule.file).display(), rule.line)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use seatwise_policy::packs;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: TestArgs,
    }

    fn args(line: &str) -> TestArgs {
        let parts = ["test", "--dir", "packs/mine"].into_iter().chain(line.split_whitespace());
        Line::try_parse_from(parts).ok().unwrap().args
    }

    fn explained(files: &Files, line: &str) -> String {
        let args = args(line);
        let bundle = Bundle::compile(files).unwrap();
        text(
            args.dir.as_deref().unwrap(),
            &seatwise_policy::explain(&bundle, &args.question.query()).unwrap(),
        )
    }

    fn files() -> Files {
        packs::files("purchased-seats").unwrap()
    }

    #[test]
    fn a_permission() {
        let expected = r"owner buySeats: allowed
  permitted by: roles.owner (packs/mine/roles.cedar:33)
    An owner buys, cancels and reactivates seats as well (S2, S11, S13), and owns the workspace.
";
        assert_eq!(explained(&files(), "buySeats --as owner"), expected);
    }

    #[test]
    fn a_rule_of_the_pack_that_forbids() {
        let expected = r"member, on a basic seat, viewAnalytics: denied
  clients get: 403 forbidden, reason pro_seat_required
  forbidden by: seats.analytics-needs-pro (packs/mine/seats.cedar:13)
    The tier decides, for the owner too, whose free slot carries no features (S2, S11).
  would allow:
    with pro seat: roles.member (packs/mine/roles.cedar:3)
";
        assert_eq!(explained(&files(), "viewAnalytics --as member --seat basic"), expected);
    }

    #[test]
    fn no_rule_that_permits() {
        let expected = r"member listSeats: denied
  clients get: 403 forbidden
  no policy permits it
  would allow:
    as owner: roles.owner (packs/mine/roles.cedar:33)
    as admin: roles.admin (packs/mine/roles.cedar:15)
";
        assert_eq!(explained(&files(), "listSeats --as member"), expected);
    }

    #[test]
    fn a_guardrail() {
        let expected = r"admin changeRole on member to owner: denied
  clients get: 403 role_above_own, reason role_above_own
  forbidden by: core.no-escalation (guardrails.cedar:34, compiled in)
    Nobody gives a role above their own, nor sees a link that does.
  would allow:
    as owner: roles.owner (packs/mine/roles.cedar:33)
    to admin, member: roles.admin (packs/mine/roles.cedar:15)
";
        assert_eq!(explained(&files(), "changeRole --as admin --on member --to owner"), expected);
    }

    #[test]
    fn the_floor() {
        let mut files = files();
        let all = "@id(\"x\") @reason(\"y\") forbid (principal, action, resource);";
        files.insert("x.cedar".to_owned(), all.to_owned());
        let expected = r"owner getWorkspace: allowed
  permitted by: floor.governing-recovers (floor.cedar:12, compiled in)
  the pack denies it; the recovery floor allows it whatever is published
";
        assert_eq!(explained(&files, "getWorkspace --as owner"), expected);
    }

    #[test]
    fn each_answer_where_it_is_left_open_whom_it_is_about() {
        let expected = r"admin, in a suspended workspace, changeRole on self to owner: denied
  clients get: 403 role_above_own, reason role_above_own
  forbidden by: core.no-escalation (guardrails.cedar:34, compiled in)
    Nobody gives a role above their own, nor sees a link that does.
  forbidden by: core.suspended-workspace (guardrails.cedar:95, compiled in)
  forbidden by: roles.not-your-own-role (packs/mine/roles.cedar:62)
  would allow: nothing that could be different alone

admin, in a suspended workspace, changeRole on self to admin, member: denied
  clients get: 403 forbidden, reason workspace_suspended
  forbidden by: core.suspended-workspace (guardrails.cedar:95, compiled in)
  forbidden by: roles.not-your-own-role (packs/mine/roles.cedar:62)
  would allow: nothing that could be different alone
";
        assert_eq!(explained(&files(), "changeRole --as admin --workspace suspended --on self"), expected);
        let expected = r"admin, the creator, removeMember on self: denied
  clients get: 403 own_removal, reason own_removal
  forbidden by: roles.not-yourself-out (packs/mine/roles.cedar:71)
    The way out is a leave request, which somebody else approves (S10).
  would allow: nothing that could be different alone

admin, the creator, removeMember on owner: denied
  clients get: 403 forbidden, reason target_outranks_you
  forbidden by: core.no-acting-upward (guardrails.cedar:59, compiled in)
  would allow:
    as owner: roles.owner (packs/mine/roles.cedar:33)

admin, the creator, removeMember on admin, member: allowed
  permitted by: roles.admin (packs/mine/roles.cedar:15)
    An admin runs the workspace, but spends no money.
";
        assert_eq!(explained(&files(), "removeMember --as admin --creator"), expected);
    }

    #[test]
    fn json_holds_the_same() {
        let args = args("listSeats --as member --json");
        let bundle = Bundle::compile(&files()).unwrap();
        let explanation = seatwise_policy::explain(&bundle, &args.question.query()).unwrap();
        let json = serde_json::to_value(&explanation).unwrap();
        assert_eq!(json["given"]["caller"], "member");
        let outcome = &json["outcomes"][0];
        assert_eq!(outcome["allowed"], false);
        assert_eq!(outcome["wouldAllow"][0]["aspect"], "caller");
        assert_eq!(outcome["wouldAllow"][0]["possibilities"][1]["value"], "admin");
        assert_eq!(outcome["wouldAllow"][0]["possibilities"][1]["rules"][0]["id"], "roles.admin");
    }

    #[test]
    fn exit_codes_say_whether_it_was_explained() {
        let run = |line: &str| {
            let TestArgs { question, json, .. } = args(line);
            run_on(&files(), Path::new("p"), &question, json)
        };
        assert_eq!(run("listSeats --as member"), ExitCode::SUCCESS);
        assert_eq!(run("listSeats --as owner --json"), ExitCode::SUCCESS);
        assert_eq!(run("listSeats --as membr"), ExitCode::from(2));
        assert_eq!(run("listSeat --as member"), ExitCode::from(2));
        let question = args("listSeats --as member").question;
        assert_eq!(run_on(&Files::new(), Path::new("p"), &question, false), ExitCode::from(2));
    }
}
