//! Explanations of decisions, as the command writes them.

use clap::Parser as _;
use seatwise_policy::packs;

use super::*;

#[derive(clap::Parser)]
struct CommandLine {
    #[command(flatten)]
    args: TestArgs,
}

fn args(line: &str) -> TestArgs {
    let parts = ["test", "--dir", "packs/mine"].into_iter().chain(line.split_whitespace());
    CommandLine::try_parse_from(parts).ok().unwrap().args
}

fn explained(files: &Files, line: &str) -> String {
    let args = args(line);
    let bundle = Bundle::compile(files).unwrap();
    text(args.dir.as_deref().unwrap(), &explain(&bundle, &args.question.question()).unwrap())
}

fn files() -> Files {
    packs::files("purchased-seats").unwrap()
}

#[test]
fn a_permission() {
    let expected = r"owner buySeats: allowed
  permitted by: roles.owner (packs/mine/roles.cedar:37)
    An owner buys seats and add-ons, cancels and reactivates seats, and manages billing as well (S2, S11–S13, S16), and owns the workspace.
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
  clients get: 403 forbidden, reason not_permitted
  no policy permits it
  would allow:
    as owner: roles.owner (packs/mine/roles.cedar:37)
    as admin: roles.admin (packs/mine/roles.cedar:16)
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
    as owner: roles.owner (packs/mine/roles.cedar:37)
    to admin, member: roles.admin (packs/mine/roles.cedar:16)
";
    assert_eq!(explained(&files(), "changeRole --as admin --on member --to owner"), expected);
}

#[test]
fn the_floor() {
    let mut files = files();
    let all = "@id(\"x\") @reason(\"y\") forbid (principal, action, resource);";
    files.insert("x.cedar".to_owned(), all.to_owned());
    let expected = r"owner getWorkspace: allowed
  permitted by: floor.governing-recovers (floor.cedar:22, compiled in)
  the pack denies it; the recovery floor allows it whatever is published
";
    assert_eq!(explained(&files, "getWorkspace --as owner"), expected);
}

#[test]
fn each_answer_where_it_is_left_open_whom_it_is_about() {
    let expected = r"admin, in a workspace of others, changeRole on member to owner: denied
  clients get: 403 forbidden, reason other_workspace
  forbidden by: core.tenant-isolation (guardrails.cedar:5, compiled in)
  forbidden by: core.no-escalation (guardrails.cedar:34, compiled in)
    Nobody gives a role above their own, nor sees a link that does.
  would allow: nothing that could be different alone

admin, in a workspace of others, changeRole on member to admin, member: denied
  clients get: 403 forbidden, reason other_workspace
  forbidden by: core.tenant-isolation (guardrails.cedar:5, compiled in)
  would allow:
    in a workspace that is their own: roles.admin (packs/mine/roles.cedar:16)
";
    assert_eq!(explained(&files(), "changeRole --as admin --workspace foreign --on member"), expected);
    let expected = r"admin, the creator, removeMember on self: denied
  clients get: 403 own_removal, reason own_removal
  forbidden by: roles.not-yourself-out (packs/mine/roles.cedar:79)
    The way out is a leave request, which somebody else approves (S10).
  would allow: nothing that could be different alone

admin, the creator, removeMember on owner: denied
  clients get: 403 forbidden, reason target_outranks_you
  forbidden by: core.no-acting-upward (guardrails.cedar:61, compiled in)
  would allow:
    as owner: roles.owner (packs/mine/roles.cedar:37)

admin, the creator, removeMember on admin, member: allowed
  permitted by: roles.admin (packs/mine/roles.cedar:16)
    An admin runs the workspace and sees what it pays for (S15), but spends no money.
";
    assert_eq!(explained(&files(), "removeMember --as admin --creator"), expected);
}

#[test]
fn json_holds_the_same() {
    let args = args("listSeats --as member --json");
    let bundle = Bundle::compile(&files()).unwrap();
    let explanation = explain(&bundle, &args.question.question()).unwrap();
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
