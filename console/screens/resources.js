// The resources of a workspace: integrations, mini-apps, bots and the like, within the limit of each kind.

import { css, html, live, nothing } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";
import { FilteredElement } from "../filtered.js";
import { nameOf } from "../format.js";
import { fill } from "../messages/en.js";
import { AddResource, isFull, isSold } from "../parts/add-resource.js";
import { matcher } from "../parts/search.js";

/** @typedef {import("../parts/add-resource.js").Kind} Kind */

/** The resources of a kind that are shown before anybody asks for more. */
const FIRST = 5;
const MORE = 50;
/** With more resources than a filtered page looks through, those of a kind are loaded when somebody asks for them. */
const LOOKED_THROUGH = 1000;
/** With most of a limit used, the bar changes its color. */
const NEARLY_ALL = 0.8;

/**
 * Resources by kind: used and limit, adding, removing, and a search over the kinds.
 *
 * @fires seatwise-filtered - The search has changed; the detail is the new value of `filter`.
 * @fires seatwise-changed - The resources have changed.
 * @fires seatwise-plan-wanted - The person wants a plan, or extras of the plan, with a higher limit.
 */
export class Resources extends FilteredElement {
  static styles = [SeatwiseElement.styles, css`
    .kinds { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)); gap: .75rem; align-items: start; list-style: none; padding: 0; }
    .kinds li li { border-block-start: 1px solid var(--edge); padding-block: .5rem 0; flex-wrap: nowrap; }
    .kinds .row.apart { flex-wrap: nowrap; align-items: start; }
    .kinds .stack { min-width: 0; }
    .kinds .control { flex: none; }
  `];
  #adding = new AddResource(this);
  /** The number of resources that are shown of a kind, where somebody asked for more. @type {Map<string, number>} */
  #wanted = new Map();

  get texts() { return ["paying"]; }
  /** The search is over what is loaded. */
  loadsAgainWith() { return []; }

  checks() { return ["addResource", "removeResource", "changePlan"].map((action) => ({ action })); }

  get words() { return this.t.resources; }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const [product, may, page] = await Promise.all([
      this.store.product(),
      this.store.permissions(this.workspaceId),
      this.client.get(`${this.path}/resources`, { limit: 100 }, signal),
    ]);
    const kinds = kindsOf(page);
    const first = kinds.reduce((sum, { used }) => sum + used, 0) > LOOKED_THROUGH ? 0 : FIRST;
    await Promise.all(kinds.map(async (kind) => {
      const wanted = this.#wanted.get(kind.kind) || first;
      if (kind.items.length < Math.min(wanted, kind.used)) kind.items = await this.#itemsOf(kind.kind, wanted, signal);
    }));
    const adders = kinds.flatMap(({ items }) => items.map((item) => item.addedBy));
    if (may.has("listMembers")) this.learnPeople(adders);
    return { product, kinds };
  }

  /** As many resources of a kind as are wanted. A page with a filter can be short, although more follow. @param {string} kind @param {number} wanted @param {AbortSignal} signal */
  async #itemsOf(kind, wanted, signal) {
    const found = [];
    for await (const items of this.client.pages(`${this.path}/resources`, { kind }, signal)) {
      found.push(...items);
      if (found.length >= wanted) break;
    }
    return found;
  }

  view() {
    const { words } = this;
    const kinds = this.#found();
    const byGroup = Map.groupBy(kinds, ({ group }) => group);
    const groups = new Set(/** @type {Kind[]} */ (this.data.kinds).map(({ group }) => group));
    return html`<section aria-labelledby="title">
      <div class="row apart"><h1 id="title">${words.title}</h1>${this.actionButton("addResource", { label: words.add, kind: "primary", act: () => this.#adding.open() })}</div>
      ${this.#filterFields()}
      ${kinds.length ? nothing : html`<div class="empty"><p>${words.notFound}</p>${this.button({ label: words.clear, act: () => this.setFilters({ search: "", use: "" }) })}</div>`}
      ${[...groups].map((group) => byGroup.has(group) ? html`<h2>${group || words.general}</h2>
        <ul class="kinds">${byGroup.get(group)?.map((kind) => this.#card(kind))}</ul>` : nothing)}
    </section>${this.#adding.view()}`;
  }

  /** The kinds that fit the search: its words are in the kind, its group or its resources. */
  #found() {
    const isSought = matcher(this.filters.get("search") || "");
    const use = this.filters.get("use");
    return /** @type {Kind[]} */ (this.data.kinds).filter((kind) => {
      const text = [kind.label, kind.group, ...kind.items.flatMap(({ label, externalId, account }) => [label, externalId, account])].join(" ");
      return isSought(text) && (use !== "some" || kind.used > 0) && (use !== "full" || isFull(kind));
    });
  }

  #filterFields() {
    const { words, t } = this;
    const use = this.filters.get("use") || "";
    const value = (/** @type {Event} */ event) => /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target).value;
    return html`<form class="row" role="search" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <input class="inline" type="search" size="28" aria-label=${words.search} placeholder=${words.search} .value=${live(this.filters.get("search") || "")}
        @input=${(/** @type {Event} */ event) => this.setFilters({ search: value(event) })}>
      <label class="row">${words.show}<select class="inline" @change=${(/** @type {Event} */ event) => this.setFilters({ use: value(event) })}>
        ${[["", t.all], ["some", words.inUse], ["full", words.full]].map(([name, label]) => html`<option value=${name} ?selected=${name === use}>${label}</option>`)}</select></label>
    </form>`;
  }

  /** @param {Kind} kind */
  #card(kind) {
    const { words, format } = this;
    const { label, used, limit, items, isGone } = kind;
    const id = `use-${kind.kind}`;
    const text = limit === null ? format.count(used, words.used) : fill(words.usedOf, { used: format.number(used), limit: format.number(limit) });
    const shown = items.slice(0, this.#wanted.get(kind.kind) || FIRST);
    const canAdd = this.may("addResource") && !isGone;
    const colored = limit && limit > 1 ? { low: limit * NEARLY_ALL, high: limit - 0.5 } : null;
    return html`<li class="card"><div class="row apart"><div class="stack tight"><h3>${label}</h3>
          ${isGone ? html`<p class="muted">${words.gone}</p>` : html`<span id=${id}>${text} ${isFull(kind) ? this.badge({ label: words.full, color: "" }) : nothing}</span>`}</div>
        ${canAdd ? this.button({ label: words.addShort, name: `${words.addShort}: ${label}`, why: this.#adding.whyFull(kind), act: () => this.#adding.open(kind.kind) }) : nothing}</div>
      ${limit ? html`<meter aria-labelledby=${id} min="0" max=${limit} value=${used} low=${colored?.low ?? nothing} high=${colored?.high ?? nothing} optimum=${colored ? 0 : nothing}></meter>` : nothing}
      ${isFull(kind) && isSold(this.data.product, kind) ? this.#adding.more(kind) : nothing}
      ${shown.length ? html`<ul class="plain stack tight">${shown.map((item) => this.#item(item))}</ul>` : nothing}
      ${used > shown.length ? this.button({ label: format.count(used - shown.length, words.more), name: `${format.count(used - shown.length, words.more)}: ${label}`, kind: "quiet", busy: `more ${kind.kind}`, act: () => this.#showMore(kind, shown.length) }) : nothing}</li>`;
  }

  /** @param {any} item */
  #item(item) {
    const { words } = this;
    const name = item.label || item.externalId;
    const person = nameOf(this.people.get(item.addedBy));
    const date = this.format.date(item.addedAt);
    return html`<li class="row apart"><div class="stack tight"><bdi>${name}</bdi>
        ${item.label ? html`<small><bdi>${item.externalId}</bdi></small>` : nothing}
        ${item.account ? html`<small>${words.account} <bdi>${item.account}</bdi></small>` : nothing}
        <small>${person ? fill(words.addedBy, { person, date }) : fill(words.added, { date })}</small></div>
      ${this.actionButton("removeResource", { label: words.remove, name: `${words.remove}: ${name}`, act: () => this.#remove(item, name) })}</li>`;
  }

  /** @param {Kind} kind @param {number} shown */
  #showMore(kind, shown) {
    this.#wanted.set(kind.kind, shown + MORE);
    return this.act(`more ${kind.kind}`, () => this.reload());
  }

  /** @param {any} item @param {string} name */
  #remove(item, name) {
    const { words } = this;
    this.ask({
      title: fill(words.removeTitle, { name }),
      text: words.removeText,
      confirm: words.remove,
      danger: true,
      key: `remove ${item.id}`,
      act: async () => { await this.client.delete(`${this.path}/resources/${item.id}`); this.#changed(); },
      done: fill(words.removed, { name }),
    });
  }

  /** Shows the kind of a new resource. @param {string} kind */
  added(kind) {
    if (!this.#wanted.has(kind)) this.#wanted.set(kind, FIRST);
    this.#changed();
  }

  #changed() {
    this.store.changed();
    this.announce("changed");
  }
}

/** The kinds with their resources on the first page, and the kinds that the product no longer has. @param {any} page @returns {Kind[]} */
function kindsOf({ kinds, items }) {
  const byKind = Map.groupBy(items, (/** @type {any} */ item) => item.kind);
  const known = kinds.map((/** @type {any} */ kind) => ({ ...kind, items: byKind.get(kind.kind) || [] }));
  const names = new Set(kinds.map((/** @type {any} */ kind) => kind.kind));
  const gone = [...byKind].filter(([kind]) => !names.has(kind));
  return [...known, ...gone.map(([kind, of]) => ({ kind, label: kind, group: null, used: of.length, limit: null, items: of, isGone: true }))];
}

define("seatwise-resources", Resources);
