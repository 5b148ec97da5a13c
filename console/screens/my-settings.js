// The person's own settings, and the end of the account.

import { css, html, nothing } from "../vendor/lit.js";
import { Problem } from "../api.js";
import { SeatwiseElement, define } from "../element.js";
import { fill } from "../messages/en.js";
import { SavedFields } from "../parts/saved-fields.js";
import { ZONES, browserZone, timeIn, zoneOf, zoneSuggestions } from "../parts/time-zone.js";
import { TypedQuestion } from "../parts/typed-question.js";

/**
 * The person's name and time zone, and the deletion of the account.
 *
 * @fires seatwise-changed - The settings have changed.
 * @fires seatwise-account-deleted - The account is deleted: the host signs the person out.
 */
export class MySettings extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, css`:host { max-width: 48rem; }`];
  static properties = { workspaceUrl: { attribute: false } };

  #fields = new SavedFields(this);

  reset() { this.#fields.reset(); }
  #question = new TypedQuestion(this);

  constructor() {
    super();
    /** The address of a workspace in the host page, for links. @type {((id: string) => string) | undefined} */
    this.workspaceUrl = undefined;
  }

  get texts() { return ["settings", "acts"]; }
  get needsWorkspace() { return false; }

  load() { return this.store.me(); }

  view() {
    const { mySettings } = this.t;
    const { email, emailVerified } = this.data;
    return html`<section aria-labelledby="title"><h1 id="title">${mySettings.title}</h1>
      <section class="card" aria-labelledby="profile"><h2 id="profile">${mySettings.profile}</h2>
        ${this.#field("firstName", mySettings.firstName, mySettings.nameSaved, { maxLength: 100, autocomplete: "given-name" })}
        ${this.#field("lastName", mySettings.lastName, mySettings.nameSaved, { maxLength: 100, autocomplete: "family-name", hint: mySettings.nameHint })}
        <div class="field"><span class="label">${mySettings.email}</span><span><bdi>${email}</bdi></span>
          <small>${mySettings.emailHint} ${emailVerified ? nothing : mySettings.notVerified}</small></div>
        ${this.#zone()}</section>
      <section class="card" aria-labelledby="delete"><h2 id="delete">${mySettings.delete}</h2><p>${mySettings.deleteText}</p>
        <div class="row">${this.button({ label: mySettings.delete, kind: "danger", act: () => this.open("delete-account") })}</div></section>
    </section>${this.#deleteDialog()}`;
  }

  /** @param {string} key @param {string} label @param {string} saved @param {Partial<import("../parts/saved-fields.js").Field>} more */
  #field(key, label, saved, more) {
    const save = async (/** @type {string | null} */ value) => {
      Object.assign(this.data, await this.client.patch("/v1/me", { [key]: value }));
    };
    return this.#fields.view({ key, label, saved, save, value: this.data[key], ...more });
  }

  #zone() {
    const { mySettings, timeZone } = this.t;
    const text = this.#fields.textOf("timezone", this.data.timezone).trim();
    const time = timeIn(this.format.language, zoneOf(text || browserZone()));
    const second = text ? time && fill(timeZone.now, { time }) : fill(mySettings.zoneBrowser, { zone: browserZone() });
    return html`${this.#field("timezone", timeZone.label, mySettings.zoneSaved, {
      maxLength: 64,
      list: ZONES,
      hint: `${mySettings.zoneHint} ${second || timeZone.unknown}`,
      meant: zoneOf,
      fault: () => (time ? null : timeZone.unknown),
    })}${zoneSuggestions()}`;
  }

  #deleteDialog() {
    const { mySettings } = this.t;
    const needed = this.problem("delete-account")?.workspaces || [];
    const texts = /** @type {Record<string, string>} */ (mySettings.needs);
    return this.#question.view({
      id: "delete-account",
      title: mySettings.deleteTitle,
      confirm: mySettings.delete,
      name: this.data.email || mySettings.delete,
      text: html`<p>${mySettings.deleteText}</p>${needed.length ? html`<div class="stack tight"><h3 id="needed">${mySettings.needed}</h3>
        <ul aria-labelledby="needed">${needed.map(({ id, name, code }) => html`<li>${this.workspaceUrl
          ? html`<a href=${this.workspaceUrl(id)}><bdi>${name}</bdi></a>` : html`<bdi>${name}</bdi>`}: ${texts[code] || nothing}</li>`)}</ul></div>` : nothing}`,
      submit: async () => {
        await this.client.delete("/v1/me").catch((problem) => {
          const { status, workspaces } = problem;
          throw workspaces.length ? new Problem(status, { code: "needed", detail: mySettings.notDeleted, workspaces }) : problem;
        });
        this.announce("account-deleted");
      },
    });
  }
}

define("seatwise-my-settings", MySettings);
