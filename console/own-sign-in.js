// The sign-ins without an OpenID provider: that of `seatwise dev`, and a sign-in page of the product.

import { html } from "./vendor/lit.js";
import { keepStarted, randomText, takeAnswer, takeStarted } from "./address.js";

/** @typedef {import("./types.d.ts").SignIn} SignIn */

/** Where this tab keeps the token. */
const TOKEN = "seatwise-token";
/** Where the product's own sign-in page puts the token. */
const TOKEN_OF_PAGE = "seatwise-sign-in";
/** @param {string} key */
const held = (key) => {
  const forget = () => sessionStorage.removeItem(key);
  return { getToken: () => sessionStorage.getItem(key) || "", forget, end: forget };
};

/** The sign-in of `seatwise dev`: anybody as anybody. @param {string} api @returns {Promise<SignIn>} */
export async function localSignIn(api) {
  await import("./screens/local-sign-in.js");
  const entered = (/** @type {string} */ token, /** @type {() => void} */ then) => {
    sessionStorage.setItem(TOKEN, token);
    then();
  };
  return {
    ...held(TOKEN),
    begin: async () => sessionStorage.getItem(TOKEN),
    view: (then, label = "") => html`<seatwise-local-sign-in .api=${api} .label=${label}
      @seatwise-signed-in=${(/** @type {CustomEvent} */ event) => entered(event.detail, then)}></seatwise-local-sign-in>`,
  };
}

/**
 * The product's own sign-in page. It gets the query parameters `return`, a path of this origin, and `state`. In the same
 * tab, it stores the access token in sessionStorage as `seatwise-sign-in`, and goes to the path with the same `state`.
 * @param {string} url @returns {SignIn}
 */
export function pageSignIn(url) {
  /** @type {NonNullable<SignIn["start"]>} */
  const start = async ({ state = randomText(16), another = false } = {}) => {
    const address = new URL(url, location.href);
    if (another) address.searchParams.set("prompt", "select_account");
    address.searchParams.set("return", location.pathname);
    address.searchParams.set("state", state);
    keepStarted(state);
    location.assign(address);
  };
  return {
    ...held(TOKEN_OF_PAGE),
    start,
    begin: async ({ answer = takeAnswer() } = {}) => {
      takeStarted(answer);
      return sessionStorage.getItem(TOKEN_OF_PAGE);
    },
    view: () => html`<seatwise-sign-in .start=${start}></seatwise-sign-in>`,
  };
}
