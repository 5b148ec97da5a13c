// A change of what a workspace pays for: its request, and its words.

import { labelOf } from "../format.js";
import { fill } from "../messages/en.js";

/**
 * A change of what a workspace pays for, as `preview-purchase` takes it. A number is null while the person types it.
 * @typedef {{ kind: "seats" | "seat-tier" | "add-on" | "plan" | "credits", tier?: string, quantity?: number | null, seatId?: string,
 *   addOn?: string, plan?: string, seats?: number | null, extras?: { id: string, quantity: number | null }[], package?: string }} Change
 */

/** @param {any} a @param {any} b */
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** @param {Change} change */
export const isComplete = (change) => !JSON.stringify(change).includes(":null");

/** The request that makes a change. @type {Record<Change["kind"], (change: Change) => [method: "POST" | "PUT", path: string, body: any]>} */
export const REQUESTS = {
  seats: ({ tier, quantity }) => ["POST", "/seats", { tier, quantity }],
  credits: ({ package: pack, quantity }) => ["POST", "/credits", { package: pack, quantity }],
  "seat-tier": ({ seatId, tier }) => ["PUT", `/seats/${seatId}/tier`, { tier }],
  "add-on": ({ seatId, addOn, quantity }) => ["PUT", `${seatId ? `/seats/${seatId}` : ""}/add-ons/${addOn}`, { quantity }],
  plan: ({ plan, seats, extras }) => ["PUT", "/plan", { plan, seats, extras }],
};

/** A change in words. @param {import("../element.js").SeatwiseElement} element @param {any} product @param {Change} change */
export function describe({ t, format }, product, change) {
  const label = (/** @type {any[]} */ list, /** @type {string | undefined} */ id) => labelOf(list, id || "");
  const plan = label(product.plans, change.plan);
  return fill(t.purchase.what[change.kind === "add-on" && !change.seatId ? "add-on-all" : change.kind], {
    quantity: format.number(change.quantity ?? 1),
    tier: label(product.tiers, change.tier),
    addOn: label(product.addOns, change.addOn),
    plan: change.seats ? `${plan}, ${format.count(change.seats, t.billing.seatCount)}` : plan,
    package: label(product.creditPackages, change.package),
  });
}
