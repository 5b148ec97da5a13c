// What the elements of a page share: one client, the answers that several of them need, and the news of changes.

import { Client } from "./api.js";

/** @typedef {import("./api.js").GetToken} GetToken */
/**
 * A question to `authorize`: an action and its target.
 * @typedef {{ action: string, member?: string, seat?: string, invitation?: string, leaveRequest?: string, apiKey?: string, role?: string, tier?: string }} Check
 * @typedef {{ action: string, allowed: boolean, reason: string | null, detail: string | null }} Decision
 */

/** The most checks in one request to `authorize`. */
const MOST_CHECKS = 100;
/** Answers that are older are asked for again when the person comes back to the page, in milliseconds. */
const STALE_AFTER = 20_000;

/** Stores by address and by the function that gets the token: elements with the same two share a store. */
const stores = /** @type {WeakMap<GetToken, Map<string, Store>>} */ (new WeakMap());

/**
 * Answers that several elements need. An element that changes something says so with `changed`; then the answers are
 * dropped, and every element that listens for `change` loads again. Other tabs hear of it, too.
 */
export class Store extends EventTarget {
  /** @type {Map<string, Promise<any>>} */
  #answers = new Map();
  #channel;
  #since = Date.now();

  /** @param {string} api @param {GetToken} getToken */
  static of(api, getToken) {
    let byApi = stores.get(getToken);
    if (!byApi) stores.set(getToken, (byApi = new Map()));
    let store = byApi.get(api);
    if (!store) byApi.set(api, (store = new Store(new Client(api, getToken))));
    return store;
  }

  /** @param {Client} client */
  constructor(client) {
    super();
    this.client = client;
    this.#channel = new BroadcastChannel(`seatwise ${client.api}`);
    this.#channel.onmessage = () => this.#forget();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && Date.now() - this.#since > STALE_AFTER) this.#forget();
    });
  }

  /** Says that something has changed: everything is asked for again. */
  changed() {
    this.#channel.postMessage("changed");
    this.#forget();
  }

  #forget() {
    this.#answers.clear();
    this.#since = Date.now();
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} path @param {() => Promise<any>} [ask] @returns {Promise<any>} */
  #shared(path, ask = () => this.client.get(path)) {
    let answer = this.#answers.get(path);
    if (!answer) {
      answer = ask();
      this.#answers.set(path, answer);
      answer.catch(() => this.#answers.get(path) === answer && this.#answers.delete(path));
    }
    return answer;
  }

  /** The active product pack: roles, tiers, prices and what is offered. */
  product() { return this.#shared("/v1/product"); }

  /** The signed-in person. */
  me() { return this.#shared("/v1/me"); }

  /** Makes a workspace the one that the person comes back to. @param {string} id */
  async makeCurrent(id) {
    const me = await this.client.patch("/v1/me", { currentWorkspaceId: id });
    this.#answers.set("/v1/me", Promise.resolve(me));
    return me;
  }

  /** All workspaces of the person. @returns {Promise<any[]>} */
  workspaces() { return this.#whole("/v1/workspaces"); }

  /** All pending invitations for the person. @returns {Promise<any[]>} */
  invitations() { return this.#whole("/v1/me/invitations"); }

  /** All pages of a list. @param {string} path */
  #whole(path) {
    return this.#shared(path, async () => {
      const items = [];
      for await (const page of this.client.pages(path)) items.push(...page);
      return items;
    });
  }

  /** @param {string} id */
  workspace(id) { return this.#shared(`/v1/workspaces/${id}`); }

  /** The names of the actions that the person may do. @param {string} id @returns {Promise<Set<string>>} */
  async permissions(id) {
    return new Set((await this.#shared(`/v1/workspaces/${id}/permissions`)).actions);
  }

  /** The decisions on checks, in their order. @param {string} id @param {Check[]} checks @returns {Promise<Decision[]>} */
  async authorize(id, checks) {
    const decisions = [];
    for (let from = 0; from < checks.length; from += MOST_CHECKS) {
      const body = { checks: checks.slice(from, from + MOST_CHECKS) };
      decisions.push(...(await this.client.post(`/v1/workspaces/${id}/authorize`, body)).decisions);
    }
    return decisions;
  }

  /**
   * The members with these ids, as far as the person may see them. Reads pages of members until all are found; what it
   * has read, it keeps.
   * @param {string} id @param {Iterable<string>} userIds @returns {Promise<Map<string, any>>}
   */
  async people(id, userIds) {
    const wanted = new Set(userIds);
    const key = `people ${id}`;
    const known = this.#answers.get(key) || Promise.resolve({ found: new Map(), pages: null, ended: false });
    const answer = known.then(async (directory) => {
      directory.pages ||= this.client.pages(`/v1/workspaces/${id}/members`);
      while (!directory.ended && [...wanted].some((user) => !directory.found.has(user))) {
        const { value, done } = await directory.pages.next();
        for (const member of value || []) directory.found.set(member.userId, member);
        directory.ended = !!done;
      }
      return directory;
    });
    this.#answers.set(key, answer);
    answer.catch(() => this.#answers.delete(key));
    return (await answer).found;
  }
}
