// What a person sees who comes back from paying: it waits until the purchase is paid, or is over.

import { css, html, nothing } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";

/** How often to ask, in milliseconds: at first, and after the first minute. */
const SOON = 1500;
const LATER = 10_000;
const MINUTE = 60_000;

/**
 * Waits for the purchase of a workspace.
 *
 * @fires seatwise-paid - The purchase is paid and granted; the detail is the purchase.
 * @fires seatwise-titled - Something else is shown; the detail is a title for the page.
 */
export class Payment extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, css`h1:focus { outline: none; }`];
  static properties = { billingUrl: { type: String, attribute: "billing-url" } };

  /** The purchase that was open when the person came. */
  #id = "";
  #since = Date.now();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #title = "";

  constructor() {
    super();
    /** Where the billing screen is. */
    this.billingUrl = "";
  }

  get texts() { return ["paying"]; }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const { openPurchase } = await this.client.get(`${this.path}/billing`, {}, signal);
    this.#id ||= openPurchase?.id || "";
    if (openPurchase?.id === this.#id || !this.#id) return { purchase: openPurchase };
    return { purchase: await this.client.get(`${this.path}/purchases/${this.#id}`, {}, signal) };
  }

  updated() {
    clearTimeout(this.#timer);
    if (this.data && this.#isWaiting) this.#timer = setTimeout(() => this.reload(), Date.now() - this.#since < MINUTE ? SOON : LATER);
    const title = this.renderRoot.querySelector("h1");
    if (!title || title.textContent === this.#title) return;
    this.#title = title.textContent || "";
    this.announce("titled", this.#title);
    title.focus();
    if (this.data.purchase?.status !== "paid") return;
    this.announce("paid", this.data.purchase);
    this.store.changed();
  }

  get #isWaiting() {
    return ["checkout", "charging", "action_required"].includes(this.data.purchase?.status);
  }

  view() {
    const t = this.t.payment;
    const { purchase } = this.data;
    const payUrl = purchase?.checkoutUrl || purchase?.payUrl;
    const onward = (/** @type {string} */ kind) => html`<a class=${`button ${kind}`} href=${this.billingUrl}>${t.toBilling}</a>`;
    if (this.#isWaiting) {
      return this.#section(t.waiting, html`<p class="waiting" role="status"><span class="spinner"></span>${t.waitingText}</p>
        ${payUrl ? html`<p>${t.notYet}</p>` : nothing}<div class="row">${onward("")}
        ${payUrl ? html`<a class="button" href=${payUrl}>${t.payNow}</a>` : nothing}</div>`);
    }
    const [title, text] = !purchase ? [t.settled, t.settledText] : purchase.status === "paid" ? [t.paid, t.paidText] : [t.notPaid, t.notPaidText];
    return this.#section(title, html`<p>${text}</p><div class="row">${onward("primary")}</div>`);
  }

  /** @param {string} title @param {unknown} content */
  #section(title, content) {
    return html`<section aria-labelledby="title"><h1 id="title" tabindex="-1">${title}</h1>${content}</section>`;
  }
}

define("seatwise-payment", Payment);
