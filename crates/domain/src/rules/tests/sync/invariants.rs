//! What must hold: after each write of a run, and at rest.

use super::run::written_purchase;
use super::world::World;
use crate::rules::billing::Holdings;
use crate::rules::sync::{InvoiceReading, InvoiceState, SessionState, SubscriptionState};
use crate::rules::tests::fixture::WORKSPACE;
use crate::{
    BillingAccount, Change, Credits, Purchase, PurchaseState, Quantities, Stored, SubscriptionStatus, Tally,
    Workspace,
};

impl World {
    fn wrong(&mut self, what: String) {
        self.log.push(format!("WRONG: {what}"));
        self.wrongs.push(what);
    }

    /// What the workspace has of each item that renews.
    pub fn units(&self) -> Quantities {
        let (Some(workspace), Some(tally)) = (
            self.table.get::<Workspace>(Workspace::key(WORKSPACE)),
            self.table.get::<Tally>(Tally::key(WORKSPACE)),
        ) else {
            return Quantities::new();
        };
        let seats = self.table.seats();
        Holdings { workspace: &workspace, tally: &tally.value, seats: &seats }.quantities(&self.pack)
    }

    fn is_paid(&self, purchase: &Purchase) -> bool {
        self.stripe.payments(purchase.id).iter().any(|(_, is_refunded)| !is_refunded)
    }

    /// K57: nothing is granted that Stripe does not say is paid.
    pub fn check_written(&mut self, before: &Quantities, changes: &[Change]) {
        let granted: Vec<Purchase> = changes
            .iter()
            .filter_map(written_purchase)
            .filter(|purchase| purchase.state == PurchaseState::Paid)
            .cloned()
            .collect();
        let open = self.table.get::<BillingAccount>(BillingAccount::key(WORKSPACE));
        let open = open.and_then(|account| account.value.open_purchase);
        let open = open.and_then(|id| self.table.get::<Purchase>(Purchase::key(WORKSPACE, id)));
        // A large grant takes several writes, the last of which closes the purchase.
        let is_covered = !granted.is_empty() || open.is_some_and(|open| self.is_paid(&open.value));
        for purchase in granted {
            if !self.is_paid(&purchase) {
                self.wrong(format!("K57: {} is granted and not paid", purchase.id));
            }
        }
        let account = self.table.get::<BillingAccount>(BillingAccount::key(WORKSPACE));
        // What was changed at Stripe may have changed again since it was read.
        let own = account.and_then(|account| account.value.subscription);
        let at_stripe = own.map_or(Quantities::new(), |own| own.quantities);
        let rises: Vec<_> = self
            .units()
            .into_iter()
            .filter(|(sold, units)| *units > before.get(sold).copied().unwrap_or(0))
            .filter(|(sold, units)| *units > at_stripe.get(sold).copied().unwrap_or(0))
            .collect();
        if !rises.is_empty() && !is_covered {
            self.wrong(format!("K57: {rises:?} are granted and not paid"));
        }
    }

    fn all_purchases(&self) -> Vec<Stored<Purchase>> {
        self.table.all::<Purchase>()
    }

    /// K58: at most one payment for a purchase, of the price that was agreed to.
    pub fn check_payments(&mut self) {
        for purchase in self.all_purchases() {
            let (purchase, payments) = (purchase.value.clone(), self.stripe.payments(purchase.value.id));
            if payments.len() > 1 {
                self.wrong(format!("K58: {} is charged {} times", purchase.id, payments.len()));
            }
            let agreed = purchase.due.as_ref().map(|due| due.amount);
            for (amount, _) in payments {
                if amount.is_some() && agreed.is_some() && amount != agreed && !self.is_edited {
                    self.wrong(format!("K58: {} costs {amount:?} instead of {agreed:?}", purchase.id));
                }
            }
        }
        for abuse in std::mem::take(&mut self.stripe.abuses) {
            self.wrong(abuse);
        }
    }

    /// What holds when all is done.
    pub fn check_rest(&mut self) {
        self.check_payments();
        let tally = self.table.get::<Tally>(Tally::key(WORKSPACE));
        if let Some(seats) = tally.map(|tally| tally.value.seats).filter(|seats| *seats < 0) {
            self.wrong(format!("{seats} seats"));
        }
        for purchase in self.all_purchases() {
            let purchase = purchase.value;
            let is_paid = self.is_paid(&purchase);
            match purchase.state {
                PurchaseState::Paid if !is_paid => {
                    self.wrong(format!("{} is granted, not paid", purchase.id));
                }
                PurchaseState::Paid => {}
                state if state.is_open() => self.wrong(format!("{} is stuck: {state:?}", purchase.id)),
                state if is_paid => self.wrong(format!("{} is paid, and {state:?}", purchase.id)),
                _ => {}
            }
        }
        self.check_credits();
        for id in self.second.clone() {
            let is_live = self
                .stripe
                .subscriptions
                .iter()
                .any(|one| one.reading.id == id && one.reading.state != SubscriptionState::Ended);
            let mut of =
                self.stripe.invoices.iter().filter(|one| one.reading.subscription.as_ref() == Some(&id));
            let is_kept = !of.any(|one| one.refunded);
            let is_own = self.own().is_some_and(|own| own == id);
            if (is_live || is_kept) && !is_own && !self.has_fault() {
                self.wrong(format!("the second subscription {id} stays"));
            }
        }
        match self.table.get::<Workspace>(Workspace::key(WORKSPACE)) {
            Some(workspace) => self.check_level(&workspace.value),
            None => self.check_deleted(),
        }
    }

    fn own(&self) -> Option<String> {
        let account = self.table.get::<BillingAccount>(BillingAccount::key(WORKSPACE))?;
        account.value.subscription.map(|one| one.id)
    }

    fn check_credits(&mut self) {
        let bought: u32 = self
            .all_purchases()
            .iter()
            .filter(|purchase| purchase.value.state == PurchaseState::Paid)
            .map(|purchase| purchase.value.credits)
            .sum();
        let balance =
            self.table.get::<Credits>(Credits::key(WORKSPACE)).map_or(0, |credits| credits.value.balance);
        if balance != i64::from(bought) {
            self.wrong(format!("{bought} credits are bought, and {balance} there"));
        }
    }

    /// K59: quantities are equal, and what has lapsed has ended.
    fn check_level(&mut self, workspace: &Workspace) {
        let account = self.table.get::<BillingAccount>(BillingAccount::key(WORKSPACE)).unwrap().value;
        let units = self.units();
        let Some(recorded) = account.subscription else {
            if !units.is_empty() {
                self.wrong(format!("K59: {units:?} without a subscription"));
            }
            return;
        };
        let found = self.stripe.subscriptions.iter().find(|one| one.reading.id == recorded.id).unwrap();
        let (reading, has_pending) = (found.reading.clone(), found.pending.is_some());
        if has_pending {
            self.wrong("an update still waits for its payment".to_owned());
        }
        if reading.state == SubscriptionState::Ended {
            self.check_unpaid(&recorded.id);
            if recorded.status != SubscriptionStatus::Ended || !units.is_empty() || workspace.paid.is_some() {
                self.wrong(format!("K59: {units:?} after the end, {:?}", workspace.paid));
            }
            return;
        }
        let at_stripe = self.stripe.quantities(&recorded.id);
        if at_stripe != units {
            self.wrong(format!("K59: Stripe has {at_stripe:?}, and the workspace {units:?}"));
        }
        if units.is_empty() && !reading.cancel_at_period_end && reading.cancel_at.is_none() {
            self.wrong("an empty subscription renews".to_owned());
        }
        if workspace.paid.map(|paid| paid.end) != Some(reading.period_end) {
            self.wrong(format!("paid until {:?}, not {}", workspace.paid, reading.period_end));
        }
    }

    /// What has happened in a history.
    pub fn seen(&self) -> Vec<&'static str> {
        let logged = |what: &str| self.log.iter().any(|line| line.contains(what));
        let purchase = |state| self.all_purchases().iter().any(|one| one.value.state == state);
        let charged =
            |state| self.stripe.invoices.iter().any(|one| one.key.is_some() && one.reading.state == state);
        let seen = [
            ("purchase paid", purchase(PurchaseState::Paid)),
            ("purchase failed", purchase(PurchaseState::Failed)),
            ("purchase discarded", purchase(PurchaseState::Discarded)),
            ("purchase expired", purchase(PurchaseState::Expired)),
            ("charge paid", charged(InvoiceState::Paid)),
            ("charge void", charged(InvoiceState::Void)),
            ("price changed", logged("PriceChanged")),
            ("refused", logged("failure: Some(Refused)")),
            ("closes later", logged("closes_at: Some")),
            ("arrives late", logged("arrives late")),
            ("levelled", logged(": Level")),
            ("cancelled", logged("ends: true")),
            ("continued", logged("ends: false")),
            ("second ended", logged("EndOther")),
            ("unpaid ended", logged("EndSubscription")),
            ("refunded", logged(": Refund")),
            ("conflict", logged("conflict")),
            ("fault", logged("fault: ")),
            ("deleted", self.table.get::<Workspace>(Workspace::key(WORKSPACE)).is_none()),
            ("past due", logged("PastDue")),
            ("lapsed", logged("(Ended")),
        ];
        seen.into_iter().filter(|(_, is_seen)| *is_seen).map(|(what, _)| what).collect()
    }

    /// K63: a deleted workspace costs nothing.
    fn check_deleted(&mut self) {
        if self.table.get::<BillingAccount>(BillingAccount::key(WORKSPACE)).is_some() {
            self.wrong("K63: the account is still there".to_owned());
        }
        let is_live = |state| state != SubscriptionState::Ended;
        if self.stripe.subscriptions.iter().any(|one| is_live(one.reading.state)) {
            self.wrong("K63: a subscription lives".to_owned());
        }
        if self.stripe.sessions.iter().any(|one| one.reading.state == SessionState::Open) {
            self.wrong("K63: a page is open".to_owned());
        }
        for subscription in
            self.stripe.subscriptions.iter().map(|one| one.reading.id.clone()).collect::<Vec<_>>()
        {
            self.check_unpaid(&subscription);
        }
    }

    /// Nobody can pay for what has ended.
    fn check_unpaid(&mut self, ended: &str) {
        let of = |one: &InvoiceReading| one.subscription.as_deref() == Some(ended);
        let is_open = |one: &InvoiceReading| of(one) && one.state == InvoiceState::Open;
        if self.stripe.invoices.iter().any(|one| is_open(&one.reading)) {
            self.wrong(format!("K63: an invoice of {ended} is open"));
        }
    }

    fn has_fault(&self) -> bool {
        self.fault.is_some()
    }
}
