//! How invoices come to be and are voided.

use super::arithmetic::settle;
use crate::error::ApiError;
use crate::form::Metadata;
use crate::state::{
    Intent, IntentStatus, Invoice, InvoiceStatus, Item, Line, LineItem, Period, Subscription,
};
use crate::world::World;

/// What an invoice is made of.
pub(crate) struct Draft<'a> {
    pub(crate) customer: &'a str,
    pub(crate) subscription: Option<&'a str>,
    pub(crate) currency: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) lines: Vec<Line>,
    pub(crate) period: Period,
    pub(crate) proration_date: Option<i64>,
}

impl World<'_> {
    /// An invoice that nobody has seen yet.
    pub(crate) fn draft(&mut self, draft: Draft<'_>) -> Result<Invoice, ApiError> {
        let total = draft.lines.iter().map(|line| line.amount).sum();
        let balance = self.account.customers.get(draft.customer)?.balance;
        let settlement = settle(total, balance);
        let subscription = draft.subscription.and_then(|id| self.account.subscriptions.find(id));
        let metadata = subscription.map_or_else(Metadata::new, |entry| entry.metadata.clone());
        Ok(Invoice {
            id: self.id("in_"),
            created: self.now,
            number: None,
            customer: draft.customer.to_owned(),
            subscription: draft.subscription.map(str::to_owned),
            subscription_metadata: metadata,
            reason: draft.reason.to_owned(),
            status: InvoiceStatus::Draft,
            currency: draft.currency.to_owned(),
            lines: draft.lines,
            total,
            starting_balance: balance,
            ending_balance: settlement.balance,
            amount_due: settlement.due,
            amount_paid: 0,
            attempts: 0,
            next_attempt: None,
            finalized_at: None,
            paid_at: None,
            voided_at: None,
            period: draft.period,
            proration_date: draft.proration_date,
            intent: None,
            needs_authentication: false,
        })
    }

    /// Sends an invoice out. Where nothing is due, it is paid by that.
    pub(crate) fn issue(&mut self, invoice: Invoice) -> Result<String, ApiError> {
        let id = invoice.id.clone();
        let due = invoice.amount_due;
        let subscription = invoice.subscription.clone();
        let customer = self.account.customers.get_mut(&invoice.customer)?;
        customer.balance = invoice.ending_balance;
        customer.currency = Some(invoice.currency.clone());
        let number = format!("{}-{:04}", customer.invoice_prefix(), customer.next_invoice);
        customer.next_invoice += 1;
        self.account.invoices.add(invoice);
        self.emit_invoice("created", &id)?;
        let intent = if due > 0 { Some(self.intent_of(&id)?) } else { None };
        let now = self.now;
        let invoice = self.account.invoices.get_mut(&id)?;
        invoice.number = Some(number);
        invoice.status = InvoiceStatus::Open;
        invoice.finalized_at = Some(now);
        invoice.intent = intent;
        if let Some(subscription) = &subscription {
            self.account.subscriptions.get_mut(subscription)?.latest_invoice = Some(id.clone());
        }
        self.emit_invoice("finalized", &id)?;
        if due == 0 {
            self.mark_paid(&id)?;
        }
        Ok(id)
    }

    fn intent_of(&mut self, invoice: &str) -> Result<String, ApiError> {
        let id = self.id("pi_");
        let entry = self.account.invoices.get(invoice)?;
        let intent = Intent {
            id: id.clone(),
            created: self.now,
            amount: entry.amount_due,
            currency: entry.currency.clone(),
            customer: entry.customer.clone(),
            status: IntentStatus::RequiresPaymentMethod,
            charge: None,
            invoice: Some(invoice.to_owned()),
            canceled_at: None,
            metadata: Metadata::new(),
        };
        self.account.intents.add(intent);
        Ok(id)
    }

    pub(crate) fn void(&mut self, id: &str) -> Result<(), ApiError> {
        let now = self.now;
        let invoice = self.account.invoices.get_mut(id)?;
        if invoice.status != InvoiceStatus::Open {
            let message =
                format!("You can only pass in open invoices. This invoice is {}.", invoice.status.name());
            return Err(ApiError::invalid(message));
        }
        invoice.status = InvoiceStatus::Void;
        invoice.voided_at = Some(now);
        invoice.next_attempt = None;
        invoice.needs_authentication = false;
        let (applied, customer) = (invoice.applied_balance(), invoice.customer.clone());
        let intent = invoice.intent.clone();
        self.account.customers.get_mut(&customer)?.balance += applied;
        if let Some(intent) = intent {
            let intent = self.account.intents.get_mut(&intent)?;
            intent.status = IntentStatus::Canceled;
            intent.canceled_at = Some(now);
        }
        self.emit_invoice("voided", id)?;
        self.drop_pending(id)?;
        self.recover(id)
    }

    fn drop_pending(&mut self, invoice: &str) -> Result<(), ApiError> {
        let Some(id) = self.pending_of(invoice) else { return Ok(()) };
        self.account.subscriptions.get_mut(&id)?.pending = None;
        self.emit_subscription("pending_update_expired", &id)?;
        self.emit_subscription("updated", &id)
    }

    /// The lines of a whole period.
    pub(crate) fn period_lines(
        &mut self,
        subscription: &str,
        items: &[Item],
        period: Period,
    ) -> Result<Vec<Line>, ApiError> {
        items.iter().map(|item| self.period_line(subscription, item, period)).collect()
    }

    fn period_line(&mut self, subscription: &str, item: &Item, period: Period) -> Result<Line, ApiError> {
        let id = self.id("il_");
        let unit = self.account.prices.get(&item.price)?.unit_amount;
        let name = self.product_name(&item.price);
        Ok(Line {
            id,
            amount: unit.saturating_mul(item.quantity),
            description: format!("{} × {name}", item.quantity),
            price: item.price.clone(),
            quantity: item.quantity,
            period,
            proration: false,
            item: Some(LineItem { subscription: subscription.to_owned(), item: item.id.clone() }),
        })
    }

    pub(crate) fn product_name(&self, price: &str) -> String {
        let product =
            self.account.prices.find(price).and_then(|price| self.account.products.find(&price.product));
        product.map_or_else(String::new, |product| product.name.clone())
    }

    /// The next invoice of a subscription, at the end of its period.
    pub(crate) fn renewal(
        &mut self,
        subscription: &Subscription,
        period: Period,
    ) -> Result<Vec<Line>, ApiError> {
        let mut lines = self.period_lines(&subscription.id, &subscription.items, period)?;
        lines.extend(subscription.waiting_lines.iter().cloned());
        Ok(lines)
    }
}
