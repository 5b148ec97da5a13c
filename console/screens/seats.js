// The seats of a workspace: who has them, what they cost, and what can be bought and cancelled.

import { css, html, live, nothing, repeat } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";
import { fill } from "../messages/en.js";
import { findInvitations } from "../parts/invitations.js";
import { InviteDialog } from "../parts/invite-dialog.js";
import { fieldStyles } from "./fields.js";
import { noticeText } from "./notices.js";
import { SeatOffers, unitsOf } from "./seat-offers.js";

const PER_PAGE = 25;
const COLORS = { filled: "green", pending: "amber", available: "blue", expired: "red" };
const SORTS = /** @type {const} */ (["boughtAt", "-boughtAt", "status", "tier", "paidThrough", "-paidThrough"]);

/**
 * The table of seats: buying, tiers, add-ons, cancelling, reactivating, and the way to invite to a free seat.
 *
 * @fires seatwise-filtered - The filters have changed; the detail is the new value of `filter`.
 * @fires seatwise-invite-wanted - Somebody is to be invited to the seat `seatId` of the detail. A host that shows its own form calls `preventDefault`.
 * @fires seatwise-changed - The seats have changed.
 */
export class Seats extends SeatOffers {
  static styles = [SeatwiseElement.styles, fieldStyles, css`
    .units { display: grid; grid-template-columns: 1.75rem minmax(1.5rem, auto) 1.75rem; gap: .25rem; width: fit-content; align-items: center; text-align: center; }
    .units button { min-height: 1.75rem; padding: 0; }
    .units small { grid-column: 1 / -1; text-align: start; }
    .nowrap { white-space: nowrap; }
    .ending button { padding: 0; min-height: 1.5rem; }
  `];

  static properties = { wanted: { attribute: false } };

  /** The wish that the form was opened for: it opens once. @type {Seats["wanted"]} */
  #offered = null;
  #invitation = new InviteDialog(this, () => this.t.seats.invite, () => this.#invited());
  /** For whom seats are bought. @type {import("./invite.js").Draft | null} */
  #draft = null;

  constructor() {
    super();
    /** The seats that the person wants to buy, as the detail of `seatwise-seats-wanted`: the form opens with them, and the form of its `invitation` follows. @type {{ tier: string, quantity: number, invitation?: import("./invite.js").Draft } | null} */
    this.wanted = null;
    this.buying.bought = () => this.#inviteLater();
  }

  reset() { this.#draft = null; }

  checks() { return ["buySeats", "setAddOnEverywhere"].map((action) => ({ action })); }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const id = this.workspaceId;
    const query = { limit: PER_PAGE, ...Object.fromEntries(this.filters) };
    const [product, may, page] = await Promise.all([
      this.store.product(),
      this.store.permissions(id),
      this.client.get(`${this.path}/seats`, query, signal),
    ]);
    const holders = page.items.map((/** @type {any} */ seat) => seat.holder).filter(Boolean);
    const idsOf = (/** @type {string} */ name) => new Set(holders.map((/** @type {any} */ holder) => holder[name]).filter(Boolean));
    if (may.has("listMembers")) this.learnPeople([...idsOf("userId")]);
    const [workspace, billing, invited] = await Promise.all([
      may.has("getWorkspace") ? this.store.workspace(id) : null,
      may.has("getBilling") ? this.client.get(`${this.path}/billing`, {}, signal) : null,
      may.has("listInvitations") ? findInvitations(this, idsOf("invitationId"), { signal }) : new Map(),
    ]);
    const seats = page.items.filter(isUsable);
    const checks = seats.flatMap((/** @type {any} */ { id: seat }) => ["setAddOn", "reactivateSeat"].map((action) => ({ action, seat })));
    this.learnLater(checks);
    return { product, page, workspace, billing, invited };
  }

  #changed() {
    this.store.changed();
    this.announce("changed");
  }

  updated() {
    const { wanted } = this;
    if (!this.data || !wanted || wanted === this.#offered) return;
    this.#offered = wanted;
    this.#draft = wanted.invitation?.emails.length ? wanted.invitation : null;
    this.requestUpdate();
    if (this.may("buySeats")) this.offerSeats(wanted);
  }

  view() {
    const t = this.t.seats;
    const { page, billing, workspace, product } = this.data;
    const isEmpty = !page.items.length && !["status", "cursor"].some((name) => this.filters.get(name));
    const ending = workspace?.notices.find((/** @type {any} */ notice) => notice.code === "seats_expiring");
    return html`<section aria-labelledby="title">
      <div class="row apart"><h1 id="title">${t.title}</h1>${isEmpty ? nothing : html`<div class="row">
        ${product.addOns.length ? this.actionButton("setAddOnEverywhere", { label: t.everywhere, act: () => this.offerEverywhere() }) : nothing}
        ${this.actionButton("buySeats", { label: t.buy, kind: "primary", act: () => this.offerSeats() })}
      </div>`}</div>
      ${ending ? html`<p class="banner">${noticeText(this, ending)}</p>` : nothing}
      ${this.buying.waiting(billing?.openPurchase)}${this.#waiting()}
      ${this.#counts()}${isEmpty ? nothing : this.#filterFields()}
      ${page.items.length ? this.#table() : this.#empty(isEmpty)}${this.paging(page.nextCursor, { label: t.title })}
    </section>
    ${this.buying.dialog}${this.#invitation.view()}`;
  }

  #counts() {
    const seats = this.data.workspace?.seats;
    return seats?.total ? this.seatsMeter(seats) : nothing;
  }

  #filterFields() {
    const t = this.t.seats;
    const { workspace } = this.data;
    const choice = (/** @type {string} */ name, /** @type {string} */ label, /** @type {[string, string][]} */ options) => {
      const value = this.filters.get(name) || options[0][0];
      return html`<label class="row">${label}<select class="inline" .value=${live(value)}
        @change=${(/** @type {Event} */ event) => this.setFilters({ [name]: /** @type {HTMLSelectElement} */ (event.target).value })}>
        ${options.map(([option, text]) => html`<option value=${option} ?selected=${option === value}>${text}</option>`)}</select></label>`;
    };
    const counted = (/** @type {string} */ status, /** @type {string} */ label) =>
      (workspace ? `${label} (${this.format.number(workspace.seats[status])})` : label);
    return html`<div class="row" role="search" aria-label=${t.title}>
      ${choice("status", t.status, [["", this.t.all], ...Object.entries(t.statuses).map(([status, label]) => /** @type {[string, string]} */ ([status, counted(status, label)]))])}
      ${choice("sort", t.sort, SORTS.map((sort) => [sort, t.sorts[sort]]))}</div>`;
  }

  /** @param {boolean} isEmpty whether there is no seat at all */
  #empty(isEmpty) {
    const t = this.t.seats;
    if (!isEmpty) {
      return html`<div class="empty"><p>${t.notFound}</p>${this.button({ label: this.t.members.clear, act: () => this.setFilters({ status: "" }) })}</div>`;
    }
    return html`<div class="empty"><h2>${t.none}</h2><p>${t.noneText}</p>
      ${this.actionButton("buySeats", { label: t.buy, kind: "primary", act: () => this.offerSeats() })}</div>`;
  }

  #table() {
    const t = this.t.seats;
    const { addOns } = this.data.product;
    return html`<div class="scroll"><table class="stacks"><caption class="visually-hidden">${t.title}</caption><thead><tr>
      <th scope="col">${t.holder}</th><th scope="col">${t.tier}</th><th scope="col">${t.status}</th><th scope="col">${t.paidThrough}</th>
      <th scope="col" class="amount">${t.price}</th>${addOns.length ? html`<th scope="col">${this.#addOnsLabel()}</th>` : nothing}
      <th scope="col"><span class="visually-hidden">${fill(this.t.actions, { name: "" })}</span></th>
    </tr></thead><tbody>${repeat(this.data.page.items, (/** @type {any} */ seat) => seat.id, (seat) => this.#row(seat))}</tbody></table></div>`;
  }

  #addOnsLabel() {
    const { addOns } = this.data.product;
    return addOns.length === 1 ? addOns[0].label : this.t.seats.addOns;
  }

  /** @param {any} seat */
  #row(seat) {
    const t = this.t.seats;
    const status = /** @type {keyof typeof COLORS} */ (seat.status);
    const target = { action: "reactivateSeat", seat: seat.id };
    const email = this.people.get(seat.holder?.userId)?.email;
    const isEnding = seat.cancelsAt && status !== "expired";
    return html`<tr><th scope="row"><div class="stack tight"><bdi class=${seat.holder ? "" : "muted"}>${this.holderName(seat)}</bdi>${email && email !== this.holderName(seat) ? html`<small><bdi>${email}</bdi></small>` : nothing}${this.complaint(seat.id)}</div></th>
      <td class="nowrap" data-label=${t.tier}>${this.tierLabel(seat.tier)}</td>
      <td>${this.badge({ label: t.statuses[status], color: COLORS[status] })}</td>
      <td class="wide" data-label=${isEnding ? nothing : t.paidThrough}><div class="row ending"><span>${isEnding
        ? fill(t.ends, { date: this.format.date(seat.cancelsAt) }) : this.format.date(seat.paidThrough)}</span>${isEnding && this.decision(target)
        ? this.actionButton(target, { label: t.reactivate, kind: "quiet", busy: seat.id, name: `${t.reactivate}: ${this.seatName(seat)}`, act: () => this.#reactivate(seat) }) : nothing}</div></td>
      <td class="amount wide" data-label=${t.price}>${this.format.money(seat.price)}</td>
      ${this.data.product.addOns.length ? html`<td class="wide" data-label=${this.#addOnsLabel()}>${this.#addOns(seat)}</td>` : nothing}
      <td class="end">${status === "expired" ? nothing : this.#rowMenu(seat)}</td></tr>`;
  }

  /** The units of each add-on; one more and one less open the dialog with the price. @param {any} seat */
  #addOns(seat) {
    const { product } = this.data;
    const canStep = isUsable(seat) && !seat.cancelsAt && this.may({ action: "setAddOn", seat: seat.id });
    return html`<div class="stack tight">${product.addOns.map((/** @type {any} */ addOn) => {
      const units = unitsOf(seat, addOn.id);
      const step = (/** @type {string} */ sign, /** @type {number} */ to, /** @type {string} */ words) => !canStep || to < 0 || to > addOn.max
        ? html`<span></span>`
        : html`<button type="button" part="button plain" aria-label=${fill(words, { label: `${addOn.label}: ${this.seatName(seat)}` })} @click=${() => this.offerAddOn(seat, addOn, to)}>${sign}</button>`;
      return html`<div class="units">${product.addOns.length > 1 ? html`<small>${addOn.label}</small>` : nothing}
        ${step("−", units - 1, this.t.number.less)}<span>${this.format.number(units)}</span>${step("+", units + 1, this.t.number.more)}</div>`;
    })}</div>`;
  }

  /** @param {any} seat */
  #rowMenu(seat) {
    const t = this.t.seats;
    const check = (/** @type {string} */ action) => ({ action, seat: seat.id });
    const others = this.data.product.tiers.filter((/** @type {any} */ tier) => tier.id !== seat.tier);
    return this.menu({
      id: `menu-${seat.id}`,
      busy: seat.id,
      label: fill(this.t.actions, { name: this.seatName(seat) }),
      checks: [{ action: "invite" }, ...["changeSeatTier", "setAddOn", "cancelSeat", "reactivateSeat"].map(check)],
      entries: () => [
        seat.status === "available" ? { label: t.invite, check: "invite", act: () => this.#invite(seat) } : null,
        ...others.map((/** @type {any} */ tier) => ({
          label: fill(t.changeTo, { tier: tier.label }),
          check: check("changeSeatTier"),
          why: seat.cancelsAt ? t.reactivateFirst : null,
          act: () => this.offerTier(seat, tier),
        })),
        ...this.data.product.addOns.map((/** @type {any} */ addOn) => ({
          label: fill(t.changeAddOn, { addOn: addOn.label }),
          check: check("setAddOn"),
          why: seat.cancelsAt ? t.reactivateFirst : null,
          act: () => this.offerAddOn(seat, addOn, unitsOf(seat, addOn.id)),
        })),
        seat.cancelsAt
          ? { label: t.reactivate, check: check("reactivateSeat"), act: () => this.#reactivate(seat) }
          : { label: t.cancel, kind: /** @type {const} */ ("danger"), check: check("cancelSeat"), act: () => this.#cancel(seat) },
      ],
    });
  }

  // Cancelling and reactivating undo each other.

  /** @param {any} seat */
  async #cancel(seat) {
    if (!(await this.act(seat.id, () => this.client.post(`${this.path}/seats/${seat.id}/cancel`)))) return;
    this.tell(fill(this.t.seats.cancelled, { name: this.seatName(seat), date: this.format.date(seat.paidThrough) }), () => this.#reactivate(seat));
    this.#changed();
  }

  /** @param {any} seat */
  async #reactivate(seat) {
    if (!(await this.act(seat.id, () => this.client.post(`${this.path}/seats/${seat.id}/reactivate`)))) return;
    this.tell(fill(this.t.seats.reactivated, { name: this.seatName(seat) }), () => this.#cancel(seat));
    this.#changed();
  }

  // Inviting.

  #invited() {
    this.#draft = null;
    // The way to the form goes at once, not when the seats have been loaded again.
    this.requestUpdate();
    this.#changed();
  }

  #inviteLater() { return this.#draft && this.#invitation.open("invite-later", "", this.#draft); }

  /** The way back to the people for whom seats are bought. */
  #waiting() {
    return this.#draft ? html`<div class="banner">${this.button({
      label: this.format.count(this.#draft.emails.length, this.t.seats.inviteLater), kind: "primary", busy: "invite-later", act: () => this.#inviteLater(),
    })}${this.complaint("invite-later")}</div>` : nothing;
  }

  /** @param {any} seat */
  #invite({ id }) {
    const event = new CustomEvent("seatwise-invite-wanted", { detail: { seatId: id }, bubbles: true, composed: true, cancelable: true });
    if (this.dispatchEvent(event)) this.#invitation.open(id, id);
  }
}

/** @param {any} seat */
const isUsable = (seat) => seat.status !== "expired";

define("seatwise-seats", Seats);
