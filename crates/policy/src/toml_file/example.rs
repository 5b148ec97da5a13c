//! Lines as they should be, from files that have no faults.

use toml::de::{DeTable, DeValue};

use super::node::{Step, name};

/// A line with this key, as advice.
pub(super) fn of(examples: &[&str], path: &[Step]) -> Option<String> {
    let keys: Vec<&str> = path
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Place(_) => None,
        })
        .collect();
    let line = examples.iter().find_map(|text| {
        let table = DeTable::parse(text).ok()?.into_inner();
        written(text, &DeValue::Table(table), &keys)
    })?;
    let line = match line {
        Written::List => format!("[[{}]]", name(path)),
        Written::Table => format!("[{}]", name(path)),
        Written::Value(value) => format!("{} = {value}", keys.last()?),
    };
    Some(format!("for example `{line}`"))
}

/// How a value is written.
enum Written {
    /// As tables with headers in double brackets.
    List,
    /// As a table with a header.
    Table,
    /// After its key.
    Value(String),
}

fn written(text: &str, within: &DeValue<'_>, keys: &[&str]) -> Option<Written> {
    let (first, rest) = keys.split_first()?;
    let table = match within {
        DeValue::Array(items) => return items.iter().find_map(|item| written(text, item.get_ref(), keys)),
        DeValue::Table(table) => table,
        _ => return None,
    };
    let value = table.get(*first)?;
    if !rest.is_empty() {
        return written(text, value.get_ref(), rest);
    }
    let is_header = |value: &toml::Spanned<DeValue<'_>>| {
        value.get_ref().is_table() && !text[value.span()].starts_with('{')
    };
    match value.get_ref() {
        DeValue::Array(items) if items.iter().any(is_header) => Some(Written::List),
        _ if is_header(value) => Some(Written::Table),
        _ => Some(Written::Value(text.get(value.span()).filter(|line| !line.contains('\n'))?.to_owned())),
    }
}
