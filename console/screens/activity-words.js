// What happened, in words: sentences and values of the events of the log.

import { html } from "../vendor/lit.js";
import { labelOf, nameOf } from "../format.js";
import { fill } from "../messages/en.js";

/** The field that a sentence about a change names. @type {Record<string, string>} */
const NAMED_CHANGE = { "role.changed": "role", "seat.tier_changed": "tier", "plan.changed": "plan" };
/** The most names in a sentence. */
const MOST_NAMES = 3;
/** Whether the product has a group of types at all. Groups that are not here are everywhere. @type {Record<string, (product: any) => boolean>} */
const OFFERED = {
  link: ({ offers }) => offers.roleLinks,
  domain: ({ offers }) => offers.domains,
  leave_request: ({ offers }) => offers.leave === "request",
  seat: ({ seatModel }) => seatModel !== "none",
  plan: ({ offers }) => offers.billing,
  purchase: ({ offers }) => offers.billing,
  subscription: ({ offers }) => offers.billing,
  credits: ({ offers }) => offers.credits,
  resource: ({ offers }) => offers.resources,
};
const TIME = /^\d{4}-\d\d-\d\dT\S+Z$/;
const MONEY = /^(-?\d+) ([A-Z]{3})$/;
const PLACE = /\{(\w+)\}/;

/** Words about the events of a page. */
export class EventWords {
  /** Names by id, as they are known from the events and the members. @type {Map<string, string>} */
  #names = new Map();

  /**
   * @param {import("../messages.js").Messages} t @param {import("../format.js").Format} format
   * @param {any} product @param {any[]} events @param {Map<string, any>} people members by id
   */
  constructor(t, format, product, events, people) {
    this.words = t.activity;
    this.format = format;
    this.product = product;
    this.lists = /** @type {Record<string, any[]>} */ ({ role: product.roles, tier: product.tiers, plan: product.plans, kind: product.resourceKinds,
      addOns: product.addOns, extras: product.plans.flatMap((/** @type {any} */ plan) => plan.allowances) });
    for (const [id, person] of people) this.#names.set(id, nameOf(person));
    for (const { actor, targets } of events) {
      for (const { id, name } of targets) if (name) this.#names.set(id, name);
      this.#names.set(actor.id, this.actor(actor));
    }
  }

  /** @param {string} id */
  name(id) { return this.#names.get(id); }

  /** @param {any} actor */
  actor({ type, id, name, email }) {
    if (type === "operator") return this.words.operator;
    return name || email || (type === "user" ? this.words.unknownPerson : id);
  }

  /** The sentence about an event, in parts. @param {any} event @returns {unknown[]} */
  sentence(event) {
    const main = event.targets.filter((/** @type {any} */ { type }) => type === event.targets[0]?.type);
    const wasAdded = event.type === "member.joined" && event.actor.id !== main[0]?.id;
    const types = /** @type {Record<string, string | { one: string, other: string }>} */ (this.words.types);
    const known = wasAdded ? this.words.added : types[event.type];
    const template = known || (this.#named(event, main).length ? this.words.unknownAbout : this.words.unknown);
    const text = typeof template === "string" ? template : this.format.count(main.length, template);
    return text.split(PLACE).map((part, index) => (index % 2 ? this.#part(part, event, main) : part));
  }

  /** The choices of the filter by type: in groups, each with all of its types. @returns {[string, string[]][]} */
  get choices() {
    const groups = Object.entries(this.words.groups).filter(([group]) => OFFERED[group]?.(this.product) ?? true);
    return groups.map(([group, label]) => {
      const types = Object.keys(this.words.types).filter((type) => type.startsWith(`${group}.`));
      return [label, types.length > 1 ? [`${group}.`, ...types] : types];
    });
  }

  /** A choice of the filter, in words. @param {string} type */
  choice(type) {
    const groups = /** @type {Record<string, string>} */ (this.words.groups);
    if (type.endsWith(".")) return fill(this.words.allOf, { group: groups[type.slice(0, -1)] || type });
    const template = /** @type {Record<string, any>} */ (this.words.types)[type];
    if (!template) return type;
    return (template.other || template).replace(/\{(change|as)\}/g, "").replace(/\{\w+\}|#/g, "…").replace(/[:.]$/, "");
  }

  /** @param {string} part @param {any} event @param {any[]} main */
  #part(part, event, main) {
    if (part === "actor") return strong(this.actor(event.actor));
    if (part === "target") return strong(this.format.list(this.#targets(event, main)));
    if (part === "what") return event.type.replace(/[._]/g, " ");
    if (part === "as") return event.changes.role?.to ? fill(this.words.as, { role: this.value("role", event.changes.role.to) }) : "";
    if (part === "change") return this.#change(NAMED_CHANGE[event.type], main);
    const change = event.changes[part];
    const value = change?.to ?? change?.from;
    return this.value(part, typeof value === "number" ? Math.abs(value) : value);
  }

  /** @param {string} field @param {any[]} main */
  #change(field, main) {
    const changes = main.map(({ changes }) => changes[field]);
    const isSame = changes.every((change) => change && change.from === changes[0].from && change.to === changes[0].to);
    if (!isSame || changes[0].from === null) return "";
    return fill(this.words.change, { from: this.value(field, changes[0].from), to: this.value(field, changes[0].to) });
  }

  /** The names of the targets that a sentence names. @param {any} event @param {any[]} main @returns {string[]} */
  #named(event, main) {
    const own = main.map((target) => this.target(target)).filter(Boolean);
    return own.length ? own : event.targets.map((/** @type {any} */ { name }) => name).filter(Boolean).slice(0, 1);
  }

  /** @param {any} event @param {any[]} main */
  #targets(event, main) {
    const names = this.#named(event, main);
    if (!names.length) return [main[0]?.type === "invitation" ? this.words.linkHolder : this.words.somebody];
    const more = names.length - MOST_NAMES;
    return more > 1 ? [...names.slice(0, MOST_NAMES), this.format.count(more, this.words.more)] : names;
  }

  /** The name of what something happened to; empty if it has none. @param {any} target @returns {string} */
  target({ type, id, name, changes }) {
    if (type === "link") return this.value("role", id);
    if (type === "domain") return id;
    if (type === "purchase") return this.value("purchase", name);
    const external = changes.externalId;
    return name || external?.to || external?.from || "";
  }

  /** The noun for a kind of thing. @param {string} type */
  thing(type) { return /** @type {Record<string, string>} */ (this.words.things)[type] || spaced(type); }

  /** @param {string} name */
  field(name) {
    const [field, item] = name.split(".");
    const label = /** @type {Record<string, string>} */ (this.words.fields)[field] || spaced(field);
    return item ? `${label}: ${labelOf(this.lists[field], item)}` : label;
  }

  /** @param {string} field @param {unknown} value @returns {string} */
  value(field, value) {
    if (value === null || value === undefined) return "–";
    if (typeof value === "number") return this.format.number(value);
    const text = String(value);
    if (this.lists[field]) return labelOf(this.lists[field], text);
    if (TIME.test(text)) return this.format.time(text);
    const money = MONEY.exec(text);
    if (money) return this.format.money({ amount: Number(money[1]), currency: money[2] });
    const name = this.#names.get(text.replace(/^(member|invitation):/, ""));
    // What people have written is not translated.
    return name || (field === "name" ? text : /** @type {Record<string, string>} */ (this.words.values)[text] || text);
  }
}

/** @param {string} text */
const strong = (text) => html`<b><bdi>${text}</bdi></b>`;

/** `dailyRateLimit` as `Daily rate limit`. @param {string} name */
const spaced = (name) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/^./, (letter) => letter.toUpperCase());
