// The texts, in the language of the page. Each language has a file of those that every page needs, and a folder with a file
// for each group of the others, which an element loads with its language.

import { whenNeeded } from "./api.js";
import en from "./messages/en.js";

/**
 * @typedef {typeof en & typeof import("./messages/en/activity.js").default & typeof import("./messages/en/acts.js").default
 *   & typeof import("./messages/en/inviting.js").default
 *   & typeof import("./messages/en/joining.js").default & typeof import("./messages/en/keys.js").default
 *   & typeof import("./messages/en/paying.js").default & typeof import("./messages/en/settings.js").default} Messages
 */

/** The languages that there are, by their own names. */
export const LANGUAGES = { en: "English", de: "Deutsch" };

/** What is loaded of each language. @type {Record<string, {}>} */
const loaded = { en };

/** The language of an element: that of the nearest `lang`, across shadow roots. @param {Element} element */
export function languageOf(element) {
  for (let at = /** @type {Element | null} */ (element); at; ) {
    const closest = at.closest("[lang]");
    if (closest) return canonical(/** @type {HTMLElement} */ (closest).lang);
    const root = at.getRootNode();
    at = root instanceof ShadowRoot ? root.host : null;
  }
  return "en";
}

/** A language as formats know it: hosts also write `en_US`, `DE` or nothing. @param {string} language */
function canonical(language) {
  try {
    return Intl.getCanonicalLocales(language.replaceAll("_", "-"))[0];
  } catch {
    return "en";
  }
}

/** The language of the texts: English for a language that has none. @param {string} language */
function textsFor(language) {
  const [code] = language.split("-");
  return Object.hasOwn(LANGUAGES, code) ? code : "en";
}

/** The texts of a language, as far as they are loaded; all others show English until then. @param {string} language */
export const messages = (language) => /** @type {Messages} */ (loaded[textsFor(language)] || en);

/**
 * Loads the texts of a language: those that every page needs, and some groups.
 * @param {string} language @param {string[]} [groups] the names of files in the folder of the language
 */
export async function preload(language, groups = []) {
  const code = textsFor(language);
  const files = await whenNeeded(() => Promise.all([
    import(`./messages/${code}.js`),
    ...groups.map((group) => import(`./messages/${code}/${group}.js`)),
  ]));
  loaded[code] = Object.assign({}, loaded[code], ...files.map((file) => file.default));
}
