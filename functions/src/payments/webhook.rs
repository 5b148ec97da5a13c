//! What makes a webhook believable.

use std::sync::Arc;

use jiff::Timestamp;
use seatwise_stripe::{Event, parse, verify};

use super::access::StripeAccess;
use super::secrets::WebhookSecrets;
use crate::problem::{Code, Problem};

/// What checks webhooks.
pub struct Webhook {
    secrets: Arc<WebhookSecrets>,
    live: bool,
}

impl StripeAccess {
    /// What checks webhooks.
    pub(crate) async fn webhook(&self, now: Timestamp) -> Result<Webhook, Problem> {
        let secrets = self.webhook.as_ref().ok_or(Code::NotOffered)?;
        let secrets = secrets.read(now).await;
        let secrets =
            secrets.map_err(|error| Problem::internal("the secrets of webhooks cannot be read", &error))?;
        Ok(Webhook { secrets, live: self.live })
    }
}

impl Webhook {
    /// The event, if Stripe has signed it a short time ago, and in the mode of this stage (K61). The refusal says
    /// nothing about the secrets.
    pub fn open(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<Event, Problem> {
        let refused = |why: &str| {
            tracing::warn!(why, webhooks_refused = 1, "webhook refused");
            Problem::malformed("The webhook is not signed by Stripe, is too old, or is in another mode.")
        };
        verify(signature, body, &self.secrets.0, now).map_err(|bad| refused(&bad.to_string()))?;
        let event = parse(body).map_err(|_| refused("not an event"))?;
        if event.livemode == self.live { Ok(event) } else { Err(refused("another mode")) }
    }
}
