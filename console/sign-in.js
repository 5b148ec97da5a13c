// How a page gets its access token: from the local sign-in, from a sign-in page of the product, or from an OpenID
// provider. config.json says which.

import { html } from "./vendor/lit.js";
import { keepStarted, randomText, takeAnswer, takeStarted } from "./address.js";
import { Client } from "./api.js";
import "./screens/sign-in.js";

/** @typedef {import("./types.d.ts").SignIn} SignIn */
/**
 * The content of config.json (console/README.md).
 * @typedef {object} Config
 * @property {string} api the address of the API; empty for the page's own origin
 * @property {{ kind: "local" } | { kind: "page", url: string } | import("./oidc.js").OidcConfig} signIn
 * @property {string} [appUrl] where people go who have joined, with `{workspace}` for its id
 * @property {string} [onboardingUrl] the same for people to whom the product is new
 */

/** Where this tab keeps the token. */
const TOKEN = "seatwise-token";
/** Where the product's own sign-in page puts the token. */
const TOKEN_OF_PAGE = "seatwise-sign-in";
/** config.json, with the way to sign in. @typedef {Omit<Config, "signIn"> & { signIn: SignIn }} Setup */

/** Reads config.json. @returns {Promise<Setup>} */
export async function loadSignIn() {
  /** @type {Config} */
  const config = await new Client(new URL(".", import.meta.url).href).get("/config.json");
  return { ...config, signIn: await signInOf(config) };
}

/** @param {Config} config @returns {Promise<SignIn>} */
async function signInOf({ api, signIn }) {
  if (signIn.kind === "oidc") return (await import("./oidc.js")).oidcSignIn(signIn);
  if (signIn.kind === "page") return pageSignIn(signIn.url);
  await import("./screens/local-sign-in.js");
  return localSignIn(api);
}

/** @param {string} key */
const held = (key) => {
  const forget = () => sessionStorage.removeItem(key);
  return { getToken: () => sessionStorage.getItem(key) || "", forget, end: forget };
};

/** The sign-in of `seatwise dev`: anybody as anybody. @param {string} api @returns {SignIn} */
function localSignIn(api) {
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
function pageSignIn(url) {
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
