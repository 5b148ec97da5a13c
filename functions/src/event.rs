//! API Gateway's event, as a request. Values from clients that would make `lambda_http` panic or fail are
//! made harmless first, so that such a request is answered like any other.

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
        // The runtime logs this error, and serde's message would quote the event (K27).
        serde_json::from_value(event).map(Self).map_err(|_| D::Error::custom("is no event of an HTTP API"))
    }
}

fn make_harmless(event: &mut Value) {
    // A URI is made of these. After the encoding, every text makes a valid one.
    for name in ["rawPath", "rawQueryString"] {
        if let Some(Value::String(text)) = event.get_mut(name) {
            *text = encoded(text);
        }
    }
    if let Some(Value::Object(headers)) = event.get_mut("headers") {
        // The URI would begin with these headers. Only the scheme is needed, if it is valid.
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

/// The text with `%..` for each byte that cannot stand in a URI as it is (RFC 3986).
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
