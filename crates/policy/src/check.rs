//! What must hold before a pack is published.

use std::collections::BTreeSet;

use cedar_policy::{PolicySet, ValidationMode, Validator};
use seatwise_domain::Pack;
use seatwise_domain::pack::{Channel, LeaveBy, SeatModel};

use tracing::subscriber::NoSubscriber;

use crate::Files;
use crate::bundle::{Bundle, PACK_FILE, permits};
use crate::cases;
use crate::finding::{Finding, line_of};
use crate::source::{Source, is_policy_file};
use crate::stage::{self, Caller, Place, Probe, SeatState};
use crate::vocabulary::APP_FILE;

/// How far a policy may follow references: `resource.requester.role.rank` is the farthest, and no
/// operation loads what lies beyond.
const LEVEL: u32 = 3;

/// Most bytes of a pack: it is one item of the table, which holds 400 KB (AWS limit).
pub const MAX_BYTES: usize = 300_000;

/// Annotations that mean something here; any other is a slip of the pen.
const ANNOTATIONS: [&str; 3] = ["id", "reason", "doc"];

/// Entity types a policy may name one of; of all others the ids belong to tenants.
const NAMEABLE: [&str; 4] = ["Role", "Action", "SeatTier", "Feature"];

/// What a governing role needs beside what the recovery floor keeps for it.
const GOVERNING: [&str; 3] = ["updateWorkspace", "removeMember", "deleteWorkspace"];
/// And where seats are sold.
const SELLING: [&str; 6] =
    ["buySeats", "listSeats", "cancelSeat", "reactivateSeat", "assignSeat", "releaseSeat"];
/// And where the role decides the seat.
const ASSIGNING: [&str; 3] = ["assignSeat", "releaseSeat", "assignSeats"];
/// And where one asks to leave.
const LEAVING: [&str; 4] = ["listLeaveRequests", "decideLeaveRequests", "approveLeave", "denyLeave"];
/// And where there are links.
const LINKING: [&str; 3] = ["createLink", "listLinks", "revokeLink"];
/// And where domains bring people in.
const DOMAINS: [&str; 3] = ["linkDomain", "listDomains", "unlinkDomain"];
/// And where a workspace sets something for itself.
const SETTING: [&str; 1] = ["updateSettings"];

/// What its governing roles need, by what the pack offers.
fn needed(pack: &Pack) -> Vec<&'static str> {
    let offers: [(bool, &[&str]); 7] = [
        (true, &GOVERNING),
        (pack.seats.model == SeatModel::ByTier, &SELLING),
        (pack.seats.model == SeatModel::ByRole, &ASSIGNING),
        (pack.leave.by == LeaveBy::Request, &LEAVING),
        (pack.offers(Channel::Link), &LINKING),
        (pack.offers(Channel::Domain), &DOMAINS),
        (pack.joining.auto_assign.is_some(), &SETTING),
    ];
    offers
        .into_iter()
        .filter(|(is_offered, _)| *is_offered)
        .flat_map(|(_, actions)| actions)
        .copied()
        .collect()
}

/// Everything that stands against publishing a pack; nothing, if it is sound.
///
/// It does not parse or contradicts itself; a policy fails strict validation, names an unknown
/// role or somebody's id; a case fails; a policy errs on an example; the pack takes from a
/// governing role what the floor or the running of a workspace needs (K30, K32).
pub fn check(files: &Files) -> Vec<Finding> {
    // Policies are tried with what is missing as well: what they say of that is no news for a log.
    tracing::subscriber::with_default(NoSubscriber::default(), || findings(files))
}

fn findings(files: &Files) -> Vec<Finding> {
    let bundle = match Bundle::compile_all(files) {
        Ok(bundle) => bundle,
        Err(faults) => return faults,
    };
    let mut findings = strange_files(files);
    findings.extend(vocabulary(&bundle, files));
    for source in bundle.sources() {
        findings.extend(form(source));
        findings.extend(literals(&bundle, source));
    }
    findings.extend(validation(&bundle));
    // What follows would only say the same in other words.
    if findings.is_empty() {
        findings.extend(cases::failing(&bundle, files));
        findings.extend(behaviour(&bundle, files));
    }
    findings
}

fn strange_files(files: &Files) -> Vec<Finding> {
    let is_known =
        |path: &str| [PACK_FILE, APP_FILE].contains(&path) || is_policy_file(path) || cases::is_file(path);
    let strange = files.keys().filter(|path| !is_known(path));
    let mut findings: Vec<_> = strange.map(|path| Finding::new(path, None, "is no file of a pack")).collect();
    let bytes = crate::size(files);
    if bytes > MAX_BYTES {
        let message = format!("the pack has {bytes} bytes; at most {MAX_BYTES} can be published");
        findings.push(Finding::new(PACK_FILE, None, &message));
    }
    findings
}

/// That product.toml and the schema speak of the same things.
fn vocabulary(bundle: &Bundle, files: &Files) -> Vec<Finding> {
    let unusable = bundle.vocabulary().unusable.iter();
    let mut findings: Vec<_> = unusable
        .map(|(action, why)| {
            Finding::new(APP_FILE, line_naming(files, APP_FILE, action), &format!("action `{action}` {why}"))
        })
        .collect();
    for tier in &bundle.pack().seats.tiers {
        let role = bundle.pack().roles_given.creator.clone();
        let caller = Caller { role, seat: SeatState::Live(tier.id.clone()), creator: false };
        if stage::set(bundle, Place::Active, None, Some(&caller)).is_none() {
            let line = line_naming(files, PACK_FILE, &format!("id = \"{}\"", tier.id));
            let message = format!(
                "tier `{}` or one of its features is not declared in {APP_FILE} as SeatTier and Feature",
                tier.id
            );
            findings.push(Finding::new(PACK_FILE, line, &message));
        }
    }
    for plan in &bundle.pack().plans {
        if stage::set(bundle, Place::Active, Some(&plan.id), None).is_none() {
            let line = line_naming(files, PACK_FILE, &format!("id = \"{}\"", plan.id));
            let message = format!("a feature of plan `{}` is not declared in {APP_FILE} as Feature", plan.id);
            findings.push(Finding::new(PACK_FILE, line, &message));
        }
    }
    findings
}

fn line_naming(files: &Files, file: &str, text: &str) -> Option<u32> {
    let content = files.get(file)?;
    content.find(text).map(|offset| line_of(content, offset))
}

/// Ids and annotations.
fn form(source: &Source) -> Vec<Finding> {
    let annotation = |name| source.policy.annotation(name).filter(|value| !value.is_empty());
    let mut findings: Vec<_> = source
        .policy
        .annotations()
        .filter(|(name, _)| !ANNOTATIONS.contains(name))
        .map(|(name, _)| source.finding(&format!("the annotation `@{name}` means nothing here")))
        .collect();
    if annotation("id").is_none() {
        findings.push(source.finding("needs an `@id(\"…\")`"));
    }
    match annotation("reason") {
        None if !permits(source) => {
            findings.push(source.finding("a forbid needs a `@reason(\"…\")` for clients to show"));
        }
        Some(reason) if !is_code(reason) => {
            findings.push(source.finding("a reason is a code: lower-case letters and underscores"));
        }
        _ => {}
    }
    findings
}

fn is_code(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// A mistyped role passes Cedar's validation and would silently never match.
fn literals(bundle: &Bundle, source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for literal in source.policy.entity_literals() {
        let kind = literal.type_name().to_string();
        let id = literal.id().unescaped();
        if !NAMEABLE.contains(&kind.as_str()) {
            findings
                .push(source.finding(&format!("names `{literal}`: a policy is about all, not about one")));
        } else if kind == "Role" && bundle.pack().roles.iter().all(|role| role.id.as_str() != id) {
            findings.push(source.finding(&format!("{PACK_FILE} has no role `{id}`")));
        }
    }
    findings
}

fn validation(bundle: &Bundle) -> Vec<Finding> {
    let policies = bundle.sources().iter().map(|source| source.policy.clone());
    let policies = match PolicySet::from_policies(policies) {
        Ok(policies) => policies,
        Err(error) => return vec![Finding::new(PACK_FILE, None, &error.to_string())],
    };
    let validator = Validator::new(bundle.vocabulary().schema.clone());
    let result = validator.validate_with_level(&policies, ValidationMode::Strict, LEVEL);
    let errors = result.validation_errors().map(|error| (error.policy_id(), error.into()));
    let warnings = result.validation_warnings().map(|warning| (warning.policy_id(), warning.into()));
    let mut findings: Vec<_> =
        errors.chain(warnings).filter_map(|(id, error)| Some(bundle.source(id)?.of_cedar(error))).collect();
    findings.sort();
    findings
}

/// What the policies do on every example.
fn behaviour(bundle: &Bundle, files: &Files) -> Vec<Finding> {
    let probes = stage::probes(bundle);
    let about = |caller: &str, message: String| {
        Finding::new(PACK_FILE, line_naming(files, PACK_FILE, &format!("id = \"{caller}\"")), &message)
    };
    let mut findings = BTreeSet::new();
    for probe in &probes {
        let Probe { info, caller, verdict, .. } = probe;
        // A foreign workspace is not loaded, so policies that look at it err, which denies.
        if probe.place != Place::Foreign {
            let erring = verdict.bundle.errors.iter();
            findings.extend(erring.filter_map(|(id, error)| Some(bundle.source(id)?.finding(error))));
        }
        if verdict.floor.allows && !verdict.bundle.allows {
            let message =
                format!("the recovery floor keeps `{}` for `{caller}`: the pack must permit it", info.name);
            findings.insert(about(caller, message));
        }
    }
    for (role, action) in ungoverned(bundle, &probes) {
        findings.insert(about(role, format!("`{role}` governs: the pack must permit it `{action}`")));
    }
    findings.into_iter().collect()
}

/// Governing roles, and what they need and may not do in any situation.
fn ungoverned<'b>(bundle: &'b Bundle, probes: &[Probe<'_>]) -> Vec<(&'b str, &'static str)> {
    let pack = bundle.pack();
    let needed = needed(pack);
    let may = |role: &str, action: &str| {
        probes.iter().any(|probe| {
            probe.caller == role
                && probe.info.name == action
                && probe.place == Place::Active
                && probe.verdict.bundle.allows
        })
    };
    let governing = pack.roles.iter().filter(|role| role.governing).map(|role| role.id.as_str());
    governing
        .flat_map(|role| needed.iter().map(move |action| (role, *action)))
        .filter(|(role, action)| !may(role, action))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packs;

    #[test]
    fn built_in_packs_are_sound() {
        for name in packs::names() {
            assert_eq!(check(&packs::files(name).unwrap()), [], "{name}");
        }
    }

    /// A file is put in place of one of the pack, or beside it; or a text in it is replaced.
    enum Seed {
        File(&'static str, &'static str),
        Edit(&'static str, &'static str, &'static str),
        Gone(&'static str),
    }
    use Seed::{Edit, File, Gone};

    /// That each seed is found, with a line that holds the text.
    fn assert_found(seeds: &[(Seed, &str)]) {
        for (seed, expected) in seeds {
            let mut files = packs::files("purchased-seats").unwrap();
            match *seed {
                File(file, text) => {
                    files.insert(file.to_owned(), text.to_owned());
                }
                Edit(file, from, to) => {
                    let text = files.get_mut(file).unwrap();
                    assert!(text.contains(from), "{file} has no {from}");
                    *text = text.replace(from, to);
                }
                Gone(file) => {
                    files.remove(file);
                }
            }
            let found: Vec<_> = check(&files).iter().map(ToString::to_string).collect();
            assert!(
                found.iter().any(|finding| finding.contains(expected)),
                "expected {expected}\nfound {}",
                found.join("\n")
            );
            assert!(found.iter().all(|finding| !finding.contains('\n')), "{found:?}");
        }
    }

    #[test]
    fn faults_of_the_data_are_found() {
        assert_found(&[
            (Gone("product.toml"), "product.toml: is missing"),
            (Gone("app.cedarschema"), "app.cedarschema: is missing"),
            (Edit("product.toml", "rank = 50", "rank = \"high\""), "product.toml:22: invalid type"),
            (Edit("product.toml", "joiner = \"member\"", "joiner = \"guest\""), "`guest`, which is no role"),
            (Edit("product.toml", "\"analytics\"", "\"analysis\""), "product.toml:45: tier `pro` or one of"),
            (
                Edit("app.cedarschema", "resource: [Workspace]", "resource: [Seat]"),
                "must apply to principal [Member]",
            ),
            (Edit("app.cedarschema", "context: Ctx", "context: {}"), "must have the context Ctx"),
            (Edit("app.cedarschema", "useProduct", "listSeats"), "app.cedarschema: "),
            (Edit("app.cedarschema", "entity Feature", "entity Featur"), "app.cedarschema: "),
            (Edit("app.cedarschema", "entity SeatTier", "entity"), "app.cedarschema:4: "),
        ]);
    }

    #[test]
    fn faults_of_form_are_found() {
        assert_found(&[
            (File("x.cedar", "\npermit (principal, action, resource"), "x.cedar:2: "),
            (
                File("x.cedar", "@id(\"x\") permit (principal == ?principal, action, resource);"),
                "x.cedar:1: expected a static policy, got a template",
            ),
            (
                File("x.cedar", "@id(\"roles.owner\")\npermit (principal is Visitor, action, resource);"),
                "x.cedar:1: the id `roles.owner` is taken by roles.cedar:",
            ),
            (
                File("x.cedar", "@id(\"core.no-escalation\") permit (principal, action, resource);"),
                "the id `core.no-escalation` is taken by guardrails.cedar:",
            ),
            (File("x.cedar", "permit (principal is Visitor, action, resource);"), "x.cedar:1: needs an `@id"),
            (
                File("x.cedar", "@id(\"x\")\nforbid (principal is Visitor, action, resource);"),
                "x.cedar:1: a forbid needs a `@reason",
            ),
            (
                File(
                    "x.cedar",
                    "@id(\"x\") @reason(\"No way!\") forbid (principal is Visitor, action, resource);",
                ),
                "x.cedar:1: a reason is a code",
            ),
            (
                File("x.cedar", "@id(\"x\") @reasn(\"y\") permit (principal is Visitor, action, resource);"),
                "x.cedar:1: the annotation `@reasn` means nothing",
            ),
            (
                Edit("roles.cedar", "Role::\"admin\"", "Role::\"admn\""),
                "roles.cedar:15: product.toml has no role `admn`",
            ),
            (
                File("x.cedar", "@id(\"x\") permit (principal == User::\"u\", action, resource);"),
                "x.cedar:1: names `User::\"u\"`",
            ),
        ]);
    }

    #[test]
    fn k32_faults_of_what_policies_do_are_found() {
        assert_found(&[
            (Edit("roles.cedar", "Action::\"seats.buy\"", "Action::\"seats.bye\""), "unrecognized action"),
            (Edit("seats.cedar", "principal has seat &&", ""), "seats.cedar:25: "),
            (
                File(
                    "x.cedar",
                    "@id(\"x\")\npermit (principal is Visitor, action == Action::\"buySeats\", resource);",
                ),
                "x.cedar:",
            ),
            (
                File(
                    "x.cedar",
                    "@id(\"x\") @reason(\"y\")\nforbid (principal is Member, action, resource)\n\
                     when { principal.role.rank * 9223372036854775807 > 0 };",
                ),
                "x.cedar:1: integer overflow",
            ),
            (
                File("x.cedar", "@id(\"x\") @reason(\"y\") forbid (principal, action, resource);"),
                "product.toml:11: the recovery floor keeps `getWorkspace` for `owner`",
            ),
            (
                Edit("roles.cedar", "     Action::\"seats.buy\",\n", ""),
                "`owner` governs: the pack must permit it `buySeats`",
            ),
        ]);
    }

    #[test]
    fn faults_of_cases_are_found() {
        assert_found(&[
            (
                Edit("cases/seats.toml", "then = \"allow\"", "then = \"deny\""),
                "cases/seats.toml:3: `S2 S11 S13 an owner buys, cancels and reactivates`: owner buySeats: \
                 expected deny, got allow",
            ),
            (Edit("cases/seats.toml", "\"listSeats\"", "\"listSeat\""), "there is no action `listSeat`"),
            (
                Edit("cases/seats.toml", "on = \"self\"", "on = \"boss\""),
                "cannot be asked of `owner` like this",
            ),
            (Edit("cases/seats.toml", "when", "whenn"), "cases/seats.toml:"),
            (File("roles.ceder", ""), "roles.ceder: is no file of a pack"),
        ]);
    }

    #[test]
    fn a_pack_needs_cases() {
        let mut files = packs::files("purchased-seats").unwrap();
        files.retain(|path, _| !path.starts_with("cases"));
        assert_eq!(check(&files).len(), 1);
    }

    #[test]
    fn a_pack_fits_into_one_item() {
        let mut files = packs::files("purchased-seats").unwrap();
        files.insert("long.cedar".to_owned(), "// long\n".repeat(MAX_BYTES / 8));
        assert!(check(&files)[0].message.contains("bytes; at most"));
    }
}
