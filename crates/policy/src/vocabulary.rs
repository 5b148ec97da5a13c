//! The schema, and what can be asked in its words.

use std::collections::BTreeSet;

use cedar_policy::{
    ActionConstraint, Context, Entities, EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema,
    SchemaFragment,
};
use jiff::Timestamp;

use crate::Files;
use crate::cast::TYPES;
use crate::core::{CORE_FILE, Core};
use crate::finding::{Finding, nearest, words};
use crate::source::Source;

pub(crate) const APP_FILE: &str = "app.cedarschema";

/// Actions in this group are asked beside an operation and are none themselves.
const QUESTION: &str = "question";

/// Who may be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// Not signed in.
    Visitor,
    /// Signed in, outside any workspace.
    User,
    /// In a workspace.
    Member,
}

/// What may be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceKind {
    /// What belongs to no workspace.
    Platform,
    /// A workspace.
    Workspace,
    /// A membership.
    Member,
    /// A purchased seat.
    Seat,
    /// An invitation.
    Invitation,
    /// A leave request.
    LeaveRequest,
}

/// One action that can be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionInfo {
    /// Its name in policies and requests.
    pub name: String,
    /// Who may be asked about, sorted.
    pub principals: Vec<PrincipalKind>,
    /// What may be asked about, sorted.
    pub resources: Vec<ResourceKind>,
    /// Whether an HTTP operation has this name; otherwise it is a finer question that one asks, or
    /// the product's own.
    pub is_operation: bool,
    /// Whether it is the product's own: declared by the pack, not by the core.
    pub is_product: bool,
    /// Whether the request must name the role that would be given.
    pub takes_target_role: bool,
}

/// The schema of core and pack together.
pub(crate) struct Vocabulary {
    pub(crate) schema: Schema,
    /// Sorted by name.
    pub(crate) actions: Vec<ActionInfo>,
    /// Actions of the pack that nothing here can ask about, each with the reason.
    pub(crate) unusable: Vec<(String, &'static str)>,
    /// Groups as ancestors of actions.
    hierarchy: Entities,
}

impl Vocabulary {
    pub(crate) fn of(core: &Core, files: &Files) -> Result<Self, Vec<Finding>> {
        let Some(app) = files.get(APP_FILE) else {
            let help = "add it: it declares `SeatTier`, `Feature` and the product's own actions";
            return Err(vec![Finding::new(APP_FILE, "this file is missing").help(help)]);
        };
        let fragments = [fragment(CORE_FILE, core.schema()), fragment(APP_FILE, app)];
        let fragments = match fragments {
            [Ok(core), Ok(app)] => [core, app],
            [core, app] => return Err([core.err(), app.err()].into_iter().flatten().collect()),
        };
        let core = action_names(&fragments[0]);
        // A fault of both together is the pack's: the core is the same for all.
        let fault = |message: String| vec![of_both(app, &message)];
        let schema = Schema::from_schema_fragments(fragments).map_err(|error| fault(error.to_string()))?;
        let hierarchy = schema.action_entities().map_err(|error| fault(error.to_string()))?;
        let mut vocabulary = Self { schema, actions: Vec::new(), unusable: Vec::new(), hierarchy };

        let mut uids: Vec<EntityUid> = vocabulary.schema.actions().cloned().collect();
        uids.sort_by_key(ToString::to_string);
        for uid in uids {
            match vocabulary.read(&uid, &core) {
                Ok(info) => vocabulary.actions.extend(info),
                Err(why) => vocabulary.unusable.push((uid.id().unescaped().to_owned(), why)),
            }
        }
        Ok(vocabulary)
    }

    /// What the schema says of an action; nothing, if it is a group; or why it cannot be asked.
    fn read(&self, uid: &EntityUid, core: &BTreeSet<String>) -> Result<Option<ActionInfo>, &'static str> {
        let name = uid.id().unescaped();
        if *uid != action(name) {
            return Err("is in a namespace: declare it in the empty one");
        }
        let is_product = !core.contains(name);
        let principals = kinds(self.schema.principals_for_action(uid), principal_kind)?;
        let resources = kinds(self.schema.resources_for_action(uid), resource_kind)?;
        if principals.is_empty() && resources.is_empty() {
            return Ok(None);
        }
        if is_product && (principals != [PrincipalKind::Member] || resources != [ResourceKind::Workspace]) {
            return Err("must apply to principal [Member] and resource [Workspace]: nothing else is asked");
        }
        let accepts = |context: Option<Context>| {
            context.is_some_and(|context| context.validate(&self.schema, uid).is_ok())
        };
        let role = EntityUid::from_type_name_and_id(TYPES.role.clone(), EntityId::new(""));
        let takes_target_role = accepts(context(Timestamp::UNIX_EPOCH, Some(role)));
        if !takes_target_role && !accepts(context(Timestamp::UNIX_EPOCH, None)) {
            return Err("must have the context Ctx: nothing else is given");
        }
        let is_operation = !is_product && !self.is_in(uid, &action(QUESTION));
        let name = name.to_owned();
        Ok(Some(ActionInfo { name, principals, resources, is_operation, is_product, takes_target_role }))
    }

    /// The groups that an action is in, sorted by name.
    pub(crate) fn groups(&self, name: &str) -> Vec<String> {
        let groups = self.hierarchy.ancestors(&action(name)).into_iter().flatten();
        let mut groups: Vec<_> = groups.map(|group| group.id().unescaped().to_owned()).collect();
        groups.sort();
        groups
    }

    /// Whether the action is the group, or in it.
    pub(crate) fn is_in(&self, action: &EntityUid, group: &EntityUid) -> bool {
        self.hierarchy.is_ancestor_of(group, action)
    }

    /// Whether the policy's scope leaves the action in.
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

/// The action of that name.
pub(crate) fn action(name: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(TYPES.action.clone(), EntityId::new(name))
}

/// What stands beside a request.
pub(crate) fn context(now: Timestamp, target_role: Option<EntityUid>) -> Option<Context> {
    let now = ("now".to_owned(), datetime(now));
    let role = target_role.map(|role| ("targetRole".to_owned(), RestrictedExpression::new_entity_uid(role)));
    Context::from_pairs([now].into_iter().chain(role)).ok()
}

/// Cedar's `datetime` takes milliseconds, in UTC.
pub(crate) fn datetime(time: Timestamp) -> RestrictedExpression {
    RestrictedExpression::new_datetime(time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

fn fragment(file: &str, text: &str) -> Result<SchemaFragment, Finding> {
    SchemaFragment::from_cedarschema_str(text).map(|(fragment, _)| fragment).map_err(|error| {
        let help = "“Adding a permission” in policies/TUTORIAL.md shows how actions are declared";
        Finding::of_cedar(file, text, 0, (&error).into(), help).in_core(file == CORE_FILE)
    })
}

/// Cedar does not say where: the first name in its message that the pack's schema has, or one like
/// it, is to blame.
fn of_both(app: &str, message: &str) -> Finding {
    let is_quote = |c: char| ['`', '"', '\'', ' ', ','].contains(&c);
    let names = message.split(is_quote).filter(|name| !name.is_empty() && *name != "action");
    let known = app.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3);
    let place = names.clone().find_map(|name| words(app, name).next());
    let capital = |name: &&str| name.starts_with(char::is_uppercase);
    let near = || names.filter(capital).find_map(|name| words(app, nearest(name, known.clone())?).next());
    Finding::new(APP_FILE, message).at_some(app, place.or_else(near)).help(
        "names must not be those of the core's schema, and `SeatTier` and `Feature` must be declared here",
    )
}

/// The names of the actions, groups included, that a fragment declares in the empty namespace.
fn action_names(fragment: &SchemaFragment) -> BTreeSet<String> {
    let json = fragment.clone().to_json_value().unwrap_or_default();
    let actions = json.get("").and_then(|namespace| namespace.get("actions")?.as_object());
    actions.into_iter().flatten().map(|(name, _)| name.clone()).collect()
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
    Some(match name {
        "Visitor" => PrincipalKind::Visitor,
        "User" => PrincipalKind::User,
        "Member" => PrincipalKind::Member,
        _ => return None,
    })
}

fn resource_kind(name: &str) -> Option<ResourceKind> {
    Some(match name {
        "Platform" => ResourceKind::Platform,
        "Workspace" => ResourceKind::Workspace,
        "Member" => ResourceKind::Member,
        "Seat" => ResourceKind::Seat,
        "Invitation" => ResourceKind::Invitation,
        "LeaveRequest" => ResourceKind::LeaveRequest,
        _ => return None,
    })
}
