//! Webhooks: whether a message is from Stripe, and what it says.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

use crate::{Event, Hidden, StripeError, answer};

/// How many seconds the clock of Stripe may be away from ours, in both directions: an older message
/// may be a replay.
pub const TOLERANCE: u64 = 300;

/// The secret of an endpoint.
#[derive(Clone, Debug)]
pub struct WebhookSecret(Hidden);

impl WebhookSecret {
    /// The secret as Stripe shows it, with its prefix `whsec_`.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Hidden::from(secret.into()))
    }

    /// The comparison takes the same time wherever the bytes differ.
    fn signed(&self, time: &str, body: &[u8], signature: &[u8]) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_str().as_bytes()) else { return false };
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.verify_slice(signature).is_ok()
    }
}

/// The reason why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// The header has not one time and at least one signature of version 1.
    #[error("the header with the signature is not as Stripe writes it")]
    Header,
    /// The time is too far from ours.
    #[error("the signature is too old or from the future")]
    Time,
    /// No secret of ours made any of the signatures.
    #[error("the signature is not of Stripe")]
    Signature,
}

/// Checks the header `Stripe-Signature` for exactly these bytes. While a secret is replaced, two of
/// ours are alive and Stripe signs with both of its own.
pub fn verify(
    header: &str,
    body: &[u8],
    secrets: &[WebhookSecret],
    now: Timestamp,
) -> Result<(), BadSignature> {
    let parts: Vec<_> = header.split(',').filter_map(|part| part.trim().split_once('=')).collect();
    let all = |name| parts.iter().filter(move |part| part.0 == name).map(|part| part.1);
    let mut times = all("t");
    let (Some(time), None) = (times.next(), times.next()) else { return Err(BadSignature::Header) };
    let second: i64 = time.parse().map_err(|_| BadSignature::Header)?;
    if all("v1").next().is_none() {
        return Err(BadSignature::Header);
    }
    let mut signatures = all("v1").filter_map(|text| hex::decode(text).ok());
    if !signatures.any(|signature| secrets.iter().any(|secret| secret.signed(time, body, &signature))) {
        return Err(BadSignature::Signature);
    }
    if now.as_second().abs_diff(second) > TOLERANCE { Err(BadSignature::Time) } else { Ok(()) }
}

/// Reads a message that was verified.
pub fn parse(body: &[u8]) -> Result<Event, StripeError> {
    answer::read(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1"}"#;
    const AT: i64 = 1_790_000_000;

    fn signature(secret: &str, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{AT}.").as_bytes());
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    }

    fn header(secret: &str) -> String {
        format!("t={AT},v1={}", signature(secret, BODY))
    }

    fn check_at(header: &str, seconds: i64) -> Result<(), BadSignature> {
        let secrets = ["whsec_new", "whsec_old"].map(WebhookSecret::new);
        verify(header, BODY, &secrets, Timestamp::from_second(AT + seconds).unwrap())
    }

    fn check(header: &str) -> Result<(), BadSignature> {
        check_at(header, 0)
    }

    #[test]
    fn the_signature_is_the_one_that_others_compute() {
        // By Python's `hmac`, over the time, a dot and the body.
        let known = "a8d78c58874a6b2e5d89493e1b6dbe9f5a71790e5f2f2ce02d06c84076e09fe9";
        assert_eq!(check(&format!("t={AT},v1={known}")), Ok(()));
    }

    #[test]
    fn both_secrets_count() {
        assert_eq!(check(&header("whsec_new")), Ok(()));
        assert_eq!(check(&header("whsec_old")), Ok(()));
        assert_eq!(check(&header("whsec_other")), Err(BadSignature::Signature));
        assert_eq!(verify(&header(""), BODY, &[], Timestamp::UNIX_EPOCH), Err(BadSignature::Signature));
    }

    #[test]
    fn a_message_counts_for_five_minutes_in_both_directions() {
        for (seconds, outcome) in
            [(300, Ok(())), (-300, Ok(())), (301, Err(BadSignature::Time)), (-301, Err(BadSignature::Time))]
        {
            assert_eq!(check_at(&header("whsec_new"), seconds), outcome, "{seconds}");
        }
        let extreme = format!("t={},v1={}", i64::MIN, signature("whsec_new", BODY));
        assert_eq!(check(&extreme), Err(BadSignature::Signature));
    }

    #[test]
    fn every_signature_of_version_1_counts() {
        let good = signature("whsec_new", BODY);
        let bad = signature("whsec_other", BODY);
        assert_eq!(check(&format!("t={AT},v1={bad},v1={good}")), Ok(()));
        assert_eq!(check(&format!("t={AT},v1=zz,v0=1,v1={good},v2=3")), Ok(()));
        assert_eq!(check(&format!("t={AT},v1={bad},v1={bad}")), Err(BadSignature::Signature));
    }

    #[test]
    fn a_changed_byte_or_time_is_noticed() {
        let secrets = [WebhookSecret::new("whsec_new")];
        let now = Timestamp::from_second(AT).unwrap();
        let changed = br#"{"id":"evt_2"}"#;
        assert_eq!(verify(&header("whsec_new"), changed, &secrets, now), Err(BadSignature::Signature));
        let later = format!("t={},v1={}", AT + 1, signature("whsec_new", BODY));
        assert_eq!(check(&later), Err(BadSignature::Signature));
        assert_eq!(check(&format!("t={AT},v1={}", "zz".repeat(32))), Err(BadSignature::Signature));
        let short = &signature("whsec_new", BODY)[..32];
        assert_eq!(check(&format!("t={AT},v1={short}")), Err(BadSignature::Signature));
    }

    #[test]
    fn a_header_has_one_time_and_a_signature_of_version_1() {
        let good = signature("whsec_new", BODY);
        for bad in [
            String::new(),
            "t".to_owned(),
            format!("t={AT}"),
            format!("v1={good}"),
            format!("t={AT},v0={good}"),
            format!("t={AT},t={AT},v1={good}"),
            format!("t=soon,v1={good}"),
            format!("t=,v1={good}"),
        ] {
            assert_eq!(check(&bad), Err(BadSignature::Header), "{bad}");
        }
    }

    #[test]
    fn a_secret_does_not_show() {
        assert_eq!(format!("{:?}", WebhookSecret::new("whsec_new")), "WebhookSecret((hidden))");
    }

    #[test]
    fn a_message_is_read_with_fields_that_are_not_known() {
        let body = br#"{"id": "evt_1", "object": "event", "type": "invoice.paid", "created": 1790000000,
            "livemode": true, "new": [1], "data": {"object": {"object": "invoice", "customer": "cus_1"}}}"#;
        let event = parse(body).unwrap();
        assert_eq!(
            (event.kind.as_str(), event.customer(), event.livemode),
            ("invoice.paid", Some("cus_1"), true)
        );
        assert_eq!(parse(br#"{"id": 1}"#).unwrap_err(), StripeError::BadAnswer { path: "id".to_owned() });
    }
}
