// A host page without a framework.

import { enter, getToken, showInConsole } from "./token.js";

/** @typedef {import("../screens/members.js").Members} Members */
/** @typedef {import("../screens/switcher.js").Switcher} Switcher */

// The elements are defined as soon as this is loaded. They may be in the page before.
// @ts-ignore: the address is of the local server
await import("http://127.0.0.1:8787/console/seatwise.js");

const switcher = /** @type {Switcher} */ (document.querySelector("seatwise-switcher"));
const members = /** @type {Members} */ (document.querySelector("seatwise-members"));

const [first] = await enter();
for (const element of [switcher, members]) {
  // A function, so it is a property: no attribute, no markup and no log ever has a token.
  element.getToken = getToken;
  element.workspaceId = first.id;
}
// The address of the page keeps the filters.
members.filter = location.search.slice(1);
members.addEventListener("seatwise-filtered", (event) => {
  history.replaceState(null, "", `?${/** @type {CustomEvent} */ (event).detail}`);
});
members.addEventListener("seatwise-seats-wanted", () => showInConsole(members.workspaceId, "seats"));
members.addEventListener("seatwise-plan-wanted", () => showInConsole(members.workspaceId, "billing"));
switcher.addEventListener("seatwise-switched", (event) => {
  for (const element of [switcher, members]) element.workspaceId = /** @type {CustomEvent} */ (event).detail.id;
});
