//! What must hold before a pack is published.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cedar_policy::{
    EntityUid, PolicyId, PolicySet, ValidationError, ValidationMode, ValidationWarning, Validator,
};
use seatwise_domain::Pack;
use seatwise_domain::pack::{Channel, LeaveBy, SeatModel};

use tracing::subscriber::NoSubscriber;

use crate::Files;
use crate::bundle::{Bundle, PACK_FILE, Side, permits, span_of_key};
use crate::cases;
use crate::core::Core;
use crate::finding::{Finding, nearest, suggestion, words};
use crate::source::{Origin, Source, is_policy_file};
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

/// What a check looked at, and what it found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Everything that stands against publishing the pack; nothing, if it is sound.
    pub findings: Vec<Finding>,
    /// How many policies of the pack were looked at.
    pub policies: usize,
    /// How many roles.
    pub roles: usize,
    /// How many cases.
    pub cases: usize,
}

/// Everything that stands against publishing a pack; nothing, if it is sound.
///
/// It does not parse or contradicts itself; a policy fails strict validation, names an unknown
/// role or somebody's id; a case fails; a policy errs on an example; a role may do nothing; the pack
/// takes from a governing role what the floor or the running of a workspace needs (K30, K32).
pub fn check(files: &Files) -> Vec<Finding> {
    report(files).findings
}

/// As [`check`], and what was looked at.
pub fn report(files: &Files) -> Report {
    // Policies are tried with what is missing as well: what they say of that is no news for a log.
    tracing::subscriber::with_default(NoSubscriber::default(), || quiet_report(files))
}

fn quiet_report(files: &Files) -> Report {
    let mut findings = strange_files(files);
    let bundle = match Bundle::compile_all(files) {
        Ok(bundle) => bundle,
        Err(faults) => {
            findings.extend(faults);
            return Report { findings, ..Report::default() };
        }
    };
    findings.extend(vocabulary(&bundle, files));
    for source in bundle.sources() {
        findings.extend(form(source));
        findings.extend(literals(&bundle, source));
    }
    for finding in validation(&bundle) {
        // A name that nothing has was found above, in better words.
        if !findings.iter().any(|known| is_same_place(known, &finding)) {
            findings.push(finding);
        }
    }
    let policies = bundle.sources().iter().filter(|source| source.origin == Origin::Pack).count();
    let mut report = Report { findings, policies, roles: bundle.pack().roles.len(), cases: 0 };
    // What follows would only say the same in other words.
    if !report.findings.is_empty() {
        return report;
    }
    let probes = stage::probes(&bundle);
    report.findings = erring(&bundle, &probes);
    if report.findings.is_empty() {
        let cases = cases::run(&bundle, files);
        report.cases = cases.count;
        report.findings = cases.findings;
        report.findings.extend(behaviour(&bundle, files, &probes));
    }
    report
}

fn is_same_place(one: &Finding, other: &Finding) -> bool {
    let starts = |it: &Finding| it.span.as_ref().map(|span| span.start);
    one.file == other.file && starts(one).is_some() && starts(one) == starts(other)
}

fn strange_files(files: &Files) -> Vec<Finding> {
    let strange = files.keys().filter(|path| !is_pack_file(path));
    let mut findings: Vec<_> = strange.map(|path| strange_file(path)).collect();
    let bytes = crate::size(files);
    if bytes > MAX_BYTES {
        let message = format!("the pack has {bytes} bytes; at most {MAX_BYTES} can be published");
        findings
            .push(Finding::new(PACK_FILE, &message).help("shorten comments and `@doc`, or merge policies"));
    }
    findings
}

fn strange_file(path: &str) -> Finding {
    let (stem, ending) = path.rsplit_once('.').unwrap_or((path, ""));
    let near = nearest(path, [PACK_FILE, APP_FILE]).map(ToOwned::to_owned);
    let near = near.or_else(|| nearest(ending, ["cedar"]).map(|ending| format!("{stem}.{ending}")));
    let help = near.map_or_else(
        || {
            format!("a pack is `{PACK_FILE}`, `{APP_FILE}`, `*.cedar` and `cases/*.toml`: move it elsewhere, or hide it with a dot")
        },
        |near| format!("did you mean `{near}`?"),
    );
    Finding::new(path, "this is no file of a pack").help(&help)
}

/// That product.toml and the schema speak of the same things.
fn vocabulary(bundle: &Bundle, files: &Files) -> Vec<Finding> {
    let app = files.get(APP_FILE).map_or("", String::as_str);
    let unusable = bundle.vocabulary().unusable.iter();
    let mut findings: Vec<_> = unusable
        .map(|(action, why)| {
            let finding = Finding::new(APP_FILE, &format!("action `{action}` {why}"));
            finding.at_some(app, words(app, action).next()).help(
                "as in `action x appliesTo { principal: [Member], resource: [Workspace], context: Ctx };`",
            )
        })
        .collect();
    for (index, tier) in bundle.pack().seats.tiers.iter().enumerate() {
        let role = bundle.pack().roles_given.creator.clone();
        let caller = Caller { role, seat: SeatState::Live(tier.id.clone()), creator: false };
        if stage::set(bundle, Place::Active, None, Some(&caller)).is_none() {
            let message = format!(
                "tier `{}` or one of its features is not declared in {APP_FILE} as SeatTier and Feature",
                tier.id
            );
            let key = ["seats", "tier", &index.to_string(), "id"];
            findings.push(about(files, &key, &message).help(&undeclared(bundle)));
        }
    }
    for (index, plan) in bundle.pack().plans.iter().enumerate() {
        if stage::set(bundle, Place::Active, Some(&plan.id), None).is_none() {
            let message = format!("a feature of plan `{}` is not declared in {APP_FILE} as Feature", plan.id);
            let key = ["plan", &index.to_string(), "id"];
            findings.push(about(files, &key, &message).help(&undeclared(bundle)));
        }
    }
    findings
}

/// What the schema would have to declare.
fn undeclared(bundle: &Bundle) -> String {
    let list =
        |names: BTreeSet<&str>| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let tiers = list(tiers(bundle.pack()).collect());
    let features = list(features(bundle.pack()).collect());
    format!("`entity SeatTier enum [{tiers}];` and `entity Feature enum [{features}];` declare what is there")
}

fn tiers(pack: &Pack) -> impl Iterator<Item = &str> + Clone {
    pack.seats.tiers.iter().map(|tier| tier.id.as_str())
}

fn features(pack: &Pack) -> impl Iterator<Item = &str> + Clone {
    let of_tiers = pack.seats.tiers.iter().flat_map(|tier| &tier.features);
    of_tiers.chain(pack.plans.iter().flat_map(|plan| &plan.features)).map(String::as_str)
}

/// About a key of product.toml.
fn about(files: &Files, key: &[&str], message: &str) -> Finding {
    let text = files.get(PACK_FILE).map_or("", String::as_str);
    Finding::new(PACK_FILE, message).at_some(text, span_of_key(text, key))
}

/// Ids and annotations.
fn form(source: &Source) -> Vec<Finding> {
    let annotation = |name| source.policy.annotation(name).filter(|value| !value.is_empty());
    let at = |name: &str, message: &str| {
        let text = source.text();
        let place = text.find(&format!("@{name}")).map(|start| start..start + 1 + name.len());
        match place {
            Some(place) => source.finding_at(place, message),
            None => source.finding(message),
        }
    };
    let mut findings: Vec<_> = source
        .policy
        .annotations()
        .filter(|(name, _)| !ANNOTATIONS.contains(name))
        .map(|(name, _)| {
            at(name, &format!("the annotation `@{name}` means nothing here"))
                .help(&suggestion(name, ANNOTATIONS))
        })
        .collect();
    if annotation("id").is_none() {
        let help = "begin it with one that no other has: `@id(\"roles.editor\")`";
        findings.push(at("id", "needs an `@id(\"…\")`").help(help));
    }
    match annotation("reason") {
        None if !permits(source) => {
            let help = "add one before `forbid`: `@reason(\"seat_required\")`";
            findings.push(at("reason", "a forbid needs a `@reason(\"…\")` for clients to show").help(help));
        }
        Some(reason) if !is_code(reason) => {
            let code = reason.to_lowercase().replace(|c: char| !c.is_ascii_lowercase(), " ");
            let code = code.split_whitespace().collect::<Vec<_>>().join("_");
            let finding = at("reason", "a reason is a code: lower-case letters and underscores");
            findings.push(finding.help(&format!("such as `@reason(\"{code}\")`")));
        }
        _ => {}
    }
    findings
}

fn is_code(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// A mistyped name passes Cedar's validation, or is declared and nobody has it: it would silently never
/// match.
fn literals(bundle: &Bundle, source: &Source) -> Vec<Finding> {
    if source.origin != Origin::Pack {
        return Vec::new();
    }
    let literals: BTreeSet<EntityUid> = source.policy.entity_literals().into_iter().collect();
    literals.iter().flat_map(|literal| misnamed(bundle, source, literal)).collect()
}

fn misnamed(bundle: &Bundle, source: &Source, literal: &EntityUid) -> Vec<Finding> {
    let pack = bundle.pack();
    let kind = literal.type_name().to_string();
    let id = literal.id().unescaped();
    let (message, help) = match kind.as_str() {
        _ if !NAMEABLE.contains(&kind.as_str()) => (
            format!("names `{literal}`: a policy is about all, not about one"),
            "say what is true of them: a role, `principal.user == resource.user`, an attribute".to_owned(),
        ),
        "Role" => {
            let roles = pack.roles.iter().map(|role| role.id.as_str());
            (format!("{PACK_FILE} has no role `{id}`"), unknown(id, roles))
        }
        "SeatTier" => (format!("{PACK_FILE} has no tier `{id}`"), unknown(id, tiers(pack))),
        "Feature" => {
            (format!("no tier or plan of {PACK_FILE} has the feature `{id}`"), unknown(id, features(pack)))
        }
        _ => return Vec::new(),
    };
    if help.is_empty() {
        return Vec::new();
    }
    let written = literal.to_string();
    let places: Vec<_> = words_in_code(source.text(), &written).collect();
    let found = places.into_iter().map(|place| source.finding_at(place, &message).help(&help));
    let found: Vec<_> = found.collect();
    // It may be written with spaces, or escapes.
    if found.is_empty() { vec![source.finding(&message).help(&help)] } else { found }
}

/// What to do about a name that is not among these; nothing, if it is.
fn unknown<'n>(name: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> String {
    if known.clone().into_iter().any(|known| known == name) {
        return String::new();
    }
    let mut known: Vec<&str> = known.into_iter().collect();
    known.dedup();
    suggestion(name, known)
}

/// Where an entity is named; not where its type only ends like that.
fn words_in_code<'t>(text: &'t str, literal: &'t str) -> impl Iterator<Item = std::ops::Range<usize>> + 't {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    text.match_indices(literal)
        .map(|(start, _)| start..start + literal.len())
        .filter(move |place| !text[..place.start].ends_with(is_part))
}

/// Whether another release can read a pack as it is meant: not only parse it, for a policy that names what
/// its schema has not would err there, and take everything with it.
pub fn is_readable(core: &Core, files: &Files) -> bool {
    let Ok(bundle) = Bundle::compile_under(core, files) else { return false };
    let own = bundle.sources().iter().filter(|source| source.origin == Origin::Pack);
    let Ok(policies) = PolicySet::from_policies(own.map(|source| source.policy.clone())) else {
        return false;
    };
    let validator = Validator::new(bundle.vocabulary().schema.clone());
    validator.validate_with_level(&policies, ValidationMode::Strict, LEVEL).validation_passed()
}

/// Whether a file of this name can be part of a pack. No other is written or read, whatever a version says
/// that it has.
pub fn is_pack_file(path: &str) -> bool {
    let is_plain =
        path.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && !part.contains('\\'));
    let is_known = [PACK_FILE, APP_FILE].contains(&path) || is_policy_file(path) || cases::is_file(path);
    is_plain && is_known && !Path::new(path).is_absolute()
}

fn validation(bundle: &Bundle) -> Vec<Finding> {
    let policies = bundle.sources().iter().map(|source| source.policy.clone());
    let policies = match PolicySet::from_policies(policies) {
        Ok(policies) => policies,
        Err(error) => return vec![Finding::new(PACK_FILE, &error.to_string())],
    };
    let validator = Validator::new(bundle.vocabulary().schema.clone());
    let result = validator.validate_with_level(&policies, ValidationMode::Strict, LEVEL);
    // With a name that there is not, a policy applies to nothing: that is no news.
    let misnaming = result.validation_errors().filter(|error| names_nothing(error));
    let misnaming: BTreeSet<_> = misnaming.map(ValidationError::policy_id).collect();
    let is_news = |id: &PolicyId, is_idle| !(is_idle && misnaming.contains(id));
    let errors = result
        .validation_errors()
        .filter(|error| {
            is_news(error.policy_id(), matches!(error, ValidationError::InvalidActionApplication(_)))
        })
        .map(|error| (error.policy_id(), error.into(), advice(error)));
    let warnings = result
        .validation_warnings()
        .filter(|warning| is_news(warning.policy_id(), is_idle(warning)))
        .map(|warning| (warning.policy_id(), warning.into(), caution(warning)));
    let mut findings: Vec<_> = errors
        .chain(warnings)
        .filter_map(|(id, error, help)| Some(bundle.source(id)?.of_cedar(error, help)))
        .collect();
    findings.sort();
    findings
}

fn is_idle(warning: &ValidationWarning) -> bool {
    use ValidationWarning::{ImpossiblePolicy, InvalidActionApplication};
    matches!(warning, ImpossiblePolicy(_) | InvalidActionApplication(_))
}

fn names_nothing(error: &ValidationError) -> bool {
    matches!(error, ValidationError::UnrecognizedActionId(_) | ValidationError::UnrecognizedEntityType(_))
}

/// What to do about what Cedar refuses.
fn advice(error: &ValidationError) -> &'static str {
    match error {
        ValidationError::UnrecognizedEntityType(_) | ValidationError::UnrecognizedActionId(_) => {
            "“Action groups” and “Entities and attributes” in policies/REFERENCE.md have all names; the product's own are in app.cedarschema"
        }
        ValidationError::InvalidActionApplication(_) => {
            "no such caller does that to such a thing: compare with `appliesTo` in the action's declaration"
        }
        ValidationError::UnsafeAttributeAccess(_) => {
            "“Entities and attributes” in policies/REFERENCE.md has the attributes of each type; narrow with `is` where only one type has it"
        }
        ValidationError::UnsafeOptionalAttributeAccess(_) => {
            "it may be missing: ask for it first, as in `principal has seat && principal.seat.live`"
        }
        ValidationError::EntityDerefLevelViolation(_) => {
            "only what a request loads can be looked at: three references, as in `resource.requester.role.rank`"
        }
        ValidationError::HierarchyNotRespected(_) => {
            "nothing is ever `in` that: members are in their workspace and role, actions in their groups"
        }
        ValidationError::InvalidEnumEntity(_) => "declare it in app.cedarschema, or use a name that is there",
        _ => "“Entities and attributes” in policies/REFERENCE.md has the types of what can be compared",
    }
}

/// What to do about what Cedar warns of.
fn caution(warning: &ValidationWarning) -> &'static str {
    match warning {
        ValidationWarning::ImpossiblePolicy(_) => {
            "it never applies: its scope or conditions exclude each other; mend or remove it"
        }
        ValidationWarning::InvalidActionApplication(_) => {
            "no such caller does that to such a thing: compare with `appliesTo` in the action's declaration"
        }
        _ => "write it with plain letters of one script, so that readers see what is compared",
    }
}

/// Policies that err on an example.
fn erring(bundle: &Bundle, probes: &[Probe<'_>]) -> Vec<Finding> {
    let help = "what errs denies all that its set decides: make it hold for every member";
    // A foreign workspace is not loaded, so policies that look at it err, which denies.
    let loaded = probes.iter().filter(|probe| probe.place != Place::Foreign);
    let errors = loaded.flat_map(|probe| &probe.verdict.bundle.errors);
    // Once each: with other numbers it is the same error.
    let errors: BTreeMap<_, _> = errors.map(|(id, error)| (id.to_string(), (id, error))).collect();
    let of_policies = errors.into_values();
    of_policies.filter_map(|(id, error)| Some(bundle.source(id)?.finding(error).help(help))).collect()
}

/// What the policies do on every example.
fn behaviour(bundle: &Bundle, files: &Files, probes: &[Probe<'_>]) -> Vec<Finding> {
    let mut findings = BTreeSet::new();
    for probe in probes {
        let Probe { info, caller, verdict, .. } = probe;
        if verdict.floor.allows && !verdict.bundle.allows {
            let message =
                format!("the recovery floor keeps `{}` for `{caller}`: the pack must permit it", info.name);
            let help = remedy(bundle, &info.name, caller, &[&verdict.bundle]);
            findings.insert(about_caller(bundle, files, caller, &message).help(&help));
        }
    }
    for (role, action) in ungoverned(bundle, probes) {
        let message = format!("`{role}` governs: the pack must permit it `{action}`");
        let sides: Vec<_> = asked(probes, role, action).map(|probe| &probe.verdict.bundle).collect();
        let help = remedy(bundle, action, role, &sides);
        findings.insert(about_caller(bundle, files, role, &message).help(&help));
    }
    for role in &bundle.pack().roles {
        let of_role = |probe: &&Probe<'_>| probe.caller == role.id.as_str();
        if !probes.iter().filter(of_role).any(|probe| probe.verdict.bundle.allows) {
            let message = format!("role `{}` may do nothing: no policy permits it anything", role.id);
            let help = format!("permit it something with `principal in Role::\"{}\"`, or drop it", role.id);
            findings.insert(about_caller(bundle, files, role.id.as_str(), &message).help(&help));
        }
    }
    findings.into_iter().collect()
}

/// About a role of product.toml; about the file, if the caller has none.
fn about_caller(bundle: &Bundle, files: &Files, caller: &str, message: &str) -> Finding {
    match bundle.pack().roles.iter().position(|role| role.id.as_str() == caller) {
        Some(index) => about(files, &["role", &index.to_string(), "id"], message),
        None => Finding::new(PACK_FILE, message),
    }
}

/// What a caller is asked about an action in a workspace in use.
fn asked<'p>(probes: &'p [Probe<'p>], caller: &str, action: &str) -> impl Iterator<Item = &'p Probe<'p>> {
    probes.iter().filter(move |it| it.caller == caller && it.info.name == action && it.place == Place::Active)
}

/// How to permit what is denied: mend the rule of the pack that forbids it, or permit it.
fn remedy(bundle: &Bundle, action: &str, caller: &str, sides: &[&Side]) -> String {
    // Some forbid it only here and there; to blame is who does so most often.
    let mut blamed: BTreeMap<usize, usize> = BTreeMap::new();
    for place in sides.iter().flat_map(|side| &side.deciding) {
        *blamed.entry(*place).or_default() += 1;
    }
    let mut rules: Vec<(usize, &Source)> =
        blamed.iter().filter_map(|(place, often)| Some((*often, bundle.sources().get(*place)?))).collect();
    rules.retain(|(_, rule)| rule.origin == Origin::Pack);
    if let Some((_, rule)) = rules.into_iter().max_by_key(|(often, _)| *often) {
        return format!("{} forbids it: except `{caller}` there", rule.name());
    }
    let groups = bundle.vocabulary().groups(action);
    let groups = groups.iter().map(|group| format!("`Action::\"{group}\"`")).collect::<Vec<_>>().join(", ");
    let among = if groups.is_empty() { String::new() } else { format!(", which is in {groups}") };
    format!("permit `Action::\"{action}\"`{among}")
}

/// Governing roles, and what they need and may not do in any situation.
fn ungoverned<'b>(bundle: &'b Bundle, probes: &[Probe<'_>]) -> Vec<(&'b str, &'static str)> {
    let pack = bundle.pack();
    let needed = needed(pack);
    let may = |role: &str, action: &str| asked(probes, role, action).any(|probe| probe.verdict.bundle.allows);
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
            for finding in check(&files) {
                assert!(finding.help.as_ref().is_some_and(|help| !help.is_empty()), "{finding}");
                // What is missing has no place; nor have people who hold no role.
                let has_none =
                    ["is missing", "is no file", "for `user`", "for `unverified user`", "needs cases"];
                let has_none = has_none.iter().any(|what| finding.message.contains(what));
                assert!(finding.line().is_some() || has_none, "{finding}");
                assert!(finding.line().is_none() || finding.text(&files).is_some(), "{finding}");
            }
        }
    }

    #[test]
    fn faults_of_the_data_are_found() {
        assert_found(&[
            (Gone("product.toml"), "product.toml: this file is missing"),
            (Gone("app.cedarschema"), "app.cedarschema: this file is missing"),
            (Edit("product.toml", "rank = 50", "rank = \"high\""), "product.toml:22:8: invalid type"),
            (Edit("product.toml", "joiner = \"member\"", "joiner = \"guest\""), "`guest`, which is no role"),
            (
                Edit("product.toml", "\"analytics\"", "\"analysis\""),
                "product.toml:45:1: tier `pro` or one of",
            ),
            (
                Edit("app.cedarschema", "resource: [Workspace]", "resource: [Seat]"),
                "must apply to principal [Member]",
            ),
            (Edit("app.cedarschema", "context: Ctx", "context: {}"), "must have the context Ctx"),
            (Edit("app.cedarschema", "useProduct", "listSeats"), "app.cedarschema:9:8: duplicate action"),
            (
                Edit("app.cedarschema", "entity Feature", "entity Featur"),
                "app.cedarschema:5:8: failed to resolve",
            ),
            (Edit("app.cedarschema", "entity SeatTier", "entity"), "app.cedarschema:4:"),
        ]);
    }

    #[test]
    fn faults_of_form_are_found() {
        assert_found(&[
            (File("x.cedar", "\npermit (principal, action, resource"), "x.cedar:2:36: "),
            (
                File("x.cedar", "@id(\"x\") permit (principal == ?principal, action, resource);"),
                "x.cedar:1:31: expected a static policy, got a template",
            ),
            (
                File("x.cedar", "@id(\"roles.owner\")\npermit (principal is Visitor, action, resource);"),
                "x.cedar:1:1: the id `roles.owner` is taken by roles.cedar:",
            ),
            (
                File("x.cedar", "@id(\"core.no-escalation\") permit (principal, action, resource);"),
                "the id `core.no-escalation` is taken by guardrails.cedar:",
            ),
            (
                File("x.cedar", "permit (principal is Visitor, action, resource);"),
                "x.cedar:1:1: needs an `@id",
            ),
            (
                File("x.cedar", "@id(\"x\")\nforbid (principal is Visitor, action, resource);"),
                "x.cedar:1:1: a forbid needs a `@reason",
            ),
            (
                File(
                    "x.cedar",
                    "@id(\"x\") @reason(\"No way!\") forbid (principal is Visitor, action, resource);",
                ),
                "x.cedar:1:10: a reason is a code",
            ),
            (
                File("x.cedar", "@id(\"x\") @reasn(\"y\") permit (principal is Visitor, action, resource);"),
                "x.cedar:1:10: the annotation `@reasn` means nothing",
            ),
            (
                Edit("roles.cedar", "Role::\"admin\"", "Role::\"admn\""),
                "roles.cedar:18:16: product.toml has no role `admn`",
            ),
            (
                File("x.cedar", "@id(\"x\") permit (principal == User::\"u\", action, resource);"),
                "x.cedar:1:31: names `User::\"u\"`",
            ),
        ]);
    }

    #[test]
    fn k32_faults_of_what_policies_do_are_found() {
        assert_found(&[
            (Edit("roles.cedar", "Action::\"seats.buy\"", "Action::\"seats.bye\""), "unrecognized action"),
            (Edit("seats.cedar", "principal has seat &&", ""), "seats.cedar:25:"),
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
                "x.cedar:1:1: integer overflow",
            ),
            (
                File("x.cedar", "@id(\"x\") @reason(\"y\") forbid (principal, action, resource);"),
                "product.toml:11:1: the recovery floor keeps `getWorkspace` for `owner`",
            ),
            (
                Edit("roles.cedar", "     Action::\"seats.buy\",\n", ""),
                "product.toml:11:1: `owner` governs: the pack must permit it `buySeats`",
            ),
            (
                Edit(
                    "product.toml",
                    "[seats]",
                    "[[role]]\nid = \"guest\"\nlabel = \"Guest\"\nrank = 1\nbadge = \"gray\"\n\n[seats]",
                ),
                "product.toml:35:1: role `guest` may do nothing",
            ),
            (
                File(
                    "x.cedar",
                    "@id(\"x\") @reason(\"y\")\nforbid (principal is Member, action, resource)\n\
                     when { principal has seat && principal.seat.tier == SeatTier::\"gold\" };",
                ),
                "x.cedar:3:53: product.toml has no tier `gold`",
            ),
        ]);
    }

    #[test]
    fn faults_of_cases_are_found() {
        assert_found(&[
            (
                Edit("cases/seats.toml", "then = \"allow\"", "then = \"deny\""),
                "cases/seats.toml:3:1: `S2 S11 S13 an owner buys, cancels and reactivates`: owner buySeats: \
                 expected deny, got allow",
            ),
            (Edit("cases/seats.toml", "\"listSeats\"", "\"listSeat\""), "there is no action `listSeat`"),
            (
                Edit("cases/seats.toml", "then = \"allow\"", "then = \"alow\""),
                "cases/seats.toml:7:8: `S2 S11 S13 an owner buys, cancels and reactivates`: no policy has the \
                 reason `alow`",
            ),
            (
                Edit("cases/seats.toml", "on = \"self\"", "on = \"boss\""),
                "cannot be asked of `owner` like this",
            ),
            (Edit("cases/seats.toml", "when", "whenn"), "cases/seats.toml:"),
            (File("roles.ceder", ""), "roles.ceder: this is no file of a pack"),
        ]);
    }

    #[test]
    fn what_follows_from_a_mistyped_action_is_not_told() {
        let mut files = packs::files("purchased-seats").unwrap();
        let text = files.get_mut("roles.cedar").unwrap();
        *text = text.replace("Action::\"requestLeave\"", "Action::\"requestLeav\"");
        let findings = check(&files);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].help.as_ref().unwrap().contains("requestLeave"), "{findings:?}");
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
