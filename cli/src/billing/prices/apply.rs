//! The steps are taken, one after the other.

use std::collections::BTreeMap;

use seatwise_domain::Pack;
use seatwise_functions::payments::items;
use seatwise_stripe::{
    Client, IdempotencyKey, Metadata, NewPrice, NewProduct, PortalFeatures, PortalProduct, PortalSettings,
    ProductChange, StripeError,
};

use super::PricesError;
use super::plan::{OFFERS, PackPrice, PortalOffer, PricePlan, Step};
use super::render;

/// One run over the steps.
struct Run<'a> {
    client: &'a Client,
    /// By which the pack's objects are recognised.
    metadata: Metadata,
    /// The ids of prices, by their lookup keys.
    prices: BTreeMap<String, String>,
}

/// Takes the steps. The number of the run makes its requests new ones: an amount may come back within the day for
/// which Stripe remembers requests.
pub(super) async fn apply(
    client: &Client,
    pack: &Pack,
    plan: &PricePlan,
    run: u128,
) -> Result<(), PricesError> {
    let metadata = Metadata::from([(items::PACK.to_owned(), pack.name.clone())]);
    let mut state = Run { client, metadata, prices: plan.kept.clone() };
    for (number, step) in plan.steps.iter().enumerate() {
        let key = IdempotencyKey::new("prices", format_args!("{run:032x}:{number}"));
        let taken = state.take(step, &key).await;
        taken.map_err(|error| PricesError::Stopped {
            step: render::step(step),
            error,
            after: render::after_failure(step),
        })?;
    }
    Ok(())
}

impl Run<'_> {
    async fn take(&mut self, step: &Step, key: &IdempotencyKey) -> Result<(), StripeError> {
        match step {
            Step::CreateProduct { id, name } => {
                let new = NewProduct { id, name, metadata: &self.metadata };
                self.client.create_product(&new, key).await.map(drop)
            }
            Step::RenameProduct { id, name, .. } => {
                let change = ProductChange { name: Some(name), ..ProductChange::default() };
                self.client.update_product(id, &change, key).await.map(drop)
            }
            Step::ReopenProduct { id } => {
                let change = ProductChange { active: Some(true), ..ProductChange::default() };
                self.client.update_product(id, &change, key).await.map(drop)
            }
            Step::CreatePrice { price, .. } => self.create_price(price, key).await,
            Step::ReopenPrice { id, .. } => self.client.set_price_active(id, true, key).await.map(drop),
            Step::SetPortal { id, offer } => self.set_portal(id.as_deref(), offer, key).await,
            Step::ClosePrice { id, .. } => self.client.set_price_active(id, false, key).await.map(drop),
        }
    }

    async fn create_price(&mut self, price: &PackPrice, key: &IdempotencyKey) -> Result<(), StripeError> {
        let new = NewPrice {
            product: &price.product,
            lookup_key: &price.lookup_key,
            currency: &price.currency,
            unit_amount: price.amount,
            recurring: price.recurring.clone(),
            metadata: &self.metadata,
        };
        let created = self.client.create_price(&new, key).await?;
        self.prices.insert(price.lookup_key.clone(), created.id);
        Ok(())
    }

    async fn set_portal(
        &self,
        id: Option<&str>,
        offer: &PortalOffer,
        key: &IdempotencyKey,
    ) -> Result<(), StripeError> {
        let mut products = Vec::new();
        for plan in &offer.plans {
            let price = self.prices.get(&plan.lookup_key).ok_or(StripeError::NotFound)?;
            products.push(PortalProduct { product: &plan.product, prices: vec![price] });
        }
        let features = PortalFeatures {
            payment_method_update: true,
            invoice_history: true,
            customer_update: vec!["email", "address", "tax_id"],
            subscription_cancel: !products.is_empty(),
            subscription_update: products,
        };
        let note = offer.note(&self.prices).ok_or(StripeError::NotFound)?;
        let mut metadata = self.metadata.clone();
        metadata.insert(OFFERS.to_owned(), note);
        let settings = PortalSettings { features: &features, metadata: &metadata };
        match id {
            Some(id) => self.client.update_portal_configuration(id, &settings, key).await.map(drop),
            None => self.client.create_portal_configuration(&settings, key).await.map(drop),
        }
    }
}
