// The elements in pages of other origins: without a framework, in React and in Vue (console/hosts).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after } from "node:test";
import { axeSource, button, rowOf, scenario, sees, serve, settled, until, watched, windowOf } from "./harness.mjs";

const require = createRequire(`${process.env.NODE_TOOLS}/x.js`);
const esbuild = require("esbuild");
const sfc = require("vue/compiler-sfc");

const HOSTS = "console/hosts";
/** The address in the files, in whose place the tests put that of their server. */
const WRITTEN = "http://127.0.0.1:8787";

const server = await serve("role-ladder", "--demo");
const ada = await server.demoPerson("ada");
await server.office(ada, "Second");

/** Compiles `.vue` files. */
const vue = {
  name: "vue",
  setup(build) {
    build.onLoad({ filter: /\.vue$/ }, ({ path }) => {
      const { descriptor } = sfc.parse(readFileSync(path, "utf8"), { filename: path });
      const compilerOptions = { isCustomElement: (tag) => tag.startsWith("seatwise-") };
      const { content } = sfc.compileScript(descriptor, { id: "team", inlineTemplate: true, templateOptions: { compilerOptions } });
      return { contents: content, loader: "js" };
    });
  },
};

/** Bundles a host as its own build would. */
async function bundle(entry) {
  const { outputFiles } = await esbuild.build({
    ...entry, bundle: true, write: false, format: "esm", jsx: "automatic", nodePaths: [process.env.NODE_TOOLS], plugins: [vue],
    define: { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
  });
  return outputFiles[0].text;
}

const mountVue = 'import { createApp } from "vue"; import Team from "./Team.vue"; createApp(Team).mount("#app");';
const page = (title) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="stylesheet" href="host.css"><script type="module" src="${title}.js"></script></head><body><div id="app"></div></body></html>`;
const files = {
  "/react.html": page("react"),
  "/react.js": await bundle({ entryPoints: [`${HOSTS}/react.jsx`] }),
  "/vue.html": page("vue"),
  "/vue.js": await bundle({ stdin: { contents: mountVue, resolveDir: HOSTS } }),
};
for (const name of ["plain.html", "plain.js", "token.js", "host.css"]) files[`/${name}`] = readFileSync(`${HOSTS}/${name}`, "utf8");

const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css" };
/** What a host must allow (console/README.md), and nothing else. */
const POLICY = `default-src 'none'; script-src 'self' ${server.address}; style-src 'self'; connect-src ${server.address}; img-src ${server.address} blob: data:; base-uri 'none'`;

const host = createServer((request, reply) => {
  const { pathname } = new URL(request.url, "http://host");
  const file = files[pathname];
  reply.writeHead(file === undefined ? 404 : 200, { "content-type": TYPES[pathname.split(".").pop()] || "text/plain", "content-security-policy": POLICY });
  reply.end(file?.replaceAll(WRITTEN, server.address));
});
await new Promise((done) => host.listen(0, "127.0.0.1", done));
after(() => host.close());
const origin = `http://127.0.0.1:${host.address().port}`;

async function openHost(name, options) {
  const page = await watched(await (await windowOf(options)).newPage());
  await page.goto(`${origin}/${name}.html`);
  await rowOf(page, "bo@demo.example").waitFor();
  await settled(page);
  return page;
}

for (const name of ["plain", "react", "vue"]) {
  scenario(`hosts_${name}_shows_the_elements_with_its_own_token_and_theme`, async () => {
    const page = await openHost(name, { theme: "light" });
    const primary = button(page, "Invite people");
    const look = await primary.evaluate((element) => {
      const { backgroundColor, borderRadius, textTransform, fontFamily } = getComputedStyle(element);
      return [backgroundColor, borderRadius, textTransform, fontFamily.split(",")[0]];
    });
    assert.deepEqual(look, ["rgb(15, 107, 79)", "16px", "uppercase", "Georgia"]);

    // A change goes across origins, too.
    const role = rowOf(page, "finn@demo.example").getByRole("combobox");
    await role.selectOption({ label: "Admin" });
    await sees(page, /now has the role Admin/);
    await role.selectOption({ label: "Member" });
    await sees(page, /now has the role Member/);
  });

  scenario(`hosts_${name}_follows_the_switcher_and_the_filters`, async () => {
    const page = await openHost(name);
    await page.getByRole("searchbox").fill("bo@");
    await until(async () => (await page.getByRole("row").count()) === 2, "the row that is searched for");
    await page.getByRole("searchbox").fill("");
    await until(async () => (await page.getByRole("row").count()) > 2, "all rows");
    await page.getByRole("button", { name: /Workspace: Analytical Engines/ }).click();
    await page.getByRole("dialog", { name: "Workspaces" }).getByRole("button", { name: /Second/ }).click();
    await until(async () => (await page.getByRole("row").count()) === 1 + 1, "the members of the other workspace");
    await page.getByRole("button", { name: /Workspace: Second/ }).waitFor();
  });
}

scenario("hosts_a_refused_token_is_asked_for_anew", async () => {
  const page = await openHost("plain");
  let signIns = 0;
  page.on("request", (request) => { if (request.url().endsWith("/dev/sign-in") && request.method() === "POST") signIns += 1; });
  let refused = 0;
  await page.route("**/members?*", (route) => {
    if (route.request().method() === "OPTIONS" || refused) return route.continue();
    refused += 1;
    return route.fulfill({ status: 401, headers: { "access-control-allow-origin": origin }, body: "{}" });
  });
  await button(page, /^Name, sorted/).click();
  await until(() => refused && signIns, "a new token");
  await settled(page);
  assert.equal(signIns, 1);
  await rowOf(page, "bo@demo.example").waitFor();
});

scenario("hosts_axe_finds_nothing_in_a_host_in_both_themes", async () => {
  const page = await openHost("plain");
  await page.evaluate(axeSource());
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const ids = await page.evaluate(async () => (await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })).violations.map(({ id }) => id));
    assert.deepEqual(ids, []);
  }
});

// What hosts do with the elements, in the page of `plain`.

/** Adds an element with this name to the page, with a token that the page can exchange. */
async function withElement(page, name, token, workspaceId) {
  await page.evaluate(({ name, api, token, workspaceId }) => {
    window.token = token;
    window.added = Object.assign(document.createElement(name), { api, workspaceId, getToken: () => window.token });
    document.body.append(window.added);
  }, { name, api: server.address, token, workspaceId });
  await settled(page);
  return page.locator(`body > ${name}`);
}

scenario("hosts_nothing_that_was_typed_stays_for_another_person_with_the_same_function", async () => {
  const workspace = await server.firstWorkspace(ada);
  const page = await openHost("plain");
  const element = await withElement(page, "seatwise-settings", ada.token, workspace);
  const name = element.getByRole("textbox", { name: "Name", exact: true });
  const before = await name.inputValue();
  await name.fill("Half a na");
  await page.evaluate((token) => { window.token = token; window.added.store.changed(); }, (await server.demoPerson("bo")).token);
  await until(async () => (await name.inputValue()) === before, "the name instead of what was typed");
});

scenario("hosts_a_secret_is_not_shown_in_another_workspace", async () => {
  const [first, second] = (await server.get("/v1/workspaces", ada.token)).items;
  const page = await openHost("plain");
  const element = await withElement(page, "seatwise-api-keys", ada.token, first.id);
  await button(element, "New API key").first().click();
  await element.getByLabel("Name").fill("Robot");
  await element.locator("dialog#create button[type=submit]").click();
  const secret = element.locator("dialog#secret");
  await secret.getByRole("textbox").waitFor();
  await page.evaluate((id) => { window.added.workspaceId = id; }, second.id);
  await secret.waitFor({ state: "hidden" });
  await settled(page);
  assert.equal(await secret.isVisible(), false);
  assert.equal(await secret.getByRole("textbox").count(), 0);
});

scenario("hosts_an_act_that_ends_in_another_workspace_says_nothing_there", async () => {
  const second = (await server.get("/v1/workspaces", ada.token)).items.find(({ name }) => name === "Second");
  const page = await openHost("plain");
  let open;
  const held = new Promise((done) => { open = done; });
  await page.route("**/role", async (route) => { await held; await route.continue(); });
  const asked = page.waitForRequest(/\/role$/);
  await rowOf(page, "finn@demo.example").getByRole("combobox").selectOption({ label: "Admin" });
  await asked;
  await page.evaluate((id) => { document.querySelector("seatwise-members").workspaceId = id; }, second.id);
  await rowOf(page, "finn@demo.example").waitFor({ state: "detached" });
  const answered = page.waitForResponse(/\/role$/);
  open();
  await answered;
  await settled(page);
  assert.equal(await page.getByText(/now has the role|Undo/).count(), 0);
});

scenario("hosts_languages_that_are_written_in_other_ways_are_understood", async () => {
  const page = await openHost("plain");
  for (const [lang, title] of [["en_US", "Members"], ["DE", "Mitglieder"], ["", "Members"], ["de_AT", "Mitglieder"], ["constructor", "Members"]]) {
    await page.evaluate((language) => {
      document.documentElement.lang = language;
      return document.querySelector("seatwise-members").reload();
    }, lang);
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
    assert.ok(await rowOf(page, "bo@demo.example").isVisible(), lang);
  }
});

scenario("hosts_a_host_with_a_new_function_each_time_leaves_nothing_open", async () => {
  const page = await watched(await (await windowOf()).newPage());
  await page.addInitScript(() => {
    window.channels = 0;
    window.BroadcastChannel = class extends BroadcastChannel {
      constructor(name) { super(name); window.channels += 1; }
      close() { super.close(); window.channels -= 1; }
    };
  });
  await page.goto(`${origin}/plain.html`);
  await rowOf(page, "bo@demo.example").waitFor();
  const before = await page.evaluate(() => window.channels);
  const element = await withElement(page, "seatwise-notices", ada.token, await server.firstWorkspace(ada));
  for (let n = 0; n < 20; n++) await page.evaluate(() => { window.added.getToken = () => window.token; return window.added.updateComplete; });
  assert.equal(await page.evaluate(() => window.channels), before + 1);
  await element.evaluate((added) => added.remove());
  assert.equal(await page.evaluate(() => window.channels), before);
});

scenario("hosts_a_token_that_never_comes_is_a_failure_that_can_be_tried_again", async () => {
  const page = await openHost("plain");
  await page.clock.install();
  await page.evaluate(() => { document.querySelector("seatwise-members").getToken = () => new Promise(() => {}); });
  await sees(page.locator("seatwise-members"), "Loading…");
  await page.clock.fastForward(31_000);
  await sees(page, "No answer has come in time.");
  await page.evaluate((token) => { document.querySelector("seatwise-members").getToken = () => token; }, ada.token);
  await rowOf(page, "bo@demo.example").waitFor();
});
