// The email domains whose people join without an invitation (R10).

import { css, html, nothing, repeat } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";
import { labelOf } from "../format.js";
import { fill } from "../messages/en.js";
import { linkField, linkStyles } from "./link-field.js";

/** The colors of the states of a domain. @type {Record<string, string>} */
const COLORS = { claimed: "amber", verified: "green", failing: "red", expired: "red" };
/** The time between two looks at a domain that waits for its record, in milliseconds. */
const LOOK_AGAIN = 30_000;

/**
 * Email domains: link one, prove it by a DNS record, see its state, unlink it.
 *
 * @fires seatwise-changed - The domains have changed.
 */
export class Access extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, linkStyles, css`
    dl { display: grid; gap: .5rem; }
    form .row { align-items: end; }
    form .field { flex: 1 1 14rem; }
  `];

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #looking;

  get texts() { return ["inviting"]; }

  checks() { return ["linkDomain", "unlinkDomain"].map((action) => ({ action })); }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const [product, workspace, { items }] = await Promise.all([
      this.store.product(),
      this.store.workspace(this.workspaceId),
      this.client.get(`${this.path}/domains`, {}, signal),
    ]);
    return { product, workspace, domains: items };
  }

  updated() {
    clearTimeout(this.#looking);
    const waits = this.isConnected && this.data?.domains.some((/** @type {any} */ { status }) => status !== "verified");
    if (waits) this.#looking = setTimeout(() => !document.hidden && this.reload(), LOOK_AGAIN);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#looking);
  }

  view() {
    const { t } = this;
    const { domains } = this.data;
    return html`<section aria-labelledby="title"><div class="stack tight"><h1 id="title">${t.access.title}</h1><p class="muted">${t.access.intro}</p></div>
      ${this.#form()}
      ${domains.length
        ? html`<ul class="plain stack" aria-label=${t.access.domains}>${repeat(domains, (/** @type {any} */ item) => item.domain, (item) => this.#card(item))}</ul>`
        : html`<div class="empty"><h2>${t.access.nothing}</h2>${this.may("linkDomain") ? html`<p>${t.access.nothingText}</p>` : nothing}</div>`}</section>`;
  }

  /** Without the feature in the plan, nobody joins by any domain. */
  get #isInPlan() { return this.decision("linkDomain")?.reason !== "not_in_plan"; }

  /** Why no domain can be linked; null if one can. */
  #whyNotLink() {
    const { product, workspace } = this.data;
    if (this.#isInPlan) return this.whyNot("linkDomain");
    return fill(this.t.access.notInPlan, { plan: labelOf(product.plans, workspace.plan) });
  }

  #form() {
    const { t } = this;
    if (!this.isOffered("linkDomain")) return nothing;
    const why = this.#whyNotLink();
    if (why) return html`<p class="banner">${why}</p>`;
    const send = async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const form = /** @type {HTMLFormElement} */ (event.target);
      const domain = String(new FormData(form).get("domain")).trim().replace(/^@/, "");
      if (domain && (await this.act("link", () => this.#link(domain)))) form.reset();
    };
    return html`<form class="card" @submit=${send}><div class="row"><div class="field"><label for="domain">${t.access.domain}</label>
        <input id="domain" name="domain" required maxlength="254" autocomplete="off" autocapitalize="off" spellcheck="false" inputmode="url" dir="ltr"
          placeholder="acme.example" aria-invalid=${this.problem("link") ? "true" : nothing} aria-describedby="domain-hint"></div>
      ${this.submit({ label: t.access.link, busy: "link" })}</div><small id="domain-hint">${t.access.hint}</small>${this.complaint("link")}</form>`;
  }

  /** @param {any} item */
  #card(item) {
    const { t } = this;
    const { domain, status, record } = item;
    const name = { domain };
    const busy = `again-${domain}`;
    const label = /** @type {Record<string, string>} */ (t.access.states)[status] || status;
    return html`<li class="card"><div class="row apart"><h2><bdi>${domain}</bdi></h2>${this.badge({ label, color: COLORS[status] })}</div>
      <p>${this.#meaning(item)}</p>
      ${record ? this.#record(domain, record) : nothing}
      <div class="row">
        ${record && !this.#whyNotLink() ? this.button({ label: t.access.again, name: fill(t.access.againOf, name), busy, act: () => this.#again(domain, busy) }) : nothing}
        ${this.actionButton("unlinkDomain", { label: t.access.unlink, name: fill(t.access.unlinkOf, name), kind: "danger", act: () => this.#askUnlink(domain) })}</div>
      ${this.complaint(busy)}</li>`;
  }

  /** What the state of a domain means for the people with its addresses. @param {any} item */
  #meaning({ domain, status, claimedAt, verifiedAt, missingSince, expiresAt }) {
    const { t } = this;
    const { product, workspace } = this.data;
    if (!this.#isInPlan) return t.access.idle;
    const role = labelOf(product.roles, product.joinerRole);
    const time = (/** @type {string | null} */ at) => (at ? this.format.time(at) : "");
    const texts = /** @type {Record<string, string>} */ (t.access.meanings);
    const text = fill(texts[status] || "", { domain, role, claimed: time(claimedAt), verified: time(verifiedAt), missing: time(missingSince), end: time(expiresAt) });
    return status === "verified" && workspace.settings.autoAssignSeats === false ? `${text} ${t.access.notAssigned}` : text;
  }

  /** The DNS record that proves the domain. @param {string} domain @param {{ type: string, name: string, value: string }} record */
  #record(domain, { type, name, value }) {
    const { t } = this;
    const field = (/** @type {string} */ label, /** @type {string} */ text) => html`<div class="stack tight"><dt class="label">${label}</dt><dd>${linkField(this, text, `${label}: ${domain}`)}</dd></div>`;
    return html`<dl><div class="row"><dt class="label">${t.access.type}</dt><dd><code>${type}</code></dd></div>
      ${field(t.access.name, name)}${field(t.access.value, value)}</dl>`;
  }

  /** @param {string} domain */
  async #link(domain) {
    await this.client.put(`${this.path}/domains/${encodeURIComponent(domain)}`);
    this.#changed();
  }

  /** Has the record looked up again, for another week. @param {string} domain @param {string} busy */
  async #again(domain, busy) {
    if (await this.act(busy, () => this.#link(domain))) this.tell(this.t.access.lookedUp);
  }

  /** @param {string} domain */
  #askUnlink(domain) {
    const { t } = this;
    return this.ask({
      title: fill(t.access.unlinkTitle, { domain }),
      text: t.access.unlinkText,
      confirm: t.access.unlink,
      danger: true,
      key: `unlink-${domain}`,
      act: async () => {
        await this.client.delete(`${this.path}/domains/${encodeURIComponent(domain)}`);
        this.#changed();
      },
      done: fill(t.access.unlinked, { domain }),
    });
  }

  #changed() {
    this.store.changed();
    this.announce("changed");
  }
}

define("seatwise-access", Access);
