//! What becomes of Checkout sessions.

use super::arithmetic::next_period;
use super::invoicing::Draft;
use super::outcome::Outcome;
use crate::act::Card;
use crate::error::ApiError;
use crate::form::Metadata;
use crate::state::{
    Intent, IntentStatus, Invoice, Line, Mode, PaymentMethod, Period, Session, SessionStatus, Status,
    Subscription,
};
use crate::world::World;

type Done = Result<(), ApiError>;

impl World<'_> {
    /// The session, if it can still be paid.
    pub(crate) fn open_session(&self, id: &str) -> Result<&Session, ApiError> {
        let session = self.account.sessions.get(id)?;
        if session.status != SessionStatus::Open || session.expires_at <= self.now {
            let status = session.status.name();
            return Err(ApiError::invalid(format!("This Checkout session is not open any more: {status}.")));
        }
        Ok(session)
    }

    /// The customer pays.
    pub(crate) fn pay_session(&mut self, id: &str, card: Card) -> Done {
        let session = self.open_session(id)?.clone();
        match session.mode {
            Mode::Payment => self.sell_once(&session)?,
            Mode::Subscription => self.subscribe(&session, card)?,
        }
        let entry = self.account.sessions.get_mut(id)?;
        entry.status = SessionStatus::Complete;
        entry.needs_authentication = false;
        entry.declined = false;
        self.emit_session("completed", id)
    }

    /// The customer's try to pay comes to nothing.
    pub(crate) fn stop_session(&mut self, id: &str, outcome: Outcome) -> Done {
        self.open_session(id)?;
        let session = self.account.sessions.get_mut(id)?;
        session.needs_authentication = outcome == Outcome::Authentication;
        session.declined = outcome == Outcome::Declined;
        Ok(())
    }

    pub(crate) fn expire_session(&mut self, id: &str) -> Done {
        let session = self.account.sessions.get_mut(id)?;
        if session.status != SessionStatus::Open {
            let message =
                format!("Only open Checkout sessions can be expired; this one is {}.", session.status.name());
            return Err(ApiError::invalid(message));
        }
        session.status = SessionStatus::Expired;
        self.emit_session("expired", id)
    }

    fn sell_once(&mut self, session: &Session) -> Done {
        if session.makes_invoice {
            return self.sell_with_invoice(session);
        }
        let id = self.id("pi_");
        let intent = Intent {
            id: id.clone(),
            created: self.now,
            amount: session.total(),
            currency: session.currency.clone(),
            customer: session.customer.clone(),
            status: IntentStatus::RequiresPaymentMethod,
            charge: None,
            invoice: None,
            canceled_at: None,
            metadata: session.inner_metadata.clone(),
        };
        self.account.intents.add(intent);
        self.account.sessions.get_mut(&session.id)?.intent = Some(id.clone());
        self.succeed(&id)
    }

    fn sell_with_invoice(&mut self, session: &Session) -> Done {
        let now = Period { start: self.now, end: self.now };
        let lines = session.lines.iter().map(|line| {
            let description = format!("{} × {}", line.quantity, self.product_name(&line.price));
            let id = line.id.replacen("li_", "il_", 1);
            let (price, quantity) = (line.price.clone(), line.quantity);
            Line {
                id,
                amount: line.amount,
                description,
                price,
                quantity,
                period: now,
                proration: false,
                item: None,
            }
        });
        let lines = lines.collect();
        let invoice = self.draft(Draft {
            customer: &session.customer,
            subscription: None,
            currency: &session.currency,
            reason: "manual",
            lines,
            period: now,
            proration_date: None,
        })?;
        let invoice = self.issue_and_pay(invoice)?;
        let intent = self.account.invoices.get(&invoice)?.intent.clone();
        let entry = self.account.sessions.get_mut(&session.id)?;
        entry.invoice = Some(invoice);
        entry.intent = intent;
        Ok(())
    }

    fn issue_and_pay(&mut self, invoice: Invoice) -> Result<String, ApiError> {
        let due = invoice.amount_due;
        let id = self.issue(invoice)?;
        if due > 0 {
            self.attempt(&id, Outcome::Paid)?;
        }
        Ok(id)
    }

    fn subscribe(&mut self, session: &Session, card: Card) -> Done {
        let lines = session.lines.iter().map(|line| (line.price.clone(), line.quantity)).collect();
        self.set_card(&session.customer, card)?;
        let metadata = session.inner_metadata.clone();
        let id = self.start_subscription(&session.customer, lines, metadata)?;
        self.account.subscriptions.get_mut(&id)?.description.clone_from(&session.inner_description);
        let invoice = self.account.subscriptions.get(&id)?.latest_invoice.clone();
        let entry = self.account.sessions.get_mut(&session.id)?;
        entry.subscription = Some(id);
        entry.invoice = invoice;
        Ok(())
    }

    pub(crate) fn set_card(&mut self, customer: &str, card: Card) -> Done {
        let method = PaymentMethod { id: self.id("pm_"), card };
        let entry = self.account.customers.get_mut(customer)?;
        entry.method = Some(method);
        entry.next_fails = false;
        self.emit_customer("customer.updated", customer)
    }

    /// Starts a subscription whose first invoice is paid.
    pub(crate) fn start_subscription(
        &mut self,
        customer: &str,
        lines: Vec<(String, i64)>,
        metadata: Metadata,
    ) -> Result<String, ApiError> {
        let first = lines.first().ok_or_else(|| ApiError::invalid("A subscription needs an item."))?;
        let price = self.account.prices.get(&first.0)?.clone();
        let recurring = price.recurring.ok_or_else(|| ApiError::invalid("The price is not recurring."))?;
        let items: Vec<_> = lines
            .into_iter()
            .map(|(price, quantity)| self.new_item(price, quantity, Metadata::new()))
            .collect();
        let id = self.id("sub_");
        let period = next_period(self.now, &recurring, self.now);
        self.account.subscriptions.add(Subscription {
            id: id.clone(),
            created: self.now,
            customer: customer.to_owned(),
            currency: price.currency.clone(),
            status: Status::Active,
            items: items.clone(),
            period,
            anchor: self.now,
            cancel_at: None,
            cancel_at_period_end: false,
            canceled_at: None,
            ended_at: None,
            cancel_reason: None,
            cancel_comment: None,
            cancel_feedback: None,
            description: None,
            metadata,
            latest_invoice: None,
            pending: None,
            waiting_lines: Vec::new(),
        });
        let lines = self.period_lines(&id, &items, period)?;
        let invoice = self.draft(Draft {
            customer,
            subscription: Some(&id),
            currency: &price.currency,
            reason: "subscription_create",
            lines,
            period: Period { start: self.now, end: self.now },
            proration_date: None,
        })?;
        self.emit_subscription("created", &id)?;
        self.issue_and_pay(invoice)?;
        Ok(id)
    }
}
