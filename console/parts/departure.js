// Leaving a workspace, and deleting it.

import { html } from "../vendor/lit.js";
import { fill } from "../messages/en.js";
import { TypedQuestion } from "./typed-question.js";

/** @typedef {import("../element.js").SeatwiseElement} SeatwiseElement */
/** @typedef {{ id: string, name: string }} Workspace */

/** What an element asks before it shows controls for departures. */
export const DEPARTURES = ["leaveWorkspace", "requestLeave", "deleteWorkspace"].map((action) => ({ action }));

export class Departure {
  #question;

  /** @param {SeatwiseElement} host */
  constructor(host) {
    this.host = host;
    this.#question = new TypedQuestion(host);
  }

  /** The control that leaves in the product's way; null if it has none. @param {any} product @param {Workspace} workspace */
  leaveControl(product, workspace) {
    const { host } = this;
    const { t } = host;
    switch (product.offers.leave) {
      case "direct":
        return { check: "leaveWorkspace", label: t.departure.leave, act: () => this.#askToLeave(workspace) };
      case "request":
        return { check: "requestLeave", label: t.departure.request, act: () => host.announce("leave-wanted", { id: workspace.id }) };
      default:
        return null;
    }
  }

  /** @param {Workspace} workspace */
  #askToLeave(workspace) {
    const { host } = this;
    const { departure } = host.t;
    return host.ask({
      title: fill(departure.leaveTitle, workspace),
      text: departure.leaveText,
      confirm: departure.leave,
      danger: true,
      key: "leave-workspace",
      act: async () => {
        await host.client.post(`/v1/workspaces/${workspace.id}/leave`);
        this.#departed("left", workspace);
      },
      done: fill(departure.left, workspace),
    });
  }

  deleteControl() {
    return { check: "deleteWorkspace", label: this.host.t.departure.delete, act: () => this.host.open("delete-workspace") };
  }

  /** @param {Workspace} workspace */
  deleteDialog(workspace) {
    const { host } = this;
    const { departure } = host.t;
    return this.#question.view({
      id: "delete-workspace",
      title: fill(departure.deleteTitle, workspace),
      text: html`<p>${departure.deleteText}</p>`,
      name: workspace.name,
      confirm: departure.delete,
      submit: async () => {
        await host.client.delete(`/v1/workspaces/${workspace.id}`);
        this.#departed("deleted", workspace);
        host.tell(fill(departure.deleted, workspace));
      },
    });
  }

  /** The host page goes elsewhere first; then everything loads again. @param {string} event @param {Workspace} workspace */
  #departed(event, workspace) {
    this.host.announce(event, { id: workspace.id });
    this.host.store.changed();
  }
}
