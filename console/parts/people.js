// Who the members are that rows name.

/** The members that were read, by person and workspace. Names outlive changes: they only say who somebody is. @type {Map<string, { found: Map<string, any>, reading: Promise<unknown> }>} */
const directories = new Map();

/**
 * The members with these ids, as far as the person may see them. Reads pages of members until all are found; what it has
 * read, it keeps. Who is not among them is noted until something changes, because people come back.
 * @param {import("../store.js").Store} store @param {string} id @param {string[]} userIds @returns {Promise<Map<string, any>>}
 */
export async function peopleOf(store, id, userIds) {
  /** @type {Set<string>} */
  const gone = await store.shared(`gone ${id}`, async () => new Set());
  const name = `${store.client.api} ${store.person} ${id}`;
  const directory = directories.get(name) || { found: new Map(), reading: Promise.resolve() };
  directories.set(name, directory);
  const { found } = directory;
  const isOpen = () => userIds.some((user) => !found.has(user) && !gone.has(user));
  const read = async () => {
    if (!isOpen()) return;
    for await (const page of store.client.pages(`/v1/workspaces/${id}/members`)) {
      for (const member of page) found.set(member.userId, member);
      if (!isOpen()) return;
    }
    for (const user of userIds) if (!found.has(user)) gone.add(user);
  };
  // One after the other, because one may find whom the next one seeks.
  await (directory.reading = directory.reading.then(read, read));
  return found;
}
