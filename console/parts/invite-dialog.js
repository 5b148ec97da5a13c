// The form of invitations, in a dialog. Its files are loaded when it is opened for the first time.

import { html, nothing } from "../vendor/lit.js";
import { whenNeeded } from "../api.js";

export class InviteDialog {
  #isLoaded = false;
  #seatId = "";
  /** @type {import("../screens/invite.js").Draft | null} */
  #draft = null;

  /** @param {import("../element.js").SeatwiseElement} host @param {() => string} title @param {() => unknown} invited what follows when invitations were made */
  constructor(host, title, invited) {
    this.host = host;
    this.title = title;
    this.invited = invited;
  }

  /** @param {string} key of the act, whose failure the host shows @param {string} [seatId] the free seat to invite to @param {import("../screens/invite.js").Draft | null} [draft] what the form begins with */
  open(key, seatId = "", draft = null) {
    const { host } = this;
    const { turn } = host;
    return host.act(key, async () => {
      await whenNeeded(() => import("../screens/invite.js"));
      if (turn !== host.turn) return;
      this.#isLoaded = true;
      this.#seatId = seatId;
      this.#draft = draft;
      host.requestUpdate();
      await host.updateComplete;
      host.open("invite");
    });
  }

  view() {
    const { host } = this;
    if (!this.#isLoaded) return nothing;
    // A click beside it does not close it: addresses that were typed would be lost.
    return html`<dialog id="invite" part="dialog" aria-label=${this.#draft ? host.t.members.invite : this.title()}><div class="stack">
      <seatwise-invite .api=${host.api} .workspaceId=${host.workspaceId} .getToken=${host.getToken} .seatId=${this.#seatId} .draft=${this.#draft}
        @seatwise-invited=${this.invited}></seatwise-invite>
      <div class="row end">${host.button({ label: host.t.close, act: () => host.close("invite") })}</div></div></dialog>`;
  }
}
