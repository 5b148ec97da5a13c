// The members of a workspace, and the people who are invited.

import { html, live, nothing, repeat } from "../vendor/lit.js";
import { queryText } from "../api.js";
import { SeatwiseElement, asProblem, define } from "../element.js";
import { nameOf } from "../format.js";
import { fill } from "../messages/en.js";
import "./invite.js";

/** @typedef {import("../store.js").Check} Check */

/** With four roles, the decisions about the roles of a page fit into one request. */
const PER_PAGE = 25;
const TYPING_PAUSE = 250;

/**
 * The table of members: search, filters, roles, seats, invitations and what can be done with each.
 *
 * @fires seatwise-filtered - The filters have changed; the detail is the new value of `filter`.
 * @fires seatwise-changed - The members have changed.
 */
export class Members extends SeatwiseElement {
  static properties = {
    filter: { type: String },
    selected: { state: true },
  };

  /** The cursors of the pages before this one. @type {string[]} */
  #before = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;

  constructor() {
    super();
    /** The search, filters, sorting and page, as the text of a query: `search=ada&sort=-name`. */
    this.filter = "";
    /** The keys of the selected rows. @type {Set<string>} */
    this.selected = new Set();
  }

  loadsAgainWith() { return ["filter"]; }

  checks() {
    return ["invite", "assignSeats", "exportMembers"].map((action) => ({ action }));
  }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const [product, workspace, me, page] = await Promise.all([
      this.store.product(),
      this.store.workspace(this.workspaceId),
      this.store.me(),
      this.#page(signal),
    ]);
    const present = new Set(page.items.map(keyOf));
    this.selected = new Set([...this.selected].filter((key) => present.has(key)));
    this.#learnRoles(product, page.items);
    return { product, workspace, me, page };
  }

  /**
   * A page of the list. Without a search and a status, the first page shows the invited people above the members: both
   * are pages of an index, while a list of all in one order would be read whole.
   * @param {AbortSignal} signal
   */
  async #page(signal) {
    const filters = { limit: PER_PAGE, ...Object.fromEntries(this.#filters) };
    const list = (/** @type {string} */ status) => this.client.get(`${this.path}/members`, { ...filters, status }, signal);
    const { search, status, cursor } = Object.fromEntries(this.#filters);
    if (search || status) return list(status || "all");
    const [members, invited] = await Promise.all([list("member"), cursor ? null : list("pending")]);
    return { ...members, items: [...(invited?.items || []), ...members.items], hasMorePending: !!invited?.nextCursor };
  }

  /** Which roles can be given to the people of the page. @param {any} product @param {any[]} items */
  #learnRoles(product, items) {
    const checks = items.flatMap((item) => product.roles.map((/** @type {any} */ role) => roleCheck(item, role.id)));
    if (checks.length) this.learn(checks).catch((error) => console.error(error));
  }

  get #filters() { return new URLSearchParams(this.filter); }

  /** Changes filters; every change but that of the page starts at the first page. @param {Record<string, string>} change */
  #set(change) {
    const filters = { ...Object.fromEntries(this.#filters), cursor: "", ...change };
    this.filter = queryText(filters);
    this.announce("filtered", this.filter);
  }

  /** @param {Event} event */
  #search(event) {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => { this.#before = []; this.#set({ search: value.trim() }); }, TYPING_PAUSE);
  }

  /** Runs an act on a row; then everything that depends on members loads again. @param {any} item @param {() => Promise<unknown>} act @param {string} done @param {() => unknown} [undo] */
  async #change(item, act, done, undo) {
    if (!(await this.act(keyOf(item), act))) return;
    this.tell(fill(done, { name: this.#name(item) }), undo);
    this.#changed();
  }

  #changed() {
    this.store.changed();
    this.announce("changed");
  }

  /** @param {any} item */
  #name(item) { return nameOf(item) || this.t.members.someone; }

  view() {
    const { t } = this;
    const { page } = this.data;
    return html`<section aria-labelledby="title">
      <div class="row apart"><h1 id="title">${t.members.title}</h1><div class="row">
        ${this.actionButton("exportMembers", { label: t.members.export, busy: "export", act: () => this.act("export", () => this.#export()) })}
        ${this.actionButton("assignSeats", { label: t.members.assignSeats, busy: "assign-seats", why: this.#noSeatLeft(), act: () => this.#assignSeats() })}
        ${this.actionButton("invite", { label: t.members.invite, kind: "primary", act: () => this.open("invite") })}
      </div></div>
      ${this.complaint("export")}${this.complaint("assign-seats")}
      ${this.#seats()}${this.#filterFields()}${this.selected.size ? this.#bulk() : nothing}
      ${page.hasMorePending ? this.button({ label: t.members.morePending, kind: "quiet", act: () => this.#set({ status: "pending" }) }) : nothing}
      ${page.items.length ? this.#table() : this.#empty()}${this.#paging()}
    </section>
    ${this.#inviteDialog()}`;
  }

  #inviteDialog() {
    return html`<dialog id="invite" aria-label=${this.t.members.invite}><div class="stack">
      <seatwise-invite .api=${this.api} .workspaceId=${this.workspaceId} .getToken=${this.getToken}
        @seatwise-invited=${() => this.#changed()}></seatwise-invite>
      <div class="row end">${this.button({ label: this.t.close, act: () => this.close("invite") })}</div></div></dialog>`;
  }

  #noSeatLeft() {
    const { product, workspace } = this.data;
    return product.seatModel !== "none" && workspace.seats.available === 0 ? this.t.members.noSeatLeft : null;
  }

  #seats() {
    const { product, workspace: { seats } } = this.data;
    if (product.seatModel === "none" || !seats.total) return nothing;
    const used = seats.filled + seats.pending;
    const words = fill(this.t.members.seatsTaken, { used: this.format.number(used), total: this.format.number(seats.total) });
    return html`<div class="stack tight"><div class="row apart"><span id="seats-label">${words}</span>
      <span class="muted">${this.format.count(seats.available, this.t.members.seatsLeft)}</span></div>
      <meter min="0" max=${seats.total} value=${used} aria-labelledby="seats-label"></meter></div>`;
  }

  #filterFields() {
    const { t } = this;
    const { product } = this.data;
    const filters = this.#filters;
    const choice = (/** @type {string} */ name, /** @type {string} */ label, /** @type {[string, string][]} */ options) => html`
      <label class="row">${label}<select class="inline" .value=${live(filters.get(name) || "")}
        @change=${(/** @type {Event} */ event) => { this.#before = []; this.#set({ [name]: /** @type {HTMLSelectElement} */ (event.target).value }); }}>
        ${[["", t.all], ...options].map(([value, text]) => html`<option value=${value} ?selected=${value === (filters.get(name) || "")}>${text}</option>`)}</select></label>`;
    return html`<form class="row" role="search" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <input class="search" type="search" aria-label=${t.members.search} placeholder=${t.members.search} .value=${live(filters.get("search") || "")} @input=${this.#search}>
      ${choice("role", t.members.role, product.roles.map((/** @type {any} */ role) => [role.id, role.label]))}
      ${product.seatModel === "none" ? nothing : choice("seat", t.members.seatFilter, [["with", t.members.withSeat], ["without", t.members.withoutSeat]])}
      ${choice("status", t.members.status, [["member", t.members.member], ["pending", t.members.pending]])}
    </form>`;
  }

  #empty() {
    const { t } = this;
    if (this.filter) {
      return html`<div class="empty"><p>${t.members.notFound}</p>${this.button({ label: t.members.clear, act: () => { this.filter = ""; this.announce("filtered", ""); } })}</div>`;
    }
    return html`<div class="empty"><h2>${t.members.nobody}</h2><p>${t.members.nobodyText}</p></div>`;
  }

  #table() {
    const { t } = this;
    const { product, page } = this.data;
    const down = this.#filters.get("sort") === "-name";
    const all = page.items.every((/** @type {any} */ item) => this.selected.has(keyOf(item)));
    const selectAll = () => { this.selected = new Set(all ? [] : page.items.map(keyOf)); };
    return html`<div class="scroll"><table class="stacks"><thead><tr>
      <th scope="col"><input type="checkbox" aria-label=${t.members.selectAll} .checked=${live(all)} @change=${selectAll}></th>
      <th scope="col" aria-sort=${down ? "descending" : "ascending"}><button type="button" aria-label=${down ? t.members.sortedDown : t.members.sortedUp}
        @click=${() => this.#set({ sort: down ? "name" : "-name" })}>${t.members.name} ${down ? "↓" : "↑"}</button></th>
      <th scope="col">${t.members.role}</th><th scope="col">${t.members.status}</th>
      ${product.seatModel === "none" ? nothing : html`<th scope="col">${t.members.seat}</th>`}
      <th scope="col">${t.members.joined}</th><th scope="col"><span class="visually-hidden">${fill(t.actions, { name: "" })}</span></th>
    </tr></thead><tbody>${repeat(page.items, keyOf, (item) => this.#row(item))}</tbody></table></div>`;
  }

  /** @param {any} item */
  #row(item) {
    const { t } = this;
    const { product, me } = this.data;
    const key = keyOf(item);
    const name = this.#name(item);
    const select = () => {
      const selected = new Set(this.selected);
      if (!selected.delete(key)) selected.add(key);
      this.selected = selected;
    };
    return html`<tr>
      <td class="pick"><input type="checkbox" aria-label=${fill(t.members.select, { name })} .checked=${live(this.selected.has(key))} @change=${select}></td>
      <th scope="row"><div class="stack tight"><span><bdi>${name}</bdi>${item.userId === me.id ? html` <small>(${t.you})</small>` : nothing}</span>
        ${item.email && item.email !== name ? html`<small><bdi>${item.email}</bdi></small>` : nothing}${this.complaint(key)}</div></th>
      <td>${this.#role(item, name)}</td>
      <td><div class="row">${this.badge(item.badge)}${item.isCreator ? html`<small>${t.members.creator}</small>` : nothing}</div></td>
      ${product.seatModel === "none" ? nothing : html`<td data-label=${t.members.seat}>${this.#seat(item)}</td>`}
      <td class="muted date" data-label=${t.members.joined}>${item.joinedAt ? this.format.date(item.joinedAt) : nothing}</td>
      <td class="end">${this.#rowMenu(item, name)}</td></tr>`;
  }

  /** @param {any} item @param {string} name */
  #role(item, name) {
    const { roles } = this.data.product;
    const others = roles.filter((/** @type {any} */ role) => role.id !== item.role);
    const label = roles.find((/** @type {any} */ role) => role.id === item.role)?.label || item.role;
    if (!others.some((/** @type {any} */ role) => this.may(roleCheck(item, role.id)))) {
      const why = others.length ? this.whyNot(roleCheck(item, others[0].id)) : null;
      return this.button({ label, kind: "quiet", why: why || this.t.notAllowed, name: `${fill(this.t.members.roleOf, { name })}: ${label}`, act: () => {} });
    }
    const known = roles.some((/** @type {any} */ role) => role.id === item.role);
    return html`<select class="inline" aria-label=${fill(this.t.members.roleOf, { name })} .value=${live(item.role)} aria-busy=${this.isBusy(keyOf(item))}
      @change=${(/** @type {Event} */ event) => this.#changeRole(item, /** @type {HTMLSelectElement} */ (event.target).value)}>
      ${known ? nothing : html`<option value=${item.role} selected>${item.role}</option>`}
      ${roles.map((/** @type {any} */ role) => html`<option value=${role.id} ?selected=${role.id === item.role}
        ?disabled=${role.id !== item.role && !this.may(roleCheck(item, role.id))}>${role.label}</option>`)}</select>`;
  }

  /** @param {any} item */
  #seat(item) {
    const { t } = this;
    if (item.seatSuspended) return html`<span class="badge" data-color="red">${t.members.suspended}</span>`;
    if (item.seat) {
      const tier = this.data.product.tiers.find((/** @type {any} */ tier) => tier.id === item.seat.tier)?.label || item.seat.tier;
      return html`<span>${tier}</span>`;
    }
    return html`<span class="muted">${item.freeSlot ? t.members.freeSlot : t.members.noSeat}</span>`;
  }

  /** @param {any} item @param {string} name */
  #rowMenu(item, name) {
    const target = targetOf(item);
    const { roles } = this.data.product;
    const acts = item.userId
      ? ["assignSeat", "releaseSeat", "transferWorkspace", "removeMember"]
      : ["resendInvitation", "shareInvitationLink", "revokeInvitation"];
    const checks = [...acts.map((action) => ({ action, ...target })), ...roles.map((/** @type {any} */ role) => roleCheck(item, role.id))];
    return this.menu({
      id: `menu-${keyOf(item)}`,
      label: fill(this.t.actions, { name }),
      checks,
      entries: () => [...this.#roleEntries(item), ...(item.userId ? this.#memberEntries(item, name) : this.#invitationEntries(item, name))],
    });
  }

  /** @param {any} item */
  #roleEntries(item) {
    const others = this.data.product.roles.filter((/** @type {any} */ role) => role.id !== item.role);
    return others.map((/** @type {any} */ role) => ({
      label: fill(this.t.members.makeRole, { role: role.label }),
      check: roleCheck(item, role.id),
      act: () => this.#changeRole(item, role.id),
    }));
  }

  /** @param {any} item @param {string} name */
  #memberEntries(item, name) {
    const { t } = this;
    const { product } = this.data;
    const path = `${this.path}/members/${item.userId}`;
    const assign = (/** @type {any} */ tier) => ({
      label: tier ? fill(t.members.assignTier, { tier: tier.label }) : t.members.assign,
      check: { action: "assignSeat", member: item.userId },
      why: this.#noSeatLeft(),
      act: () => this.#change(item, () => this.client.put(`${path}/seat`, tier ? { tier: tier.id } : {}), t.members.seatAssigned,
        () => this.#change(item, () => this.client.delete(`${path}/seat`), t.members.seatReleased)),
    });
    const tiers = product.seatModel === "by-tier" ? product.tiers : [null];
    const hasSeats = product.seatModel !== "none";
    return [
      ...(hasSeats && !item.seat ? tiers.map(assign) : []),
      hasSeats && item.seat ? {
        label: t.members.release,
        check: { action: "releaseSeat", member: item.userId },
        act: () => this.#change(item, () => this.client.delete(`${path}/seat`), t.members.seatReleased,
          () => this.#change(item, () => this.client.put(`${path}/seat`, item.seat.id ? { seatId: item.seat.id } : {}), t.members.seatAssigned)),
      } : null,
      item.isCreator ? null : {
        label: t.members.transfer,
        check: { action: "transferWorkspace", member: item.userId },
        act: () => this.#ask(item, name, "transfer", () => this.client.post(`${this.path}/transfer`, { userId: item.userId })),
      },
      {
        label: t.members.remove,
        kind: /** @type {const} */ ("danger"),
        check: { action: "removeMember", member: item.userId },
        act: () => this.#ask(item, name, "remove", () => this.client.delete(path)),
      },
    ];
  }

  /** @param {any} item @param {string} name */
  #invitationEntries(item, name) {
    const { t } = this;
    const path = `${this.path}/invitations/${item.invitationId}`;
    const check = (/** @type {string} */ action) => ({ action, invitation: item.invitationId });
    return [
      { label: t.members.copyLink, check: check("shareInvitationLink"), act: () => this.act(keyOf(item), () => this.#copyLink(item)) },
      { label: t.members.resend, check: check("resendInvitation"), act: () => this.#change(item, () => this.client.post(`${path}/resend`), t.members.resent) },
      { label: t.members.revoke, kind: /** @type {const} */ ("danger"), check: check("revokeInvitation"), act: () => this.#ask(item, name, "revoke", () => this.client.delete(path)) },
    ];
  }

  /** @param {any} item @param {string} name @param {"remove" | "revoke" | "transfer"} what @param {() => Promise<unknown>} act */
  #ask(item, name, what, act) {
    const texts = /** @type {Record<string, string>} */ (/** @type {unknown} */ (this.t.members));
    return this.ask({
      title: fill(texts[`${what}Title`], { name }),
      text: texts[`${what}Text`],
      confirm: texts[what],
      danger: what !== "transfer",
      key: `ask-${keyOf(item)}`,
      act: async () => { await act(); this.#changed(); },
      done: fill({ remove: this.t.members.removed, revoke: this.t.members.revoked, transfer: this.t.members.transferred }[what], { name }),
    });
  }

  /** Shows the new role at once; the old one comes back if the change is refused. @param {any} item @param {string} role */
  async #changeRole(item, role) {
    const before = item.role;
    const label = (/** @type {string} */ id) => this.data.product.roles.find((/** @type {any} */ role) => role.id === id)?.label || id;
    const put = (/** @type {string} */ to) => item.userId
      ? this.client.put(`${this.path}/members/${item.userId}/role`, { role: to })
      : this.client.patch(`${this.path}/invitations/${item.invitationId}`, { role: to });
    item.role = role;
    const done = (/** @type {string} */ to) => fill(this.t.members.roleChanged, { name: this.#name(item), role: label(to) });
    const undo = () => this.#change(item, () => put(before), done(before));
    if (await this.act(keyOf(item), () => put(role))) {
      this.tell(done(role), undo);
      this.#changed();
    } else {
      item.role = before;
      this.requestUpdate();
    }
  }

  /** @param {any} item */
  async #copyLink(item) {
    for await (const page of this.client.pages(`${this.path}/invitations`, { status: "pending" })) {
      const found = page.find((/** @type {any} */ invitation) => invitation.id === item.invitationId);
      if (found?.url) {
        await navigator.clipboard.writeText(found.url);
        return this.tell(this.t.copied);
      }
    }
    throw asProblem(new Error(this.t.notAllowed));
  }

  async #assignSeats() {
    await this.act("assign-seats", async () => {
      const { assigned, waiting } = await this.client.post(`${this.path}/seats/assign`);
      const texts = [this.format.count(assigned.length, this.t.members.assigned)];
      if (waiting.length) texts.push(this.format.count(waiting.length, this.t.members.waiting));
      this.tell(texts.join(" "));
      this.#changed();
    });
  }

  /** The members that the filters show, as a file. */
  async #export() {
    const { search, sort, seat, role } = Object.fromEntries(this.#filters);
    const file = await this.client.get(`${this.path}/members/export`, { search, sort, seat, role });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "members.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // Several at once.

  #bulk() {
    const { t } = this;
    const { roles } = this.data.product;
    const changeTo = (/** @type {Event} */ event) => {
      const select = /** @type {HTMLSelectElement} */ (event.target);
      const role = select.value;
      select.value = "";
      this.#eachSelected((item) => item.userId
        ? this.client.put(`${this.path}/members/${item.userId}/role`, { role })
        : this.client.patch(`${this.path}/invitations/${item.invitationId}`, { role }));
    };
    const remove = () => this.ask({
      title: this.format.count(this.selected.size, t.members.removeManyTitle),
      text: t.members.removeManyText,
      confirm: t.members.removeMany,
      danger: true,
      key: "bulk-remove",
      act: () => this.#eachSelected((item) => this.client.delete(item.userId
        ? `${this.path}/members/${item.userId}` : `${this.path}/invitations/${item.invitationId}`)),
    });
    return html`<div class="card row" role="group" aria-label=${this.format.count(this.selected.size, t.members.selected)}>
      <span>${this.format.count(this.selected.size, t.members.selected)}</span>
      <label class="row">${t.members.changeRoles}<select class="inline" @change=${changeTo}><option value=""></option>
        ${roles.map((/** @type {any} */ role) => html`<option value=${role.id}>${role.label}</option>`)}</select></label>
      ${this.button({ label: t.members.removeMany, kind: "danger", busy: "bulk-remove", act: remove })}</div>`;
  }

  /** One after the other; who is refused stays selected, with the reason. @param {(item: any) => Promise<unknown>} act */
  async #eachSelected(act) {
    const items = this.data.page.items.filter((/** @type {any} */ item) => this.selected.has(keyOf(item)));
    let done = 0;
    for (const item of items) {
      if (!(await this.act(keyOf(item), () => act(item)))) continue;
      done++;
      this.selected.delete(keyOf(item));
    }
    const texts = [this.format.count(done, this.t.members.bulkDone)];
    if (done < items.length) texts.push(this.format.count(items.length - done, this.t.members.bulkFailed));
    this.tell(texts.join(" "));
    this.selected = new Set(this.selected);
    this.#changed();
  }

  #paging() {
    const { t } = this;
    const { nextCursor } = this.data.page;
    const cursor = this.#filters.get("cursor");
    if (!nextCursor && !cursor) return nothing;
    const previous = () => this.#set({ cursor: this.#before.pop() || "" });
    const next = () => { this.#before.push(cursor || ""); this.#set({ cursor: nextCursor }); };
    return html`<nav class="row end" aria-label=${t.members.title}>
      ${cursor ? this.button({ label: t.previous, act: previous }) : nothing}${nextCursor ? this.button({ label: t.next, act: next }) : nothing}</nav>`;
  }
}

/** @param {any} item */
const keyOf = (item) => item.userId || item.invitationId;

/** @param {any} item @returns {Pick<Check, "member" | "invitation">} */
const targetOf = (item) => (item.userId ? { member: item.userId } : { invitation: item.invitationId });

/** @param {any} item @param {string} role @returns {Check} */
const roleCheck = (item, role) => ({ action: item.userId ? "changeRole" : "changeInvitation", ...targetOf(item), role });

define("seatwise-members", Members);
