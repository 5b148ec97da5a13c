// The sign-in of `cargo run`: anybody as anybody.

import { Client, whenNeeded } from "../api.js";
import { SeatwiseElement, define } from "../element.js";

/**
 * A form to sign in as any person, and the people of the demo, if there is one.
 *
 * @fires seatwise-signed-in - Somebody has signed in; the detail is the access token.
 */
export class LocalSignIn extends SeatwiseElement {
  static properties = { label: { type: String } };

  #wantsFocus = false;

  constructor() {
    super();
    /** The button's label, in a page that has a heading of its own. The people of the demo are not shown there. */
    this.label = "";
  }

  get texts() { return ["joining"]; }
  get needsWorkspace() { return false; }
  get isReady() { return true; }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const [{ LocalForm }, people] = await Promise.all([whenNeeded(() => import("../parts/local-form.js")), this.label ? [] : this.#people(signal)]);
    return { form: new LocalForm(this), people };
  }

  /** @param {AbortSignal} signal */
  async #people(signal) {
    // An older server has no list of people.
    const { items } = await new Client(this.api).get("/dev/people", {}, signal).catch((problem) => {
      if (problem.status === 404) return { items: [] };
      throw problem;
    });
    return items;
  }

  /** Puts the focus into the first field, as soon as it is there. */
  focus() {
    this.#wantsFocus = true;
    this.requestUpdate();
  }

  updated() {
    const field = /** @type {HTMLElement | null} */ (this.#wantsFocus ? this.renderRoot.querySelector("#email") : null);
    if (!field) return;
    this.#wantsFocus = false;
    field.focus();
  }

  view() { return this.data.form.view(this.data.people); }
}

define("seatwise-local-sign-in", LocalSignIn);
