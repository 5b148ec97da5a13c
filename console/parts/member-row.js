// A row of the list of members: a member, or somebody who is invited.

/** @typedef {import("../store.js").Check} Check */
/** @typedef {import("../api.js").Client} Client */

/** @param {any} item @returns {string} */
export const keyOf = (item) => item.userId || item.invitationId;

/** @param {any} item @returns {Pick<Check, "member" | "invitation">} */
export const targetOf = (item) => (item.userId ? { member: item.userId } : { invitation: item.invitationId });

/** @param {any} item @param {string} role @returns {Check} */
export const roleCheck = (item, role) => ({ action: item.userId ? "changeRole" : "changeInvitation", ...targetOf(item), role });

/** @param {any} item @returns {Check} */
export const removalCheck = (item) => ({ action: item.userId ? "removeMember" : "revokeInvitation", ...targetOf(item) });

/** Whether a member waits for a seat: one that was suspended, or the first. @param {any} product @param {any} item */
export const waits = ({ roles }, { userId, role, seat, seatSuspended }) => !!userId && (seatSuspended
  || (!seat && roles.some((/** @type {any} */ one) => one.id === role && one.seat === "none")));

/** Whether the link of an invitation may be shared depends on what it gives. @param {any} item @returns {Check} */
export const shareCheck = ({ role }) => ({ action: "shareInvitationLink", role });

/** The path of a row in the API. @param {string} workspace the path of the workspace @param {any} item */
export const pathOf = (workspace, item) => `${workspace}/${item.userId ? "members" : "invitations"}/${keyOf(item)}`;

/** @param {Client} client @param {string} workspace the path of the workspace @param {any} item @param {string} role */
export const giveRole = (client, workspace, item, role) => (item.userId
  ? client.put(`${pathOf(workspace, item)}/role`, { role })
  : client.patch(pathOf(workspace, item), { role }));
