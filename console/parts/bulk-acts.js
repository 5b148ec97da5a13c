// What is done with several rows of the list of members at once.

import { html, live, nothing } from "../vendor/lit.js";
import { fill } from "../messages/en.js";
import { giveRole, keyOf, pathOf, removalCheck, roleCheck } from "./member-row.js";

/** @typedef {import("../store.js").Check} Check */
/** @typedef {{ id: string, label: string }} Role */

export class BulkActs {
  /** The role to change to; empty until one is chosen. */
  #role = "";

  /** @param {import("./selected-members.js").SelectedMembers} selection */
  constructor(selection) {
    this.selection = selection;
    this.host = selection.host;
  }

  /** Drops the choice of a role. */
  forget() { this.#role = ""; }

  /** Those who can get the role: an invitation that has expired keeps its own. @param {Role} role */
  #without({ id }) { return this.selection.items.filter((item) => item.role !== id && item.status !== "expired"); }

  /** @param {Role} role */
  #checks(role) { return this.#without(role).map((item) => roleCheck(item, role.id)); }

  /** Why none of these is allowed; null if one is. @param {Check[]} checks */
  #whyNone(checks) {
    const { host } = this;
    // Whom an act leaves out is said, so it waits until everything is decided.
    if (checks.some((check) => !host.decision(check))) return host.t.checking;
    if (checks.some((check) => host.may(check))) return null;
    return checks.length ? host.whyNot(checks[0]) : host.t.notAllowed;
  }

  /** @param {any[]} items the selected rows */
  view(items) {
    const { host } = this;
    const t = host.t.memberActs;
    const removal = host.button({ label: t.removeMany, kind: "danger", busy: "bulk-remove", why: this.#whyNone(items.map(removalCheck)), act: () => this.#askForRemoval() });
    // Invitations that have expired keep their roles.
    if (items.every(({ status }) => status === "expired")) return removal;
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
    return html`<label class="row">${t.changeRoles}<select class="inline" .value=${live(chosen?.id || "")} @change=${choose}><option value=""></option>
      ${roles.map((role) => html`<option value=${role.id} ?selected=${role === chosen}>${role.label}</option>`)}</select></label>
    ${host.button(change)}${removal}`;
  }

  /** @param {Role} role */
  #askForRole(role) {
    const { host } = this;
    const { client, path, t: { memberActs: t } } = host;
    const items = this.#without(role).filter((item) => host.may(roleCheck(item, role.id)));
    const why = (/** @type {any} */ item) => (item.role === role.id ? t.hasRole : item.status === "expired" ? t.roleOver : host.whyNot(roleCheck(item, role.id)));
    return host.ask({
      title: fill(host.format.count(items.length, t.changeRolesTitle), { role: role.label }),
      text: html`<p>${t.changeRolesText}</p>${this.#leftOut(items, why)}`,
      confirm: t.changeRole,
      key: "bulk-role",
      act: () => this.#each(items, (item) => giveRole(client, path, item, role.id)),
    });
  }

  #askForRemoval() {
    const { host } = this;
    const items = this.selection.items.filter((item) => host.may(removalCheck(item)));
    const { client, path, t: { memberActs: t } } = host;
    return host.ask({
      title: host.format.count(items.length, t.removeManyTitle),
      text: html`<p>${t.removeManyText}</p>${this.#leftOut(items, (item) => host.whyNot(removalCheck(item)))}`,
      confirm: t.removeMany,
      danger: true,
      key: "bulk-remove",
      act: () => this.#each(items, (item) => client.delete(pathOf(path, item))),
    });
  }

  /** How many of the selected rows an act leaves out, and why. @param {any[]} items what it applies to @param {(item: any) => string | null} why */
  #leftOut(items, why) {
    const { host } = this;
    const others = this.selection.items.filter((item) => !items.includes(item));
    return others.length ? html`<p>${host.format.count(others.length, host.t.memberActs.leftOut)} ${[...new Set(others.map(why))].join(" ")}</p>` : nothing;
  }

  /** One after the other; who is refused stays selected, with the reason. @param {any[]} items @param {(item: any) => Promise<unknown>} act */
  async #each(items, act) {
    const { host } = this;
    const { turn, t: { memberActs: t } } = host;
    const refused = [];
    for (const item of items) {
      if (!(await host.act(keyOf(item), () => act(item)))) refused.push(item);
      // The person has gone elsewhere, and does not see any more what is done.
      if (turn !== host.turn) return;
    }
    const texts = [host.format.count(items.length - refused.length, t.bulkDone)];
    if (refused.length) texts.push(host.format.count(refused.length, t.bulkFailed));
    host.tell(texts.join(" "));
    this.selection.select(refused);
    host.changed();
  }
}
