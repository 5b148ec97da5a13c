//! `stripe-webhook`: a hint from Stripe that something changed for a customer (K60, K61).

use http::Method;
use seatwise_domain::{Change, Changes, Moment, StripeCustomer};
use seatwise_store::{One, Reads};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::operation::{Operation, Planned, Request, Start, State, StripeUse, about};
use crate::output;
use crate::path::Root;
use crate::problem::{Code, Problem};
use crate::request::{Incoming, MAX_BODY};
use crate::scope::SignedByStripe;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::schema::{Schemas, any_object};
use crate::wire::{Body, Nothing};

/// Takes a webhook.
pub struct TakeWebhook;

/// The exact bytes of an event, and their signature.
pub struct WebhookBody {
    signature: String,
    bytes: Vec<u8>,
}

/// The most bytes of an event. Events with many lines are larger than other bodies.
const MAX_EVENT: usize = 8 * MAX_BODY;

impl Body for WebhookBody {
    fn read(incoming: &Incoming) -> Result<Self, Problem> {
        let bytes = incoming.raw_body();
        if bytes.len() > MAX_EVENT {
            return Err(Problem::payload_too_large());
        }
        let signature = incoming.stripe_signature().unwrap_or_default().to_owned();
        Ok(Self { signature, bytes: bytes.to_vec() })
    }

    fn schema(_: &mut Schemas) -> Option<RefOr<Schema>> {
        Some(any_object("An event of Stripe, in any of its forms."))
    }
}

/// The hint is stored.
#[derive(Serialize, ToSchema)]
pub struct WebhookTaken {
    /// Always true.
    received: bool,
}
output!(WebhookTaken);

/// Stripe's ids are no longer.
const LONGEST_ID: usize = 255;

impl Operation for TakeWebhook {
    const NAME: &'static str = "stripe-webhook";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/stripe/webhook";
    const TAG: Tag = Tag::Billing;
    const STRIPE: StripeUse = StripeUse::Webhook;
    const SUMMARY: &'static str = "Take a webhook of Stripe";
    const DESCRIPTION: &'static str = "For Stripe alone. The header `Stripe-Signature` must sign the exact bytes \
        of the body with one of the two secrets, at most 300 seconds ago. The event is a hint: its workspace is \
        synchronised with what Stripe then says, so repeated, late and reordered events are harmless.";
    const CODES: &'static [Code] = &[Code::NotOffered];
    const EXAMPLE: &'static str = include_str!("../../examples/stripe-webhook.request.json");
    const ANSWER: &'static str = include_str!("../../examples/stripe-webhook.answer.json");

    type Scope = SignedByStripe;
    type Target = Platform;
    type Path = Root;
    type Query = Nothing;
    type Body = WebhookBody;
    type Output = WebhookTaken;
    type Plan = Option<One<StripeCustomer>>;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, SignedByStripe>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let WebhookBody { signature, bytes } = &request.body;
        let webhook = start.webhook.ok_or(Code::NotOffered)?;
        let event = webhook.open(signature, bytes, start.now)?;
        // The customer alone names the workspace: metadata could name another tenant's.
        let customer = event.customer().filter(|customer| customer.len() <= LONGEST_ID);
        let customer = customer.map(|customer| reads.one(StripeCustomer::key(customer.to_owned())));
        Ok(about((), customer))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        // An event of a customer whom this stage does not know is none of its business.
        let known = plan.and_then(|customer| state.one(customer));
        let request = |known: seatwise_domain::Stored<StripeCustomer>| Change::RequestBillingSync {
            workspace: known.value.workspace,
            at: moment.now,
        };
        Ok((WebhookTaken { received: true }, known.map(request).into_iter().collect()))
    }
}
