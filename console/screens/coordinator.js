// The person whom members can ask for help.

import { css, html, nothing } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";

/** @typedef {{ name: string | null, email: string | null, phone: string | null, notes: string | null }} Coordinator */

/**
 * The coordinator of a workspace: all members see the entry, and members with the permission change it.
 *
 * @fires seatwise-changed - The coordinator has changed.
 */
export class CoordinatorScreen extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, css`
    :host { max-width: 48rem; }
    dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .5rem 1.5rem; }
    dt { color: var(--muted); }
    .notes { white-space: pre-line; }
    @container (max-width: 24rem) { dl { grid-template-columns: minmax(0, 1fr); gap: 0; } dd { margin-block-end: .5rem; } }
  `];

  get texts() { return ["settings"]; }

  checks() { return [{ action: "setCoordinator" }]; }

  /** @param {AbortSignal} signal */
  load(signal) { return this.client.get(`${this.path}/coordinator`, {}, signal); }

  view() {
    const { coordinator } = this.t;
    const isSet = Object.values(this.data).some(Boolean);
    return html`<section aria-labelledby="title"><div class="stack tight"><h1 id="title">${coordinator.title}</h1><p class="muted">${coordinator.text}</p></div>
      ${isSet ? this.#entry() : this.#empty()}</section>${this.#dialog()}`;
  }

  #empty() {
    const { coordinator } = this.t;
    return html`<div class="empty"><h2>${coordinator.empty}</h2>${this.may("setCoordinator") ? html`<p>${coordinator.emptyText}</p>` : nothing}
      ${this.actionButton("setCoordinator", { label: coordinator.set, kind: "primary", act: () => this.open("coordinator") })}</div>`;
  }

  #entry() {
    const { coordinator } = this.t;
    const { name, email, phone, notes } = this.data;
    const number = numberOf(phone);
    const row = (/** @type {string} */ label, /** @type {unknown} */ value) => (value ? html`<dt>${label}</dt><dd>${value}</dd>` : nothing);
    return html`<div class="card"><dl>
        ${row(coordinator.name, name && html`<strong><bdi>${name}</bdi></strong>`)}
        ${row(coordinator.email, email && html`<a href=${`mailto:${encodeURIComponent(email).replaceAll("%40", "@")}`}><bdi>${email}</bdi></a>`)}
        ${row(coordinator.phone, phone && (number ? html`<a href=${`tel:${number}`}><bdi>${phone}</bdi></a>` : html`<bdi>${phone}</bdi>`))}
        ${row(coordinator.notes, notes && html`<div class="notes" dir="auto">${notes}</div>`)}</dl>
      <div class="row">${this.actionButton("setCoordinator", { label: coordinator.edit, act: () => this.open("coordinator") })}
        ${this.may("setCoordinator") ? this.button({ label: coordinator.remove, busy: "remove", act: () => this.#remove() }) : nothing}</div>
      ${this.complaint("remove")}</div>`;
  }

  #dialog() {
    const { coordinator, optional } = this.t;
    const { name, email, phone, notes } = this.data;
    const label = (/** @type {string} */ text) => html`<span>${text} <small>(${optional})</small></span>`;
    return this.dialog({
      id: "coordinator",
      title: coordinator.title,
      confirm: this.t.save,
      body: html`
        <label class="field">${coordinator.name}<input name="name" required maxlength="100" autocomplete="off" value=${name ?? ""}></label>
        <label class="field">${label(coordinator.email)}<input name="email" type="email" maxlength="254" autocomplete="off" value=${email ?? ""}></label>
        <label class="field">${label(coordinator.phone)}<input name="phone" type="tel" maxlength="40" autocomplete="off" value=${phone ?? ""}></label>
        <label class="field">${label(coordinator.notes)}<textarea name="notes" rows="4" maxlength="2000" aria-describedby="notes-hint" .defaultValue=${notes ?? ""}></textarea>
          <small id="notes-hint">${coordinator.notesHint}</small></label>`,
      submit: (form) => {
        const given = [...form].map(([field, value]) => [field, String(value).trim()]).filter(([, value]) => value);
        return this.#put(Object.fromEntries(given), coordinator.saved);
      },
    });
  }

  #remove() { return this.act("remove", () => this.#put({}, this.t.coordinator.removed)); }

  /** @param {Partial<Coordinator>} entry @param {string} done */
  async #put(entry, done) {
    const before = this.data;
    this.data = await this.client.put(`${this.path}/coordinator`, entry);
    this.tell(done, () => this.act("remove", () => this.#put(before, this.t.coordinator.saved)));
    this.store.changed();
    this.announce("changed");
  }
}

/** The number to dial, without an extension and the zero that is dialled only inside the country. @param {string | null} phone */
function numberOf(phone) {
  const [start = ""] = phone?.replace(/^(\+[^(]*)\(0\)/, "$1").match(/^[+\d\s()./-]+/) || [];
  const number = start.replace(/[^+\d]/g, "");
  return number.length > 2 ? number : "";
}

define("seatwise-coordinator", CoordinatorScreen);
