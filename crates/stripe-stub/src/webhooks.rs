//! The delivery of events. <https://docs.stripe.com/webhooks#verify-official-libraries>

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::billing::arithmetic::redelivery_after;
use crate::faults::{Faults, WebhookFault};
use crate::state::Account;

/// A webhook, to be posted to its receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// The value of the header `Stripe-Signature`.
    pub signature: String,
    /// The exact body that is signed.
    pub body: String,
}

/// An attempt to deliver an event.
pub(crate) struct Attempt {
    pub(crate) event: String,
    pub(crate) delivery: WebhookDelivery,
    /// How often it arrives.
    pub(crate) copies: usize,
}

/// The attempts that are due. Each counts as failed until somebody says that it is delivered, so
/// that one is repeated that was cut short.
pub(crate) fn claim(account: &mut Account, now: i64, secrets: &[String], faults: &Faults) -> Vec<Attempt> {
    if faults.are_webhooks_held() {
        return Vec::new();
    }
    let mut attempts = Vec::new();
    for event in
        account.events.all_mut().iter_mut().filter(|event| event.next_try.is_some_and(|at| at <= now))
    {
        let body = format!("{:#}", event.json());
        event.tries += 1;
        event.next_try = redelivery_after(event.tries).map(|wait| now + wait);
        let copies = match faults.take_webhook() {
            None => 1,
            Some(WebhookFault::Duplicate) => 2,
            Some(WebhookFault::Drop) => 0,
        };
        let delivery = WebhookDelivery { signature: sign(&body, now, secrets), body };
        attempts.push(Attempt { event: event.id.clone(), delivery, copies });
    }
    if faults.are_webhooks_reversed() {
        attempts.reverse();
    }
    attempts
}

/// Records that an event arrived.
pub(crate) fn mark_delivered(account: &mut Account, event: &str) {
    if let Ok(event) = account.events.get_mut(event) {
        event.next_try = None;
    }
}

/// One `v1` for each secret, as while secrets change.
pub(crate) fn sign(body: &str, now: i64, secrets: &[String]) -> String {
    let signatures = secrets.iter().filter_map(|secret| {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        let mac = mac.chain_update(format!("{now}.{body}"));
        Some(format!(",v1={}", hex::encode(mac.finalize().into_bytes())))
    });
    format!("t={now}{}", signatures.collect::<String>())
}
