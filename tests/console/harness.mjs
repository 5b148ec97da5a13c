// What the browser tests share: the local server, people, pages of theirs, and waiting for conditions.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { after, test } from "node:test";

const require = createRequire(`${process.env.NODE_TOOLS}/x.js`);
const { chromium } = require("playwright-core");

export const PACKS = ["purchased-seats", "flat-owners", "role-seats", "role-ladder"];
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
/** The longest that anything may take, in milliseconds: much, because machines can be slow. */
export const PATIENCE = 20_000;

// The local server.

/** Starts the local server of the executable SEATWISE; it stops when the file's tests have ended. */
export async function serve(pack, ...options) {
  const process_ = spawn(process.env.SEATWISE, ["--memory", "--port", "0", "--pack", pack, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  after(() => process_.kill());
  const wanted = options.includes("--demo") ? /Demo workspace .*\n\n[^]*\n\n/ : /Ctrl-C/;
  let said = "";
  for await (const chunk of process_.stdout) {
    said += chunk;
    if (wanted.test(said)) break;
  }
  assert.match(said, wanted, "the local server did not start");
  process_.stdout.resume();
  return new Server(/http:\/\/127\.0\.0\.1:\d+/.exec(said)[0]);
}

/** The local server, as a program calls it. */
export class Server {
  constructor(address) { this.address = address; }

  /** Returns the JSON of the answer; fails if the answer is a failure. */
  async call(method, path, body, token) {
    const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const reply = await fetch(this.address + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await reply.text();
    assert.ok(reply.ok, `${method} ${path}: ${reply.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  get(path, token) { return this.call("GET", path, undefined, token); }
  post(path, body, token) { return this.call("POST", path, body, token); }
  put(path, body, token) { return this.call("PUT", path, body, token); }

  /** A person with an account. @param {string} name the part of the address before the `@` */
  async person(name, { firstName, lastName, domain = "acme.example", enters = true } = {}) {
    const email = `${name}@${domain}`;
    const { token } = await this.post("/dev/sign-in", { email, firstName, lastName });
    const id = enters ? (await this.post("/v1/me", {}, token)).user.id : null;
    return { email, token, id };
  }

  /** A person of the demo; `ada` owns its workspace. */
  demoPerson(name) { return this.person(name, { domain: "demo.example" }); }

  async firstWorkspace({ token }) { return (await this.get("/v1/workspaces", token)).items[0].id; }

  /** A workspace of its own for a test. */
  async office(owner, name = "Acme") {
    const { id } = await this.post("/v1/workspaces", { name }, owner.token);
    return { id, path: `/v1/workspaces/${id}`, owner };
  }

  /** Invites a person, who joins at once. */
  async joinOffice(office, person, invitation = {}) {
    const made = await this.post(`${office.path}/invitations`, { emails: [person.email], ...invitation }, office.owner.token);
    assert.ok(made.items[0].invitation, JSON.stringify(made));
    return (await this.post("/v1/join", { invitationId: made.items[0].invitation.id }, person.token)).member;
  }
}

// The browser.

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
after(() => browser.close());

/** A browser's window, in which a person may have several tabs. */
export async function windowOf({ theme = "light", width = 1440, height = 900, language = "en-US", ...options } = {}) {
  const context = await browser.newContext({
    colorScheme: theme, viewport: { width, height }, locale: language, reducedMotion: "reduce", ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  return context;
}

/** Opens the console as a person, in a window of its own or in the given one. @param {string} hash what follows the `#` */
export async function openConsole(server, person, hash = "/", { context, ...options } = {}) {
  const page = await watched(await (context || (await windowOf(options))).newPage());
  if (person) await page.addInitScript((token) => sessionStorage.getItem("seatwise-token") ?? sessionStorage.setItem("seatwise-token", token), person.token);
  await page.goto(`${server.address}/console/#${hash}`);
  await settled(page);
  return page;
}

/** Opens a screen of a workspace. */
export const openScreen = (server, person, workspace, screen, options) => openConsole(server, person, `/w/${workspace}/${screen}`, options);

/** Notes what goes wrong on a page, and which requests it waits for. */
export async function watched(page) {
  page.faults = [];
  page.waiting = new Set();
  page.on("console", (message) => {
    // The browser reports refused requests, which tests provoke. Blocked content and failures of scripts count.
    if (message.type() === "error" && !/^Failed to load resource/.test(message.text())) page.faults.push(message.text());
  });
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("request", (request) => page.waiting.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => page.waiting.delete(request));
  return page;
}

/** No script has failed, and the Content Security Policy has blocked nothing. */
export function assertClean(page) { assert.deepEqual(page.faults, []); }

/** Which elements of the page have not loaded yet, or not rendered what they have loaded. Runs in the page. */
async function restless() {
  const elements = [];
  const collect = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.localName.startsWith("seatwise-")) elements.push(element);
      if (element.shadowRoot) collect(element.shadowRoot);
    }
  };
  collect(document);
  await Promise.all(elements.map((element) => element.updateComplete));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return elements.filter((element) => element.hasAttribute("loading") || element.isUpdatePending).map(({ localName }) => localName);
}

/** Waits until the page has loaded what it shows. */
export async function settled(page) {
  let calm = 0;
  let waiting = [];
  await until(async () => {
    const elements = await page.evaluate(restless).catch(() => ["the page itself"]);
    waiting = [...elements, ...[...page.waiting].map((request) => request.url())];
    calm = waiting.length ? 0 : calm + 1;
    // Two looks, because an answer may cause the next request.
    return calm === 2;
  }, () => `${page.url()} waits for ${waiting.join(", ")}`);
}

/** Waits for a condition. @param {() => unknown} condition @param {string | (() => string)} what says what is waited for */
export async function until(condition, what) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) assert.fail(`waited in vain: ${typeof what === "function" ? what() : what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

/** Waits until a text is on the page. */
export const sees = (page, text) => page.getByText(text).first().waitFor();

/** The row of a table that has this text. */
export const rowOf = (page, text) => page.getByRole("row").filter({ hasText: text });

export const button = (page, name) => page.getByRole("button", { name, exact: true });

/** Opens the menu of a row, and chooses an entry. */
export async function chooseInMenu(row, name) {
  await row.getByRole("button", { name: /^Actions for/ }).click();
  await row.getByRole("menuitem", { name }).click();
}

/** What has the focus, across shadow roots: its role or name, for messages and comparisons. */
export const focused = (page) => page.evaluate(() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (!at) return "";
  const label = at.getAttribute("aria-label") || at.labels?.[0]?.textContent || at.textContent || "";
  return `${at.getAttribute("role") || at.localName} ${label.trim().replace(/\s+/g, " ")}`;
});

/** Presses Tab until something has the focus whose description (see `focused`) fits. */
export async function tabTo(page, wanted, key = "Tab") {
  const seen = [];
  for (let n = 0; n < 150; n++) {
    await page.keyboard.press(key);
    const now = await focused(page);
    if (wanted.test(now)) return now;
    seen.push(now);
  }
  assert.fail(`the keyboard does not reach ${wanted}; it reaches ${[...new Set(seen)].join(" | ")}`);
}

/** A test that closes its windows, and in which nothing may go wrong on any page of `pages`. */
export function scenario(name, run) {
  test(name, async () => {
    const contexts = new Set(browser.contexts());
    try {
      await run();
      for (const context of browser.contexts()) for (const page of context.pages()) if (page.faults) assertClean(page);
    } finally {
      await keepPicture(name, contexts);
      for (const context of browser.contexts()) if (!contexts.has(context)) await context.close();
    }
  });
}

/** With PICTURES=<folder>, keeps how each page looked at the end of its test. */
async function keepPicture(name, before) {
  if (!process.env.PICTURES) return;
  const pages = browser.contexts().filter((context) => !before.has(context)).flatMap((context) => context.pages());
  for (const [index, page] of pages.entries()) await page.screenshot({ path: `${process.env.PICTURES}/${name}-${index}.png`, fullPage: true });
}

/** The source of axe-core, which `axe` needs in the page. */
export const axeSource = () => require("axe-core").source;
