// The API keys of a workspace: one's own, and those of all members.

import { css, html, nothing, repeat } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";
import { FilteredElement } from "../filtered.js";
import { nameOf } from "../format.js";
import { fill } from "../messages/en.js";
import { ApiKeyDialogs } from "../parts/api-key-dialogs.js";

const STATUS_COLORS = /** @type {Record<string, string>} */ ({ active: "green", expired: "amber", revoked: "red" });
/** With most of the uses gone, the bar changes its color. */
const NEARLY_ALL = 0.8;

/**
 * API keys: tabs for one's own and for all members', creation, limits, rotation, revoking and deletion.
 *
 * @fires seatwise-filtered - The tab or the page has changed; the detail is the new value of `filter`.
 * @fires seatwise-changed - The keys have changed.
 */
export class ApiKeys extends FilteredElement {
  static styles = [SeatwiseElement.styles, css`
    [role=tablist] { display: flex; flex-wrap: wrap; border-block-end: 1px solid var(--edge); }
    [role=tab] { border: 0; background: none; border-radius: 0; color: var(--muted); }
    [role=tab][aria-selected=true] { color: var(--text); text-decoration: underline .1875rem var(--accent); text-underline-offset: .625rem; }
    .uses { min-width: 9rem; }
  `];
  #dialogs = new ApiKeyDialogs(this);

  get texts() { return ["keys"]; }

  checks() { return [{ action: "createApiKey" }]; }

  get words() { return this.t.apiKeys; }

  /** The tab. */
  get owner() { return this.filters.get("owner") === "all" ? "all" : "me"; }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const may = await this.store.permissions(this.workspaceId);
    const seesAll = may.has("listAllApiKeys");
    const owner = seesAll ? this.owner : "me";
    const [me, page] = await Promise.all([
      this.store.me(),
      this.client.get(`${this.path}/api-keys`, { owner, cursor: this.filters.get("cursor") }, signal),
    ]);
    const owners = page.items.map((/** @type {any} */ key) => key.ownerId);
    if (owner === "all" && may.has("listMembers")) this.learnPeople(owners);
    return { seesAll, owner, me, page };
  }

  /** A secret is for nobody else. */
  reset() {
    super.reset();
    this.#dialogs.secret.keep(null);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#dialogs.secret.keep(null);
  }

  /** The secret stays, whatever happens to the list. */
  render() { return html`${super.render()}${this.#dialogs.secret.view()}`; }

  view() {
    const { words } = this;
    const { seesAll, owner } = this.data;
    const isOther = seesAll && owner !== this.owner;
    const waits = isOther && !this.failure ? html`<p class="waiting"><span class="spinner"></span>${this.t.loading}</p>` : nothing;
    const content = isOther ? waits : this.#content();
    return html`<section aria-labelledby="title">
      <div class="row apart"><h1 id="title">${words.title}</h1>${this.#createButton()}</div>
      ${seesAll ? html`${this.#tabs()}<div class="stack" role="tabpanel" id="panel" aria-labelledby=${`tab-${this.owner}`}>${content}</div>` : content}
    </section>${this.#dialogs.view()}`;
  }

  #createButton() {
    return this.actionButton("createApiKey", { label: this.words.create, kind: "primary", act: () => this.#dialogs.open("create") });
  }

  #tabs() {
    const tab = (/** @type {string} */ owner, /** @type {string} */ label) => html`<button type="button" role="tab" id=${`tab-${owner}`}
      aria-controls="panel" aria-selected=${String(owner === this.owner)} tabindex=${owner === this.owner ? 0 : -1}
      @click=${() => this.#select(owner)}>${label}</button>`;
    const walk = (/** @type {KeyboardEvent} */ event) => {
      if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
      event.preventDefault();
      const isFirst = event.key === "Home" || (event.key !== "End" && this.owner === "all");
      this.#select(isFirst ? "me" : "all");
    };
    return html`<div role="tablist" aria-label=${this.words.title} @keydown=${walk}>${tab("me", this.words.mine)}${tab("all", this.words.members)}</div>`;
  }

  /** @param {string} owner */
  #select(owner) {
    /** @type {HTMLElement} */ (this.renderRoot.querySelector(`#tab-${owner}`)).focus();
    if (owner !== this.owner) this.setFilters({ owner: owner === "all" ? owner : "" });
  }

  #content() {
    const { words } = this;
    const { page, owner } = this.data;
    if (!page.items.length) {
      return html`<div class="empty"><h2>${owner === "all" ? words.nobodyHas : words.noneYet}</h2><p>${words.whatFor}</p>${
        owner === "all" ? nothing : this.#createButton()}</div>${this.paging(page.nextCursor, { label: words.title })}`;
    }
    return html`<div class="scroll"><table class="stacks"><thead><tr>
      <th scope="col">${words.name}</th><th scope="col">${words.status}</th>
      ${owner === "all" ? html`<th scope="col">${words.owner}</th>` : nothing}
      <th scope="col">${words.uses}</th><th scope="col">${words.lastUsed}</th><th scope="col">${words.expires}</th>
      <th scope="col"><span class="visually-hidden">${fill(this.t.actions, { name: "" })}</span></th>
    </tr></thead><tbody>${repeat(page.items, (key) => key.id, (key) => this.#row(key))}</tbody></table></div>
    ${this.paging(page.nextCursor, { label: words.title })}`;
  }

  /** @param {any} key */
  #row(key) {
    const { words } = this;
    return html`<tr>
      <th scope="row"><div class="stack tight"><bdi>${key.name}</bdi>
        ${key.flowId ? html`<small>${words.flow} <bdi>${key.flowId}</bdi></small>` : nothing}
        <small>${fill(words.made, { date: this.format.date(key.createdAt) })}</small>
        ${key.previousValidUntil ? html`<small>${fill(words.previous, { time: this.format.time(key.previousValidUntil) })}</small>` : nothing}
        ${this.complaint(key.id)}</div></th>
      <td>${this.badge({ label: /** @type {Record<string, string>} */ (words.statuses)[key.status] || key.status, color: STATUS_COLORS[key.status] || "" })}</td>
      ${this.data.owner === "all" ? html`<td class="wide" data-label=${words.owner}>${this.#owner(key)}</td>` : nothing}
      <td class="wide" data-label=${words.uses}>${this.#uses(key)}</td>
      <td class="wide" data-label=${words.lastUsed}>${key.lastUsedAt ? this.format.time(key.lastUsedAt) : html`<span class="muted">${words.neverUsed}</span>`}</td>
      <td class="wide" data-label=${words.expires}>${key.expiresAt ? this.format.date(key.expiresAt) : html`<span class="muted">${words.never}</span>`}</td>
      <td class="end">${this.#menu(key)}</td></tr>`;
  }

  /** @param {any} key */
  #owner(key) {
    const { me } = this.data;
    const known = this.people.get(key.ownerId) || (key.ownerId === me.id ? me : null);
    const name = nameOf(known) || (this.arePeopleKnown ? this.words.formerMember : "");
    return html`<span><bdi>${name}</bdi>${key.ownerId === me.id ? html` <small>(${this.t.you})</small>` : nothing}</span>`;
  }

  /** @param {any} key */
  #uses({ id, used, usageLimit, dailyRateLimit }) {
    const { words, format } = this;
    const perDay = dailyRateLimit === null ? nothing : html`<small>${format.count(dailyRateLimit, words.perDay)}</small>`;
    if (usageLimit === null) {
      const counted = used ? html`<span>${format.count(used, words.counted)}</span>` : nothing;
      return html`<div class="stack tight uses">${counted}${used || dailyRateLimit !== null ? nothing : html`<span class="muted">${words.noLimit}</span>`}${perDay}</div>`;
    }
    const text = fill(words.usedOf, { used: format.number(used), limit: format.number(usageLimit) });
    const isOver = used >= usageLimit;
    return html`<div class="stack tight uses"><span id=${`uses-${id}`}>${text}${isOver ? html` ${this.badge({ label: words.usedUp, color: "red" })}` : nothing}</span>
      <meter aria-labelledby=${`uses-${id}`} min="0" max=${usageLimit || 1} value=${isOver ? usageLimit || 1 : used}
        low=${(usageLimit || 1) * NEARLY_ALL} high=${(usageLimit || 1) - 0.5} optimum="0"></meter>${perDay}</div>`;
  }

  /** @param {any} key */
  #menu(key) {
    const { words } = this;
    const check = (/** @type {string} */ action) => ({ action, apiKey: key.id });
    const acts = ["rotateApiKey", "setApiKeyLimits", "revokeApiKey", "deleteApiKey"];
    const path = `${this.path}/api-keys/${key.id}`;
    const danger = /** @type {const} */ ("danger");
    const ofActive = [
      { label: words.rotate, check: check(acts[0]), act: () => this.#dialogs.open("rotate", key) },
      { label: words.limits, check: check(acts[1]), act: () => this.#dialogs.open("limits", key) },
      { label: words.revoke, check: check(acts[2]), kind: danger, act: () => this.#ask(key, "revoke", () => this.client.post(`${path}/revoke`)) },
    ];
    const remove = { label: words.delete, check: check(acts[3]), kind: danger, act: () => this.#ask(key, "delete", () => this.client.delete(path)) };
    return this.menu({
      id: `menu-${key.id}`,
      label: fill(this.t.actions, { name: key.name }),
      checks: acts.map(check),
      entries: () => [...(key.status === "active" ? ofActive : []), remove],
    });
  }

  /** @param {any} key @param {"revoke" | "delete"} what @param {() => Promise<unknown>} act */
  #ask(key, what, act) {
    const { words } = this;
    return this.ask({
      title: fill(words[`${what}Title`], { name: key.name }),
      text: words[`${what}Text`],
      confirm: words[what],
      danger: true,
      key: `ask-${key.id}`,
      act: async () => { await act(); this.changed(); },
      done: fill(words[`${what}Done`], { name: key.name }),
    });
  }

  /** Everything that depends on keys loads again. */
  changed() {
    this.store.changed();
    this.announce("changed");
  }
}

define("seatwise-api-keys", ApiKeys);
