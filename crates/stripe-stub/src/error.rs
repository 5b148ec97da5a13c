//! Refusals, as Stripe words them. <https://docs.stripe.com/api/errors>

use http::StatusCode;
use serde_json::{Value, json};

/// Why the stub could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StubError {
    /// The file of the account could not be read or written.
    #[error("the file of the account could not be used: {0}")]
    File(#[from] std::io::Error),
    /// The file of the account holds something else.
    #[error("the file of the account could not be read: {0}")]
    Content(#[from] serde_json::Error),
    /// The account does not allow the act.
    #[error("{0}")]
    Refused(String),
}

impl From<ApiError> for StubError {
    fn from(error: ApiError) -> Self {
        Self::Refused(error.message)
    }
}

/// A refusal of the API.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    pub(crate) message: String,
}

impl ApiError {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "invalid_request_error",
            code: None,
            param: None,
            message: message.into(),
        }
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::invalid(message) }
    }

    pub(crate) fn missing(kind: &str, id: &str) -> Self {
        let error = Self::invalid(format!("No such {kind}: '{id}'"));
        Self { status: StatusCode::NOT_FOUND, ..error }.code("resource_missing").param("id")
    }

    pub(crate) fn no_route(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: /v1/{path}).");
        Self { status: StatusCode::NOT_FOUND, ..Self::invalid(message) }
    }

    pub(crate) fn unknown_parameter(name: &str) -> Self {
        Self::invalid(format!("Received unknown parameter: {name}")).code("parameter_unknown").param(name)
    }

    pub(crate) fn key_reused(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used \
             with. Try using a key other than '{key}' if you meant to execute a different request."
        );
        Self { kind: "idempotency_error", ..Self::invalid(message) }
    }

    pub(crate) fn declined() -> Self {
        let error = Self::invalid("Your card was declined.").code("card_declined");
        Self { status: StatusCode::PAYMENT_REQUIRED, kind: "card_error", ..error }
    }

    pub(crate) fn internal() -> Self {
        let error = Self::invalid("An unknown error occurred.");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, kind: "api_error", ..error }
    }

    pub(crate) fn rate_limited() -> Self {
        let error = Self::invalid("Request rate limit exceeded.").code("rate_limit");
        Self { status: StatusCode::TOO_MANY_REQUESTS, ..error }
    }

    pub(crate) fn locked() -> Self {
        let message = "This object cannot be accessed right now because another API request or Stripe \
                       process is currently accessing it.";
        Self { status: StatusCode::CONFLICT, ..Self::invalid(message).code("lock_timeout") }
    }

    pub(crate) fn code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    pub(crate) fn param(self, param: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    pub(crate) fn json(&self) -> Value {
        let mut error = json!({ "type": self.kind, "message": self.message });
        if let Some(code) = self.code {
            error["code"] = code.into();
        }
        if let Some(param) = &self.param {
            error["param"] = param.as_str().into();
        }
        if self.kind == "card_error" {
            error["decline_code"] = "generic_decline".into();
        }
        json!({ "error": error })
    }
}
