//! Updates write only what differs.
//!
//! During a deployment, functions of two releases write the same items. The older release does not know
//! the attributes that the newer one has added, so it must not write whole items. An update compares the
//! content that was read with the content to write, and writes the attributes in which they differ:
//!
//! - an attribute that is equal in both stays as it is, with whatever it contains;
//! - a nested map is merged member by member, so that members that this release does not know stay;
//! - a nested map that stands for another thing than before is replaced whole, because its members belong
//!   to that thing;
//! - a state (a map with a `kind`) is replaced whole, because its members belong to that kind;
//! - lists and sets are replaced whole.
//!
//! To merge a map, the item must have the map. So a record must not default an absent map to an empty
//! one: the field is an `Option`.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::expression::Expression;
use crate::item::Item;

/// The member of a state that tells its kind.
const KIND: &str = "kind";

/// The members that tell for which thing a nested map stands: the invitation of an address, the seat of an
/// invitation, the key of a logo or a signature.
const IDENTITY: [&str; 3] = ["invitation", "seat", "key"];

/// The update from one content of an item to another.
pub(crate) fn difference(before: &Item, after: &Item) -> Expression {
    merge(Expression::default(), &[], before, after)
}

fn merge(expression: Expression, parents: &[&str], before: &Item, after: &Item) -> Expression {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().fold(expression, |expression, name| {
        let path = [parents, &[name]].concat();
        match (before.get(name), after.get(name)) {
            (before, after) if before == after => expression,
            (Some(AttributeValue::M(before)), Some(AttributeValue::M(after)))
                if is_the_same_thing(before, after) =>
            {
                merge(expression, &path, before, after)
            }
            (_, Some(after)) => expression.set_at(&path, after.clone()),
            (_, None) => expression.remove_at(&path),
        }
    })
}

/// Whether both maps stand for the same thing. A state never does: its members belong to its kind.
fn is_the_same_thing(before: &Item, after: &Item) -> bool {
    let is_state = before.contains_key(KIND) || after.contains_key(KIND);
    !is_state && IDENTITY.iter().all(|name| before.get(*name) == after.get(*name))
}
