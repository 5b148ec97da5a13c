//! The entity types of the core schema, as far as their attributes refer to other entities.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cedar_policy::SchemaFragment;
use seatwise_policy::Core;
use serde_json::Value;

/// The attributes of each entity type that always refer to an entity, with the type of that entity.
static SHAPES: LazyLock<BTreeMap<String, Shape>> = LazyLock::new(read);

/// The references of one entity type: attribute and type of the entity, sorted by attribute.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape(Vec<(String, String)>);

impl Shape {
    /// The shape of that type; empty for a type without references.
    pub(crate) fn of(type_name: &str) -> Self {
        SHAPES.get(type_name).cloned().unwrap_or_default()
    }

    /// The attributes that refer to entities of that type.
    pub(crate) fn attributes_of(&self, type_name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(_, of)| of == type_name).map(|(attribute, _)| attribute.as_str())
    }

    pub(crate) fn has(&self, attribute: &str) -> bool {
        self.0.iter().any(|(name, _)| name == attribute)
    }
}

fn read() -> BTreeMap<String, Shape> {
    let core = Core::current();
    let parsed = SchemaFragment::from_cedarschema_str(core.schema());
    let json = parsed.ok().and_then(|(fragment, _)| fragment.to_json_value().ok()).unwrap_or_default();
    let types = json[""]["entityTypes"].as_object().into_iter().flatten();
    types.map(|(name, declared)| (name.clone(), shape(declared))).collect()
}

fn shape(declared: &Value) -> Shape {
    let attributes = declared["shape"]["attributes"].as_object().into_iter().flatten();
    let references = attributes.filter_map(|(attribute, of)| {
        let is_optional = of["required"] == false;
        let type_name = of["name"].as_str().filter(|_| !is_optional)?;
        Some((attribute.clone(), type_name.to_owned()))
    });
    Shape(references.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_from_the_schema() {
        let leave = Shape::of("LeaveRequest");
        assert_eq!(leave.attributes_of("Member").collect::<Vec<_>>(), ["requester"]);
        assert!(leave.has("workspace"));
        let member = Shape::of("Member");
        assert_eq!(member.attributes_of("Role").collect::<Vec<_>>(), ["role"]);
        assert!(!member.has("seat"), "a seat may be missing");
        assert!(!Shape::of("Platform").has("workspace"));
    }
}
