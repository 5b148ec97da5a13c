// What a signed-out person sees, where the sign-in is a page of its own.

import { html, nothing } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";

/** A button that leads to the sign-in page, and why the last sign-in did not succeed. */
export class SignInButton extends SeatwiseElement {
  static properties = { start: { attribute: false }, reason: { attribute: false } };

  constructor() {
    super();
    /** Goes to the sign-in page. @type {() => Promise<void>} */
    this.start = async () => {};
    /** Why the last sign-in did not succeed. @type {import("../api.js").Problem | null} */
    this.reason = null;
  }

  get needsWorkspace() { return false; }
  get isReady() { return true; }

  view() {
    const { t } = this;
    const complaint = this.complaint("start");
    return html`<section aria-labelledby="title"><h1 id="title">${t.signIn.title}</h1><p>${t.signIn.text}</p>
      ${this.reason && complaint === nothing ? html`<p class="complaint" role="alert">${this.detailOf(this.reason)}</p>` : complaint}
      <div class="row">${this.button({ label: t.signIn.button, kind: "primary", busy: "start", act: () => this.act("start", () => this.start()) })}</div></section>`;
  }
}

define("seatwise-sign-in", SignInButton);
