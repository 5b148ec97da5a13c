// The sign-in at an OpenID provider: a real one, in this process, and the console as its public client.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, request as send } from "node:http";
import { text } from "node:stream/consumers";
import { after } from "node:test";
import { pathToFileURL } from "node:url";
import { Server, button, scenario, sees, serve, settled, until, watched, windowOf } from "./harness.mjs";

const { Provider, interactionPolicy } = await import(pathToFileURL(`${process.env.NODE_TOOLS}/oidc-provider/lib/index.js`));

const CLIENT = "console";
const API = "https://api.seatwise.example";
const SCOPE = "openid profile email offline_access";
/** How long tokens are valid, in seconds. */
const LIFETIME = 600;

// The provider.

/** Serves until the tests have ended. @returns the port */
async function listen(handle, host) {
  const listener = createServer(handle).listen(0, host);
  await once(listener, "listening");
  after(() => { listener.close(); listener.closeAllConnections(); });
  return listener.address().port;
}

const KEY = { ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "RS256" };
/** Answers as the provider: the local server asks for the keys at its start, before the provider knows the pages that it leads back to. */
let callback = ({ url }, reply) => {
  const { kty, n, e, kid, use, alg } = KEY;
  const answer = url.endsWith("openid-configuration") ? { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` } : { keys: [{ kty, n, e, kid, use, alg }] };
  reply.setHeader("content-type", "application/json").end(JSON.stringify(answer));
};

// Another host than that of the console: cookies know no ports.
const ISSUER = `http://localhost:${await listen((request, reply) => answer(request, reply), "localhost")}`;

/** The local server behind a host with another config.json, which adds the provider's origin to `connect-src` (console/README.md). */
async function hosted(audience) {
  const { address } = await serve("role-ladder", "--oidc-issuer", ISSUER, "--oidc-audience", audience);
  const port = await listen((request, reply) => {
    const { method, headers, url } = request;
    if (url === "/console/config.json") return reply.setHeader("content-type", "application/json").end(JSON.stringify({ api: "", signIn: host.signIn }));
    const forward = send(address + url, { method, headers }, (answer) => {
      const policy = answer.headers["content-security-policy"]?.replace("connect-src 'self'", `$& ${ISSUER}`);
      reply.writeHead(answer.statusCode, { ...answer.headers, ...(policy ? { "content-security-policy": policy } : {}) });
      answer.pipe(reply);
    });
    forward.on("error", () => reply.destroy());
    request.pipe(forward);
  }, "127.0.0.1");
  const host = new Server(`http://127.0.0.1:${port}`);
  return host;
}

const server = await hosted(API);
const serverOfIdTokens = await hosted(CLIENT);
const pages = [server, serverOfIdTokens].flatMap(({ address }) => [`${address}/console/`, `${address}/join`]);

const claimsOf = (email) => ({ sub: email, email, email_verified: true, given_name: email.split("@")[0] });
const policy = interactionPolicy.base();
policy.add(new interactionPolicy.Prompt({ name: "select_account", requestable: true }), 0);

const provider = new Provider(ISSUER, {
  clients: [{
    client_id: CLIENT, token_endpoint_auth_method: "none", grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"], redirect_uris: pages, post_logout_redirect_uris: pages,
  }],
  jwks: { keys: [KEY] },
  cookies: { keys: ["one"] },
  pkce: { required: () => true },
  claims: { openid: ["sub", "jti"], email: ["email", "email_verified"], profile: ["given_name"] },
  // As most providers do, unlike the standard's text: the ID token has the claims of all scopes.
  conformIdTokenClaims: false,
  // Without `jti`, the ID tokens of one second are alike.
  findAccount: (_, email) => ({ accountId: email, claims: () => ({ ...claimsOf(email), jti: randomUUID() }) }),
  extraTokenClaims: (_, token) => claimsOf(token.accountId),
  extraParams: ["audience"],
  clientBasedCORS: (_, origin) => pages.some((page) => page.startsWith(`${origin}/`)),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  loadExistingGrant: consented,
  interactions: { policy, url: (_, { uid }) => `/interaction/${uid}` },
  ttl: { IdToken: LIFETIME, AccessToken: LIFETIME, RefreshToken: 3600, Session: 3600, Interaction: 3600, Grant: 3600 },
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true, allowedPolicy: (_, client, token) => client.clientId === token.clientId },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => { ctx.body = `<title>Provider</title>${form}<button form="op.logoutForm" name="logout" value="yes">End the session</button>`; },
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx) => ctx.oidc.params.audience || API,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, audience) => ({ scope: "", audience, accessTokenFormat: "jwt", accessTokenTTL: LIFETIME, jwt: { sign: { alg: "RS256" } } }),
    },
  },
});

/** What the token endpoint has given and refused. */
const grants = [];
provider.on("grant.success", ({ oidc, body }) => grants.push({ asked: { ...oidc.params }, given: body, email: oidc.entities.Account.accountId }));
const refusals = [];
provider.on("grant.error", ({ oidc }, error) => refusals.push({ asked: { ...oidc.params }, error: error.error }));

/** The console belongs to the provider, so that nobody is asked for consent. */
async function consented({ oidc }) {
  const known = oidc.session.grantIdFor(CLIENT);
  if (known) return provider.Grant.find(known);
  const grant = new provider.Grant({ clientId: CLIENT, accountId: oidc.session.accountId });
  grant.addOIDCScope(SCOPE);
  grant.addResourceScope(oidc.params.audience || API, "");
  await grant.save();
  return grant;
}

callback = provider.callback();

async function answer(request, reply) {
  if (!request.url.startsWith("/interaction/")) return callback(request, reply);
  const { prompt } = await provider.interactionDetails(request, reply);
  if (request.method === "GET") {
    return reply.setHeader("content-type", "text/html").end(`<title>Provider</title><h1>${prompt.name}</h1><form method="post">
      <label>Login <input name="email"></label><button>Continue</button><button name="cancel" value="yes">Cancel</button></form>`);
  }
  const form = new URLSearchParams(await text(request));
  const result = form.has("cancel") ? { error: "access_denied" } : { [prompt.name]: {}, login: { accountId: form.get("email") } };
  return provider.interactionFinished(request, reply, result);
}

// People, and the console.

let count = 0;

/** A person of the provider who owns a workspace; each test has its own. */
async function owner(home = server, audience = API) {
  const email = `ada-${++count}@acme.example`;
  const token = new provider.AccessToken({ client: await provider.Client.find(CLIENT), accountId: email, extra: claimsOf(email) });
  token.resourceServer = new provider.ResourceServer(audience, { audience, accessTokenFormat: "jwt", accessTokenTTL: LIFETIME });
  const person = { email, token: await token.save() };
  await home.post("/v1/me", {}, person.token);
  return { ...person, office: await home.office(person), grants: () => grants.filter((grant) => grant.email === email) };
}

/** Invites somebody to the person's workspace. @returns the address in the mail */
async function invite(person, email) {
  await server.post(`${person.office.path}/invitations`, { emails: [email] }, person.token);
  return until(async () => {
    const mails = await server.get(`/dev/mailbox?to=${email}`);
    const [mail] = mails.items || mails;
    return mail && new URL(mail.links[0]);
  }, "the mail");
}

/** A window, and how consoles of `home` sign in from now on. `sent`: the requests of the window. `signIn`: differences in config.json. */
async function oidcWindow({ home = server, ...signIn } = {}) {
  home.signIn = { kind: "oidc", issuer: ISSUER, clientId: CLIENT, scope: SCOPE, audience: API, ...signIn };
  const context = await windowOf();
  context.sent = [];
  context.on("request", (request) => context.sent.push(request));
  return { context, home };
}

/** Opens an address of the console's origin in a new tab. The page may leave it at once. */
async function visit({ context, home }, path) {
  const page = await watched(await context.newPage());
  page.said = [];
  page.on("console", (message) => page.said.push(message.text()));
  await page.goto(home.address + path, { waitUntil: "commit" });
  return page;
}

/** Signs in on the provider's page. */
async function logIn(page, email) {
  await page.getByRole("heading", { name: "login", exact: true }).waitFor();
  await page.getByLabel("Login").fill(email);
  await button(page, "Continue").click();
}

const settings = (person) => `/console/#/w/${person.office.id}/settings`;
const atSettings = (page) => page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();

/** A tab with the settings of the person's workspace, signed in. */
async function signedIn(window, person) {
  const page = await visit(window, settings(person));
  await logIn(page, person.email);
  await atSettings(page);
  await settled(page);
  return page;
}

/** The requests of a window to one address. */
const sentTo = ({ context }, address) => context.sent.filter((request) => request.url().split("?")[0] === address);
const queryOf = (request) => Object.fromEntries(new URL(request.url()).searchParams);
const authorizations = (window) => sentTo(window, `${ISSUER}/auth`).map(queryOf);
const tokenRequests = (window) => sentTo(window, `${ISSUER}/token`);
const revoked = (window) => sentTo(window, `${ISSUER}/token/revocation`).map((request) => new URLSearchParams(request.postData()).get("token"));
const bearersOf = ({ context }) => context.sent.map((request) => request.headers().authorization).filter(Boolean).map((value) => value.replace("Bearer ", ""));

/** The addresses to which the tab can go back. */
async function historyOf(page) {
  const devtools = await page.context().newCDPSession(page);
  return (await devtools.send("Page.getNavigationHistory")).entries.map(({ url }) => url);
}

/** All that is on the page, in every shadow root, and what outlives the tab. */
const shown = (page) => page.evaluate(() => {
  const inside = (root) => root.innerHTML + [...root.querySelectorAll("*")].map((element) => (element.shadowRoot ? inside(element.shadowRoot) : "") + (element.value ?? "")).join("");
  return inside(document.documentElement) + JSON.stringify(localStorage) + document.cookie;
});

/** The secrets are in no address, history, page, log or lasting store. */
async function assertNowhere(window, page, secrets) {
  const places = {
    "an address": window.context.sent.map((request) => request.url()),
    "a referrer": window.context.sent.map((request) => request.headers().referer || ""),
    "the history": await historyOf(page),
    "the page": [await shown(page)],
    "the log": page.said,
  };
  for (const [name, secret] of Object.entries(secrets)) {
    assert.ok(secret, name);
    for (const [place, texts] of Object.entries(places)) assert.ok(!texts.some((text) => text.includes(secret)), `${name} is in ${place}`);
  }
}

/** The page says why nobody is signed in. It has sent no code to the provider unless `codes` says how many. */
async function assertRefused(window, page, reason, codes = 0) {
  await page.getByRole("alert").filter({ hasText: reason }).waitFor();
  await button(page, "Sign in").waitFor();
  assert.equal(tokenRequests(window).length, codes);
  assert.equal(await page.evaluate(() => sessionStorage.getItem("seatwise-oidc")), null);
  assert.deepEqual(bearersOf(window), []);
}

/** After a refusal, one click signs in. */
async function assertSignsInByClick(page, person, isKnown = false) {
  await button(page, "Sign in").click();
  if (!isKnown) await logIn(page, person.email);
  await atSettings(page);
}

scenario("oidc_the_first_visit_signs_in_and_comes_back_to_the_address_it_was_for", async () => {
  const ada = await owner();
  const window = await oidcWindow();
  const path = `/console/#/w/${ada.office.id}/members?search=ada`;
  const page = await visit(window, path);
  await logIn(page, ada.email);
  await page.getByRole("heading", { level: 1, name: "Members" }).waitFor();
  await settled(page);
  assert.equal(page.url(), server.address + path);
  const [{ state, nonce, code_challenge, ...asked }] = authorizations(window);
  assert.deepEqual(asked, { response_type: "code", client_id: CLIENT, redirect_uri: `${server.address}/console/`, scope: SCOPE, audience: API, code_challenge_method: "S256" });
  const [{ asked: { code, code_verifier }, given }, ...others] = ada.grants();
  assert.equal(others.length, 0);
  assert.equal(createHash("sha256").update(code_verifier).digest("base64url"), code_challenge);
  const links = [...(await historyOf(page)), ...window.context.sent.map((request) => request.headers().referer || "")];
  assert.ok(links.every((url) => !/[?&#](code|state|iss)=/.test(url)), "the answer is in no history and no referrer");
  await assertNowhere(window, page, { "the access token": given.access_token, "the ID token": given.id_token, "the refresh token": given.refresh_token, "the verifier": code_verifier });
  const kept = await page.evaluate(() => JSON.stringify(sessionStorage));
  for (const used of [code, state, nonce, code_verifier]) assert.ok(!kept.includes(used), "what a sign-in needs once is not kept");
  assert.deepEqual(new Set(bearersOf(window)), new Set([given.access_token]));
});

scenario("oidc_each_tab_has_a_sign_in_of_its_own_and_goes_on_with_it_after_a_reload", async () => {
  const ada = await owner();
  const window = await oidcWindow();
  await signedIn(window, ada);
  // The provider knows the person, so that another tab asks nobody.
  const other = await visit(window, settings(ada));
  await atSettings(other);
  const [one, two] = authorizations(window);
  for (const name of ["state", "nonce", "code_challenge"]) assert.notEqual(one[name], two[name], name);
  const [first, second] = ada.grants();
  assert.notEqual(first.asked.code_verifier, second.asked.code_verifier);
  assert.notEqual(first.given.refresh_token, second.given.refresh_token);
  await other.reload();
  await atSettings(other);
  await settled(other);
  assert.equal(authorizations(window).length, 2);
  assert.equal(ada.grants().length, 2);
});

scenario("oidc_an_invitation_is_kept_while_its_guest_signs_in_and_reaches_only_the_api", async () => {
  const ada = await owner();
  const link = await invite(ada, "guest@other.example");
  const token = new URLSearchParams(link.hash.slice(1)).get("token");
  const window = await oidcWindow();
  const page = await visit(window, link.pathname + link.hash);
  await button(page, "Sign in").click();
  await logIn(page, "guest@other.example");
  await page.getByRole("heading", { name: "Welcome to Acme" }).waitFor();
  assert.equal(page.url(), `${server.address}/join`);
  const { items } = await server.get(`${ada.office.path}/members`, ada.token);
  assert.ok(items.some(({ email }) => email === "guest@other.example"));
  const holders = window.context.sent.filter((request) => (request.postData() || "").includes(token)).map((request) => request.url());
  assert.deepEqual(new Set(holders), new Set(["/v1/invitations/preview", "/v1/join"].map((path) => server.address + path)));
  await assertNowhere(window, page, { "the invitation": token, "the access token": grants.at(-1).given.access_token });
});

scenario("oidc_an_answer_with_another_state_is_refused", async () => {
  const ada = await owner();
  const window = await oidcWindow();
  const page = await visit(window, settings(ada));
  await page.getByRole("heading", { name: "login" }).waitFor();
  const [{ state }] = authorizations(window);
  await page.goto(`${server.address}/console/?${new URLSearchParams({ code: "stolen", state: `${state}0`, iss: ISSUER })}`);
  await assertRefused(window, page, "This sign-in was not started in this tab");
  assert.equal(page.url(), `${server.address}/console/`);
  // The state counts once: even the right one comes too late now.
  await page.goto(`${server.address}/console/?${new URLSearchParams({ code: "stolen", state, iss: ISSUER })}`);
  await assertRefused(window, page, "This sign-in was not started in this tab");
});

scenario("oidc_an_answer_of_another_issuer_is_refused", async () => {
  const ada = await owner();
  const window = await oidcWindow();
  const page = await visit(window, settings(ada));
  for (const iss of [{ iss: "https://evil.example" }, {}]) {
    await page.getByRole("heading", { name: "login" }).waitFor();
    const { state } = authorizations(window).at(-1);
    await page.goto(`${server.address}/console/?${new URLSearchParams({ code: "stolen", state, ...iss })}`);
    await assertRefused(window, page, "does not fit this sign-in (iss)");
    await button(page, "Sign in").click();
  }
  await logIn(page, ada.email);
  await atSettings(page);
});

scenario("oidc_an_id_token_with_another_nonce_is_refused", async () => {
  const ada = await owner();
  const window = await oidcWindow();
  await window.context.route(`${ISSUER}/auth?**`, (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set("nonce", "of-another-sign-in");
    return route.continue({ url: String(url) });
  });
  const page = await visit(window, settings(ada));
  await logIn(page, ada.email);
  await assertRefused(window, page, "does not fit this sign-in (nonce)", 1);
});

scenario("oidc_a_code_of_somebody_else_signs_nobody_in", async () => {
  const [ada, eve] = [await owner(), await owner()];
  // The attacker keeps the code of a sign-in of her own.
  const attacker = await oidcWindow();
  await attacker.context.route(`${ISSUER}/token`, (route) => route.abort());
  await logIn(await visit(attacker, settings(eve)), eve.email);
  await until(() => tokenRequests(attacker).length, "the code");
  const stolen = new URLSearchParams(tokenRequests(attacker)[0].postData()).get("code");
  const window = await oidcWindow();
  const page = await visit(window, settings(ada));
  await page.getByRole("heading", { name: "login" }).waitFor();
  const [{ state }] = authorizations(window);
  await page.goto(`${server.address}/console/?${new URLSearchParams({ code: stolen, state, iss: ISSUER })}`);
  // The provider compares the verifier of this tab with the challenge of the other.
  await assertRefused(window, page, "The sign-in service refused", 1);
  const { asked, error } = refusals.at(-1);
  assert.deepEqual([asked.code, error], [stolen, "invalid_grant"]);
});

/** Moves the clock of the page so far that its token is about to expire. */
const nearExpiry = (page) => page.clock.fastForward((LIFETIME - 20) * 1000);

/** A tab as `signedIn` has, whose clock the test moves. */
async function signedInWithClock(window, person) {
  await window.context.clock.install();
  return signedIn(window, person);
}

/** Each refresh token was used once, and was the newest. */
function assertRotated(all) {
  const [, ...renewals] = all;
  assert.deepEqual(renewals.map(({ asked }) => [asked.grant_type, asked.refresh_token]), renewals.map((_, index) => ["refresh_token", all[index].given.refresh_token]));
}

scenario("oidc_a_token_is_replaced_once_before_it_expires_however_many_requests_need_it", async () => {
  const ada = await owner();
  const window = await oidcWindow();
  const page = await signedInWithClock(window, ada);
  for (const [round, screen] of ["Activity", "Members"].entries()) {
    await nearExpiry(page);
    const before = bearersOf(window).length;
    await page.getByRole("link", { name: screen, exact: true }).click();
    await page.getByRole("heading", { level: 1, name: screen }).waitFor();
    await settled(page);
    const [newest, ...more] = ada.grants().slice(round + 1);
    assert.equal(more.length, 0, "one renewal");
    const bearers = bearersOf(window).slice(before);
    assert.ok(bearers.length > 1, "several requests");
    assert.deepEqual(new Set(bearers), new Set([newest.given.access_token]));
  }
  assertRotated(ada.grants());
  await page.reload();
  await settled(page);
  assert.equal(ada.grants().length, 3);
  assert.equal(authorizations(window).length, 1);
});

scenario("oidc_a_token_that_the_api_refuses_is_replaced_once_even_for_the_request_that_hears_of_it_last", async () => {
  const ada = await owner();
  const window = await oidcWindow();
  const page = await signedInWithClock(window, ada);
  await page.clock.fastForward(60_000);
  const [{ given: { access_token: old } }] = ada.grants();
  let held;
  let refused = 0;
  await page.route("**/v1/**", async (route) => {
    if (route.request().headers().authorization !== `Bearer ${old}`) return route.continue();
    refused++;
    if (!held) return (held = route);
    return route.fulfill({ status: 401, json: {} });
  });
  await page.getByRole("link", { name: "Activity", exact: true }).click();
  await until(() => held && ada.grants().length === 2 && bearersOf(window).at(-1) !== old, "the new token");
  await held.fulfill({ status: 401, json: {} });
  await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor();
  await settled(page);
  assert.ok(refused > 1);
  assert.equal(ada.grants().length, 2);
  assertRotated(ada.grants());
});

scenario("oidc_while_the_provider_cannot_be_reached_the_session_is_kept", async () => {
  const ada = await owner();
  const window = await oidcWindow();
  const page = await signedInWithClock(window, ada);
  await nearExpiry(page);
  await page.route(`${ISSUER}/token`, (route) => route.abort());
  await page.getByRole("link", { name: "Activity", exact: true }).click();
  await sees(page, `The sign-in service ${new URL(ISSUER).host} could not be reached.`);
  await page.unroute(`${ISSUER}/token`);
  await button(page, "Try again").first().click();
  await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor();
  await settled(page);
  assertRotated(ada.grants());
  assert.equal(authorizations(window).length, 1);
});

scenario("oidc_a_refused_renewal_asks_to_sign_in_above_the_page_and_one_click_does_it", async () => {
  const ada = await owner();
  const window = await oidcWindow();
  const page = await signedInWithClock(window, ada);
  const name = page.getByRole("textbox", { name: "Name", exact: true });
  await name.fill("Half a na");
  const [{ given }] = ada.grants();
  await (await provider.RefreshToken.find(given.refresh_token)).destroy();
  await nearExpiry(page);
  await button(page, "Save").first().click();
  await page.getByRole("dialog", { name: "Your sign-in has expired. Sign in again." }).waitFor();
  assert.equal(await name.inputValue(), "Half a na");
  assert.equal(refusals.filter(({ asked }) => asked.refresh_token === given.refresh_token).length, 1);
  await assertSignsInByClick(page, ada, true);
  assert.equal(page.url(), server.address + settings(ada));
  assert.notEqual(ada.grants().at(-1).given.refresh_token, given.refresh_token);
});

const signOut = async (page) => {
  await page.locator("button.account").click();
  await button(page, "Sign out").click();
};

scenario("oidc_signing_out_ends_the_session_of_the_provider_too", async () => {
  const ada = await owner();
  const window = await oidcWindow();
  const page = await signedIn(window, ada);
  const other = await visit(window, settings(ada));
  await atSettings(other);
  const [{ given }] = ada.grants();
  assert.ok(await provider.RefreshToken.find(given.refresh_token));
  await signOut(page);
  await button(page, "End the session").waitFor();
  const [ending] = sentTo(window, `${ISSUER}/session/end`);
  assert.deepEqual(queryOf(ending), { id_token_hint: given.id_token, client_id: CLIENT, post_logout_redirect_uri: `${server.address}/console/` });
  // Before the session ends at the provider, its tokens are worth nothing already.
  await until(async () => !(await provider.RefreshToken.find(given.refresh_token)), "the end of the refresh token");
  await button(page, "End the session").click();
  await page.waitForURL(`${server.address}/console/`);
  for (const tab of [page, other]) {
    await button(tab, "Sign in").waitFor();
    assert.equal(await tab.evaluate(() => sessionStorage.getItem("seatwise-oidc")), null);
  }
  // Nobody is signed in unasked, in no tab, and the provider asks who it is.
  for (const tab of [page, other]) {
    await tab.reload();
    await button(tab, "Sign in").waitFor();
  }
  await button(page, "Sign in").click();
  await logIn(page, ada.email);
  await button(page, "Workspace: Acme").waitFor();
});

scenario("oidc_a_renewal_that_ends_after_the_sign_out_brings_nothing_back", async () => {
  const ada = await owner();
  const window = await oidcWindow();
  const page = await signedInWithClock(window, ada);
  const other = await visit(window, settings(ada));
  await atSettings(other);
  await settled(other);
  const [given, release] = [once(window.context, "given"), once(window.context, "released")];
  await other.route(`${ISSUER}/token`, async (route) => {
    const response = await route.fetch();
    window.context.emit("given", await response.json());
    await release;
    await route.fulfill({ response });
  });
  await nearExpiry(other);
  await other.getByRole("link", { name: "Activity", exact: true }).click();
  const [{ refresh_token }] = await given;
  await signOut(page);
  await button(other, "Sign in").waitFor();
  window.context.emit("released");
  await until(() => revoked(window).includes(refresh_token), "the end of the new refresh token");
  assert.equal(await other.evaluate(() => sessionStorage.getItem("seatwise-oidc")), null);
});

scenario("oidc_another_account_is_asked_for_by_the_prompt_that_the_provider_has", async () => {
  const [ada, guest] = [await owner(), `guest-${++count}@other.example`];
  const link = await invite(ada, guest);
  const window = await oidcWindow();
  let listed;
  await window.context.route("**/.well-known/openid-configuration", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), prompt_values_supported: listed } });
  });
  const page = await watched(await window.context.newPage());
  for (const [prompt, supported, otherAccount] of [["login"], ["select_account", ["login", "select_account"]], ["login", ["login", "select_account"], "login"]]) {
    listed = supported;
    server.signIn.otherAccount = otherAccount;
    await page.goto(server.address + link.pathname + link.hash);
    await button(page, "Sign in").click();
    // From now on the provider knows Ada, to whom the invitation was not sent.
    if (!grants.some(({ email }) => email === ada.email)) await logIn(page, ada.email);
    await button(page, "Use another account").click();
    await button(page, "Sign in").click();
    await page.getByRole("heading", { name: prompt, exact: true }).waitFor();
    assert.equal(authorizations(window).at(-1).prompt, prompt);
  }
  await logIn(page, guest);
  await page.getByRole("heading", { name: "Welcome to Acme" }).waitFor();
  assert.equal(grants.at(-1).email, guest);
});

scenario("oidc_what_goes_wrong_at_the_provider_is_said_and_can_be_tried_again", async () => {
  const ada = await owner();
  const window = await oidcWindow();
  const discovery = "**/.well-known/openid-configuration";
  await window.context.route(discovery, (route) => route.abort());
  const page = await visit(window, settings(ada));
  await assertRefused(window, page, `The sign-in service ${new URL(ISSUER).host} could not be reached. Check your connection and try again.`);
  await window.context.unroute(discovery);
  await window.context.route(discovery, (route) => route.fulfill({ json: { issuer: `${ISSUER}/` } }));
  await button(page, "Sign in").click();
  await assertRefused(window, page, "The answer of the sign-in service does not fit this sign-in (issuer).");
  assert.equal(await page.getByRole("alert").count(), 1, "the newest reason only");
  await window.context.unroute(discovery);
  await button(page, "Sign in").click();
  await button(page, "Cancel").click();
  await assertRefused(window, page, "The sign-in was cancelled, or your account may not use this app.");
  assert.equal(page.url(), server.address + settings(ada));
  await assertSignsInByClick(page, ada);
  assert.equal(page.url(), server.address + settings(ada));
});

scenario("oidc_where_the_api_takes_id_tokens_they_are_kept_like_access_tokens", async () => {
  const ada = await owner(serverOfIdTokens, CLIENT);
  const window = await oidcWindow({ home: serverOfIdTokens, token: "id_token", audience: undefined });
  const page = await signedInWithClock(window, ada);
  await nearExpiry(page);
  await page.getByRole("link", { name: "Activity", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor();
  await settled(page);
  assertRotated(ada.grants());
  const idTokens = ada.grants().map(({ given }) => given.id_token);
  assert.deepEqual([...new Set(bearersOf(window))], idTokens);
  await signOut(page);
  await button(page, "End the session").click();
  await page.waitForURL(`${serverOfIdTokens.address}/console/`);
  await button(page, "Sign in").waitFor();
  await assertNowhere(window, page, Object.fromEntries(idTokens.map((token, index) => [`ID token ${index}`, token])));
});
