// The person's choices that belong to this browser: the theme and the language.

import { LANGUAGES, preload } from "./messages.js";

const THEME = "seatwise-theme";
const LANGUAGE = "seatwise-language";

export const theme = () => localStorage.getItem(THEME) || "system";

/** @param {string} theme `light`, `dark`, or `system` */
export function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  if (theme === "system") localStorage.removeItem(THEME);
  else localStorage.setItem(THEME, theme);
}

/** @param {string} language */
export function setLanguage(language) {
  document.documentElement.lang = language;
  localStorage.setItem(LANGUAGE, language);
}

/** Makes the page follow the choices, or else the browser. */
export async function applyPreferences() {
  setTheme(theme());
  const spoken = navigator.languages.map((language) => language.split("-")[0]).find((language) => language in LANGUAGES);
  document.documentElement.lang = localStorage.getItem(LANGUAGE) || spoken || "en";
  await preload(document.documentElement.lang);
}
