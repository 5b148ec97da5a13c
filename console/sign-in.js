// How a page gets its access token: config.json says which sign-in it has. Each is loaded where it is needed.

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
  const { localSignIn, pageSignIn } = await import("./own-sign-in.js");
  return signIn.kind === "page" ? pageSignIn(signIn.url) : localSignIn(api);
}

