//! The schema, and the actions that it declares.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use cedar_policy::{ActionConstraint, Context, Entities, EntityTypeName, EntityUid, Schema, SchemaFragment};

use crate::Files;
use crate::core::{Core, SCHEMA, SCHEMA_JSON};
use crate::entities::{DROPPED, NO_CONTEXT, NO_TIME, action_uid, any_role_uid, any_tier_uid, context};
use crate::facts::{PrincipalKind, ResourceKind};
use crate::fault::{BundleFault, CedarError, FaultCause, Location};
use crate::offer::Offer;
use crate::source::Source;
use crate::text::{first_line, words};

/// The file of a pack that declares the product's own words.
pub const APP_FILE: &str = "app.cedarschema";

/// Operations ask about the actions in this group beside their own; no operation has their name.
const QUESTION: &str = "question";

/// The annotation of an action that is offered only with an offer of the pack.
const OFFER: &str = "offer";

/// One action that can be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question about the action")]
pub struct ActionInfo {
    /// Its name in policies and requests.
    pub name: String,
    /// The kinds of callers that can be asked about, sorted.
    pub principals: Vec<PrincipalKind>,
    /// The kinds of resources that can be asked about, sorted.
    pub resources: Vec<ResourceKind>,
    /// Whether an HTTP operation has this name. Otherwise the action is a finer question that an
    /// operation asks, or the product's own.
    pub is_operation: bool,
    /// Whether it is the product's own: declared by the pack, not by the core.
    pub is_product: bool,
    /// Whether the request must name the role that would be given.
    pub takes_target_role: bool,
    /// Whether the request may name the tier of the seat that would be given.
    pub takes_target_tier: bool,
    /// The offers of a pack of which one is needed for the action to be offered; empty if none is needed.
    pub offers: Vec<Offer>,
}

/// A core schema.
#[derive(Clone)]
pub(crate) struct CoreSchema {
    fragment: SchemaFragment,
    /// The actions, groups included.
    actions: BTreeMap<String, DeclaredAction>,
}

/// An action that a core schema declares.
#[derive(Clone, Debug, PartialEq, Eq)]
struct DeclaredAction {
    /// The offers that its annotation names.
    offers: Vec<Offer>,
    /// The declaration of its context, in Cedar's JSON.
    context: String,
}

/// The schema of core and pack together.
pub(crate) struct Vocabulary {
    pub(crate) schema: Schema,
    /// Sorted by name.
    pub(crate) actions: Vec<ActionInfo>,
    /// Actions of the pack that cannot be asked about, each with the reason.
    pub(crate) unusable: Vec<(String, &'static str)>,
    /// The actions, with their groups as ancestors.
    hierarchy: Entities,
}

/// The fields that the context of an action takes beside the time.
#[derive(Clone, Copy)]
struct ContextForm {
    takes_target_role: bool,
    takes_target_tier: bool,
}

/// One context of each form, to find out which form an action takes, and what was found. Cedar evaluates the time of a new context, which
/// takes longer than to compare it with the schema.
struct ContextForms<'c> {
    plain: Option<Context>,
    role: Option<Context>,
    tier: Option<Context>,
    role_and_tier: Option<Context>,
    /// The forms that were found, by declaration.
    found: HashMap<&'c str, Option<ContextForm>>,
}

impl<'c> ContextForms<'c> {
    fn new() -> Self {
        let with = |role, tier| context(NO_TIME.clone(), role, tier);
        Self {
            plain: NO_CONTEXT.clone(),
            role: with(Some(any_role_uid()), None),
            tier: with(None, Some(any_tier_uid())),
            role_and_tier: with(Some(any_role_uid()), Some(any_tier_uid())),
            found: HashMap::new(),
        }
    }

    /// The form that an action takes, found once for all actions of the core that declare their context alike. Nothing, if
    /// it takes none of these forms.
    fn form(
        &mut self,
        schema: &Schema,
        uid: &EntityUid,
        declared: Option<&'c DeclaredAction>,
    ) -> Option<ContextForm> {
        let Some(declared) = declared else { return self.find(schema, uid) };
        if let Some(found) = self.found.get(declared.context.as_str()) {
            return *found;
        }
        let found = self.find(schema, uid);
        self.found.insert(&declared.context, found);
        found
    }

    fn find(&self, schema: &Schema, uid: &EntityUid) -> Option<ContextForm> {
        let accepts = |context: &Option<Context>| {
            context.as_ref().is_some_and(|context| context.validate(schema, uid).is_ok())
        };
        let takes_target_role = accepts(&self.role);
        if !takes_target_role && !accepts(&self.plain) {
            return None;
        }
        let takes_target_tier = accepts(if takes_target_role { &self.role_and_tier } else { &self.tier });
        Some(ContextForm { takes_target_role, takes_target_tier })
    }
}

impl CoreSchema {
    fn of(core: &Core) -> Result<Cow<'static, Self>, BundleFault> {
        if core.has_current_schema() {
            return Self::current().map(Cow::Borrowed);
        }
        Self::parse(core.schema()).map(Cow::Owned)
    }

    /// That of this executable, which a process parses once.
    pub(crate) fn current() -> Result<&'static Self, BundleFault> {
        static PARSED: LazyLock<Result<CoreSchema, BundleFault>> = LazyLock::new(|| {
            let json = serde_json::from_str(SCHEMA_JSON).unwrap_or_default();
            let actions = declared_actions(&json);
            match SchemaFragment::from_json_value(json) {
                Ok(fragment) => Ok(CoreSchema { fragment, actions }),
                // A test proves that this does not happen.
                Err(_) => CoreSchema::parse(SCHEMA.text),
            }
        });
        PARSED.as_ref().map_err(Clone::clone)
    }

    fn parse(schema: &str) -> Result<Self, BundleFault> {
        let fragment = fragment(SCHEMA.name, schema)?;
        let json = fragment.clone().to_json_value().unwrap_or_default();
        Ok(Self { actions: declared_actions(&json), fragment })
    }
}

impl Vocabulary {
    pub(crate) fn of(core: &Core, files: &Files) -> Result<Self, Vec<BundleFault>> {
        let Some(app) = files.get(APP_FILE) else {
            return Err(vec![BundleFault::missing(APP_FILE)]);
        };
        // Before the core schema, which another thread may still parse.
        let app_part = fragment(APP_FILE, app);
        let (core, app_part) = match (CoreSchema::of(core), app_part) {
            (Ok(core), Ok(app)) => (core, app),
            (core, app) => return Err([core.err(), app.err()].into_iter().flatten().collect()),
        };
        let fragments = [core.fragment.clone(), with_dropped_tier(app_part)];
        // The core is the same for all packs, so a fault of both together is the pack's.
        let fault = |message: String| vec![fault_of_both(app, &message)];
        let schema = Schema::from_schema_fragments(fragments).map_err(|error| fault(error.to_string()))?;
        let hierarchy = schema.action_entities().map_err(|error| fault(error.to_string()))?;
        let mut vocabulary = Self { schema, actions: Vec::new(), unusable: Vec::new(), hierarchy };

        let mut uids: Vec<EntityUid> = vocabulary.schema.actions().cloned().collect();
        uids.sort_by_cached_key(ToString::to_string);
        let mut samples = ContextForms::new();
        for uid in uids {
            match vocabulary.read(&uid, &core.actions, &mut samples) {
                Ok(info) => vocabulary.actions.extend(info),
                Err(why) => vocabulary.unusable.push((uid.id().unescaped().to_owned(), why)),
            }
        }
        Ok(vocabulary)
    }

    /// Reads an action from the schema. Nothing, if it is a group; an error, if it cannot be asked about.
    /// `core` has the actions of the core.
    fn read<'c>(
        &self,
        uid: &EntityUid,
        core: &'c BTreeMap<String, DeclaredAction>,
        samples: &mut ContextForms<'c>,
    ) -> Result<Option<ActionInfo>, &'static str> {
        let name = uid.id().unescaped();
        if *uid != action_uid(name) {
            return Err("is in a namespace: declare it in the empty one");
        }
        let declared = core.get(name);
        let is_product = declared.is_none();
        let principals = kinds(self.schema.principals_for_action(uid), principal_kind)?;
        let resources = kinds(self.schema.resources_for_action(uid), resource_kind)?;
        if principals.is_empty() && resources.is_empty() {
            return Ok(None);
        }
        if is_product && (principals != [PrincipalKind::Member] || resources != [ResourceKind::Workspace]) {
            return Err("must apply to principal [Member] and resource [Workspace]: nothing else is asked");
        }
        let Some(form) = samples.form(&self.schema, uid, declared) else {
            return Err("must have the context Ctx: nothing else is given");
        };
        let ContextForm { takes_target_role, takes_target_tier } = form;
        let is_operation = !is_product && !self.is_in(uid, &action_uid(QUESTION));
        Ok(Some(ActionInfo {
            name: name.to_owned(),
            principals,
            resources,
            is_operation,
            is_product,
            takes_target_role,
            takes_target_tier,
            offers: declared.map(|declared| declared.offers.clone()).unwrap_or_default(),
        }))
    }

    /// The groups of an action, sorted by name.
    pub(crate) fn groups(&self, name: &str) -> Vec<String> {
        let groups = self.hierarchy.ancestors(&action_uid(name)).into_iter().flatten();
        let mut groups: Vec<_> = groups.map(|group| group.id().unescaped().to_owned()).collect();
        groups.sort();
        groups
    }

    /// Whether the action is the group, or in it.
    pub(crate) fn is_in(&self, action: &EntityUid, group: &EntityUid) -> bool {
        self.hierarchy.is_ancestor_of(group, action)
    }

    /// Whether the scope of the policy includes the action.
    pub(crate) fn is_about(&self, source: &Source, action: &EntityUid) -> bool {
        match source.policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(only) => only == *action,
            ActionConstraint::In(groups) => {
                groups.iter().any(|group| group == action || self.is_in(action, group))
            }
        }
    }
}

fn fragment(file: &str, text: &str) -> Result<SchemaFragment, BundleFault> {
    SchemaFragment::from_cedarschema_str(text).map(|(fragment, _)| fragment).map_err(|error| {
        let location = Location::file(file).in_core(file == SCHEMA.name);
        let cause = |advice| FaultCause::Schema { advice };
        CedarError::new((&error).into(), 0, first_line(text, 0)).into_fault(location, text, cause)
    })
}

/// The schema of a pack with one more tier: that of the seats whose tier the pack dropped (K48). A pack that
/// does not enumerate its tiers has it already.
fn with_dropped_tier(app: SchemaFragment) -> SchemaFragment {
    let extended = || {
        let mut json = app.clone().to_json_value().ok()?;
        let tier = json.get_mut("")?.get_mut("entityTypes")?.get_mut("SeatTier")?;
        tier.get_mut("enum")?.as_array_mut()?.push(DROPPED.into());
        SchemaFragment::from_json_value(json).ok()
    };
    extended().unwrap_or(app)
}

/// Cedar does not say where: the first name in its message that the pack's schema contains is to blame.
fn fault_of_both(app: &str, message: &str) -> BundleFault {
    let place = quoted_names(message).find_map(|name| words(app, name).next());
    BundleFault::new(Location::file(APP_FILE).at_some(app, place), message, FaultCause::Vocabulary)
}

/// The names in a message of Cedar.
pub fn quoted_names(message: &str) -> impl Iterator<Item = &str> + Clone {
    let is_quote = |c: char| ['`', '"', '\'', ' ', ','].contains(&c);
    message.split(is_quote).filter(|name| !name.is_empty() && *name != "action")
}

/// The actions, groups included, that a schema in Cedar's JSON form declares in the empty namespace, by their names.
fn declared_actions(json: &serde_json::Value) -> BTreeMap<String, DeclaredAction> {
    let actions = json.get("").and_then(|namespace| namespace.get("actions")?.as_object());
    let declared = |action: &serde_json::Value| {
        let named = action.get("annotations").and_then(|all| all.get(OFFER)?.as_str());
        let context = action.get("appliesTo").and_then(|applies_to| applies_to.get("context"));
        DeclaredAction {
            offers: named.into_iter().flat_map(Offer::listed).collect(),
            context: context.map(ToString::to_string).unwrap_or_default(),
        }
    };
    actions.into_iter().flatten().map(|(name, action)| (name.clone(), declared(action))).collect()
}

fn kinds<'a, K: Ord>(
    types: Option<impl Iterator<Item = &'a EntityTypeName>>,
    kind: impl Fn(&str) -> Option<K>,
) -> Result<Vec<K>, &'static str> {
    let names = types.into_iter().flatten().map(ToString::to_string);
    let kinds: Option<Vec<K>> = names.map(|name| kind(&name)).collect();
    let mut kinds = kinds.ok_or("applies to a type that the core does not know: nothing asks that")?;
    kinds.sort();
    Ok(kinds)
}

fn principal_kind(name: &str) -> Option<PrincipalKind> {
    PrincipalKind::ALL.into_iter().find(|kind| kind.type_name() == name)
}

fn resource_kind(name: &str) -> Option<ResourceKind> {
    ResourceKind::ALL.iter().copied().find(|kind| kind.type_name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_schema_in_json_is_that_of_its_text() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/schema.json");
        let parsed = CoreSchema::parse(SCHEMA.text).unwrap();
        let json = parsed.fragment.to_json_value().unwrap();
        let text = format!("{}\n", serde_json::to_string_pretty(&json).unwrap());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(file, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(file).unwrap(), text, "run again with UPDATE=1");
        assert_eq!(parsed.actions, declared_actions(&json));
        SchemaFragment::from_json_value(json).unwrap();
    }
}
