// The base of every element: it loads what it shows, follows permissions, runs acts one at a time, and says what failed.

import { LitElement, html, nothing } from "./vendor/lit.js";
import { Client, Problem } from "./api.js";
import { Format } from "./format.js";
import { languageOf, messages, preload } from "./messages.js";
import { fill } from "./messages/en.js";
import { Store } from "./store.js";
import { styles } from "./style.js";
import { closeDialog, focusFirst, isBackdrop, placeMenu, walkMenu } from "./overlays.js";

/** @typedef {import("./store.js").Check} Check */
/** @typedef {import("./store.js").Decision} Decision */

/** The reasons with which nobody may do an action: the product does not have it, so nothing is shown. */
const NOT_OFFERED = new Set(["not_offered", "channel_not_offered", "leave_not_offered", "billing_not_offered", "unknown_action", "role_unknown"]);

/** How long what was done is told, in milliseconds. */
const TOLD_FOR = 10_000;

/** After these, what the person may do has probably changed. */
const CHANGED_MEANWHILE = new Set([403, 404]);

/** The key of the problem with the decisions that the rows do not wait for. */
const DECISIONS = "decisions";

/** @typedef {import("./types.d.ts").Control} Control */
/** @typedef {import("./types.d.ts").Entry} Entry */
/** @typedef {import("./types.d.ts").Question} Question */

/**
 * The base of the elements. A subclass has `load` and `view`, and says in `checks` which decisions its controls need.
 *
 * @cssprop --sw-accent - The color of primary buttons, links and focus.
 * @cssprop --sw-on-accent - Text on the accent color.
 * @cssprop --sw-text - Text.
 * @cssprop --sw-muted - Text that is less important.
 * @cssprop --sw-surface - The background.
 * @cssprop --sw-raised - The background of what is pointed at or selected.
 * @cssprop --sw-edge - Lines between and around things.
 * @cssprop --sw-field - The border of fields and buttons.
 * @cssprop --sw-bad - Failures, and buttons that destroy something.
 * @cssprop --sw-radius - The radius of corners.
 * @cssprop --sw-font - The family of fonts.
 * @csspart button - Every button; in addition it has the part `primary`, `danger`, `quiet` or `plain`.
 * @csspart dialog - Every dialog.
 * @csspart menu - Every menu of a row.
 * @csspart badge - Every badge.
 * @fires seatwise-signed-out - The API refuses the access token; the detail is the problem.
 */
export class SeatwiseElement extends LitElement {
  /** @type {import("./vendor/lit.js").CSSResultGroup} */
  static styles = styles;
  /** @type {import("./vendor/lit.js").PropertyDeclarations} */
  static properties = {
    api: { type: String },
    workspaceId: { type: String, attribute: "workspace-id" },
    getToken: { attribute: false },
  };

  /** @type {import("./store.js").Store | undefined} */
  #store;
  /** @type {AbortController | undefined} */
  #loading;
  #turn = new Turn();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #forgetting;
  /** The language whose texts are loaded; empty before the first are. */
  #spoken = "";
  /** The groups of texts that are needed since the element has loaded. @type {Set<string>} */
  #laterTexts = new Set();
  /** The menu that is open. */
  #menu = "";
  /** What the store tells. @type {import("./store.js").Follower} */
  #follower = { onChange: () => this.reload(), onPerson: () => this.#startAnew() };
  /** Whether the last answer was a refusal: the first one makes everything load again, others do not. */
  #isRefused = false;

  constructor() {
    super();
    /** The address of the API, without a slash at the end; empty for the page's own origin. */
    this.api = "";
    /** The workspace. */
    this.workspaceId = "";
    /** Returns the access token of the person, or a promise of it; with `fresh`, another than the last one. @type {import("./api.js").GetToken | undefined} */
    this.getToken = undefined;
    /** What `load` has answered; null before. @type {any} */
    this.data = null;
    /** Why nothing could be loaded. @type {Problem | null} */
    this.failure = null;
  }

  // For subclasses.

  /** Asks for what the element shows. @param {AbortSignal} _signal @returns {Promise<any>} */
  async load(_signal) { return {}; }

  /** Shows what was loaded. @returns {unknown} */
  view() { return nothing; }

  /** Drops what belongs to the workspace or the person before, such as what was typed. */
  reset() {}

  /** The decisions that the controls need; `authorize` answers them while the element loads. @returns {Check[]} */
  checks() { return []; }

  /** The groups of texts that the element needs, beside those of every page (messages.js). @returns {string[]} */
  get texts() { return []; }

  /** The properties whose change means that other things must be loaded. @returns {string[]} */
  loadsAgainWith() { return []; }

  /** Whether the element is about a workspace, and waits until it is told which. */
  get needsWorkspace() { return true; }

  // Loading.

  /** What elements share. */
  get store() {
    if (!this.getToken) throw new Error(`<${this.localName}> has no getToken`);
    const store = Store.of(this.api, this.getToken);
    if (store !== this.#store) {
      this.#store?.unfollow(this.#follower);
      this.#store = store;
      if (this.isConnected) store.follow(this.#follower);
    }
    return store;
  }

  /** Calls the API. After a start anew, its answers are failures, so that what an act does next is not done. */
  get client() {
    const { turn, store: { client } } = this;
    return new Client(client.api, client.getToken, () => turn !== this.turn);
  }

  /** What the element has of its workspace and its person: another object as soon as one of them is another. */
  get turn() { return this.#turn; }

  /** The path of the workspace in the API. */
  get path() { return `/v1/workspaces/${this.workspaceId}`; }

  get isReady() { return !!this.getToken && (!!this.workspaceId || !this.needsWorkspace); }

  connectedCallback() {
    super.connectedCallback();
    this.#store?.follow(this.#follower);
    if (this.hasUpdated && this.isReady) this.reload();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#store?.unfollow(this.#follower);
    this.#loading?.abort();
  }

  /** @param {import("./vendor/lit.js").PropertyValues} changed */
  willUpdate(changed) {
    const other = ["api", "getToken", "workspaceId"].some((name) => changed.has(name));
    if (other && this.hasUpdated) this.#startAnew();
    if (this.isReady && (other || this.loadsAgainWith().some((name) => changed.has(name)))) this.reload();
  }

  /** Another workspace or another person: nothing of the one before stays, no undo acts on it, and no act speaks of it. */
  #startAnew() {
    // After a sign-out, nothing else would end what still loads.
    this.#loading?.abort();
    this.toggleAttribute("loading", false);
    this.data = null;
    this.failure = null;
    this.#turn = new Turn();
    for (const dialog of this.renderRoot.querySelectorAll("dialog")) closeDialog(dialog);
    this.reset();
    this.requestUpdate();
  }

  /** What had the focus and goes away leaves it to the heading; a menu gives it back to its button. @param {import("./vendor/lit.js").PropertyValues} changed */
  update(changed) {
    const had = /** @type {ShadowRoot} */ (this.renderRoot).activeElement;
    super.update(changed);
    if (had && !had.isConnected && !had.matches("[role=menuitem]")) this.#focusHeading();
  }

  #focusHeading() {
    const heading = /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("#title, main"));
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  /** Loads again, and goes on showing what there is until the answer comes. */
  async reload() {
    if (!this.isReady) return;
    this.#loading?.abort();
    const loading = (this.#loading = new AbortController());
    this.toggleAttribute("loading", true);
    const { turn } = this;
    turn.problems.delete(DECISIONS);
    try {
      const checks = this.workspaceId ? this.checks() : [];
      const [data, decisions] = await Promise.all([
        this.load(loading.signal),
        checks.length ? this.store.authorize(this.workspaceId, checks) : [],
        this.#learnLanguage(),
        // Times follow the person's time zone, and show without it, too.
        this.workspaceId ? this.store.me().catch(() => null) : null,
      ]);
      if (loading.signal.aborted) return;
      turn.decide(checks, decisions);
      this.data = data;
      this.failure = null;
      this.#isRefused = false;
    } catch (error) {
      if (loading.signal.aborted) return;
      await this.#learnLanguage().catch(() => null);
      const problem = asProblem(error);
      this.failure = problem;
      // What was typed stays, for the same person to go on after signing in again.
      if (problem.status === 401) this.announce("signed-out", problem);
      // What the person may not see any more is not shown any longer, and the page learns of it, too.
      if (CHANGED_MEANWHILE.has(problem.status)) {
        this.data = null;
        if (!this.#isRefused) {
          this.#isRefused = true;
          return this.store.changed();
        }
      }
    }
    this.toggleAttribute("loading", false);
    this.requestUpdate();
  }

  render() {
    if (!this.isReady) {
      if (!this.getToken) sayWhatIsMissing(this);
      return nothing;
    }
    const failure = this.failure || this.problem(DECISIONS);
    if (this.data) return html`${failure ? this.#failed(failure) : nothing}${this.view()}${this.#questionDialog()}${this.#toldLine()}`;
    return failure ? this.#failed(failure) : html`<p class="waiting" role="status"><span class="spinner"></span>${this.t.loading}</p>`;
  }

  /** @param {Problem} failure */
  #failed(failure) {
    return html`<div class="failure" role="alert"><p>${this.detailOf(failure)}</p>
      ${this.button({ label: this.t.tryAgain, act: () => this.reload() })}</div>`;
  }

  // Words.

  async #learnLanguage() {
    const language = languageOf(this);
    await preload(language, [...this.texts, ...this.#laterTexts]);
    this.#spoken = language;
  }

  /** Loads a group of texts for what the element has not shown from the beginning. @param {string} group */
  learnTexts(group) {
    this.#laterTexts.add(group);
    return this.#learnLanguage();
  }

  /** The texts in the language of the page. While those of another one load, the language stays. */
  get t() { return messages(this.#spoken || languageOf(this)); }

  /** Dates, money, lists and numbers in the language of the page. */
  get format() { return Format.of(languageOf(this)); }

  /** The sentence that says what failed and what to do. @param {Problem} problem */
  detailOf(problem) {
    const known = /** @type {Record<string, string>} */ (this.t.problems);
    const text = known[problem.code] || problem.message;
    const fields = problem.errors.map(({ field, message }) => `${field}: ${message}`);
    return fields.length ? this.format.list(fields) : text;
  }

  // Permissions.

  /** Asks for more decisions, for instance about the rows of a page. @param {Check[]} checks */
  async learn(checks) {
    const { turn } = this;
    turn.decide(checks, await this.store.authorize(this.workspaceId, checks));
    this.requestUpdate();
  }

  /** Asks for decisions that the rows do not wait for. If none come, the element says so above what it shows. @param {Check[]} checks */
  async learnLater(checks) {
    const { turn } = this;
    try {
      if (checks.length) await this.learn(checks);
    } catch (error) {
      turn.problems.set(DECISIONS, asProblem(error));
      this.requestUpdate();
    }
  }

  /** @param {string | Check} check @returns {Decision | undefined} */
  decision(check) { return this.#turn.decisions.get(nameOf(check)); }

  /** @param {string | Check} check */
  may(check) { return !!this.decision(check)?.allowed; }

  /** Whether the product has the action at all. What it does not have is not shown. @param {string | Check} check */
  isOffered(check) {
    const decision = this.decision(check);
    return !!decision && (decision.allowed || !NOT_OFFERED.has(decision.reason || ""));
  }

  /** Why the person may not, in words; null if they may. @param {string | Check} check */
  whyNot(check) {
    const decision = this.decision(check);
    if (!decision) return this.t.checking;
    if (decision.allowed) return null;
    const known = /** @type {Record<string, string>} */ (this.t.problems);
    return known[decision.reason || ""] || decision.detail || this.t.notAllowed;
  }

  // Acts.

  /**
   * Runs an act. A second start of the same act waits for nothing and does nothing, so nothing is done twice. A failure
   * is kept, and `complaint` shows it. An act that ends after a start anew has not succeeded here: nobody asks any more.
   * @param {string} key @param {() => Promise<unknown>} act @returns {Promise<boolean>} whether it succeeded
   */
  async act(key, act) {
    const { turn } = this;
    const { busy, problems } = turn;
    if (busy.has(key)) return false;
    const store = this.getToken ? this.store : null;
    busy.add(key);
    problems.delete(key);
    this.requestUpdate();
    try {
      await act();
      return turn === this.turn;
    } catch (error) {
      const problem = asProblem(error);
      if (turn !== this.turn) return false;
      problems.set(key, problem);
      if (problem.status === 401) this.announce("signed-out", problem);
      if (CHANGED_MEANWHILE.has(problem.status)) store?.changed();
      return false;
    } finally {
      busy.delete(key);
      this.requestUpdate();
      // What it has changed is seen by whoever comes back.
      if (turn !== this.turn) store?.changed();
    }
  }

  /** @param {string} key */
  isBusy(key) { return this.#turn.busy.has(key); }

  /** @param {string} key @returns {Problem | undefined} */
  problem(key) { return this.#turn.problems.get(key); }

  /** @param {string} key */
  forgetProblem(key) {
    if (this.#turn.problems.delete(key)) this.requestUpdate();
  }

  /** What failed, next to what caused it. @param {string} key */
  complaint(key) {
    const problem = this.problem(key);
    if (!problem) return nothing;
    return html`<p class="complaint" role="alert">${this.detailOf(problem)}
      ${problem.payUrl ? html`<a href=${problem.payUrl} target="_blank" rel="noopener">${this.t.pay}</a>` : nothing}</p>`;
  }

  /**
   * The Idempotency-Key of a creation: the same until the creation has succeeded, or asks for something else. So a second
   * try after a lost answer creates nothing twice.
   * @param {string} key @param {any} body
   */
  idempotencyKey(key, body) {
    const text = JSON.stringify(body);
    const { keys } = this.#turn;
    const kept = keys.get(key);
    if (kept?.body === text) return kept.key;
    const made = crypto.randomUUID();
    keys.set(key, { body: text, key: made });
    return made;
  }

  /** Creates something, at most once. @param {string} key @param {string} path @param {any} body */
  async create(key, path, body) {
    const { keys } = this.#turn;
    const made = await this.client.post(path, body, this.idempotencyKey(key, body));
    keys.delete(key);
    return made;
  }

  /** Says what was done, and offers to undo it. @param {string} text @param {() => unknown} [undo] */
  tell(text, undo) {
    this.#turn.told = { text, undo };
    this.#forgetLater();
    this.requestUpdate();
  }

  /** What was told leaves after a while, but not from under the pointer or the focus. */
  #forgetLater() {
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => {
      if (this.renderRoot.querySelector(".told:is(:hover, :focus-within)")) return this.#forgetLater();
      this.#turn.told = null;
      this.requestUpdate();
    }, TOLD_FOR);
  }

  /** Tells the host page. @param {string} name @param {any} [detail] */
  announce(name, detail) {
    this.dispatchEvent(new CustomEvent(`seatwise-${name}`, { detail, bubbles: true, composed: true }));
  }

  #toldLine() {
    const { told } = this.#turn;
    const forget = () => { this.#turn.told = null; this.requestUpdate(); };
    return html`<div class="told" role="status" ?data-shown=${!!told}>${told
      ? html`<span>${told.text}</span>
        ${told.undo ? this.button({ label: this.t.undo, kind: "quiet", act: () => { forget(); told.undo?.(); } }) : nothing}
        <button type="button" class="icon" aria-label=${this.t.close} @click=${forget}>×</button>`
      : nothing}</div>`;
  }

  // Controls.

  /**
   * A button. One that cannot be used stays reachable and says why, for the keyboard and for screen readers.
   * @param {Control} control
   */
  button({ label, act, why, kind = "plain", busy, name, type = "button" }) {
    const isBusy = !!busy && this.isBusy(busy);
    const id = why ? `why-${textId(`${name || ""}${label}`)}` : undefined;
    const press = (/** @type {Event} */ event) => {
      if (!why && !isBusy) return act?.(event);
      event.preventDefault();
      event.stopPropagation();
    };
    return html`<span class="control"><button type=${type} class=${kind} part=${`button ${kind}`} aria-label=${name ?? nothing}
        aria-disabled=${why || isBusy ? "true" : nothing} aria-describedby=${id ?? nothing} @click=${press}
        >${isBusy ? html`<span class="spinner"></span>` : nothing}${label}</button
      >${why ? html`<span class="why" id=${/** @type {string} */ (id)} role="tooltip">${why}</span>` : nothing}</span>`;
  }

  /** A button for an action: absent if the product does not have the action, with the reason if the person may not. @param {string | Check} check @param {Control} control */
  actionButton(check, control) {
    return this.isOffered(check) ? this.button({ ...control, why: this.whyNot(check) || control.why }) : nothing;
  }

  /** A button that submits its form. @param {{ label: string, busy: string, danger?: boolean, why?: string | null }} control */
  submit({ label, busy, danger, why }) {
    return this.button({ label, busy, why, kind: danger ? "danger" : "primary", type: "submit" });
  }

  /** A colored badge with words. @param {{ label: string, color: string }} badge */
  badge({ label, color }) {
    return html`<span class="badge" part="badge" data-color=${color}>${label}</span>`;
  }

  /** How many seats are taken. @param {{ total: number, filled: number, pending: number, available: number }} seats */
  seatsMeter({ total, filled, pending, available }) {
    const { format, t: { members } } = this;
    const used = filled + pending;
    return html`<div class="stack tight"><div class="row apart"><span id="seats-label">${
      fill(members.seatsTaken, { used: format.number(used), total: format.number(total) })}</span>
      <span class="muted">${format.count(available, members.seatsLeft)}</span></div>
      <meter min="0" max=${total} value=${used} aria-labelledby="seats-label"></meter></div>`;
  }

  /**
   * A menu behind a button. The entries are functions of the decisions about `checks`, which are asked for when the menu
   * opens: an entry that may not be used says why. `load` loads what the entries need; `busy` is the key of their acts.
   * @param {{ id: string, label: string, checks: Check[], load?: () => Promise<unknown>, busy?: string, entries: () => (Entry | null)[] }} menu
   */
  menu({ id, label, checks, load, busy = "", entries }) {
    const shown = this.#menu === id;
    const open = (/** @type {Event} */ event) => {
      const isOpen = /** @type {ToggleEvent} */ (event).newState === "open";
      if (!isOpen) {
        if (this.#menu === id) this.#menu = "";
      } else {
        this.#menu = id;
        const menu = /** @type {HTMLElement} */ (event.target);
        placeMenu(menu);
        const show = async () => {
          await load?.();
          this.requestUpdate();
          await this.updateComplete;
          focusFirst(menu);
        };
        this.act(`menu-${id}`, () => Promise.all([load && show(), checks.length && this.learn(checks)]));
      }
      this.requestUpdate();
    };
    return html`<span class="menu"><button type="button" class="icon" id=${`${id}-button`} aria-label=${label} aria-haspopup="menu"
        aria-busy=${this.isBusy(busy)} popovertarget=${id}>${this.isBusy(busy) ? html`<span class="spinner"></span>` : "⋮"}</button
      ><div popover role="menu" part="menu" id=${id} aria-labelledby=${`${id}-button`} @toggle=${open} @keydown=${walkMenu}>${shown
        ? html`${this.complaint(`menu-${id}`)}${entries().map((entry) => (entry ? this.#entry(id, entry) : nothing))}` : nothing}</div></span>`;
  }

  /** @param {string} menu @param {Entry} entry */
  #entry(menu, { label, act, why, kind, check }) {
    if (check && this.decision(check) && !this.isOffered(check)) return nothing;
    const reason = (check ? this.whyNot(check) : null) || why;
    const run = (/** @type {Event} */ event) => {
      event.stopPropagation();
      if (reason) return;
      /** @type {HTMLElement} */ (this.renderRoot.querySelector(`#${menu}`)).hidePopover();
      // A dialog that the act opens gives the focus back to where it was.
      /** @type {HTMLElement} */ (this.renderRoot.querySelector(`#${menu}-button`)).focus();
      act?.(event);
    };
    return html`<button type="button" role="menuitem" tabindex="-1" class=${kind === "danger" ? "danger" : ""}
      aria-disabled=${reason ? "true" : nothing} @click=${run}><span>${label}</span>${reason ? html`<small>${reason}</small>` : nothing}</button>`;
  }

  // Dialogs.

  /** @param {string} id */
  open(id) {
    this.forgetProblem(id);
    const dialog = /** @type {HTMLDialogElement | null} */ (this.renderRoot.querySelector(`dialog#${id}`));
    // What shows it can have gone meanwhile.
    if (dialog?.isConnected && !dialog.open) dialog.showModal();
  }

  /** @param {string} id */
  close(id) { closeDialog(/** @type {HTMLDialogElement | null} */ (this.renderRoot.querySelector(`dialog#${id}`))); }

  /**
   * A dialog with a form. `submit` runs as the act of the dialog's name; after a success the dialog closes, after a
   * failure it says what failed and keeps what was typed.
   * @param {{ id: string, title: string, body: unknown, confirm: string, danger?: boolean, why?: string | null, submit: (form: FormData) => Promise<unknown>, closed?: () => void }} dialog
   */
  dialog({ id, title, body, confirm, danger, why, submit, closed }) {
    const send = async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const form = /** @type {HTMLFormElement} */ (event.target);
      if (why || !(await this.act(id, () => submit(new FormData(form))))) return;
      form.reset();
      this.close(id);
    };
    return html`<dialog id=${id} part="dialog" aria-labelledby=${`${id}-title`} @click=${this.#leave(id)} @cancel=${this.#leave(id)} @close=${() => closed?.()}>
      <form @submit=${send}>
        <h2 id=${`${id}-title`}>${title}</h2>
        ${body}${this.complaint(id)}
        <div class="row end">${this.button({ label: this.t.cancel, busy: id, act: () => this.close(id) })}${this.submit({ label: confirm, busy: id, danger, why })}</div>
      </form></dialog>`;
  }

  /** Leaves a dialog by its backdrop or by Escape, unless its act runs: nobody could see how it ends. @param {string} key */
  #leave(key) {
    return (/** @type {Event} */ event) => {
      if (event.type === "click") this.isBusy(key) || isBackdrop(/** @type {MouseEvent} */ (event));
      else if (this.isBusy(key)) event.preventDefault();
    };
  }

  /** Asks before something that cannot be undone. @param {Question} question */
  async ask(question) {
    this.forgetProblem(question.key);
    this.#turn.question = question;
    this.requestUpdate();
    await this.updateComplete;
    if (this.#turn.question === question) this.open("question");
  }

  #questionDialog() {
    const { turn } = this;
    const { question } = turn;
    const send = async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (!question || !(await this.act(question.key, question.act))) return;
      if (turn.question === question) this.close("question");
      if (question.done) this.tell(question.done);
    };
    const leave = this.#leave(question?.key || "");
    // What the question was asked from can have gone meanwhile; then the focus is still in the dialog, or nowhere.
    const left = (/** @type {Event} */ { target }) => {
      const at = /** @type {ShadowRoot} */ (this.renderRoot).activeElement;
      if (!at || /** @type {HTMLElement} */ (target).contains(at)) this.#focusHeading();
    };
    return html`<dialog id="question" part="dialog" aria-labelledby="question-title" @click=${leave} @cancel=${leave} @close=${left}>${question
      ? html`<form @submit=${send}><h2 id="question-title">${question.title}</h2>
        <div>${typeof question.text === "string" ? html`<p>${question.text}</p>` : question.text}</div>${this.complaint(question.key)}
        <div class="row end">${this.button({ label: this.t.cancel, busy: question.key, act: () => this.close("question") })}
          ${this.submit({ label: question.confirm, busy: question.key, danger: question.danger })}</div></form>`
      : nothing}</dialog>`;
  }
}

let isSaid = false;

/** Says once to whoever builds the page why it stays empty. @param {SeatwiseElement} element */
function sayWhatIsMissing(element) {
  if (!isSaid) setTimeout(() => element.getToken || console.info(`<${element.localName}> waits for its property getToken.`), 3000);
  isSaid = true;
}

/** What an element has of one workspace and one person. What an act began with does not reach the next. */
class Turn {
  /** @type {Set<string>} */
  busy = new Set();
  /** @type {Map<string, Problem>} */
  problems = new Map();
  /** @type {Map<string, Decision>} */
  decisions = new Map();
  /** @type {Map<string, { body: string, key: string }>} */
  keys = new Map();
  /** @type {{ text: string, undo?: () => unknown } | null} */
  told = null;
  /** @type {Question | null} */
  question = null;

  /** @param {Check[]} checks @param {Decision[]} decisions */
  decide(checks, decisions) {
    checks.forEach((check, index) => this.decisions.set(nameOf(check), decisions[index]));
  }
}

/** @param {string | Check} check */
function nameOf(check) {
  if (typeof check === "string") return check;
  const { action, ...target } = check;
  const parts = Object.entries(target).filter(([, value]) => value).sort(([a], [b]) => (a < b ? -1 : 1));
  return [action, ...parts.map(([name, value]) => `${name}=${value}`)].join(" ");
}

/** @param {unknown} error @returns {Problem} */
export function asProblem(error) {
  if (error instanceof Problem) return error;
  console.error(error);
  return new Problem(0, { code: "unexpected", detail: String(error) });
}

/** An id made of a text. @param {string} text */
const textId = (text) => [...text].map((c) => (/[a-z0-9]/i.test(c) ? c : (c.codePointAt(0) || 0).toString(36))).join("");

/** Defines an element once, even if a page loads the file twice. @param {string} name @param {CustomElementConstructor} element */
export function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}
