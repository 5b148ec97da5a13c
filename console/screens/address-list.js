// The field of email addresses: a list of chips, and the text that becomes the next one.

import { css, html, live, nothing } from "../vendor/lit.js";
import { Problem } from "../api.js";
import { fill } from "../messages/en.js";
import { addressesIn, readAddress } from "./addresses.js";

/** An address of the list; `refusal` is what the server said about it. @typedef {{ text: string, refusal?: Problem }} Entry */
/** An address, and why it cannot be invited. @typedef {Entry & { key: string, fault: string | null }} Checked */
/** How many addresses are possible, and what to say to the others. @typedef {{ most: number, text: string }} Limit */

/** Refusals of an address that a second try cannot change. */
const LASTING = new Set(["already_member", "invitation_pending", "invitation_declined", "invalid_request"]);

export const addressStyles = css`
  .chips { display: flex; flex-wrap: wrap; gap: .25rem; align-items: start; padding: .25rem; border: 1px solid var(--field); border-radius: var(--radius); max-height: 16rem; overflow-y: auto; }
  .chips ul { display: contents; }
  .chips input { flex: 1 1 10rem; width: auto; border: 0; min-height: 2rem; background: none; outline: none; }
  .chips:has(input:focus-visible) { outline: 3px solid var(--accent); outline-offset: 2px; }
  .chip { display: grid; grid-template-columns: minmax(0, 1fr) auto; max-width: 100%; border-radius: var(--radius); background: var(--raised); }
  .chip button { border: 0; background: none; font-weight: 400; min-height: 2rem; min-width: 2rem; padding: .125rem .375rem; overflow-wrap: anywhere; text-align: start; justify-content: start; }
  .chip small { grid-column: 1 / -1; color: inherit; padding: 0 .375rem .25rem; }
  .chip[data-bad] { background: var(--bad-surface); color: var(--bad); }
`;

/** The addresses of an element. */
export class AddressList {
  /** @type {Entry[]} */
  entries = [];
  typed = "";

  /** @param {import("../element.js").SeatwiseElement} host @param {(key: string) => "member" | "pending" | undefined} standing */
  constructor(host, standing) {
    this.host = host;
    this.standing = standing;
  }

  clear() { this.fill([]); }

  /** @param {string[]} emails */
  fill(emails) { this.#set(emails.map((text) => ({ text })), ""); }

  /** The addresses of the list and of what is typed. @returns {Entry[]} */
  get all() { return [...this.entries, ...addressesIn(this.typed).map((text) => ({ text }))]; }

  /** All addresses with their faults. @param {Limit} limit @returns {Checked[]} */
  check({ most, text: beyond }) {
    const { faults } = this.host.t.invite;
    const seen = new Set();
    let good = 0;
    return this.all.map((entry) => {
      const { key, fault } = readAddress(entry.text);
      const isRepeated = seen.size === seen.add(key).size;
      const says = (/** @type {string | null} */ text) => ({ ...entry, key, fault: text });
      if (fault) return says(faults[fault]);
      if (isRepeated) return says(faults.repeated);
      const standing = this.standing(key);
      if (standing) return says(faults[standing]);
      if (entry.refusal && LASTING.has(entry.refusal.code)) return says(this.host.detailOf(entry.refusal));
      good += 1;
      return says(good > most ? beyond : null);
    });
  }

  /** Moves what is typed to the list. */
  commit() { this.#set(this.all, ""); }

  /** @param {Entry[]} entries @param {string} typed */
  #set(entries, typed) {
    this.entries = entries;
    this.typed = typed;
    this.host.requestUpdate();
    // The list scrolls where it is long.
    this.host.updateComplete.then(() => this.host.shadowRoot?.activeElement?.scrollIntoView({ block: "nearest" }));
  }

  /** @param {number} index */
  #remove(index) {
    this.#set(this.entries.filter((_, at) => at !== index), this.typed);
    this.focus();
  }

  /** Takes an address out of the list, to be typed anew. @param {number} index */
  #edit(index) {
    const { text } = this.entries[index];
    this.#set(this.all.filter((_, at) => at !== index), text);
    this.focus();
  }

  /** Drops who is invited, and says why others were refused. What came meanwhile stays. @param {Map<string, any>} rows the rows of the answer, by key */
  settle(rows) {
    // A repeated address goes with the first one.
    const left = this.entries.flatMap((entry) => {
      const { invitation, problem } = rows.get(readAddress(entry.text).key) || {};
      if (invitation) return [];
      return problem ? { text: entry.text, refusal: new Problem(problem.status, problem) } : entry;
    });
    this.#set(left, this.typed);
  }

  /** Marks the addresses that the server could not read. @param {string[]} emails as they were sent @param {Problem} problem */
  mark(emails, { errors, code, status }) {
    for (const { field, message } of errors) {
      const text = emails[Number(/^emails\[(\d+)\]$/.exec(field)?.[1] ?? -1)];
      const refusal = new Problem(status, { code, detail: message });
      this.#set(this.entries.map((entry) => (entry.text === text ? { text, refusal } : entry)), this.typed);
    }
  }

  get #input() { return /** @type {HTMLInputElement | null} */ (this.host.renderRoot.querySelector("#addresses")); }

  focus() { this.#input?.focus(); }

  #type() {
    this.#set(this.entries, this.#input?.value || "");
    if (/[,;]\s*$|@.*\s$/.test(this.typed)) this.commit();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && this.typed.trim()) {
      event.preventDefault();
      this.commit();
    } else if (event.key === "Tab" && this.typed) {
      // A click elsewhere does not commit: what is clicked would move away from under the pointer.
      this.commit();
    } else if (event.key === "Backspace" && !this.typed && this.entries.length) {
      event.preventDefault();
      this.#edit(this.entries.length - 1);
    }
  }

  /** An input would drop the line breaks of what is pasted. @param {ClipboardEvent} event */
  #paste(event) {
    const text = event.clipboardData?.getData("text") || "";
    if (addressesIn(text).length < 2) return;
    event.preventDefault();
    this.#set([...this.entries, ...addressesIn(text).map((address) => ({ text: address }))], this.typed);
  }

  /** @param {Checked[]} checked */
  view(checked) {
    const { t, format } = this.host;
    const listed = checked.slice(0, this.entries.length);
    const bad = listed.filter(({ fault }) => fault).length;
    return html`<div class="field"><label for="addresses">${t.invite.addresses}</label>
      <div class="chips">${listed.length ? html`<ul class="plain" aria-label=${t.invite.addresses}>${listed.map((entry, index) => this.#chip(entry, index))}</ul>` : nothing}
        <input id="addresses" type="text" inputmode="email" autocomplete="off" autocapitalize="off" spellcheck="false" dir="auto"
          aria-describedby="addresses-hint addresses-state" aria-invalid=${bad ? "true" : nothing} .value=${live(this.typed)}
          @input=${() => this.#type()} @keydown=${(/** @type {KeyboardEvent} */ event) => this.#press(event)}
          @paste=${(/** @type {ClipboardEvent} */ event) => this.#paste(event)}></div>
      <small id="addresses-hint">${t.invite.hint}</small>
      <small id="addresses-state" role="status">${listed.length ? format.count(listed.length, t.invite.entered) : nothing}
        ${bad ? format.count(bad, t.invite.faulty) : nothing}</small></div>`;
  }

  /** @param {Checked} entry @param {number} index */
  #chip({ text, fault, refusal }, index) {
    const { t } = this.host;
    const says = fault || (refusal && this.host.detailOf(refusal));
    return html`<li class="chip" ?data-bad=${!!says}>
      <button type="button" aria-label=${fill(t.invite.edit, { address: text })} @click=${() => this.#edit(index)}><bdi>${text}</bdi></button>
      <button type="button" aria-label=${fill(t.invite.remove, { address: text })} @click=${() => this.#remove(index)}>×</button>
      ${says ? html`<small>${says}</small>` : nothing}</li>`;
  }
}
