// Which rows of the list of members are selected. What can be done with them is loaded with the first one (bulk-acts.js).

import { html, nothing } from "../vendor/lit.js";
import { whenNeeded } from "../api.js";
import { keyOf, removalCheck } from "./member-row.js";

/** The selected rows of the page that an element shows. */
export class SelectedMembers {
  /** @type {Set<string>} */
  #keys = new Set();
  /** @type {import("./bulk-acts.js").BulkActs | null} */
  #acts = null;

  /** @param {import("../screens/members.js").Members} host */
  constructor(host) { this.host = host; }

  /** @returns {any[]} */
  get items() { return this.host.data.page.items.filter((/** @type {any} */ item) => this.has(item)); }

  /** @param {any} item */
  has(item) { return this.#keys.has(keyOf(item)); }

  /** Selects these rows and no others. @param {any[]} items */
  select(items) {
    this.#keys = new Set(items.map(keyOf));
    if (items.length) {
      this.#loadActs();
      this.host.learnLater(items.map(removalCheck));
    } else this.#acts?.forget();
    this.host.requestUpdate();
  }

  /** @param {any} item */
  toggle(item) { this.select(this.has(item) ? this.items.filter((other) => other !== item) : [...this.items, item]); }

  /** Rows that are not on the page any more are not selected any longer. @param {any[]} items the rows of the page */
  keep(items) { this.select(items.filter((item) => this.has(item))); }

  #loadActs() {
    return this.#acts || this.host.act("load-acts", async () => {
      const [{ BulkActs }] = await Promise.all([whenNeeded(() => import("./bulk-acts.js")), this.host.learnTexts("acts")]);
      this.#acts = new BulkActs(this);
    });
  }

  view() {
    const { host, items } = this;
    if (!items.length) return nothing;
    const count = host.format.count(items.length, host.t.members.selected);
    return html`<div class="card" role="group" aria-label=${count}><div class="row"><span>${count}</span>${this.#acts?.view(items) || this.#missing()}</div></div>`;
  }

  #missing() {
    const { host } = this;
    if (!host.problem("load-acts")) return html`<span class="muted">${host.t.loading}</span>`;
    return html`${host.complaint("load-acts")}${host.button({ label: host.t.tryAgain, busy: "load-acts", act: () => this.#loadActs() })}`;
  }
}
