// The form of the local sign-in, with the people of the demo. It is loaded when it is shown.

import { html, nothing } from "../vendor/lit.js";
import { Client } from "../api.js";
import { nameOf } from "../format.js";
import { fill } from "../messages/en.js";

export class LocalForm {
  /** @param {import("../screens/local-sign-in.js").LocalSignIn} host */
  constructor(host) { this.host = host; }

  /** @param {string} key @param {Record<string, unknown>} person */
  #signIn(key, person) {
    const { host } = this;
    return host.act(key, async () => host.announce("signed-in", (await new Client(host.api).post("/dev/sign-in", person)).token));
  }

  /** @param {any[]} people */
  view(people) {
    const { host } = this;
    const t = host.t.localSignIn;
    if (host.label) return this.#form();
    return html`<section aria-labelledby="title"><h1 id="title">${this.host.t.signIn.title}</h1><p>${t.text}</p>
      ${people.length ? html`<h2>${t.people}</h2>${this.#people(people)}${this.host.complaint("people")}<h2>${t.other}</h2>` : nothing}
      ${this.#form()}</section>`;
  }

  /** @param {any[]} people */
  #people(people) {
    const one = (/** @type {any} */ person) => html`<li>${this.host.button({
      label: /** @type {any} */ (html`<bdi>${nameOf(person)}</bdi> <small>${person.role}</small>`),
      name: `${fill(this.host.t.localSignIn.as, { name: nameOf(person) })} ${person.role}`,
      act: () => this.#signIn("people", { email: person.email, firstName: person.firstName || undefined, lastName: person.lastName || undefined }),
    })}</li>`;
    return html`<ul class="plain row">${people.map(one)}</ul>`;
  }

  #form() {
    const t = this.host.t.localSignIn;
    const send = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const typed = [...new FormData(/** @type {HTMLFormElement} */ (event.target))].map(([name, value]) => [name, String(value).trim()]);
      this.#signIn("form", Object.fromEntries(typed.filter(([, value]) => value)));
    };
    const name = (/** @type {string} */ id, /** @type {string} */ field, /** @type {string} */ label, /** @type {any} */ autocomplete) => html`<div class="field">
      <label for=${id}>${label} <small>(${this.host.t.optional})</small></label><input id=${id} name=${field} autocomplete=${autocomplete} maxlength="100"></div>`;
    return html`<form class="stack" @submit=${send}>
      <div class="field"><label for="email">${t.email}</label><input id="email" name="email" type="email" autocomplete="email" required></div>
      ${name("first-name", "firstName", t.firstName, "given-name")}${name("last-name", "lastName", t.lastName, "family-name")}
      ${this.host.complaint("form")}<div class="row">${this.host.submit({ label: this.host.label || this.host.t.signIn.button, busy: "form" })}</div></form>`;
  }
}
