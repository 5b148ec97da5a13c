//! What people do: customers on Stripe's pages, and the merchant in the dashboard.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::billing::{Change, End, ItemChange, Outcome, PaymentBehavior, Proration};
use crate::error::ApiError;
use crate::form::Metadata;
use crate::world::World;

/// How a card behaves when it is charged while the customer is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// Every charge succeeds.
    Works,
    /// Every charge is declined.
    IsDeclined,
    /// Every charge asks for the customer.
    AsksForAuthentication,
}

/// An act of a person. Prices are named by id or lookup key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StubAct {
    /// The customer pays at Checkout; the card says how later charges end.
    PayCheckout {
        /// The id of the session.
        session: String,
        /// The card that is used from now on.
        card: Card,
    },
    /// The card is declined at Checkout; the session stays open.
    DeclineCheckout {
        /// The id of the session.
        session: String,
    },
    /// The bank asks for the customer at Checkout.
    AskAuthenticationCheckout {
        /// The id of the session.
        session: String,
    },
    /// The customer proves to the bank who they are, and what waited for it is paid.
    CompleteAuthentication {
        /// The id of an invoice or a session.
        id: String,
    },
    /// The customer fails to prove to the bank who they are.
    FailAuthentication {
        /// The id of an invoice or a session.
        id: String,
    },
    /// The customer pays an open invoice on its page.
    PayInvoice {
        /// The id of the invoice.
        invoice: String,
    },
    /// The customer tries to pay an open invoice on its page, and the card is declined.
    DeclineInvoice {
        /// The id of the invoice.
        invoice: String,
    },
    /// The customer changes their card in the portal.
    SetCard {
        /// The id of the customer.
        customer: String,
        /// The new card.
        card: Card,
    },
    /// The next charge of the customer is declined, once.
    NextPaymentFails {
        /// The id of the customer.
        customer: String,
    },
    /// The customer cancels their subscription in the portal.
    CancelInPortal {
        /// The id of the customer.
        customer: String,
        /// Whether it runs to the end of its period.
        at_period_end: bool,
    },
    /// The customer takes back a cancellation.
    ResumeInPortal {
        /// The id of the customer.
        customer: String,
    },
    /// The customer changes the quantity of the only item, and is charged for more at once.
    ChangeQuantityInPortal {
        /// The id of the customer.
        customer: String,
        /// The new quantity.
        quantity: i64,
    },
    /// The customer confirms the update that a portal session proposes.
    ConfirmUpdate {
        /// The id of the portal session.
        portal_session: String,
    },
    /// The merchant changes a quantity in the dashboard, without a charge.
    ChangeQuantityByHand {
        /// The id of the subscription.
        subscription: String,
        /// The price.
        price: String,
        /// The new quantity.
        quantity: i64,
    },
    /// The merchant sets when a subscription ends, in the dashboard.
    CancelAt {
        /// The id of the subscription.
        subscription: String,
        /// When it ends.
        at: Timestamp,
    },
    /// The merchant ends a subscription in the dashboard.
    DeleteSubscription {
        /// The id of the subscription.
        subscription: String,
    },
    /// The merchant starts another subscription of one seat, which is paid.
    SecondSubscription {
        /// The id of the customer.
        customer: String,
        /// The price.
        price: String,
    },
}

type Done = Result<(), ApiError>;

impl World<'_> {
    pub(crate) fn act(&mut self, act: StubAct) -> Done {
        match act {
            StubAct::PayCheckout { session, card } => self.pay_session(&session, card),
            StubAct::DeclineCheckout { session } => self.stop_session(&session, Outcome::Declined),
            StubAct::AskAuthenticationCheckout { session } => {
                self.stop_session(&session, Outcome::Authentication)
            }
            StubAct::CompleteAuthentication { id } => self.complete_authentication(&id),
            StubAct::FailAuthentication { id } => self.fail_authentication(&id),
            StubAct::PayInvoice { invoice } => self.attempt(&invoice, Outcome::Paid),
            StubAct::DeclineInvoice { invoice } => self.attempt(&invoice, Outcome::Declined),
            StubAct::SetCard { customer, card } => self.set_card(&customer, card),
            StubAct::NextPaymentFails { customer } => {
                self.account.customers.get_mut(&customer)?.next_fails = true;
                Ok(())
            }
            StubAct::CancelInPortal { customer, at_period_end } => {
                self.cancel_in_portal(&customer, at_period_end)
            }
            StubAct::ResumeInPortal { customer } => {
                let id = self.subscription_of(&customer)?;
                self.schedule_end(&id, End::Never)?;
                self.emit_subscription("updated", &id)
            }
            StubAct::ChangeQuantityInPortal { customer, quantity } => {
                let id = self.subscription_of(&customer)?;
                self.change_only_item(&id, None, Some(quantity), Proration::AlwaysInvoice)
            }
            StubAct::ConfirmUpdate { portal_session } => self.confirm_update(&portal_session),
            StubAct::ChangeQuantityByHand { subscription, price, quantity } => {
                self.change_by_hand(&subscription, &price, quantity)
            }
            StubAct::CancelAt { subscription, at } => {
                self.schedule_end(&subscription, End::At(at.as_second()))?;
                self.emit_subscription("updated", &subscription)
            }
            StubAct::DeleteSubscription { subscription } => {
                self.delete_subscription(&subscription, false, false)
            }
            StubAct::SecondSubscription { customer, price } => {
                let price = self.account.price_named(&price)?.id.clone();
                self.start_subscription(&customer, vec![(price, 1)], Metadata::new()).map(drop)
            }
        }
    }

    fn complete_authentication(&mut self, id: &str) -> Done {
        if self.account.sessions.find(id).is_some() {
            awaits(id, self.account.sessions.get(id)?.needs_authentication)?;
            return self.pay_session(id, Card::Works);
        }
        awaits(id, self.account.invoices.get(id)?.needs_authentication)?;
        self.attempt(id, Outcome::Paid)
    }

    fn fail_authentication(&mut self, id: &str) -> Done {
        if self.account.sessions.find(id).is_some() {
            awaits(id, self.account.sessions.get(id)?.needs_authentication)?;
            return self.stop_session(id, Outcome::Declined);
        }
        awaits(id, self.account.invoices.get(id)?.needs_authentication)?;
        self.attempt(id, Outcome::Declined)
    }

    fn subscription_of(&self, customer: &str) -> Result<String, ApiError> {
        let first = self.account.live_subscriptions(customer).next();
        first
            .map(|subscription| subscription.id.clone())
            .ok_or_else(|| ApiError::invalid(format!("The customer {customer} has no subscription.")))
    }

    fn cancel_in_portal(&mut self, customer: &str, at_period_end: bool) -> Done {
        let id = self.subscription_of(customer)?;
        if !at_period_end {
            return self.delete_subscription(&id, false, false);
        }
        self.schedule_end(&id, End::WithPeriod)?;
        self.emit_subscription("updated", &id)
    }

    /// The portal changes only subscriptions of one item.
    fn change_only_item(
        &mut self,
        id: &str,
        price: Option<String>,
        quantity: Option<i64>,
        proration: Proration,
    ) -> Done {
        let [item] = self.account.subscriptions.get(id)?.items.as_slice() else {
            return Err(ApiError::invalid("The portal changes only subscriptions of one item."));
        };
        let id_of_item = Some(item.id.clone());
        self.change_item_of(
            id,
            ItemChange { id: id_of_item, price, quantity, ..ItemChange::default() },
            proration,
        )
    }

    /// A change that fails where its payment does, as in the portal.
    fn change_item_of(&mut self, id: &str, item: ItemChange, proration: Proration) -> Done {
        let payment = PaymentBehavior::Refuse;
        self.change(id, &Change { items: vec![item], proration, payment, date: None })
    }

    fn confirm_update(&mut self, portal: &str) -> Done {
        let session = self.account.portals.get(portal)?.clone();
        let flow = session.flow.filter(|flow| !flow.done);
        let flow = flow.ok_or_else(|| ApiError::invalid("There is nothing to confirm."))?;
        let features = &self.account.configurations.get(&session.configuration)?.features;
        let proration = Proration::named(Some(&features.update_proration));
        self.change_only_item(&flow.subscription, flow.price, flow.quantity, proration)?;
        if let Some(flow) = &mut self.account.portals.get_mut(portal)?.flow {
            flow.done = true;
        }
        Ok(())
    }

    fn change_by_hand(&mut self, id: &str, price: &str, quantity: i64) -> Done {
        let price = self.account.price_named(price)?.id.clone();
        let items = &self.account.subscriptions.get(id)?.items;
        let item = items.iter().find(|item| item.price == price).map(|item| item.id.clone());
        let (quantity, price) = (Some(quantity), Some(price));
        self.change_item_of(
            id,
            ItemChange { id: item, price, quantity, ..ItemChange::default() },
            Proration::None,
        )
    }
}

fn awaits(id: &str, needs_authentication: bool) -> Done {
    if needs_authentication { Ok(()) } else { Err(ApiError::invalid(format!("{id} waits for nobody."))) }
}
