// Secrets that are shown once, one after the other, until the person says that they are stored.

import { html, nothing } from "../vendor/lit.js";
import { fill } from "../messages/en.js";

/** @typedef {import("../element.js").SeatwiseElement} SeatwiseElement */

export class ShownSecret {
  /** Those that are not stored yet; the first is shown. @type {{ name: string, key: string }[]} */
  #secrets = [];
  /** Whether it was copied, in words. */
  #told = "";

  /** @param {SeatwiseElement} host */
  constructor(host) { this.host = host; }

  /** Keeps a secret, for `open` to show it; null gives up all. @param {{ name: string, key: string } | null} secret */
  keep(secret) { this.#set(secret ? [...this.#secrets, secret] : []); }

  /** @param {{ name: string, key: string }[]} secrets */
  #set(secrets) {
    this.#secrets = secrets;
    this.#told = "";
    // Whoever leaves the page now loses a secret.
    if (secrets.length) addEventListener("beforeunload", keepPage);
    else removeEventListener("beforeunload", keepPage);
    this.host.requestUpdate();
  }

  /** Opens the dialog, if there is a secret to show. */
  open() {
    if (this.#secrets.length) this.host.open("secret");
  }

  /** The dialog. Neither Escape nor a click beside it closes it. */
  view() {
    const [secret] = this.#secrets;
    return html`<dialog id="secret" closedby="none" aria-labelledby="secret-title" aria-describedby="secret-text"
      @cancel=${(/** @type {Event} */ event) => event.preventDefault()} @close=${() => this.open()}>${secret ? this.#form(secret) : nothing}</dialog>`;
  }

  /** @param {{ name: string, key: string }} secret */
  #form(secret) {
    const { t } = this.host;
    const { secret: words } = t.apiKeys;
    const stored = (/** @type {Event} */ event) => {
      event.preventDefault();
      /** @type {HTMLFormElement} */ (event.target).reset();
      this.#set(this.#secrets.slice(1));
      this.host.close("secret");
    };
    return html`<form @submit=${stored}><h2 id="secret-title">${fill(words.title, { name: secret.name })}</h2>
      <p id="secret-text">${words.text}</p>
      <label class="field">${words.key}<textarea class="code" readonly rows="3" dir="ltr" spellcheck="false" .value=${secret.key}
        @focus=${(/** @type {Event} */ event) => /** @type {HTMLTextAreaElement} */ (event.target).select()}></textarea></label>
      <div class="row"><button type="button" class="primary" autofocus @click=${() => this.#copy(secret.key)}>${t.copy}</button><span role="status">${this.#told}</span></div>
      <label class="check"><input type="checkbox" required>${words.stored}</label>
      <div class="row end"><button>${words.done}</button></div></form>`;
  }

  /** Says in the dialog that it is copied: what is behind a dialog is not read. @param {string} key */
  async #copy(key) {
    const { t } = this.host;
    this.#told = await navigator.clipboard.writeText(key).then(() => t.copied, () => t.notCopied);
    this.host.requestUpdate();
  }
}

/** @param {Event} event */
const keepPage = (event) => event.preventDefault();
