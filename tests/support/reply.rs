//! Answers of the service, and texts in them.

use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null if the body is not JSON.
    pub json: Value,
    /// The body.
    pub text: String,
}

impl Reply {
    /// The JSON as a repetition gets it: without a secret, which only the first answer has (K67).
    pub fn as_repeated(&self) -> Value {
        let mut json = self.json.clone();
        if let Some(secret) = json.get_mut("key").filter(|key| key.is_string()) {
            *secret = Value::Null;
        }
        json
    }

    /// Makes a reply of a response.
    pub fn of(parts: http::response::Parts, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status: parts.status, headers: parts.headers, json, text }
    }

    /// The problem's code.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// Fails the test unless the status is this one, and shows the answer.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json
    }

    /// Fails the test unless the answer is this problem, as problem+json.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        self.json
    }

    /// The reply without its request id. Fails the test unless the reply is a problem that names it.
    pub fn anonymous(&self) -> (StatusCode, Vec<(String, String)>, String) {
        let own_id = self.headers.get("apigw-requestid").map_or("", |id| id.to_str().expect("ASCII"));
        let headers = self.headers.iter().filter(|(name, _)| *name != "apigw-requestid");
        let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
        assert!(!own_id.is_empty() && self.text.contains(own_id), "{}", self.text);
        (self.status, headers, self.text.replace(own_id, ""))
    }
}

/// A JSON text.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

/// The token of a link.
#[track_caller]
pub fn token_of(url: &str) -> &str {
    url.split_once("#token=").expect("a link").1
}
