//! Objects in the place of their ids. <https://docs.stripe.com/api/expanding_objects>

use serde_json::Value;

use crate::error::ApiError;
use crate::state::Account;

/// Expands one path of an answer, for example `data.latest_invoice`.
pub(crate) fn expand(
    account: &Account,
    public_url: &str,
    value: &mut Value,
    path: &str,
) -> Result<(), ApiError> {
    let cannot = || ApiError::invalid(format!("This property cannot be expanded ({path}).")).param("expand");
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let Value::Object(fields) = value else { return Err(cannot()) };
    let text = |fields: &serde_json::Map<String, Value>, field: &str| {
        fields.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (kind, id) = (text(fields, "object"), text(fields, "id"));
    if kind == "invoice" && first == "payments" {
        let payments = account.invoices.find(&id).map(crate::state::Invoice::payments_json);
        fields.insert("payments".to_owned(), payments.unwrap_or_else(|| crate::state::list(&[], "")));
    }
    if kind == "checkout.session" && first == "line_items" {
        let lines = account.sessions.get(&id)?.lines_json(account);
        fields.insert("line_items".to_owned(), lines);
    }
    let child = fields.get_mut(first).ok_or_else(cannot)?;
    if let Value::String(id) = child {
        *child = lookup(account, public_url, first, id).ok_or_else(cannot)?;
    }
    match (child, rest) {
        (_, None) | (Value::Null, _) => Ok(()),
        (Value::Array(values), Some(rest)) => {
            values.iter_mut().try_for_each(|value| expand(account, public_url, value, rest))
        }
        (child, Some(rest)) => expand(account, public_url, child, rest),
    }
}

fn lookup(account: &Account, public_url: &str, field: &str, id: &str) -> Option<Value> {
    match field {
        "latest_invoice" | "invoice" => Some(account.invoices.find(id)?.json(account, public_url)),
        "customer" => Some(account.customers.find(id)?.json()),
        "subscription" => Some(account.subscriptions.find(id)?.json(account)),
        "payment_intent" => Some(account.intents.find(id)?.json()),
        "charge" | "latest_charge" => Some(account.charges.find(id)?.json()),
        "product" => Some(account.products.find(id)?.json()),
        "configuration" => Some(account.configurations.find(id)?.json()),
        _ => None,
    }
}
