// The settings of a workspace.

import { css, html, live, nothing } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";
import { fill } from "../messages/en.js";
import { DEPARTURES, Departure } from "../parts/departure.js";
import { LogoField, logoFieldStyles } from "../parts/logo-field.js";
import { SavedFields } from "../parts/saved-fields.js";
import { ZONES, timeIn, zoneOf, zoneSuggestions } from "../parts/time-zone.js";
import { copyButton } from "./link-field.js";

/**
 * The settings of a workspace: name, logo, id, time zone, theme of flows, how joiners get seats, and its ends.
 *
 * @fires seatwise-changed - The settings have changed.
 * @fires seatwise-members-wanted - The person wants to choose a member; the detail is `{ id }`, the workspace.
 * @fires seatwise-leave-wanted - The person wants to ask to leave; the detail is `{ id }`.
 * @fires seatwise-left - The person has left the workspace; the detail is `{ id }`.
 * @fires seatwise-deleted - The person has deleted the workspace; the detail is `{ id }`.
 */
export class Settings extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, ...logoFieldStyles, css`
    :host { max-width: 48rem; }
    .danger.card { border-color: var(--bad); }
    .danger.card > .row { flex-wrap: nowrap; align-items: start; }
    .danger .control { flex: none; }
    [role=switch][aria-disabled] { opacity: .5; cursor: not-allowed; }
    @container (max-width: 32rem) { .danger.card > .row { flex-direction: column; } }
  `];

  #fields = new SavedFields(this);
  #logo = new LogoField(this);
  #departure = new Departure(this);

  reset() {
    this.#fields.reset();
    this.#logo.reset();
  }

  get texts() { return ["settings", "acts"]; }

  checks() {
    return [...["updateWorkspace", "uploadLogo", "removeLogo", "updateSettings", "transferWorkspace"].map((action) => ({ action })), ...DEPARTURES];
  }

  async load() {
    const [product, workspace] = await Promise.all([this.store.product(), this.store.workspace(this.workspaceId)]);
    return { product, workspace };
  }

  view() {
    const { t } = this;
    return html`<section aria-labelledby="title"><h1 id="title">${t.settings.title}</h1>
      ${this.#profile()}${this.#joining()}${this.#dangers()}</section>${this.#departure.deleteDialog(this.data.workspace)}`;
  }

  #profile() {
    const { settings } = this.t;
    const { workspace } = this.data;
    return html`<section class="card" aria-labelledby="profile"><h2 id="profile">${settings.profile}</h2>
      ${this.may("updateWorkspace") ? nothing : html`<p class="muted">${this.whyNot("updateWorkspace")}</p>`}
      ${this.#logo.view(workspace)}
      ${this.#field("name", settings.name, settings.nameSaved, { required: true, maxLength: 100 })}
      <div class="field"><span class="label">${settings.id}</span><div class="row"><code>${workspace.id}</code>${copyButton(this, workspace.id)}</div>
        <small>${settings.idHint}</small></div>
      ${this.#zone()}
      ${this.#field("defaultFlowTheme", settings.theme, settings.themeSaved, { maxLength: 100, hint: settings.themeHint })}
    </section>`;
  }

  /** @param {string} key @param {string} label @param {string} saved @param {Partial<import("../parts/saved-fields.js").Field>} more */
  #field(key, label, saved, more) {
    const { workspace } = this.data;
    const save = async (/** @type {string | null} */ value) => {
      Object.assign(this.data.workspace, await this.client.patch(this.path, { [key]: value }));
    };
    return this.#fields.view({ key, label, saved, save, value: workspace[key], fixed: !this.may("updateWorkspace"), ...more });
  }

  #zone() {
    const { settings, timeZone } = this.t;
    const text = this.#fields.textOf("timezone", this.data.workspace.timezone).trim();
    const time = text ? timeIn(this.format.language, zoneOf(text)) : null;
    const second = time ? fill(timeZone.now, { time }) : timeZone.unknown;
    return html`${this.#field("timezone", timeZone.label, settings.zoneSaved, {
      maxLength: 64,
      list: ZONES,
      hint: `${settings.zoneHint} ${text ? second : ""}`,
      meant: zoneOf,
      fault: () => (time ? null : timeZone.unknown),
    })}${zoneSuggestions()}`;
  }

  #joining() {
    const { settings } = this.t;
    const { product, workspace } = this.data;
    if (!product.offers.autoAssign || !this.isOffered("updateSettings")) return nothing;
    const label = (/** @type {(role: any) => boolean} */ is) => product.roles.find(is)?.label || "";
    const role = label(({ id }) => id === product.joinerRole);
    const names = { role, seatless: label(({ seat }) => seat === "none") || role };
    const why = this.whyNot("updateSettings");
    const isOn = workspace.settings.autoAssignSeats;
    const toggle = (/** @type {Event} */ event) => {
      if (why) event.preventDefault();
      else this.#setAutoAssign(!isOn);
    };
    return html`<section class="card" aria-labelledby="joining"><h2 id="joining">${settings.joining}</h2>
      <label class="check"><input type="checkbox" role="switch" .checked=${live(isOn)} aria-disabled=${why ? "true" : nothing}
        aria-describedby="auto-assign-text" aria-busy=${this.isBusy("auto-assign")} @click=${toggle}>${settings.autoAssign}</label>
      <div class="stack tight muted" id="auto-assign-text">${why ? html`<p>${why}</p>` : nothing}
        <p>${fill(settings.autoAssignOn, names)}</p><p>${fill(settings.autoAssignOff, names)}</p></div>
      ${this.complaint("auto-assign")}</section>`;
  }

  /** Shows the choice at once; a refusal takes it back. @param {boolean} isOn */
  async #setAutoAssign(isOn) {
    const { settings } = this.data.workspace;
    const before = settings.autoAssignSeats;
    settings.autoAssignSeats = isOn;
    if (!(await this.act("auto-assign", () => this.client.patch(`${this.path}/settings`, { autoAssignSeats: isOn })))) {
      settings.autoAssignSeats = before;
      return this.requestUpdate();
    }
    this.tell(isOn ? this.t.settings.autoAssignOnSaved : this.t.settings.autoAssignOffSaved, () => this.#setAutoAssign(before));
    this.store.changed();
    this.announce("changed");
  }

  #dangers() {
    const { settings, memberActs, departure } = this.t;
    const { product, workspace } = this.data;
    const leave = this.#departure.leaveControl(product, workspace);
    const transfer = { check: "transferWorkspace", label: settings.toMembers, act: () => this.announce("members-wanted", { id: workspace.id }) };
    const row = (/** @type {{ check: string, label: string, act: () => unknown }} */ control, /** @type {string} */ title, /** @type {string} */ text, /** @type {"danger" | "plain"} */ kind) =>
      this.isOffered(control.check) ? html`<div class="row apart"><div><h3>${title}</h3><p>${text}</p></div>${this.actionButton(control.check, { ...control, kind })}</div>` : nothing;
    const rows = [
      row(transfer, settings.transfer, fill(settings.transferText, { entry: memberActs.transfer }), "plain"),
      leave ? row(leave, leave.label, product.offers.leave === "direct" ? settings.leaveText : settings.requestText, "danger") : nothing,
      row(this.#departure.deleteControl(), departure.delete, settings.deleteText, "danger"),
    ];
    if (rows.every((shown) => shown === nothing)) return nothing;
    return html`<section class="card danger" aria-labelledby="danger"><h2 id="danger">${settings.danger}</h2>${rows}</section>`;
  }
}

define("seatwise-settings", Settings);
