// The console: signs in, and shows the screens of the workspace that the address names.

import { html, nothing } from "./vendor/lit.js";
import { personOf } from "./api.js";
import { SeatwiseElement, asProblem, define } from "./element.js";
import { nameOf } from "./format.js";
import { LANGUAGES } from "./messages.js";
import { fill } from "./messages/en.js";
import { pageStyles } from "./page-style.js";
import { applyPreferences, setLanguage, setTheme, theme } from "./preferences.js";
import { loadSignIn } from "./sign-in.js";
import "./screens/switcher.js";
import "./screens/notices.js";

/**
 * A screen of a workspace. `isShown` says whether the product has it, and whether the person may open it.
 * @typedef {{ name: string, load: () => Promise<unknown>, isShown: (product: any, may: Set<string>) => boolean, element: (page: Console, filter: string) => unknown }} Screen
 */

/** @type {Screen[]} */
const SCREENS = [
  {
    name: "members",
    load: () => import("./screens/members.js"),
    isShown: (_, may) => may.has("listMembers"),
    element: (page, filter) => html`<seatwise-members .workspaceId=${page.workspace} .getToken=${page.getToken} .api=${page.api}
      .filter=${filter} @seatwise-filtered=${page.onFiltered} @seatwise-seats-wanted=${() => page.go(`/w/${page.workspace}/seats`)}
      @seatwise-plan-wanted=${() => page.go(`/w/${page.workspace}/billing`)}></seatwise-members>`,
  },
  {
    name: "seats",
    load: () => import("./screens/seats.js"),
    isShown: (product, may) => product.seatModel === "by-tier" && may.has("listSeats"),
    element: (page, filter) => html`<seatwise-seats .workspaceId=${page.workspace} .getToken=${page.getToken} .api=${page.api}
      .filter=${filter} @seatwise-filtered=${page.onFiltered}></seatwise-seats>`,
  },
  {
    name: "links",
    load: () => import("./screens/links.js"),
    isShown: (product, may) => product.offers.roleLinks && may.has("listLinks"),
    element: (page) => html`<seatwise-links .workspaceId=${page.workspace} .getToken=${page.getToken} .api=${page.api}></seatwise-links>`,
  },
  {
    name: "access",
    load: () => import("./screens/access.js"),
    isShown: (product, may) => product.offers.domains && may.has("listDomains"),
    element: (page) => html`<seatwise-access .workspaceId=${page.workspace} .getToken=${page.getToken} .api=${page.api}></seatwise-access>`,
  },
  {
    name: "leave",
    load: () => import("./screens/leave.js"),
    isShown: (product, may) => product.offers.leave === "request" && may.has("listLeaveRequests"),
    element: (page, filter) => html`<seatwise-leave .workspaceId=${page.workspace} .getToken=${page.getToken} .api=${page.api}
      .filter=${filter} @seatwise-filtered=${page.onFiltered}></seatwise-leave>`,
  },
  {
    name: "billing",
    load: () => import("./screens/billing.js"),
    isShown: (product, may) => product.offers.billing && (may.has("getBilling") || may.has("getCredits")),
    element: (page) => html`<seatwise-billing .workspaceId=${page.workspace} .getToken=${page.getToken} .api=${page.api}></seatwise-billing>`,
  },
  {
    name: "api-keys",
    load: () => import("./screens/api-keys.js"),
    isShown: (_, may) => may.has("listApiKeys"),
    element: (page, filter) => html`<seatwise-api-keys .workspaceId=${page.workspace} .getToken=${page.getToken} .api=${page.api}
      .filter=${filter} @seatwise-filtered=${page.onFiltered}></seatwise-api-keys>`,
  },
  {
    name: "resources",
    load: () => import("./screens/resources.js"),
    isShown: (product, may) => product.offers.resources && may.has("listResources"),
    element: (page, filter) => html`<seatwise-resources .workspaceId=${page.workspace} .getToken=${page.getToken} .api=${page.api}
      .filter=${filter} @seatwise-filtered=${page.onFiltered} @seatwise-plan-wanted=${() => page.go(`/w/${page.workspace}/billing`)}></seatwise-resources>`,
  },
  {
    name: "coordinator",
    load: () => import("./screens/coordinator.js"),
    isShown: (_, may) => may.has("getCoordinator"),
    element: (page) => html`<seatwise-coordinator .workspaceId=${page.workspace} .getToken=${page.getToken} .api=${page.api}></seatwise-coordinator>`,
  },
  {
    name: "activity",
    load: () => import("./screens/activity.js"),
    isShown: (_, may) => may.has("listEvents"),
    element: (page, filter) => html`<seatwise-activity .workspaceId=${page.workspace} .getToken=${page.getToken} .api=${page.api}
      .filter=${filter} @seatwise-filtered=${page.onFiltered}></seatwise-activity>`,
  },
  {
    name: "settings",
    load: () => import("./screens/settings.js"),
    isShown: (_, may) => may.has("getWorkspace"),
    element: (page) => html`<seatwise-settings .workspaceId=${page.workspace} .getToken=${page.getToken} .api=${page.api}
      @seatwise-members-wanted=${() => page.go(`/w/${page.workspace}/members`)} @seatwise-leave-wanted=${page.onLeaveWanted}
      @seatwise-left=${page.onDeparted} @seatwise-deleted=${page.onDeparted}></seatwise-settings>`,
  },
];

/** The pages that belong to the person, not to a workspace. @type {Record<string, { load: () => Promise<unknown>, element: (page: Console) => unknown }>} */
const OWN_PAGES = {
  new: {
    load: () => import("./screens/create-workspace.js"),
    element: (page) => html`<seatwise-create-workspace .getToken=${page.getToken} .api=${page.api}
      @seatwise-created=${(/** @type {CustomEvent} */ event) => page.go(`/w/${event.detail.id}/${event.detail.next}`)}></seatwise-create-workspace>`,
  },
  invitations: {
    load: () => import("./screens/my-invitations.js"),
    element: (page) => html`<seatwise-my-invitations .getToken=${page.getToken} .api=${page.api}
      @seatwise-joined=${(/** @type {CustomEvent} */ event) => page.go(`/w/${event.detail.workspace.id}`)}
      @seatwise-create-wanted=${() => page.go("/new")}></seatwise-my-invitations>`,
  },
  me: {
    load: () => import("./screens/my-settings.js"),
    element: (page) => html`<seatwise-my-settings .getToken=${page.getToken} .api=${page.api} .workspaceUrl=${(/** @type {string} */ id) => `#/w/${id}`}
      @seatwise-account-deleted=${() => page.signOut()}></seatwise-my-settings>`,
  },
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
    this.onFiltered = (/** @type {CustomEvent} */ event) => this.#filtered(event.detail);
    this.onLeaveWanted = (/** @type {CustomEvent} */ event) => this.go(`/w/${event.detail.id}/leave`);
    this.onDeparted = () => { this.last = ""; this.go("/"); };
  }

  get needsWorkspace() { return false; }
  loadsAgainWith() { return ["route"]; }

  /** The workspace that is shown. It is no property: the console stays as it is while another workspace loads. */
  get workspace() { return /** @type {string} */ (this.data?.workspace || ""); }

  connectedCallback() {
    super.connectedCallback();
    this.addEventListener("seatwise-signed-out", () => this.#askAgain());
    this.#departures.onmessage = ({ data }) => { if (data === this.#person) this.#leave(); };
    addEventListener("hashchange", () => { this.route = routeOf(location.hash); });
    this.#begin();
  }

  async #begin() {
    try {
      await applyPreferences();
      const { api, signIn } = await loadSignIn();
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
    if (person !== this.#person) Object.assign(this, { data: null, last: "" });
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
  async #askAgain() {
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

  /** @param {string} path */
  go(path) { location.hash = path; }

  /** @param {string} filter */
  #filtered(filter) {
    const { workspace, screen } = this.route;
    history.replaceState(null, "", `#/w/${workspace}/${screen}${filter ? `?${filter}` : ""}`);
  }

  #entered = false;

  /** @param {AbortSignal} signal */
  async load(signal) {
    // Creates or refreshes the account, and joins the workspaces that the person's domain joins.
    if (!this.#entered) {
      const { next } = await this.client.post("/v1/me");
      if (signal.aborted) return null;
      this.#entered = true;
      if (next === "invitations" && !this.route.own && !this.route.workspace) this.go("/invitations");
    }
    const [me, invitations] = await Promise.all([this.store.me(), this.store.invitations()]);
    if (signal.aborted) return null;
    const { route } = this;
    const { own, workspace } = route;
    const start = { me, pending: invitations.length, route };
    if (own) {
      await OWN_PAGES[own].load();
      return start;
    }
    const id = workspace || (await this.#firstWorkspace(me));
    if (!id) return start;
    const found = await Promise.all([this.store.product(), this.store.permissions(id)]).catch((error) => {
      if (error.status !== 404) throw error;
    });
    if (!found) return { ...start, workspace: id, screens: [] };
    const [product, may] = found;
    const screens = SCREENS.filter((screen) => screen.isShown(product, may));
    const screen = screens.find(({ name }) => name === route.screen) || (route.screen ? null : screens[0]);
    await screen?.load();
    // Another address is loading by now.
    if (signal.aborted) return null;
    this.last = id;
    if (screen && (!workspace || !route.screen)) history.replaceState(null, "", `#/w/${id}/${screen.name}`);
    route.workspace = id;
    route.screen = screen?.name || route.screen;
    return { ...start, workspace: id, screens, screen };
  }

  /** @param {any} me */
  async #firstWorkspace(me) {
    if (me.currentWorkspaceId) return me.currentWorkspaceId;
    return (await this.store.workspaces())[0]?.id || "";
  }

  render() {
    return this.isSignedIn ? html`${super.render()}${this.#againDialog()}` : this.#signInView();
  }

  #main() { return /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("main")); }

  #signInView() {
    return html`<main class="alone" tabindex="-1">${this.failure ? html`<p class="failure" role="alert">${
      this.failure.status === 401 ? this.t.signIn.expired : this.detailOf(this.failure)}</p>` : nothing}${this.#signIn()}</main>`;
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
      <seatwise-switcher .getToken=${this.getToken} .api=${this.api} .workspaceId=${this.route.workspace || this.last || me.currentWorkspaceId || ""}
        @seatwise-switched=${(/** @type {CustomEvent} */ event) => this.go(`/w/${event.detail.id}`)}
        @seatwise-create-wanted=${() => this.go("/new")} @seatwise-leave-wanted=${this.onLeaveWanted}
        @seatwise-left=${this.onDeparted} @seatwise-deleted=${this.onDeparted}></seatwise-switcher>
      ${this.#account(me)}</header>
      <div class="body">
      ${screens?.length ? html`<nav aria-label=${t.console.navigation}><ul class="plain">${screens.map((/** @type {Screen} */ { name }) => html`<li><a
        href=${`#/w/${this.route.workspace}/${name}`} aria-current=${name === screen?.name ? "page" : nothing}>${
          /** @type {Record<string, string>} */ (t.console.screens)[name]}</a></li>`)}</ul></nav>` : nothing}
      <main id="main" tabindex="-1">${this.#content()}</main></div>`;
  }

  #content() {
    const { t } = this;
    const { screens, screen, route } = this.data;
    // No workspace shows under the address of another.
    if (route.own !== this.route.own || route.workspace !== this.route.workspace) return html`<p class="waiting" role="status"><span class="spinner"></span>${t.loading}</p>`;
    if (this.route.own) return OWN_PAGES[this.route.own].element(this);
    if (!screens) {
      return html`<div class="empty"><h1>${t.console.welcome}</h1><p>${t.console.welcomeText}</p><div class="row">
        <a class="button" href="#/new">${t.console.newWorkspace}</a><a class="button" href="#/invitations">${t.console.myInvitations}</a></div></div>`;
    }
    if (!screen) {
      return html`<div class="empty"><h1>${t.console.notFound}</h1><p>${t.console.notFoundText}</p><a class="button" href="#/">${t.console.toStart}</a></div>`;
    }
    return html`<seatwise-notices .workspaceId=${this.workspace} .getToken=${this.getToken} .api=${this.api}
      .except=${screen.name === "seats" ? "seats_expiring" : ""}></seatwise-notices>
      ${screen.element(this, this.route.filter)}`;
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
    return html`<details class="account"><summary><bdi>${nameOf(me)}</bdi>${pending ? html` <span class="badge" data-color="amber">${this.format.number(pending)}</span>` : nothing}</summary>
      <div class="card"><p class="muted">${fill(t.console.signedInAs, { name: me.email || nameOf(me) })}</p>
      <a href="#/me">${t.console.mySettings}</a><a href="#/invitations">${t.console.myInvitations}${pending ? ` (${this.format.number(pending)})` : ""}</a>
      <label class="field">${t.console.language}<select @change=${speak}>${Object.entries(LANGUAGES).map(([code, name]) =>
        html`<option value=${code} lang=${code} ?selected=${document.documentElement.lang.startsWith(code)}>${name}</option>`)}</select></label>
      <label class="field">${t.console.theme}<select @change=${choose}>${Object.entries(t.console.themes).map(([name, label]) =>
        html`<option value=${name} ?selected=${name === theme()}>${label}</option>`)}</select></label>
      ${this.button({ label: t.console.signOut, act: () => this.signOut() })}</div></details>`;
  }
}

/** @param {string} hash */
function routeOf(hash) {
  const [path, filter = ""] = hash.replace(/^#/, "").split("?");
  const [first = "", workspace = "", screen = ""] = path.split("/").filter(Boolean);
  return first === "w" ? { own: "", workspace, screen, filter } : { own: first in OWN_PAGES ? first : "", workspace: "", screen: "", filter: "" };
}

define("seatwise-console", Console);
