//! Questions to Stripe that change nothing there, and their answers.

use std::time::Duration;

use jiff::Timestamp;
use seatwise_domain::{Pack, Quantities, WorkspaceId};
use seatwise_stripe::{
    Client, ConfirmedItem, IdempotencyKey, InvoiceLine, InvoiceStatus, NewPortalSession, PortalFlow, Preview,
    Proration, StripeError,
};

use super::items::{self, OwnedChange, WithoutUnits, item_changes};
use uuid::Uuid;

use crate::problem::{Code, Problem};
use crate::service::Service;

/// The time that Stripe has for all answers to one request (billing.md: a request waits at most 8 s).
pub const WAIT: Duration = Duration::from_secs(8);

/// The most invoices of a list.
const INVOICES: usize = 100;

/// A question to Stripe.
pub enum Question {
    /// What a change of a subscription would cost.
    Preview {
        /// The id of the subscription.
        subscription: String,
        /// The quantities after the change.
        after: Quantities,
        /// The time from which the rest of the period is counted.
        from: Timestamp,
    },
    /// The page of the portal.
    Portal {
        /// The workspace, to whose page Stripe leads back.
        workspace: WorkspaceId,
        /// The id of the customer.
        customer: String,
        /// What the visit is for; `None`: the whole portal.
        visit: Option<PortalVisit>,
    },
    /// The invoices.
    Invoices {
        /// The id of the customer.
        customer: String,
    },
}

/// What a visit to the portal is for: to confirm another plan, or another number of its seats (R7).
pub struct PortalVisit {
    /// The id of the subscription.
    pub subscription: String,
    /// The plan then.
    pub plan: String,
    /// The number of units then.
    pub quantity: u32,
}

/// An answer of Stripe.
pub enum StripeAnswer {
    /// What a change would cost.
    Preview(PricePreview),
    /// A page.
    Page(String),
    /// The invoices, newest first.
    Invoices(Vec<IssuedInvoice>),
}

/// What a change of a subscription would cost, in minor units.
pub struct PricePreview {
    /// Due at once.
    pub due_now: i64,
    /// The next renewal.
    pub next_invoice: i64,
    /// The currency, in capitals.
    pub currency: String,
    /// The lines of what is due at once.
    pub lines: Vec<PreviewedLine>,
}

/// A line of a preview.
pub struct PreviewedLine {
    /// The text of the line.
    pub description: String,
    /// The number of units.
    pub quantity: u32,
    /// The amount in minor units; negative: given back.
    pub amount: i64,
    /// Whether the amount is for a part of a period.
    pub proration: bool,
}

/// An invoice.
pub struct IssuedInvoice {
    /// The number.
    pub number: Option<String>,
    /// The time.
    pub date: Timestamp,
    /// The total in minor units.
    pub total: i64,
    /// The currency, in capitals.
    pub currency: String,
    /// The status: `open`, `paid`, `uncollectible` or `void`.
    pub status: String,
    /// Where the customer reads and pays the invoice.
    pub url: Option<String>,
}

/// Asks Stripe.
pub(crate) async fn ask(service: &Service, pack: &Pack, question: Question) -> Result<StripeAnswer, Problem> {
    let client = service.stripe.client(service.now()).await;
    let client = client.map_err(|error| Problem::internal("Stripe cannot be called", &error))?.within(WAIT);
    let answer = match question {
        Question::Preview { subscription, after, from } => {
            preview(&client, pack, &subscription, &after, from).await.map(StripeAnswer::Preview)
        }
        Question::Portal { workspace, customer, visit } => {
            let back = service.billing_page(workspace);
            portal(&client, pack, &customer, &back, visit).await.map(StripeAnswer::Page)
        }
        Question::Invoices { customer } => invoices(&client, &customer).await.map(StripeAnswer::Invoices),
    };
    answer.map_err(|error| unanswered(&error))
}

/// The problem of a question that Stripe did not answer.
fn unanswered(error: &StripeError) -> Problem {
    // What Stripe no longer has, the next synchronisation notices.
    if error.is_transient() || *error == StripeError::NotFound {
        tracing::warn!(error = error as &dyn std::error::Error, "Stripe did not answer");
        Code::ConflictBusy.into()
    } else {
        Problem::internal("Stripe has refused a question", error)
    }
}

async fn preview(
    client: &Client,
    pack: &Pack,
    subscription: &str,
    after: &Quantities,
    from: Timestamp,
) -> Result<PricePreview, StripeError> {
    let now = client.subscription(subscription).await?;
    let changes = item_changes(client, pack, &now, after, WithoutUnits::Kept).await?;
    let items: Vec<_> = changes.iter().map(OwnedChange::borrow).collect();
    let of = |proration| Preview::Change { subscription, items: &items, proration };
    let (at_once, renewal) = (of(Proration::AtOnce { from }), of(Proration::Never));
    let (due, next) = futures::join!(client.preview_invoice(&at_once), client.preview_invoice(&renewal));
    let (due, next) = (due?, next?);
    let line = |line: &InvoiceLine| PreviewedLine {
        description: line.description.clone().unwrap_or_default(),
        quantity: line.quantity.and_then(|quantity| u32::try_from(quantity).ok()).unwrap_or(0),
        amount: line.amount,
        proration: line.is_proration(),
    };
    Ok(PricePreview {
        due_now: due.amount_due,
        next_invoice: next.total,
        currency: due.currency.to_uppercase(),
        lines: due.lines.data.iter().map(line).collect(),
    })
}

async fn portal(
    client: &Client,
    pack: &Pack,
    customer: &str,
    return_url: &str,
    visit: Option<PortalVisit>,
) -> Result<String, StripeError> {
    let mut confirmed = None;
    if let Some(visit) = &visit {
        let subscription = client.subscription(&visit.subscription).await?;
        let [item] = subscription.items.data.as_slice() else { return Err(StripeError::NotFound) };
        let price = items::price_of(client, pack, &visit.plan).await?;
        confirmed = Some((subscription.id.clone(), item.id.clone(), price));
    }
    let flow = confirmed.as_ref().zip(visit.as_ref()).map(|((subscription, item, price), visit)| {
        PortalFlow::SubscriptionUpdateConfirm {
            subscription,
            item: ConfirmedItem { item, price, quantity: u64::from(visit.quantity) },
        }
    });
    let configuration = items::portal_configuration(client, pack).await?;
    let session = NewPortalSession { customer, configuration: configuration.as_deref(), return_url, flow };
    let session = client
        .create_portal_session(&session, &IdempotencyKey::new("portal", Uuid::from_u128(rand::random())))
        .await?;
    Ok(session.url.as_str().to_owned())
}

async fn invoices(client: &Client, customer: &str) -> Result<Vec<IssuedInvoice>, StripeError> {
    let list = client.invoices(customer, INVOICES).await?;
    let issued = list.data.into_iter().filter(|invoice| invoice.status != Some(InvoiceStatus::Draft));
    Ok(issued
        .map(|invoice| IssuedInvoice {
            number: invoice.number,
            date: invoice.created,
            total: invoice.total,
            currency: invoice.currency.to_uppercase(),
            status: invoice.status.map_or_else(String::new, |status| status.as_str().to_owned()),
            url: invoice.hosted_invoice_url.map(|url| url.as_str().to_owned()),
        })
        .collect())
}
