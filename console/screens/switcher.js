// The workspaces of the person, and which of them is shown.

import { css, html, nothing, repeat } from "../vendor/lit.js";
import { whenNeeded } from "../api.js";
import { SeatwiseElement, define } from "../element.js";
import { labelOf } from "../format.js";
import { placeMenu } from "../overlays.js";
import { logo, logoStyles } from "../parts/logo.js";
import { matcher } from "../parts/search.js";

/** From so many workspaces on, there is a search. */
const SEARCH_FROM = 8;

/**
 * The switcher: a button with the current workspace, and behind it all workspaces of the person. It works without a
 * workspace, too.
 *
 * @fires seatwise-switched - The person has chosen a workspace; the detail is `{ id }`.
 * @fires seatwise-create-wanted - The person wants to create a workspace.
 * @fires seatwise-leave-wanted - The person wants to ask to leave; the detail is `{ id }`.
 * @fires seatwise-left - The person has left a workspace; the detail is `{ id }`.
 * @fires seatwise-deleted - The person has deleted a workspace; the detail is `{ id }`.
 */
export class Switcher extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, logoStyles, css`
    :host { container-type: normal; min-width: 0; }
    .waiting { padding: .5rem; }
    .current { border-color: transparent; background: none; padding: .25rem .5rem; max-width: min(20rem, 100%); justify-content: start; }
    .names { display: grid; min-width: 0; justify-items: start; }
    .names > * { max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    [popover] { width: 20rem; max-width: calc(100vw - 2rem); }
    input:focus-visible { outline-offset: -2px; }
    .items { max-height: min(24rem, 55dvh); overflow-y: auto; padding-block-start: .25rem; }
    .items + .items { border-block-start: 1px solid var(--edge); margin-block-start: .25rem; }
    .item { width: 100%; justify-content: start; border-color: transparent; background: none; font-weight: 400; }
    .item:focus-visible { outline-offset: -3px; }
    .item .names { flex: 1; }
    .found { padding: .5rem; }
  `];
  static properties = { search: { state: true } };

  /** Leaving and deleting: loaded when the list is first opened. @type {import("../parts/departure.js").Departure | null} */
  #departure = null;
  /** The latest choice. */
  #chosen = "";
  /** One choice is stored after the other, so that the latest one stays. */
  #storing = Promise.resolve();

  constructor() {
    super();
    this.search = "";
  }

  get needsWorkspace() { return false; }

  /** The list is the same in every workspace, so it stays when another one is chosen. @param {import("../vendor/lit.js").PropertyValues} changed */
  willUpdate(changed) {
    const { data } = this;
    super.willUpdate(changed);
    if (!changed.has("api") && !changed.has("getToken")) this.data = data;
  }

  async load() {
    const [product, workspaces, me] = await Promise.all([this.store.product(), this.store.workspaces(), this.store.me()]);
    const { compare } = new Intl.Collator(this.format.language);
    return { product, me, workspaces: [...workspaces].sort((one, other) => compare(one.name, other.name)) };
  }

  get #current() { return this.data.workspaces.find((/** @type {any} */ workspace) => workspace.id === this.workspaceId); }

  view() {
    const { t } = this;
    const { workspaces } = this.data;
    const current = this.#current;
    return html`<button type="button" class="current" popovertarget="list" aria-haspopup="dialog">
        ${current ? logo(current) : nothing}<span class="names"><span class="visually-hidden">${t.switcher.current}</span> <bdi>${current?.name || (workspaces.length ? t.switcher.choose : t.switcher.none)}</bdi></span><span aria-hidden="true">▾</span></button
      ><div popover role="dialog" id="list" aria-label=${t.switcher.title} @toggle=${this.#toggled} @keydown=${this.#walk} @focusout=${this.#leave}>
        ${this.#list()}${current ? this.complaint("departures") : nothing}
        <div class="items">${this.#acts(current).map(({ label, act }) => html`<button type="button" class="item"
          @click=${(/** @type {Event} */ event) => { this.#hide(); event.stopPropagation(); act(); }}>${label}</button>`)}</div></div>
      ${current && this.#departure ? this.#departure.deleteDialog(current) : nothing}`;
  }

  #list() {
    const { t } = this;
    const { workspaces } = this.data;
    const isSought = matcher(this.search);
    const found = workspaces.filter((/** @type {any} */ { name }) => isSought(name));
    return html`${workspaces.length < SEARCH_FROM ? nothing : html`<input type="search" aria-label=${t.switcher.search} placeholder=${t.switcher.search}
        .value=${this.search} @input=${(/** @type {Event} */ event) => { this.search = /** @type {HTMLInputElement} */ (event.target).value; }}>`}
      <p class="muted found" role="status" ?hidden=${found.length > 0}>${found.length ? "" : workspaces.length ? t.switcher.notFound : t.switcher.empty}</p>
      <ul class="plain items">${repeat(found, ({ id }) => id, (workspace) => this.#item(workspace))}</ul>`;
  }

  /** @param {any} workspace */
  #item(workspace) {
    const isCurrent = workspace.id === this.workspaceId;
    return html`<li><button type="button" class="item" aria-current=${isCurrent ? "true" : nothing} @click=${() => this.#choose(workspace.id)}>
      ${logo(workspace)}<span class="names"><bdi>${workspace.name}</bdi> <small>${labelOf(this.data.product.roles, workspace.role)}</small></span>
      ${isCurrent ? html`<span aria-hidden="true">✓</span>` : nothing}</button></li>`;
  }

  /** @param {any} current */
  #acts(current) {
    const departure = current && this.#departure;
    const departures = departure ? [departure.leaveControl(this.data.product, current), departure.deleteControl()] : [];
    return [
      { label: this.t.switcher.create, act: () => this.announce("create-wanted") },
      ...departures.filter((control) => control && this.may(control.check)),
    ];
  }

  /** @param {string} id */
  #choose(id) {
    this.#hide();
    this.announce("switched", { id });
    this.#chosen = id;
    this.#storing = this.#storing.then(() => this.#keep(id));
  }

  /** Stores a choice, unless there is a later one. @param {string} id */
  async #keep(id) {
    if (!this.isReady || id !== this.#chosen || id === this.data?.me.currentWorkspaceId) return;
    // No act: the choice itself leads to another workspace, and is about the person.
    const { store } = this;
    try {
      await store.makeCurrent(id);
      const me = await store.me();
      if (this.data) this.data.me = me;
    } catch (error) {
      console.warn(error);
      if (id === this.#chosen && this.isConnected) this.tell(this.t.switcher.notStored);
    }
  }

  // The popover.

  get #popover() { return /** @type {HTMLElement} */ (this.renderRoot.querySelector("#list")); }

  #hide() { this.#popover.hidePopover(); }

  /** @param {ToggleEvent} event */
  #toggled(event) {
    this.search = "";
    if (event.newState !== "open") return;
    placeMenu(this.#popover);
    requestAnimationFrame(() => {
      const first = ["input", "[aria-current]", ".item"].map((selector) => this.#popover.querySelector(selector)).find(Boolean);
      /** @type {HTMLElement} */ (first).focus();
    });
    if (this.#current) this.act("departures", () => this.#learnDepartures());
  }

  async #learnDepartures() {
    const [{ DEPARTURES, Departure }] = await Promise.all([whenNeeded(() => import("../parts/departure.js")), this.learnTexts("acts")]);
    this.#departure ||= new Departure(this);
    await this.learn(DEPARTURES);
  }

  /** The arrow keys, Home and End move in the list; Enter in the search takes the first workspace found. @param {KeyboardEvent} event */
  #walk(event) {
    const items = /** @type {HTMLElement[]} */ ([...this.#popover.querySelectorAll(".item")]);
    const at = items.indexOf(/** @type {HTMLElement} */ (event.target));
    if (at < 0 && event.key === "Enter") return this.#popover.querySelector("li")?.querySelector("button")?.click();
    /** @type {Record<string, number>} */
    const targets = { ArrowDown: at + 1, ArrowUp: Math.max(at, 0) - 1, ...(at < 0 ? {} : { Home: 0, End: -1 }) };
    if (!(event.key in targets)) return;
    event.preventDefault();
    items.at(targets[event.key] % items.length)?.focus();
  }

  /** The list closes when the keyboard leaves it. @param {FocusEvent} event */
  #leave(event) {
    const to = /** @type {Node | null} */ (event.relatedTarget);
    if (to && !this.#popover.contains(to)) this.#hide();
  }
}

define("seatwise-switcher", Switcher);
