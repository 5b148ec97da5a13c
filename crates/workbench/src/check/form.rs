//! The form of policies: ids, annotations and the names in them.

use std::collections::BTreeSet;

use cedar_policy::EntityUid;
use seatwise_policy::{Bundle, Origin, PACK_FILE, Source};

use super::vocabulary::{features, tiers};
use crate::finding::Finding;
use crate::suggestion::suggestion;

/// The annotations with a meaning; any other is a mistake.
const ANNOTATIONS: [&str; 4] = ["id", "reason", "doc", "appoints"];

/// The entity types whose ids a policy may name; the ids of all others belong to tenants.
const NAMEABLE: [&str; 5] = ["Role", "Action", "SeatTier", "Feature", "Service"];

/// Findings about ids and annotations.
pub(super) fn findings(source: &Source) -> Vec<Finding> {
    let annotation = |name| source.policy.annotation(name).filter(|value| !value.is_empty());
    let at = |name: &str, message: &str| {
        let text = source.text();
        let place = text.find(&format!("@{name}")).map(|start| start..start + 1 + name.len());
        match place {
            Some(place) => Finding::within_policy(source, &place, message),
            None => Finding::of_policy(source, message),
        }
    };
    let mut findings: Vec<_> = source
        .policy
        .annotations()
        .filter(|(name, _)| !ANNOTATIONS.contains(name))
        .filter(|_| source.origin != Origin::Floor || !source.is_beyond_packs())
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
        None if !source.permits() => {
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

/// Findings about names. A mistyped name passes Cedar's validation, or is declared and nobody has it: the
/// policy would silently never match.
pub(super) fn literals(bundle: &Bundle, source: &Source) -> Vec<Finding> {
    if source.origin != Origin::Pack {
        return Vec::new();
    }
    let literals: BTreeSet<EntityUid> = source.policy.entity_literals().into_iter().collect();
    let misnamed = literals.iter().flat_map(|literal| misnamed(bundle, source, literal));
    misnamed.chain(misappointed(bundle, source)).collect()
}

/// Findings about the roles that `@appoints` names.
fn misappointed(bundle: &Bundle, source: &Source) -> Vec<Finding> {
    let roles = || bundle.pack().roles.iter().map(|role| role.name.as_str());
    let unknown = source.appoints().map(|role| (role, unknown(role, roles())));
    let unknown = unknown.filter(|(_, help)| !help.is_empty());
    let finding = |(role, help): (&str, String)| {
        let message = format!("{PACK_FILE} has no role `{role}`");
        let place = source.text().find("@appoints").map(|start| start..start + "@appoints".len());
        let found = match place {
            Some(place) => Finding::within_policy(source, &place, &message),
            None => Finding::of_policy(source, &message),
        };
        found.help(&help)
    };
    unknown.map(finding).collect()
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
            let roles = pack.roles.iter().map(|role| role.name.as_str());
            (format!("{PACK_FILE} has no role `{id}`"), unknown(id, roles))
        }
        "Service" => {
            let services = pack.services.iter().map(|service| service.id.as_str());
            (format!("{PACK_FILE} has no service `{id}`"), unknown(id, services))
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
    let found = places.into_iter().map(|place| Finding::within_policy(source, &place, &message).help(&help));
    let found: Vec<_> = found.collect();
    // The name may be written with spaces or escapes.
    if found.is_empty() { vec![Finding::of_policy(source, &message).help(&help)] } else { found }
}

/// Advice about a name that is not among these; empty, if it is.
fn unknown<'n>(name: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> String {
    if known.clone().into_iter().any(|known| known == name) {
        return String::new();
    }
    let mut known: Vec<&str> = known.into_iter().collect();
    known.dedup();
    suggestion(name, known)
}

/// The spans of an entity's name, except where it is only the end of another type's name.
fn words_in_code<'t>(text: &'t str, literal: &'t str) -> impl Iterator<Item = std::ops::Range<usize>> + 't {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    text.match_indices(literal)
        .map(|(start, _)| start..start + literal.len())
        .filter(move |place| !text[..place.start].ends_with(is_part))
}
