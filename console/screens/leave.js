// Leaving a workspace that one leaves by request: asking, withdrawing, deciding.

import { html, nothing, repeat } from "../vendor/lit.js";
import { define } from "../element.js";
import { FilteredElement } from "../filtered.js";
import { nameOf } from "../format.js";
import { fill } from "../messages/en.js";

const PER_PAGE = 25;
const LONGEST_REASON = 1000;
const COLORS = { pending: "amber", approved: "green", denied: "red", withdrawn: "gray" };

/**
 * The requests to leave. Members see their own requests; people who decide see all of them.
 *
 * @fires seatwise-filtered - The page has changed; the detail is the new value of `filter`.
 * @fires seatwise-changed - The requests have changed, or a member has left.
 */
export class Leave extends FilteredElement {
  static properties = { deciding: { state: true } };

  constructor() {
    super();
    /** The request that the dialog decides, and how. @type {{ request: any, approve: boolean } | null} */
    this.deciding = null;
  }

  get texts() { return ["settings"]; }

  checks() { return ["requestLeave", "decideLeaveRequests"].map((action) => ({ action })); }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const [me, may, page] = await Promise.all([
      this.store.me(),
      this.store.permissions(this.workspaceId),
      this.client.get(`${this.path}/leave-requests`, { limit: PER_PAGE, cursor: this.filters.get("cursor") }, signal),
    ]);
    // People who have left are not among the members any more.
    const requests = /** @type {any[]} */ (page.items);
    const users = requests.flatMap(({ userId, status, decidedBy }) => [status === "approved" ? null : userId, decidedBy]).filter(Boolean);
    if (may.has("listMembers")) this.learnPeople(users);
    const pending = requests.filter(({ status }) => status === "pending");
    const checks = pending.flatMap(({ id, userId }) => (userId === me.id ? ["withdrawLeave"] : ["approveLeave", "denyLeave"]).map((action) => ({ action, leaveRequest: id })));
    if (checks.length) await this.learn(checks);
    return { me, page };
  }

  #changed() {
    this.store.changed();
    this.announce("changed");
  }

  /** @param {string} userId */
  #name(userId) {
    const { me } = this.data;
    const known = this.people.get(userId) || (userId === me.id ? me : null);
    return nameOf(known) || (this.arePeopleKnown ? this.t.leave.former : this.t.members.someMember);
  }

  view() {
    const t = this.t.leave;
    const { me, page } = this.data;
    const decides = this.may("decideLeaveRequests");
    const own = page.items.find((/** @type {any} */ { userId, status }) => status === "pending" && userId === me.id);
    const listed = decides ? page.items : page.items.filter((/** @type {any} */ request) => request !== own);
    const requests = listed.length ? html`<h2 id="requests">${decides ? t.requests : t.mine}</h2>${this.#table(listed, decides)}`
      : decides ? html`<div class="empty"><h2>${t.none}</h2><p>${t.noneText}</p></div>` : nothing;
    const paging = this.paging(page.nextCursor, { label: t.requests });
    const asking = this.isOffered("requestLeave") ? this.#own(own) : nothing;
    return html`<section aria-labelledby="title"><h1 id="title">${t.title}</h1>
      ${decides ? html`${requests}${paging}${asking}` : html`${asking}${requests}${paging}`}</section>${this.deciding ? this.#decisionDialog(this.deciding) : nothing}`;
  }

  /** The form to ask, unless the person has asked already. @param {any} pending */
  #own(pending) {
    const t = this.t.leave;
    if (pending) {
      return html`<div class="card"><p>${fill(t.asked, { date: this.format.date(pending.requestedAt) })}</p>
        ${pending.reason ? html`<p>${t.reason}: <bdi>${pending.reason}</bdi></p>` : nothing}${this.complaint(pending.id)}
        <div class="row">${this.#withdrawButton(pending)}</div></div>`;
    }
    const submit = async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const form = /** @type {HTMLFormElement} */ (event.target);
      const reason = String(new FormData(form).get("reason")).trim();
      if (await this.#ask(reason)) form.reset();
    };
    return html`<form class="card" @submit=${submit}><h2>${t.ask}</h2><p>${t.askText}</p>${this.#reasonField("reason", t.reason)}${this.complaint("ask")}
      <div class="row">${this.submit({ label: t.ask, busy: "ask", why: this.whyNot("requestLeave") })}</div></form>`;
  }

  /** @param {string} id @param {string} label */
  #reasonField(id, label) {
    return html`<label class="field" for=${id}><span>${label} <small>(${this.t.optional})</small></span>
      <textarea id=${id} name="reason" rows="3" maxlength=${LONGEST_REASON}></textarea></label>`;
  }

  // Asking and withdrawing undo each other.

  /** @param {string} reason */
  async #ask(reason) {
    return this.act("ask", async () => {
      const request = await this.create("ask", `${this.path}/leave-requests`, reason ? { reason } : {});
      this.tell(this.t.leave.askedNow, () => this.#withdraw(request));
      this.#changed();
    });
  }

  /** @param {any} request */
  async #withdraw(request) {
    await this.act(request.id, async () => {
      await this.client.delete(`${this.path}/leave-requests/${request.id}`);
      this.tell(this.t.leave.withdrawn, () => this.#ask(request.reason || ""));
      this.#changed();
    });
  }

  /** @param {any} request */
  #withdrawButton(request) {
    return this.actionButton({ action: "withdrawLeave", leaveRequest: request.id },
      { label: this.t.leave.withdraw, busy: request.id, act: () => this.#withdraw(request) });
  }

  /** @param {any[]} requests @param {boolean} decides */
  #table(requests, decides) {
    const t = this.t.leave;
    return html`<div class="scroll"><table class="stacks" aria-labelledby="requests"><thead><tr>${decides ? html`<th scope="col">${t.who}</th>` : nothing}
      <th scope="col">${t.when}</th><th scope="col">${t.reason}</th><th scope="col">${t.status}</th>
      ${decides ? html`<th scope="col"><span class="visually-hidden">${fill(this.t.actions, { name: "" })}</span></th>` : nothing}</tr></thead>
      <tbody>${repeat(requests, (request) => request.id, (request) => this.#row(request, decides))}</tbody></table></div>`;
  }

  /** @param {any} request @param {boolean} decides */
  #row(request, decides) {
    const t = this.t.leave;
    const status = /** @type {keyof typeof COLORS} */ (request.status);
    const isOwn = request.userId === this.data.me.id;
    const date = html`<span>${this.format.date(request.requestedAt)}</span>`;
    return html`<tr>${decides ? html`<th scope="row" class="wide"><bdi>${this.#name(request.userId)}</bdi>${isOwn ? html` <small>(${this.t.you})</small>` : nothing}</th>` : nothing}
      ${decides ? html`<td data-label=${t.when}>${date}</td>` : html`<th scope="row" class="wide">${date}</th>`}
      <td class="wide" data-label=${request.reason ? t.reason : nothing}>${request.reason ? html`<bdi>${request.reason}</bdi>` : nothing}</td>
      <td class="wide"><div class="stack tight"><div>${this.badge({ label: t.statuses[status], color: COLORS[status] })}</div>${this.#decision(request)}</div></td>
      ${decides ? html`<td class="wide">${status === "pending" && !isOwn ? this.#decisionButtons(request) : nothing}</td>` : nothing}</tr>`;
  }

  /** Who has decided, when and why. @param {any} request */
  #decision({ status, decidedBy, decidedAt, decisionReason }) {
    if (!decidedAt) return nothing;
    const date = this.format.date(decidedAt);
    const by = decidedBy && status !== "withdrawn" ? fill(this.t.leave.decided, { name: this.#name(decidedBy), date }) : date;
    return html`<small>${by}</small>${decisionReason ? html`<small>“<bdi>${decisionReason}</bdi>”</small>` : nothing}`;
  }

  /** @param {any} request */
  #decisionButtons(request) {
    const t = this.t.leave;
    const name = this.#name(request.userId);
    const button = (/** @type {boolean} */ approve) => this.actionButton({ action: approve ? "approveLeave" : "denyLeave", leaveRequest: request.id }, {
      label: approve ? t.approve : t.deny,
      name: `${approve ? t.approve : t.deny}: ${name}`,
      act: () => this.#decide(request, approve),
    });
    return html`<div class="row end">${button(false)}${button(true)}</div>`;
  }

  /** Opens the dialog. A reason that was typed is for one request only. @param {any} request @param {boolean} approve */
  async #decide(request, approve) {
    if (this.deciding?.request.id !== request.id) /** @type {HTMLFormElement | null} */ (this.renderRoot.querySelector("#decision form"))?.reset();
    this.deciding = { request, approve };
    await this.updateComplete;
    this.open("decision");
  }

  /** @param {{ request: any, approve: boolean }} decision */
  #decisionDialog({ request, approve }) {
    const t = this.t.leave;
    const name = this.#name(request.userId);
    return this.dialog({
      id: "decision",
      title: fill(approve ? t.approveTitle : t.denyTitle, { name }),
      body: html`<p>${approve ? t.approveText : t.denyText}</p>${this.#reasonField("decision-reason", t.decisionReason)}`,
      confirm: approve ? t.approve : t.deny,
      danger: approve,
      submit: async (form) => {
        const reason = String(form.get("reason")).trim();
        await this.client.post(`${this.path}/leave-requests/${request.id}/${approve ? "approve" : "deny"}`, reason ? { reason } : {});
        this.tell(fill(approve ? t.approved : t.denied, { name }));
        this.#changed();
      },
    });
  }
}

define("seatwise-leave", Leave);
