// The pending invitations of the person.

import { css, html, nothing, repeat } from "../vendor/lit.js";
import { SeatwiseElement, define } from "../element.js";
import { labelOf } from "../format.js";
import { fill } from "../messages/en.js";
import { logo, logoStyles } from "../parts/logo.js";

/**
 * All pending invitations of the person, to accept or decline.
 *
 * @fires seatwise-joined - The person has accepted an invitation; the detail is the answer of `join`.
 * @fires seatwise-declined - The person has declined an invitation; the detail is `{ invitationId }`.
 * @fires seatwise-create-wanted - The person wants to create a workspace.
 */
export class MyInvitations extends SeatwiseElement {
  static styles = [SeatwiseElement.styles, logoStyles, css`
    :host { max-width: 48rem; }
    .card { display: flex; flex-wrap: wrap; align-items: center; }
    .about { flex: 1 1 14rem; min-width: 0; }
    .complaint { flex-basis: 100%; }
  `];
  static properties = { declining: { state: true } };

  constructor() {
    super();
    /** The invitation that the dialog is about. @type {any} */
    this.declining = null;
  }

  get texts() { return ["joining"]; }
  get needsWorkspace() { return false; }

  async load() {
    const [product, me, invitations] = await Promise.all([this.store.product(), this.store.me(), this.store.invitations()]);
    return { product, me, invitations };
  }

  view() {
    const { invitations } = this.data;
    return html`<section aria-labelledby="title"><h1 id="title">${this.t.myInvitations.title}</h1>
      ${invitations.length ? html`<ul class="plain stack">${repeat(invitations, ({ id }) => id, (invitation) => this.#invitation(invitation))}</ul>` : this.#empty()}
    </section>${this.#dialog()}`;
  }

  #empty() {
    const { t } = this;
    const { email, emailVerified } = this.data.me;
    const text = fill(emailVerified ? t.myInvitations.emptyText : t.myInvitations.notVerified, { email: email || "" });
    return html`<div class="empty"><h2>${t.myInvitations.empty}</h2><p>${text}</p>
      ${this.button({ label: t.myInvitations.createWorkspace, act: () => this.announce("create-wanted") })}</div>`;
  }

  /** @param {any} invitation */
  #invitation(invitation) {
    const { t } = this;
    const { id, workspace, role, invitedByName, invitedAt, expiresAt } = invitation;
    const { name } = workspace;
    const label = labelOf(this.data.product.roles, role);
    const when = [fill(t.myInvitations.invited, { date: this.format.date(invitedAt) }), ...(expiresAt ? [fill(t.myInvitations.expires, { date: this.format.date(expiresAt) })] : [])];
    const decline = () => {
      if (this.declining !== invitation) this.renderRoot.querySelector("form")?.reset();
      this.declining = invitation;
      this.open("decline");
    };
    return html`<li class="card">${logo(workspace, "large")}
      <div class="about stack tight"><h2><bdi>${name}</bdi></h2>
        ${invitedByName ? html`<span>${fill(t.myInvitations.by, { name: invitedByName })}</span>` : nothing}
        <span>${fill(t.myInvitations.role, { role: label })}</span><small>${when.join(" · ")}</small></div>
      <div class="row">${this.button({ label: t.myInvitations.decline, name: fill(t.myInvitations.declineName, { name }), act: decline })}
        ${this.button({ label: t.myInvitations.accept, name: fill(t.myInvitations.acceptName, { name }), kind: "primary", busy: id, act: () => this.#accept(invitation) })}</div>
      ${this.#refusal(invitation)}</li>`;
  }

  /** Why the invitation was not accepted. @param {any} invitation */
  #refusal(invitation) {
    const problem = this.problem(invitation.id);
    return problem ? html`<p class="complaint" role="alert">${this.#reason(problem, invitation)}</p>` : nothing;
  }

  /** The reason in words for the person who is invited, as on the page of an invitation. @param {import("../api.js").Problem} problem @param {any} invitation */
  #reason(problem, { workspace, invitedByName }) {
    const { join } = this.t;
    const text = /** @type {Record<string, string>} */ (join.texts)[problem.code];
    const values = { name: workspace.name, who: invitedByName || join.inviter, me: this.data.me.email || join.yourAddress };
    return text ? fill(text, values) : this.detailOf(problem);
  }

  /** An invitation that is over leaves the list; what it was is said without it. @param {any} invitation */
  async #accept(invitation) {
    const { id } = invitation;
    const joins = await this.act(id, async () => {
      const joined = await this.create(id, "/v1/join", { invitationId: id });
      await this.store.makeCurrent(joined.workspace.id).catch((error) => console.error(error));
      this.announce("joined", joined);
      this.store.changed();
    });
    const problem = this.problem(id);
    if (joins || !problem || ![404, 410].includes(problem.status)) return;
    this.tell(this.#reason(problem, invitation));
    this.store.changed();
  }

  #dialog() {
    const { myInvitations } = this.t;
    const name = this.declining?.workspace.name || "";
    return this.dialog({
      id: "decline",
      title: fill(myInvitations.declineTitle, { name }),
      confirm: myInvitations.decline,
      danger: true,
      body: html`<p>${myInvitations.declineText}</p><label class="check"><input type="checkbox" name="notAgain">${myInvitations.notAgain}</label>`,
      submit: async (form) => {
        const { id } = this.declining;
        await this.client.post(`/v1/invitations/${id}/decline`, { notAgain: form.has("notAgain") });
        this.tell(fill(myInvitations.declined, { name }));
        this.announce("declined", { invitationId: id });
        this.store.changed();
      },
    });
  }
}

define("seatwise-my-invitations", MyInvitations);
