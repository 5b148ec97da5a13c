// What screens share whose filters and page the address of the host page remembers.

import { html, nothing } from "./vendor/lit.js";
import { queryText, whenNeeded } from "./api.js";
import { SeatwiseElement } from "./element.js";

/**
 * The base of a screen with filters.
 *
 * @fires seatwise-filtered - The filters have changed; the detail is the new value of `filter`.
 */
export class FilteredElement extends SeatwiseElement {
  /** @type {import("./vendor/lit.js").PropertyDeclarations} */
  static properties = { filter: { type: String } };

  /** The cursors of the pages before this one. @type {string[]} */
  #before = [];

  constructor() {
    super();
    /** The filters and the page, as the text of a query. */
    this.filter = "";
    /** The members that the rows name, as far as they are known. @type {Map<string, any>} */
    this.people = new Map();
    /** Whether whoever is not among them is not a member. */
    this.arePeopleKnown = false;
  }

  loadsAgainWith() { return ["filter"]; }

  reset() {
    this.#before = [];
    this.people = new Map();
  }

  get filters() { return new URLSearchParams(this.filter); }

  /** Changes filters; every change but that of the page starts at the first page. @param {Record<string, any>} change */
  setFilters(change) {
    if (!("cursor" in change)) this.#before = [];
    this.filter = queryText({ ...Object.fromEntries(this.filters), cursor: "", ...change });
    this.announce("filtered", this.filter);
  }

  /** Finds out who the members with these ids are. The rows do not wait for it. @param {string[]} ids */
  async learnPeople(ids) {
    this.arePeopleKnown = false;
    const { turn } = this;
    const { store, workspaceId } = this;
    const people = await whenNeeded(() => import("./parts/people.js")).then(({ peopleOf }) => peopleOf(store, workspaceId, ids)).catch(() => null);
    if (turn !== this.turn) return;
    this.people = people || this.people;
    this.arePeopleKnown = !!people;
    this.requestUpdate();
  }

  /** The way to the other pages. @param {string | null} nextCursor @param {{ label: string, previous?: string, next?: string }} words */
  paging(nextCursor, { label, previous = this.t.previous, next = this.t.next }) {
    const cursor = this.filters.get("cursor");
    if (!nextCursor && !cursor) return nothing;
    const back = () => this.setFilters({ cursor: this.#before.pop() });
    const on = () => { this.#before.push(cursor || ""); this.setFilters({ cursor: nextCursor }); };
    return html`<nav class="row end" aria-label=${label}>
      ${cursor ? this.button({ label: previous, act: back }) : nothing}${nextCursor ? this.button({ label: next, act: on }) : nothing}</nav>`;
  }
}
