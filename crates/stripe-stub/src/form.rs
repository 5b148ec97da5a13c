//! The form encoding of Stripe's parameters, with brackets for what is nested.

use std::collections::BTreeMap;

use crate::error::ApiError;

/// Parameters that a route takes one by one. What is left over is unknown to it.
#[derive(Debug, Default)]
pub(crate) struct Params {
    path: String,
    fields: BTreeMap<String, Node>,
}

#[derive(Debug)]
enum Node {
    Text(String),
    Branch(Params),
}

/// A change of metadata: an empty text removes a key.
pub(crate) type Metadata = BTreeMap<String, String>;

type Taken<T> = Result<T, ApiError>;

impl Params {
    pub(crate) fn parse(form: &[u8]) -> Self {
        let mut params = Self::default();
        for (key, value) in form_urlencoded::parse(form) {
            let segments: Vec<&str> = key.split('[').map(|part| part.trim_end_matches(']')).collect();
            params.insert(&segments, value.into_owned());
        }
        params
    }

    fn insert(&mut self, segments: &[&str], value: String) {
        let Some((first, rest)) = segments.split_first() else { return };
        let name = if first.is_empty() { self.fields.len().to_string() } else { (*first).to_owned() };
        if rest.is_empty() {
            self.fields.insert(name, Node::Text(value));
            return;
        }
        let path = self.name(&name);
        let node = self.fields.entry(name).or_insert_with(|| Node::Branch(Self::at(path.clone())));
        if let Node::Text(_) = node {
            *node = Node::Branch(Self::at(path));
        }
        if let Node::Branch(branch) = node {
            branch.insert(rest, value);
        }
    }

    fn at(path: String) -> Self {
        Self { path, fields: BTreeMap::new() }
    }

    /// The name of a parameter, from the top.
    pub(crate) fn name(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}[{field}]", self.path) }
    }

    pub(crate) fn text(&mut self, field: &str) -> Taken<Option<String>> {
        match self.fields.remove(field) {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(Node::Branch(_)) => Err(self.bad(field, "string")),
        }
    }

    pub(crate) fn required(&mut self, field: &str) -> Taken<String> {
        let text = self.text(field)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| self.missing(field))
    }

    pub(crate) fn missing(&self, field: &str) -> ApiError {
        let name = self.name(field);
        ApiError::invalid(format!("Missing required param: {name}.")).code("parameter_missing").param(name)
    }

    pub(crate) fn number(&mut self, field: &str) -> Taken<Option<i64>> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let bad = || self.bad(field, "integer").code("parameter_invalid_integer");
        text.parse().map(Some).map_err(|_| bad())
    }

    pub(crate) fn flag(&mut self, field: &str) -> Taken<Option<bool>> {
        match self.text(field)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(self.bad(field, "boolean")),
        }
    }

    /// A text that has to be one of some.
    pub(crate) fn choice(&mut self, field: &str, choices: &[&'static str]) -> Taken<Option<&'static str>> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let choice = choices.iter().find(|choice| **choice == text).copied();
        choice.map(Some).ok_or_else(|| self.bad(field, "value"))
    }

    /// Nested parameters; an empty text stands for none.
    pub(crate) fn branch(&mut self, field: &str) -> Taken<Option<Self>> {
        match self.fields.remove(field) {
            None => Ok(None),
            Some(Node::Text(text)) if text.is_empty() => Ok(Some(Self::at(self.name(field)))),
            Some(Node::Text(_)) => Err(self.bad(field, "object")),
            Some(Node::Branch(branch)) => Ok(Some(branch)),
        }
    }

    pub(crate) fn texts(&mut self, field: &str) -> Taken<Vec<String>> {
        let Some(mut list) = self.branch(field)? else { return Ok(Vec::new()) };
        let places = list.places();
        places.iter().filter_map(|place| list.text(place).transpose()).collect()
    }

    pub(crate) fn branches(&mut self, field: &str) -> Taken<Vec<Self>> {
        let Some(mut list) = self.branch(field)? else { return Ok(Vec::new()) };
        let places = list.places();
        places.iter().filter_map(|place| list.branch(place).transpose()).collect()
    }

    /// The names in a list, in the order of their numbers.
    fn places(&self) -> Vec<String> {
        let mut places: Vec<String> = self.fields.keys().cloned().collect();
        places.sort_by_key(|place| place.parse().unwrap_or(usize::MAX));
        places
    }

    pub(crate) fn metadata(&mut self) -> Taken<Metadata> {
        let Some(mut branch) = self.branch("metadata")? else { return Ok(Metadata::new()) };
        let names = branch.places();
        names
            .into_iter()
            .map(|name| branch.text(&name).map(|text| (name, text.unwrap_or_default())))
            .collect()
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// Takes what changes nothing here.
    pub(crate) fn ignore(&mut self, fields: &[&str]) {
        for field in fields {
            self.fields.remove(*field);
        }
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(self) -> Taken<()> {
        let Some((name, node)) = self.fields.iter().next() else { return Ok(()) };
        match node {
            Node::Branch(branch) => Err(ApiError::unknown_parameter(&branch.first_leaf())),
            Node::Text(_) => Err(ApiError::unknown_parameter(&self.name(name))),
        }
    }

    fn first_leaf(&self) -> String {
        match self.fields.iter().next() {
            Some((_, Node::Branch(branch))) => branch.first_leaf(),
            Some((name, Node::Text(_))) => self.name(name),
            None => self.path.clone(),
        }
    }

    pub(crate) fn bad(&self, field: &str, kind: &str) -> ApiError {
        let name = self.name(field);
        ApiError::invalid(format!("Invalid {kind}: {name}")).param(name)
    }
}

/// Applies a change of metadata.
pub(crate) fn merge(metadata: &mut Metadata, change: Metadata) {
    for (key, value) in change {
        if value.is_empty() {
            metadata.remove(&key);
        } else {
            metadata.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_names_are_read_and_what_is_left_over_is_named() {
        let form = b"items[0][price]=a&items[1][price]=b&expand[]=x&expand[]=y&items[1][quantty]=2&n=7";
        let mut params = Params::parse(form);
        assert_eq!(params.texts("expand").unwrap(), ["x", "y"]);
        assert_eq!(params.number("n").unwrap(), Some(7));
        let mut items = params.branches("items").unwrap();
        assert_eq!(items[1].text("price").unwrap().as_deref(), Some("b"));
        let left = items.remove(1).finish().unwrap_err().json();
        assert_eq!(left["error"]["code"], "parameter_unknown");
        assert_eq!(left["error"]["param"], "items[1][quantty]");
        params.finish().unwrap();
    }

    #[test]
    fn a_wrong_kind_is_refused_by_name() {
        let mut params = Params::parse(b"a=x&b[c]=1&d=maybe");
        assert!(params.number("a").unwrap_err().message.contains("Invalid integer: a"));
        assert!(params.text("b").unwrap_err().message.contains('b'));
        assert!(params.flag("d").is_err());
    }
}
