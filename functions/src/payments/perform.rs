//! The steps of a synchronisation, carried out at Stripe.

use seatwise_domain::pack::ItemId;
use seatwise_domain::rules::sync::{Answer, ChargeOrder, CheckoutOrder, ItemLine, Payment, SyncStep};
use seatwise_domain::{Money, Pack, PaymentFailure, WorkspaceId};
use seatwise_stripe::{
    Client, CustomerChange, IdempotencyKey, NewCheckout, NewCustomer, Preview, PriceQuantity, Proration,
    StripeError,
};
use uuid::Uuid;

use super::error::SyncError;
use super::items::{OwnedChange, WithoutUnits, prices_of};

/// Stripe, for one workspace.
pub struct AtStripe<'a> {
    /// The client.
    pub client: &'a Client,
    /// The product.
    pub pack: &'a Pack,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The name of the workspace, for invoices.
    pub name: Option<String>,
    /// The customer, if there is one yet.
    pub customer: Option<String>,
    /// Where Stripe leads back to.
    pub page: String,
}

impl AtStripe<'_> {
    /// Carries out a step at Stripe; the answer, where no reading shows it. Steps that are not for Stripe do
    /// nothing.
    pub async fn perform(&self, step: &SyncStep) -> Result<Option<Answer>, SyncError> {
        let client = self.client;
        match step {
            SyncStep::CreateCustomer { key } => self.create_customer(key).await.map(Some).or_else(refusal),
            SyncStep::OpenCheckout(order) => self.open_checkout(order).await.or_else(refusal),
            SyncStep::ExpireSession { session } => {
                tolerated(client.expire_checkout(session, &fresh("expire")).await)
            }
            SyncStep::Level { subscription, items } => self.level(subscription, items).await,
            SyncStep::SetCancellation { subscription, ends } => {
                self.set_cancellation(subscription, *ends).await?;
                Ok(None)
            }
            SyncStep::Preview(order) => self.preview(order).await.map(Some).or_else(refusal),
            SyncStep::Charge { key, order } => self.charge(key, order).await.or_else(refusal),
            SyncStep::VoidInvoice { invoice } => {
                tolerated(client.void_invoice(invoice, &fresh("void")).await)
            }
            SyncStep::EndSubscription { subscription } => self.end(subscription).await,
            SyncStep::EndOther { subscription, refund } => {
                if let Some(payment) = refund {
                    self.refund(payment).await?;
                }
                self.end(subscription).await
            }
            SyncStep::Refund { payment } => {
                self.refund(payment).await?;
                Ok(Some(Answer::Refunded))
            }
            SyncStep::Commit(_) | SyncStep::Wait { .. } | SyncStep::Done => Ok(None),
        }
    }

    /// The name follows in a request of its own: a name that has changed would not fit to the key.
    async fn create_customer(&self, key: &str) -> Result<Answer, SyncError> {
        let workspace = self.workspace.to_string();
        let new = NewCustomer { workspace: &workspace, name: None, email: None };
        let customer = self.client.create_customer(&new, &IdempotencyKey::given(key)).await?;
        let named = CustomerChange { name: self.name.as_deref(), email: None };
        self.client.update_customer(&customer.id, &named, &fresh("name")).await?;
        Ok(Answer::Customer(customer.id))
    }

    async fn open_checkout(&self, order: &CheckoutOrder) -> Result<Option<Answer>, SyncError> {
        let customer = self.customer.as_deref().ok_or(SyncError::Unclear("there is no customer"))?;
        let prices = prices_of(self.client, self.pack, order.lines.iter().map(|(item, _)| item)).await?;
        let line = |(item, quantity): &(ItemId, u32)| {
            Some(PriceQuantity { price: prices.get(item)?, quantity: u64::from(*quantity) })
        };
        let lines: Vec<PriceQuantity<'_>> = order.lines.iter().filter_map(line).collect();
        let (workspace, purchase) = (self.workspace.to_string(), order.purchase.to_string());
        let new = NewCheckout {
            customer,
            workspace: &workspace,
            purchase: &purchase,
            lines: &lines,
            success_url: &self.page,
            cancel_url: &self.page,
            expires_at: order.expires_at,
        };
        let key = IdempotencyKey::given(&order.key);
        if order.renews {
            self.client.create_subscription_checkout(&new, &key).await?;
        } else {
            self.client.create_payment_checkout(&new, &key).await?;
        }
        Ok(None)
    }

    /// What has no units goes, except the last item, which Stripe does not remove.
    async fn level(&self, subscription: &str, items: &[ItemLine]) -> Result<Option<Answer>, SyncError> {
        let now = self.client.subscription(subscription).await?;
        let goes =
            |id: &String| items.iter().any(|line| line.item.as_ref() == Some(id) && line.quantity == 0);
        let is_new = |line: &ItemLine| line.item.is_none();
        let stays = now.items.data.iter().any(|item| !goes(&item.id)) || items.iter().any(is_new);
        let without_units = if stays { WithoutUnits::Removed } else { WithoutUnits::Kept };
        let changes = self.changes(items, without_units).await?;
        let items: Vec<_> = changes.iter().map(OwnedChange::borrow).collect();
        self.client.level_subscription(subscription, &items, None, &fresh("level")).await?;
        Ok(None)
    }

    async fn preview(&self, order: &ChargeOrder) -> Result<Answer, SyncError> {
        let changes = self.changes(&order.items, WithoutUnits::Kept).await?;
        let items: Vec<_> = changes.iter().map(OwnedChange::borrow).collect();
        let preview = Preview::Change {
            subscription: &order.subscription,
            items: &items,
            proration: Proration::AtOnce { from: order.proration_date },
        };
        let invoice = self.client.preview_invoice(&preview).await?;
        Ok(Answer::Preview(Money { amount: invoice.amount_due, currency: invoice.currency.to_uppercase() }))
    }

    async fn charge(&self, key: &str, order: &ChargeOrder) -> Result<Option<Answer>, SyncError> {
        let changes = self.changes(&order.items, WithoutUnits::Kept).await?;
        let items: Vec<_> = changes.iter().map(OwnedChange::borrow).collect();
        let key = IdempotencyKey::given(key);
        self.client.charge_subscription(&order.subscription, &items, order.proration_date, &key).await?;
        Ok(None)
    }

    /// An end that somebody set by date is taken back in another way than one with the period.
    async fn set_cancellation(&self, subscription: &str, ends: bool) -> Result<(), SyncError> {
        let now = self.client.subscription(subscription).await?;
        let by_date = now.cancel_at.is_some() && !now.cancel_at_period_end;
        if by_date && !ends {
            self.client.clear_end(subscription, &fresh("end")).await?;
        } else {
            self.client.set_cancellation(subscription, ends, &fresh("cancellation")).await?;
        }
        Ok(())
    }

    /// A subscription that has ended already has ended.
    async fn end(&self, subscription: &str) -> Result<Option<Answer>, SyncError> {
        match self.client.cancel_subscription(subscription, false, false).await {
            Ok(_) | Err(StripeError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Refunds the whole payment. Stripe refuses to refund it twice, so each attempt has a key of its own: to the same
    /// key, Stripe would repeat a failure.
    async fn refund(&self, payment: &Payment) -> Result<(), SyncError> {
        let intents: Vec<String> = match payment {
            Payment::Intent(intent) => vec![intent.clone()],
            Payment::Invoice(invoice) => {
                let invoice = self.client.invoice(invoice).await?;
                invoice.payment_intents().map(str::to_owned).collect()
            }
        };
        for intent in &intents {
            match self.client.create_refund(intent, None, &fresh("refund")).await {
                Ok(_) => {}
                Err(StripeError::Invalid { code: Some(code), .. }) if code == "charge_already_refunded" => {}
                // Nothing would ever refund it, such as a payment that the customer disputes at their bank.
                Err(error @ (StripeError::Invalid { .. } | StripeError::NotFound)) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    workspace = %self.workspace,
                    intent,
                    billing_drift = 1,
                    "a payment must be refunded by hand"
                ),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The changes of these items. New items need the ids of their prices.
    async fn changes(
        &self,
        items: &[ItemLine],
        without_units: WithoutUnits,
    ) -> Result<Vec<OwnedChange>, SyncError> {
        let new = items.iter().filter(|line| line.item.is_none()).map(|line| &line.sold);
        let prices = prices_of(self.client, self.pack, new).await?;
        let change = |line: &ItemLine| {
            let quantity = u64::from(line.quantity);
            Some(match &line.item {
                Some(item) if quantity == 0 && without_units == WithoutUnits::Removed => {
                    OwnedChange::Remove(item.clone())
                }
                Some(item) => OwnedChange::Set(item.clone(), quantity),
                None => OwnedChange::New(prices.get(&line.sold)?.clone(), quantity),
            })
        };
        Ok(items.iter().filter_map(change).collect())
    }
}

/// A key for a request that may be repeated.
fn fresh(kind: &str) -> IdempotencyKey {
    IdempotencyKey::new(kind, Uuid::from_u128(rand::random()))
}

/// A refusal for good is an answer: a repetition would be refused as well, and the next reading tells whether the
/// request had an effect all the same.
fn refusal(error: SyncError) -> Result<Option<Answer>, SyncError> {
    let SyncError::Stripe(refused) = &error else { return Err(error) };
    let failure = match refused {
        StripeError::Card { .. } => PaymentFailure::Declined,
        StripeError::Invalid { .. }
        | StripeError::NotFound
        | StripeError::Idempotency
        | StripeError::Replayed { .. } => PaymentFailure::Refused,
        _ => return Err(error),
    };
    if failure == PaymentFailure::Refused {
        tracing::warn!(error = refused as &dyn std::error::Error, "Stripe refuses a purchase");
    }
    Ok(Some(Answer::Refused(failure)))
}

/// A refusal because of the state is no failure: the next reading tells why.
fn tolerated<T>(reply: Result<T, StripeError>) -> Result<Option<Answer>, SyncError> {
    match reply {
        Ok(_) | Err(StripeError::Invalid { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
