// The members of a workspace, and the people who are invited.

import { css, html, live, nothing, repeat } from "../vendor/lit.js";
import { whenNeeded } from "../api.js";
import { SeatwiseElement, define } from "../element.js";
import { FilteredElement } from "../filtered.js";
import { labelOf, nameOf } from "../format.js";
import { fill } from "../messages/en.js";
import { findInvitations, memberRow } from "../parts/invitations.js";
import { InviteDialog } from "../parts/invite-dialog.js";
import { giveRole, keyOf, pathOf, roleCheck, shareCheck, targetOf, waits } from "../parts/member-row.js";
import { RoleChoice } from "../parts/role-choice.js";
import { SelectedMembers } from "../parts/selected-members.js";

/** With four roles, one request decides on the roles of so many rows. Where invited people are above the members, there can be twice as many. */
const PER_PAGE = 25;
/** Only the latest invitations show when they end and what became of their mails: the list of members does not say it. */
const MOST_PAGES_OF_INVITATIONS = 5;
const TYPING_PAUSE = 250;
/** What can be done with a row. */
const ROW_ACTS = ["changeRole", "assignSeat", "releaseSeat", "transferWorkspace", "removeMember", "changeInvitation", "resendInvitation", "revokeInvitation"];

/**
 * The table of members: search, filters, roles, seats, invitations and what can be done with each.
 *
 * @fires seatwise-filtered - The filters have changed; the detail is the new value of `filter`, such as `search=ada&sort=-name`.
 * @fires seatwise-changed - The members have changed.
 * @fires seatwise-invited - The form inside has made invitations; the detail has them as `items`.
 * @fires seatwise-seats-wanted - The person wants to buy seats for people to invite; the detail has the `tier`, the `quantity`, and what was entered as `invitation`.
 * @fires seatwise-plan-wanted - The person wants a plan with more seats for people to invite; the detail has the number of more `seats`.
 */
export class Members extends FilteredElement {
  static styles = [SeatwiseElement.styles, css`.note { max-width: 18rem; }`];

  #selection = new SelectedMembers(this);
  #invitation = new InviteDialog(this, () => this.t.members.invite, () => this.announce("changed"));
  /** What is known of the invitations of the page. @type {Map<string, any>} */
  #invitations = new Map();
  #roles = new RoleChoice(this, (item, role) => this.changeRole(item, role));
  /** What is in the search field. */
  #typed = "";
  /** What the search field has asked for. */
  #sought = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;

  /** @param {import("../vendor/lit.js").PropertyValues} changed */
  willUpdate(changed) {
    const isElsewhere = changed.has("workspaceId");
    if (isElsewhere) this.#selection.select([]);
    const search = this.filters.get("search") || "";
    // The field follows a filter from outside. Its own filter comes while one goes on typing.
    if (isElsewhere || search !== this.#sought) {
      clearTimeout(this.#typing);
      this.#typed = this.#sought = search;
    }
    super.willUpdate(changed);
  }

  checks() {
    return ["invite", "assignSeats", "exportMembers"].map((action) => ({ action }));
  }

  /** @param {AbortSignal} signal */
  async load(signal) {
    if (this.#isOfExpired && !(await this.store.permissions(this.workspaceId)).has("listInvitations")) {
      // Whoever may not see them is shown the others; this load ends with the change of the filter.
      this.setFilters({ status: "" });
      await this.updateComplete;
    }
    const [product, workspace, me, may, page] = await Promise.all([
      this.store.product(),
      this.store.workspace(this.workspaceId),
      this.store.me(),
      this.store.permissions(this.workspaceId),
      this.#isOfExpired ? this.#expired(signal) : this.#page(signal),
    ]);
    this.#selection.keep(page.items);
    if (!this.#isOfExpired) {
      this.#learnRoles(product, page.items);
      if (may.has("listInvitations")) this.#learnInvitations(page.items, signal);
    }
    return { product, workspace, me, may, page };
  }

  /** Whether the list is that of invitations that have expired, which are not in the list of members. */
  get #isOfExpired() { return this.filters.get("status") === "expired"; }

  /** A page of expired invitations, the latest first. @param {AbortSignal} signal */
  async #expired(signal) {
    const query = { limit: PER_PAGE, status: "expired", cursor: this.filters.get("cursor") };
    const { items, nextCursor } = await this.client.get(`${this.path}/invitations`, query, signal);
    this.#invitations = new Map(items.map((/** @type {any} */ invitation) => [invitation.id, invitation]));
    return { items: items.map(memberRow), nextCursor };
  }

  /** What is known of an invitation of the page. @param {any} item */
  invitationOf(item) { return this.#invitations.get(item.invitationId); }

  /** Finds out how the invitations of the page fare. The rows do not wait for it. @param {any[]} items @param {AbortSignal} signal */
  async #learnInvitations(items, signal) {
    const ids = items.map(({ invitationId }) => invitationId).filter(Boolean);
    const found = await findInvitations(this, ids, { signal, mostPages: MOST_PAGES_OF_INVITATIONS }).catch(() => null);
    if (!found || signal.aborted) return;
    this.#invitations = found;
    this.requestUpdate();
  }

  /**
   * A page of the list. Without a search and a status, the first page shows the invited people above the members: both
   * are pages of an index, while a list of all in one order would be read whole.
   * @param {AbortSignal} signal
   */
  async #page(signal) {
    const filters = { limit: PER_PAGE, ...Object.fromEntries(this.filters) };
    const list = (/** @type {string} */ status) => this.client.get(`${this.path}/members`, { ...filters, status }, signal);
    const { search, status, cursor } = Object.fromEntries(this.filters);
    if (search || status) return list(status || "all");
    const [members, invited] = await Promise.all([list("member"), cursor ? null : list("pending")]);
    return { ...members, items: [...(invited?.items || []), ...members.items], hasMorePending: !!invited?.nextCursor };
  }

  /** Which roles can be given to the people of the page. @param {any} product @param {any[]} items */
  #learnRoles(product, items) {
    const checks = items.flatMap((item) => product.roles.map((/** @type {any} */ role) => roleCheck(item, role.id)));
    this.learnLater(checks);
  }

  /** @param {Event} event */
  #search(event) {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    this.#typed = value;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => {
      this.#sought = value.trim();
      if (this.#sought !== (this.filters.get("search") || "")) this.setFilters({ search: this.#sought });
    }, TYPING_PAUSE);
  }

  /**
   * Runs an act on a row and says what it has done; then everything that depends on members loads again.
   * @param {any} item @param {() => Promise<any>} act @param {(answer: any) => string} done @param {(answer: any) => unknown} [undo]
   * @returns {Promise<boolean>} whether it succeeded
   */
  async change(item, act, done, undo) {
    /** @type {any} */
    let answer;
    if (!(await this.act(keyOf(item), async () => { answer = await act(); }))) return false;
    // A member's row follows the answer; the list comes later.
    if (answer?.badge) Object.assign(item, answer);
    this.tell(done(answer), undo && (() => undo(answer)));
    this.changed();
    return true;
  }

  /** Says that the members have changed. */
  changed() {
    this.store.changed();
    this.announce("changed");
  }

  /** @param {any} item */
  nameOf(item) { return nameOf(item) || this.t.members.someone; }

  view() {
    const { t } = this;
    const { page } = this.data;
    return html`<section aria-labelledby="title">
      <div class="row apart"><h1 id="title">${t.members.title}</h1><div class="row">
        ${this.actionButton("exportMembers", {
          label: t.members.export, busy: "export", act: () => this.act("export", async () => (await this.#acts()).exportMembers(this)),
          why: ["pending", "expired"].includes(this.filters.get("status") || "") ? t.members.exportsMembers : null,
        })}
        ${this.actionButton("assignSeats", { label: t.members.assignSeats, busy: "assign-seats", why: this.noSeatLeft() || this.#nobodyWaits(),
          act: () => this.act("assign-seats", async () => (await this.#acts()).offerSeats(this)) })}
        ${this.actionButton("invite", { label: t.members.invite, kind: "primary", busy: "open-invite", act: () => this.#invitation.open("open-invite") })}
      </div></div>
      ${this.complaint("export")}${this.complaint("assign-seats")}${this.complaint("open-invite")}
      ${this.#seats()}${this.#filterFields()}${this.#selection.view()}
      ${page.hasMorePending ? this.button({ label: t.members.morePending, kind: "quiet", act: () => this.setFilters({ status: "pending" }) }) : nothing}
      ${page.items.length ? this.#table() : this.#empty()}${this.paging(page.nextCursor, { label: t.members.title })}
    </section>
    ${this.#invitation.view()}`;
  }

  /** Why nobody can get a seat; null if somebody can. */
  noSeatLeft() {
    const { product, workspace } = this.data;
    return product.seatModel !== "none" && workspace.seats.available === 0 ? this.t.members.noSeatLeft : null;
  }

  /** Why nobody needs a seat, as far as the rows tell. */
  #nobodyWaits() {
    const { product, page } = this.data;
    return this.filter || page.nextCursor || page.items.some((/** @type {any} */ item) => waits(product, item)) ? null : this.t.members.nobodyWaits;
  }

  /** @type {import("../parts/member-acts.js").RowActs | null} */
  #rowActs = null;

  /** Loads acts with the first of them. */
  async #acts() {
    const [acts] = await Promise.all([whenNeeded(() => import("../parts/member-acts.js")), this.learnTexts("acts")]);
    this.#rowActs ||= new acts.RowActs(this);
    return acts;
  }

  /** Whether the person can do something with rows. Whoever can do nothing sees texts only. */
  get #canAct() { return ROW_ACTS.some((action) => this.data.may.has(action)); }

  #seats() {
    const { product, workspace: { seats } } = this.data;
    return product.seatModel === "none" || !seats.total ? nothing : this.seatsMeter(seats);
  }

  #filterFields() {
    const { t } = this;
    const { product } = this.data;
    const filters = this.filters;
    const statuses = [["member", t.members.member], ["pending", t.members.pending]];
    if (this.data.may.has("listInvitations")) statuses.push(["expired", t.members.expired]);
    const choice = (/** @type {string} */ name, /** @type {string} */ label, /** @type {[string, string][]} */ options) => html`
      <label class="row">${label}<select class="inline" .value=${live(filters.get(name) || "")}
        @change=${(/** @type {Event} */ event) => this.setFilters({ [name]: /** @type {HTMLSelectElement} */ (event.target).value })}>
        ${[["", t.all], ...options].map(([value, text]) => html`<option value=${value} ?selected=${value === (filters.get(name) || "")}>${text}</option>`)}</select></label>`;
    const status = choice("status", t.members.status, /** @type {[string, string][]} */ (statuses));
    if (this.#isOfExpired) return html`<div class="row">${status}</div>`;
    return html`<form class="row" role="search" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <input class="search" type="search" aria-label=${t.members.search} placeholder=${t.members.search} .value=${live(this.#typed)} @input=${this.#search}>
      ${choice("role", t.members.role, product.roles.map((/** @type {any} */ role) => [role.id, role.label]))}
      ${product.seatModel === "none" ? nothing : choice("seat", t.members.seatFilter, [["with", t.members.withSeat], ["without", t.members.withoutSeat]])}
      ${status}
    </form>`;
  }

  #empty() {
    const { t } = this;
    if (this.filter) {
      return html`<div class="empty"><p>${this.#isOfExpired && !this.filters.get("cursor") ? t.members.noneExpired : t.members.notFound}</p>${this.button({ label: t.members.clear, act: () => this.setFilters({ search: "", role: "", seat: "", status: "" }) })}</div>`;
    }
    return html`<div class="empty"><h2>${t.members.nobody}</h2><p>${t.members.nobodyText}</p></div>`;
  }

  #table() {
    const { t } = this;
    const { product, page } = this.data;
    const down = this.filters.get("sort") === "-name";
    const all = page.items.every((/** @type {any} */ item) => this.#selection.has(item));
    const selectAll = () => this.#selection.select(all ? [] : page.items);
    return html`<div class="scroll"><table class="stacks"><thead><tr>
      ${this.#canAct ? html`<th scope="col"><input type="checkbox" aria-label=${t.members.selectAll} .checked=${live(all)} @change=${selectAll}></th>` : nothing}
      ${this.#isOfExpired ? html`<th scope="col">${t.members.name}</th>` : html`<th scope="col" aria-sort=${down ? "descending" : "ascending"}><button type="button"
        aria-label=${down ? t.members.sortedDown : t.members.sortedUp} @click=${() => this.setFilters({ sort: down ? "name" : "-name" })}>${t.members.name} ${down ? "↓" : "↑"}</button></th>`}
      <th scope="col">${t.members.role}</th><th scope="col">${t.members.status}</th>
      ${product.seatModel === "none" ? nothing : html`<th scope="col">${t.members.seat}</th>`}
      <th scope="col">${t.members.joined}</th>${this.#canAct ? html`<th scope="col"><span class="visually-hidden">${fill(t.actions, { name: "" })}</span></th>` : nothing}
    </tr></thead><tbody>${repeat(page.items, keyOf, (item) => this.#row(item))}</tbody></table></div>`;
  }

  /** @param {any} item */
  #row(item) {
    const { t } = this;
    const { product, me } = this.data;
    const key = keyOf(item);
    const name = this.nameOf(item);
    return html`<tr>
      ${this.#canAct ? html`<td class="pick"><input type="checkbox" aria-label=${fill(t.members.select, { name })} .checked=${live(this.#selection.has(item))} @change=${() => this.#selection.toggle(item)}></td>` : nothing}
      <th scope="row"><div class="stack tight"><span><bdi>${name}</bdi>${item.userId === me.id ? html` <small>(${t.you})</small>` : nothing}</span>
        ${item.email && item.email !== name ? html`<small><bdi>${item.email}</bdi></small>` : nothing}${this.complaint(key)}</div></th>
      <td>${this.#role(item, name)}</td>
      <td>${this.#status(item)}</td>
      ${product.seatModel === "none" ? nothing : html`<td data-label=${t.members.seat}>${this.#seat(item)}</td>`}
      <td class="muted date" data-label=${t.members.joined}>${item.joinedAt ? this.format.date(item.joinedAt) : nothing}</td>
      ${this.#canAct ? html`<td class="end">${this.#rowMenu(item, name)}</td>` : nothing}</tr>`;
  }

  /** The badge, and for an invitation when it ends and what became of its mail. @param {any} item */
  #status(item) {
    const { t: { members: t }, format } = this;
    const isExpired = item.status === "expired";
    const { expiresAt, deliveries } = this.invitationOf(item) || {};
    const mail = { failed: t.mailFailed, retrying: t.mailRetries }[/** @type {string} */ (deliveries?.at(-1)?.status)];
    return html`<div class="stack tight"><div class="row">${this.badge(isExpired ? { label: t.expired, color: "red" } : { ...item.badge, ...(item.userId ? {} : { label: t.pending }) })}
      ${mail ? this.badge({ label: mail.label, color: mail === t.mailFailed ? "red" : "amber" }) : nothing}
      ${item.isCreator ? html`<small>${t.creator}</small>` : nothing}
      ${expiresAt ? html`<small>${fill(isExpired ? t.expiredOn : t.expiresOn, { date: format.date(expiresAt) })}</small>` : nothing}</div>
      ${mail ? html`<small class="note">${mail.text}</small>` : nothing}</div>`;
  }

  /** @param {any} item @param {string} name */
  #role(item, name) {
    const { roles } = this.data.product;
    if (item.status === "expired" || !this.#canAct) return labelOf(roles, item.role);
    const others = roles.filter((/** @type {any} */ role) => role.id !== item.role);
    const label = labelOf(roles, item.role);
    if (!others.some((/** @type {any} */ role) => this.may(roleCheck(item, role.id)))) {
      const why = others.length ? this.whyNot(roleCheck(item, others[0].id)) : null;
      return this.button({ label, kind: "quiet", why: why || this.t.notAllowed, name: `${fill(this.t.members.roleOf, { name })}: ${label}`, act: () => {} });
    }
    return this.#roles.view(item, roles, fill(this.t.members.roleOf, { name }));
  }

  /** @param {any} item */
  #seat(item) {
    const { t } = this;
    if (item.seatSuspended) return html`<span class="badge" data-color="red">${t.members.suspended}</span>`;
    if (item.seat) {
      return html`<span>${labelOf(this.data.product.tiers, item.seat.tier)}</span>`;
    }
    return html`<span class="muted">${item.freeSlot ? t.members.freeSlot : t.members.noSeat}</span>`;
  }

  /** @param {any} item @param {string} name */
  #rowMenu(item, name) {
    const target = targetOf(item);
    const { roles } = this.data.product;
    const acts = item.userId ? ["assignSeat", "releaseSeat", "transferWorkspace", "removeMember"] : ["resendInvitation", "revokeInvitation"];
    const isOver = item.status === "expired";
    const checks = [
      ...acts.map((action) => ({ action, ...target })),
      ...(isOver ? [] : roles.map((/** @type {any} */ role) => roleCheck(item, role.id))),
      ...(item.userId ? [] : [shareCheck(item)]),
    ];
    return this.menu({
      id: `menu-${keyOf(item)}`,
      busy: keyOf(item),
      label: fill(this.t.actions, { name }),
      checks,
      load: () => this.#acts(),
      entries: () => this.#rowActs?.entries(item, name) || [],
    });
  }

  /** Gives a role, after a question if it governs the workspace. @param {any} item @param {string} role */
  changeRole(item, role) {
    const wanted = this.data.product.roles.find((/** @type {any} */ { id }) => id === role);
    const give = () => this.#giveRole(item, role);
    if (!wanted.governing) return give();
    return this.act(`ask-${keyOf(item)}`, async () => (await this.#acts()).askToGovern(this, this.nameOf(item), wanted, give));
  }

  /** Shows the new role at once; the old one comes back if the change is refused. @param {any} item @param {string} role */
  async #giveRole(item, role) {
    const before = item.role;
    const { client, path } = this;
    const { roles } = this.data.product;
    /** @param {string} to @param {() => unknown} [undo] */
    const change = (to, undo) => this.change(item, () => giveRole(client, path, item, to),
      () => fill(this.t.members.roleChanged, { name: this.nameOf(item), role: labelOf(roles, to) }), undo);
    item.role = role;
    if (await change(role, () => change(before))) return;
    item.role = before;
    this.requestUpdate();
  }
}

define("seatwise-members", Members);
