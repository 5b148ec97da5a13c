//! The API reference as a judge: what the service answers is what its document says, no more and no
//! less.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use http::Method;
use jsonschema::Validator;
use seatwise_functions::{Row, operations};
use serde_json::{Map, Value, json};

use super::reply::Reply;

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// The document.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::to_value(seatwise_functions::openapi::document()).expect("the document is JSON")
});

/// All schemas, so that they take no field that they do not describe.
static CLOSED: LazyLock<Value> = LazyLock::new(|| {
    let open = schemas();
    let mut closed = open.clone();
    for schema in closed.values_mut() {
        // A schema that is a part of another is open there, and the whole is closed.
        if let Some(parts) = schema.get_mut("allOf").and_then(Value::as_array_mut) {
            for part in parts {
                if let Some(name) = name_of(part) {
                    *part = open[name].clone();
                }
            }
        }
        if schema["type"] == "object" || schema.get("allOf").is_some() {
            schema["unevaluatedProperties"] = json!(false);
        }
    }
    closed.into()
});

/// A validator for each of the schemas by name.
static VALIDATORS: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| {
    let validator = |name: &String| validator(&json!({ "$ref": reference(name) }));
    schemas().keys().map(|name| (name.clone(), validator(name))).collect()
});

fn schemas() -> &'static Map<String, Value> {
    DOCUMENT["components"]["schemas"].as_object().expect("schemas")
}

fn reference(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

/// The name of the schema that this one refers to.
fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// Judges by a schema of the document, or one that refers to such.
pub fn validator(schema: &Value) -> Validator {
    let mut whole = schema.as_object().expect("a schema").clone();
    whole.insert("components".to_owned(), json!({ "schemas": *CLOSED }));
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .build(&whole.into())
        .expect("a sound schema")
}

/// The description of an operation in the document.
pub fn described(row: &Row) -> &'static Value {
    &DOCUMENT["paths"][row.path][row.method.as_str().to_ascii_lowercase()]
}

/// Whether an operation takes JSON, or no body at all: any but those that take a file.
pub fn takes_json(row: &Row) -> bool {
    let body = &described(row)["requestBody"];
    body.is_null() || body["content"][JSON].is_object()
}

/// The faults of a value by a schema of the document.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let fault = |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    match name_of(schema) {
        Some(name) => VALIDATORS[name].iter_errors(value).map(fault).collect(),
        None => validator(schema).iter_errors(value).map(fault).collect(),
    }
}

/// The operation that a request leads to, if there is one: of the paths that fit, the one with the
/// fewest parameters, as the gateway has it.
pub fn row(method: &Method, path: &str) -> Option<&'static Row> {
    let fits = |row: &&Row| {
        let (wanted, given): (Vec<_>, Vec<_>) = (row.path.split('/').collect(), path.split('/').collect());
        wanted.len() == given.len()
            && wanted.iter().zip(given).all(|(wanted, given)| wanted.starts_with('{') || *wanted == given)
    };
    let of_path = operations::all().iter().filter(fits).min_by_key(|row| row.path.matches('{').count())?;
    operations::all().iter().find(|row| row.path == of_path.path && row.method == *method)
}

/// Fails the test if the document does not say that the operation answers so.
#[track_caller]
pub fn check(row: &Row, reply: &Reply) {
    let (name, status) = (row.name, reply.status.as_str());
    let response = &described(row)["responses"][status];
    assert!(response.is_object(), "{name} answers {status}, which its description lacks: {}", reply.text);
    let Some(content) = response["content"].as_object() else {
        assert_eq!(reply.text, "", "{name} answers with a body that its description lacks");
        return;
    };
    let kind = reply.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    // Without parameters, such as the charset.
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let content = content.get(kind).unwrap_or_else(|| panic!("{name} answers {status} as {kind:?}"));
    if kind != JSON && kind != PROBLEM {
        // A file of lines can have none.
        assert!(
            !reply.text.is_empty() || kind == "application/x-ndjson",
            "{name} answers with nothing as {kind}"
        );
        return;
    }
    let faults = faults(&content["schema"], &reply.json);
    assert!(faults.is_empty(), "{name} answers {status} unlike described: {faults:#?}\n{}", reply.text);
    if kind == PROBLEM {
        let code = &content["examples"][reply.code()];
        assert!(code.is_object(), "{name} answers {}, which its description lacks", reply.text);
    }
}

/// Which fields and words of the document were seen.
#[derive(Default)]
pub struct SeenFields(BTreeSet<String>);

impl SeenFields {
    /// An answer of an operation was seen.
    pub fn add(&mut self, row: &Row, reply: &Reply) {
        let content = &described(row)["responses"][reply.status.as_str()]["content"];
        for kind in [JSON, PROBLEM] {
            if let Some(content) = content.get(kind) {
                self.walk("", &content["schema"], Some(&reply.json));
            }
        }
    }

    /// All that may be seen in answers of operations.
    pub fn all() -> Self {
        let mut all = Self::default();
        for row in operations::all() {
            let responses = described(row)["responses"].as_object().expect("responses");
            for content in responses.values().filter_map(|response| response["content"].as_object()) {
                for content in content.values() {
                    all.walk("", &content["schema"], None);
                }
            }
        }
        all
    }

    /// The fields of the other that this one lacks.
    pub fn lacks(&self, other: &Self) -> Vec<String> {
        other.0.difference(&self.0).cloned().collect()
    }

    /// Goes through a schema, along with a value if there is one.
    fn walk(&mut self, within: &str, schema: &Value, value: Option<&Value>) {
        if let Some(name) = name_of(schema) {
            self.walk(name, &schemas()[name], value);
            return;
        }
        for part in ["allOf", "oneOf"].iter().filter_map(|parts| schema[parts].as_array()).flatten() {
            if value.is_none_or(|value| part["type"] == "null" || !value.is_null()) {
                self.walk(within, part, value);
            }
        }
        for word in schema["enum"].as_array().into_iter().flatten() {
            if value.is_none_or(|value| value == word) {
                self.0.insert(format!("{within} {word}"));
            }
        }
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let value = match value {
                None => None,
                Some(value) => match value.get(name) {
                    Some(value) => Some(value),
                    None => continue,
                },
            };
            self.0.insert(format!("{within}.{name}"));
            self.walk(within, schema, value);
        }
        match value {
            None if schema["items"].is_object() => self.walk(within, &schema["items"], None),
            Some(Value::Array(items)) => {
                for item in items {
                    self.walk(within, &schema["items"], Some(item));
                }
            }
            _ => {}
        }
    }
}
