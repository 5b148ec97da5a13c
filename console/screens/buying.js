// What screens share on which something can be bought: the dialog of a purchase, and a purchase that waits for its payment.

import { html, nothing } from "../vendor/lit.js";
import { fill } from "../messages/en.js";
import { isBackdrop } from "../overlays.js";
import "./purchase.js";

/** @typedef {import("./change.js").Change} Change */
/** @typedef {import("./purchase.js").Purchase} Purchase */
/** What the dialog offers. `present` would change nothing. @typedef {{ title: string, change: Change, present?: Change, fields?: (change: any) => unknown, waits?: boolean }} Draft */

/** After this time, the API also knows what the provider reports of a change, in milliseconds. */
const SETTLES = 3000;

/** The purchases of a screen, which shows `dialog` in its view. */
export class Buying {
  /** @type {Draft | null} */
  #draft = null;
  #element;

  /** What follows when something was bought. @type {(() => unknown) | undefined} */
  bought;

  /** @param {import("../element.js").SeatwiseElement} element */
  constructor(element) { this.#element = element; }

  /** Opens the dialog. @param {Draft} draft */
  async offer(draft) {
    this.#show(draft);
    await this.#element.updateComplete;
    this.#element.open("purchase");
  }

  /** Changes what the dialog offers. @param {Partial<Change>} part */
  revise(part) {
    if (this.#draft) this.#show({ ...this.#draft, change: { ...this.#draft.change, ...part } });
  }

  /** @param {Draft | null} draft */
  #show(draft) {
    this.#draft = draft;
    this.#element.requestUpdate();
  }

  /** @param {CustomEvent} event */
  #tell = (event) => {
    const { done, states } = this.#element.t.purchase;
    const { text } = event.detail;
    this.#element.tell(text ? fill(done, { what: text }) : states.paid);
    this.settle();
    this.bought?.();
  };

  /** Loads again when what has changed has arrived everywhere. */
  settle() { setTimeout(() => { if (this.#element.getToken) this.#element.store.changed(); }, SETTLES); }

  /** @returns {Purchase | null} */
  get #purchase() { return this.#element.renderRoot.querySelector("#purchase seatwise-purchase"); }

  /** Whether the purchase is on its way. The dialog stays open then: for the outcome, and for a second try with the same key. */
  get #isBusy() { return !!this.#purchase?.isBusy("buy"); }

  get dialog() {
    const { api, workspaceId, getToken } = this.#element;
    const draft = this.#draft;
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      this.#purchase?.buy();
    };
    const refuse = (/** @type {Event} */ event) => { if (this.#isBusy) event.preventDefault(); };
    const beside = (/** @type {MouseEvent} */ event) => { if (!this.#isBusy) isBackdrop(event); };
    // A second Escape closes a dialog without asking.
    const closed = () => (this.#isBusy ? this.#element.open("purchase") : this.#show(null));
    const close = () => this.#element.close("purchase");
    const waits = (/** @type {CustomEvent} */ event) => { if (this.#draft) this.#show({ ...this.#draft, waits: event.detail }); };
    const bought = (/** @type {CustomEvent} */ event) => { close(); this.#tell(event); };
    return html`<dialog id="purchase" part="dialog" aria-labelledby="purchase-title" @click=${beside} @cancel=${refuse} @close=${closed}>${draft
      ? html`<form @submit=${submit}><h2 id="purchase-title">${draft.title}</h2><div class="stack" ?hidden=${draft.waits}>${draft.fields?.(draft.change)}</div>
        <seatwise-purchase .api=${api} .workspaceId=${workspaceId} .getToken=${getToken} .change=${draft.change} .present=${draft.present || null}
          @seatwise-purchase-waits=${waits} @seatwise-purchased=${bought} @seatwise-purchase-closed=${close}></seatwise-purchase></form>`
      : nothing}</dialog>`;
  }

  /** A purchase that waits for its payment. @param {{ id: string } | null | undefined} purchase */
  waiting(purchase) {
    const { api, workspaceId, getToken } = this.#element;
    return purchase ? html`<seatwise-purchase .api=${api} .workspaceId=${workspaceId} .getToken=${getToken} .purchaseId=${purchase.id}
      @seatwise-purchased=${this.#tell}></seatwise-purchase>` : nothing;
  }
}
