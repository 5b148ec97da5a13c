// A purchase: what it would cost, the agreement to that price, and the way to its payment.

import { css, html, nothing } from "../vendor/lit.js";
import { Problem } from "../api.js";
import { SeatwiseElement, define } from "../element.js";
import { fill } from "../messages/en.js";
import { REQUESTS, describe, isComplete, same } from "./change.js";

/** @typedef {import("./change.js").Change} Change */

const TYPING_PAUSE = 250;
const POLL = 2000;
/** The states of a purchase in which it still waits for something. `confirm`: for the customer, on the page of the provider. */
const OPEN = new Set(["checkout", "charging", "action_required", "confirm"]);

/** Whether nobody knows what became of the request. @param {Problem} problem */
const isTransient = ({ status }) => !status || status >= 500;

/** @param {any} preview */
const agreedTo = (preview) => preview && { dueNow: preview.dueNow, prorationDate: preview.prorationDate };

/**
 * What a change costs, live, with a button that buys it at that price. Where a payment is needed first, it shows the way
 * to it and waits for it.
 *
 * @fires seatwise-purchased - The change is paid and made; the detail has the `change` and a `text` that describes it.
 * @fires seatwise-purchase-waits - The payment has to be waited for, or need not any more; the detail says which. The form of the change is of no use meanwhile.
 * @fires seatwise-purchase-closed - The person does not want to go on.
 * @fires seatwise-changed - What the workspace has or pays for has changed.
 */
export class Purchase extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, css`
    .cost :is(th, td) { border: 0; padding: .25rem 0; color: inherit; font-size: inherit; font-weight: 400; white-space: normal; }
    .cost td { padding-inline-start: 1rem; white-space: nowrap; }
    .cost tfoot > :first-child > * { font-weight: 650; font-size: 1.0625rem; }
    .cost tbody:not(:empty) + tfoot > :first-child > * { border-block-start: 1px solid var(--edge); padding-block-start: .5rem; }
    .offer { min-height: 11rem; align-content: space-between; }
    [aria-busy=true] .cost { opacity: .6; }
    .waits { display: flex; flex-wrap: wrap; gap: .75rem 1rem; justify-content: space-between; align-items: center; }
    .waits > :first-child { flex: 1 1 16rem; }
  `];
  static properties = {
    change: { attribute: false, hasChanged: (/** @type {any} */ a, /** @type {any} */ b) => !same(a, b) },
    present: { attribute: false },
    purchaseId: { attribute: "purchase-id" },
  };

  /** The page where the customer confirms the change; there is no purchase to ask for then. */
  #confirmUrl = "";
  /** The page where the customer pays, for people who may not ask for the purchase. */
  #payUrl = "";
  /** Whether the purchase that it waits for is not that of `change`. */
  #isOther = false;
  /** Whether the way to the payment is not shown yet. */
  #isNew = false;
  /** What was asked for, if nobody knows whether it was done. Only the same again is harmless. @type {{ change: Change, preview: any } | null} */
  #unsure = null;
  /** The purchase whose end is told already. */
  #ended = "";
  /** How the last purchase has ended, unless it was paid. */
  #outcome = "";
  /** @type {any} */
  #product;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #onReturn = () => !document.hidden && (this.#isWaiting || this.data?.problem) && this.reload();

  constructor() {
    super();
    /** The change to buy. @type {Change | null} */
    this.change = null;
    /** The change that would change nothing. @type {Change | null} */
    this.present = null;
    /** An open purchase to pay or to discard; empty to offer `change`. */
    this.purchaseId = "";
  }

  get texts() { return ["paying"]; }
  loadsAgainWith() { return ["change", "purchaseId"]; }

  checks() { return this.#isWaiting ? [{ action: "discardPurchase" }] : []; }

  get #isWaiting() { return !!this.purchaseId || !!this.#confirmUrl; }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.#onReturn);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#onReturn);
    clearTimeout(this.#timer);
    // The page around a closed dialog shows what has become of the purchase.
    if (this.change && (this.#isWaiting || this.#unsure)) this.store.changed();
  }

  updated() {
    clearTimeout(this.#timer);
    if (this.isConnected && this.#isWaiting && OPEN.has(this.data?.purchase?.status)) {
      this.#timer = setTimeout(() => !document.hidden && this.reload(), POLL);
      const link = this.#isNew && /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("a.primary"));
      if (link) link.focus();
      if (link) this.#isNew = false;
    }
  }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const { change } = this;
    const [product, may] = await Promise.all([this.store.product(), this.store.permissions(this.workspaceId)]);
    this.#product = product;
    if (this.#isWaiting) {
      const purchase = await this.#waitedFor(may, signal);
      if (!signal.aborted && !OPEN.has(purchase.status)) this.#end(purchase);
      return { purchase };
    }
    if (!change || !isComplete(change) || !may.has("previewPurchase")) return { change };
    if (this.#unsure && same(this.#unsure.change, change)) return this.#unsure;
    if (this.data) await new Promise((done) => setTimeout(done, TYPING_PAUSE));
    if (signal.aborted) return null;
    try {
      return { change, preview: await this.#preview(change) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { change, problem: error };
    }
  }

  /** @param {Change} change */
  #preview(change) { return this.client.post(`${this.path}/purchases/preview`, { change }); }

  /** @param {Set<string>} may @param {AbortSignal} signal */
  async #waitedFor(may, signal) {
    const { change } = this;
    if (this.purchaseId) {
      if (may.has("getPurchase")) return this.client.get(`${this.path}/purchases/${this.purchaseId}`, {}, signal);
      return { id: this.purchaseId, status: "checkout", change, payUrl: this.#payUrl };
    }
    const billing = may.has("getBilling") ? await this.client.get(`${this.path}/billing`, {}, signal) : null;
    const isDone = billing?.plan === change?.plan && (!change?.seats || billing.seats.total === change.seats);
    return { id: this.#confirmUrl, status: isDone ? "paid" : "confirm", change, payUrl: this.#confirmUrl };
  }

  /** A purchase is paid, or will not be. @param {any} purchase */
  #end(purchase) {
    if (this.#ended === purchase.id) return;
    this.#ended = purchase.id;
    const isPaid = purchase.status === "paid";
    const isOwn = !this.#isOther;
    this.#outcome = isPaid ? "" : purchase.status;
    if (this.change) this.#wait({});
    if (isPaid && isOwn) this.#bought(purchase.change);
    else this.#changed();
  }

  /** Waits for a purchase, or for a confirmation at a page; for nothing, it offers the change again. @param {{ id?: string | null, url?: string, isOther?: boolean }} purchase */
  #wait({ id, url = "", isOther = false }) {
    this.#confirmUrl = id ? "" : url;
    this.#payUrl = url;
    this.#isOther = isOther;
    this.purchaseId = id || "";
    this.#isNew = this.#isWaiting;
    this.announce("purchase-waits", this.#isWaiting);
    this.reload();
  }

  /** @param {Change} change */
  #bought(change) {
    this.announce("purchased", { change, text: change ? describe(this, this.#product, change) : "" });
    this.#changed();
  }

  #changed() {
    this.store.changed();
    this.announce("changed");
  }

  /** Buys what is shown, at the price that is shown. */
  async buy() {
    const { change } = this;
    if (!change || this.#whyNotYet()) return;
    const order = this.#unsure || { change, preview: this.data.preview };
    this.#outcome = "";
    await this.act("buy", () => this.#send(order.change, agreedTo(order.preview)));
    const problem = this.problem("buy");
    this.#unsure = problem && isTransient(problem) ? order : null;
    // Nobody sees here any more how it has ended, but the screen can show it.
    if (!this.isConnected) this.store.changed();
    if (problem?.purchaseId && (problem.payUrl || problem.code === "purchase_open")) {
      this.forgetProblem("buy");
      this.#wait({ id: problem.purchaseId, url: problem.payUrl, isOther: problem.code === "purchase_open" });
    } else if (problem?.code === "price_changed") {
      this.reload();
    }
  }

  /** @param {Change} change @param {any} agreed @returns {Promise<void>} */
  async #send(change, agreed) {
    const [method, path, body] = REQUESTS[change.kind](change);
    const order = { ...body, agreed };
    const answer = method === "POST" ? await this.create("buy", this.path + path, order) : await this.client.put(this.path + path, order);
    if ("checkoutUrl" in answer) return this.#wait({ id: answer.purchaseId, url: answer.checkoutUrl || answer.url });
    // A change of very many seats is made in parts, and the price of the rest was agreed to with that of the whole.
    if (answer.remaining) return this.#send(change, agreed && agreedTo(await this.#preview(change)));
    this.#bought(change);
  }

  /** Why the person cannot buy yet; null if they can. */
  #whyNotYet() {
    const { change } = this;
    if (!change || !isComplete(change)) return this.t.purchase.incomplete;
    if (this.#unsure && !same(this.#unsure.change, change)) return this.t.purchase.unsure;
    if (same(this.present, change)) return this.t.purchase.unchanged;
    if (!same(this.data?.change, change)) return this.t.checking;
    return this.data.problem ? this.#reason(this.data.problem) : null;
  }

  view() { return this.data.purchase ? this.#payment(this.data.purchase) : this.#offer(); }

  #offer() {
    const t = this.t.purchase;
    const { preview, problem } = this.data;
    const why = this.#whyNotYet();
    const due = preview?.dueNow;
    return html`<div class="stack offer" aria-busy=${why === this.t.checking ? "true" : "false"}><div class="stack">
      ${this.#outcome ? html`<p class="banner" role="status">${this.#state(this.#outcome)}</p>` : nothing}
      ${preview ? this.#cost(preview) : nothing}${problem ? this.#refused(problem) : nothing}
      ${this.complaint("buy")}</div>
      <div class="row end">${this.button({ label: this.t.cancel, why: this.isBusy("buy") ? this.t.checking : null, act: () => this.announce("purchase-closed") })}
        ${this.button({ label: due?.amount ? fill(t.buyFor, { price: this.format.money(due) }) : t.confirm, kind: "primary", busy: "buy", why, act: () => this.buy() })}</div></div>`;
  }

  /** Why there is no price. @param {Problem} problem */
  #refused(problem) {
    const { payUrl } = problem;
    return html`<div class="failure" role="alert"><p>${this.#reason(problem)}</p>
      ${payUrl ? html`<a class="button" href=${payUrl} target="_blank" rel="noopener">${this.t.pay} <span aria-hidden="true">↗</span></a>` : nothing}
      ${isTransient(problem) ? this.button({ label: this.t.tryAgain, act: () => this.reload() }) : nothing}</div>`;
  }

  /** @param {Problem} problem */
  #reason(problem) { return problem.code === "payment_failed" ? this.t.purchase.overdue : this.detailOf(problem); }

  /** @param {any} preview */
  #cost({ lines, dueNow, nextInvoice }) {
    const t = this.t.purchase;
    const money = (/** @type {any} */ amount) => this.format.money(amount);
    const isOnce = this.change?.kind === "credits";
    const note = !dueNow.amount ? t.nothingDue : this.#product.offers.onlineBilling ? "" : t.byInvoice;
    return html`<table class="cost"><caption class="visually-hidden">${t.cost}</caption>
      <tbody>${lines.map((/** @type {any} */ line) => html`<tr><th scope="row">${line.label}${line.unitPrice
        ? html` <small>${fill(t.each, { quantity: this.format.number(line.quantity), price: money(line.unitPrice) })}</small>` : nothing}</th>
        <td class="amount">${money(line.amount)}</td></tr>`)}</tbody>
      <tfoot><tr><th scope="row">${t.dueNow}</th><td class="amount">${money(dueNow)}</td></tr>
        ${isOnce ? nothing : html`<tr><th scope="row">${t.nextInvoice}</th><td class="amount">${money(nextInvoice)}</td></tr>`}</tfoot></table>
      ${note ? html`<p class="muted">${note}</p>` : nothing}
      <p class="visually-hidden" role="status">${t.dueNow}: ${money(dueNow)}</p>`;
  }

  /** @param {string} status */
  #state(status) { return /** @type {Record<string, string>} */ (this.t.purchase.states)[status] || status; }

  /** A purchase that waits. @param {any} purchase */
  #payment(purchase) {
    const t = this.t.purchase;
    const { id, status, change, amount } = purchase;
    const url = purchase.payUrl || purchase.checkoutUrl;
    const discard = () => this.act("discard", async () => {
      await this.client.delete(`${this.path}/purchases/${id}`);
      await this.reload();
    });
    return html`<div class="stack">
      ${this.#isOther ? html`<p>${t.other}</p>` : nothing}
      <div class="banner waits"><div class="stack tight" role="status">
        ${change ? html`<strong>${describe(this, this.#product, change)}${amount ? ` · ${this.format.money(amount)}` : ""}</strong>` : nothing}
        <span>${status === "charging" ? html`<span class="spinner"></span> ` : nothing}${this.#state(status)}</span></div>
      <div class="row">${status === "checkout" || status === "action_required" ? this.actionButton("discardPurchase", { label: t.discard, busy: "discard", act: discard }) : nothing}
        ${url ? html`<a class="button primary" part="button primary" href=${url} target="_blank" rel="noopener">${status === "confirm" ? t.goConfirm : t.goPay} <span aria-hidden="true">↗</span></a>` : nothing}</div></div>
      ${this.complaint("discard")}
      ${this.change ? html`<div class="row end">${this.button({ label: this.t.close, act: () => this.announce("purchase-closed") })}</div>` : nothing}</div>`;
  }
}

define("seatwise-purchase", Purchase);
