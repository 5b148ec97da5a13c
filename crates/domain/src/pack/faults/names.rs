//! Contradictions of the names and first ids of roles and tiers.

use super::FaultList;
use crate::pack::ids::is_identifier;

/// A role or a tier, by its present name and by the id that records keep.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) first_id: &'a str,
}

/// Finds names and first ids that do not tell all things of one kind apart. `path` leads to the list of them.
pub(super) fn faults_of_names(faults: &mut FaultList, kind: &str, path: &[&str], all: &[Named<'_>]) {
    for (index, &Named { name, first_id }) in all.iter().enumerate() {
        let (at, before) = (index.to_string(), &all[..index]);
        let key = |field| [path, &[at.as_str(), field]].concat();
        faults.add_of_value(!is_identifier(name), &key("id"), || {
            format!("{kind} `{name}`: an id is lower-case letters, digits and hyphens")
        });
        faults.add(before.iter().any(|other| other.name == name), &key("id"), || {
            format!("{kind} `{name}` is there twice")
        });
        if first_id == name {
            continue;
        }
        let others = || all.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| other);
        faults.add_of_value(!is_identifier(first_id), &key("first-id"), || {
            format!("{kind} `{name}`: a first id is lower-case letters, digits and hyphens, as an id is")
        });
        let namesake = others().find(|other| other.name == first_id);
        faults.add(namesake.is_some(), &key("first-id"), || {
            format!(
                "{kind} `{name}` has the `first-id` `{first_id}`, which is the id of another {kind}: the records of \
                 both could not be told apart; give the {kind} `{first_id}` another id"
            )
        });
        let twin = before.iter().find(|other| other.first_id == first_id && other.name != first_id);
        if let Some(twin) = twin {
            faults.add(true, &key("first-id"), || {
                format!(
                    "{kind}s `{}` and `{name}` have the same `first-id`: leave the line out of the new one of them",
                    twin.name
                )
            });
        }
    }
}
