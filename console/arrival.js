// How an invitation comes to the page that its link opens: by the link, or back from a sign-in.

import { randomText, takeAnswer, youngEnough } from "./address.js";

/**
 * What a person has come with. `returned`: from the sign-in that they have started for this invitation, here in this tab.
 * `answer`: what the sign-in has added to the address.
 * @typedef {{ token: string | null, returned: boolean, answer: URLSearchParams }} Arrival
 */

/** This cookie keeps the invitation's token during the sign-in. Only the page's path receives it. */
const COOKIE = "seatwise-invitation";
/** The sign-in that the person has started on this page, in this tab: its `state`, its invitation and its time. */
const STARTED = "seatwise-join";
/** A sign-in that takes longer, in milliseconds, needs a click. */
const STARTED_FOR = 15 * 60 * 1000;

const cookiePlace = () => `; Path=${location.pathname}; SameSite=Strict${location.protocol === "https:" ? "; Secure" : ""}`;

/** @param {string} token */
const remember = (token) => { document.cookie = `${COOKIE}=${encodeURIComponent(token)}; Max-Age=3600${cookiePlace()}`; };

/** Drops the invitation's token, after which nothing joins any more. */
export const forgetInvitation = () => { document.cookie = `${COOKIE}=; Max-Age=0${cookiePlace()}`; };

function remembered() {
  const cookie = document.cookie.split("; ").find((text) => text.startsWith(`${COOKIE}=`));
  try {
    return cookie ? decodeURIComponent(cookie.slice(COOKIE.length + 1)) : null;
  } catch {
    return null;
  }
}

/**
 * The invitation, and whether the person has just returned from the sign-in that they started for it here.
 *
 * Removes the token and what a sign-in returns from the address, so that the history does not keep them and nobody shares
 * them by mistake. Also forgets the started sign-in before it counts: a reload, another tab and a page from elsewhere have
 * no state that counts again.
 * @returns {Arrival}
 */
export function takeArrival() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  const answer = takeAnswer();
  const started = youngEnough(sessionStorage.getItem(STARTED), STARTED_FOR);
  sessionStorage.removeItem(STARTED);
  const state = answer.get("state");
  if (!token && state && started?.state === state) return { token: started.invitation, returned: true, answer };
  if (token) remember(token);
  return { token: token || remembered(), returned: false, answer };
}

/** Starts a sign-in that returns to this page. @param {import("./sign-in.js").SignIn} signIn @param {string} invitation @param {boolean} another */
export async function signInFor(signIn, invitation, another) {
  const state = randomText(16);
  sessionStorage.setItem(STARTED, JSON.stringify({ state, invitation, at: Date.now() }));
  await signIn.start?.({ state, another });
}
