// Fields that are edited in place and saved one by one.

import { html, live, nothing } from "../vendor/lit.js";

/** @typedef {import("../element.js").SeatwiseElement} SeatwiseElement */

/**
 * @typedef {object} Field
 * @property {string} key the name of the field, and of the act that saves it
 * @property {string} label
 * @property {string | null} value the saved value
 * @property {(value: string | null) => Promise<unknown>} save saves a value, and puts it where `value` comes from; null clears it
 * @property {string} saved says that a value was saved
 * @property {boolean} [fixed] whether the person may only read it
 * @property {unknown} [hint]
 * @property {boolean} [required]
 * @property {number} [maxLength]
 * @property {string} [list] the id of suggestions
 * @property {string} [autocomplete]
 * @property {(text: string) => string} [meant] what a text means
 * @property {(text: string) => string | null} [fault] why a text cannot be saved
 */

/** The fields of an element. What was typed stays until it is saved or given up. */
export class SavedFields {
  /** @type {Map<string, string>} */
  #typed = new Map();

  /** @param {SeatwiseElement} host */
  constructor(host) { this.host = host; }

  /** Gives up what was typed. */
  reset() { this.#typed.clear(); }

  /** What the field shows now. @param {string} key @param {string | null} value */
  textOf(key, value) { return this.#typed.get(key) ?? value ?? ""; }

  /** @param {string} key @param {string} [text] none: what is saved */
  #type(key, text) {
    if (text === undefined) this.#typed.delete(key);
    else this.#typed.set(key, text);
    this.host.forgetProblem(key);
    this.host.requestUpdate();
  }

  /** @param {Field} field */
  view(field) {
    const { host } = this;
    const { key, label, value, hint, fixed } = field;
    if (fixed) return html`<div class="field"><span class="label">${label}</span><span>${value ? html`<bdi>${value}</bdi>` : html`<span class="muted">${host.t.none}</span>`}</span></div>`;
    const text = this.textOf(key, value);
    const isChanged = text.trim() !== (value ?? "");
    const fault = (isChanged && text.trim() && field.fault?.(text.trim())) || null;
    const give = (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && this.#type(key);
    return html`<form class="field" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); if (isChanged && !fault) this.#save(field, text.trim()); }}>
      <label for=${key}>${label}</label>
      <div class="row"><input class="inline" id=${key} .value=${live(text)} size="32" maxlength=${field.maxLength ?? nothing} ?required=${field.required} pattern=${field.required ? ".*\\S.*" : nothing}
        list=${field.list ?? nothing} autocomplete=${field.autocomplete ?? "off"} aria-invalid=${fault ? "true" : nothing} aria-describedby=${hint ? `${key}-hint` : nothing}
        @input=${(/** @type {Event} */ event) => this.#type(key, /** @type {HTMLInputElement} */ (event.target).value)} @keydown=${give}>
        ${isChanged ? html`${host.submit({ label: host.t.save, busy: key, why: fault })}
          ${host.button({ label: host.t.cancel, act: () => this.#type(key) })}` : nothing}</div>
      ${hint ? html`<small id=${`${key}-hint`}>${hint}</small>` : nothing}${host.complaint(key)}</form>`;
  }

  /** @param {Field} field @param {string} text */
  async #save(field, text) {
    const { key, value, save, saved } = field;
    const { host } = this;
    const { workspaceId } = host;
    const put = async (/** @type {string | null} */ to) => {
      if (workspaceId !== host.workspaceId || !(await host.act(key, () => save(to)))) return false;
      this.#type(key);
      host.store.changed();
      host.announce("changed");
      return true;
    };
    if (await put(text ? (field.meant?.(text) ?? text) : null)) host.tell(saved, () => put(value));
  }
}
