// What can be bought on the screen of seats: seats, other tiers, and add-ons.

import { html, nothing, repeat } from "../vendor/lit.js";
import { FilteredElement } from "../filtered.js";
import { labelOf, nameOf } from "../format.js";
import { fill } from "../messages/en.js";
import { Buying } from "./buying.js";
import { featureWords, numberField, optionsField } from "./fields.js";

/** The most seats of one purchase. */
const MOST_SEATS = 50;

/** The paid units of an add-on of a seat. @param {any} seat @param {string} addOn @returns {number} */
export const unitsOf = (seat, addOn) => seat.addOns.find((/** @type {any} */ { id }) => id === addOn)?.quantity || 0;

/** The names of seats, and the offers of the dialog. */
export class SeatOffers extends FilteredElement {
  buying = new Buying(this);

  get texts() { return ["paying"]; }

  /** @param {string} id */
  tierLabel(id) { return labelOf(this.data.product.tiers, id); }

  /** Who has the seat, in words. @param {any} seat */
  holderName({ holder, status }) {
    const t = this.t.seats;
    if (holder?.userId) return nameOf(this.people.get(holder.userId)) || this.t.members.someMember;
    if (holder) return this.data.invited.get(holder.invitationId)?.email || this.t.members.someone;
    return status === "expired" ? t.nobody : t.free;
  }

  /** A seat, to tell it from others. @param {any} seat */
  seatName(seat) { return fill(this.t.seats.name, { tier: this.tierLabel(seat.tier), holder: this.holderName(seat) }); }

  /** @param {{ tier?: string, quantity?: number }} [wanted] what the form begins with */
  offerSeats({ tier = "", quantity = 1 } = {}) {
    const t = this.t.seats;
    const { tiers } = this.data.product;
    const { id } = tiers.find((/** @type {any} */ { id }) => id === tier) || tiers[0];
    const option = (/** @type {any} */ { id, label, features, price }) => ({
      id,
      label,
      note: features.map(featureWords).join(", "),
      price: price && fill(this.t.billing.perPeriod, { price: this.format.money(price) }),
    });
    this.buying.offer({
      title: t.buy,
      change: { kind: "seats", tier: id, quantity },
      fields: (change) => html`${optionsField(t.tier, tiers.map(option), change.tier, (tier) => this.buying.revise({ tier }))}
        ${numberField(this, { id: "quantity", label: t.quantity, value: quantity, min: 1, max: MOST_SEATS, set: (quantity) => this.buying.revise({ quantity }) })}`,
    });
  }

  /** @param {any} seat @param {any} tier */
  offerTier(seat, tier) {
    const t = this.t.seats;
    this.buying.offer({
      title: fill(t.changeTo, { tier: tier.label }),
      change: { kind: "seat-tier", seatId: seat.id, tier: tier.id },
      fields: () => html`<p>${fill(t.tierText, { name: this.seatName(seat), tier: tier.label })}</p>`,
    });
  }

  /** @param {any} seat @param {any} addOn @param {number} quantity */
  offerAddOn(seat, addOn, quantity) {
    const change = /** @type {const} */ ({ kind: "add-on", seatId: seat.id, addOn: addOn.id, quantity });
    this.buying.offer({
      title: addOn.label,
      change,
      present: { ...change, quantity: unitsOf(seat, addOn.id) },
      fields: () => html`<p>${this.seatName(seat)}</p>${this.#unitsField(addOn, quantity)}`,
    });
  }

  offerEverywhere() {
    const t = this.t.seats;
    const { product: { addOns }, page } = this.data;
    const most = (/** @type {any} */ addOn) => Math.max(1, ...page.items.map((/** @type {any} */ seat) => unitsOf(seat, addOn.id)));
    const choose = (/** @type {Event} */ event) => {
      const addOn = addOns[/** @type {HTMLSelectElement} */ (event.target).selectedIndex];
      this.buying.revise({ addOn: addOn.id, quantity: most(addOn) });
    };
    this.buying.offer({
      title: t.everywhere,
      change: { kind: "add-on", addOn: addOns[0].id, quantity: most(addOns[0]) },
      fields: (change) => html`<p>${t.everywhereText}</p>
        ${addOns.length > 1 ? html`<label class="field">${t.addOn}<select @change=${choose}>${addOns.map((/** @type {any} */ addOn) => html`<option>${addOn.label}</option>`)}</select></label>` : nothing}
        ${repeat(addOns.filter((/** @type {any} */ addOn) => addOn.id === change.addOn), (/** @type {any} */ addOn) => addOn.id, (addOn) => this.#unitsField(addOn, most(addOn)))}`,
    });
  }

  /** @param {any} addOn @param {number} value */
  #unitsField(addOn, value) {
    const t = this.t.seats;
    const hint = fill(addOn.included ? t.included : t.unitPrice, { included: this.format.number(addOn.included), price: this.format.money(addOn.price) });
    return numberField(this, { id: "quantity", label: addOn.label, hint, value, min: 0, max: addOn.max, set: (quantity) => this.buying.revise({ quantity }) });
  }
}
