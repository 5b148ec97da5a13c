//! `/v1/customers`

use super::Answer;
use crate::error::ApiError;
use crate::form::{Metadata, Params, merge};
use crate::list::Page;
use crate::state::Customer;
use crate::world::World;

/// What a request says about a customer.
struct Given {
    email: Option<String>,
    name: Option<String>,
    description: Option<String>,
    balance: Option<i64>,
    locales: Option<Vec<String>>,
    metadata: Metadata,
}

impl Given {
    fn take(mut params: Params) -> Result<Self, ApiError> {
        let locales =
            params.has("preferred_locales").then(|| params.texts("preferred_locales")).transpose()?;
        let given = Self {
            email: params.text("email")?,
            name: params.text("name")?,
            description: params.text("description")?,
            balance: params.number("balance")?,
            locales,
            metadata: params.metadata()?,
        };
        params.finish()?;
        Ok(given)
    }

    fn apply(self, customer: &mut Customer) {
        let kept = |text: String| Some(text).filter(|text| !text.is_empty());
        customer.email = self.email.map_or_else(|| customer.email.take(), kept);
        customer.name = self.name.map_or_else(|| customer.name.take(), kept);
        customer.description = self.description.map_or_else(|| customer.description.take(), kept);
        customer.balance = self.balance.unwrap_or(customer.balance);
        customer.locales = self.locales.unwrap_or_else(|| std::mem::take(&mut customer.locales));
        merge(&mut customer.metadata, self.metadata);
    }
}

pub(super) fn create(world: &mut World<'_>, params: Params) -> Answer {
    let given = Given::take(params)?;
    let mut customer = Customer {
        id: world.id("cus_"),
        created: world.now,
        email: None,
        name: None,
        description: None,
        metadata: Metadata::new(),
        balance: 0,
        currency: None,
        locales: Vec::new(),
        method: None,
        next_fails: false,
        delinquent: false,
        next_invoice: 1,
    };
    given.apply(&mut customer);
    let (id, value) = (customer.id.clone(), customer.json());
    world.account.customers.add(customer);
    world.emit_customer("customer.created", &id)?;
    Ok(value)
}

pub(super) fn update(world: &mut World<'_>, id: &str, params: Params) -> Answer {
    let given = Given::take(params)?;
    given.apply(world.account.customers.get_mut(id)?);
    world.emit_customer("customer.updated", id)?;
    show(world, id)
}

pub(super) fn show(world: &World<'_>, id: &str) -> Answer {
    Ok(world.account.customers.get(id)?.json())
}

pub(super) fn list(world: &World<'_>, mut params: Params) -> Answer {
    let (page, email) = (Page::take(&mut params)?, params.text("email")?);
    params.finish()?;
    let customers = world.account.customers.all().iter();
    let meant = customers.filter(|customer| email.is_none() || customer.email == email);
    page.of(meant, "/v1/customers", Customer::json)
}
