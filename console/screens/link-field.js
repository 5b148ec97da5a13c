// A text to copy, which can also be selected where the browser does not allow copying.

import { css, html } from "../vendor/lit.js";

export const linkStyles = css`
  .link { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .5rem; align-items: center; }
  .link input { text-overflow: ellipsis; background: var(--raised); }
`;

/** @typedef {import("../element.js").SeatwiseElement} SeatwiseElement */

/** @param {SeatwiseElement} element @param {string} text @param {string} name what the text is @param {string} [label] of the button */
export function linkField(element, text, name, label = element.t.copy) {
  const select = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select();
  return html`<div class="link"><input class="code" dir="ltr" readonly aria-label=${name} .value=${text} @focus=${select}
    >${copyButton(element, text, label, `${label}: ${name}`)}</div>`;
}

/** What was copied last. @type {WeakMap<SeatwiseElement, string>} */
const copied = new WeakMap();

/** A button that copies a text, and says so. @param {SeatwiseElement} element @param {string} text @param {string} [label] @param {string} [name] the accessible name, where the label is not enough */
export function copyButton(element, text, label = element.t.copy, name) {
  const isCopied = copied.get(element) === text;
  return element.button({
    label: isCopied ? element.t.copied : label,
    name: isCopied ? undefined : name,
    act: async () => {
      try {
        await navigator.clipboard.writeText(text);
        // Beside a dialog nobody would see it, so the button itself says it.
        copied.set(element, text);
        element.requestUpdate();
      } catch {
        element.tell(element.t.notCopied);
      }
    },
  });
}
