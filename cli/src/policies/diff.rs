//! `seatwise policies diff`: what a version changes, and for whom.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use seatwise_policy::diff::{
    Access, Change, Diff, FoundBy, Frame, Place, ReasonChange, RoleChange, Situation,
};
use seatwise_policy::{Files, Finding};
use seatwise_proof::{HINT, Prover, ProverError};

use super::place::PlaceArgs;
use super::progress::{Progress, note};
use super::{EXIT_FINDINGS, log, read, work};
use crate::{fail, say};

const AFTER_HELP: &str = "\
What changes is found by the examples that `seatwise policies matrix` is made of; and by proof, where the
solver cvc5 is installed, which finds what no example shows, also of who is shown to gain something
under another condition, each with a request that shows it.

As JSON: one object with `files`, `rules`, `roles` (whose frames change), `settings`, `gains`, `losses`,
`reasons` (refused before and after, otherwise) and `notes`. A gain or loss has `who`, `action`, `place`,
`situations` (none: always), `foundBy` (`matrix` or `proof`) and, of a proof, `example`.

Exit codes:
  0  whatever the difference is
  1  DIR is no pack (`seatwise policies check` says more)
  2  something cannot be read, or the command line is wrong";

/// What to compare.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct DiffArgs {
    /// The folder of the pack, as it would be
    dir: PathBuf,
    /// The folder of the pack, as it is [default: the active version]
    #[arg(long, value_name = "OTHER_DIR", conflicts_with_all = ["data", "table"])]
    against: Option<PathBuf>,
    /// For a program to read
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Why two versions cannot be compared.
#[derive(Debug, thiserror::Error)]
pub(super) enum DiffError {
    /// The new one is no pack.
    #[error(transparent)]
    Unsound(Box<Finding>),
    /// The solver is there and does not work.
    #[error(transparent)]
    Prover(#[from] ProverError),
}

/// Prints what changes.
pub(super) fn run(args: &DiffArgs) -> ExitCode {
    let after = match read(&args.dir) {
        Ok(files) => files,
        Err(refused) => return refused,
    };
    match &args.against {
        Some(against) => match read(against) {
            Ok(before) => work(print(args, Some(&before), &after)),
            Err(refused) => refused,
        },
        None => args.place.run(async |place| {
            let standing = place.standing().await?;
            let warnings = log::warnings(&standing, place.trusted().await?.as_ref());
            if !warnings.is_empty() {
                note(warnings.trim_end());
            }
            print(args, standing.active_files(), &after).await
        }),
    }
}

async fn print(args: &DiffArgs, before: Option<&Files>, after: &Files) -> Result<ExitCode, String> {
    match compare(before, after, &Progress::new()).await {
        Ok(diff) if args.json => Ok(print_json(&diff)),
        Ok(diff) => {
            say(&render(&diff));
            Ok(ExitCode::SUCCESS)
        }
        Err(DiffError::Unsound(finding)) => {
            say(&format_args!("{}/{finding}\n", args.dir.display()));
            Ok(ExitCode::from(EXIT_FINDINGS))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// What changes, found by examples and, where there is a solver, by proof.
pub(super) async fn compare(
    before: Option<&Files>,
    after: &Files,
    progress: &Progress,
) -> Result<Diff, DiffError> {
    let changes = |diff: &Result<Diff, DiffError>| match diff {
        Ok(diff) => format!("{} gains, {} losses", diff.gains.len(), diff.losses.len()),
        Err(_) => "failed".to_owned(),
    };
    let by_examples = async |_: &dyn Fn(usize, usize)| {
        seatwise_policy::diff::diff(before, after).map_err(|fault| DiffError::Unsound(Box::new(fault)))
    };
    let mut diff = progress.of("comparing", by_examples, changes).await?;
    match Prover::find() {
        None => diff.notes.push(format!("gains and losses were found by examples, and not by proof: {HINT}")),
        Some(prover) => {
            let by_proof = async |at: &dyn Fn(usize, usize)| {
                prover.extend(&mut diff, before, after, |it| at(it.done, it.total)).await?;
                Ok(diff)
            };
            diff = progress.of("comparing by proof", by_proof, found_by_proof).await?;
        }
    }
    Ok(diff)
}

fn found_by_proof(diff: &Result<Diff, DiffError>) -> String {
    let Ok(diff) = diff else { return "failed".to_owned() };
    let all = diff.gains.iter().chain(&diff.losses);
    match all.filter(|access| access.found_by == FoundBy::Proof).count() {
        0 => "nothing more".to_owned(),
        more => format!("{more} more"),
    }
}

fn print_json(diff: &Diff) -> ExitCode {
    match serde_json::to_string_pretty(diff) {
        Ok(json) => {
            say(&format_args!("{json}\n"));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

/// The difference as a text; sections without content are left out, but for who gains and loses.
pub(super) fn render(diff: &Diff) -> String {
    let mut text = String::new();
    let has_rules = !(diff.files.is_empty() && diff.rules.is_empty());
    if has_rules {
        section(&mut text, "Rules", &rules(diff));
    }
    if !diff.roles.is_empty() {
        section(&mut text, "Role frames (the guardrails rest on them)", &roles(&diff.roles));
    }
    section(&mut text, "Gains", &accesses(&diff.gains));
    section(&mut text, "Losses", &accesses(&diff.losses));
    if !diff.reasons.is_empty() {
        section(&mut text, "Other reasons for a refusal", &reasons(&diff.reasons));
    }
    if !diff.settings.is_empty() {
        section(&mut text, "Settings", &settings(diff));
    }
    if !diff.notes.is_empty() {
        section(&mut text, "Notes", &diff.notes);
    }
    text
}

fn section(text: &mut String, title: &str, lines: &[String]) {
    let gap = if text.is_empty() { "" } else { "\n" };
    let none = if lines.is_empty() { ": none" } else { "" };
    let _ = writeln!(text, "{gap}{title}{none}");
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}

fn sign(change: Change) -> char {
    match change {
        Change::Added => '+',
        Change::Removed => '-',
        Change::Changed => '~',
    }
}

/// Policies, and files that hold none of those that change.
fn rules(diff: &Diff) -> Vec<String> {
    let rules = diff.rules.iter().map(|rule| {
        let effect = if rule.permits { "permit" } else { "forbid" };
        format!("{} {effect} {} ({}:{})", sign(rule.change), rule.id, rule.file, rule.line)
    });
    let others = diff.files.iter().filter(|file| diff.rules.iter().all(|rule| rule.file != file.path));
    let files = others.map(|file| format!("{} file {}", sign(file.change), file.path));
    rules.chain(files).collect()
}

fn roles(changes: &[RoleChange]) -> Vec<String> {
    let told = |frame: &Option<Frame>| frame.as_ref().map_or_else(|| "no such role".to_owned(), frame_words);
    let line = |it: &RoleChange| format!("{}: {} → {}", it.role, told(&it.before), told(&it.after));
    changes.iter().map(line).collect()
}

fn frame_words(frame: &Frame) -> String {
    let flags = [(frame.governing, "governing"), (frame.staff, "staff"), (frame.joiner, "joiner")];
    let mut words = vec![format!("rank {}", frame.rank)];
    words.extend(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| (*flag).to_owned()));
    words.extend(frame.includes.iter().map(|role| format!("includes {role}")));
    words.join(", ")
}

/// One line for each condition, with all callers and actions that have it in common.
fn accesses(list: &[Access]) -> Vec<String> {
    let mut of_callers: Vec<(String, &str, Vec<&str>)> = Vec::new();
    for access in list {
        let condition = match &access.example {
            Some(example) => format!(" (found by proof, for example {})", example.words),
            None => condition(access.place, &access.situations),
        };
        match of_callers.iter_mut().find(|(known, who, _)| *who == access.who && *known == condition) {
            Some((_, _, actions)) => actions.push(&access.action),
            None => of_callers.push((condition, &access.who, vec![&access.action])),
        }
    }
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for (condition, who, actions) in of_callers {
        let what = format!("{}{condition}", actions.join(", "));
        match lines.iter_mut().find(|(known, _)| *known == what) {
            Some((_, callers)) => callers.push(who),
            None => lines.push((what, vec![who])),
        }
    }
    lines.iter().map(|(what, callers)| format!("{}: {what}", callers.join(", "))).collect()
}

fn reasons(list: &[ReasonChange]) -> Vec<String> {
    let reason = |reason: &Option<String>| reason.clone().unwrap_or_else(|| "no permission".to_owned());
    list.iter()
        .map(|it| {
            let condition = condition(it.place, &it.situations);
            format!("{}: {}{condition}: {} → {}", it.who, it.action, reason(&it.before), reason(&it.after))
        })
        .collect()
}

fn condition(place: Place, situations: &[Situation]) -> String {
    let place = match place {
        Place::Active => "",
        Place::Suspended => ", in a suspended workspace",
        Place::Foreign => ", in a workspace they are no member of",
    };
    let when: Vec<_> = situations.iter().map(situation).collect();
    let when = if when.is_empty() { String::new() } else { format!(", {}", when.join("; or ")) };
    format!("{place}{when}")
}

fn situation(situation: &Situation) -> String {
    let parts = [
        ("on", &situation.plan),
        ("with", &situation.seat),
        ("done to", &situation.on),
        ("giving", &situation.to),
    ];
    let told = parts.iter().filter(|(_, any)| !any.is_empty());
    told.map(|(word, any)| format!("{word} {}", any.join(" or "))).collect::<Vec<_>>().join(", ")
}

fn settings(diff: &Diff) -> Vec<String> {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
    let changes = diff.settings.iter();
    changes.map(|it| format!("{}: {} → {}", it.key, value(&it.before), value(&it.after))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use seatwise_policy::diff::{Example, FileChange, RuleChange, SettingChange, Thing};

    use super::*;

    fn access(who: &str, action: &str) -> Access {
        Access {
            who: who.to_owned(),
            action: action.to_owned(),
            place: Place::Active,
            situations: vec![],
            found_by: FoundBy::Matrix,
            example: None,
        }
    }

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    fn by_proof() -> Access {
        let thing = |kind: &str| Thing { kind: kind.to_owned(), attributes: BTreeMap::new() };
        let example = Example {
            words: "on the workspace, at 2019-12-31T23:59:59Z".to_owned(),
            principal: thing("Member"),
            resource: thing("Workspace"),
            target_role: None,
            now: Some("2019-12-31T23:59:59Z".to_owned()),
        };
        Access { found_by: FoundBy::Proof, example: Some(example), ..access("member", "editFlows") }
    }

    fn example() -> Diff {
        let seat = Situation { plan: vec![], seat: texts(&["pro seat"]), on: texts(&["self"]), to: vec![] };
        let frame = Frame { rank: 50, governing: false, staff: true, joiner: false, includes: None };
        let file = |change, path: &str| FileChange { change, path: path.to_owned() };
        Diff {
            files: vec![file(Change::Changed, "roles.cedar"), file(Change::Removed, "cases/old.toml")],
            rules: vec![RuleChange {
                change: Change::Changed,
                id: "roles.admin".to_owned(),
                permits: true,
                file: "roles.cedar".to_owned(),
                line: 15,
            }],
            roles: vec![RoleChange {
                role: "admin".to_owned(),
                before: Some(frame.clone()),
                after: Some(Frame { rank: 60, ..frame }),
            }],
            settings: vec![SettingChange {
                key: "members.max".to_owned(),
                before: None,
                after: Some("20".to_owned()),
            }],
            gains: vec![
                access("admin", "buySeats"),
                access("admin", "cancelSeat"),
                access("support", "buySeats"),
                access("support", "cancelSeat"),
                by_proof(),
            ],
            losses: vec![Access {
                place: Place::Suspended,
                situations: vec![seat, Situation { to: texts(&["owner"]), ..Situation::default() }],
                ..access("admin", "changeRole")
            }],
            reasons: vec![ReasonChange {
                who: "member".to_owned(),
                action: "useProduct".to_owned(),
                place: Place::Active,
                situations: vec![],
                before: None,
                after: Some("seat_required".to_owned()),
            }],
            notes: texts(&["one thing"]),
        }
    }

    #[test]
    fn a_difference_is_a_text() {
        assert_eq!(
            render(&example()),
            "\
Rules
  ~ permit roles.admin (roles.cedar:15)
  - file cases/old.toml

Role frames (the guardrails rest on them)
  admin: rank 50, staff → rank 60, staff

Gains
  admin, support: buySeats, cancelSeat
  member: editFlows (found by proof, for example on the workspace, at 2019-12-31T23:59:59Z)

Losses
  admin: changeRole, in a suspended workspace, with pro seat, done to self; or giving owner

Other reasons for a refusal
  member: useProduct: no permission → seat_required

Settings
  members.max: not set → 20

Notes
  one thing
"
        );
        assert_eq!(render(&Diff::default()), "Gains: none\n\nLosses: none\n");
    }

    #[test]
    fn its_names_as_json_are_stable() {
        let json = serde_json::to_value(by_proof()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "who": "member",
                "action": "editFlows",
                "place": "active",
                "foundBy": "proof",
                "example": {
                    "words": "on the workspace, at 2019-12-31T23:59:59Z",
                    "principal": { "kind": "Member", "attributes": {} },
                    "resource": { "kind": "Workspace", "attributes": {} },
                    "now": "2019-12-31T23:59:59Z"
                }
            })
        );
        let json = serde_json::to_value(example()).unwrap();
        let keys: Vec<_> = json.as_object().unwrap().keys().collect();
        let expected = ["files", "gains", "losses", "notes", "reasons", "roles", "rules", "settings"];
        let mut keys: Vec<_> = keys.into_iter().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(
            json["losses"][0]["situations"][0],
            serde_json::json!({ "seat": ["pro seat"], "on": ["self"] })
        );
        assert_eq!(json["rules"][0]["change"], "changed");
    }
}
