//! Attributes that policies name and the schema does not know.
//!
//! Cedar's validator refuses to read an unknown attribute. It takes a question for one (`has`) to be false, so that a
//! condition that asks for a mistyped attribute never holds.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{EntityUid, PrincipalConstraint, ResourceConstraint, SchemaFragment};
use seatwise_policy::text::words;
use seatwise_policy::{APP_FILE, ActionInfo, Bundle, Core, Files, Origin, Source};
use serde_json::{Map, Value};

use crate::finding::Finding;
use crate::suggestion::nearest;

/// The types of both schemas, with their attributes.
pub(super) struct AttributeTypes {
    /// The declarations of entity types, of common types and of actions, by name.
    entities: BTreeMap<String, Value>,
    common: BTreeMap<String, Value>,
    actions: BTreeMap<String, Value>,
}

/// The attributes of a type.
type Attributes = Map<String, Value>;

/// The types of the caller, the resource and the context of one kind of request.
struct RequestTypes<'t> {
    principal: &'t str,
    resource: &'t str,
    context: &'t Value,
}

/// The attributes that are there, where a policy names one that is not.
type Known = BTreeSet<String>;

impl AttributeTypes {
    /// The types that a pack's policies are written with.
    pub(super) fn of(files: &Files) -> Self {
        let core = Core::current();
        let texts = [Some(core.schema()), files.get(APP_FILE).map(String::as_str)];
        let mut types = Self { entities: BTreeMap::new(), common: BTreeMap::new(), actions: BTreeMap::new() };
        for text in texts.into_iter().flatten() {
            let parsed = SchemaFragment::from_cedarschema_str(text);
            let json =
                parsed.ok().and_then(|(fragment, _)| fragment.to_json_value().ok()).unwrap_or_default();
            let declared = |kind: &str| json[""][kind].as_object().cloned().unwrap_or_default();
            types.entities.extend(declared("entityTypes"));
            types.common.extend(declared("commonTypes"));
            types.actions.extend(declared("actions"));
        }
        types
    }

    /// Findings about attributes that a policy asks for with `has` and that nothing there can have.
    pub(super) fn findings(&self, bundle: &Bundle, source: &Source) -> Vec<Finding> {
        if source.origin != Origin::Pack {
            return Vec::new();
        }
        let finding = |(attribute, known): (String, Known)| {
            let message = format!("nothing here can have the attribute `{attribute}`: this is always false");
            let found = match place_of_question(source.text(), &attribute) {
                Some(place) => Finding::within_policy(source, &place, &message),
                None => Finding::of_policy(source, &message),
            };
            found.help(&listing(&attribute, &known))
        };
        self.never_there(bundle, source).into_iter().map(finding).collect()
    }

    /// The attributes that are there instead of one that a policy reads.
    pub(super) fn known_instead(&self, bundle: &Bundle, source: &Source, message: &str) -> Option<String> {
        let mut found = None;
        self.visit(bundle, source, &mut |attribute, is_question, known| {
            let is_it =
                !is_question && !known.contains(attribute) && message.contains(&format!("`{attribute}`"));
            if is_it && found.is_none() {
                found = Some(listing(attribute, &known));
            }
        });
        found
    }

    /// The attributes that a policy asks for and that no request has at that place, with those that some have.
    fn never_there(&self, bundle: &Bundle, source: &Source) -> BTreeMap<String, Known> {
        let mut asked: BTreeMap<String, Known> = BTreeMap::new();
        self.visit(bundle, source, &mut |attribute, is_question, known| {
            if is_question {
                asked.entry(attribute.to_owned()).or_default().extend(known);
            }
        });
        asked.retain(|attribute, known| !known.contains(attribute));
        asked
    }

    /// Visits every attribute that a policy names, once for each kind of request: its name, whether the policy asks
    /// for it, and the attributes that are there. Where the type is not known, nothing is visited.
    fn visit(&self, bundle: &Bundle, source: &Source, visit: &mut dyn FnMut(&str, bool, Known)) {
        let Ok(policy) = source.policy.to_json() else { return };
        for info in bundle.actions() {
            let is_about =
                |action: &EntityUid| action.id().unescaped() == info.name && bundle.is_about(source, action);
            let Some(declared) = self.actions.get(&info.name) else { continue };
            if !bundle.schema().actions().any(is_about) {
                continue;
            }
            for request in requests(info, source, &declared["appliesTo"]["context"]) {
                self.visit_in(&policy["conditions"], &request, visit);
            }
        }
    }

    fn visit_in(
        &self,
        expression: &Value,
        request: &RequestTypes<'_>,
        visit: &mut dyn FnMut(&str, bool, Known),
    ) {
        if let Some((part, is_question)) = attribute_of(expression) {
            let mut types = self.types(&part["left"], request).unwrap_or_default();
            // `a has b.c` asks for `b`, and then for `c` of it.
            for name in names(&part["attr"]) {
                if !types.is_empty() {
                    visit(name, is_question, types.iter().flat_map(|it| it.keys().cloned()).collect());
                }
                types = self.types_of_attribute(types, name);
            }
        }
        match expression {
            Value::Object(parts) => parts.values().for_each(|part| self.visit_in(part, request, visit)),
            Value::Array(parts) => parts.iter().for_each(|part| self.visit_in(part, request, visit)),
            _ => {}
        }
    }

    /// The attributes of what an expression stands for: of each type that it can have. Nothing, if that is not known.
    fn types<'t>(&'t self, expression: &Value, request: &RequestTypes<'t>) -> Option<Vec<&'t Attributes>> {
        if let Some(variable) = expression["Var"].as_str() {
            return Some(match variable {
                "principal" => self.entity(request.principal).into_iter().collect(),
                "resource" => self.entity(request.resource).into_iter().collect(),
                "context" => self.attributes(request.context).into_iter().collect(),
                _ => return None,
            });
        }
        if let Some(literal) = expression["Value"]["__entity"]["type"].as_str() {
            return Some(self.entity(literal).into_iter().collect());
        }
        let (part, is_question) = attribute_of(expression)?;
        let (name, left) = (part["attr"].as_str()?, self.types(&part["left"], request)?);
        (!is_question).then(|| self.types_of_attribute(left, name))
    }

    /// The attributes of what an attribute of these types stands for.
    fn types_of_attribute<'t>(&'t self, types: Vec<&'t Attributes>, name: &str) -> Vec<&'t Attributes> {
        types.into_iter().filter_map(|attributes| self.attributes(attributes.get(name)?)).collect()
    }

    fn entity(&self, name: &str) -> Option<&Attributes> {
        static NONE: std::sync::LazyLock<Attributes> = std::sync::LazyLock::new(Attributes::new);
        let declared = self.entities.get(name)?;
        Some(declared["shape"]["attributes"].as_object().unwrap_or(&NONE))
    }

    /// The attributes of a record, or of the entities of a type; nothing for anything else.
    fn attributes<'t>(&'t self, of: &'t Value) -> Option<&'t Attributes> {
        match of["type"].as_str()? {
            "Record" => of["attributes"].as_object(),
            "Entity" | "EntityOrCommon" => self.named(of["name"].as_str()?),
            name => self.named(name),
        }
    }

    fn named(&self, name: &str) -> Option<&Attributes> {
        match self.common.get(name) {
            Some(common) => self.attributes(common),
            None => self.entity(name),
        }
    }
}

/// An expression that reads an attribute or asks for one: its parts, and whether it asks.
fn attribute_of(expression: &Value) -> Option<(&Value, bool)> {
    let read = expression.get(".").map(|part| (part, false));
    read.or_else(|| expression.get("has").map(|part| (part, true)))
}

/// The attributes that an expression names: one, or several after one `has`.
fn names(attributes: &Value) -> impl Iterator<Item = &str> {
    let several = attributes.as_array().into_iter().flatten().filter_map(Value::as_str);
    attributes.as_str().into_iter().chain(several)
}

/// The kinds of requests about an action that the scope of a policy includes.
fn requests<'t>(info: &ActionInfo, source: &Source, context: &'t Value) -> Vec<RequestTypes<'t>> {
    let principal_is = match source.policy.principal_constraint() {
        PrincipalConstraint::Is(name) | PrincipalConstraint::IsIn(name, _) => Some(name.to_string()),
        _ => None,
    };
    let resource_is = match source.policy.resource_constraint() {
        ResourceConstraint::Is(name) | ResourceConstraint::IsIn(name, _) => Some(name.to_string()),
        _ => None,
    };
    let fits = |only: &Option<String>, name: &str| only.as_ref().is_none_or(|only| only == name);
    let principals = info.principals.iter().map(|kind| kind.type_name());
    let principals = principals.filter(|name| fits(&principal_is, name));
    let resources = || {
        let all = info.resources.iter().map(|kind| kind.type_name());
        all.filter(|name| fits(&resource_is, name))
    };
    principals
        .flat_map(|principal| resources().map(move |resource| RequestTypes { principal, resource, context }))
        .collect()
}

/// The place of the word after a `has`.
fn place_of_question(text: &str, attribute: &str) -> Option<std::ops::Range<usize>> {
    let before = |start: usize| text[..start].trim_end_matches(['"', ' ', '\n', '\t', '\r']);
    words(text, attribute).find(|place| {
        let before = before(place.start);
        before.ends_with("has") || before.ends_with('.')
    })
}

/// The attribute that was probably meant, and all that are there.
fn listing(attribute: &str, known: &Known) -> String {
    let all: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    let all = if all.is_empty() { "it has none".to_owned() } else { format!("there are {}", all.join(", ")) };
    match nearest(attribute, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all,
    }
}
