// The activity of a workspace: the log of who did what to whom.

import { css, html, nothing, repeat } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";
import { FilteredElement } from "../filtered.js";
import { nameOf } from "../format.js";
import { fill } from "../messages/en.js";
import { startOfDay, today } from "../parts/days.js";
import { EventWords } from "./activity-words.js";

const PER_PAGE = 50;
/** A filtered page can be short although more follow: so many are read before the person is asked whether to go on. */
const MOST_READ = 10;
const TYPING_PAUSE = 250;
const SUGGESTIONS = 20;
const DAY = /^\d{4}-\d\d-\d\d$/;
const USER_ID = /^[0-9a-f-]{36}$/;

/**
 * The log: sentences about what happened, filters by person, type and time, details, and export.
 *
 * @fires seatwise-filtered - The filters have changed; the detail is the new value of `filter`.
 */
export class Activity extends FilteredElement {
  static styles = [SeatwiseElement.styles, css`
    .log { border: 1px solid var(--edge); border-radius: var(--radius); }
    .log > li + li { border-block-start: 1px solid var(--edge); }
    summary { cursor: pointer; padding: .5rem .75rem; }
    summary > .row { display: inline-flex; flex-wrap: wrap; inline-size: calc(100% - 1.25rem); vertical-align: top; gap: 0 .75rem; }
    b { font-weight: 600; }
    .details { padding: .25rem .75rem .75rem; display: grid; gap: .75rem; }
    .facts { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .25rem .75rem; font-size: .8125rem; }
    dt { color: var(--muted); }
    form.row { align-items: end; }
    form input, form select { block-size: 2.5rem; }
    form .field { flex: 1 1 8rem; max-width: 18rem; }
    caption { padding: .5rem .75rem 0; font-weight: 600; }
  `];
  static properties = {
    suggested: { state: true },
    sought: { state: true },
    unclear: { state: true },
  };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;

  constructor() {
    super();
    /** The people that the field for a person suggests. @type {any[]} */
    this.suggested = [];
    /** What they were sought by. */
    this.sought = "";
    /** Why the name that was entered chooses nobody. */
    this.unclear = "";
  }

  get texts() { return ["activity"]; }

  checks() { return [{ action: "exportEvents" }]; }

  get words() { return this.t.activity; }

  /** The filters, as the API takes them. Days are whole days where the person is. */
  get #query() {
    const { actor, type, target, from, to } = Object.fromEntries(this.filters);
    return { actor, type, target, from: DAY.test(from) ? startOfDay(from) : null, to: DAY.test(to) ? startOfDay(to, 1) : null };
  }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const [product, may, page] = await Promise.all([this.store.product(), this.store.permissions(this.workspaceId), this.#page(signal)]);
    const seesMembers = may.has("listMembers");
    if (seesMembers) this.learnPeople(unnamed(page.items, this.filters.get("actor")));
    return { product, page, seesMembers };
  }

  /** @param {AbortSignal} signal */
  async #page(signal) {
    const items = [];
    let cursor = this.filters.get("cursor");
    for (let read = 0; read < MOST_READ; read++) {
      const page = await this.client.get(`${this.path}/events`, { ...this.#query, cursor, limit: PER_PAGE - items.length }, signal);
      items.push(...page.items);
      cursor = page.nextCursor;
      if (!cursor || items.length >= PER_PAGE) break;
    }
    return { items, nextCursor: cursor };
  }

  view() {
    const { words } = this;
    const { product, page } = this.data;
    const about = new EventWords(this.t, this.format, product, page.items, this.people);
    const exported = (/** @type {string} */ format, /** @type {string} */ label) => this.actionButton("exportEvents", { label, busy: "export", act: () => this.act("export", () => this.#export(format)) });
    return html`<section aria-labelledby="title">
      <div class="row apart"><h1 id="title">${words.title}</h1><div class="row">${exported("csv", words.csv)}${exported("ndjson", words.ndjson)}</div></div>
      ${this.complaint("export")}${this.#filterFields(about)}
      ${page.items.length ? html`<ul class="plain log">${repeat(page.items, (event) => event.id, (event) => this.#event(event, about))}</ul>` : this.#empty()}
      ${this.paging(page.nextCursor, { label: words.title, previous: words.newer, next: words.older })}</section>`;
  }

  #empty() {
    const { words } = this;
    if (!this.filter) return html`<div class="empty"><h2>${words.nothingYet}</h2><p>${words.nothingYetText}</p></div>`;
    return html`<div class="empty"><p>${this.data.page.nextCursor ? words.lookOn : words.notFound}</p></div>`;
  }

  // Filters.

  /** @param {EventWords} about */
  #filterFields(about) {
    const { words, filters } = this;
    const target = filters.get("target");
    const clear = () => this.setFilters(Object.fromEntries([...filters].map(([name]) => [name, ""])));
    const day = (/** @type {string} */ name, /** @type {string} */ label, /** @type {{ min?: string, max?: string }} */ { min, max }) => html`<label class="field">${label}
      <input type="date" .value=${filters.get(name) || ""} min=${min || nothing} max=${max || nothing}
        @change=${(/** @type {Event} */ event) => this.setFilters({ [name]: valueOf(event) })}></label>`;
    return html`<form class="row" role="search" aria-label=${words.title} @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
      ${this.#person(about)}${this.#types(about)}
      ${day("from", words.from, { max: filters.get("to") || today() })}${day("to", words.to, { min: filters.get("from") || "", max: today() })}
    </form>
    ${this.filter ? html`<div class="row">${target ? html`<span>${fill(words.onlyAbout, { name: about.name(target) || target })}</span>` : nothing}
      ${this.button({ label: words.clear, act: clear })}</div>` : nothing}
    ${this.complaint(`people ${this.sought}`)}${this.complaint("person")}`;
  }

  /** A field that suggests members while the person types. @param {EventWords} about */
  #person(about) {
    const actor = this.filters.get("actor");
    const shown = actor ? about.name(actor) || actor : "";
    if (!this.data.seesMembers && !actor) return nothing;
    const chosen = (/** @type {Event} */ event) => {
      const text = valueOf(event);
      const person = this.suggested.find((one) => suggestion(one) === text);
      clearTimeout(this.#typing);
      this.unclear = "";
      if (person || (!text && actor)) this.setFilters({ actor: person?.userId || "" });
      else if (this.data.seesMembers) this.#typing = setTimeout(() => this.#suggest(text), TYPING_PAUSE);
    };
    const left = (/** @type {Event} */ event) => { if (!this.unclear) /** @type {HTMLInputElement} */ (event.target).value = shown; };
    const entered = (/** @type {Event} */ event) => {
      const text = valueOf(event).trim();
      if (text && text !== shown && this.data.seesMembers) this.act("person", () => this.#choose(text));
    };
    return html`<label class="field">${this.words.person}<input type="search" list="people" autocomplete="off" .value=${shown}
        @focus=${() => this.data.seesMembers && this.#suggest("")} @input=${chosen} @change=${entered} @blur=${left}>
        ${this.unclear ? html`<small role="alert">${this.unclear}</small>` : nothing}</label>
      <datalist id="people">${this.suggested.map((one) => html`<option value=${suggestion(one)}></option>`)}</datalist>`;
  }

  /** Takes a name or a part of it, if only one person has it. @param {string} text */
  async #choose(text) {
    if (this.suggested.some((one) => suggestion(one) === text)) return;
    const { items } = await this.client.get(`${this.path}/members`, { search: text, limit: 2 });
    if (items.length === 1) this.setFilters({ actor: items[0].userId });
    else this.unclear = this.words.choosePerson;
  }

  /** @param {string} search */
  #suggest(search) {
    this.sought = search;
    return this.act(`people ${search}`, async () => {
      const { items } = await this.client.get(`${this.path}/members`, { search, limit: SUGGESTIONS });
      if (this.sought === search) this.suggested = items;
    });
  }

  /** @param {EventWords} about */
  #types(about) {
    const chosen = this.filters.get("type") || "";
    const option = (/** @type {string} */ value) => html`<option value=${value} ?selected=${value === chosen}>${about.choice(value)}</option>`;
    const isThere = !chosen || about.choices.some(([, values]) => values.includes(chosen));
    return html`<label class="field">${this.words.type}<select @change=${(/** @type {Event} */ event) => this.setFilters({ type: valueOf(event) })}>
      <option value="">${this.t.all}</option>${isThere ? nothing : option(chosen)}
      ${about.choices.map(([label, values]) => html`<optgroup label=${label}>${values.map(option)}</optgroup>`)}</select></label>`;
  }

  // Events.

  /** @param {any} event @param {EventWords} about */
  #event(event, about) {
    return html`<li><details><summary><span class="row apart"><span>${about.sentence(event)}</span>
      <small><time datetime=${event.at}>${this.format.time(event.at)}</time></small></span></summary>${this.#details(event, about)}</details></li>`;
  }

  /** @param {any} event @param {EventWords} about */
  #details(event, about) {
    const { words } = this;
    const { actor, context, targets } = event;
    const by = about.actor(actor);
    /** @type {[string, unknown][]} */
    const facts = [
      [words.by, actor.email && actor.email !== by ? `${by} (${actor.email})` : by],
      [words.ip, context.ip], [words.userAgent, context.userAgent],
      [words.operation, event.operation], [words.eventType, event.type], [words.requestId, context.requestId],
      [words.policyVersion, context.policyVersion], [words.rule, context.rule], [words.eventId, event.id],
    ];
    const main = targets[0];
    const only = (/** @type {string} */ label, /** @type {Record<string, string>} */ filter) => this.button({ label, act: () => this.setFilters(filter) });
    return html`<div class="details">${targets.map((/** @type {any} */ target) => this.#changes(target, about))}
      <dl class="facts">${facts.map(([name, value]) => (value === null ? nothing : html`<dt>${name}</dt><dd><bdi>${value}</bdi></dd>`))}</dl>
      <div class="row">${only(words.onlyType, { type: event.type })}${only(fill(words.onlyBy, { name: by }), { actor: actor.id })}
        ${main && about.target(main) ? only(fill(words.onlyAbout, { name: about.target(main) }), { target: main.id }) : nothing}</div></div>`;
  }

  /** @param {any} target @param {EventWords} about */
  #changes(target, about) {
    const { words } = this;
    const changes = Object.entries(target.changes);
    if (!changes.length) return nothing;
    const name = about.target(target);
    return html`<div class="scroll"><table class="stacks"><caption>${about.thing(target.type)}${name ? html`: <bdi>${name}</bdi>` : nothing}</caption>
      <thead><tr><th scope="col">${words.field}</th><th scope="col">${words.before}</th><th scope="col">${words.after}</th></tr></thead>
      <tbody>${changes.map(([field, { from, to }]) => html`<tr><th scope="row" class="wide">${about.field(field)}</th>
        <td data-label=${words.before}><bdi>${about.value(field, from)}</bdi></td><td data-label=${words.after}><bdi>${about.value(field, to)}</bdi></td></tr>`)}</tbody></table></div>`;
  }

  // Export.

  /** One export has so many events at most; the next one goes on where it ended. @param {string} format */
  async #export(format) {
    const parts = [];
    let after = null;
    do {
      const file = /** @type {Blob & { next: string | null }} */ (await this.client.get(`${this.path}/events/export`, { ...this.#query, format, after }));
      // One line of headings is enough.
      parts.push(parts.length && format === "csv" ? (await file.text()).replace(/^[^\n]*\n/, "") : file);
      after = file.next;
    } while (after);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(parts));
    link.download = `activity.${format}`;
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target).value;

/** A person as the field suggests them: names can be alike, addresses cannot. @param {any} person */
function suggestion(person) {
  const name = nameOf(person);
  return person.email && person.email !== name ? `${name} (${person.email})` : name;
}

/** The people that sentences or fields name and that the events do not. @param {any[]} events @param {string | null} actor */
function unnamed(events, actor) {
  const known = new Set(events.flatMap((event) => [event.actor.id, ...event.targets.map((/** @type {any} */ target) => target.id)]));
  const wanted = events.map(({ changes }) => changes.creatorId?.to).concat(actor);
  return wanted.filter((id) => id && USER_ID.test(id) && !known.has(id));
}

define("seatwise-activity", Activity);
