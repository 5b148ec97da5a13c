//! API Gateway's event, as a request. What clients choose of it and `lambda_http` would panic or
//! fail at is made harmless first: such a request is to be answered like any other.

use std::fmt::Write as _;

use lambda_http::request::LambdaRequest;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An event that a request can be made of.
pub struct Event(pub LambdaRequest);

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut event = Value::deserialize(deserializer)?;
        make_harmless(&mut event);
        // The runtime logs why it is none, and serde's words would quote the event (K27).
        serde_json::from_value(event).map(Self).map_err(|_| D::Error::custom("is no event of an HTTP API"))
    }
}

fn make_harmless(event: &mut Value) {
    // A URI is made of these, and there is none that would not be one.
    for name in ["rawPath", "rawQueryString"] {
        if let Some(Value::String(text)) = event.get_mut(name) {
            *text = encoded(text);
        }
    }
    if let Some(Value::Object(headers)) = event.get_mut("headers") {
        // The URI would begin with these; nobody asks for them, but for the scheme if it is one.
        for name in ["host", "x-forwarded-port"] {
            headers.remove(name);
        }
        let is_scheme = |value: &Value| value == "http" || value == "https";
        if headers.get("x-forwarded-proto").is_some_and(|value| !is_scheme(value)) {
            headers.remove("x-forwarded-proto");
        }
        for value in headers.values_mut() {
            if let Value::String(text) = value {
                *text = text.replace(|c: char| c.is_control() && c != '\t', "\u{fffd}");
            }
        }
    }
}

/// What cannot stand in a URI as it is (RFC 3986), as `%..`.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
