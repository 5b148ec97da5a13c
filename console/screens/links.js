// The links by which anybody can join with a role (R9).

import { html, nothing, repeat } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";
import { fill } from "../messages/en.js";
import { linkField, linkStyles } from "./link-field.js";

/**
 * One link for each role: create, copy, replace, revoke.
 *
 * @fires seatwise-changed - The links have changed.
 */
export class Links extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, linkStyles];

  get texts() { return ["inviting"]; }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const [product, workspace, { items }] = await Promise.all([
      this.store.product(),
      this.store.workspace(this.workspaceId),
      this.client.get(`${this.path}/links`, {}, signal),
    ]);
    // A role that the product has dropped can still have a link.
    const known = new Set(product.roles.map((/** @type {any} */ { id }) => id));
    const dropped = items.filter((/** @type {any} */ { role }) => !known.has(role)).map((/** @type {any} */ { role }) => ({ id: role, label: role }));
    const roles = [...product.roles, ...dropped];
    await this.learn(roles.flatMap(({ id }) => ["createLink", "revokeLink", "shareInvitationLink"].map((action) => ({ action, role: id }))));
    return { product, workspace, roles, links: new Map(items.map((/** @type {any} */ link) => [link.role, link])) };
  }

  view() {
    const { t } = this;
    const { roles, links } = this.data;
    const shown = roles.filter((/** @type {any} */ { id }) => links.has(id) || this.isOffered({ action: "createLink", role: id }));
    const isFull = this.data.product.seatModel !== "none" && !this.data.workspace.seats.available;
    return html`<section aria-labelledby="title"><div class="stack tight"><h1 id="title">${t.links.title}</h1><p class="muted">${t.links.intro}</p></div>
      ${isFull ? html`<p class="banner">${t.links.noSeatLeft}</p>` : nothing}
      ${shown.length
        ? html`<ul class="plain stack">${repeat(shown, (/** @type {any} */ { id }) => id, (role) => this.#card(role, links.get(role.id)))}</ul>`
        : html`<div class="empty"><p>${t.links.nothing}</p></div>`}</section>`;
  }

  /** @param {any} role @param {any} link */
  #card(role, link) {
    const { t } = this;
    const name = { role: role.label };
    const create = { action: "createLink", role: role.id };
    const busy = `create-${role.id}`;
    return html`<li class="card"><div class="row apart"><h2><bdi>${role.label}</bdi></h2>
        ${link ? html`<small>${fill(t.links.made, { date: this.format.date(link.createdAt) })}</small>` : html`<small>${t.links.missing}</small>`}</div>
      ${this.#seatNote(role)}
      ${link?.url ? linkField(this, link.url, fill(t.links.linkOf, name)) : nothing}
      ${link && !link.url ? html`<p class="muted">${this.whyNot({ action: "shareInvitationLink", role: role.id }) || t.notAllowed}</p>` : nothing}
      <div class="row">${link
        ? html`${this.actionButton(create, { label: t.links.replace, name: fill(t.links.replaceOf, name), act: () => this.#askReplace(role) })}
          ${this.actionButton({ action: "revokeLink", role: role.id }, { label: t.links.revoke, name: fill(t.links.revokeOf, name), kind: "danger", act: () => this.#askRevoke(role) })}`
        : this.actionButton(create, { label: t.links.create, name: fill(t.links.createOf, name), busy, act: () => this.act(busy, () => this.#make(role)) })}</div>
      ${this.complaint(busy)}</li>`;
  }

  /** What the people who join can expect where the role needs a seat. @param {any} role */
  #seatNote(role) {
    const { t } = this;
    const { product, workspace } = this.data;
    if (!role.seat || product.seatModel === "none") return nothing;
    if (role.seat === "none") return html`<p class="muted">${t.links.noSeat}</p>`;
    if (workspace.settings.autoAssignSeats === false && role.id === product.joinerRole) return html`<p class="muted">${t.links.notAssigned}</p>`;
    return html`<p class="muted">${this.format.count(workspace.seats.available, t.links.seats)}</p>`;
  }

  /** @param {any} role */
  #askReplace(role) {
    const { t } = this;
    return this.ask({
      title: fill(t.links.replaceTitle, { role: role.label }),
      text: t.links.replaceText,
      confirm: t.links.replace,
      danger: true,
      key: `replace-${role.id}`,
      act: () => this.#make(role),
      done: fill(t.links.replaced, { role: role.label }),
    });
  }

  /** @param {any} role */
  #askRevoke(role) {
    const { t } = this;
    return this.ask({
      title: fill(t.links.revokeTitle, { role: role.label }),
      text: t.links.revokeText,
      confirm: t.links.revoke,
      danger: true,
      key: `revoke-${role.id}`,
      act: async () => {
        await this.client.delete(`${this.path}/links/${role.id}`);
        this.#changed();
      },
      done: fill(t.links.revoked, { role: role.label }),
    });
  }

  /** Makes the link of a role; the previous one stops working. @param {any} role */
  async #make(role) {
    await this.client.put(`${this.path}/links/${role.id}`);
    this.#changed();
  }

  #changed() {
    this.store.changed();
    this.announce("changed");
  }
}

define("seatwise-links", Links);
