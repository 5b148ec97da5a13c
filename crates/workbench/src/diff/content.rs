//! Changes of the files of a pack: policies, roles and settings.

use std::collections::{BTreeMap, BTreeSet};

use seatwise_domain::Pack;
use seatwise_domain::pack::Role;
use seatwise_policy::source::policies_of_pack;
use seatwise_policy::{Bundle, Files, PACK_FILE, Source};
use toml::Value;

use super::changes::{ChangeKind, FileChange, RoleAttributes, RoleChange, RuleChange, SettingChange};

/// The pairs that differ, by key.
fn changed<'a, K: Ord, V: PartialEq>(
    before: &'a BTreeMap<K, V>,
    after: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a V>)> {
    let keys: BTreeSet<&K> = before.keys().chain(after.keys()).collect();
    let pairs = keys.into_iter().map(|key| (key, before.get(key), after.get(key)));
    pairs.filter(|(_, before, after)| before != after)
}

fn change<V>(before: Option<V>, after: Option<V>) -> ChangeKind {
    match (before, after) {
        (None, _) => ChangeKind::Added,
        (Some(_), None) => ChangeKind::Removed,
        (Some(_), Some(_)) => ChangeKind::Changed,
    }
}

pub(super) fn files(before: &Files, after: &Files) -> Vec<FileChange> {
    let changed = changed(before, after);
    changed
        .map(|(path, before, after)| FileChange { change: change(before, after), path: path.clone() })
        .collect()
}

pub(super) fn rules(before: &Files, after: &Files) -> Vec<RuleChange> {
    // A version that cannot be read has no policies; the notes of the difference say so.
    let [before, after] = [before, after].map(|files| policies_of_pack(files).unwrap_or_default());
    let by_id = |sources: &[Source]| -> BTreeMap<String, Source> {
        sources.iter().map(|source| (source.policy.id().to_string(), source.clone())).collect()
    };
    let [before, after] = [by_id(&before), by_id(&after)];
    let texts = |sources: &BTreeMap<String, Source>| -> BTreeMap<String, String> {
        sources.iter().map(|(id, source)| (id.clone(), source.text().to_owned())).collect()
    };
    let (texts_before, texts_after) = (texts(&before), texts(&after));
    let mut rules: Vec<RuleChange> = changed(&texts_before, &texts_after)
        .filter_map(|(id, text_before, text_after)| {
            let source = after.get(id).or_else(|| before.get(id))?;
            Some(RuleChange {
                change: change(text_before, text_after),
                id: id.clone(),
                permits: source.permits(),
                file: source.file.clone(),
                line: source.line(),
            })
        })
        .collect();
    rules.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    rules
}

pub(super) fn roles(before: &Bundle, after: &Bundle) -> Vec<RoleChange> {
    let [before, after] = [before, after].map(|bundle| attributes(bundle.pack()));
    let changed = changed(&before, &after);
    changed
        .map(|(role, before, after)| RoleChange {
            role: role.clone(),
            before: before.cloned(),
            after: after.cloned(),
        })
        .collect()
}

fn attributes(pack: &Pack) -> BTreeMap<String, RoleAttributes> {
    let of_role = |role: &Role| RoleAttributes {
        rank: role.rank,
        governing: role.governing,
        staff: role.staff,
        joiner: role.id == pack.roles_given.joiner,
        includes: role.includes.as_ref().map(|included| pack.role_name(included).to_string()),
    };
    pack.roles.iter().map(|role| (role.name.to_string(), of_role(role))).collect()
}

/// The keys of a role that [`RoleAttributes`] holds.
const ATTRIBUTES: [&str; 5] = ["id", "rank", "governing", "staff", "includes"];

pub(super) fn settings(before: &Files, after: &Files) -> Vec<SettingChange> {
    let [before, after] = [before, after].map(|files| {
        let table =
            files.get(PACK_FILE).and_then(|text| text.parse::<toml::Table>().ok()).unwrap_or_default();
        let mut flat = BTreeMap::new();
        flatten(&mut flat, "", &Value::Table(table));
        flat.retain(|key, _| {
            let is_attribute = key.rsplit('.').next().is_some_and(|last| ATTRIBUTES.contains(&last));
            !(key.starts_with("role.") && is_attribute)
        });
        flat
    });
    let changed = changed(&before, &after);
    changed
        .map(|(key, before, after)| SettingChange {
            key: key.clone(),
            before: before.cloned(),
            after: after.cloned(),
        })
        .collect()
}

/// Every value by the path of its key. The key of a table in a list is its id.
fn flatten(flat: &mut BTreeMap<String, String>, key: &str, value: &Value) {
    let inner = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    let id = |value: &Value| value.get("id").and_then(|id| Some(id.as_str()?.to_owned()));
    match value {
        Value::Table(table) => table.iter().for_each(|(name, value)| flatten(flat, &inner(name), value)),
        Value::Array(list) if !list.is_empty() && list.iter().all(|value| id(value).is_some()) => {
            for value in list {
                flatten(flat, &inner(&id(value).unwrap_or_default()), value);
            }
        }
        other => {
            flat.insert(key.to_owned(), other.to_string());
        }
    }
}
