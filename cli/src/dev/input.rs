//! Bodies of requests: read before anything else, and taken apart where the local server itself understands them.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use seatwise_functions::problem::{FieldError, Problem};
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::reply::Failed;

/// Requests up to this size reach a function, which has a limit of its own. API Gateway takes
/// 10 MB, Lambda 6 MB.
pub(super) const MAX_BODY: usize = 1 << 20;
/// The most bytes that are read of a body that is too long, so that its client sees the answer.
const MAX_DISCARDED: usize = 10 << 20;
/// The most time that a body takes, as an integration of API Gateway.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads the body of a request, whatever becomes of the request: a connection with an unread body is reset, and the
/// client loses the answer with it.
pub(super) async fn take_body(request: Request, next: Next) -> Response {
    let (parts, mut body) = request.into_parts();
    let taken = async {
        let taken = read(&mut body, MAX_BODY).await;
        if taken.is_err() {
            discard(&mut body).await;
        }
        taken
    };
    match timeout(BODY_TIMEOUT, taken).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(problem)) => Failed(problem).into_response(),
        Err(_) => Failed(Problem::malformed("The body did not arrive within 30 seconds.")).into_response(),
    }
}

/// Reads on, and keeps nothing.
async fn discard(body: &mut Body) {
    let mut discarded = 0;
    while let Some(Ok(frame)) = body.frame().await {
        discarded += frame.data_ref().map_or(0, Bytes::len);
        if discarded > MAX_DISCARDED {
            return;
        }
    }
}

/// The whole body, up to `limit` bytes.
pub(super) async fn read(body: &mut Body, limit: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::payload_too_large()),
        Err(_) => Err(Problem::malformed("The body ended early.")),
    }
}

/// A JSON object whose fields are taken out one by one. Errors are gathered, so that a client learns all
/// of them at once.
pub(super) struct Form {
    fields: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Form {
    /// Any JSON object.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self { fields, errors: Vec::new() }),
            Ok(_) => Err(Problem::malformed("The body must be a JSON object.")),
            Err(_) => Err(Problem::malformed("The body must be JSON.")),
        }
    }

    /// A text that `T` can be made of; `null` counts as absent.
    pub(super) fn text<T>(&mut self, name: &str) -> Option<T>
    where
        T: TryFrom<String>,
        T::Error: ToString,
    {
        match self.fields.remove(name)? {
            Value::Null => None,
            Value::String(text) => match T::try_from(text) {
                Ok(value) => Some(value),
                Err(error) => self.refuse(name, error),
            },
            _ => self.refuse(name, "must be a string"),
        }
    }

    /// True or false.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.fields.remove(name)? {
            Value::Null => None,
            Value::Bool(flag) => Some(flag),
            _ => self.refuse(name, "must be true or false"),
        }
    }

    /// A whole number from 0 to `max`.
    pub(super) fn number(&mut self, name: &str, max: u32) -> Option<u32> {
        let value = self.fields.remove(name)?;
        match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
            Some(number) if number <= max => Some(number),
            _ => self.refuse(name, format!("must be a whole number from 0 to {max}")),
        }
    }

    /// A list of texts, of at most so many characters in all.
    pub(super) fn texts(&mut self, name: &str, max: usize) -> Option<Vec<String>> {
        let value = self.fields.remove(name)?;
        let texts = serde_json::from_value::<Vec<String>>(value).ok();
        match texts.filter(|texts| texts.iter().map(String::len).sum::<usize>() <= max) {
            Some(texts) => Some(texts),
            None => {
                self.refuse(name, format!("must be a list of strings, of at most {max} characters in all"))
            }
        }
    }

    /// A required value: its absence is an error.
    pub(super) fn required<T>(&mut self, name: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.errors.iter().any(|error| error.field == name) {
            return self.refuse(name, "is required");
        }
        value
    }

    /// Whether everything was good and nothing is left.
    pub(super) fn finish(mut self) -> Result<(), Problem> {
        for name in self.fields.keys() {
            self.errors.push(FieldError { field: name.clone(), message: "is not known".to_owned() });
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }

    #[expect(clippy::needless_pass_by_value, reason = "takes errors as they come")]
    fn refuse<T>(&mut self, name: &str, message: impl ToString) -> Option<T> {
        self.errors.push(FieldError { field: name.to_owned(), message: message.to_string() });
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(problem: Problem) -> Vec<String> {
        problem.errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let mut form = Form::parse(br#"{"a": 1, "b": "x", "c": 11, "e": true}"#).unwrap();
        assert_eq!(form.text::<String>("a"), None);
        assert_eq!(form.flag("b"), None);
        assert_eq!(form.number("c", 10), None);
        let d = form.text::<String>("d");
        assert_eq!(form.required("d", d), None);
        assert_eq!(fields(form.finish().unwrap_err()), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn what_is_good_comes_out() {
        let mut form = Form::parse(br#"{"a": "x", "b": false, "c": 10, "d": null}"#).unwrap();
        assert_eq!(form.text::<String>("a").as_deref(), Some("x"));
        assert_eq!(form.flag("b"), Some(false));
        assert_eq!(form.number("c", 10), Some(10));
        assert_eq!(form.text::<String>("d"), None);
        assert!(form.finish().is_ok());
        assert!(Form::parse(b"[]").is_err() && Form::parse(b"{").is_err());
    }
}
