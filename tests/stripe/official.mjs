// Stripe's own library for Node drives the built-in Stripe and our webhook endpoint.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const Stripe = createRequire(`${process.env.NODE_TOOLS}/x.js`)("stripe");
const [address, base, key, secret] = process.argv.slice(2);
const { hostname: host, port } = new URL(base);
const stripe = new Stripe(key, {
  host, port, protocol: "http", maxNetworkRetries: 0, apiVersion: process.env.STRIPE_VERSION, telemetry: false,
});
const press = async (url, fields) => {
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
  assert.equal(answer.status, 303, url);
};
const url = "https://x.example/";

const customer = await stripe.customers.create({ email: "bo@x.example", metadata: { a: "b" } });
await stripe.customers.update(customer.id, { name: "Bo" });
assert.equal((await stripe.customers.retrieve(customer.id)).name, "Bo");
const product = await stripe.products.create({ id: "n.pro", name: "Pro" });
await stripe.products.update(product.id, { name: "Pro 2" });
const price = await stripe.prices.create({
  product: product.id, currency: "eur", unit_amount: 700, recurring: { interval: "month" }, lookup_key: "n.pro.eur",
});
assert.equal((await stripe.prices.list({ lookup_keys: ["n.pro.eur"] })).data[0].id, price.id);

const lines = { customer: customer.id, line_items: [{ price: price.id, quantity: 2 }], success_url: url };
const unused = await stripe.checkout.sessions.create({ mode: "subscription", ...lines });
assert.equal((await stripe.checkout.sessions.expire(unused.id)).status, "expired");
const session = await stripe.checkout.sessions.create({ mode: "subscription", payment_method_types: ["card"], ...lines });
await press(session.url, { act: "pay" });
const { subscription } = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription"] });
const [item] = subscription.items.data;

const preview = await stripe.invoices.createPreview({
  subscription: subscription.id,
  subscription_details: { items: [{ id: item.id, quantity: 5 }], proration_behavior: "always_invoice" },
});
const charge = { items: [{ id: item.id, quantity: 5 }], proration_behavior: "always_invoice", payment_behavior: "pending_if_incomplete" };
const charged = await stripe.subscriptions.update(subscription.id, charge, { idempotencyKey: "n:1" });
const again = await stripe.subscriptions.update(subscription.id, charge, { idempotencyKey: "n:1" });
assert.deepEqual(again, charged);
assert.equal(again.lastResponse.headers["idempotent-replayed"], "true");
assert.equal((await stripe.invoices.retrieve(charged.latest_invoice)).status, "paid");
assert.ok(preview.amount_due > 0);
await assert.rejects(
  stripe.subscriptions.update(subscription.id, { ...charge, proration_behavior: "none" }, { idempotencyKey: "n:1" }),
  Stripe.errors.StripeIdempotencyError,
);
await assert.rejects(stripe.customers.retrieve("cus_none"), (error) => error.statusCode === 404 && error.code === "resource_missing");
await assert.rejects(stripe.customers.create({ emial: "x" }), Stripe.errors.StripeInvalidRequestError);

const portal = await stripe.billingPortal.configurations.create({
  features: { payment_method_update: { enabled: true }, invoice_history: { enabled: true } },
});
await stripe.billingPortal.configurations.update(portal.id, { metadata: { a: "b" } });
const opened = await stripe.billingPortal.sessions.create({ customer: customer.id, configuration: portal.id, return_url: url });
await press(opened.url, { act: "card", card: "is_declined" });
const declined = await stripe.subscriptions.update(subscription.id, {
  items: [{ id: item.id, quantity: 6 }], proration_behavior: "always_invoice", payment_behavior: "pending_if_incomplete",
});
assert.ok(declined.pending_update);
assert.equal((await stripe.invoices.voidInvoice(declined.latest_invoice)).status, "void");
await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
await stripe.subscriptions.cancel(subscription.id);

const emails = [];
for await (const one of stripe.customers.list({ limit: 4 })) emails.push(one.id);
assert.equal(new Set(emails).size, emails.length);
assert.equal((await stripe.customers.list({ limit: 100 })).data.length, emails.length);
assert.ok((await stripe.events.list({ type: "customer.subscription.*", limit: 100 })).data.length > 0);
for (const list of [stripe.subscriptions.list({ customer: customer.id, status: "all" }), stripe.invoices.list({ customer: customer.id })]) {
  assert.ok((await list).data.length > 0);
}

const payload = JSON.stringify({
  id: "evt_1", object: "event", type: "customer.updated", created: 1, livemode: false, data: { object: { id: customer.id, object: "customer" } },
});
const now = Math.floor(Date.now() / 1000);
const header = (secret, timestamp) => stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
for (const [name, signature, body, expected] of [
  ["good", header(secret, now), payload, 200],
  ["another secret", header("whsec_other", now), payload, 400],
  ["301 s old", header(secret, now - 301), payload, 400],
  ["301 s in the future", header(secret, now + 306), payload, 400],
  ["another byte", header(secret, now), `${payload} `, 400],
]) {
  const headers = { "stripe-signature": signature, "content-type": "application/json" };
  const answer = await fetch(`${address}/v1/stripe/webhook`, { method: "POST", body, headers });
  assert.equal(answer.status, expected, name);
}
