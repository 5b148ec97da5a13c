// What the elements of a page share: one client, the answers that several of them need, and the news of changes.

import { Client, personOf } from "./api.js";
import { followTimeZone } from "./format.js";

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
  /** Whose answers these are; empty before the first. */
  #person = "";

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

  /** Drops the answers if they are somebody else's: a host can sign in another person with the same function. */
  async #notice() {
    const person = personOf((await this.client.getToken?.({ fresh: false })) || "");
    const before = this.#person;
    this.#person = person;
    if (!before || before === person) return;
    this.#people.clear();
    this.#forget();
  }

  /** @param {string} path @param {() => Promise<any>} [ask] @returns {Promise<any>} */
  async #shared(path, ask = () => this.client.get(path)) {
    await this.#notice();
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

  /** The signed-in person, whose time zone all times follow. */
  async me() {
    const me = await this.#shared("/v1/me");
    followTimeZone(me.timezone);
    return me;
  }

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

  /** The members that were read, by workspace. Names outlive changes: they only say who somebody is. @type {Map<string, Promise<any>>} */
  #people = new Map();

  /**
   * The members with these ids, as far as the person may see them. Reads pages of members until all are found, and notes
   * who is not among them any more; what it has read, it keeps.
   * @param {string} id @param {Iterable<string>} userIds @returns {Promise<Map<string, any>>}
   */
  async people(id, userIds) {
    await this.#notice();
    const wanted = [...userIds];
    const known = this.#people.get(id) || Promise.resolve({ found: new Map(), gone: new Set() });
    const answer = known.then(async (directory) => {
      const isOpen = () => wanted.some((user) => !directory.found.has(user) && !directory.gone.has(user));
      if (!isOpen()) return directory;
      for await (const page of this.client.pages(`/v1/workspaces/${id}/members`)) {
        for (const member of page) directory.found.set(member.userId, member);
        if (!isOpen()) return directory;
      }
      for (const user of wanted) if (!directory.found.has(user)) directory.gone.add(user);
      return directory;
    });
    this.#people.set(id, answer);
    answer.catch(() => this.#people.delete(id));
    return (await answer).found;
  }
}
