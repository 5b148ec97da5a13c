// Fields of forms in which something is bought: a whole number, and one of a few options.

import { css, html, nothing } from "../vendor/lit.js";
import { fill } from "../messages/en.js";

export const fieldStyles = css`
  .number { display: grid; grid-template-columns: auto 7rem auto; width: fit-content; gap: .25rem; }
  .number button { min-width: 2.25rem; padding: 0; }
  .number input { text-align: center; appearance: textfield; }
  .number input::-webkit-inner-spin-button { appearance: none; }
  .range { color: var(--bad); }
  .number:not(:has([aria-invalid])) ~ .range { display: none; }
  fieldset { border: 0; margin: 0; padding: 0; min-width: 0; display: grid; gap: .375rem; }
  legend { padding: 0; margin-block-end: .25rem; }
  .option { display: grid; grid-template-columns: auto 1fr auto; gap: .75rem; align-items: center; border: 1px solid var(--field); border-radius: var(--radius); padding: .5rem .75rem; cursor: pointer; }
  .option:has(:checked) { border-color: var(--accent); background: var(--raised); }
  .option small { font-weight: 400; }
`;

/**
 * A whole number, with a button for one less and one for one more. The field keeps what is typed; `set` gets the number, or null while there is none in the range.
 * @param {import("../element.js").SeatwiseElement} element
 * @param {{ id: string, label: string, hint?: string, value: number, min: number, max: number, set: (value: number | null) => unknown }} field
 */
export function numberField({ t, format }, { id, label, hint, value, min, max, set }) {
  const read = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const isGood = input.value !== "" && input.validity.valid;
    input.ariaInvalid = isGood ? null : "true";
    set(isGood ? input.valueAsNumber : null);
  };
  const step = (/** @type {Event} */ event, /** @type {number} */ by) => {
    const input = /** @type {HTMLInputElement} */ (/** @type {HTMLElement} */ (event.currentTarget).parentElement?.querySelector("input"));
    input.stepUp(by);
    input.dispatchEvent(new Event("input"));
  };
  return html`<div class="field"><label for=${id}>${label}</label><div class="number">
    <button type="button" part="button plain" aria-label=${fill(t.number.less, { label })} @click=${(/** @type {Event} */ event) => step(event, -1)}>−</button
    ><input type="number" inputmode="numeric" id=${id} required min=${min} max=${max} step="1" value=${value} aria-describedby=${`${id}-hint ${id}-range`} @input=${read}
    ><button type="button" part="button plain" aria-label=${fill(t.number.more, { label })} @click=${(/** @type {Event} */ event) => step(event, 1)}>+</button></div>
    ${hint ? html`<small id=${`${id}-hint`}>${hint}</small>` : nothing}<small id=${`${id}-range`} class=${hint ? "range" : ""}>${
      fill(t.number.range, { min: format.number(min), max: format.number(max) })}</small></div>`;
}

/** @param {string} legend @param {{ id: string, label: string, note?: string, price?: string }[]} options @param {string} chosen @param {(id: string) => unknown} choose */
export function optionsField(legend, options, chosen, choose) {
  return html`<fieldset><legend class="label">${legend}</legend>${options.map(({ id, label, note, price }) => html`<label class="option">
    <input type="radio" name="option" value=${id} .checked=${id === chosen} @change=${() => choose(id)}>
    <span>${label}${note ? html`<br><small>${note}</small>` : nothing}</span><span>${price || nothing}</span></label>`)}</fieldset>`;
}

/** A feature in words: the product says only its id. @param {string} id */
export const featureWords = (id) => id.replaceAll("-", " ").replace(/^.|\b(ai|api|csv|sms|sso)\b/g, (text) => text.toUpperCase());
