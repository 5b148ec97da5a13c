// The notices of a workspace as banners: what is the matter, and what to do about it.

import { css, html, nothing } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";
import { fill } from "../messages/en.js";

/** The notices about what does not work already, or soon will not. */
const SERIOUS = new Set(["payment_failed", "subscription_ends"]);

/**
 * A notice in words; empty for a kind that a later version of the API has added.
 * @param {SeatwiseElement} element @param {any} notice
 */
export function noticeText({ t, format }, { code, at, until, count = 0, domain = "", payUrl }) {
  const texts = /** @type {Record<string, string | { one: string, other: string } | undefined>} */ (t.notices.codes);
  const untils = /** @type {Record<string, string | undefined>} */ (until ? t.notices.until : t.notices.noEnd);
  const text = texts[code];
  if (!text) return "";
  const sentences = [
    typeof text === "string" ? text : format.count(count, text),
    untils[code],
    code === "payment_failed" && !payUrl ? t.notices.askPayer : "",
  ];
  return fill(sentences.filter(Boolean).join(" "), { at: at ? format.date(at) : "", until: until ? format.time(until) : "", domain });
}

/**
 * The banners of a workspace; nothing if there are none.
 *
 * @fires seatwise-plan-wanted - The person wants seats for members who wait; the detail has their number as `seats`.
 */
export class Notices extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, css`
    .banner { display: flex; flex-wrap: wrap; gap: .5rem 1rem; justify-content: space-between; align-items: center; }
    .serious { background: var(--bad-surface); color: var(--bad); }
    .serious a { color: inherit; font-weight: 650; }
  `];
  static properties = { except: { type: String } };

  constructor() {
    super();
    /** The codes of notices that something else on the page shows, with spaces between them. */
    this.except = "";
  }

  async load() {
    const may = await this.store.permissions(this.workspaceId);
    return { may, notices: may.has("getWorkspace") ? (await this.store.workspace(this.workspaceId)).notices : [] };
  }

  /** Takes no room until there is something to say. */
  render() { return this.data ? super.render() : nothing; }

  view() {
    const except = this.except.split(" ");
    const shown = this.data.notices.filter((/** @type {any} */ notice) => !except.includes(notice.code) && noticeText(this, notice));
    if (!shown.length) return nothing;
    return html`<ul class="plain stack tight" aria-label=${this.t.notices.title}>${shown.map((/** @type {any} */ notice) => html`<li
      class=${SERIOUS.has(notice.code) ? "banner serious" : "banner"}><span>${noticeText(this, notice)}</span>${notice.payUrl
      ? html`<a href=${notice.payUrl} target="_blank" rel="noopener">${this.t.notices.payNow}</a>` : this.#mend(notice)}</li>`)}</ul>`;
  }

  /** The way to a plan with more seats. @param {any} notice */
  #mend({ code, count }) {
    return code === "members_suspended" && this.data.may.has("changePlan")
      ? this.button({ label: this.t.notices.addSeats, act: () => this.announce("plan-wanted", { seats: count }) }) : nothing;
  }
}

define("seatwise-notices", Notices);
