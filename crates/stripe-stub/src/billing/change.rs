//! Changes of the items of a subscription.

use super::arithmetic::{PENDING_UPDATE_SECONDS, prorated};
use super::invoicing::Draft;
use super::outcome::Outcome;
use crate::error::ApiError;
use crate::form::{Metadata, merge};
use crate::state::{Item, Line, LineItem, PendingUpdate, Period, Subscription};
use crate::world::World;

/// A change of the items of a subscription.
pub(crate) struct Change {
    pub(crate) items: Vec<ItemChange>,
    pub(crate) proration: Proration,
    pub(crate) payment: PaymentBehavior,
    pub(crate) date: Option<i64>,
}

#[derive(Default)]
pub(crate) struct ItemChange {
    pub(crate) id: Option<String>,
    pub(crate) price: Option<String>,
    pub(crate) quantity: Option<i64>,
    pub(crate) deleted: bool,
    pub(crate) metadata: Metadata,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proration {
    None,
    Create,
    AlwaysInvoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PaymentBehavior {
    Allow,
    Refuse,
    Wait,
}

type Done = Result<(), ApiError>;

impl Proration {
    pub(crate) fn named(name: Option<&str>) -> Self {
        match name {
            Some("none") => Self::None,
            Some("always_invoice") => Self::AlwaysInvoice,
            _ => Self::Create,
        }
    }
}

impl World<'_> {
    /// The items as a change would leave them.
    pub(crate) fn changed_items(
        &mut self,
        subscription: &Subscription,
        changes: &[ItemChange],
    ) -> Result<Vec<Item>, ApiError> {
        let mut items = subscription.items.clone();
        for change in changes {
            self.change_item(&mut items, change)?;
        }
        let mut prices: Vec<&str> = items.iter().map(|item| item.price.as_str()).collect();
        prices.sort_unstable();
        if prices.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(ApiError::invalid("A subscription cannot have several items with the same price."));
        }
        if items.is_empty() {
            return Err(ApiError::invalid("A subscription must have at least one active item."));
        }
        self.check_prices(&items, &subscription.currency)?;
        Ok(items)
    }

    fn change_item(&mut self, items: &mut Vec<Item>, change: &ItemChange) -> Done {
        let Some(id) = &change.id else {
            let price =
                change.price.clone().ok_or_else(|| ApiError::invalid("An item needs an id or a price."))?;
            let quantity = change.quantity.unwrap_or(1);
            let item = self.new_item(price, quantity, change.metadata.clone());
            items.push(item);
            return Ok(());
        };
        let place = items.iter().position(|item| item.id == *id);
        let place = place.ok_or_else(|| ApiError::missing("subscription_item", id))?;
        if change.deleted {
            items.remove(place);
            return Ok(());
        }
        let item = &mut items[place];
        item.price = change.price.clone().unwrap_or_else(|| item.price.clone());
        item.quantity = change.quantity.unwrap_or(item.quantity);
        merge(&mut item.metadata, change.metadata.clone());
        Ok(())
    }

    pub(crate) fn new_item(&mut self, price: String, quantity: i64, metadata: Metadata) -> Item {
        Item { id: self.id("si_"), created: self.now, price, quantity, metadata }
    }

    /// One currency, one interval, and nothing that is sold once.
    pub(crate) fn check_prices(&self, items: &[Item], currency: &str) -> Done {
        let mut interval = None;
        for item in items {
            let price = self.account.prices.get(&item.price)?;
            let recurring = price.recurring.as_ref();
            let recurring = recurring.ok_or_else(|| {
                ApiError::invalid(format!("The price {} is not set to be recurring.", price.id))
            })?;
            if *interval.get_or_insert(recurring) != recurring || price.currency != currency {
                return Err(ApiError::invalid(
                    "All prices on a subscription must have the same currency and the same interval.",
                ));
            }
        }
        Ok(())
    }

    /// The credits for what is given up and the charges for what is added.
    pub(crate) fn proration_lines(
        &mut self,
        subscription: &Subscription,
        items: &[Item],
        date: i64,
    ) -> Result<Vec<Line>, ApiError> {
        let same = |left: &Item, right: &Item| {
            left.id == right.id && left.price == right.price && left.quantity == right.quantity
        };
        let given_up = subscription.items.iter().filter(|old| !items.iter().any(|new| same(old, new)));
        let added = items.iter().filter(|new| !subscription.items.iter().any(|old| same(old, new)));
        let credits = given_up.map(|item| (item, -1));
        let changes: Vec<(&Item, i64)> = credits.chain(added.map(|item| (item, 1))).collect();
        let changes = changes.into_iter().filter(|(item, _)| item.quantity > 0);
        changes.map(|(item, sign)| self.proration_line(subscription, item, sign, date)).collect()
    }

    fn proration_line(
        &mut self,
        subscription: &Subscription,
        item: &Item,
        sign: i64,
        date: i64,
    ) -> Result<Line, ApiError> {
        let id = self.id("il_");
        let unit = self.account.prices.get(&item.price)?.unit_amount;
        let what = if sign < 0 { "Unused" } else { "Remaining" };
        let name = self.product_name(&item.price);
        Ok(Line {
            id,
            amount: sign * prorated(unit, item.quantity, subscription.period, date),
            description: format!("{what} time on {} × {name}", item.quantity),
            price: item.price.clone(),
            quantity: item.quantity,
            period: Period { start: date, end: subscription.period.end },
            proration: true,
            item: Some(LineItem { subscription: subscription.id.clone(), item: item.id.clone() }),
        })
    }

    /// When prorations count from.
    pub(crate) fn proration_date(
        &self,
        subscription: &Subscription,
        date: Option<i64>,
    ) -> Result<i64, ApiError> {
        let Some(date) = date else { return Ok(self.now) };
        if !(subscription.period.start..=subscription.period.end).contains(&date) {
            return Err(ApiError::invalid(
                "Cannot specify `proration_date` outside of the current subscription period.",
            )
            .param("proration_date"));
        }
        Ok(date)
    }

    pub(crate) fn change(&mut self, id: &str, change: &Change) -> Done {
        let subscription = self.account.subscriptions.get(id)?.clone();
        let items = self.changed_items(&subscription, &change.items)?;
        let date = self.proration_date(&subscription, change.date)?;
        let lines = match change.proration {
            Proration::None => Vec::new(),
            Proration::Create | Proration::AlwaysInvoice => {
                self.proration_lines(&subscription, &items, date)?
            }
        };
        match change.proration {
            Proration::AlwaysInvoice if !lines.is_empty() => {
                self.change_and_invoice(&subscription, items, lines, date, change.payment)
            }
            Proration::None | Proration::Create | Proration::AlwaysInvoice => {
                self.account.subscriptions.get_mut(id)?.waiting_lines.extend(lines);
                self.set_items(id, items)
            }
        }
    }

    fn set_items(&mut self, id: &str, items: Vec<Item>) -> Done {
        self.account.subscriptions.get_mut(id)?.items = items;
        self.emit_subscription("updated", id)
    }

    fn change_and_invoice(
        &mut self,
        subscription: &Subscription,
        items: Vec<Item>,
        lines: Vec<Line>,
        date: i64,
        payment: PaymentBehavior,
    ) -> Done {
        let id = subscription.id.as_str();
        if payment == PaymentBehavior::Wait {
            // A new change takes the place of one that still waits for its payment.
            if let Some(pending) = &subscription.pending {
                self.void(&pending.invoice)?;
            }
        }
        let waiting = match payment {
            PaymentBehavior::Wait => Vec::new(),
            _ => subscription.waiting_lines.clone(),
        };
        let invoice = self.draft(Draft {
            customer: &subscription.customer,
            subscription: Some(id),
            currency: &subscription.currency,
            reason: "subscription_update",
            lines: waiting.into_iter().chain(lines).collect(),
            period: Period { start: subscription.period.start, end: date },
            proration_date: Some(date),
        })?;
        let due = invoice.amount_due;
        let outcome = if due == 0 { Outcome::Paid } else { self.try_card(&subscription.customer)? };
        if payment == PaymentBehavior::Refuse && outcome != Outcome::Paid {
            return Err(ApiError::declined());
        }
        let invoice = self.issue(invoice)?;
        if payment == PaymentBehavior::Wait {
            return self.charge_first(subscription, items, &invoice, outcome);
        }
        self.account.subscriptions.get_mut(id)?.waiting_lines.clear();
        self.set_items(id, items)?;
        if due > 0 {
            self.attempt(&invoice, outcome)?;
        }
        if outcome == Outcome::Paid { Ok(()) } else { self.fall_behind(id, &invoice) }
    }

    /// The items change only once the invoice is paid.
    fn charge_first(
        &mut self,
        subscription: &Subscription,
        items: Vec<Item>,
        invoice: &str,
        outcome: Outcome,
    ) -> Done {
        let id = subscription.id.as_str();
        let is_due = self.account.invoices.get(invoice)?.amount_due > 0;
        if outcome == Outcome::Paid {
            if is_due {
                self.attempt(invoice, outcome)?;
            }
            return self.set_items(id, items);
        }
        let expires_at = subscription.period.end.min(self.now + PENDING_UPDATE_SECONDS);
        let items = items.into_iter().filter(|item| !subscription.items.contains(item)).collect();
        let pending = PendingUpdate { invoice: invoice.to_owned(), expires_at, items };
        self.account.subscriptions.get_mut(id)?.pending = Some(pending);
        self.attempt(invoice, outcome)?;
        self.emit_subscription("updated", id)
    }
}
