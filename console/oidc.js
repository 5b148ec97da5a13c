// The sign-in at an OpenID provider: authorization code with PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0).

import { html } from "./vendor/lit.js";
import { keepStarted, randomText, takeAnswer, takeStarted } from "./address.js";
import { Problem, claimsOf, queryText } from "./api.js";
import { asProblem } from "./element.js";
import { messages, preload } from "./messages.js";
import { fill } from "./messages/en.js";

/** @typedef {import("./types.d.ts").SignIn} SignIn */
/**
 * `signIn` in config.json. The provider knows the console as a public client, with the addresses of the console and of
 * the page /join as redirect URIs and as post-logout redirect URIs.
 * @typedef {object} OidcConfig
 * @property {"oidc"} kind
 * @property {string} issuer exactly as the provider's discovery document names it
 * @property {string} clientId
 * @property {string} [scope] default `openid profile email`; many providers give a refresh token only for `offline_access`, too
 * @property {"access_token" | "id_token"} [token] what the API gets; default `access_token`
 * @property {string} [audience] the API that the access token is for, for providers that ask for it so (Auth0)
 * @property {string} [otherAccount] the `prompt` for another account; default `login`, which all providers must have (OpenID Connect Core 1.0, section 15.1), or `select_account` where the provider lists it
 */
/**
 * What a tab keeps of a sign-in. `since`: when the token came, in milliseconds; `until`: when it expires, or null if the
 * provider does not say.
 * @typedef {{ token: string, idToken?: string, refresh?: string, since: number, until: number | null }} Session
 */

/** Where this tab keeps its session. It is gone with the tab. */
const SESSION = "seatwise-oidc";
/** Says that the person has signed out in this tab, and is not signed in again unasked. */
const SIGNED_OUT = "seatwise-signed-out";
/** The code of a failure to reach the provider. */
const UNREACHABLE = "provider_unreachable";
/** A token is replaced so long before it expires, but not so soon after it came, and a clock may be wrong by so much, in milliseconds. */
const EARLY = 30_000;
const NEW = 10_000;
const WRONG_CLOCK = 10 * 60 * 1000;

/** @param {OidcConfig} config @returns {SignIn} */
export const oidcSignIn = (config) => new OidcSignIn(config);

/** @implements {SignIn} */
class OidcSignIn {
  /** @type {Problem | null} */
  failure = null;
  #config;
  /** @type {Promise<any> | null} */
  #discovery = null;
  /** @type {Promise<string> | null} */
  #refreshing = null;

  /** @param {OidcConfig} config */
  constructor(config) { this.#config = config; }

  /** @type {SignIn["begin"]} */
  async begin({ answer = takeAnswer(), automatic = true } = {}) {
    await preload(document.documentElement.lang);
    this.failure = null;
    try {
      const started = takeStarted(answer);
      if (answer.has("code") || answer.has("error")) await this.#finish(answer, started);
    } catch (error) {
      this.failure = asProblem(error);
    }
    try {
      const token = read() && (await this.getToken({ fresh: false }).catch(unlessExpired));
      if (token) return token;
      if (automatic && !this.failure && !sessionStorage.getItem(SIGNED_OUT)) await this.start();
    } catch (error) {
      this.failure ||= asProblem(error);
    }
    return null;
  }

  /** @type {(how: { fresh: boolean }) => Promise<string>} */
  getToken = async ({ fresh }) => {
    const session = read();
    if (!session) throw expired();
    const { token, refresh, since, until } = session;
    const left = until === null ? Infinity : until - Date.now();
    // Of several requests that are refused together, the first one has replaced the token.
    const isNew = Date.now() - since < NEW;
    if ((!fresh || isNew) && left > (refresh ? EARLY : 0)) return token;
    this.#refreshing ||= this.#refresh(session).finally(() => { this.#refreshing = null; });
    return this.#refreshing;
  };

  /** @type {NonNullable<SignIn["start"]>} */
  start = async ({ state = randomText(16), another = false } = {}) => {
    const { clientId, scope = "openid profile email", audience, otherAccount } = this.#config;
    if (!isSecureContext) throw failed(words().insecure);
    const provider = await this.#provider();
    const prompt = otherAccount || (provider.prompt_values_supported?.includes("select_account") ? "select_account" : "login");
    const [verifier, nonce] = [randomText(32), randomText(16)];
    sessionStorage.removeItem(SIGNED_OUT);
    keepStarted(state, { verifier, nonce });
    go(provider.authorization_endpoint, {
      response_type: "code", client_id: clientId, redirect_uri: home(), scope, audience, state, nonce,
      code_challenge: await hash(verifier), code_challenge_method: "S256", prompt: another ? prompt : null,
    });
  };

  /** Nobody is signed in again unasked, nor after a reload. */
  forget() {
    drop();
    sessionStorage.setItem(SIGNED_OUT, "yes");
  }

  /** Signs out here and at the provider, which leads back to this page. */
  async end() {
    const session = read();
    this.forget();
    const provider = await this.#provider().catch(() => ({}));
    const { clientId: client_id, token } = this.#config;
    this.#revoke(provider, session?.refresh);
    if (provider.end_session_endpoint) {
      // What the API accepts goes into no address, where the history would keep it.
      const id_token_hint = token === "id_token" ? null : session?.idToken;
      go(provider.end_session_endpoint, { id_token_hint, client_id, post_logout_redirect_uri: home() });
    }
  }

  /** @param {any} provider @param {string | undefined} token a refresh token */
  #revoke(provider, token) {
    if (!token || !provider.revocation_endpoint) return;
    const form = { client_id: this.#config.clientId, token, token_type_hint: "refresh_token" };
    post(provider.revocation_endpoint, form).catch(() => {});
  }

  view() { return html`<seatwise-sign-in .start=${this.start} .reason=${this.failure}></seatwise-sign-in>`; }

  /** The provider's discovery document; asked for again after a failure. */
  async #provider() {
    const { issuer } = this.#config;
    try {
      const provider = await (this.#discovery ||= ask(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`));
      must("issuer", provider.issuer === issuer);
      return provider;
    } catch (error) {
      this.#discovery = null;
      throw error;
    }
  }

  /** Exchanges the code, if the answer is for the sign-in that was started here. @param {URLSearchParams} answer @param {Record<string, any> | null} started */
  async #finish(answer, started) {
    // Texts in an address that nobody has asked for are not shown: anybody can write them.
    if (!started?.verifier) throw failed(words().notStarted);
    const provider = await this.#provider();
    const iss = answer.get("iss");
    // A code of another provider is not sent to this one (RFC 9207).
    must("iss", iss ? iss === provider.issuer : !provider.authorization_response_iss_parameter_supported);
    const error = answer.get("error");
    if (error) throw refused(error, answer.get("error_description"));
    const tokens = await this.#tokens({ grant_type: "authorization_code", code: answer.get("code"), redirect_uri: home(), code_verifier: started.verifier });
    this.#check(tokens.id_token, "nonce", started.nonce);
    this.#keep(tokens);
  }

  /** A new token for the refresh token, and mostly a new refresh token. @param {Session} session */
  async #refresh(session) {
    const { refresh, idToken } = session;
    try {
      if (!refresh) throw expired();
      const tokens = await this.#tokens({ grant_type: "refresh_token", refresh_token: refresh });
      if (read()?.refresh !== refresh) {
        // The person has signed out meanwhile, so that nothing of the session may come back.
        this.#revoke(await this.#provider(), tokens.refresh_token);
        throw expired();
      }
      if (tokens.id_token && idToken) this.#check(tokens.id_token, "sub", claimsIn(idToken).sub);
      return this.#keep({ refresh_token: refresh, ...tokens }, idToken);
    } catch (error) {
      const problem = asProblem(error);
      // The session is kept while the provider cannot be reached.
      if (problem.code === UNREACHABLE || problem.status >= 429) throw problem;
      if (read()?.refresh === refresh) drop();
      throw expired();
    }
  }

  /** @param {Record<string, any>} form */
  async #tokens(form) {
    return post((await this.#provider()).token_endpoint, { ...form, client_id: this.#config.clientId });
  }

  /** Checks an ID token. It comes from the provider itself, so its signature says nothing new (OpenID Connect Core 1.0, section 3.1.3.7). @param {string} idToken @param {string} name @param {string} value */
  #check(idToken, name, value) {
    const claims = claimsIn(idToken);
    const { issuer, clientId } = this.#config;
    must("iss", claims.iss === issuer);
    must("aud", [claims.aud].flat().includes(clientId));
    must("azp", !claims.azp || claims.azp === clientId);
    must("exp", claims.exp * 1000 > Date.now() - WRONG_CLOCK);
    must(name, claims[name] === value);
  }

  /** Keeps the session of an answer with tokens. @param {any} tokens @param {string} [before] the ID token until now */
  #keep(tokens, before) {
    const { token: kind = "access_token" } = this.#config;
    const token = tokens[kind];
    must(kind, !!token);
    const seconds = kind === "id_token" ? claimsIn(token).exp - claimsIn(token).iat : tokens.expires_in;
    /** @type {Session} */
    const session = { token, idToken: tokens.id_token || before, refresh: tokens.refresh_token, since: Date.now(), until: seconds ? Date.now() + seconds * 1000 : null };
    sessionStorage.setItem(SESSION, JSON.stringify(session));
    return token;
  }
}

/** @returns {Session | null} */
const read = () => JSON.parse(sessionStorage.getItem(SESSION) || "null");

const drop = () => sessionStorage.removeItem(SESSION);

/** Where the provider leads back to: this page. */
const home = () => location.origin + location.pathname.replace(/index\.html$/, "");

/** @param {string} address @param {Record<string, any>} query */
function go(address, query) {
  location.assign(`${address}${address.includes("?") ? "&" : "?"}${queryText(query)}`);
}

/** @param {string} address @param {Record<string, any>} form */
const post = (address, form) => ask(address, { method: "POST", body: new URLSearchParams(queryText(form)), keepalive: true });

/** The JSON of an answer. @param {string} address @param {RequestInit} [options] @returns {Promise<any>} */
async function ask(address, options) {
  const reply = await fetch(address, { ...options, credentials: "omit", cache: "no-store" }).catch(() => {
    throw failed(fill(words().unreachable, { name: new URL(address).host }), 0, UNREACHABLE);
  });
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw refused(answer.error || String(reply.status), answer.error_description, reply.status);
  return answer;
}

/** The claims of an ID token. @param {string} idToken */
function claimsIn(idToken) {
  const claims = claimsOf(idToken);
  must("id_token", !!claims);
  return claims;
}

/** The SHA-256 of a text, in base64url. @param {string} text */
async function hash(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const words = () => messages(document.documentElement.lang).signIn;

/** @param {string} detail @param {number} [status] @param {string} [code] */
const failed = (detail, status = 0, code = "sign_in_failed") => new Problem(status, { code, detail });

const expired = () => failed(words().expired, 401);

/** @param {Problem} problem @returns {null} */
function unlessExpired(problem) {
  if (problem.status === 401) return null;
  throw problem;
}

/** What the provider says, in words. @param {string} error @param {string | null} [description] @param {number} [status] */
function refused(error, description, status) {
  const known = /** @type {Record<string, string>} */ (words().reasons);
  return failed(known[error] || fill(words().refused, { reason: description || error }), status);
}

/** @param {string} what @param {boolean} fits */
function must(what, fits) {
  if (!fits) throw failed(fill(words().mismatch, { what }));
}
