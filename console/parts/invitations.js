// What the list of invitations says beyond the list of members: when an invitation ends, and what became of its mail.

/**
 * The pending invitations with these ids.
 * @param {import("../element.js").SeatwiseElement} host @param {Iterable<string>} ids @param {{ signal?: AbortSignal, mostPages?: number }} [how]
 * @returns {Promise<Map<string, any>>}
 */
export async function findInvitations({ client, path }, ids, { signal, mostPages = Infinity } = {}) {
  const wanted = new Set(ids);
  const found = new Map();
  let read = 0;
  if (!wanted.size) return found;
  for await (const page of client.pages(`${path}/invitations`, { status: "pending" }, signal)) {
    for (const invitation of page) if (wanted.has(invitation.id)) found.set(invitation.id, invitation);
    if (found.size === wanted.size || ++read === mostPages) break;
  }
  return found;
}

/** An invitation as a row of the list of members. @param {any} invitation */
export const memberRow = ({ id, email, role, status }) => ({ userId: null, invitationId: id, email, role, status, seat: null });
