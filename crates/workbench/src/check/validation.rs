//! Cedar's strict validation.

use std::collections::BTreeSet;

use cedar_policy::ffi::DetailedError;
use cedar_policy::{PolicyId, PolicySet, ValidationError, ValidationMode, ValidationWarning, Validator};
use seatwise_policy::{Bundle, Core, Files, Origin, PACK_FILE};

use super::attributes::AttributeTypes;
use crate::finding::Finding;

/// The most references that a policy may follow: `resource.requester.role.rank` is the longest path, and no
/// operation loads entities beyond it.
const LEVEL: u32 = 3;

/// Whether another release can read a pack as it is meant: it has the settings, and the words of the policies. To
/// parse these is not enough: a policy with a name that the release's schema lacks would err there, and its whole set
/// would allow nothing.
pub fn is_readable(core: &Core, files: &Files) -> bool {
    if !core.has_settings_of(files) {
        return false;
    }
    let Ok(bundle) = Bundle::compile_under(core, files) else { return false };
    let own = bundle.sources().iter().filter(|source| source.origin == Origin::Pack);
    let Ok(policies) = PolicySet::from_policies(own.map(|source| source.policy.clone())) else {
        return false;
    };
    let validator = Validator::new(bundle.schema().clone());
    validator.validate_with_level(&policies, ValidationMode::Strict, LEVEL).validation_passed()
}

/// Errors and warnings of the validator.
pub(super) fn findings(bundle: &Bundle, types: &AttributeTypes) -> Vec<Finding> {
    let policies = bundle.sources().iter().map(|source| source.policy.clone());
    let policies = match PolicySet::from_policies(policies) {
        Ok(policies) => policies,
        Err(error) => return vec![Finding::of_file(PACK_FILE, &error.to_string())],
    };
    let validator = Validator::new(bundle.schema().clone());
    let result = validator.validate_with_level(&policies, ValidationMode::Strict, LEVEL);
    // A policy with an unknown name applies to nothing, which need not be said as well.
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
    let finding = |(id, error, help): (&PolicyId, DetailedError, &str)| {
        let source = bundle.source(id)?;
        let message = error.message.clone();
        let found = Finding::of_cedar(source, error, help);
        let is_of_attribute = help == UNKNOWN_ATTRIBUTE;
        let listed = is_of_attribute.then(|| types.known_instead(bundle, source, &message)).flatten();
        Some(match listed {
            Some(listed) => found.help(&listed),
            None => found,
        })
    };
    let mut findings: Vec<_> = errors.chain(warnings).filter_map(finding).collect();
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

/// Advice about an attribute that is not there, where the attributes that are there are not known.
const UNKNOWN_ATTRIBUTE: &str = "“Entities and attributes” in policies/REFERENCE.md has the attributes of each type; narrow with `is` where only one type has it";

/// Advice about an error.
fn advice(error: &ValidationError) -> &'static str {
    match error {
        ValidationError::UnrecognizedEntityType(_) | ValidationError::UnrecognizedActionId(_) => {
            "“Action groups” and “Entities and attributes” in policies/REFERENCE.md have all names; the product's own are in app.cedarschema"
        }
        ValidationError::InvalidActionApplication(_) => {
            "no such caller does that to such a thing: compare with `appliesTo` in the action's declaration"
        }
        ValidationError::UnsafeAttributeAccess(_) => UNKNOWN_ATTRIBUTE,
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

/// Advice about a warning.
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
