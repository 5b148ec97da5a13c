//! The places of names in TOML files: the data of a pack, and its cases.

use std::ops::Range;

use seatwise_policy::text::first_line;
use toml::de::{DeTable, DeValue};

use super::{Edit, NamedKind, Rename, new_name};

type Value<'t> = toml::Spanned<DeValue<'t>>;

/// The values under a path of keys. A list stands for all its elements.
fn values<'v, 't>(value: &'v Value<'t>, path: &[&str]) -> Vec<&'v Value<'t>> {
    match (value.get_ref(), path) {
        (DeValue::Array(items), _) => items.iter().flat_map(|item| values(item, path)).collect(),
        (_, []) => vec![value],
        (DeValue::Table(table), [key, rest @ ..]) => {
            table.get(*key).map(|inner| values(inner, rest)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The edits of the texts under these paths that are names of one kind.
fn edits_of_values(
    text: &str,
    root: &Value<'_>,
    paths: &[&[&str]],
    renames: &[Rename],
    kind: NamedKind,
) -> Vec<Edit> {
    let all = paths.iter().flat_map(|path| values(root, path));
    let edit = |value: &Value<'_>| {
        let DeValue::String(name) = value.get_ref() else { return None };
        let (span, new) = (value.span(), new_name(renames, kind, name)?);
        let written = text.get(span.clone())?;
        // The quotation marks stay; a name that is written with escapes is written anew.
        let is_plain = written.contains(name.as_ref());
        let text = if is_plain { written.replacen(name.as_ref(), new, 1) } else { format!("{new:?}") };
        Some(Edit { span, text, is_name: true })
    };
    all.filter_map(edit).collect()
}

fn parsed(text: &str) -> Option<Value<'_>> {
    let table = DeTable::parse(text).ok()?;
    let span = table.span();
    Some(toml::Spanned::new(span, DeValue::Table(table.into_inner())))
}

pub(super) fn edits_of_cases(text: &str, renames: &[Rename]) -> Vec<Edit> {
    let Some(root) = parsed(text) else { return Vec::new() };
    let roles: &[&[&str]] = &[&["case", "given", "caller"], &["case", "when", "on"], &["case", "when", "to"]];
    let tiers: &[&[&str]] =
        &[&["case", "given", "seat"], &["case", "when", "tier"], &["case", "when", "on-seat"]];
    let mut edits = edits_of_values(text, &root, roles, renames, NamedKind::Role);
    edits.extend(edits_of_values(text, &root, tiers, renames, NamedKind::Tier));
    edits
}

pub(super) fn edits_of_pack(text: &str, renames: &[Rename]) -> Vec<Edit> {
    let Some(root) = parsed(text) else { return Vec::new() };
    let roles: &[&[&str]] = &[
        &["role", "id"],
        &["role", "includes"],
        &["roles-given", "creator"],
        &["roles-given", "joiner"],
        &["roles-given", "seatless"],
    ];
    let mut edits = edits_of_values(text, &root, roles, renames, NamedKind::Role);
    edits.extend(edits_of_values(text, &root, &[&["seats", "tier", "id"]], renames, NamedKind::Tier));
    for (kind, path) in [(NamedKind::Role, &["role"][..]), (NamedKind::Tier, &["seats", "tier"])] {
        for table in values(&root, path) {
            edits.extend(edit_of_first_id(text, table, renames, kind));
        }
    }
    edits
}

/// The line `first-id`, which a renamed role or tier needs, and which one without another name than at first does not.
fn edit_of_first_id(text: &str, table: &Value<'_>, renames: &[Rename], kind: NamedKind) -> Option<Edit> {
    let DeValue::Table(fields) = table.get_ref() else { return None };
    let (id_key, id) = fields.get_key_value("id")?;
    let DeValue::String(name) = id.get_ref() else { return None };
    let new = new_name(renames, kind, name)?;
    let line_start = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    // A key with a line of its own, which ends with nothing but a comment.
    let line_of = |key: &Range<usize>, value: &Range<usize>| {
        let line = line_start(key.start)..first_line(text, line_start(key.start)).end;
        let behind = text.get(value.end..line.end)?.trim_start();
        let is_alone = text[line.start..key.start].trim().is_empty();
        (is_alone && (behind.is_empty() || behind.starts_with('#'))).then_some(line)
    };
    let Some((key, value)) = fields.get_key_value("first-id") else {
        let span = id.span();
        let (at, text) = match line_of(&id_key.span(), &span) {
            Some(line) => {
                let indent = &text[line.start..id_key.span().start];
                (line.end, format!("\n{indent}first-id = {name:?}"))
            }
            None => (span.end, format!(", first-id = {name:?}")),
        };
        return Some(Edit { span: at..at, text, is_name: false });
    };
    let is_back = matches!(value.get_ref(), DeValue::String(first) if first == new);
    if !is_back {
        return None;
    }
    let (key, value) = (key.span(), value.span());
    let span = match line_of(&key, &value) {
        Some(line) => {
            line.start..text[line.end..].find('\n').map_or(text.len(), |newline| line.end + newline + 1)
        }
        None => in_inline_table(text, &key, &value),
    };
    Some(Edit { span, text: String::new(), is_name: false })
}

/// A key with its value in an inline table, with the comma that goes with it.
fn in_inline_table(text: &str, key: &Range<usize>, value: &Range<usize>) -> Range<usize> {
    let behind = text[value.end..].trim_start();
    match behind.strip_prefix(',') {
        Some(rest) => key.start..text.len() - rest.trim_start_matches([' ', '\t']).len(),
        None => text[..key.start].rfind(',').unwrap_or(key.start)..value.end,
    }
}
