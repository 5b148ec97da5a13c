// The picture of a workspace: its logo, or else its initials.

import { css, html, nothing } from "../vendor/lit.js";

export const logoStyles = css`
  .logo { position: relative; overflow: hidden; flex: none; display: inline-grid; place-items: center; width: 2rem; height: 2rem; padding: 0; border-radius: .375rem; font-size: .75rem; }
  .logo.large { width: 4rem; height: 4rem; font-size: 1.375rem; border-radius: .625rem; }
  .logo img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; background: var(--surface); }
`;

/** The colors of badges (style.js). */
const COLORS = ["indigo", "green", "amber", "violet", "red", "blue"];

/** Hides a logo that cannot be loaded, so that the initials show. @param {Event} event */
const settle = (event) => { /** @type {HTMLElement} */ (event.target).hidden = event.type === "error"; };

/** The picture is not read out: the name stands next to it. @param {{ name: string, logoUrl?: string | null }} workspace @param {"large" | ""} [size] */
export function logo({ name, logoUrl }, size = "") {
  const color = COLORS[[...name].reduce((sum, c) => sum + (c.codePointAt(0) || 0), 0) % COLORS.length];
  return html`<span class=${`logo badge ${size}`} data-color=${color} aria-hidden="true">${initials(name)}${logoUrl
    ? html`<img alt="" @error=${settle} @load=${settle} src=${logoUrl}>` : nothing}</span>`;
}

/** @param {string} name */
function initials(name) {
  const words = name.split(/\s+/).map((word) => word.match(/[\p{L}\p{N}\p{Extended_Pictographic}]/u)?.[0]);
  return words.filter(Boolean).slice(0, 2).join("").toLocaleUpperCase() || "?";
}
