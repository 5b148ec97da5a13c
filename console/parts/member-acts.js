// What can be done in the list of members beside its filters and its roles. It is loaded with the first of these acts.

import { html } from "../vendor/lit.js";
import { Problem } from "../api.js";
import { labelOf } from "../format.js";
import { fill } from "../messages/en.js";
import { findInvitations } from "./invitations.js";
import { giveRole, keyOf, pathOf, roleCheck, shareCheck, waits } from "./member-row.js";

/** @typedef {import("../screens/members.js").Members} Members */

/** The entries of the menu of a row. */
export class RowActs {
  /** @param {Members} host */
  constructor(host) { this.host = host; }

  /** @param {any} item @param {string} name */
  entries(item, name) {
    const roles = item.status === "expired" ? [] : this.#roleEntries(item);
    return [...roles, ...(item.userId ? this.#memberEntries(item, name) : this.#invitationEntries(item, name))];
  }

  /** @param {any} item */
  #roleEntries(item) {
    const { host } = this;
    const others = host.data.product.roles.filter((/** @type {any} */ role) => role.id !== item.role);
    return others.map((/** @type {any} */ role) => ({
      label: fill(host.t.memberActs.makeRole, { role: role.label }),
      check: roleCheck(item, role.id),
      act: () => host.changeRole(item, role.id),
    }));
  }

  /** @param {any} item @param {string} name */
  #memberEntries(item, name) {
    const { host } = this;
    const { client, path: workspace, data: { product }, t: { memberActs: t } } = host;
    const path = pathOf(workspace, item);
    const seat = `${path}/seat`;
    const assign = (/** @type {any} */ tier) => ({
      label: tier ? fill(t.assignTier, { tier: tier.label }) : t.assign,
      check: { action: "assignSeat", member: item.userId },
      why: host.noSeatLeft(),
      act: () => this.#changeSeat(item, () => client.put(seat, tier ? { tier: tier.id } : {}), t.seatAssigned,
        (member) => this.#changeSeat(member, () => client.delete(seat), t.seatReleased)),
    });
    const tiers = product.seatModel === "by-tier" ? product.tiers : [null];
    const hasSeats = product.seatModel !== "none";
    return [
      ...(hasSeats && !item.seat ? tiers.map(assign) : []),
      hasSeats && item.seat ? {
        label: t.release,
        check: { action: "releaseSeat", member: item.userId },
        act: () => this.#release(item, workspace),
      } : null,
      item.isCreator ? null : {
        label: t.transfer,
        check: { action: "transferWorkspace", member: item.userId },
        act: () => this.#ask(item, name, "transfer", () => client.post(`${workspace}/transfer`, { userId: item.userId })),
      },
      {
        label: t.remove,
        kind: /** @type {const} */ ("danger"),
        check: { action: "removeMember", member: item.userId },
        act: () => this.#ask(item, name, "remove", () => client.delete(path)),
      },
    ];
  }

  /**
   * Changes the seat of a member. That can change the role, too.
   * @param {any} item @param {() => Promise<any>} act answers the member @param {string} text @param {(member: any) => unknown} [undo]
   */
  #changeSeat(item, act, text, undo) {
    const { host } = this;
    const { role } = item;
    const { roles } = host.data.product;
    const name = host.nameOf(item);
    const done = (/** @type {any} */ member) => {
      const texts = [fill(text, { name })];
      if (member.role !== role) texts.push(fill(host.t.members.roleChanged, { name, role: labelOf(roles, member.role) }));
      return texts.join(" ");
    };
    return host.change(item, act, done, undo);
  }

  /** Where the member has lost the role with the seat, the role brings a seat back. @param {any} item @param {string} workspace */
  #release(item, workspace) {
    const { client, t: { memberActs: t } } = this.host;
    const { role, seat } = item;
    const path = `${pathOf(workspace, item)}/seat`;
    const undo = (/** @type {any} */ member) => this.#changeSeat(member, () => (member.role === role
      ? client.put(path, seat.id ? { seatId: seat.id } : {})
      : giveRole(client, workspace, item, role)), t.seatAssigned);
    return this.#changeSeat(item, () => client.delete(path), t.seatReleased, undo);
  }

  /** @param {any} item @param {string} name */
  #invitationEntries(item, name) {
    const { host } = this;
    const { client, t: { memberActs: t } } = host;
    const path = pathOf(host.path, item);
    const check = (/** @type {string} */ action) => ({ action, invitation: item.invitationId });
    return [
      item.status === "expired" ? null : { label: t.copyLink, check: shareCheck(item), act: () => host.act(keyOf(item), () => this.#copyLink(item)) },
      // A link for anybody has no mail.
      !item.email ? null : { label: t.resend, check: check("resendInvitation"), act: () => host.change(item, () => client.post(`${path}/resend`), () => fill(t.resent, { name })) },
      { label: t.revoke, kind: /** @type {const} */ ("danger"), check: check("revokeInvitation"), act: () => this.#ask(item, name, "revoke", () => client.delete(path)) },
    ];
  }

  /** @param {any} item @param {string} name @param {"remove" | "revoke" | "transfer"} what @param {() => Promise<unknown>} act */
  #ask(item, name, what, act) {
    const { host } = this;
    const { memberActs: t } = host.t;
    const texts = /** @type {Record<string, string>} */ (/** @type {unknown} */ (t));
    return host.ask({
      title: fill(texts[`${what}Title`], { name }),
      text: texts[`${what}Text`],
      confirm: texts[what],
      danger: what !== "transfer",
      key: `ask-${keyOf(item)}`,
      act: async () => { await act(); host.changed(); },
      done: fill({ remove: t.removed, revoke: t.revoked, transfer: t.transferred }[what], { name }),
    });
  }

  /** @param {any} item */
  async #copyLink(item) {
    const { host } = this;
    const { invitationId: id } = item;
    const { t } = host;
    const found = host.invitationOf(item) || (await findInvitations(host, [id])).get(id);
    if (!found) {
      host.tell(fill(t.memberActs.isOver, { name: host.nameOf(item) }));
      return host.changed();
    }
    if (!found.url) throw new Problem(0, { detail: t.notAllowed });
    await navigator.clipboard.writeText(found.url).catch(() => { throw new Problem(0, { detail: t.notCopied }); });
    host.tell(t.copied);
  }
}

/** The members that the filters show, as a file. @param {Members} host */
export async function exportMembers({ client, path, filters }) {
  const { search, sort, seat, role } = Object.fromEntries(filters);
  const file = await client.get(`${path}/members/export`, { search, sort, seat, role });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = "members.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Says how many people wait for seats and how many seats are free, and assigns them if the person agrees. @param {Members} host */
export async function offerSeats(host) {
  const { client, path, format, data: { product, workspace } } = host;
  const { members, memberActs: t } = host.t;
  let waiting = 0;
  for await (const page of client.pages(`${path}/members`, { seat: "without" })) waiting += page.filter((item) => waits(product, item)).length;
  if (!waiting) return host.tell(members.nobodyWaits);
  return host.ask({
    title: members.assignSeats,
    text: html`<p>${format.count(waiting, t.without)} ${format.count(workspace.seats.available, members.seatsLeft)}.</p><p>${t.inOrder}</p>`,
    confirm: members.assignSeats,
    key: "ask-seats",
    act: () => assignSeats(host),
  });
}

/** Repeats the request, because one assigns only so many seats. @param {Members} host */
async function assignSeats(host) {
  const { client, path, format, t: { memberActs: t } } = host;
  const free = host.data.workspace.seats.available;
  let sum = 0;
  try {
    let answer;
    do {
      answer = await client.post(`${path}/seats/assign`);
      sum += answer.assigned.length;
    } while (answer.assigned.length && answer.waiting.length && sum < free);
    const texts = [format.count(sum, t.assigned)];
    if (answer.waiting.length) texts.push(format.count(answer.waiting.length, t.waiting));
    host.tell(texts.join(" "));
  } finally {
    if (sum) host.changed();
  }
}

/** Asks before somebody gets a role that governs the workspace. @param {Members} host @param {string} name @param {{ label: string }} role @param {() => Promise<unknown>} act */
export function askToGovern(host, name, role, act) {
  const { memberActs: t } = host.t;
  return host.ask({
    title: fill(t.governTitle, { name, role: role.label }),
    text: t.governText,
    confirm: fill(t.makeRole, { role: role.label }),
    key: "ask-role",
    act,
  });
}
