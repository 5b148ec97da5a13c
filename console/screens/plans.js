// The plans of the product, and the dialog that changes the plan, its seats and its extras.

import { html, nothing } from "../vendor/lit.js";
import { SeatwiseElement } from "../element.js";
import { fill } from "../messages/en.js";
import { Buying } from "./buying.js";
import { featureWords, numberField } from "./fields.js";

const MOST_SEATS = 100_000;
const MOST_EXTRAS = 1_000_000;

/** The plans. The element has loaded `product` and `billing`. */
export class PlanOffers extends SeatwiseElement {
  buying = new Buying(this);

  get texts() { return ["paying"]; }

  get plan() { return this.data.product.plans.find((/** @type {any} */ plan) => plan.id === this.data.billing.plan); }

  /** The number of members who have a seat, or wait to get theirs back. */
  get #wanted() {
    const { seats, notices } = this.data.billing;
    return seats.filled + (notices.find((/** @type {any} */ notice) => notice.code === "members_suspended")?.count || 0);
  }

  plans() {
    const { plans } = this.data.product;
    if (!this.isOffered("changePlan") || (plans.length < 2 && !plans.some(isAdjustable))) return nothing;
    return html`<h2>${this.t.billing.plans}</h2><ul class="plain cards">${plans.map((/** @type {any} */ plan) => this.#card(plan))}</ul>`;
  }

  /** @param {any} plan */
  #card(plan) {
    const t = this.t.billing;
    const isCurrent = plan.id === this.data.billing.plan;
    return html`<li class="card"><div class="row apart"><h3>${plan.label}</h3>${isCurrent ? this.badge({ label: t.current, color: "green" }) : nothing}</div>
      <p>${this.#price(plan)}</p><ul class="included">${this.#included(plan).map((text) => html`<li>${text}</li>`)}</ul>${this.#button(plan, isCurrent)}</li>`;
  }

  /** @param {any} plan */
  #price({ price, pricePerSeat, operatorManaged }) {
    const t = this.t.billing;
    if (!price) return operatorManaged ? t.byAgreement : t.free;
    return fill(pricePerSeat ? t.perSeat : t.perPeriod, { price: this.format.money(price) });
  }

  /** What is in a plan, in words. @param {any} plan @returns {string[]} */
  #included({ seats, pricePerSeat, allowances, features }) {
    const t = this.t.billing;
    const allowed = (/** @type {any} */ { label, included, price }) => fill(price ? t.includedMore : t.included, {
      label,
      included: this.format.number(included),
      price: price ? this.format.money(price) : "",
    });
    return [
      ...(seats && !pricePerSeat ? [this.format.count(seats, t.seatCount)] : []),
      ...allowances.map(allowed),
      ...features.map(featureWords),
    ];
  }

  /** @param {any} plan @param {boolean} isCurrent */
  #button(plan, isCurrent) {
    const t = this.t.billing;
    if (isCurrent && !isAdjustable(plan)) return nothing;
    if (plan.operatorManaged && !isCurrent) return html`<p class="muted">${t.managed}</p>`;
    return html`<div>${this.actionButton("changePlan", {
      label: this.#changeLabel(plan), why: this.plan?.operatorManaged ? t.managed : null, act: () => this.#offerPlan(plan),
    })}</div>`;
  }

  /** What the change to a plan, or of the present one, is called. @param {any} plan */
  #changeLabel(plan) {
    const t = this.t.billing;
    if (plan.id !== this.data.billing.plan) return fill(t.changeTo, { plan: plan.label });
    return !plan.allowances.some(isSold) ? t.adjustSeats : plan.pricePerSeat ? t.adjust : t.adjustExtras;
  }

  /** Opens the form of the present plan with more seats, where it sells seats. @param {number} more */
  offerMoreSeats(more) {
    const { plan } = this;
    if (plan?.pricePerSeat && !plan.operatorManaged && this.may("changePlan")) this.#offerPlan(plan, more);
  }

  /** @param {any} plan @param {number} [more] the number of seats that the form adds to begin with */
  #offerPlan(plan, more = 0) {
    const t = this.t.billing;
    const { billing } = this.data;
    const sold = plan.allowances.filter(isSold);
    const unitsOf = (/** @type {string} */ id) => billing.lines.find((/** @type {any} */ { item }) => item === id)?.quantity || 0;
    const seats = Math.max(1, billing.seats.total, plan.id === billing.plan ? 0 : this.#wanted);
    const extras = sold.map((/** @type {any} */ { id }) => ({ id, quantity: unitsOf(id) }));
    /** @type {import("./change.js").Change} */
    const change = { kind: "plan", plan: plan.id, ...(plan.pricePerSeat ? { seats } : {}), ...(sold.length ? { extras } : {}) };
    this.buying.offer({
      title: this.#changeLabel(plan),
      change: more ? { ...change, seats: seats + more } : change,
      present: plan.id === billing.plan ? change : undefined,
      fields: (change) => html`
        ${plan.pricePerSeat ? numberField(this, { id: "seats", label: t.seats, hint: this.#price(plan), value: seats + more, min: 1, max: MOST_SEATS, set: (seats) => this.buying.revise({ seats }) }) : nothing}
        ${sold.map((/** @type {any} */ allowance, /** @type {number} */ at) => numberField(this, {
          id: `extra-${allowance.id}`,
          label: fill(t.extra, { label: allowance.label }),
          hint: fill(t.extraHint, { included: this.format.number(allowance.included), price: this.format.money(allowance.price) }),
          value: extras[at].quantity,
          min: 0,
          max: MOST_EXTRAS,
          set: (quantity) => this.buying.revise({ extras: change.extras.map((/** @type {any} */ extra) => (extra.id === allowance.id ? { ...extra, quantity } : extra)) }),
        }))}
        ${this.#tooFew(change.seats ?? plan.seats)}`,
    });
  }

  /** Warns of a number of seats that leaves members without one. @param {number} seats */
  #tooFew(seats) {
    const missing = this.data.product.seatModel === "by-role" ? this.data.billing.seats.filled - seats : 0;
    return missing > 0 ? html`<p class="banner" role="status">${this.format.count(missing, this.t.billing.tooFew)}</p>` : nothing;
  }
}

/** Whether there is something to choose in a plan. @param {any} plan */
const isAdjustable = ({ pricePerSeat, allowances }) => pricePerSeat || allowances.some(isSold);

/** Whether there is more for money. @param {any} allowance */
const isSold = ({ price }) => !!price;
