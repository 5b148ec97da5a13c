// Dates, money, lists and numbers, as the language of the page writes them.

/** @typedef {{ amount: number, currency: string }} Money */

const kept = /** @type {Map<string, Format>} */ (new Map());

/** The time zone of the person's settings, which all times follow; undefined for that of the browser. @type {string | undefined} */
let zone;

/** The time zone that times follow. */
export const timeZone = () => zone;

/** Makes times follow a time zone, or that of the browser if there is none or the browser does not know it. @param {string | null | undefined} timeZone */
export function followTimeZone(timeZone) {
  zone = timeZone || undefined;
  kept.clear();
  try {
    new Date().toLocaleDateString("sv", { timeZone: zone }); // throws for an unknown one
  } catch {
    zone = undefined;
  }
}

/** Formats of one language. */
export class Format {
  /** @param {string} language */
  static of(language) {
    let format = kept.get(language);
    if (!format) kept.set(language, (format = new Format(language)));
    return format;
  }

  /** @param {string} language */
  constructor(language) {
    this.language = language;
    this.#date = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: zone });
    this.#time = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone: zone });
    this.#list = new Intl.ListFormat(language);
    this.#number = new Intl.NumberFormat(language);
    this.#plural = new Intl.PluralRules(language);
  }
  #date; #time; #list; #number; #plural;

  /** @param {string} at RFC 3339 */
  date(at) { return this.#date.format(new Date(at)); }
  /** @param {string} at RFC 3339 */
  time(at) { return this.#time.format(new Date(at)); }
  /** @param {string[]} items */
  list(items) { return this.#list.format(items); }
  /** @param {number} number */
  number(number) { return this.#number.format(number); }
  /** @param {Money} money in minor units */
  money({ amount, currency }) {
    const format = new Intl.NumberFormat(this.language, { style: "currency", currency });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(amount / 10 ** digits).replace("-", "−");
  }
  /** The form for a count. @param {number} count @param {{ one: string, other: string }} forms with `#` for the number */
  count(count, forms) {
    const form = /** @type {Record<string, string>} */ (forms)[this.#plural.select(count)] || forms.other;
    return form.replace("#", this.number(count));
  }
}

/** The label of a role, tier or plan; its id, if the product has dropped it. @param {{ id: string, label: string }[]} items @param {string} wanted */
export const labelOf = (items, wanted) => items.find(({ id }) => id === wanted)?.label || wanted;

/** A person's name, else the address. @param {{ firstName?: string | null, lastName?: string | null, email?: string | null } | null | undefined} person */
export function nameOf(person) {
  return [person?.firstName, person?.lastName].filter(Boolean).join(" ") || person?.email || "";
}
