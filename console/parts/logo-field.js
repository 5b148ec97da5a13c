// The logo of a workspace: chosen or dropped, checked, shown while it is saved at once, and removed. Each change can be undone.

import { css, html, nothing } from "../vendor/lit.js";
import { fill } from "../messages/en.js";
import { logo, logoStyles } from "./logo.js";

/** @typedef {import("../element.js").SeatwiseElement} SeatwiseElement */

/** The kinds of pictures, by how their files begin. @type {[string, RegExp][]} */
const KINDS = [["image/png", /^\x89PNG\r\n\x1a\n/], ["image/jpeg", /^\xff\xd8\xff/], ["image/webp", /^RIFF[^]{4}WEBP/]];
const MOST_BYTES = 256 * 1024;

export const logoFieldStyles = [logoStyles, css`
  .drop { border: 1px dashed var(--field); border-radius: var(--radius); padding: .75rem; flex-wrap: nowrap; align-items: start; gap: 1rem; }
  .drop[data-over] { border-color: var(--accent); border-style: solid; background: var(--raised); }
  .pick { position: relative; overflow: hidden; }
  .pick input { position: absolute; inset: 0; opacity: 0; cursor: pointer; height: 100%; }
  .pick:focus-within { outline: 3px solid var(--accent); outline-offset: 2px; }
`];

/** The kind of a picture by how it begins, whatever its name says; undefined for all else. @param {Blob} file */
async function kindOf(file) {
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  return KINDS.find(([, begins]) => begins.test(start))?.[0];
}

export class LogoField {
  /** The address of the picture that is being saved. */
  #preview = "";
  /** Why the chosen file cannot be the logo. */
  #fault = "";
  #isOver = false;

  /** @param {SeatwiseElement} host */
  constructor(host) { this.host = host; }

  /** Forgets what was wrong with a file. */
  reset() { this.#fault = ""; }

  /** @param {any} workspace */
  view(workspace) {
    const { host } = this;
    const { t } = host;
    const picture = logo({ name: workspace.name, logoUrl: this.#preview || workspace.logoUrl }, "large");
    if (!host.may("uploadLogo")) return html`<div class="field"><span class="label">${t.settings.logo}</span>${picture}</div>`;
    return html`<div class="field" role="group" aria-labelledby="logo-label"><span class="label" id="logo-label">${t.settings.logo}</span>
      <div class="row drop" ?data-over=${this.#isOver} @dragover=${this.#over} @dragleave=${this.#over} @drop=${this.#over}>${picture}
        <div class="stack tight">${this.#choose(workspace)}
          <small id="logo-text">${t.settings.logoText}</small></div></div>
      ${this.#fault ? html`<p class="complaint" role="alert">${this.#fault}</p>` : nothing}${host.complaint("logo")}</div>`;
  }

  /** @param {any} workspace */
  #choose(workspace) {
    const { host } = this;
    const { settings } = host.t;
    const pick = (/** @type {Event} */ event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      this.#take(input.files?.[0]);
      input.value = "";
    };
    return html`<div class="row"><label class="button pick">${settings.pick}<input type="file" accept=${KINDS.map(([kind]) => kind).join()} aria-describedby="logo-text" @change=${pick}></label>
      <span class="muted">${settings.drop}</span>
      ${workspace.logoUrl ? host.actionButton("removeLogo", { label: settings.removeLogo, busy: "logo", act: () => this.#change(null, settings.logoRemoved) }) : nothing}</div>`;
  }

  /** @param {DragEvent} event */
  #over = (event) => {
    event.preventDefault();
    this.#isOver = event.type === "dragover";
    if (event.type === "drop") this.#take(event.dataTransfer?.files[0]);
    this.host.requestUpdate();
  };

  /** @param {File | undefined} file */
  async #take(file) {
    const { host } = this;
    const { settings } = host.t;
    if (!file) return;
    host.forgetProblem("logo");
    const kind = await kindOf(file);
    if (!kind) this.#fault = settings.logoKind;
    else if (file.size > MOST_BYTES) this.#fault = fill(settings.logoSize, { size: host.format.number(Math.ceil(file.size / 1024)) });
    else this.#fault = "";
    host.requestUpdate();
    if (!kind || this.#fault) return;
    this.#preview = URL.createObjectURL(file);
    await this.#change(new Blob([file], { type: kind }), settings.logoSaved);
    URL.revokeObjectURL(this.#preview);
    this.#preview = "";
    host.requestUpdate();
  }

  /** Puts or removes the logo; undoing it puts the one from before. @param {Blob | null} file @param {string} done */
  async #change(file, done) {
    const { host } = this;
    const { workspace } = host.data;
    return host.act("logo", async () => {
      const before = await this.#read(workspace.logoUrl);
      if (file) workspace.logoUrl = (await host.client.put(`${host.path}/logo`, file)).logoUrl;
      else await host.client.delete(`${host.path}/logo`);
      if (!file) workspace.logoUrl = null;
      const { settings } = host.t;
      const undo = () => this.#change(before, before ? settings.logoSaved : settings.logoRemoved);
      host.tell(done, before || file ? undo : undefined);
      host.store.changed();
      host.announce("changed");
    });
  }

  /** The logo from before; null if there is none. @param {string | null} url */
  async #read(url) {
    if (!url) return null;
    return this.host.client.get(url.slice(url.indexOf("/v1/")));
  }
}
