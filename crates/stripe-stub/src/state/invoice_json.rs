//! How Stripe shows an invoice.

use serde_json::{Value, json};

use super::subscription::join;
use super::{Account, Invoice, InvoiceStatus, Line, list};

impl Invoice {
    pub(crate) fn json(&self, account: &Account, public_url: &str) -> Value {
        let customer = account.customers.find(&self.customer);
        let is_final = self.status != InvoiceStatus::Draft;
        let url = is_final.then(|| format!("{public_url}/invoice/{}", self.id));
        let lines: Vec<Value> = self.lines.iter().map(|line| self.line_json(line, account)).collect();
        let mut value = json!({
            "id": self.id, "object": "invoice", "account_country": "DE", "account_name": "Stub",
            "account_tax_ids": null, "amount_due": self.amount_due, "amount_overpaid": 0,
            "amount_paid": self.amount_paid, "amount_paid_off_stripe": 0,
            "amount_remaining": self.remaining(), "amount_shipping": 0, "application": null,
            "attempt_count": self.attempts, "attempted": self.attempts > 0,
            "auto_advance": self.next_attempt.is_some(),
            "automatic_tax": {
                "disabled_reason": null, "enabled": false, "liability": null,
                "provider": null, "status": null,
            },
            "automatically_finalizes_at": null, "billing_reason": self.reason,
            "collection_method": "charge_automatically", "created": self.created,
            "currency": self.currency, "custom_fields": null, "customer": self.customer,
            "customer_account": null, "customer_address": null,
            "customer_email": customer.and_then(|customer| customer.email.as_deref()),
            "customer_name": customer.and_then(|customer| customer.name.as_deref()),
            "customer_phone": null, "customer_shipping": null, "customer_tax_exempt": "none",
            "customer_tax_ids": [], "default_payment_method": null, "default_source": null,
            "default_tax_rates": [], "description": null, "discounts": [], "due_date": null,
            "effective_at": self.finalized_at,
            "ending_balance": is_final.then_some(self.ending_balance), "footer": null,
            "from_invoice": null, "hosted_invoice_url": url,
            "invoice_pdf": url.as_ref().map(|url| format!("{url}?pdf")),
        });
        let rest = json!({
            "issuer": { "type": "self" }, "last_finalization_error": null, "latest_revision": null,
            "lines": list(&lines, &format!("/v1/invoices/{}/lines", self.id)), "livemode": false,
            "metadata": {}, "next_payment_attempt": self.next_attempt, "number": self.number,
            "on_behalf_of": null, "parent": self.parent_json(),
            "payment_settings": {
                "default_mandate": null, "payment_method_options": null, "payment_method_types": null,
            },
            "period_end": self.period.end, "period_start": self.period.start,
            "post_payment_credit_notes_amount": 0, "pre_payment_credit_notes_amount": 0,
            "receipt_number": null, "rendering": null, "shipping_cost": null, "shipping_details": null,
            "starting_balance": self.starting_balance, "statement_descriptor": null,
            "status": self.status.name(),
            "status_transitions": {
                "finalized_at": self.finalized_at, "marked_uncollectible_at": null,
                "paid_at": self.paid_at, "voided_at": self.voided_at,
            },
            "subtotal": self.total, "subtotal_excluding_tax": self.total, "test_clock": null,
            "total": self.total, "total_discount_amounts": [], "total_excluding_tax": self.total,
            "total_pretax_credit_amounts": [], "total_taxes": [], "webhooks_delivered_at": null,
        });
        join(&mut value, rest);
        value
    }

    fn parent_json(&self) -> Option<Value> {
        let subscription = self.subscription.as_ref()?;
        let mut details = json!({ "metadata": self.subscription_metadata, "subscription": subscription });
        if let Some(date) = self.proration_date {
            details["subscription_proration_date"] = date.into();
        }
        Some(json!({
            "quote_details": null, "subscription_details": details, "type": "subscription_details",
        }))
    }

    fn line_json(&self, line: &Line, account: &Account) -> Value {
        let price = account.prices.find(&line.price);
        let invoice_item = line.proration.then(|| line.id.replacen("il_", "ii_", 1));
        let parent = line.item.as_ref().map(|item| {
            json!({
                "invoice_item_details": null,
                "subscription_item_details": {
                    "invoice_item": invoice_item, "proration": line.proration,
                    "proration_details": { "credited_items": null },
                    "subscription": item.subscription, "subscription_item": item.item,
                },
                "type": "subscription_item_details",
            })
        });
        json!({
            "id": line.id, "object": "line_item", "amount": line.amount, "currency": self.currency,
            "description": line.description, "discount_amounts": [], "discountable": !line.proration,
            "discounts": [], "invoice": self.id, "livemode": false, "metadata": {}, "parent": parent,
            "period": { "end": line.period.end, "start": line.period.start },
            "pretax_credit_amounts": [],
            "pricing": price.map(|price| json!({
                "price_details": { "price": price.id, "product": price.product },
                "type": "price_details", "unit_amount_decimal": price.unit_amount.to_string(),
            })),
            "quantity": line.quantity, "quantity_decimal": line.quantity.to_string(),
            "subscription": line.item.as_ref().map(|item| &item.subscription),
            "subtotal": line.amount, "taxes": [],
        })
    }

    /// The payments of an invoice, which Stripe shows only where they are asked for.
    pub(crate) fn payments_json(&self) -> Value {
        let paid = self.status == InvoiceStatus::Paid;
        let status = match self.status {
            InvoiceStatus::Paid => "paid",
            InvoiceStatus::Void => "canceled",
            InvoiceStatus::Draft | InvoiceStatus::Open => "open",
        };
        let payments = self.intent.iter().map(|intent| {
            json!({
                "id": intent.replacen("pi_", "inpay_", 1), "object": "invoice_payment",
                "amount_paid": paid.then_some(self.amount_paid), "amount_requested": self.amount_due,
                "created": self.created, "currency": self.currency, "invoice": self.id,
                "is_default": true, "livemode": false,
                "payment": { "payment_intent": intent, "type": "payment_intent" }, "status": status,
                "status_transitions": { "canceled_at": self.voided_at, "paid_at": self.paid_at },
            })
        });
        list(&payments.collect::<Vec<_>>(), &format!("/v1/invoice_payments?invoice={}", self.id))
    }
}
