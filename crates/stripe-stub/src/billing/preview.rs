//! Previews: the invoice that a change would bring.

use super::change::{ItemChange, Proration};
use super::invoicing::Draft;
use crate::error::ApiError;
use crate::state::{Invoice, Item, Line, Period, Subscription};
use crate::world::World;

/// What a preview is asked for.
pub(crate) struct Preview {
    pub(crate) customer: String,
    /// The subscription that would change; `None` for one that would start.
    pub(crate) subscription: Option<String>,
    pub(crate) items: Vec<ItemChange>,
    pub(crate) proration: Proration,
    pub(crate) date: Option<i64>,
}

impl World<'_> {
    pub(crate) fn preview(&mut self, preview: &Preview) -> Result<Invoice, ApiError> {
        let invoice = match &preview.subscription {
            Some(id) => self.preview_change(id, preview)?,
            None => self.preview_start(preview)?,
        };
        let id = invoice.id.replacen("in_", "upcoming_in_", 1);
        Ok(Invoice { id, ..invoice })
    }

    fn preview_change(&mut self, id: &str, preview: &Preview) -> Result<Invoice, ApiError> {
        let subscription = self.account.subscriptions.get(id)?.clone();
        if !subscription.is_live() || subscription.customer != preview.customer {
            return Err(ApiError::missing("subscription", id));
        }
        let items = self.changed_items(&subscription, &preview.items)?;
        let date = self.proration_date(&subscription, preview.date)?;
        let prorations = self.proration_lines(&subscription, &items, date)?;
        let (lines, period) = match preview.proration {
            Proration::AlwaysInvoice if !prorations.is_empty() => {
                (prorations, Period { start: subscription.period.start, end: date })
            }
            proration => self.preview_renewal(&subscription, items, prorations, proration)?,
        };
        self.draft(Draft {
            customer: &preview.customer,
            subscription: Some(id),
            currency: &subscription.currency,
            reason: "upcoming",
            lines,
            period,
            proration_date: Some(date).filter(|_| !preview.items.is_empty()),
        })
    }

    fn preview_renewal(
        &mut self,
        subscription: &Subscription,
        items: Vec<Item>,
        prorations: Vec<Line>,
        proration: Proration,
    ) -> Result<(Vec<Line>, Period), ApiError> {
        let following = self.following_period(subscription)?;
        let mut changed = Subscription { items, ..subscription.clone() };
        if proration == Proration::Create {
            changed.waiting_lines.extend(prorations);
        }
        Ok((self.renewal(&changed, following)?, subscription.period))
    }

    fn preview_start(&mut self, preview: &Preview) -> Result<Invoice, ApiError> {
        let mut items = Vec::new();
        for change in &preview.items {
            let price = change.price.clone().ok_or_else(|| ApiError::invalid("An item needs a price."))?;
            let item = self.new_item(price, change.quantity.unwrap_or(1), change.metadata.clone());
            items.push(item);
        }
        let first = items.first().ok_or_else(|| ApiError::invalid("A preview needs items."))?;
        let price = self.account.prices.get(&first.price)?.clone();
        self.check_prices(&items, &price.currency)?;
        let recurring = price.recurring.ok_or_else(|| ApiError::invalid("The price is not recurring."))?;
        let period = super::arithmetic::next_period(self.now, &recurring, self.now);
        let subscription = self.id("sub_");
        let lines = self.period_lines(&subscription, &items, period)?;
        self.draft(Draft {
            customer: &preview.customer,
            subscription: None,
            currency: &price.currency,
            reason: "upcoming",
            lines,
            period: Period { start: self.now, end: self.now },
            proration_date: None,
        })
    }
}
