// The invitation that a link belongs to: who invites to what, and the ways to accept and to decline it.

import { css, html, nothing, repeat } from "../vendor/lit.js";
import { Client } from "../api.js";
import { forgetInvitation, signInFor } from "../arrival.js";
import { SeatwiseElement, asProblem, define } from "../element.js";
import { nameOf } from "../format.js";
import { fill } from "../messages/en.js";
import { isOver, textOf, titleOf, waysOn } from "./join-words.js";

/** @typedef {import("./join-words.js").State} State */
/** @typedef {import("./join-words.js").Way} Way */

/**
 * Joins a workspace by an invitation. Joining takes a click by the signed-in person, except right after the sign-in that
 * they have started here for it.
 *
 * @fires seatwise-joined - The person has joined; the detail is the answer of the API.
 * @fires seatwise-declined - The person has declined the invitation.
 * @fires seatwise-titled - Something else is shown; the detail is a title for the page.
 */
export class Join extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, css`h1:focus { outline: none; } img { border-radius: var(--radius); object-fit: contain; }`];
  static properties = { arrival: { attribute: false }, configure: { attribute: false } };

  /** @type {import("../sign-in.js").Setup | undefined} */
  #setup;

  constructor() {
    super();
    /** What `takeArrival` has taken from the address. @type {import("../arrival.js").Arrival | undefined} */
    this.arrival = undefined;
    /** Says where the API and the app are, and how people sign in. @type {(() => Promise<import("../sign-in.js").Setup>) | undefined} */
    this.configure = undefined;
    /** @type {State | null} */
    this.data = null;
  }

  get texts() { return ["joining"]; }
  get needsWorkspace() { return false; }
  get isReady() { return !!this.arrival && !!this.configure; }
  loadsAgainWith() { return ["arrival", "configure"]; }

  /** @param {import("../vendor/lit.js").PropertyValues} changed */
  willUpdate(changed) {
    // Nothing of another invitation stays.
    if (changed.has("arrival")) this.data = null;
    super.willUpdate(changed);
  }

  get #signIn() { return /** @type {import("../sign-in.js").Setup} */ (this.#setup).signIn; }
  get #client() { return new Client(/** @type {import("../sign-in.js").Setup} */ (this.#setup).api, this.#signIn.getToken); }

  /** @returns {Promise<State>} */
  async load() {
    const arrival = /** @type {import("../arrival.js").Arrival} */ (this.arrival);
    const { token, returned, answer } = arrival;
    // Counts once, whatever is loaded again.
    arrival.returned = false;
    this.#setup ||= await this.configure?.();
    arrival.answer = new URLSearchParams();
    const isSignedIn = !!(await this.#signIn.begin({ answer, automatic: false }));
    if (!token) return { token: "", stage: "none" };
    /** @type {State} */
    const state = { token, stage: "sign-in", retry: () => this.reload() };
    try {
      state.preview = await new Client(this.#client.api).post("/v1/invitations/preview", { token });
      const { status } = state.preview;
      if (status !== "pending") return this.#over({ ...state, code: status === "accepted" ? "invitation_used" : `invitation_${status}` });
      if (!isSignedIn) return { ...state, complaint: this.#signIn.failure ? this.detailOf(this.#signIn.failure) : "" };
      // A person who returns from the sign-in that they started here joins without a further click. Everybody else must
      // confirm, because anybody can make somebody else open a link, or this page again.
      if (returned && !this.#signIn.failure) return await this.#join(state);
      return await this.#offer(state);
    } catch (error) {
      return this.#refused(state, error);
    }
  }

  /** @param {State} state @returns {Promise<State>} */
  async #offer(state) {
    const known = (/** @type {string} */ path) => this.#client.get(path).catch((problem) => {
      if (problem.status === 401) throw problem;
      return null;
    });
    const [me, invitations] = await Promise.all([known("/v1/me"), known("/v1/me/invitations")]);
    return { ...state, stage: "offer", me, mine: invitations?.items.find((/** @type {any} */ { id }) => id === state.preview.invitationId) };
  }

  /** Accepts the invitation that the person has agreed to, whatever the page shows by now. @param {State} agreed @returns {Promise<State>} */
  async #join(agreed) {
    const body = { token: agreed.token };
    try {
      agreed = { ...agreed, me: (await this.#client.post("/v1/me")).user };
      const joined = await this.#client.post("/v1/join", body, this.idempotencyKey("join", body));
      forgetInvitation();
      this.announce("joined", joined);
      return { ...agreed, stage: "joined", joined };
    } catch (error) {
      return this.#refused({ ...agreed, retry: () => this.#agree(agreed) }, error);
    }
  }

  /** @param {State} agreed */
  #agree(agreed) {
    return this.act(`join ${agreed.token}`, async () => {
      this.#show({ ...agreed, stage: "joining" });
      this.#show(await this.#join(agreed));
    });
  }

  /** @param {State} state @param {unknown} error @returns {State} */
  #refused(state, error) {
    const problem = asProblem(error);
    // From the API, or from the gateway in front of it, whose answer has no code.
    if (problem.status === 401) {
      this.#signIn.forget();
      return { ...state, stage: "sign-in", complaint: this.t.signIn.expired };
    }
    if (problem.code === "already_member") forgetInvitation();
    return this.#over({ ...state, problem, code: problem.code });
  }

  /** @param {State} state @returns {State} */
  #over(state) {
    if (isOver(state)) forgetInvitation();
    return { ...state, stage: "refused" };
  }

  /** @param {State} state */
  #show(state) {
    this.data = state;
    this.requestUpdate();
  }

  /** @type {unknown} */
  #shown = null;

  updated() {
    if (this.data === this.#shown) return;
    this.#shown = this.data;
    if (!this.data) return;
    this.announce("titled", titleOf(this.t.join, this.data));
    const form = /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("seatwise-local-sign-in"));
    (form || /** @type {HTMLElement} */ (this.renderRoot.querySelector("#title"))).focus();
  }

  // What is shown.

  view() {
    const state = /** @type {State} */ (this.data);
    const logo = state.preview?.workspace.logoUrl;
    const text = textOf(this.t.join, state, (problem) => this.detailOf(problem));
    return html`<section aria-labelledby="title">
      ${logo ? html`<img src=${logo} alt="" width="64" height="64">` : nothing}
      <h1 id="title" tabindex="-1">${titleOf(this.t.join, state)}</h1>
      ${text ? html`<p>${text}</p>` : nothing}
      ${state.complaint && state.stage === "sign-in" ? html`<p class="complaint" role="alert">${state.complaint}</p>` : nothing}
      ${this.#controls(state)}</section>
      ${this.#declineDialog(state)}`;
  }

  /** @param {State} state */
  #controls(state) {
    const t = this.t.join;
    const { stage, joined } = state;
    if (stage === "joining") return html`<p class="waiting"><span class="spinner"></span>${this.t.checking}</p>`;
    if (stage === "sign-in") return this.#signInControls(state);
    if (stage === "offer") {
      return html`${this.#person(state)}<div class="row">${this.button({ label: t.join, kind: "primary", busy: `join ${state.token}`, act: () => this.#agree(state) })}
        ${state.mine ? this.button({ label: t.decline, act: () => this.open("decline") }) : nothing}</div>`;
    }
    if (stage === "joined") return html`<div class="row">${this.#onward(true, joined.workspace, joined.next === "onboarding")}</div>`;
    return html`${this.#person(state)}<div class="row">${waysOn(state).map((way, index) => this.#way(way, index === 0, state))}</div>`;
  }

  /** @param {Way} way @param {boolean} isFirst @param {State} state */
  #way(way, isFirst, state) {
    const t = this.t.join;
    if (way === "app") return this.#onward(isFirst);
    if (way === "open") return this.#onward(isFirst, { id: state.problem?.workspaceId, name: state.preview?.workspace.name });
    const kind = isFirst ? /** @type {const} */ ("primary") : /** @type {const} */ ("plain");
    if (way === "retry") return this.button({ label: this.t.tryAgain, kind, busy: `join ${state.token}`, act: () => state.retry?.() });
    return this.button({ label: way === "switch" ? t.otherAccount : t.signInAgain, kind, act: () => this.#askToSignIn(state, way === "switch") });
  }

  /** The way on into the app. @param {boolean} isFirst @param {{ id?: string, name?: string }} [workspace] @param {boolean} [isNew] */
  #onward(isFirst, workspace, isNew = false) {
    const t = this.t.join;
    const { appUrl = "/console/#/w/{workspace}", onboardingUrl } = /** @type {import("../sign-in.js").Setup} */ (this.#setup);
    const address = (isNew && onboardingUrl) || appUrl;
    const label = isNew && onboardingUrl ? t.setUp : workspace?.name ? fill(t.open, { name: workspace.name }) : t.toApp;
    return html`<a class=${isFirst ? "button primary" : "button"} href=${address.replace("{workspace}", workspace?.id || "")}>${label}</a>`;
  }

  /** Who is signed in, and the way to change that. @param {State} state */
  #person(state) {
    const t = this.t.join;
    const { stage, me } = state;
    if (stage !== "offer" && (stage !== "refused" || !me)) return nothing;
    const name = me ? nameOf(me) : "";
    return html`<div class="card row apart"><div class="stack tight"><small>${t.signedInAs}</small><bdi>${name || this.t.you}</bdi>
      ${me?.email && me.email !== name ? html`<small><bdi>${me.email}</bdi></small>` : nothing}</div>
      ${stage === "offer" ? this.button({ label: t.otherAccount, act: () => this.#askToSignIn(state, true) }) : nothing}</div>`;
  }

  /** @param {State} state */
  #signInControls(state) {
    const t = this.t.join;
    if (this.#signIn.start) {
      const start = () => this.act("start", () => signInFor(this.#signIn, state.token, !!state.another));
      return html`${this.complaint("start")}<div class="row">${this.button({ label: this.t.signIn.button, kind: "primary", busy: "start", act: start })}</div>`;
    }
    // Another invitation gets another form: whoever sends a form agrees to the invitation that it was shown for.
    return repeat([state.token], String, () => this.#signIn.view(() => { this.#agree(state); }, t.signInAndJoin));
  }

  /** Drops the sign-in of this tab. @param {State} state @param {boolean} another */
  #askToSignIn(state, another) {
    this.#signIn.forget();
    this.#show({ token: state.token, preview: state.preview, stage: "sign-in", another });
  }

  /** @param {State} state */
  #declineDialog(state) {
    const t = this.t.join;
    if (!state.mine) return nothing;
    return this.dialog({
      id: "decline",
      title: fill(t.declineTitle, { name: state.preview.workspace.name }),
      body: html`<p>${t.declineText}</p><label class="check"><input type="checkbox" name="notAgain">${fill(t.notAgain, { name: state.preview.workspace.name })}</label>`,
      confirm: t.decline,
      danger: true,
      submit: async (form) => {
        await this.#client.post(`/v1/invitations/${state.mine.id}/decline`, { notAgain: form.has("notAgain") });
        forgetInvitation();
        this.close("decline");
        this.announce("declined");
        this.#show({ ...state, stage: "declined" });
      },
    });
  }
}

define("seatwise-join", Join);
