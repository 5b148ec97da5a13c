// The client of the Seatwise API: the access token, JSON, problems as errors, and pages of lists.

/**
 * Returns an access token. `fresh`: the last token was refused, so the host must not answer it again.
 * @typedef {(how: { fresh: boolean }) => string | Promise<string>} GetToken
 */

/** A failure that the API describes (RFC 9457), or a network failure with the code `offline`. */
export class Problem extends Error {
  /** @param {number} status the HTTP status; 0 if there was no answer @param {Record<string, any>} body */
  constructor(status, body) {
    super(body.detail || body.title || `The server answered with status ${status}.`);
    this.status = status;
    /** What clients switch on. @type {string} */
    this.code = body.code || (status === 401 ? "unauthenticated" : "unexpected");
    /** @type {string} */
    this.title = body.title || "";
    /** @type {string | undefined} */
    this.reason = body.reason;
    /** What is wrong in the request, by field. @type {{ field: string, message: string }[]} */
    this.errors = body.errors || [];
    /** The names that the request can use in the place of an unknown one. @type {string[]} */
    this.choices = body.choices || [];
    /** The page where the customer can pay. @type {string | undefined} */
    this.payUrl = body.payUrl;
    /** The purchase that the problem is about. @type {string | undefined} */
    this.purchaseId = body.purchaseId;
    /** The workspace that the caller is a member of already. @type {string | undefined} */
    this.workspaceId = body.workspaceId;
    /** The workspaces that need the caller. @type {{ id: string, name: string, code: string }[]} */
    this.workspaces = body.workspaces || [];
    /** To quote in a question about the failure. @type {string | undefined} */
    this.requestId = body.requestId;
  }
}

/**
 * Loads files of the console when they are first needed. One that cannot be loaded is the same failure as an API that cannot
 * be reached. @template T @param {() => Promise<T>} load @returns {Promise<T>}
 */
export async function whenNeeded(load) {
  try {
    return await load();
  } catch (error) {
    console.warn(error);
    throw new Problem(0, { code: "offline" });
  }
}

/** The claims of a JWT, unchecked and only to compare; null if it is none. @param {string} jwt @returns {any} */
export function claimsOf(jwt) {
  try {
    return JSON.parse(atob(jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return null;
  }
}

/** The person of a token: the issuer and subject of a JWT; empty if it is none. @param {string} token */
export function personOf(token) {
  const claims = claimsOf(token);
  return claims ? `${claims.iss} ${claims.sub}` : "";
}

/** Whether a text can be an id. An address that somebody has written must not lead to other paths of the API. @param {string} text */
export const isId = (text) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);

/** The most seconds that a call waits before it repeats a request that the server was too busy for. */
const LONGEST_WAIT = 5;
const REPETITIONS = 2;
/** The most seconds until a token or an answer comes. */
const MOST_SECONDS = 30;

const seconds = (/** @type {number} */ n) => new Promise((done) => setTimeout(done, n * 1000));

/**
 * Fails if the answer takes too long, so that nothing waits for ever.
 * @template T @param {Promise<T>} answer @param {() => void} [giveUp] @returns {Promise<T>}
 */
function inTime(answer, giveUp) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => {
      fail(new Problem(0, { code: "timeout" }));
      giveUp?.();
    }, MOST_SECONDS * 1000);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** Text for a query: absent, null and empty values are left out. @param {Record<string, any>} query */
export function queryText(query) {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") text.set(name, String(value));
  }
  return String(text);
}

/** Calls the API. */
export class Client {
  /**
   * @param {string} api the address of the API, without a slash at the end; empty for this page's own origin
   * @param {GetToken} [getToken] @param {() => boolean} [isOver] whether nobody waits for the answers any more
   */
  constructor(api, getToken, isOver = () => false) {
    this.api = api.replace(/\/$/, "");
    this.getToken = getToken;
    this.isOver = isOver;
  }

  /** The access token; empty for a client without one. @param {boolean} fresh */
  token(fresh) { return inTime((async () => (await this.getToken?.({ fresh })) || "")()); }

  /**
   * @param {string} path @param {Record<string, any>} [query] @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  get(path, query = {}, signal) {
    const text = queryText(query);
    return this.call("GET", text ? `${path}?${text}` : path, { signal });
  }

  /**
   * @param {string} path @param {any} [body] @param {string} [idempotencyKey] makes a repetition harmless (creations)
   * @returns {Promise<any>}
   */
  post(path, body, idempotencyKey) { return this.call("POST", path, { body, idempotencyKey }); }

  /** @param {string} path @param {any} [body] @returns {Promise<any>} */
  put(path, body) { return this.call("PUT", path, { body }); }

  /** @param {string} path @param {any} body @returns {Promise<any>} */
  patch(path, body) { return this.call("PATCH", path, { body }); }

  /** @param {string} path @returns {Promise<any>} */
  delete(path) { return this.call("DELETE", path, {}); }

  /** All items of a list, page by page. @param {string} path @param {Record<string, any>} [query] @param {AbortSignal} [signal] */
  async *pages(path, query = {}, signal) {
    let cursor = null;
    do {
      const page = await this.get(path, { limit: 100, ...query, cursor }, signal);
      yield /** @type {any[]} */ (page.items);
      cursor = page.nextCursor;
    } while (cursor);
  }

  /**
   * The answer's JSON, its text or its `Blob` by the content type, or null. Throws a `Problem`.
   * @param {string} method @param {string} path
   * @param {{ body?: any, idempotencyKey?: string, signal?: AbortSignal }} options
   */
  async call(method, path, { body, idempotencyKey, signal }) {
    let fresh = false;
    for (let repetition = 0; ; repetition++) {
      const reply = await this.#send(method, path, body, idempotencyKey, signal, fresh);
      const answer = await (reply.ok ? answerOf(reply) : reply.json().catch(() => ({})));
      if (this.isOver()) throw new Problem(0, { code: "superseded" });
      if (reply.ok) return answer;
      const problem = new Problem(reply.status, answer);
      const wait = Number(reply.headers.get("retry-after") || 1);
      if (reply.status === 401 && this.getToken && !fresh) {
        fresh = true;
      } else if (reply.status === 503 && repetition < REPETITIONS && wait <= LONGEST_WAIT) {
        await seconds(wait);
      } else {
        throw problem;
      }
    }
  }

  /** @param {string} method @param {string} path @param {any} body @param {string | undefined} idempotencyKey @param {AbortSignal | undefined} signal @param {boolean} fresh */
  async #send(method, path, body, idempotencyKey, signal, fresh) {
    /** @type {Record<string, string>} */
    const headers = {};
    if (this.getToken) headers.authorization = `Bearer ${await this.token(fresh)}`;
    if (idempotencyKey) headers["idempotency-key"] = idempotencyKey;
    if (body instanceof Blob) headers["content-type"] = body.type;
    else if (body !== undefined) headers["content-type"] = "application/json";
    const content = body === undefined || body instanceof Blob ? body : JSON.stringify(body);
    const late = new AbortController();
    const ends = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
    try {
      const answer = fetch(this.api + path, { method, headers, body: content, signal: ends, credentials: "omit", cache: "no-store" });
      return await inTime(answer, () => late.abort());
    } catch (error) {
      if (signal?.aborted || error instanceof Problem) throw error;
      throw new Problem(0, { code: "offline" });
    }
  }
}

/** @param {Response} reply */
async function answerOf(reply) {
  const type = reply.headers.get("content-type") || "";
  if (reply.status === 204) return null;
  if (type.includes("json") && !type.includes("ndjson")) return reply.json();
  // A long export goes on after the event that `next` names.
  return Object.assign(await reply.blob(), { next: reply.headers.get("seatwise-next-after") });
}
