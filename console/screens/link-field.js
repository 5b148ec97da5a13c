// A text to copy, which can also be selected where the browser does not allow copying.

import { css, html } from "../vendor/lit.js";

export const linkStyles = css`
  .link { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .5rem; align-items: center; }
  .link input { text-overflow: ellipsis; background: var(--raised); }
`;

/** @param {import("../element.js").SeatwiseElement} element @param {string} text @param {string} name what the text is @param {string} [label] of the button */
export function linkField(element, text, name, label = element.t.copy) {
  const select = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select();
  return html`<div class="link"><input class="code" dir="ltr" readonly aria-label=${name} .value=${text} @focus=${select}
    >${element.copyButton(text, label, `${label}: ${name}`)}</div>`;
}
