// The console: signs in, and shows the screens of the workspace that the address names.

import { html, nothing } from "./vendor/lit.js";
import { isId, personOf, whenNeeded } from "./api.js";
import { SeatwiseElement, asProblem, define } from "./element.js";
import { nameOf } from "./format.js";
import { placeMenu } from "./overlays.js";
import { LANGUAGES } from "./messages.js";
import { fill } from "./messages/en.js";
import { pageStyles } from "./page-style.js";
import { applyPreferences, setLanguage, setTheme, theme } from "./preferences.js";
import { loadSignIn } from "./sign-in.js";
import "./screens/switcher.js";
import "./screens/notices.js";

/**
 * The screens of a workspace: whether the product has each, and whether the person may open it. A screen is the element
 * `seatwise-{name}` in the file of its name.
 * @type {{ name: string, isShown: (product: any, may: Set<string>) => boolean }[]}
 */
const SCREENS = [
  { name: "members", isShown: (_, may) => may.has("listMembers") },
  { name: "seats", isShown: (product, may) => product.seatModel === "by-tier" && may.has("listSeats") },
  { name: "links", isShown: (product, may) => product.offers.roleLinks && may.has("listLinks") },
  { name: "access", isShown: (product, may) => product.offers.domains && may.has("listDomains") },
  { name: "leave", isShown: (product, may) => product.offers.leave === "request" && may.has("listLeaveRequests") },
  { name: "billing", isShown: (product, may) => product.offers.billing && (may.has("getBilling") || may.has("getCredits")) },
  { name: "api-keys", isShown: (_, may) => may.has("listApiKeys") },
  { name: "resources", isShown: (product, may) => product.offers.resources && may.has("listResources") },
  { name: "coordinator", isShown: (_, may) => may.has("getCoordinator") },
  { name: "activity", isShown: (_, may) => may.has("listEvents") },
  { name: "settings", isShown: (_, may) => may.has("getWorkspace") },
];

/** The screens that belong to the person, not to a workspace, by their addresses. */
const OWN_SCREENS = new Map([["new", "create-workspace"], ["invitations", "my-invitations"], ["me", "my-settings"]]);

/** @param {string} name */
const loadScreen = (name) => whenNeeded(() => import(`./screens/${name}.js`));

/** What the events of elements lead to. @type {Record<string, (page: Console, detail: any) => unknown>} */
const WISHES = {
  filtered: (page, filter) => page.remember(filter),
  switched: (page, { id }) => page.go(`/w/${id}`),
  created: (page, { id, next }) => page.go(`/w/${id}/${next}`),
  joined: (page, { workspace }) => page.go(`/w/${workspace.id}`),
  left: (page) => page.depart(),
  deleted: (page) => page.depart(),
  "create-wanted": (page) => page.go("/new"),
  "leave-wanted": (page, { id }) => page.go(`/w/${id}/leave`),
  "members-wanted": (page, { id }) => page.go(`/w/${id}/members`),
  "seats-wanted": (page, wanted) => page.go(`/w/${page.workspace}/seats`, wanted),
  "plan-wanted": (page, wanted) => page.go(`/w/${page.workspace}/billing`, wanted),
  "signed-out": (page) => page.askAgain(),
  "account-deleted": (page) => page.signOut(),
};

/** The console page. Its address after `#`: `/w/{workspace}/{screen}?{filter}`, or `/new`, `/invitations`, `/me`. */
export class Console extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, pageStyles];
  static properties = { route: { state: true }, isSignedIn: { state: true } };

  /** @type {import("./sign-in.js").SignIn | null} */
  signIn = null;

  constructor() {
    super();
    this.route = routeOf(location.hash);
    this.isSignedIn = false;
    /** The workspace that was shown last. */
    this.last = "";
    for (const [name, fulfil] of Object.entries(WISHES)) {
      this.addEventListener(`seatwise-${name}`, (event) => fulfil(this, /** @type {CustomEvent} */ (event).detail));
    }
  }

  get needsWorkspace() { return false; }
  loadsAgainWith() { return ["route"]; }

  /** The workspace that is shown. It is no property: the console stays as it is while another workspace loads. */
  get workspace() { return /** @type {string} */ (this.data?.workspace || ""); }

  connectedCallback() {
    super.connectedCallback();
    this.#departures.onmessage = ({ data }) => { if (data && data === this.#person) this.#leave(); };
    addEventListener("hashchange", () => {
      /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("#account"))?.hidePopover();
      this.route = routeOf(location.hash, this.#wanted);
      this.#wanted = undefined;
    });
    this.#begin();
  }

  async #begin() {
    this.failure = null;
    this.requestUpdate();
    try {
      const preferences = applyPreferences();
      const { api, signIn } = await loadSignIn().finally(() => preferences);
      this.api = api;
      this.signIn = signIn;
      const token = await signIn.begin();
      // The sign-in brings back the address that the person came for.
      this.route = routeOf(location.hash);
      if (token) this.#enter(token);
      else this.requestUpdate();
    } catch (error) {
      this.failure = asProblem(error);
      this.requestUpdate();
    }
  }

  /** Tells other tabs who has signed out. */
  #departures = new BroadcastChannel("seatwise signed out");
  /** Who is signed in. */
  #person = "";
  /** Whether the sign-in has expired. */
  #isExpired = false;

  /** @param {string} token */
  #enter(token) {
    const person = personOf(token);
    const isAgain = !!this.getToken;
    // Nothing of another person stays, nor what that person wished for.
    if (!person || person !== this.#person) {
      Object.assign(this, { data: null, last: "" });
      this.route.wanted = this.#wanted = undefined;
    }
    this.#person = person;
    this.#entered = false;
    this.isSignedIn = true;
    this.failure = null;
    this.#isExpired = false;
    this.close("again");
    this.getToken = this.signIn?.getToken;
    if (isAgain) this.store.changed();
  }

  /** The sign-in has expired. It is asked for above the page, so that nothing that was typed is lost. */
  async askAgain() {
    if (!this.data) {
      this.isSignedIn = false;
      return;
    }
    this.failure = null;
    this.#isExpired = true;
    this.requestUpdate();
    await this.updateComplete;
    this.open("again");
  }

  /** Signs out in every tab of the person, and at the provider. */
  signOut() {
    this.#departures.postMessage(this.#person);
    // The provider is told of the session that `#leave` forgets.
    this.signIn?.end();
    this.#leave();
  }

  #leave() {
    Object.assign(this, { isSignedIn: false, getToken: undefined, data: null, last: "", failure: null });
    this.signIn?.forget();
    this.#person = "";
    this.go("/");
  }

  /** @param {string} path @param {any} [wanted] what the screen there is to begin with */
  go(path, wanted) {
    this.#wanted = wanted;
    location.hash = path;
  }

  /** What the next screen is to begin with. @type {any} */
  #wanted;

  /** Goes to another workspace, because the person is not in the last one any more. */
  depart() {
    this.last = "";
    this.go("/");
  }

  /** Keeps the filter of the screen in the address. @param {string} filter */
  remember(filter) {
    // While another screen loads, the address is that of the other already.
    if (this.data?.route !== this.route) return;
    const { workspace, screen } = this.route;
    this.route.filter = filter;
    history.replaceState(null, "", `#/w/${workspace}/${screen}${filter ? `?${filter}` : ""}`);
  }

  #entered = false;
  /** The names of the workspaces that the person is or was in. @type {Map<string, string>} */
  #names = new Map();

  /** @param {AbortSignal} signal */
  async load(signal) {
    // Somebody may have signed out meanwhile.
    if (!this.getToken) return null;
    const { route } = this;
    const { own, workspace } = route;
    // The file of the screen loads while the API answers.
    loadScreen(own || (SCREENS.find(({ name }) => name === route.screen) || SCREENS[0]).name).catch(() => null);
    // Creates or refreshes the account, and joins the workspaces that the person's domain joins.
    if (!this.#entered) {
      const { next } = await this.client.post("/v1/me");
      if (signal.aborted) return null;
      this.#entered = true;
      if (next === "invitations" && !own && !workspace) this.go("/invitations");
    }
    const [me, invitations, workspaces] = await Promise.all([this.store.me(), this.store.invitations(), this.store.workspaces()]);
    if (signal.aborted) return null;
    for (const { id, name } of workspaces) this.#names.set(id, name);
    const start = { me, workspaces, pending: invitations.length, route };
    if (own) return { ...start, element: await this.#elementOf(own, "") };
    if (route.isUnknown) return { ...start, screens: [] };
    const id = workspace || me.currentWorkspaceId || workspaces[0]?.id;
    if (!id) return start;
    const found = await Promise.all([this.store.product(), this.store.permissions(id)]).catch((error) => {
      if (error.status !== 404) throw error;
    });
    if (!found) return { ...start, workspace: id, screens: [] };
    const [product, may] = found;
    const screens = SCREENS.filter((screen) => screen.isShown(product, may));
    const screen = screens.find(({ name }) => name === route.screen) || (route.screen ? null : screens[0]);
    const element = screen ? await this.#elementOf(screen.name, id) : null;
    // Another address is loading by now.
    if (signal.aborted) return null;
    this.last = id;
    if (screen && (!workspace || !route.screen)) history.replaceState(null, "", `#/w/${id}/${screen.name}`);
    route.workspace = id;
    route.screen = screen?.name || route.screen;
    return { ...start, workspace: id, screens, screen, element };
  }

  /** The element of a screen: the one that is shown, as long as it is that of the same workspace. @param {string} screen @param {string} workspace */
  async #elementOf(screen, workspace) {
    await loadScreen(screen);
    const shown = this.data?.element;
    const name = `seatwise-${screen}`;
    return shown?.localName === name && this.workspace === workspace ? shown : document.createElement(name);
  }

  render() {
    return this.isSignedIn ? html`${super.render()}${this.#againDialog()}` : this.#signInView();
  }

  /** What the navigation has been moved for. @type {unknown} */
  #shown = null;

  /** Shows the current screen in a navigation that is wider than the window. */
  updated() {
    const current = this.data !== this.#shown && this.renderRoot.querySelector("nav [aria-current]");
    if (!current) return;
    this.#shown = this.data;
    const nav = /** @type {HTMLElement} */ (current.closest("nav"));
    nav.scrollLeft += current.getBoundingClientRect().left - nav.getBoundingClientRect().left - nav.clientWidth / 3;
  }

  #main() { return /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("main")); }

  #signInView() {
    return html`<main class="alone" tabindex="-1">${this.failure ? html`<div class="failure" role="alert"><p>${
      this.failure.status === 401 ? this.t.signIn.expired : this.detailOf(this.failure)}</p>${
      this.signIn ? nothing : this.button({ label: this.t.tryAgain, act: () => this.#begin() })}</div>` : nothing}${this.#signIn()}</main>`;
  }

  #againDialog() {
    return html`<dialog id="again" aria-label=${this.t.signIn.expired}>${this.#isExpired
      ? html`<div class="stack"><p class="failure" role="alert">${this.t.signIn.expired}</p>${this.#signIn()}</div>` : nothing}</dialog>`;
  }

  #signIn() {
    const entered = async () => this.#enter((await this.signIn?.getToken({ fresh: false })) || "");
    return this.signIn?.view(entered) || nothing;
  }

  view() {
    const { t } = this;
    const { me, screens, screen } = this.data;
    return html`<header>
      <button type="button" class="skip" @click=${() => this.#main()?.focus()}>${t.console.skip}</button>
      <seatwise-switcher .getToken=${this.getToken} .api=${this.api}
        .workspaceId=${this.route.workspace || this.last || me.currentWorkspaceId || ""}></seatwise-switcher>
      ${this.#account(me)}</header>
      <div class="body">
      ${screens?.length ? html`<nav aria-label=${t.console.navigation}><ul class="plain">${screens.map((/** @type {{ name: string }} */ { name }) => html`<li><a
        href=${`#/w/${this.route.workspace}/${name}`} aria-current=${name === screen?.name ? "page" : nothing}>${
          /** @type {Record<string, string>} */ (t.console.screens)[name]}</a></li>`)}</ul></nav>` : nothing}
      <main id="main" tabindex="-1">${this.#content()}</main></div>`;
  }

  #content() {
    const { t } = this;
    const { screens, screen, route, element } = this.data;
    // No workspace shows under the address of another.
    if (route.own !== this.route.own || route.workspace !== this.route.workspace) return html`<p class="waiting" role="status"><span class="spinner"></span>${t.loading}</p>`;
    const { api, getToken, workspace } = this;
    if (element) Object.assign(element, { api, getToken }, route.own ? { workspaceUrl } : { workspaceId: workspace, filter: route.filter, wanted: route.wanted });
    if (route.own) return element;
    const name = this.#names.get(workspace);
    if (!screens) return this.#elsewhere(t.console.welcome, t.console.welcomeText);
    if (!screens.length && name) return this.#elsewhere(fill(t.console.gone, { name }), t.console.goneText);
    if (!screen) {
      return html`<div class="empty"><h1>${t.console.notFound}</h1><p>${t.console.notFoundText}</p><a class="button" href="#/">${t.console.toStart}</a></div>`;
    }
    return html`<seatwise-notices .workspaceId=${workspace} .getToken=${getToken} .api=${api}
      .except=${screen.name === "seats" ? "seats_expiring" : ""}></seatwise-notices>
      ${element}`;
  }

  /** The ways on for a person who is in no workspace here. @param {string} title @param {string} text */
  #elsewhere(title, text) {
    const { t } = this;
    const link = (/** @type {string} */ href, /** @type {string} */ label) => html`<a class="button" href=${`#/${href}`}><bdi>${label}</bdi></a>`;
    return html`<div class="empty"><h1>${title}</h1><p>${text}</p><div class="row">
      ${this.data.workspaces.slice(0, 5).map((/** @type {any} */ { id, name }) => link(`w/${id}`, name))}
      ${link("invitations", t.console.myInvitations)}${link("new", t.console.newWorkspace)}</div></div>`;
  }

  /** @param {any} me */
  #account(me) {
    const { t } = this;
    const speak = (/** @type {Event} */ event) => {
      setLanguage(/** @type {HTMLSelectElement} */ (event.target).value);
      this.store.changed();
    };
    const choose = (/** @type {Event} */ event) => setTheme(/** @type {HTMLSelectElement} */ (event.target).value);
    const { pending } = this.data;
    return html`<button type="button" class="account" popovertarget="account" aria-haspopup="dialog"><bdi>${nameOf(me)}</bdi>${pending ? html`<span class="badge" data-color="amber">${this.format.number(pending)}</span>` : nothing}<span aria-hidden="true">▾</span></button
      ><div popover role="dialog" id="account" aria-label=${t.console.account} @toggle=${toggleMenu}><div class="stack"><p class="muted">${fill(t.console.signedInAs, { name: me.email || nameOf(me) })}</p>
      <a href="#/me">${t.console.mySettings}</a><a href="#/invitations">${t.console.myInvitations}${pending ? ` (${this.format.number(pending)})` : ""}</a>
      <label class="field">${t.console.language}<select @change=${speak}>${Object.entries(LANGUAGES).map(([code, name]) =>
        html`<option value=${code} lang=${code} ?selected=${document.documentElement.lang.startsWith(code)}>${name}</option>`)}</select></label>
      <label class="field">${t.console.theme}<select @change=${choose}>${Object.entries(t.console.themes).map(([name, label]) =>
        html`<option value=${name} ?selected=${name === theme()}>${label}</option>`)}</select></label>
      ${this.button({ label: t.console.signOut, act: () => this.signOut() })}</div></div>`;
  }
}

/** @param {Event} event */
const toggleMenu = (event) => /** @type {ToggleEvent} */ (event).newState === "open" && placeMenu(/** @type {HTMLElement} */ (event.target));

/** @param {string} id */
const workspaceUrl = (id) => `#/w/${id}`;

/** @param {string} hash @param {any} [wanted] what the screen is to begin with */
function routeOf(hash, wanted) {
  const [path, filter = ""] = hash.replace(/^#/, "").split("?");
  const [first = "", workspace = "", screen = ""] = path.split("/").filter(Boolean);
  const start = { own: "", workspace: "", screen: "", filter: "", wanted, isUnknown: false };
  if (first === "w" && workspace && !isId(workspace)) return { ...start, isUnknown: true };
  return first === "w" ? { ...start, workspace, screen, filter } : { ...start, own: OWN_SCREENS.get(first) || "" };
}

define("seatwise-console", Console);
