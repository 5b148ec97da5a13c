// Choosing a time zone: suggestions, and the time that it is there.

import { html } from "../vendor/lit.js";

/** The id of the suggestions, for the `list` of an input in the same element. */
export const ZONES = "zones";

export const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function zoneSuggestions() {
  return html`<datalist id=${ZONES}>${["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => html`<option value=${zone}></option>`)}</datalist>`;
}

/** The time there, or null if there is no such time zone. @param {string} language @param {string} zone */
export function timeIn(language, zone) {
  try {
    return new Intl.DateTimeFormat(language, { timeStyle: "short", timeZone: zone }).format();
  } catch {
    return null;
  }
}

/** The zone that a text means: a name, or the only one that contains the text, such as "berlin". @param {string} text */
export function zoneOf(text) {
  const plain = (/** @type {string} */ zone) => zone.toLowerCase().replaceAll("_", " ");
  const found = Intl.supportedValuesOf("timeZone").filter((zone) => plain(zone).includes(plain(text)));
  return found.find((zone) => plain(zone) === plain(text)) || (found.length === 1 ? found[0] : text);
}
