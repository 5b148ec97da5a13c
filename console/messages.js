// The texts, in the language of the page.

import en from "./messages/en.js";

/** @typedef {typeof en} Messages */

/** How to load each language. English is always there. @type {Record<string, () => Promise<{ default: Messages }>>} */
const languages = { de: () => import("./messages/de.js") };

/** @type {Record<string, Messages>} */
const loaded = { en };

/** The language of an element: that of the nearest `lang`, across shadow roots. @param {Element} element */
export function languageOf(element) {
  for (let at = /** @type {Element | null} */ (element); at; ) {
    const closest = at.closest("[lang]");
    if (closest) return /** @type {HTMLElement} */ (closest).lang;
    const root = at.getRootNode();
    at = root instanceof ShadowRoot ? root.host : null;
  }
  return "en";
}

/** The texts of a language, or else of English. @param {string} language */
export const messages = (language) => loaded[language.split("-")[0]] || en;

/** Loads the texts of a language. @param {string} language */
export async function preload(language) {
  const code = language.split("-")[0];
  if (!loaded[code] && languages[code]) loaded[code] = (await languages[code]()).default;
}

/** The languages that there are, by their own names. */
export const LANGUAGES = { en: "English", de: "Deutsch" };
