//! What becomes of an attempt to take money.

use super::arithmetic::retry_after;
use crate::act::Card;
use crate::error::ApiError;
use crate::state::{Charge, IntentStatus, Invoice, InvoiceStatus, Status};
use crate::world::World;

/// What becomes of an attempt to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Paid,
    Declined,
    /// The bank asks for the customer.
    Authentication,
}

type Done = Result<(), ApiError>;

impl World<'_> {
    /// What the customer's card says to a charge while they are away.
    pub(crate) fn try_card(&mut self, customer: &str) -> Result<Outcome, ApiError> {
        let customer = self.account.customers.get_mut(customer)?;
        if std::mem::take(&mut customer.next_fails) {
            return Ok(Outcome::Declined);
        }
        Ok(match customer.method.as_ref().map(|method| method.card) {
            Some(Card::Works) => Outcome::Paid,
            Some(Card::AsksForAuthentication) => Outcome::Authentication,
            Some(Card::IsDeclined) | None => Outcome::Declined,
        })
    }

    /// Takes the money of an open invoice from the customer's card.
    pub(crate) fn collect(&mut self, invoice: &str) -> Result<Outcome, ApiError> {
        let customer = self.account.invoices.get(invoice)?.customer.clone();
        let outcome = self.try_card(&customer)?;
        self.attempt(invoice, outcome)?;
        Ok(outcome)
    }

    /// Records an attempt to pay an open invoice.
    pub(crate) fn attempt(&mut self, id: &str, outcome: Outcome) -> Done {
        let now = self.now;
        let invoice = self.account.invoices.get_mut(id)?;
        if invoice.status != InvoiceStatus::Open {
            return Err(ApiError::invalid(format!("Invoice {id} is {}.", invoice.status.name())));
        }
        invoice.attempts += 1;
        invoice.needs_authentication = outcome == Outcome::Authentication;
        if outcome == Outcome::Paid {
            return self.take_payment(id);
        }
        let awaits_update = self.pending_of(id).is_some();
        let invoice = self.account.invoices.get_mut(id)?;
        invoice.next_attempt =
            retry_after(invoice.attempts).filter(|_| !awaits_update).map(|wait| now + wait);
        let (intent, customer) = (invoice.intent.clone(), invoice.customer.clone());
        let authentication = outcome == Outcome::Authentication;
        if let Some(intent) = &intent {
            self.fail_intent(intent, authentication)?;
        }
        if !awaits_update {
            self.account.customers.get_mut(&customer)?.delinquent = true;
        }
        self.emit_invoice("payment_failed", id)?;
        if authentication {
            self.emit_invoice("payment_action_required", id)?;
        }
        Ok(())
    }

    fn fail_intent(&mut self, id: &str, authentication: bool) -> Done {
        let intent = self.account.intents.get_mut(id)?;
        let (status, kind) = if authentication {
            (IntentStatus::RequiresAction, "payment_intent.requires_action")
        } else {
            (IntentStatus::RequiresPaymentMethod, "payment_intent.payment_failed")
        };
        intent.status = status;
        let object = intent.json();
        self.emit(kind, object);
        Ok(())
    }

    fn take_payment(&mut self, id: &str) -> Done {
        if let Some(intent) = self.account.invoices.get(id)?.intent.clone() {
            self.succeed(&intent)?;
        }
        self.mark_paid(id)
    }

    /// Makes the charge of a payment intent.
    pub(crate) fn succeed(&mut self, intent: &str) -> Done {
        let id = self.id("ch_");
        let (now, paid) = (self.now, self.account.intents.get_mut(intent)?);
        paid.status = IntentStatus::Succeeded;
        paid.charge = Some(id.clone());
        let charge = Charge {
            id,
            created: now,
            amount: paid.amount,
            refunded: 0,
            currency: paid.currency.clone(),
            customer: paid.customer.clone(),
            intent: intent.to_owned(),
            metadata: paid.metadata.clone(),
        };
        let (intent, object) = (paid.json(), charge.json());
        self.account.charges.add(charge);
        self.emit("payment_intent.succeeded", intent);
        self.emit("charge.succeeded", object);
        Ok(())
    }

    /// Records that nothing is left to pay.
    pub(crate) fn mark_paid(&mut self, id: &str) -> Done {
        let now = self.now;
        let invoice = self.account.invoices.get_mut(id)?;
        invoice.status = InvoiceStatus::Paid;
        invoice.amount_paid = invoice.amount_due;
        invoice.paid_at = Some(now);
        invoice.next_attempt = None;
        invoice.needs_authentication = false;
        let customer = invoice.customer.clone();
        self.account.customers.get_mut(&customer)?.delinquent = false;
        self.emit_invoice("paid", id)?;
        self.emit_invoice("payment_succeeded", id)?;
        self.apply_pending(id)?;
        self.recover(id)
    }

    /// The subscription whose pending update waits for this invoice.
    pub(crate) fn pending_of(&self, invoice: &str) -> Option<String> {
        let subscriptions = self.account.subscriptions.all().iter();
        let mut waiting = subscriptions
            .filter(|entry| entry.pending.as_ref().is_some_and(|pending| pending.invoice == invoice));
        waiting.next().map(|entry| entry.id.clone())
    }

    fn apply_pending(&mut self, invoice: &str) -> Done {
        let Some(id) = self.pending_of(invoice) else { return Ok(()) };
        let subscription = self.account.subscriptions.get_mut(&id)?;
        if let Some(pending) = subscription.pending.take() {
            subscription.apply(pending);
        }
        self.emit_subscription("pending_update_applied", &id)?;
        self.emit_subscription("updated", &id)
    }

    /// A subscription that was past due is active again once nothing of it is open.
    pub(crate) fn recover(&mut self, invoice: &str) -> Done {
        let Some(id) = self.account.invoices.get(invoice)?.subscription.clone() else { return Ok(()) };
        let is_open = |entry: &Invoice| {
            entry.subscription.as_deref() == Some(&*id) && entry.status == InvoiceStatus::Open
        };
        let mut open = self.account.invoices.all().iter().filter(|entry| is_open(entry));
        let is_owed = open.any(|entry| self.pending_of(&entry.id).is_none());
        let subscription = self.account.subscriptions.get_mut(&id)?;
        if is_owed || subscription.status != Status::PastDue {
            return Ok(());
        }
        subscription.status = Status::Active;
        self.emit_subscription("updated", &id)
    }

    /// What follows from a failed payment of a running subscription.
    pub(crate) fn fall_behind(&mut self, subscription: &str, invoice: &str) -> Done {
        if self.account.invoices.get(invoice)?.next_attempt.is_none() {
            return self.end_subscription(subscription, "payment_failed");
        }
        self.account.subscriptions.get_mut(subscription)?.status = Status::PastDue;
        self.emit_subscription("updated", subscription)
    }
}
