// The dialogs of API keys: creation, rotation and limits.

import { html, nothing } from "../vendor/lit.js";
import { Problem } from "../api.js";
import { fill } from "../messages/en.js";
import { startOfDay, today } from "./days.js";
import { ShownSecret } from "./shown-secret.js";

/** @typedef {import("../element.js").SeatwiseElement & { changed: () => void }} Host */

/** The lives of a key that the form offers, in days. */
const LIVES = [7, 30, 90, 365];
/** The overlap of a rotation that is chosen at first, in seconds. */
const USUAL_OVERLAP = "86400";
const MOST_USES = 1_000_000_000;

export class ApiKeyDialogs {
  /** The key that a dialog is about. @type {any} */
  #key = null;
  /** The choice of the form about the end of a new key: days, `date`, or empty. */
  #life = "";

  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    this.secret = new ShownSecret(host);
  }

  get words() { return this.host.t.apiKeys; }

  /** The path of the keys in the API. */
  get path() { return `${this.host.path}/api-keys`; }

  /** Opens a dialog with a fresh form. @param {"create" | "rotate" | "limits"} id @param {any} [key] */
  async open(id, key = null) {
    this.#key = key;
    this.#choose("");
    await this.host.updateComplete;
    /** @type {HTMLFormElement} */ (this.host.renderRoot.querySelector(`#${id} form`)).reset();
    this.host.open(id);
  }

  view() { return html`${this.#create()}${this.#rotation()}${this.#limits()}`; }

  /** @param {string} life */
  #choose(life) {
    this.#life = life;
    this.host.requestUpdate();
  }

  #create() {
    const { words, host } = this;
    const end = (/** @type {number} */ days) => host.format.date(startOfDay(today(), days));
    return host.dialog({
      id: "create",
      title: words.create,
      confirm: words.createConfirm,
      submit: (form) => this.#makeSecret("create", "create", this.path, keyOf(form), words.lostCreated),
      closed: () => this.secret.open(),
      body: html`<label class="field">${words.name}<input name="name" required maxlength="100" autocomplete="off"></label>
        <label class="field">${words.expires}<select name="life" @change=${(/** @type {Event} */ event) => this.#choose(/** @type {HTMLSelectElement} */ (event.target).value)}>
          <option value="">${words.never}</option>
          ${LIVES.map((days) => html`<option value=${days}>${host.format.count(days, words.days)} (${end(days)})</option>`)}
          <option value="date">${words.onDate}</option></select></label>
        ${this.#life === "date" ? html`<label class="field">${words.lastDay}<input type="date" name="date" required min=${today()}></label>` : nothing}
        <div class="field"><label for="flow">${words.flow} <small>(${host.t.optional})</small></label>
          <input id="flow" name="flow" maxlength="100" autocomplete="off" aria-describedby="flow-hint"><small id="flow-hint">${words.flowHint}</small></div>`,
    });
  }

  #rotation() {
    const { words, host } = this;
    const key = this.#key;
    const earlier = key?.previousValidUntil;
    return host.dialog({
      id: "rotate",
      title: fill(words.rotateTitle, { name: key?.name || "" }),
      confirm: words.rotate,
      submit: (form) => this.#makeSecret("rotate", `rotate ${key.id}`, `${this.path}/${key.id}/rotate`, { overlapSeconds: Number(form.get("overlap")) }, words.lostRotated),
      closed: () => this.secret.open(),
      body: html`<p>${words.rotateText}</p>
        ${earlier ? html`<p class="banner">${fill(words.rotatedBefore, { time: host.format.time(earlier) })}</p>` : nothing}
        <label class="field">${words.overlap}<select name="overlap">${Object.entries(words.overlaps).map(([seconds, label]) => html`
          <option value=${seconds} ?selected=${seconds === USUAL_OVERLAP}>${label}</option>`)}</select></label>`,
    });
  }

  /** Makes a key or a new secret. A repetition after a lost answer cannot show the secret again. @param {string} dialog @param {string} key @param {string} path @param {any} body @param {string} lost */
  async #makeSecret(dialog, key, path, body, lost) {
    const { host } = this;
    const made = await host.create(key, path, body);
    host.changed();
    if (!host.isConnected) return;
    if (!made.key) throw new Problem(0, { code: "secret_lost", detail: lost });
    this.secret.keep(made);
    await host.updateComplete;
    // The form shows the secret when it closes, unless the form has gone already.
    if (!host.renderRoot.querySelector(`dialog#${dialog}[open]`)) this.secret.open();
  }

  #limits() {
    const { words, host } = this;
    const key = this.#key;
    const field = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ hint) => html`<div class="field"><label for=${name}>${label}</label>
      <input id=${name} name=${name} type="number" min="0" max=${MOST_USES} step="1" value=${key?.[name] ?? ""} placeholder=${words.noLimit} aria-describedby=${`${name}-hint`}>
      <small id=${`${name}-hint`}>${hint}</small></div>`;
    return host.dialog({
      id: "limits",
      title: fill(words.limitsTitle, { name: key?.name || "" }),
      confirm: host.t.save,
      submit: (form) => this.#limit(key, form),
      body: html`<p>${words.limitsText}</p>
        ${field("usageLimit", words.usageLimit, host.format.count(key?.used || 0, words.usageHint))}
        ${field("dailyRateLimit", words.dailyRateLimit, words.dailyHint)}`,
    });
  }

  /** @param {any} key @param {FormData} form */
  async #limit(key, form) {
    const number = (/** @type {string} */ name) => (form.get(name) === "" ? null : Number(form.get(name)));
    const put = async (/** @type {any} */ limits) => {
      await this.host.client.patch(`${this.path}/${key.id}`, limits);
      this.host.changed();
    };
    const { id, name, usageLimit, dailyRateLimit } = key;
    await put({ usageLimit: number("usageLimit"), dailyRateLimit: number("dailyRateLimit") });
    this.host.tell(fill(this.words.limited, { name }), () => this.host.act(id, () => put({ usageLimit, dailyRateLimit })));
  }
}

/** What the form asks for. A key ends with a day, so that a repetition asks for the same. @param {FormData} form */
function keyOf(form) {
  const text = (/** @type {string} */ name) => String(form.get(name) || "").trim();
  const life = text("life");
  const expiresAt = life === "date" ? endOfDay(text("date"), 0) : life ? endOfDay(today(), Number(life)) : undefined;
  return { name: text("name"), expiresAt, flowId: text("flow") || undefined };
}

/** @param {string} day @param {number} later */
const endOfDay = (day, later) => new Date(Date.parse(startOfDay(day, later + 1)) - 1000).toISOString();
