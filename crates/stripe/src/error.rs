//! What can go wrong between Seatwise and Stripe.

use reqwest::StatusCode;
use serde::Deserialize;

use crate::Hidden;

/// The reason why a request has no answer to go by. None of them names a secret or a link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StripeError {
    /// The card was declined, or the bank wants to ask the customer.
    #[error("the card was declined (code {code:?}, decline code {decline_code:?})")]
    Card {
        /// Stripe's code of the error.
        code: Option<String>,
        /// The bank's code of the refusal.
        decline_code: Option<String>,
        /// What Stripe would tell the customer.
        message: Hidden,
    },
    /// Stripe does not accept the request.
    #[error("Stripe refuses the request (parameter {param:?}, code {code:?})")]
    Invalid {
        /// The parameter that is wrong.
        param: Option<String>,
        /// Stripe's code of the error, such as `resource_missing` for an id that a parameter names.
        code: Option<String>,
        /// What Stripe says about it.
        message: Hidden,
    },
    /// The idempotency key belongs to another request, or is not fit to be sent.
    #[error("the idempotency key belongs to another request")]
    Idempotency,
    /// Stripe knows none of the keys.
    #[error("Stripe accepts none of the keys")]
    Authentication,
    /// The key may not do this.
    #[error("the key has no permission for this request")]
    Permission,
    /// There are too many requests at the moment.
    #[error("Stripe limits the rate of requests")]
    RateLimited,
    /// The object in the address of the request does not exist.
    #[error("Stripe has no such object")]
    NotFound,
    /// Another request holds the object.
    #[error("another request holds the object at Stripe")]
    Lock,
    /// Another request with the same idempotency key is under way.
    #[error("the same request is under way at Stripe")]
    InProgress,
    /// Stripe failed, or gave an answer outside its documentation.
    #[error("Stripe answered with status {status}")]
    Api {
        /// The HTTP status.
        status: u16,
    },
    /// Stripe failed at the first attempt, and repeats that answer to the same idempotency key. Whether the attempt had
    /// an effect, only a fresh read tells.
    #[error("Stripe repeats its answer with status {status}")]
    Replayed {
        /// The HTTP status.
        status: u16,
    },
    /// The connection failed.
    #[error("Stripe could not be reached")]
    Network {
        /// Stripe may have received the request.
        sent: bool,
    },
    /// No answer came in time.
    #[error("Stripe did not answer in time")]
    TimedOut {
        /// Stripe may have received the request.
        sent: bool,
    },
    /// The answer lacks something that is needed.
    #[error("the answer of Stripe is not as expected at {path}")]
    BadAnswer {
        /// The place in the answer.
        path: String,
    },
}

#[derive(Default, Deserialize)]
struct Envelope {
    #[serde(default)]
    error: Details,
}

#[derive(Default, Deserialize)]
struct Details {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    decline_code: Option<String>,
    #[serde(default)]
    message: Hidden,
    #[serde(default)]
    param: Option<String>,
}

impl StripeError {
    /// The same request may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited
            | Self::Lock
            | Self::InProgress
            | Self::Network { .. }
            | Self::TimedOut { .. } => true,
            Self::Api { status } => *status >= 500,
            _ => false,
        }
    }

    /// The effect of the request may be there all the same; only a fresh read tells.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::InProgress | Self::BadAnswer { .. } | Self::Replayed { .. } => true,
            Self::Network { sent } | Self::TimedOut { sent } => *sent,
            Self::Api { status } => *status >= 500,
            _ => false,
        }
    }

    /// The error says nothing about what became of the same request when it was sent before.
    pub(crate) fn is_silent_about_earlier_attempts(&self) -> bool {
        let turned_away = self.is_transient() || matches!(self, Self::Authentication | Self::Permission);
        turned_away && !self.may_have_happened()
    }

    /// The error in an answer of Stripe.
    pub(crate) fn of_answer(status: StatusCode, body: &[u8]) -> Self {
        let Envelope { error } = serde_json::from_slice(body).unwrap_or_default();
        let Details { kind, code, decline_code, message, param } = error;
        match (status.as_u16(), kind.as_deref(), code.as_deref()) {
            (401, ..) => Self::Authentication,
            (403, ..) => Self::Permission,
            (409 | 429, _, Some("lock_timeout")) => Self::Lock,
            (409, _, Some("idempotency_key_in_use")) | (409, Some("idempotency_error"), _) => {
                Self::InProgress
            }
            (409, ..) => Self::Lock,
            (429, ..) => Self::RateLimited,
            (_, Some("idempotency_error"), _) => Self::Idempotency,
            (402, ..) | (_, Some("card_error"), _) => Self::Card { code, decline_code, message },
            (404, _, Some("resource_missing")) => Self::NotFound,
            (400..500, Some("invalid_request_error"), _) => Self::Invalid { param, code, message },
            (status, ..) => Self::Api { status },
        }
    }

    /// The error in the way to Stripe. A connection that was never made has carried nothing.
    pub(crate) fn of_transport(error: &reqwest::Error) -> Self {
        let sent = !(error.is_connect() || error.is_builder());
        if error.is_timeout() { Self::TimedOut { sent } } else { Self::Network { sent } }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(status: u16, details: &serde_json::Value) -> StripeError {
        let body = json!({"error": details}).to_string();
        StripeError::of_answer(StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn each_answer_has_its_error() {
        let refused =
            json!({"type": "invalid_request_error", "code": "resource_missing", "param": "customer"});
        assert_eq!(error(404, &refused), StripeError::NotFound);
        assert!(
            matches!(error(400, &refused), StripeError::Invalid { param: Some(p), .. } if p == "customer")
        );
        let declined = json!({"type": "card_error", "code": "card_declined", "decline_code": "do_not_honor"});
        let StripeError::Card { code, decline_code, .. } = error(402, &declined) else { panic!("a card") };
        assert_eq!((code.as_deref(), decline_code.as_deref()), (Some("card_declined"), Some("do_not_honor")));
        let idempotency = json!({"type": "idempotency_error"});
        assert_eq!(error(400, &idempotency), StripeError::Idempotency);
        assert_eq!(error(409, &idempotency), StripeError::InProgress);
        assert_eq!(error(409, &json!({"code": "idempotency_key_in_use"})), StripeError::InProgress);
        assert_eq!(error(409, &json!({"code": "lock_timeout"})), StripeError::Lock);
        assert_eq!(error(429, &json!({"code": "lock_timeout"})), StripeError::Lock);
        assert_eq!(error(429, &json!({})), StripeError::RateLimited);
        assert_eq!(error(401, &json!({})), StripeError::Authentication);
        assert_eq!(error(403, &json!({})), StripeError::Permission);
        assert_eq!(error(500, &json!({"type": "api_error"})), StripeError::Api { status: 500 });
    }

    #[test]
    fn an_answer_that_is_no_json_is_known_by_its_status() {
        let html = StripeError::of_answer(StatusCode::BAD_GATEWAY, b"<html>");
        assert_eq!(html, StripeError::Api { status: 502 });
    }

    #[test]
    fn an_error_shows_neither_addresses_nor_words_of_stripe() {
        let details = json!({
            "type": "invalid_request_error", "code": "email_invalid", "param": "email",
            "message": "Invalid email address: ann@example.com",
        });
        let error = error(400, &details);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("ann@"), "{shown}");
        let StripeError::Invalid { message, .. } = error else { panic!("a refusal") };
        assert!(message.as_str().contains("ann@"));
    }

    #[test]
    fn only_what_stripe_may_have_received_may_have_happened() {
        for unsure in [
            StripeError::TimedOut { sent: true },
            StripeError::Network { sent: true },
            StripeError::Api { status: 500 },
            StripeError::InProgress,
        ] {
            assert!(unsure.is_transient() && unsure.may_have_happened(), "{unsure:?}");
        }
        for turned_away in [StripeError::Network { sent: false }, StripeError::Lock, StripeError::RateLimited]
        {
            assert!(turned_away.is_transient() && !turned_away.may_have_happened(), "{turned_away:?}");
        }
        assert!(StripeError::BadAnswer { path: String::new() }.may_have_happened());
        assert!(!StripeError::Api { status: 418 }.is_transient());
    }
}
