// The dialog that adds a resource.

import { html, live, nothing } from "../vendor/lit.js";
import { Problem } from "../api.js";
import { fill } from "../messages/en.js";

/** A kind with its use and the resources that are shown. @typedef {{ kind: string, label: string, group: string | null, used: number, limit: number | null, items: any[], isGone?: boolean }} Kind */
/** @typedef {import("../element.js").SeatwiseElement & { added: (kind: string) => void }} Host */

/** @param {Kind} kind */
export const isFull = ({ limit, used, isGone }) => !isGone && limit !== null && used >= limit;

/** Whether a plan includes a number of these: then more can be had with the plan. @param {any} product @param {Kind} kind */
export function isSold({ resourceKinds, plans }, { kind }) {
  const allowance = resourceKinds.find((/** @type {any} */ { id }) => id === kind)?.allowance;
  return !!allowance && plans.some((/** @type {any} */ plan) => plan.allowances.some((/** @type {any} */ { id }) => id === allowance));
}

export class AddResource {
  /** The kind that is chosen. */
  #kind = "";
  /** Whether the form asks for an account. */
  #hasAccount = false;

  /** @param {Host} host */
  constructor(host) { this.host = host; }

  /** The kinds that can be added. @returns {Kind[]} */
  get kinds() { return this.host.data.kinds.filter((/** @type {Kind} */ { isGone }) => !isGone); }

  /** Opens the dialog with a fresh form. @param {string} [kind] */
  async open(kind = this.kinds.find((one) => !isFull(one))?.kind || this.kinds[0]?.kind || "") {
    this.#choose(kind);
    await this.host.updateComplete;
    /** @type {HTMLFormElement} */ (this.host.renderRoot.querySelector("#add form")).reset();
    this.host.open("add");
  }

  /** @param {string} kind @param {boolean} [hasAccount] */
  #choose(kind, hasAccount = false) {
    this.#kind = kind;
    this.#hasAccount = hasAccount;
    this.host.requestUpdate();
  }

  /** Why none of a kind can be added now. @param {Kind} kind */
  whyFull(kind) {
    const { resources } = this.host.t;
    if (!isFull(kind)) return null;
    return isSold(this.host.data.product, kind) ? resources.fullOfPlan : resources.fullText;
  }

  view() {
    const { host } = this;
    const { resources: words } = host.t;
    const kind = this.kinds.find((one) => one.kind === this.#kind);
    const why = kind ? this.whyFull(kind) : null;
    return host.dialog({
      id: "add",
      title: words.add,
      confirm: words.addConfirm,
      why,
      submit: (form) => this.#add(form),
      body: html`<label class="field">${words.kind}<select name="kind" .value=${live(this.#kind)} @change=${(/** @type {Event} */ event) => this.#choose(/** @type {HTMLSelectElement} */ (event.target).value)}>${this.kinds.map((one) => html`
          <option value=${one.kind} ?selected=${one.kind === this.#kind}>${one.label}${isFull(one) ? ` (${words.full})` : ""}</option>`)}</select></label>
        ${why ? html`<p class="banner">${why}</p>` : nothing}
        <div class="field"><label for="external">${words.externalId}</label>
          <input id="external" name="externalId" required maxlength="200" autocomplete="off" aria-describedby="external-hint"><small id="external-hint">${words.externalHint}</small></div>
        <label class="field"><span>${words.label} <small>(${host.t.optional})</small></span><input name="label" maxlength="100" autocomplete="off"></label>
        ${kind ? this.#account(kind) : nothing}${kind ? this.#way(kind) : nothing}`,
    });
  }

  /** Only a resource that there can be several of can be for several accounts. @param {Kind} kind */
  #account({ limit }) {
    const { resources: words } = this.host.t;
    if (limit === 0 || limit === 1) return nothing;
    const toggle = () => this.#choose(this.#kind, !this.#hasAccount);
    return html`<label class="check"><input type="checkbox" .checked=${live(this.#hasAccount)} @change=${toggle}>${words.hasAccount}</label>
      ${this.#hasAccount ? html`<label class="field">${words.account}<input name="account" required maxlength="200" autocomplete="off"></label>` : nothing}
      ${this.host.problem("add")?.code === "resource_exists" ? html`<p>${words.existsText}</p>` : nothing}`;
  }

  /** The way past a limit that was reached meanwhile. @param {Kind} kind */
  #way(kind) {
    const isReached = this.host.problem("add")?.code === "resource_limit_reached";
    return isReached && isSold(this.host.data.product, kind) ? this.more(kind) : nothing;
  }

  /** The way to a higher limit. @param {Kind} kind */
  more({ kind, label }) {
    const { getMore } = this.host.t.resources;
    return this.host.actionButton("changePlan", { label: getMore, name: `${getMore}: ${label}`, kind: "quiet", act: () => this.host.announce("plan-wanted", { kind }) });
  }

  /** @param {FormData} form */
  async #add(form) {
    const { host } = this;
    const { resources: words } = host.t;
    const text = (/** @type {string} */ name) => String(form.get(name) || "").trim() || undefined;
    const body = { kind: this.#kind, externalId: text("externalId"), account: text("account"), label: text("label") };
    await host.create("add", `${host.path}/resources`, body).catch((problem) => {
      const isOfOne = problem.errors?.some((/** @type {any} */ { field }) => field === "account");
      throw isOfOne ? new Problem(problem.status, { code: "one_account", detail: words.oneAccount }) : problem;
    });
    host.tell(fill(words.addedDone, { name: body.label || body.externalId || "" }));
    host.added(this.#kind);
  }
}
