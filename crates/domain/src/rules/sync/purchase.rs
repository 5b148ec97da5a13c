//! The open purchase: by a Checkout page, or by a charge of the saved card.

use jiff::Timestamp;

use super::known::Here;
use super::reading::{Reading, SubscriptionReading};
use super::step::{Answer, SyncStep};
use super::{charge, checkout, close};
use crate::model::{BillingChange, OnlinePayment, Purchase, PurchaseState};
use crate::moment::Moment;
use crate::record::Stored;
use crate::rules::billing::order;

/// An open purchase, with all that its next step depends on.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub here: &'a Here<'a>,
    pub purchase: &'a Stored<Purchase>,
    pub own: Option<&'a SubscriptionReading>,
    pub reading: &'a Reading,
    pub answer: Option<&'a Answer>,
}

/// How a purchase goes on.
pub(super) enum Progress {
    /// By this step.
    Step(SyncStep),
    /// By the customer, until this time.
    Waits {
        /// The time.
        until: Timestamp,
        /// Whether quantities may change meanwhile. They must not while a charge could still be paid.
        levels: bool,
    },
}

impl Case<'_> {
    pub fn now(&self) -> Timestamp {
        self.here.now
    }

    pub fn payment(&self) -> OnlinePayment {
        self.purchase.value.payment.clone().unwrap_or_default()
    }

    /// Whether it buys something that renews, so that it needs a subscription.
    pub fn renews(&self) -> bool {
        !matches!(self.purchase.value.change, Some(BillingChange::Credits { .. }))
    }

    /// Whether the change still adds what was ordered. A seat that was cancelled since then must not be paid for. What a
    /// plan has does not depend on the seats.
    pub fn is_as_ordered(&self) -> bool {
        let purchase = &self.purchase.value;
        match &purchase.change {
            None | Some(BillingChange::Plan { .. } | BillingChange::Credits { .. }) => true,
            Some(change) => {
                let order = order(self.here.pack(), &self.here.holdings(), change.clone(), self.now());
                order.is_ok_and(|order| order.difference == purchase.difference)
            }
        }
    }

    /// Whether only an operator changes what it buys.
    pub fn is_managed(&self) -> bool {
        self.renews() && self.here.is_operator_managed()
    }

    /// Whether what is open at Stripe is to be closed there: its time is over, or only an operator may change it now.
    pub fn must_close(&self, payment: &OnlinePayment) -> bool {
        close::is_over(payment, self.now()) || self.is_managed()
    }

    /// The subscription of the workspace, if it lives.
    pub fn live(&self) -> Option<&SubscriptionReading> {
        self.own.filter(|own| own.is_live())
    }
}

/// The next step of an open purchase.
pub(super) fn next(case: &Case<'_>, moment: &mut Moment) -> Progress {
    let payment = case.payment();
    if payment.subscription.is_some() {
        return charge::next(case, &payment, moment);
    }
    if payment.ends.is_some() {
        return checkout::next(case, &payment, moment);
    }
    // Stripe was not asked for anything yet.
    Progress::Step(match case.live() {
        _ if payment.discarded => close::close(case, PurchaseState::Discarded, None),
        Some(own) if case.renews() => charge::prepare(case, &payment, own),
        _ => checkout::prepare(case),
    })
}
