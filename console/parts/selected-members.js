// What is done with several rows of the list of members at once.

import { html, live, nothing } from "../vendor/lit.js";
import { fill } from "../messages/en.js";
import { giveRole, keyOf, pathOf, removalCheck, roleCheck } from "./member-row.js";

/** @typedef {import("../store.js").Check} Check */
/** @typedef {{ id: string, label: string }} Role */

/** The selected rows of the page that an element shows. */
export class SelectedMembers {
  /** @type {Set<string>} */
  #keys = new Set();
  /** The role to change to; empty until one is chosen. */
  #role = "";

  /** @param {import("../screens/members.js").Members} host */
  constructor(host) { this.host = host; }

  /** @returns {any[]} */
  get items() { return this.host.data.page.items.filter((/** @type {any} */ item) => this.has(item)); }

  /** @param {any} item */
  has(item) { return this.#keys.has(keyOf(item)); }

  /** Selects these rows and no others. @param {any[]} items */
  select(items) {
    this.#keys = new Set(items.map(keyOf));
    if (!items.length) this.#role = "";
    else this.host.learn(items.map(removalCheck)).catch((error) => console.error(error));
    this.host.requestUpdate();
  }

  /** @param {any} item */
  toggle(item) { this.select(this.has(item) ? this.items.filter((other) => other !== item) : [...this.items, item]); }

  /** Rows that are not on the page any more are not selected any longer. @param {any[]} items the rows of the page */
  keep(items) { this.select(items.filter((item) => this.has(item))); }

  /** @param {Role} role */
  #without({ id }) { return this.items.filter((item) => item.role !== id); }

  /** @param {Role} role */
  #checks(role) { return this.#without(role).map((item) => roleCheck(item, role.id)); }

  /** Why none of these is allowed; null if one is. @param {Check[]} checks */
  #whyNone(checks) {
    const { host } = this;
    if (checks.some((check) => host.may(check))) return null;
    return checks.length ? host.whyNot(checks[0]) : host.t.notAllowed;
  }

  view() {
    const { host, items } = this;
    if (!items.length) return nothing;
    const t = host.t.members;
    const count = host.format.count(items.length, t.selected);
    /** @type {Role[]} */
    const all = host.data.product.roles;
    const roles = all.filter((role) => !this.#whyNone(this.#checks(role)));
    const chosen = roles.find(({ id }) => id === this.#role);
    const choose = (/** @type {Event} */ event) => {
      this.#role = /** @type {HTMLSelectElement} */ (event.target).value;
      host.requestUpdate();
    };
    const change = {
      label: t.changeRole, busy: "bulk-role", act: () => chosen && this.#askForRole(chosen),
      why: chosen ? null : roles.length ? t.chooseRole : this.#whyNone(all.flatMap((role) => this.#checks(role))),
    };
    return html`<div class="card row" role="group" aria-label=${count}>
      <span>${count}</span>
      <label class="row">${t.changeRoles}<select class="inline" .value=${live(chosen?.id || "")} @change=${choose}><option value=""></option>
        ${roles.map((role) => html`<option value=${role.id} ?selected=${role === chosen}>${role.label}</option>`)}</select></label>
      ${host.button(change)}
      ${host.button({ label: t.removeMany, kind: "danger", busy: "bulk-remove", why: this.#whyNone(items.map(removalCheck)), act: () => this.#askForRemoval() })}</div>`;
  }

  /** @param {Role} role */
  #askForRole(role) {
    const { host } = this;
    const { client, path, t: { members: t } } = host;
    const items = this.#without(role);
    return host.ask({
      title: fill(host.format.count(items.length, t.changeRolesTitle), { role: role.label }),
      text: t.changeRolesText,
      confirm: t.changeRole,
      key: "bulk-role",
      act: () => this.#each(items, (item) => giveRole(client, path, item, role.id)),
    });
  }

  #askForRemoval() {
    const { host, items } = this;
    const { client, path, t: { members: t } } = host;
    return host.ask({
      title: host.format.count(items.length, t.removeManyTitle),
      text: t.removeManyText,
      confirm: t.removeMany,
      danger: true,
      key: "bulk-remove",
      act: () => this.#each(items, (item) => client.delete(pathOf(path, item))),
    });
  }

  /** One after the other; who is refused stays selected, with the reason. @param {any[]} items @param {(item: any) => Promise<unknown>} act */
  async #each(items, act) {
    const { host } = this;
    const t = host.t.members;
    const refused = [];
    for (const item of items) if (!(await host.act(keyOf(item), () => act(item)))) refused.push(item);
    const texts = [host.format.count(items.length - refused.length, t.bulkDone)];
    if (refused.length) texts.push(host.format.count(refused.length, t.bulkFailed));
    host.tell(texts.join(" "));
    this.select(refused);
    host.changed();
  }
}
