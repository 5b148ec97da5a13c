//! Reads a JSON object or a query string into a type, and names every field that is wrong (K38, K56).
//!
//! Serde stops at the first error. So the reading is repeated without the parts that were wrong, until
//! nothing else is wrong.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use crate::json_tree::{self, Step};
use crate::problem::{FieldError, Problem};
use crate::words::{field_of, in_plain_words, shortened};

/// The most errors of one answer.
const MAX_ERRORS: usize = 20;
/// The most characters of these errors: an answer does not grow with the request.
const MAX_TEXT: usize = 1_000;

/// A JSON object as `T`. `required` are the fields that it must have.
pub(crate) fn of_json<T: DeserializeOwned>(
    text: &[u8],
    required: impl FnOnce() -> Vec<String>,
) -> Result<T, Problem> {
    let (mut object, mut errors) = parse(text)?;
    let given: Vec<String> = object.as_object().into_iter().flat_map(Map::keys).cloned().collect();
    let mut places = Places::default();
    while !errors.is_full() {
        let failure = match serde_path_to_error::deserialize::<_, T>(&object) {
            Ok(value) if errors.0.is_empty() => return Ok(value),
            Ok(_) => break,
            Err(failure) => failure,
        };
        let path: Vec<Step> = failure.path().iter().filter_map(step_of).collect();
        let message = failure.into_inner().to_string();
        let field = field_of(&shown(&places.original(&path)), &message);
        errors.add("field", &field, &message);
        if !places.remove(&mut object, &path) {
            break;
        }
    }
    if !errors.0.is_empty() {
        for field in required() {
            if !given.contains(&field) && !errors.is_full() {
                errors.add("field", &field, "missing field");
            }
        }
    }
    Err(Problem::invalid(errors.0))
}

/// A query string as `T`.
pub(crate) fn of_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut errors = Errors::default();
    while !errors.is_full() {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
        let failure = match serde_path_to_error::deserialize::<_, T>(reader) {
            Ok(value) if errors.0.is_empty() => return Ok(value),
            Ok(_) => break,
            Err(failure) => failure,
        };
        let path = failure.path().to_string();
        let message = failure.into_inner().to_string();
        let field = field_of(&path, &message);
        errors.add("parameter", &field, &message);
        let before = pairs.len();
        pairs.retain(|(name, _)| *name != field);
        if pairs.len() == before {
            break;
        }
    }
    Err(Problem::invalid(errors.0))
}

/// Both values, or every error of both. A request that cannot be read at all has no other error.
pub(crate) fn both<A, B>(a: Result<A, Problem>, b: Result<B, Problem>) -> Result<(A, B), Problem> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) if !a.errors.is_empty() && !b.errors.is_empty() => {
            let mut errors = Errors(a.errors.into_vec());
            for error in b.errors {
                if !errors.is_full() {
                    errors.0.push(error);
                }
            }
            Err(Problem::invalid(errors.0))
        }
        (Err(problem), Ok(_)) | (Ok(_), Err(problem)) => Err(problem),
        (Err(a), Err(b)) => Err(if a.errors.is_empty() { a } else { b }),
    }
}

/// The errors found so far.
#[derive(Default)]
struct Errors(Vec<FieldError>);

impl Errors {
    /// Adds the error, in plain words, unless the field or a part of it has one already: a list from which
    /// wrong items were taken may be too short, and a field that was taken out is missing.
    fn add(&mut self, kind: &str, field: &str, message: &str) {
        let is_part = |known: &str| {
            known.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
        };
        // A client can send an empty name, and must see it in the answer.
        let field_name = if field.is_empty() { "\"\"" } else { field };
        if !self.0.iter().any(|error| is_part(&error.field)) {
            let message = shortened(&in_plain_words(kind, message));
            self.0.push(FieldError { field: shortened(field_name), message });
        }
    }

    fn is_full(&self) -> bool {
        let text = |error: &FieldError| error.field.len() + error.message.len();
        self.0.len() >= MAX_ERRORS || self.0.iter().map(text).sum::<usize>() >= MAX_TEXT
    }
}

fn step_of(segment: &Segment) -> Option<Step> {
    match segment {
        Segment::Map { key } => Some(Step::Field(key.clone())),
        Segment::Seq { index } => Some(Step::Item(*index)),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// `emails[2]`, `checks[0].action`
fn shown(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) if text.is_empty() => text.push_str(name),
            Step::Field(name) => text.extend([".", name]),
            Step::Item(index) => {
                let _ = write!(text, "[{index}]");
            }
        }
    }
    text
}

/// Where the remaining items of shortened lists stood in the request, by the place of the list.
#[derive(Default)]
struct Places(HashMap<Vec<Step>, Vec<usize>>);

impl Places {
    /// The place in the request of a value that is now at `path`.
    fn original(&self, path: &[Step]) -> Vec<Step> {
        let mut original = Vec::new();
        for step in path {
            let step = match (step, self.0.get(&original)) {
                (Step::Item(index), Some(places)) => {
                    Step::Item(places.get(*index).copied().unwrap_or(*index))
                }
                (step, _) => step.clone(),
            };
            original.push(step);
        }
        original
    }

    /// Takes the value at `path` out of `object`. False if there is no such value.
    fn remove(&mut self, object: &mut Value, path: &[Step]) -> bool {
        let Some((last, parents)) = path.split_last() else { return false };
        let parent = parents.iter().try_fold(object, |value, step| match step {
            Step::Field(name) => value.get_mut(name),
            Step::Item(index) => value.get_mut(index),
        });
        match (parent, last) {
            (Some(Value::Object(fields)), Step::Field(name)) => fields.remove(name).is_some(),
            (Some(Value::Array(items)), Step::Item(index)) if *index < items.len() => {
                let all = 0..items.len();
                items.remove(*index);
                self.0.entry(self.original(parents)).or_insert_with(|| all.collect()).remove(*index);
                true
            }
            _ => false,
        }
    }
}

/// The object, and an error for each field that it has twice.
fn parse(text: &[u8]) -> Result<(Value, Errors), Problem> {
    let (value, twice) = json_tree::read(text).map_err(|error| unreadable(&error))?;
    let mut errors = Errors::default();
    for path in twice {
        if !errors.is_full() {
            errors.add("field", &shown(&path), "duplicate field");
        }
    }
    Ok((value, errors))
}

fn unreadable(error: &serde_json::Error) -> Problem {
    Problem::malformed(format!(
        "The body must be one JSON object. It is not valid JSON at line {}, column {}.",
        error.line(),
        error.column()
    ))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        tier: String,
        quantity: u8,
        #[serde(default)]
        checks: Vec<Check>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Check {
        action: String,
        role: Option<String>,
    }

    fn order(text: &str) -> Result<Order, Vec<String>> {
        let required = || vec!["tier".to_owned(), "quantity".to_owned()];
        of_json(text.as_bytes(), required).map_err(shown_errors)
    }

    fn shown_errors(problem: Problem) -> Vec<String> {
        problem.errors.into_iter().map(|error| format!("{} {}", error.field, error.message)).collect()
    }

    #[test]
    fn k56_every_field_that_is_wrong_is_named() {
        for (text, expected) in [
            ("{}", vec!["tier is required", "quantity is required"]),
            (
                r#"{"tier":1,"quantity":"x"}"#,
                vec!["quantity must be a whole number", "tier must be a string"],
            ),
            (
                r#"{"tier":1,"x":1}"#,
                vec!["tier must be a string", "x is not a field of this request", "quantity is required"],
            ),
            (
                r#"{"tier":"a","tier":1,"quantity":300}"#,
                vec!["tier must be given once", "quantity is too large"],
            ),
            (
                r#"{"checks":[{"action":1},{"action":"a"},{"action":"b","role":2,"x":3},{}],"quantity":1}"#,
                vec![
                    "checks[0].action must be a string",
                    "checks[2].role must be a string",
                    "checks[2].x is not a field of this request",
                    "checks[3].action is required",
                    "tier is required",
                ],
            ),
        ] {
            let mut found = order(text).expect_err(text);
            let mut expected = expected;
            found.sort();
            expected.sort_unstable();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn k56_the_errors_of_an_answer_are_bounded() {
        let fields: Vec<String> = (0..500).map(|n| format!("\"x{n}\":1")).collect();
        assert_eq!(
            order(&format!("{{{}}}", fields.join(","))).expect_err("unknown fields").len(),
            MAX_ERRORS
        );
    }

    #[test]
    fn a_whole_number_is_an_integer_however_it_is_written() {
        for text in ["5", "5.0", "50e-1", "0.5e1"] {
            let text = format!("{{\"tier\":\"a\",\"quantity\":{text}}}");
            assert_eq!(order(&text).map(|order| order.quantity), Ok(5), "{text}");
        }
        for text in ["5.5", "-5.0", "1e300", "256.0"] {
            let text = format!("{{\"tier\":\"a\",\"quantity\":{text}}}");
            assert!(order(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn k56_every_parameter_that_is_wrong_is_named() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Page {
            #[expect(dead_code, reason = "only its reading counts")]
            limit: Option<u8>,
        }
        let found = shown_errors(of_query::<Page>("limit=x&a=1&limit=2&b=").expect_err("a query"));
        assert_eq!(
            found,
            [
                "limit must be a whole number, 0 or more",
                "a is not a parameter of this request",
                "b is not a parameter of this request"
            ]
        );
    }
}
