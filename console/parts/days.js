// Days, where the person is.

import { timeZone } from "../format.js";

/** Today, where the person is, as `2026-11-29`. */
export const today = () => new Date().toLocaleDateString("sv", { timeZone: timeZone() });

/**
 * The moment at which a day begins where the person is.
 * @param {string} day as `2026-11-29` @param {number} [later] the number of days to add @returns {string} RFC 3339
 */
export function startOfDay(day, later = 0) {
  const midnight = Date.parse(`${day}T00:00:00Z`) + later * 86_400_000;
  const clock = (/** @type {number} */ at) => Date.parse(`${new Date(at).toLocaleString("sv", { timeZone: timeZone() }).replace(" ", "T")}Z`);
  const near = 2 * midnight - clock(midnight);
  const begin = near + midnight - clock(near);
  // Where the clocks skip midnight, the day begins at one o'clock.
  return new Date(begin + Math.max(0, midnight - clock(begin))).toISOString();
}
