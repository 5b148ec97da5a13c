// Every screen of every product, for each role: axe finds nothing, nothing is wider than the window,
// no script fails, and the Content Security Policy blocks nothing.

import assert from "node:assert/strict";
import { PACKS, axeSource, button, openConsole, scenario, serve, settled, watched, windowOf } from "./harness.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WIDTHS = [1440, 320];
const THEMES = ["light", "dark"];

/** What is wrong with the page as it is now. */
async function faultsOf(page) {
  const violations = await page.evaluate(async (rules) => {
    const { violations } = await window.axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, target, any, all }) =>
      `${id}: ${html.slice(0, 160)} at ${target.flat().join(" ")}${id === "color-contrast" ? ` ${(any[0] || all[0])?.message}` : ""}`));
  }, RULES);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return [...violations, ...(wide > 0 ? [`the page is ${wide} px wider than the window`] : [])];
}

/** Judges the page in both themes and widths. @param {Map<string, Set<string>>} found faults, and where they are */
export async function judge(page, what, found, widths = WIDTHS) {
  await settled(page);
  if (!(await page.evaluate(() => !!window.axe))) await page.evaluate(axeSource());
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme });
      for (const fault of await faultsOf(page)) {
        if (!found.has(fault)) found.set(fault, new Set());
        found.get(fault).add(`${what} ${theme} ${width}`);
      }
    }
  }
  for (const fault of page.faults.splice(0)) found.set(fault, new Set([what]));
  await page.setViewportSize({ width: WIDTHS[0], height: 900 });
}

/** Fails with each fault once, and the first places where it is. */
function assertNone(found) {
  const lines = [...found].map(([fault, places]) => `${fault}\n    in ${[...places].slice(0, 3).join(", ")}${places.size > 3 ? ` and ${places.size - 3} more` : ""}`);
  assert.equal(lines.length, 0, `\n${lines.join("\n")}`);
}

/** The addresses of the workspace's screens that the navigation offers. */
const navigation = (page) => page.getByRole("navigation", { name: "Workspace" }).getByRole("link");

/** What opens a dialog on each screen. */
const OPENERS = {
  members: ["Invite people"],
  seats: ["Buy seats", "Add-ons on every seat"],
  links: [/^Regenerate the link/, /^Revoke the link/],
  access: [/^Unlink/],
  billing: [/^Change to/, /^Change the (extras|number)/, "Buy credits"],
  "api-keys": ["New API key"],
  resources: ["Add a resource"],
  coordinator: ["Edit"],
  settings: ["Delete the workspace"],
  me: ["Delete my account"],
};
const unopened = new Set(Object.values(OPENERS).flat());

/** Judges each dialog of the screen, and the first menu of a row. */
async function judgeOpened(page, screen, found) {
  const main = page.getByRole("main");
  for (const opener of OPENERS[screen] || []) {
    const control = button(main, opener).and(main.locator(":not([aria-disabled])")).first();
    if (!(await control.count())) continue;
    await control.click();
    await page.getByRole("dialog").first().waitFor();
    await judge(page, `${screen}: ${opener}`, found);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").first().waitFor({ state: "hidden" });
    unopened.delete(opener);
  }
  const menu = main.getByRole("button", { name: /^Actions for/ }).first();
  if (!(await menu.count())) return;
  await menu.click();
  await page.getByRole("menuitem").first().waitFor();
  await judge(page, `${screen}: menu`, found, [WIDTHS[0]]);
  await page.keyboard.press("Escape");
}

async function judgeScreens(server, person, found) {
  const page = await openConsole(server, person, `/w/${await server.firstWorkspace(person)}`);
  const hrefs = await navigation(page).evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.ok(hrefs.length, "there is no screen");
  for (const href of [...hrefs, "#/new", "#/invitations", "#/me"]) {
    const screen = href.split("/").pop();
    await page.goto(`${server.address}/console/${href}`);
    await judge(page, screen, found);
    await judgeOpened(page, screen, found);
  }
}

/** Somebody of the demo with this role; the creator, if it is the creator's. */
async function holderOf(server, { creatorRole }, role) {
  const ada = await server.demoPerson("ada");
  if (role.id === creatorRole) return ada;
  const { items } = await server.get(`/v1/workspaces/${await server.firstWorkspace(ada)}/members`, ada.token);
  return server.demoPerson(items.find((item) => item.role === role.id).email.split("@")[0]);
}

// The runner ends as soon as no test is left, so everything that is waited for comes before the first one.
const products = [];
for (const pack of PACKS) {
  const server = await serve(pack, "--demo");
  products.push({ pack, server, product: await server.get("/v1/product") });
}

for (const { pack, server, product } of products) {
  for (const role of product.roles) {
    scenario(`screens_of_${pack}_for_the_role_${role.id}`, async () => {
      const found = new Map();
      await judgeScreens(server, await holderOf(server, product, role), found);
      assertNone(found);
    });
  }
}

scenario("screens_every_dialog_was_opened", async () => assert.deepEqual([...unopened], []));

scenario("screens_before_and_beside_the_console", async () => {
  const found = new Map();
  const server = await serve("purchased-seats", "--demo", "--billing", "stub");
  const ada = await server.demoPerson("ada");
  const path = `/v1/workspaces/${await server.firstWorkspace(ada)}`;
  const { items } = await server.post(`${path}/invitations`, { emails: ["jo@acme.example"] }, ada.token);
  const { token } = await server.person("jo");
  for (const signedIn of [false, true]) {
    const page = await watched(await (await windowOf()).newPage());
    if (signedIn) await page.addInitScript((token) => sessionStorage.setItem("seatwise-token", token), token);
    for (const address of ["/", "/console/", "/join", items[0].invitation.url, `/billing?workspace=${path.split("/").pop()}`]) {
      await page.goto(new URL(address, server.address).href);
      await judge(page, address, found);
    }
  }
  assertNone(found);
});
