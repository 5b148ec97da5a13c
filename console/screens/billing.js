// What a workspace pays for: the plan, the summary, open purchases, invoices, credits.

import { css, html, nothing } from "../vendor/lit.js";
import { Problem } from "../api.js";
import { SeatwiseElement, define } from "../element.js";
import { fill } from "../messages/en.js";
import { fieldStyles, numberField, optionsField } from "./fields.js";
import { PlanOffers } from "./plans.js";

/** The most packages of one purchase. */
const MOST_PACKAGES = 50;
const COLORS = { free: "green", manual: "green", unpaid: "amber", active: "green", past_due: "red", canceling: "amber", canceled: "red" };
const INVOICE_COLORS = { open: "amber", paid: "green", uncollectible: "red", void: "gray" };

/**
 * The billing of a workspace: the plan, the costs, invoices and credits. People who may see only the credits see only the credits.
 *
 * @fires seatwise-changed - What the workspace has or pays for has changed.
 */
export class Billing extends PlanOffers {
  static styles = [SeatwiseElement.styles, fieldStyles, css`
    .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(9rem, 100%), 1fr)); gap: .75rem 1.5rem; }
    dt { color: var(--muted); font-size: .8125rem; }
    dd { font-weight: 550; }
    .balance { font-size: 1.5rem; font-weight: 650; font-variant-numeric: tabular-nums; }
    .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(14rem, 100%), 1fr)); gap: 1rem; }
    .cards > li { grid-template-rows: auto auto 1fr auto; }
    .included { padding-inline-start: 1.25rem; }
    .included > li::first-letter { text-transform: uppercase; }
    section > h2 { margin-block-start: .75rem; }
    tfoot > tr > * { border-block: 1px solid var(--edge); font-weight: 650; color: inherit; font-size: inherit; }
    tfoot > tr:last-child > * { border-block-end: 0; }
  `];
  static properties = { compact: { type: Boolean }, wanted: { attribute: false } };

  /** The wish that the form of the plan was opened for: it opens once. @type {Billing["wanted"]} */
  #offered = null;

  constructor() {
    super();
    /** Shows only the card with the plan, the seats and the next renewal. */
    this.compact = false;
    /** The more seats that the person wants, as the detail of `seatwise-plan-wanted`: the form of the plan opens with them, if the plan sells seats. @type {{ seats?: number } | null} */
    this.wanted = null;
  }

  checks() { return ["changePlan", "openBillingPortal", "cancelSubscription", "buyCredits"].map((action) => ({ action })); }

  loadsAgainWith() { return ["compact"]; }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const [product, may] = await Promise.all([this.store.product(), this.store.permissions(this.workspaceId)]);
    const get = (/** @type {string} */ action, /** @type {string} */ path) => (may.has(action) ? this.client.get(`${this.path}/${path}`, {}, signal) : null);
    if (this.compact) return { product, billing: await get("getBilling", "billing") };
    const [billing, credits, invoices] = await Promise.all([
      get("getBilling", "billing"),
      get("getCredits", "credits"),
      // The provider can be out of reach while everything else is there.
      get("listInvoices", "billing/invoices")?.catch((error) => { if (error instanceof Problem) return error; throw error; }),
    ]);
    return { product, billing, credits, invoices };
  }

  updated() {
    const { wanted } = this;
    if (!this.data?.billing || !wanted?.seats || wanted === this.#offered) return;
    this.#offered = wanted;
    this.offerMoreSeats(wanted.seats);
  }

  view() {
    const t = this.t.billing;
    const { billing, credits } = this.data;
    if (this.compact) return billing ? this.#card() : nothing;
    return html`<section aria-labelledby="title">
      <div class="row apart"><h1 id="title">${billing ? t.title : t.credits}</h1>${billing ? this.#portal() : nothing}</div>
      ${this.complaint("portal")}
      ${billing ? html`${this.buying.waiting(billing.openPurchase)}${this.#card()}` : nothing}
      ${credits ? this.#credits() : nothing}
      ${billing ? html`${this.#summary()}${this.plans()}${this.#invoices()}${this.#cancel()}` : nothing}
    </section>${this.buying.dialog}`;
  }

  /** The compact card. */
  #card() {
    const t = this.t.billing;
    const { product, billing: { planLabel, status, seats, nextRenewal, total, notices } } = this.data;
    const words = t.statuses[/** @type {keyof typeof COLORS} */ (status)];
    const end = notices.find((/** @type {any} */ notice) => notice.code === "subscription_ends")?.at || (status === "canceling" ? nextRenewal : null);
    const fact = (/** @type {string} */ name, /** @type {unknown} */ value) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
    const taken = fill(this.t.members.seatsTaken, { used: this.format.number(seats.filled + seats.pending), total: this.format.number(seats.total) });
    return html`<div class="card"><dl class="facts">
      ${fact(t.plan, html`${planLabel} ${words ? this.badge({ label: words.label, color: COLORS[/** @type {keyof typeof COLORS} */ (status)] }) : nothing}`)}
      ${product.seatModel === "none" ? nothing : fact(t.seats, taken)}
      ${fact(end ? t.ends : t.nextRenewal, end || nextRenewal ? this.format.date(end || nextRenewal) : status === "past_due" ? t.oncePaid : t.nothingRenews)}
      ${total.amount ? fact(t.total, this.format.money(total)) : nothing}</dl>
      ${words ? html`<p class="muted">${words.text}</p>` : nothing}</div>`;
  }

  #portal() {
    return this.actionButton("openBillingPortal", { label: this.t.billing.manage, busy: "portal", act: () => this.#openPortal() });
  }

  async #openPortal() {
    // A browser blocks a tab that opens only after the answer.
    const tab = window.open("", "_blank");
    const isDone = await this.act("portal", async () => {
      const { url } = await this.client.post(`${this.path}/billing/portal`).catch((error) => {
        throw error.code === "not_found" ? new Problem(409, { code: "no_portal", detail: this.t.billing.noPortal }) : error;
      });
      if (!tab) return location.assign(url);
      tab.opener = null;
      tab.location.replace(url);
    });
    if (!isDone) tab?.close();
  }

  // The full summary.

  #summary() {
    const t = this.t.billing;
    const { lines, total } = this.data.billing;
    if (!lines.length) return nothing;
    const money = (/** @type {any} */ amount) => this.format.money(amount);
    return html`<h2 id="summary">${t.summary}</h2><div class="scroll"><table class="stacks" aria-labelledby="summary"><thead><tr>
      <th scope="col">${t.item}</th><th scope="col" class="amount">${t.quantity}</th><th scope="col" class="amount">${t.unitPrice}</th><th scope="col" class="amount">${t.amount}</th></tr></thead>
      <tbody>${lines.map((/** @type {any} */ line) => html`<tr><th scope="row" class="wide">${line.label}</th>
        <td class="amount wide" data-label=${t.quantity}>${this.format.number(line.quantity)}</td><td class="amount wide" data-label=${t.unitPrice}>${money(line.unitPrice)}</td>
        <td class="amount wide" data-label=${t.amount}>${money(line.total)}</td></tr>`)}</tbody>
      <tfoot><tr><th scope="row" colspan="3">${t.total}</th><td class="amount">${money(total)}</td></tr></tfoot></table></div>`;
  }

  #invoices() {
    const t = this.t.billing;
    const { invoices } = this.data;
    if (!invoices) return nothing;
    if (invoices instanceof Problem) return html`<h2>${t.invoices}</h2><p class="complaint" role="alert">${this.detailOf(invoices)}</p>`;
    if (!invoices.items.length) return html`<h2>${t.invoices}</h2><p class="muted">${t.noInvoices}</p>`;
    return html`<h2 id="invoices">${t.invoices}</h2><div class="scroll"><table class="stacks" aria-labelledby="invoices"><thead><tr>
      <th scope="col">${t.number}</th><th scope="col">${t.date}</th><th scope="col">${t.status}</th><th scope="col" class="amount">${t.amount}</th></tr></thead>
      <tbody>${invoices.items.map((/** @type {any} */ invoice) => this.#invoice(invoice))}</tbody></table></div>`;
  }

  /** @param {any} invoice */
  #invoice({ number, date, status, amount, url }) {
    const t = this.t.billing;
    const known = /** @type {keyof typeof INVOICE_COLORS} */ (status);
    const name = number || t.invoice;
    return html`<tr><th scope="row">${url ? html`<a href=${url} target="_blank" rel="noopener">${name}</a>` : name}</th>
      <td>${this.format.date(date)}</td><td>${this.badge({ label: t.invoiceStatuses[known] || status, color: INVOICE_COLORS[known] || "gray" })}</td>
      <td class="amount">${this.format.money(amount)}</td></tr>`;
  }

  #cancel() {
    const t = this.t.billing;
    const { status, nextRenewal } = this.data.billing;
    if (!["active", "past_due"].includes(status) || !this.isOffered("cancelSubscription")) return nothing;
    const date = nextRenewal ? this.format.date(nextRenewal) : t.periodEnd;
    const cancel = () => this.ask({
      title: t.cancelTitle,
      text: html`<ul><li>${fill(t.cancelUntil, { date })}</li><li>${t.cancelThen}</li><li>${t.cancelBack}</li></ul>`,
      confirm: t.cancel,
      danger: true,
      key: "cancel",
      act: async () => {
        const { endsAt } = await this.client.post(`${this.path}/billing/cancel`);
        this.tell(fill(t.cancelled, { date: this.format.date(endsAt) }));
        this.store.changed();
        this.announce("changed");
        this.buying.settle();
      },
    });
    return html`<h2>${t.cancel}</h2><p>${fill(t.cancelText, { date })}</p>
      <div>${this.actionButton("cancelSubscription", { label: t.cancel, kind: "danger", why: this.plan?.operatorManaged ? t.managed : null, act: cancel })}</div>`;
  }

  // Credits.

  #credits() {
    const t = this.t.billing;
    const { balance } = this.data.credits;
    return html`<div class="card"><div class="row apart"><div>${this.data.billing ? html`<h2>${t.credits}</h2>` : nothing}
      <p><span class="balance">${this.format.number(balance)}</span> ${t.left}</p></div>
      ${this.data.product.creditPackages.length ? this.actionButton("buyCredits", { label: t.buyCredits, kind: "primary", act: () => this.#offerCredits() }) : nothing}</div></div>`;
  }

  #offerCredits() {
    const t = this.t.billing;
    const { creditPackages } = this.data.product;
    const option = (/** @type {any} */ { id, label, price }) => ({ id, label, price: this.format.money(price) });
    this.buying.offer({
      title: t.buyCredits,
      change: { kind: "credits", package: creditPackages[0].id, quantity: 1 },
      fields: (change) => html`${optionsField(t.package, creditPackages.map(option), change.package, (id) => this.buying.revise({ package: id }))}
        ${numberField(this, { id: "quantity", label: t.packages, value: 1, min: 1, max: MOST_PACKAGES, set: (quantity) => this.buying.revise({ quantity }) })}`,
    });
  }
}

define("seatwise-billing", Billing);
