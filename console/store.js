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

/** Who is told that something has changed, and that another person is signed in. @typedef {{ onChange: () => void, onPerson: () => void }} Follower */

/**
 * Answers that several elements need. An element that changes something says so with `changed`; then the answers are
 * dropped, and every element that follows the store loads again. Other tabs hear of it, too.
 */
export class Store {
  /** @type {Map<string, Promise<any>>} */
  #answers = new Map();
  /** @type {Set<Follower>} */
  #followers = new Set();
  /** News of other tabs; open while somebody follows. @type {BroadcastChannel | null} */
  #channel = null;
  #since = Date.now();
  /** Whose answers these are; empty before the first. */
  person = "";

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
    this.client = client;
  }

  #onReturn = () => {
    if (!document.hidden && Date.now() - this.#since > STALE_AFTER) this.#forget();
  };

  /** @param {Follower} follower */
  follow(follower) {
    this.#followers.add(follower);
    if (this.#channel) return;
    this.#channel = new BroadcastChannel(`seatwise ${this.client.api}`);
    this.#channel.onmessage = () => this.#forget();
    document.addEventListener("visibilitychange", this.#onReturn);
  }

  /** @param {Follower} follower */
  unfollow(follower) {
    this.#followers.delete(follower);
    if (this.#followers.size) return;
    this.#channel?.close();
    this.#channel = null;
    document.removeEventListener("visibilitychange", this.#onReturn);
    // From now on nobody says here what has changed.
    this.#answers.clear();
  }

  /** Says that something has changed: everything is asked for again. */
  changed() {
    this.#channel?.postMessage("changed");
    this.#forget();
  }

  #forget() {
    this.#answers.clear();
    this.#since = Date.now();
    for (const follower of [...this.#followers]) follower.onChange();
  }

  /** Who is signed in. A host can sign in another person with the same function; then nothing of the one before stays. */
  async #notice() {
    const person = personOf(await this.client.token(false));
    const before = this.person;
    // Without a token it is not known who comes next.
    if (!person || before === person) return before;
    this.person = person;
    if (!before) return person;
    for (const follower of [...this.#followers]) follower.onPerson();
    this.#forget();
    return person;
  }

  /** What is asked for once until something changes. @param {string} path @param {() => Promise<any>} [ask] @returns {Promise<any>} */
  async shared(path, ask = () => this.client.get(path)) {
    const person = await this.#notice();
    let answer = this.#answers.get(path);
    if (!answer) {
      answer = ask();
      this.#answers.set(path, answer);
      answer.catch(() => this.#answers.get(path) === answer && this.#answers.delete(path));
    }
    const found = await answer;
    // Somebody else has signed in meanwhile, and gets an answer of their own.
    return person === this.person ? found : this.shared(path, ask);
  }

  /** The active product pack: roles, tiers, prices and what is offered. */
  product() { return this.shared("/v1/product"); }

  /** The signed-in person, whose time zone all times follow. */
  async me() {
    const me = await this.shared("/v1/me");
    followTimeZone(me.timezone);
    return me;
  }

  /** Makes a workspace the one that the person comes back to. @param {string} id */
  async makeCurrent(id) {
    const person = await this.#notice();
    const me = await this.client.patch("/v1/me", { currentWorkspaceId: id });
    if (person === this.person) this.#answers.set("/v1/me", Promise.resolve(me));
  }

  /** All workspaces of the person. @returns {Promise<any[]>} */
  workspaces() { return this.#whole("/v1/workspaces"); }

  /** All pending invitations for the person. @returns {Promise<any[]>} */
  invitations() { return this.#whole("/v1/me/invitations"); }

  /** All pages of a list. @param {string} path */
  #whole(path) {
    return this.shared(path, async () => {
      const items = [];
      for await (const page of this.client.pages(path)) items.push(...page);
      return items;
    });
  }

  /** @param {string} id */
  workspace(id) { return this.shared(`/v1/workspaces/${id}`); }

  /** The names of the actions that the person may do. @param {string} id @returns {Promise<Set<string>>} */
  async permissions(id) {
    return new Set((await this.shared(`/v1/workspaces/${id}/permissions`)).actions);
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
}
