// The choice of a role in a row. With the keyboard, a browser chooses at each step in a closed list; a role is given only
// when the person presses Enter or goes on.

import { html, live, nothing } from "../vendor/lit.js";
import { keyOf, roleCheck } from "./member-row.js";

/** Keys that choose in a closed list. */
const STEP = /^(Arrow|Page|Home|End)|^[^ ]$/;

export class RoleChoice {
  /** The role that is chosen and not given yet, and the row. @type {{ key: string, role: string } | null} */
  #held = null;
  /** Whether the list is closed, so that each step chooses. */
  #steps = false;

  /** @param {import("../element.js").SeatwiseElement} host @param {(item: any, role: string) => unknown} give */
  constructor(host, give) {
    this.host = host;
    this.give = give;
  }

  /** @param {{ key: string, role: string } | null} held */
  #hold(held) {
    this.#held = held;
    this.#steps = !!held;
    this.host.requestUpdate();
  }

  /** @param {any} item @param {{ id: string, label: string }[]} roles @param {string} label */
  view(item, roles, label) {
    const { host } = this;
    const key = keyOf(item);
    const held = this.#held?.key === key ? this.#held.role : null;
    const shown = held ?? item.role;
    const settle = () => {
      if (held === null) return;
      this.#hold(null);
      if (held !== item.role) this.give(item, held);
    };
    const change = (/** @type {Event} */ event) => {
      const role = /** @type {HTMLSelectElement} */ (event.target).value;
      if (this.#steps) return this.#hold({ key, role });
      this.#hold(null);
      if (role !== item.role) this.give(item, role);
    };
    const press = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter" && held !== null) {
        event.preventDefault();
        settle();
      } else if (event.key === "Escape") this.#hold(null);
      else this.#steps = held !== null || (!event.altKey && STEP.test(event.key));
    };
    return html`<select class="inline" aria-label=${label} .value=${live(shown)} aria-busy=${host.isBusy(key)}
      @change=${change} @keydown=${press} @pointerdown=${() => { this.#steps = false; }} @blur=${settle}>
      ${roles.some(({ id }) => id === item.role) ? nothing : html`<option value=${item.role} selected>${item.role}</option>`}
      ${roles.map((role) => html`<option value=${role.id} ?selected=${role.id === shown}
        ?disabled=${role.id !== item.role && !host.may(roleCheck(item, role.id))}>${role.label}</option>`)}</select>
      <small role="status">${held !== null && held !== item.role ? host.t.members.held : nothing}</small>`;
  }
}
