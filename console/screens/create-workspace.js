// Creating a workspace, and inviting the first people with a link.

import { css, html, nothing } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";
import { labelOf } from "../format.js";
import { fill } from "../messages/en.js";
import { ZONES, browserZone, timeIn, zoneOf, zoneSuggestions } from "../parts/time-zone.js";
import { copyButton } from "./link-field.js";

/**
 * Creates a workspace. Where the product has links and a seat is free, the second step makes an invite link.
 *
 * @fires seatwise-created - The workspace is created, and the person is done here; the detail is `{ id, next }`, where
 *   `next` is "seats" if the person wants to buy seats first, else "".
 */
export class CreateWorkspace extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, css`:host { max-width: 40rem; } h1:focus { outline: none; }`];
  static properties = { created: { state: true }, link: { state: true }, zone: { state: true } };

  /** The step whose first control has the focus. */
  #focused = "";
  /** What a try without an answer has asked for. @type {{ name: string, timezone?: string } | undefined} */
  #unsure;

  constructor() {
    super();
    /** The workspace, as soon as it is created. @type {any} */
    this.created = null;
    /** The invite link, as soon as it is made. */
    this.link = "";
    this.zone = browserZone();
  }

  get texts() { return ["settings"]; }
  get needsWorkspace() { return false; }

  checks() { return ["invite", "createLink", "buySeats"].map((action) => ({ action })); }

  async load() {
    const product = await this.store.product();
    return { product, workspace: this.created && (await this.store.workspace(this.created.id)) };
  }

  updated() {
    const step = this.created ? "created" : "name";
    const first = /** @type {HTMLElement | null} */ (this.renderRoot.querySelector(this.created ? "#title" : "#name"));
    if (!first || step === this.#focused) return;
    this.#focused = step;
    first.focus();
  }

  view() {
    if (!this.created) return this.#form();
    return this.data.workspace ? this.#created() : nothing;
  }

  #form() {
    const { t } = this;
    const time = timeIn(this.format.language, zoneOf(this.zone.trim()));
    const fault = this.zone.trim() && !time ? t.timeZone.unknown : null;
    const send = (/** @type {Event} */ event) => {
      event.preventDefault();
      if (!fault) this.act("create", () => this.#create(new FormData(/** @type {HTMLFormElement} */ (event.target))));
    };
    return html`<section aria-labelledby="title"><h1 id="title">${t.createWorkspace.title}</h1>
      <form class="card" @submit=${send}>
        <div class="field"><label for="name">${t.createWorkspace.name}</label>
          <input id="name" name="name" required maxlength="100" autocomplete="organization" aria-describedby="name-hint">
          <small id="name-hint">${t.createWorkspace.nameHint}</small></div>
        <div class="field"><label for="zone">${t.timeZone.label} <small>(${t.optional})</small></label>
          <input id="zone" list=${ZONES} maxlength="64" autocomplete="off" aria-describedby="zone-hint" .value=${this.zone}
            @input=${(/** @type {Event} */ event) => { this.zone = /** @type {HTMLInputElement} */ (event.target).value; }}>${zoneSuggestions()}
          <small id="zone-hint">${time && this.zone.trim() ? fill(t.timeZone.now, { time }) : fault}</small></div>
        ${this.complaint("create")}
        <div class="row end">${this.submit({ label: t.createWorkspace.create, busy: "create", why: fault })}</div>
      </form></section>`;
  }

  /** @param {FormData} form */
  async #create(form) {
    const zone = this.zone.trim();
    const body = { name: String(form.get("name")).trim(), ...(zone ? { timezone: zoneOf(zone) } : {}) };
    const created = await this.#createOnce(body);
    // That it opens first next time is a comfort: the workspace is there without it.
    await this.store.makeCurrent(created.id).catch((error) => console.error(error));
    const { offers } = this.data.product;
    this.created = created;
    this.workspaceId = created.id;
    this.store.changed();
    if (!offers.singleUseLinks && !offers.roleLinks) this.#done("");
  }

  /**
   * A try whose answer was lost may have created the workspace. It is finished first; what was typed since then changes
   * its workspace, so that there are never two.
   * @param {{ name: string, timezone?: string }} body
   */
  async #createOnce(body) {
    const tried = (this.#unsure ??= body);
    const created = await this.create("create", "/v1/workspaces", tried).catch((problem) => {
      if (problem.status >= 400 && problem.status < 500) this.#unsure = undefined;
      throw problem;
    });
    this.#unsure = undefined;
    if (JSON.stringify(tried) === JSON.stringify(body)) return created;
    return this.client.patch(`/v1/workspaces/${created.id}`, { timezone: null, ...body }).catch(() => created);
  }

  /** @param {string} next */
  #done(next) { this.announce("created", { id: this.created.id, next }); }

  #created() {
    const { t } = this;
    const { product } = this.data;
    const role = labelOf(product.roles, this.created.role);
    return html`<section aria-labelledby="title"><h1 id="title" tabindex="-1">${fill(t.createWorkspace.createdTitle, this.created)}</h1>
      <p>${fill(t.createWorkspace.createdText, { role })}</p>${this.#invitation()}</section>`;
  }

  #invitation() {
    const { t } = this;
    const { product, workspace } = this.data;
    const open = this.button({ label: t.createWorkspace.open, kind: "primary", act: () => this.#done("") });
    const once = product.offers.singleUseLinks;
    if (!this.isOffered(once ? "invite" : "createLink")) return html`<div class="row end">${open}</div>`;
    const needsSeat = product.seatModel === "by-tier" && !workspace.seats.available;
    if (needsSeat) {
      return html`<div class="card"><h2>${t.createWorkspace.link}</h2><p>${t.createWorkspace.noSeat}</p><div class="row end">
        ${this.button({ label: t.createWorkspace.later, act: () => this.#done("") })}
        ${this.actionButton("buySeats", { label: t.createWorkspace.buySeats, kind: "primary", act: () => this.#done("seats") })}</div></div>`;
    }
    const text = fill(once ? t.createWorkspace.linkOnce : t.createWorkspace.linkMany, { role: labelOf(product.roles, product.joinerRole) });
    const reserves = once && product.seatModel === "by-tier";
    return html`<div class="card"><h2 id="link">${t.createWorkspace.link}</h2><p>${text} ${reserves ? t.createWorkspace.seatReserved : nothing}</p>
        ${this.link ? html`<div class="row"><input class="code" readonly aria-labelledby="link" .value=${this.link} @focus=${selectAll}>${copyButton(this, this.link)}</div>`
    : html`<div class="row">${this.actionButton(once ? "invite" : "createLink", { label: t.createWorkspace.makeLink, busy: "link", act: () => this.act("link", () => this.#makeLink(once)) })}</div>`}
        ${this.complaint("link")}</div>
      <div class="row end">${open}</div>`;
  }

  /** @param {boolean} once */
  async #makeLink(once) {
    if (once) {
      const { items } = await this.create("link", `${this.path}/invitations`, {});
      this.link = items[0].invitation.url;
    } else {
      this.link = (await this.client.put(`${this.path}/links/${this.data.product.joinerRole}`)).url;
    }
    this.store.changed();
  }
}

/** @param {Event} event */
const selectAll = (event) => /** @type {HTMLInputElement} */ (event.target).select();

define("seatwise-create-workspace", CreateWorkspace);
