// Inviting people, by email or by a link for one person (F1, R8, L10, S9).

import { css, html, live, nothing, repeat } from "../vendor/lit.js";
import { SeatwiseElement, asProblem, define } from "../element.js";
import { labelOf } from "../format.js";
import { fill } from "../messages/en.js";
import { AddressList, addressStyles } from "./address-list.js";
import { MOST_ADDRESSES } from "./addresses.js";
import { InviteTerms } from "./invite-terms.js";
import { copyButton, linkField, linkStyles } from "./link-field.js";

/** What somebody has entered. @typedef {{ emails: string[], role: string, tier: string, sendEmail: boolean }} Draft */

/** Refusals of one address. Others are of the whole request. */
const OF_ADDRESS = new Set(["already_member", "invitation_pending", "invitation_declined", "too_many_mails", "no_seat_available", "seat_not_available", "invitation_quota_exceeded"]);

/**
 * A form that invites people: several addresses, their role and seats, and a link for one person.
 *
 * @fires seatwise-invited - Invitations were made; the detail has them as `items`.
 * @fires seatwise-seats-wanted - The person wants to buy seats; the detail has the `tier`, the `quantity`, and what was entered as `invitation`.
 * @fires seatwise-plan-wanted - The person wants a plan with more seats; the detail has the number of more `seats`.
 */
export class Invite extends InviteTerms {
  static properties = { isShown: { state: true }, sendEmail: { state: true }, draft: { attribute: false } };
  static styles = [SeatwiseElement.styles, linkStyles, addressStyles, css`
    form { display: grid; gap: 1rem; }
    .fields { display: grid; gap: 1rem; align-items: start; grid-template-columns: repeat(auto-fit, minmax(min(12rem, 100%), 1fr)); }
    .below { border-block-start: 1px solid var(--edge); padding-block-start: 1rem; }
  `];

  /** The rows of the invitations that were made. @type {any[]} */
  #made = [];
  #addresses = new AddressList(this, (key) => this.data.known.get(key));
  #takesFocus = false;
  // A closed dialog has no size. While it is closed, nothing is loaded.
  #size = new ResizeObserver(() => { this.isShown = this.checkVisibility(); });

  constructor() {
    super();
    this.isShown = false;
    this.sendEmail = true;
    /** What the form begins with: the `invitation` of the detail of `seatwise-seats-wanted`. @type {Draft | null} */
    this.draft = null;
  }

  get isReady() { return this.isShown && super.isReady; }

  loadsAgainWith() { return ["isShown", ...super.loadsAgainWith()]; }

  connectedCallback() {
    super.connectedCallback();
    this.#size.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#size.disconnect();
  }

  /** @param {import("../vendor/lit.js").PropertyValues} changed */
  willUpdate(changed) {
    if (changed.get("workspaceId") || changed.get("seatId")) this.#addresses.clear();
    if (changed.has("draft") && this.draft) {
      const { emails, role, tier, sendEmail } = this.draft;
      this.#addresses.fill(emails);
      Object.assign(this, { wantedRole: role, wantedTier: tier, sendEmail });
    }
    const opens = changed.has("isShown") && this.isShown;
    if (changed.get("workspaceId") || opens) this.#made = [];
    // The dialog has opened before there was a field to focus.
    if (opens) this.#takesFocus = !!this.closest("dialog");
    super.willUpdate(changed);
  }

  updated() {
    super.updated();
    if (!this.#takesFocus || !this.data) return;
    this.#takesFocus = false;
    this.#addresses.focus();
  }

  /** @returns {Draft} */
  get entered() {
    const emails = this.#addresses.all.map(({ text }) => text);
    return { emails, role: this.role?.id || "", tier: this.tier, sendEmail: this.sendEmail };
  }

  get people() { return this.#addresses.check({ most: MOST_ADDRESSES, text: "-" }).filter(({ fault }) => !fault).length; }

  /** What limits the number of addresses most. @returns {import("./address-list.js").Limit} */
  get #limit() {
    const { t } = this;
    const { quota } = this.data;
    const { tier, free } = this.missing;
    const limits = [{ most: MOST_ADDRESSES, text: this.format.count(MOST_ADDRESSES, t.invite.tooMany) }];
    if (this.noSeat) return { most: 0, text: this.noSeat };
    if (this.seatId) limits.push({ most: 1, text: t.invite.onePerSeat });
    if (quota && quota.remaining !== null) limits.push({ most: quota.remaining, text: t.invite.overQuota });
    if (tier && free !== null) limits.push({ most: free, text: fill(t.invite.overSeats, { tier: this.tierLabel(tier) }) });
    return limits.reduce((least, limit) => (limit.most < least.most ? limit : least));
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    this.#addresses.commit();
    const sent = this.#addresses.check(this.#limit).filter(({ fault }) => !fault);
    if (!sent.length) return;
    await this.act("invite", async () => {
      const body = { emails: sent.map(({ text }) => text), ...this.terms, sendEmail: this.sendEmail };
      const rows = await this.#invite("invite", body);
      this.#addresses.settle(new Map(rows.map((row, index) => [sent[index].key, row])));
      this.#take(rows);
    });
    this.#addresses.focus();
  }

  /** @param {string} key @param {any} body @returns {Promise<any[]>} a row for each invitation */
  async #invite(key, body) {
    const { emails = [] } = body;
    try {
      return (await this.create(key, `${this.path}/invitations`, body)).items;
    } catch (error) {
      const problem = asProblem(error);
      if (emails.length === 1 && OF_ADDRESS.has(problem.code)) return [{ email: emails[0], problem: { ...problem, detail: problem.message } }];
      if (problem.code === "role_unknown") this.givenRoles = problem.choices;
      this.#addresses.mark(emails, problem);
      throw problem;
    }
  }

  /** Shows what was made. @param {any[]} rows */
  #take(rows) {
    const items = rows.filter(({ invitation }) => invitation).map((row) => ({ ...row, mailed: this.sendEmail }));
    if (!items.length) return;
    this.#made = [...items, ...this.#made];
    this.store.changed();
    this.announce("invited", { items: items.map(({ invitation }) => invitation) });
    this.updateComplete.then(() => this.renderRoot.querySelector("#made")?.scrollIntoView({ block: "nearest" }));
  }

  view() {
    const { t } = this;
    const { offers } = this.data.product;
    const why = this.whyNot("invite");
    return html`<section aria-labelledby="title"><h2 id="title">${t.invite.title}</h2>${why
      ? html`<p class="banner">${why}</p>`
      : html`${this.#form(offers.emailInvitations)}${offers.singleUseLinks ? this.#link() : nothing}${this.#results()}`}</section>`;
  }

  /** @param {boolean} byEmail */
  #form(byEmail) {
    const limit = this.#limit;
    const checked = this.#addresses.check(limit);
    return html`<form novalidate @submit=${this.#submit}>
      ${byEmail ? this.#addresses.view(checked) : nothing}
      <div class="fields">${this.roleField()}${this.seatField()}</div>${this.missingSeats()}
      ${byEmail ? this.#sending(checked, limit) : nothing}${this.complaint("invite")}</form>`;
  }

  /** @param {import("./address-list.js").Checked[]} checked @param {import("./address-list.js").Limit} limit */
  #sending(checked, limit) {
    const { t } = this;
    const good = checked.filter(({ fault }) => !fault).length;
    const nobody = checked.length ? t.invite.allFaulty : t.invite.nobody;
    const why = limit.most ? (good ? null : nobody) : limit.text;
    return html`<div class="stack tight"><label class="check"><input type="checkbox" .checked=${live(this.sendEmail)}
        @change=${(/** @type {Event} */ event) => { this.sendEmail = /** @type {HTMLInputElement} */ (event.target).checked; }}>${t.invite.send}</label>
      ${this.sendEmail ? nothing : html`<small>${t.invite.sendNot}</small>`}${this.#quota()}</div>
      <div class="row">${this.submit({ label: good ? this.format.count(good, t.invite.submit) : t.invite.title, busy: "invite", why })}</div>`;
  }

  #quota() {
    const { t } = this;
    const { quota } = this.data;
    if (!quota || quota.limit === null) return nothing;
    const left = fill(this.format.count(quota.remaining, t.invite.quota), { limit: this.format.number(quota.limit) });
    const ends = quota.resetsAt ? fill(t.invite.quotaResets, { time: this.format.time(quota.resetsAt) }) : fill(t.invite.quotaStays, { plan: this.planLabel });
    return html`<small>${left} ${ends}</small>`;
  }

  #link() {
    const { t } = this;
    const make = () => this.act("link", async () => this.#take(await this.#invite("link", this.terms)));
    return html`<div class="stack tight below"><h3>${t.invite.linkTitle}</h3><p class="muted">${t.invite.linkText}</p>
      <div class="row">${this.button({ label: t.invite.link, busy: "link", why: this.noSeat, act: make })}</div>${this.complaint("link")}</div>`;
  }

  #results() {
    const { t } = this;
    const made = this.#made;
    const all = made.map(({ email, invitation }) => `${email || ""}\t${invitation.url}`).join("\n");
    return html`<div id="made" role="status">${made.length ? html`<div class="stack below">
      <div class="row apart"><h3>${this.format.count(made.length, t.invite.made)}</h3>
        ${made.length > 1 && made.every(({ invitation }) => invitation.url) ? copyButton(this, all, t.invite.copyAll) : nothing}</div>
      <ul class="plain stack">${repeat(made, ({ invitation }) => invitation.id, (row) => this.#result(row))}</ul></div>` : nothing}</div>`;
  }

  /** @param {any} row */
  #result({ email, mailed, invitation }) {
    const { t } = this;
    const name = email || t.invite.onePerson;
    const notes = [
      labelOf(this.data.product.roles, invitation.role),
      invitation.tier && this.tierLabel(invitation.tier),
      email && (mailed ? t.invite.mailed : t.invite.notMailed),
    ];
    return html`<li class="stack tight"><div class="row apart"><bdi>${name}</bdi><small>${notes.filter(Boolean).join(" · ")}</small></div>
      ${invitation.url ? linkField(this, invitation.url, fill(t.invite.linkFor, { name }), t.invite.copyLink) : nothing}</li>`;
  }
}

define("seatwise-invite", Invite);
