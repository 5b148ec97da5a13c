// What an invitation gives: the role and the seat. And what more seats cost.

import { html, live, nothing } from "../vendor/lit.js";
import { Problem } from "../api.js";
import { SeatwiseElement, asProblem } from "../element.js";
import { labelOf } from "../format.js";
import { fill } from "../messages/en.js";
import { readAddress } from "./addresses.js";


/** The base of the invitation form: it loads what can be given, and has the fields for it. */
export class InviteTerms extends SeatwiseElement {
  /** @type {import("../vendor/lit.js").PropertyDeclarations} */
  static properties = {
    seatId: { type: String, attribute: "seat-id" },
    wantedRole: { state: true },
    wantedTier: { state: true },
  };

  /** What purchases cost, by the purchase as JSON. @type {Map<string, any>} */
  #costs = new Map();
  /** The roles that the server gives, once it has said so. @type {string[] | null} */
  givenRoles = null;

  constructor() {
    super();
    /** A free seat, for an invitation to this seat. */
    this.seatId = "";
    this.wantedRole = "";
    /** @type {string | null} */
    this.wantedTier = null;
  }

  get texts() { return ["inviting"]; }
  loadsAgainWith() { return ["seatId"]; }

  checks() { return ["invite", "buySeats", "changePlan", "previewPurchase"].map((action) => ({ action })); }

  /** @param {AbortSignal} signal @returns {Promise<any>} */
  async load(signal) {
    const id = this.workspaceId;
    const [product, workspace, may] = await Promise.all([this.store.product(), this.store.workspace(id), this.store.permissions(id)]);
    const [quota, seats, known] = await Promise.all([
      may.has("getInvitationQuota") ? this.client.get(`${this.path}/invitations/quota`, {}, signal) : null,
      product.seatModel === "by-tier" && may.has("listSeats") ? this.#freeSeats(signal) : null,
      may.has("listMembers") ? this.#known(signal) : new Map(),
      this.learn(product.roles.map((/** @type {any} */ role) => roleCheck(role))),
    ]);
    this.#costs.clear();
    return { product, workspace, quota, seats, known };
  }

  /** The first members and invited people by address, to tell who is here already: a search would read all. @param {AbortSignal} signal */
  async #known(signal) {
    const list = (/** @type {string} */ status) => this.client.get(`${this.path}/members`, { status, limit: 100 }, signal);
    const pages = await Promise.all([list("member"), list("pending")]).catch(() => []);
    return new Map(pages.flatMap(({ items }) => items.map((/** @type {any} */ { email, status }) => [readAddress(email || "").key, status])));
  }

  /** @param {AbortSignal} signal */
  async #freeSeats(signal) {
    const seats = [];
    for await (const page of this.client.pages(`${this.path}/seats`, { status: "available" }, signal)) seats.push(...page);
    return seats;
  }

  updated() {
    if (this.data && this.may("invite")) this.#learnCost();
  }

  /** The number of people to invite. */
  get people() { return 1; }

  /** What was entered. @returns {import("./invite.js").Draft | null} */
  get entered() { return null; }

  /** The roles that invitations can give. */
  get roles() {
    return this.data.product.roles.filter((/** @type {any} */ role) => this.isOffered(roleCheck(role)) && (this.givenRoles?.includes(role.id) ?? true));
  }

  /** The chosen role; else that of joiners, or the first that the person may give. */
  get role() {
    const can = this.roles.filter((/** @type {any} */ role) => this.may(roleCheck(role)));
    const find = (/** @type {string} */ wanted) => can.find((/** @type {any} */ { id }) => id === wanted);
    return find(this.wantedRole) || find(this.data.product.joinerRole) || can[0];
  }

  get needsSeat() { return !!this.role && this.role.seat !== "none"; }

  /** Whether who joins with the role gets no seat until somebody gives them one. */
  get seatsLater() { return this.data.workspace.settings.autoAssignSeats === false && this.role?.id === this.data.product.joinerRole; }

  /** The chosen tier, else the first with a free seat; empty for no seat, and where no tier is chosen. */
  get tier() {
    const { tiers, seatModel } = this.data.product;
    if (seatModel !== "by-tier" || this.seatId) return "";
    if (this.wantedTier || !this.needsSeat) return this.wantedTier || "";
    return (tiers.find((/** @type {any} */ { id }) => this.freeSeats(id) !== 0) || tiers[0]).id;
  }

  /** The seat to invite to, while it is free. */
  get seat() { return this.data.seats?.find((/** @type {any} */ { id }) => id === this.seatId); }

  /** Why no seat can be had at all; null if one can. */
  get noSeat() {
    if (this.seatId) return this.data.seats && !this.seat ? this.t.invite.seatTaken : null;
    const { tier, free } = this.missing;
    return tier && free === 0 ? fill(this.t.invite.overSeats, { tier: this.tierLabel(tier) }) : null;
  }

  /** What a request asks for. */
  get terms() {
    const { tier } = this;
    return { role: this.role?.id, ...(this.seatId ? { seatId: this.seatId } : tier ? { tier } : {}) };
  }

  /** The free seats of a tier; null if the person may not know. @param {string} tier @returns {number | null} */
  freeSeats(tier) { return this.data.seats?.filter((/** @type {any} */ seat) => seat.tier === tier).length ?? null; }

  /** @param {string} id */
  tierLabel(id) { return labelOf(this.data.product.tiers, id); }

  get planLabel() { return labelOf(this.data.product.plans, this.data.workspace.plan); }

  /** The free seats that the people can have, null if nothing is known; and how many are missing. */
  get missing() {
    const { product, workspace } = this.data;
    const { tier } = this;
    const isByRole = product.seatModel === "by-role" && this.needsSeat && !this.seatsLater;
    const free = tier ? this.freeSeats(tier) : isByRole ? /** @type {number} */ (workspace.seats.available) : null;
    return { tier, free, quantity: free === null ? 0 : Math.max(0, Math.max(1, this.people) - free) };
  }

  /** The purchase of the missing seats; null if the person cannot buy them one by one. */
  get #purchase() {
    const { product, workspace } = this.data;
    const { tier, quantity } = this.missing;
    if (!quantity || !this.may("previewPurchase")) return null;
    if (tier) return this.may("buySeats") ? { kind: "seats", tier, quantity } : null;
    const plan = product.plans.find((/** @type {any} */ { id }) => id === workspace.plan);
    return plan?.pricePerSeat && this.may("changePlan") ? { kind: "plan", plan: plan.id, seats: workspace.seats.total + quantity } : null;
  }

  async #learnCost() {
    const change = this.#purchase;
    const key = JSON.stringify(change);
    if (!change || this.#costs.has(key)) return;
    this.#costs.set(key, null);
    this.#costs.set(key, await this.client.post(`${this.path}/purchases/preview`, { change }).catch(asProblem));
    this.requestUpdate();
  }

  roleField() {
    const { t, role: chosen } = this;
    const refused = this.roles.filter((/** @type {any} */ role) => !this.may(roleCheck(role)));
    return html`<div class="field"><label for="role">${t.invite.role}</label>
      <select id="role" aria-describedby="role-notes" .value=${live(chosen?.id || "")} @change=${(/** @type {Event} */ event) => { this.wantedRole = valueOf(event); }}>
        ${this.roles.map((/** @type {any} */ role) => html`<option value=${role.id} ?selected=${role === chosen} ?disabled=${refused.includes(role)}>${role.label}</option>`)}</select>
      <small id="role-notes" class="stack tight">${this.#roleNote()}${refused.map((/** @type {any} */ role) =>
        html`<span>${fill(t.invite.notRole, { role: role.label })} ${this.whyNot(roleCheck(role))}</span>`)}</small></div>`;
  }

  /** What the role means for seats, where it decides about them. */
  #roleNote() {
    const { t } = this;
    const { product, workspace } = this.data;
    if (product.seatModel !== "by-role") return nothing;
    if (!this.needsSeat) return html`<span>${t.invite.roleNoSeat}</span>`;
    return html`<span>${this.seatsLater ? t.invite.notAssigned : this.format.count(workspace.seats.available, t.invite.roleSeat)}</span>`;
  }

  seatField() {
    const { t, tier } = this;
    const { product } = this.data;
    if (this.seatId) {
      const { seat } = this;
      const words = seat ? fill(t.invite.ofSeat, { tier: this.tierLabel(seat.tier), until: this.format.date(seat.paidThrough) }) : this.noSeat;
      return html`<div class="field"><span class="label">${t.invite.seat}</span><span>${words}</span></div>`;
    }
    if (product.seatModel !== "by-tier") return nothing;
    const choices = product.tiers.map((/** @type {any} */ { id, label }) => {
      const free = this.freeSeats(id);
      return [id, free === null ? label : fill(t.invite.tierFree, { tier: label, free: this.format.number(free) })];
    });
    if (!this.needsSeat) choices.unshift(["", t.invite.noSeat]);
    return html`<div class="field"><label for="tier">${t.invite.seat}</label>
      <select id="tier" .value=${live(tier)} @change=${(/** @type {Event} */ event) => { this.wantedTier = valueOf(event); }}>
        ${choices.map((/** @type {[string, string]} */ [id, label]) => html`<option value=${id} ?selected=${id === tier}>${label}</option>`)}</select></div>`;
  }

  /** How many seats are missing, what they cost, and the way to them. */
  missingSeats() {
    const { t } = this;
    const { tier, free, quantity } = this.missing;
    if (!quantity) return nothing;
    const label = tier && this.tierLabel(tier);
    const few = this.format.count(free || 0, tier ? t.invite.tierLeft : t.invite.seatsLeft);
    const says = fill(free ? few : tier ? t.invite.overSeats : t.invite.noSeatFree, { tier: label });
    return html`<div class="banner stack tight" role="status"><p>${says} ${this.#costWords(label, quantity)}</p>
      <div class="row">${tier
        ? this.actionButton("buySeats", { label: t.invite.buy, act: () => this.announce("seats-wanted", { tier, quantity, invitation: this.entered }) })
        : this.actionButton("changePlan", { label: t.invite.plans, act: () => this.announce("plan-wanted", { seats: quantity }) })}</div></div>`;
  }

  /** @param {string} tier @param {number} quantity */
  #costWords(tier, quantity) {
    const cost = this.#costs.get(JSON.stringify(this.#purchase));
    if (!cost) return nothing;
    if (cost instanceof Problem) return this.detailOf(cost);
    const text = this.format.count(quantity, tier ? this.t.invite.tierCost : this.t.invite.seatCost);
    return fill(text, { tier, now: this.format.money(cost.dueNow), next: this.format.money(cost.nextInvoice) });
  }
}

/** @param {{ id: string }} role */
const roleCheck = ({ id }) => ({ action: "invite", role: id });

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLSelectElement} */ (event.target).value;
