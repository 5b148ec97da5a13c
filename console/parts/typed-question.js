// A question before an end that cannot be undone: the person types a name to confirm it.

import { html } from "../vendor/lit.js";
import { fill } from "../messages/en.js";

/** @typedef {import("../element.js").SeatwiseElement} SeatwiseElement */

/** The same words, whatever the spaces between them. @param {string} text */
const words = (text) => text.normalize().trim().replace(/\s+/g, " ");

export class TypedQuestion {
  #typed = "";

  /** @param {SeatwiseElement} host */
  constructor(host) { this.host = host; }

  /** @param {string} text */
  #type(text) {
    this.#typed = text;
    this.host.requestUpdate();
  }

  /** @param {{ id: string, title: string, text: unknown, name: string, confirm: string, submit: () => Promise<unknown> }} question */
  view({ id, title, text, name, confirm, submit }) {
    const { t } = this.host;
    return this.host.dialog({
      id, title, confirm, submit,
      danger: true,
      why: words(this.#typed) === words(name) ? null : fill(t.departure.typeFirst, { name }),
      closed: () => this.#type(""),
      body: html`${text}<label class="field">${fill(t.departure.type, { name })}<input name="typed" autocomplete="off" spellcheck="false"
        .value=${this.#typed} @input=${(/** @type {Event} */ event) => this.#type(/** @type {HTMLInputElement} */ (event.target).value)}></label>`,
    });
  }
}
