// The sign-in of `cargo run`: anybody as anybody.

import { html, nothing } from "../vendor/lit.js";
import { Client } from "../api.js";
import { SeatwiseElement, define } from "../element.js";
import { nameOf } from "../format.js";
import { fill } from "../messages/en.js";

/**
 * A form to sign in as any person, and the people of the demo, if there is one.
 *
 * @fires seatwise-signed-in - Somebody has signed in; the detail is the access token.
 */
export class LocalSignIn extends SeatwiseElement {
  static properties = { label: { type: String } };

  #wantsFocus = false;

  constructor() {
    super();
    /** The button's label, in a page that has a heading of its own. The people of the demo are not shown there. */
    this.label = "";
  }

  get needsWorkspace() { return false; }
  get isReady() { return true; }

  /** @param {AbortSignal} signal */
  async load(signal) {
    if (this.label) return { people: [] };
    // An older server has no list of people.
    const { items } = await new Client(this.api).get("/dev/people", {}, signal).catch((problem) => {
      if (problem.status === 404) return { items: [] };
      throw problem;
    });
    return { people: items };
  }

  /** Puts the focus into the first field, as soon as it is there. */
  focus() {
    this.#wantsFocus = true;
    this.requestUpdate();
  }

  updated() {
    const field = /** @type {HTMLElement | null} */ (this.#wantsFocus ? this.renderRoot.querySelector("#email") : null);
    if (!field) return;
    this.#wantsFocus = false;
    field.focus();
  }

  /** @param {string} key @param {Record<string, unknown>} person */
  #signIn(key, person) {
    return this.act(key, async () => this.announce("signed-in", (await new Client(this.api).post("/dev/sign-in", person)).token));
  }

  view() {
    const t = this.t.localSignIn;
    if (this.label) return this.#form();
    return html`<section aria-labelledby="title"><h1 id="title">${this.t.signIn.title}</h1><p>${t.text}</p>
      ${this.data.people.length ? html`<h2>${t.people}</h2>${this.#people()}${this.complaint("people")}<h2>${t.other}</h2>` : nothing}
      ${this.#form()}</section>`;
  }

  #people() {
    const one = (/** @type {any} */ person) => html`<li>${this.button({
      label: /** @type {any} */ (html`<bdi>${nameOf(person)}</bdi> <small>${person.role}</small>`),
      name: `${fill(this.t.localSignIn.as, { name: nameOf(person) })} ${person.role}`,
      act: () => this.#signIn("people", { email: person.email, firstName: person.firstName || undefined, lastName: person.lastName || undefined }),
    })}</li>`;
    return html`<ul class="plain row">${this.data.people.map(one)}</ul>`;
  }

  #form() {
    const t = this.t.localSignIn;
    const send = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const typed = [...new FormData(/** @type {HTMLFormElement} */ (event.target))].map(([name, value]) => [name, String(value).trim()]);
      this.#signIn("form", Object.fromEntries(typed.filter(([, value]) => value)));
    };
    const name = (/** @type {string} */ id, /** @type {string} */ field, /** @type {string} */ label, /** @type {any} */ autocomplete) => html`<div class="field">
      <label for=${id}>${label} <small>(${this.t.optional})</small></label><input id=${id} name=${field} autocomplete=${autocomplete} maxlength="100"></div>`;
    return html`<form class="stack" @submit=${send}>
      <div class="field"><label for="email">${t.email}</label><input id="email" name="email" type="email" autocomplete="email" required></div>
      ${name("first-name", "firstName", t.firstName, "given-name")}${name("last-name", "lastName", t.lastName, "family-name")}
      ${this.complaint("form")}<div class="row">${this.submit({ label: this.label || this.t.signIn.button, busy: "form" })}</div></form>`;
  }
}

define("seatwise-local-sign-in", LocalSignIn);
