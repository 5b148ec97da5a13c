//! The terms of a policy's conditions: what they can look at.

use std::collections::BTreeSet;

use cedar_policy::Policy;
use serde_json::Value;

/// The variables and attributes that the conditions of a policy name, by Cedar's own reading of them. It can hold more
/// than they look at, and never less: decisions rest on it. The scope of the policy is no part of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConditionTerms {
    variables: BTreeSet<String>,
    attributes: BTreeSet<String>,
    /// Whether one of them asks if something is in something.
    asks_in: bool,
    /// Whether one of them names an action.
    names_action: bool,
    /// Whether Cedar has told them.
    are_known: bool,
}

impl ConditionTerms {
    pub(crate) fn of(policy: &Policy) -> Self {
        let mut terms = Self::default();
        if let Some(conditions) = policy.to_json().ok().as_ref().and_then(|json| json.get("conditions")) {
            terms.are_known = true;
            terms.add(conditions);
        }
        terms
    }

    /// Whether a condition names `principal`, `action`, `resource` or `context`.
    pub(crate) fn has_variable(&self, name: &str) -> bool {
        !self.are_known || self.variables.contains(name)
    }

    /// Whether a condition names an attribute.
    pub(crate) fn has_attribute(&self, name: &str) -> bool {
        !self.are_known || self.attributes.contains(name)
    }

    /// Whether a condition can look at the groups that an action is in: that of the request, or one that it names.
    pub(crate) fn looks_at_groups(&self) -> bool {
        !self.are_known || self.asks_in && (self.names_action || self.variables.contains("action"))
    }

    /// In Cedar's JSON, `{"Var": "resource"}` is a variable, and `{".": {"left": …, "attr": "seat"}}` and
    /// `{"has": {"left": …, "attr": "seat"}}` are attributes. An `in` is a key, also that of `is … in`. An entity is
    /// `{"Value": {"__entity": {"type": "Action", "id": …}}}`.
    fn add(&mut self, json: &Value) {
        match json {
            Value::Object(fields) => {
                for (key, value) in fields {
                    match (key.as_str(), value) {
                        ("Var", Value::String(name)) => {
                            self.variables.insert(name.clone());
                        }
                        ("attr", Value::String(name)) => {
                            self.attributes.insert(name.clone());
                        }
                        // A condition with several attributes in a row: `has seat.tier`.
                        ("attr", Value::Array(names)) => {
                            self.attributes
                                .extend(names.iter().filter_map(Value::as_str).map(ToOwned::to_owned));
                        }
                        ("type", Value::String(name)) => {
                            self.names_action |= name.rsplit("::").next() == Some("Action");
                        }
                        _ => {
                            self.asks_in |= key == "in";
                            self.add(value);
                        }
                    }
                }
            }
            Value::Array(parts) => parts.iter().for_each(|part| self.add(part)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_those_of_the_conditions_however_they_are_written() {
        let of = |text: &str| ConditionTerms::of(&Policy::parse(None, text).expect("a policy"));
        let scope =
            "@doc(\"resource.seat \\\\ action\") permit (principal is Member, action, resource is Member)";
        let none = of(&format!("{scope} // resource.seat\n;"));
        assert!(none.variables.is_empty() && none.attributes.is_empty(), "{none:?}");
        for (condition, variable, attribute) in [
            ("when { principal.role.rank-resource.role.rank > 0 }", "resource", "rank"),
            ("when { true } // all\r unless { context has targetTier }", "context", "targetTier"),
            ("when { principal[\"joined\\u{41}t\"] == principal.joinedAt }", "principal", "joinedAt"),
            ("when { principal has seat.tier && [action].contains(action) }", "action", "seat"),
            ("when { principal has \"seat\" && {a: [resource]}.a.contains(principal) }", "resource", "seat"),
            (
                "when { if principal has seat then resource.x like \"a*\" else !(resource is Member) }",
                "resource",
                "x",
            ),
        ] {
            let terms = of(&format!("{scope} {condition};"));
            assert!(terms.has_variable(variable) && terms.has_attribute(attribute), "{condition}: {terms:?}");
        }
        assert!(of(&format!("{scope} when {{ principal has seat.tier }};")).has_attribute("tier"));
        for (condition, looks_at_groups) in [
            ("action in Action::\"read\"", true),
            ("Action::\"x\" in Action::\"read\"", true),
            (
                "[{a: Action::\"x\"}].contains({a: action}) && principal is Member in principal.workspace",
                true,
            ),
            ("action == Action::\"x\" || [Action::\"x\"].contains(action)", false),
            ("resource in principal.workspace", false),
        ] {
            let terms = of(&format!("{scope} when {{ {condition} }};"));
            assert_eq!(terms.looks_at_groups(), looks_at_groups, "{condition}: {terms:?}");
        }
    }
}
