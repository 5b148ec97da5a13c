// Stripe's own library for Node believes the webhooks that we sent.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const Stripe = createRequire(`${process.env.NODE_TOOLS}/x.js`)("stripe");
const [record, secret] = process.argv.slice(2);
const lines = readFileSync(record, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const sent = lines.filter((line) => "webhook" in line);
assert.ok(sent.length > 20);
for (const { webhook, signature } of sent) {
  assert.equal(Stripe.webhooks.constructEvent(webhook, signature, secret).object, "event");
  assert.throws(() => Stripe.webhooks.constructEvent(`${webhook} `, signature, secret), Stripe.errors.StripeSignatureVerificationError);
}
