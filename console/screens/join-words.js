// What the page of an invitation says in each state, and which ways on it offers.

import { fill } from "../messages/en.js";

/** @typedef {"retry" | "switch" | "again" | "open" | "app"} Way */
/**
 * What is shown. `code`: why the invitation cannot be accepted, or not now. `mine`: the invitation in the person's own
 * list. `another`: the next sign-in is with another account.
 * @typedef {{ token: string, stage: "none" | "sign-in" | "offer" | "joining" | "joined" | "declined" | "refused", preview?: any, me?: any, mine?: any, joined?: any, problem?: import("../api.js").Problem, code?: string, complaint?: string, another?: boolean, retry?: () => unknown }} State
 */
/** @typedef {import("../messages.js").Messages["join"]} Words */

/** The ways on after a refusal, the first as the primary button. @type {Record<string, Way[]>} */
const WAYS = {
  already_member: ["open", "switch"],
  no_seat_available: ["retry", "app"],
  member_limit_reached: ["retry", "app"],
  invitation_other_email: ["switch", "app"],
  personal_invitation_required: ["app", "switch"],
  email_required: ["switch", "app"],
  email_not_verified: ["again", "switch", "app"],
};

/** After these, the link can no longer be used. */
const OVER = new Set(["invitation_expired", "invitation_revoked", "invitation_declined", "invitation_used", "invitation_unknown"]);

/** @param {State} state */
export const isOver = ({ code = "" }) => OVER.has(code);

/** @param {State} state @returns {Way[]} */
export function waysOn(state) {
  if (state.stage !== "refused" || isOver(state)) return ["app"];
  return WAYS[state.code || ""] || ["retry", "switch", "app"];
}

/** @param {Words} t @param {State} state */
export function titleOf(t, { stage, preview, joined, problem, code = "" }) {
  const titles = /** @type {Record<string, string>} */ (t.titles);
  if (stage === "refused") return titles[code] || problem?.title || t.titles.failed;
  return fill(titles[stage], { name: joined?.workspace.name || preview?.workspace.name || t.workspace });
}

/** @param {Words} t @param {State} state @param {(problem: import("../api.js").Problem) => string} detailOf */
export function textOf(t, { stage, preview, joined, problem, code = "", me }, detailOf) {
  const who = preview?.invitedByName || t.inviter;
  const values = { who, name: preview?.workspace.name || t.workspace, me: me?.email || t.yourAddress, role: joined?.member.badge.label || preview?.roleLabel };
  const texts = /** @type {Record<string, string>} */ (t.texts);
  const invited = fill(preview?.invitedByName ? t.invitedBy : t.invited, values);
  if (stage === "offer") return invited;
  if (stage === "sign-in") return `${invited} ${preview.boundToEmail ? t.signInBound : t.signIn}`;
  const text = texts[stage === "refused" ? code : stage];
  if (text) return fill(text, values);
  return problem ? detailOf(problem) : "";
}
