//! Proofs about the built-in packs and about edits of them. They need the solver. Without it each test
//! prints one line and is skipped; with `SEATWISE_REQUIRE_CVC5=1` it fails instead.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use cedar_policy::{Authorizer, Decision, EntityUid, PolicySet};
use seatwise_policy::{Bundle, Files, Origin, PrincipalKind, packs};
use seatwise_workbench::diff::{Diff, FoundBy, diff};
use seatwise_workbench::{WorkspaceRelation, visit_requests};

use crate::request_kind::{RequestKind, RequestSpace, policies};
use crate::session::{SolverSession, Unanswered};
use crate::{HINT, Prover, assumptions};

/// The solver. Without one the test that asks is skipped, which a line says.
fn prover() -> Option<Prover> {
    let prover = Prover::find();
    if prover.is_none() {
        let is_required = std::env::var_os("SEATWISE_REQUIRE_CVC5").is_some_and(|value| value == "1");
        assert!(!is_required, "SEATWISE_REQUIRE_CVC5=1, but {HINT}");
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        // Not by `eprintln!`, which the test harness keeps back when a test passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED, nothing proven: {test}: {HINT}");
    }
    prover
}

fn pack(name: &str) -> Files {
    packs::files(name).unwrap()
}

fn with(name: &str, file: &str, text: &str) -> Files {
    let mut files = pack(name);
    files.insert(file.to_owned(), text.to_owned());
    files
}

fn edited(name: &str, edits: &[(&str, &str, &str)]) -> Files {
    let mut files = pack(name);
    for (file, from, to) in edits {
        let text = files.get_mut(*file).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        *text = text.replacen(from, to, 1);
    }
    files
}

async fn findings(prover: &Prover, files: &Files) -> Vec<String> {
    prover.prove(files, |_| {}).await.unwrap().iter().map(ToString::to_string).collect()
}

/// That it is found, and nothing beside it.
async fn assert_found(files: &Files, expected: &[&str]) {
    let Some(prover) = prover() else { return };
    let found = findings(&prover, files).await;
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for expected in expected {
        assert!(found.iter().any(|found| found.contains(expected)), "expected {expected}\nfound {found:#?}");
    }
}

#[tokio::test]
async fn built_in_packs_are_proven() {
    let Some(prover) = prover() else { return };
    for name in packs::names() {
        let start = Instant::now();
        let found = findings(&prover, &pack(name)).await;
        eprintln!("{name}: {:?}", start.elapsed());
        assert_eq!(found, Vec::<String>::new(), "{name}");
    }
}

#[tokio::test]
async fn a_rule_that_errs_is_found() {
    // No example plays before 1969.
    let files = with(
        "role-ladder",
        "x.cedar",
        "@id(\"x\") @reason(\"y\")\nforbid (principal is Member, action == Action::\"leaveWorkspace\", resource)\n\
         when { context.now.offset(duration(\"-106751991167d\")) > context.now };",
    );
    assert_found(&files, &["x.cedar:1:1: errs when ", "x.cedar:1:1: applies to no request"]).await;
}

#[tokio::test]
async fn a_rule_against_the_floor_is_found() {
    let files = with(
        "role-ladder",
        "x.cedar",
        "@id(\"x\") @reason(\"y\")\nforbid (principal is Member, action == Action::\"invite\", resource)\n\
         when { context.now < datetime(\"2020-01-01\") };",
    );
    assert_found(&files, &["x.cedar:1:1: takes away what the recovery floor keeps: owner"]).await;
}

#[tokio::test]
async fn a_pack_that_does_not_permit_what_the_floor_keeps_is_found() {
    let files = edited("role-ladder", &[("roles.cedar", "     Action::\"invitations.manage\",\n", "")]);
    assert_found(&files, &["product.toml: no policy permits what the recovery floor keeps: owner"]).await;
}

#[tokio::test]
async fn a_sensitive_permission_of_joiners_is_found() {
    let files = edited(
        "purchased-seats",
        &[
            ("product.toml", "rank = 10\n", "rank = 10\nstaff = true\n"),
            (
                "roles.cedar",
                "     Action::\"members.read\",\n",
                "     Action::\"members.read\",\n     Action::\"seats.buy\",\n",
            ),
        ],
    );
    let found =
        "roles.cedar:3:1: gives a sensitive permission to joiners for whom nobody chose a role: member";
    // Who invites members has it as well, with a second account.
    let appointed = "roles.cedar:17:1: admin can invite a member, who can buySeats, cancelSeat";
    assert_found(&files, &[found, appointed]).await;
}

#[tokio::test]
async fn dead_rules_are_found() {
    let files = with(
        "role-ladder",
        "x.cedar",
        "@id(\"x.rank\")\npermit (principal is Member, action == Action::\"getWorkspace\", resource)\n\
         when { principal.role.rank > 1000 };\n\
         @id(\"x.ranks\") @reason(\"y\")\nforbid (principal in Role::\"owner\", action, resource)\n\
         when { principal.role == Role::\"member\" };\n\
         @id(\"x.staff\")\npermit (principal is Member, action == Action::\"deleteWorkspace\", resource)\n\
         when { principal.role == Role::\"member\" };\n\
         @id(\"x.fine\")\npermit (principal is Member, action == Action::\"getWorkspace\", resource)\n\
         when { principal.role.rank > 99 };",
    );
    assert_found(
        &files,
        &[
            "x.cedar:1:1: applies to no request that can be made",
            "x.cedar:4:1: applies to no request that can be made",
            "x.cedar:7:1: has no effect: whatever it permits, `core.plain-role-ceiling` forbids",
        ],
    )
    .await;
}

#[tokio::test]
async fn what_takes_too_long_is_not_proven() {
    let Some(prover) = prover() else { return };
    let found = findings(&prover.with_limit(Duration::ZERO), &pack("flat-owners")).await;
    assert!(found.len() > 5, "{found:#?}");
    assert!(found.iter().all(|found| found.contains("could not be proven")), "{found:#?}");
    assert!(found.iter().any(|found| found.contains("asked no more")), "{found:#?}");
}

#[tokio::test]
async fn a_solver_that_does_not_start_is_an_error() {
    let prover = Prover { path: "/no/such/solver".into(), limit: Duration::from_secs(1) };
    let error = prover.prove(&pack("flat-owners"), |_| {}).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot start the solver"), "{error}");
    let prover = Prover { path: "/bin/false".into(), limit: Duration::from_secs(1) };
    let found = findings(&prover, &pack("flat-owners")).await;
    assert!(found.iter().all(|found| found.contains("could not be proven")), "{found:#?}");
    assert!(!found.is_empty());
}

const TUTORIAL: &str = include_str!("../../../policies/TUTORIAL.md");

/// The block of code of the tutorial that begins so.
fn documented(start: &str) -> &'static str {
    let at = TUTORIAL.find(&format!("\n{start}")).unwrap_or_else(|| panic!("no block begins with {start}"));
    TUTORIAL[at + 1..].split("```").next().unwrap()
}

/// `purchased-seats` with the billing manager of the tutorial.
fn with_billing_manager() -> Files {
    let mut files = pack("purchased-seats");
    let role = documented("[[role]]\nid = \"billing-manager\"");
    let data = files.get_mut("product.toml").unwrap();
    *data = data.replacen("\n[seats]", &format!("\n{role}\n[seats]"), 1);
    files.insert("billing.cedar".to_owned(), documented("@id(\"roles.billing-manager\")").to_owned());
    let cases = documented("[[case]]\nname = \"a billing manager buys");
    files.insert("cases/billing-manager.toml".to_owned(), cases.to_owned());
    files
}

#[tokio::test]
async fn the_billing_manager_of_the_tutorial_is_sound() {
    let files = with_billing_manager();
    assert_eq!(seatwise_workbench::check(&files), []);
    assert_found(&files, &[]).await;
}

/// With a low rank, an admin could spend money through a second account.
fn with_low_billing_manager() -> Files {
    let mut files = with_billing_manager();
    let data = files.get_mut("product.toml").unwrap();
    assert!(data.contains("rank = 60"));
    *data = data.replace("rank = 60", "rank = 20");
    files
}

#[tokio::test]
async fn appointing_power_is_found() {
    let Some(prover) = prover() else { return };
    let found = prover.prove(&with_low_billing_manager(), |_| {}).await.unwrap();
    let words: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(words.len(), 1, "{words:#?}");
    assert!(
        words[0].starts_with("roles.cedar:16:1: admin can invite a billing-manager, who can "),
        "{words:#?}"
    );
    assert!(
        words[0].contains("buySeats, cancelSeat") && words[0].ends_with(", which admin cannot"),
        "{words:#?}"
    );
    assert!(found[0].help.as_ref().unwrap().contains("@appoints"), "{found:#?}");
}

#[tokio::test]
async fn appointing_power_can_be_accepted() {
    let mut files = with_low_billing_manager();
    let rules = files.get_mut("roles.cedar").unwrap();
    *rules =
        rules.replacen("@id(\"roles.admin\")", "@id(\"roles.admin\")\n@appoints(\"billing-manager\")", 1);
    assert_eq!(seatwise_workbench::check(&files), []);
    assert_found(&files, &[]).await;
    // Of a role that there is not, nothing is accepted.
    let rules = files.get_mut("roles.cedar").unwrap();
    *rules = rules.replacen("@appoints(\"billing-manager\")", "@appoints(\"billing-manger\")", 1);
    let found = seatwise_workbench::check(&files);
    assert_eq!(found[0].message, "product.toml has no role `billing-manger`", "{found:#?}");
}

#[tokio::test]
async fn appointing_power_that_no_example_shows_is_found() {
    // No example is in the past, and no example caller is the creator.
    let files = with(
        "role-ladder",
        "x.cedar",
        "@id(\"x.past\")\npermit (principal in Role::\"admin\", action == Action::\"invite\", resource)\n\
         when { context.now < datetime(\"2020-01-01\") && context.targetRole == Role::\"member\" };\n\
         @id(\"x.member\")\npermit (principal is Member, action == Action::\"listMembers\", resource)\n\
         when { principal.role == Role::\"member\" && principal.user == resource.creator };",
    );
    let Some(prover) = prover() else { return };
    let words = findings(&prover, &files).await;
    assert!(
        words.iter().any(|it| it == "x.cedar:1:1: admin can invite a member, who can listMembers, which admin cannot"),
        "{words:#?}"
    );
}

#[tokio::test]
async fn a_new_appointment_is_noted() {
    let Some(diff) = compared(&pack("purchased-seats"), &with_low_billing_manager()).await else { return };
    let noted =
        |diff: &Diff| diff.notes.iter().any(|note| note.starts_with("admin can invite a billing-manager"));
    assert!(noted(&diff), "{:?}", diff.notes);
    // It is news only once.
    let mut renamed = with_low_billing_manager();
    let data = renamed.get_mut("product.toml").unwrap();
    *data = data.replace("Billing manager", "Accountant");
    let Some(diff) = compared(&with_low_billing_manager(), &renamed).await else { return };
    assert!(!noted(&diff), "{:?}", diff.notes);
}

/// Or a proof would leave out requests that are made.
#[test]
fn what_is_taken_for_granted_holds_of_requests_as_they_are_made() {
    for name in packs::names() {
        let bundle = Bundle::compile(&pack(name)).unwrap();
        let worlds: BTreeMap<String, PolicySet> = RequestKind::all(&bundle)
            .iter()
            .map(|kind| {
                let world = assumptions::of(bundle.pack(), kind);
                let text = format!("permit (principal, action, resource) when {{ {world} }};");
                (kind.words(), text.parse().unwrap())
            })
            .collect();
        let mut asked = 0;
        visit_requests(&bundle, |request, entities| {
            let kind = |uid: Option<&EntityUid>| uid.unwrap().type_name().to_string();
            let (principal, resource) = (kind(request.principal()), kind(request.resource()));
            let action = request.action().unwrap().id().unescaped().to_owned();
            let world = &worlds[&format!("{action} by a {principal} on a {resource}")];
            let answer = Authorizer::new().is_authorized(request, world, entities);
            let errors: Vec<_> = answer.diagnostics().errors().map(ToString::to_string).collect();
            assert_eq!(errors, Vec::<String>::new(), "{name}: {request:?}");
            assert_eq!(answer.decision(), Decision::Allow, "{name}: {request:?} {entities:?}");
            asked += 1;
        });
        assert!(asked > 400, "{asked}");
    }
}

/// Whatever is published: the guardrails suffice.
#[tokio::test]
async fn guardrails_keep_tenants_apart_whatever_a_pack_permits() {
    let Some(prover) = prover() else { return };
    let files = pack("purchased-seats");
    let bundle = Bundle::compile(&files).unwrap();
    let mut session = SolverSession::new(&prover);
    let everything = cedar_policy::Policy::parse(
        Some(cedar_policy::PolicyId::new("everything")),
        "permit (principal, action, resource);",
    )
    .unwrap();
    for kind in RequestKind::all(&bundle).iter().filter(|kind| kind.principal == PrincipalKind::Member) {
        let ask = async {
            let space = RequestSpace::new(&bundle, kind)?;
            let guardrails = policies(&space.sources(&[Origin::Guardrails]));
            let home = space.allows_where(assumptions::at_home(kind.resource))?;
            let with_all = space.set(guardrails.into_iter().chain([everything.clone()]))?;
            let crossing = session.find(&cedar_policy_symcc::implies_asserts(&with_all, &home)).await?;
            // And nothing is taken for granted that leaves no request at all.
            let without = space.set([everything.clone()])?;
            let open = session.find(&cedar_policy_symcc::implies_asserts(&without, &home)).await?;
            Ok::<_, Unanswered>((crossing.is_some(), open.is_some()))
        };
        let (crossing, open) = ask.await.unwrap_or_else(|_| panic!("{} remains open", kind.words()));
        assert!(!crossing, "{}", kind.words());
        assert!(open, "{}", kind.words());
    }
}

async fn compared(before: &Files, after: &Files) -> Option<Diff> {
    let prover = prover()?;
    let mut diff = diff(Some(before), after).unwrap();
    prover.extend(&mut diff, Some(before), after, |_| {}).await.unwrap();
    Some(diff)
}

#[tokio::test]
async fn a_gain_that_no_example_shows_is_proven() {
    let before = pack("role-ladder");
    let after = with(
        "role-ladder",
        "x.cedar",
        "@id(\"x.creator\")\npermit (principal is Member, action == Action::\"manageTemplates\", resource is Workspace)\n\
         when { principal.user == resource.creator };\n\
         @id(\"x.now\")\npermit (principal in Role::\"admin\", action == Action::\"listMembers\", resource)\n\
         when { context.now < datetime(\"2020-01-01\") };",
    );
    let Some(diff) = compared(&before, &after).await else { return };
    assert_eq!(diff.losses, []);
    assert_eq!(diff.notes, Vec::<String>::new());
    let told: Vec<_> = diff.gains.iter().map(|gain| (gain.who.as_str(), gain.action.as_str())).collect();
    assert_eq!(told, [("admin", "listMembers"), ("member", "manageTemplates")]);
    assert!(
        diff.gains.iter().all(|gain| gain.found_by == FoundBy::Proof && gain.place == WorkspaceRelation::Own)
    );
    let words: Vec<_> = diff.gains.iter().map(|gain| gain.example.as_ref().unwrap().words.as_str()).collect();
    assert!(words[0].starts_with("on the workspace, at "), "{words:?}");
    assert!(words[1].starts_with("the caller (creator: true), on the workspace"), "{words:?}");

    let Some(back) = compared(&after, &before).await else { return };
    assert_eq!((back.gains.len(), back.losses.len()), (0, 2));
}

#[tokio::test]
async fn what_hides_behind_an_example_is_proven() {
    let before = pack("purchased-seats");
    // Openly with a Pro seat, and besides whenever it is before 2020.
    let after = with(
        "purchased-seats",
        "x.cedar",
        "@id(\"x\")\npermit (principal in Role::\"member\", action == Action::\"listSeats\", resource)\n\
         when { context.now < datetime(\"2020-01-01\") || principal has seat && principal.seat.live && \
         principal.seat.tier == SeatTier::\"pro\" };",
    );
    let Some(diff) = compared(&before, &after).await else { return };
    assert!(
        diff.gains.iter().all(|gain| (gain.who.as_str(), gain.action.as_str()) == ("member", "listSeats"))
    );
    let told: Vec<_> = diff.gains.iter().map(|gain| (gain.place, gain.found_by)).collect();
    assert_eq!(told, [FoundBy::Matrix, FoundBy::Proof].map(|found_by| (WorkspaceRelation::Own, found_by)));
    let words = &diff.gains[1].example.as_ref().unwrap().words;
    assert!(!words.contains("pro") && words.contains("at "), "{words}");
    assert_eq!(diff.notes, Vec::<String>::new());
}

#[tokio::test]
async fn what_an_example_shows_is_not_found_twice() {
    let before = pack("purchased-seats");
    let after = edited(
        "purchased-seats",
        &[(
            "roles.cedar",
            "     Action::\"seats.assign\",\n",
            "     Action::\"seats.assign\",\n     Action::\"seats.buy\",\n",
        )],
    );
    let Some(diff) = compared(&before, &after).await else { return };
    let told: Vec<_> =
        diff.gains.iter().map(|gain| (gain.who.as_str(), gain.action.as_str(), gain.found_by)).collect();
    let buying =
        ["buySeats", "cancelSeat", "changeSeatTier", "reactivateSeat", "setAddOn", "setAddOnEverywhere"];
    assert_eq!(told, buying.map(|action| ("admin", action, FoundBy::Matrix)));
    assert_eq!(diff.losses, []);
}

#[tokio::test]
async fn what_cannot_be_compared_is_noted() {
    let before = pack("purchased-seats");
    let after = edited(
        "purchased-seats",
        &[("product.toml", "rank = 50", "rank = 60"), ("roles.cedar", "     Action::\"seats.read\",\n", "")],
    );
    let Some(diff) = compared(&before, &after).await else { return };
    assert!(diff.notes[0].contains("and not by proof"), "{:?}", diff.notes);

    let after = edited(
        "purchased-seats",
        &[("app.cedarschema", "[\"features.use\"]", "[\"features.use\", \"sensitive\"]")],
    );
    let Some(diff) = compared(&before, &after).await else { return };
    assert!(diff.notes.iter().any(|note| note.contains("other action groups")), "{:?}", diff.notes);
    assert!(
        diff.losses.iter().any(|loss| (loss.who.as_str(), loss.action.as_str()) == ("member", "useProduct")),
        "{:?}",
        diff.losses
    );
}

#[tokio::test]
async fn what_is_undecided_is_noted() {
    let Some(prover) = prover() else { return };
    let before = pack("role-ladder");
    let after = with(
        "role-ladder",
        "x.cedar",
        "@id(\"x\")\npermit (principal in Role::\"admin\", action == Action::\"listMembers\", resource)\nwhen { context.now < datetime(\"2020-01-01\") };",
    );
    let mut diff = diff(Some(&before), &after).unwrap();
    prover.with_limit(Duration::ZERO).extend(&mut diff, Some(&before), &after, |_| {}).await.unwrap();
    assert!(
        diff.notes
            .iter()
            .any(|note| note.starts_with("could not be decided: whether somebody gains listMembers")),
        "{:?}",
        diff.notes
    );
    assert_eq!(diff.gains, []);
}
