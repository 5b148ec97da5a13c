// What a sign-in adds to the address of a page, and what a tab keeps of the sign-in that it has started. This file needs no
// other, so that an address is clean before anything else is loaded.

/** The sign-in that this tab has started: its `state`, the place to return to, and its time. */
const STARTED = "seatwise-started";
/** A sign-in that takes longer, in milliseconds, is started again. */
const STARTED_FOR = 15 * 60 * 1000;
/** What a sign-in adds to the address of the page to which it returns. */
const ANSWER = ["state", "code", "error", "error_description", "error_uri", "iss", "session_state"];

/** Takes what a sign-in has added to the address out of it, so that neither the history nor a copied link keeps it. */
export function takeAnswer() {
  const query = new URLSearchParams(location.search);
  const answer = new URLSearchParams();
  for (const name of ANSWER) {
    const value = query.get(name);
    if (value !== null) answer.set(name, value);
    query.delete(name);
  }
  if (answer.size) history.replaceState(null, "", location.pathname + (query.size ? `?${query}` : "") + location.hash);
  return answer;
}

/** @param {string} state @param {Record<string, string>} [more] */
export function keepStarted(state, more) {
  sessionStorage.setItem(STARTED, JSON.stringify({ ...more, state, hash: location.hash, at: Date.now() }));
}

/**
 * The sign-in of this tab that the answer belongs to, or null; then the place that the person came for is the address
 * again. A sign-in counts once.
 * @param {URLSearchParams} answer @returns {Record<string, any> | null}
 */
export function takeStarted(answer) {
  if (!answer.size) return null;
  const started = youngEnough(sessionStorage.getItem(STARTED), STARTED_FOR);
  sessionStorage.removeItem(STARTED);
  if (!started || started.state !== answer.get("state")) return null;
  if (started.hash && !location.hash) history.replaceState(null, "", location.pathname + location.search + started.hash);
  return started;
}

/** The object that a text contains, unless its `at` is too long ago. @param {string | null} text @param {number} milliseconds @returns {Record<string, any> | null} */
export function youngEnough(text, milliseconds) {
  try {
    const kept = JSON.parse(text || "null");
    const age = Date.now() - kept.at;
    return age >= 0 && age < milliseconds ? kept : null;
  } catch {
    return null;
  }
}

/** A text that nobody guesses. @param {number} bytes */
export function randomText(bytes) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
