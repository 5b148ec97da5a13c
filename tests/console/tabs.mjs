// Several tabs, and changes that others make while the page is open.

import assert from "node:assert/strict";
import { button, openScreen, rowOf, scenario, sees, serve, settled, until, windowOf } from "./harness.mjs";

const server = await serve("role-ladder", "--demo");
const ada = await server.demoPerson("ada");
const workspace = await server.firstWorkspace(ada);
const path = `/v1/workspaces/${workspace}`;

const roleOf = (page, email) => rowOf(page, email).getByRole("combobox").inputValue();
const give = (person, role) => server.put(`${path}/members/${person.id}/role`, { role }, ada.token);

scenario("tabs_a_change_in_one_shows_in_the_other", async () => {
  const context = await windowOf();
  const one = await openScreen(server, ada, workspace, "members", { context });
  const other = await openScreen(server, ada, workspace, "members", { context });
  await one.bringToFront();
  await rowOf(one, "finn@demo.example").getByRole("combobox").selectOption({ label: "Admin" });
  await until(async () => (await roleOf(other, "finn@demo.example")) === "admin", "the new role in the other tab");
  await other.bringToFront();
  await rowOf(other, "finn@demo.example").getByRole("combobox").selectOption({ label: "Member" });
  await until(async () => (await roleOf(one, "finn@demo.example")) === "member", "the old role in the first tab");
});

scenario("tabs_what_is_typed_in_one_stays_when_the_other_changes_something", async () => {
  const context = await windowOf();
  const one = await openScreen(server, ada, workspace, "settings", { context });
  const name = one.getByRole("textbox", { name: "Name", exact: true });
  await name.fill("Half a na");
  const other = await openScreen(server, ada, workspace, "members", { context });
  const loaded = one.waitForResponse((response) => response.url().endsWith(path));
  await rowOf(other, "finn@demo.example").getByRole("combobox").selectOption({ label: "Admin" });
  await loaded;
  await settled(one);
  assert.equal(await name.inputValue(), "Half a na");
});

scenario("tabs_who_loses_a_role_while_the_page_is_open_loses_the_controls", async () => {
  const bo = await server.demoPerson("bo");
  const page = await openScreen(server, bo, workspace, "members");
  const dan = rowOf(page, "dan@demo.example");
  await dan.getByRole("combobox").waitFor();
  await give(bo, "member");
  // The server refuses what the page still offers. It says why, and the page follows.
  await dan.getByRole("combobox").selectOption({ label: "Admin" });
  await until(async () => (await page.getByRole("navigation", { name: "Workspace" }).getByRole("link", { name: "Members" }).count()) === 0
    || (await rowOf(page, "dan@demo.example").getByRole("combobox").count()) === 0, "the controls to go");
  await settled(page);
  const { items } = await server.get(`${path}/members`, ada.token);
  assert.equal(items.find(({ email }) => email === "dan@demo.example").role, "member");
  await give(bo, "owner");
});

scenario("tabs_who_gets_a_role_has_its_controls_on_coming_back_to_the_page", async () => {
  const eve = await server.demoPerson("eve");
  const context = await windowOf();
  const page = await openScreen(server, eve, workspace, "settings", { context });
  await page.clock.install();
  await page.reload();
  await settled(page);
  const save = page.getByRole("textbox", { name: "Name", exact: true });
  const isFixed = async () => (await save.count()) === 0 || !(await save.isEditable());
  assert.ok(await isFixed());
  await give(eve, "owner");
  // Half a minute later, the person comes back to the tab.
  await page.clock.fastForward(30_000);
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await until(async () => !(await isFixed()), "the controls");
  await give(eve, "member");
});

scenario("tabs_who_is_removed_while_the_page_is_open_sees_nothing_of_the_workspace_any_more", async () => {
  const gus = await server.person("gus");
  await server.joinOffice({ path, owner: ada }, gus);
  await give(gus, "owner");
  const page = await openScreen(server, gus, workspace, "members");
  await rowOf(page, "dan@demo.example").waitFor();
  const reply = await fetch(`${server.address}${path}/members/${gus.id}`, { method: "DELETE", headers: { authorization: `Bearer ${ada.token}` } });
  assert.equal(reply.status, 204);
  await button(page, /^Name, sorted/).click();
  await until(async () => (await page.getByText("dan@demo.example").count()) === 0, "the members to go");
  await page.getByRole("heading", { name: "You are no longer in Analytical Engines" }).waitFor();
  assert.equal(await page.getByText(/does not exist/).count(), 0);
  await page.getByRole("main").getByRole("link", { name: "My invitations" }).waitFor();
});

scenario("tabs_who_is_removed_goes_on_in_another_workspace", async () => {
  const hal = await server.person("hal");
  const own = await server.office(hal, "Halcyon");
  await server.joinOffice({ path, owner: ada }, hal);
  const page = await openScreen(server, hal, workspace, "settings");
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  await fetch(`${server.address}${path}/members/${hal.id}`, { method: "DELETE", headers: { authorization: `Bearer ${ada.token}` } });
  // The next screen is refused: the page learns of it.
  await page.getByRole("navigation", { name: "Workspace" }).getByRole("link", { name: "Coordinator" }).click();
  await page.getByRole("heading", { name: "You are no longer in Analytical Engines" }).waitFor();
  await page.getByRole("button", { name: /^Workspace:/ }).click();
  const list = page.getByRole("dialog", { name: "Workspaces" });
  await list.getByRole("button", { name: "Halcyon" }).waitFor();
  assert.equal(await list.getByText("Analytical Engines").count(), 0);
  assert.equal(await list.getByRole("alert").count(), 0);
  await page.keyboard.press("Escape");
  await page.getByRole("main").getByRole("link", { name: "Halcyon" }).click();
  await page.waitForURL(new RegExp(own.id));
  await page.getByRole("heading", { level: 1 }).waitFor();
});

scenario("tabs_what_was_done_is_told_for_a_while_and_longer_under_the_focus", async () => {
  const page = await openScreen(server, ada, workspace, "members");
  await page.clock.install();
  await page.reload();
  await settled(page);
  const told = page.locator(".told[data-shown]");
  const change = (label) => rowOf(page, "finn@demo.example").getByRole("combobox").selectOption({ label });
  await change("Member");
  await change("Admin");
  await told.waitFor();
  await button(told, "Undo").focus();
  await page.clock.runFor(30_000);
  assert.equal(await told.count(), 1);
  await page.getByRole("searchbox").focus();
  await page.clock.runFor(15_000);
  await told.waitFor({ state: "detached" });
  await change("Member");
});

scenario("tabs_who_signs_out_in_one_is_signed_out_in_the_others", async () => {
  const context = await windowOf();
  const one = await openScreen(server, ada, workspace, "members", { context });
  const other = await openScreen(server, ada, workspace, "settings", { context });
  const dan = await openScreen(server, await server.demoPerson("dan"), workspace, "settings", { context });
  await one.locator("button.account").click();
  await button(one, "Sign out").click();
  for (const page of [one, other]) await page.getByLabel("Email address").waitFor();
  assert.equal(await other.evaluate(() => sessionStorage.getItem("seatwise-token")), null);
  // Whoever else is signed in, in a tab of the same browser, stays.
  await dan.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
});

scenario("tabs_the_next_person_sees_nothing_of_the_one_before", async () => {
  const page = await openScreen(server, ada, workspace, "members");
  await page.locator("button.account").click();
  await button(page, "Sign out").click();
  const newcomer = await server.person("nova", { enters: false });
  await page.getByLabel("Email address").fill(newcomer.email);
  await button(page, "Sign in").click();
  await sees(page, "You are in no workspace yet.");
  for (const text of ["Analytical Engines", "ada@demo.example", "Ada Lovelace"]) assert.equal(await page.getByText(text).count(), 0, text);
});

/** Signs out, and signs in with the form of the local server. */
async function changePerson(page, { email }) {
  await page.evaluate(() => document.querySelector("seatwise-console").signOut());
  await page.getByLabel("Email address").fill(email);
  await button(page, "Sign in").click();
}

scenario("tabs_an_answer_for_the_person_before_does_not_reach_the_next_one", async () => {
  const other = await server.office(ada, "Other");
  const page = await openScreen(server, ada, workspace, "members");
  let open;
  const held = new Promise((done) => { open = done; });
  await page.route("**/v1/me", async (route) => {
    if (route.request().method() === "PATCH") await held;
    await route.continue();
  });
  const asked = page.waitForRequest((request) => request.method() === "PATCH");
  await page.getByRole("button", { name: /^Workspace:/ }).click();
  await page.getByRole("dialog", { name: "Workspaces" }).getByRole("button", { name: "Other" }).click();
  await asked;
  await page.waitForURL(new RegExp(other.id));
  const eve = await server.demoPerson("eve");
  await changePerson(page, eve);
  await page.getByRole("button", { name: /^Workspace:/ }).waitFor();
  const answered = page.waitForResponse((response) => response.request().method() === "PATCH");
  open();
  await answered;
  await page.evaluate(() => document.querySelector("seatwise-console").go("/me"));
  await page.getByRole("heading", { level: 1, name: "My settings" }).waitFor();
  await settled(page);
  assert.equal(await page.getByRole("textbox", { name: "First name" }).inputValue(), (await server.get("/v1/me", eve.token)).firstName);
});

scenario("tabs_what_loads_at_a_sign_out_ends_with_it", async () => {
  const INVITATIONS = /\/v1\/me\/invitations/;
  const page = await openScreen(server, ada, workspace, "members");
  let open;
  const held = new Promise((done) => { open = done; });
  await page.route(INVITATIONS, async (route) => {
    await held;
    await route.continue();
  });
  const asked = page.waitForRequest(INVITATIONS);
  await page.evaluate(() => document.querySelector("seatwise-console").store.changed());
  await asked;
  await page.evaluate(() => document.querySelector("seatwise-console").signOut());
  await page.getByLabel("Email address").waitFor();
  const answered = page.waitForResponse(INVITATIONS);
  open();
  await answered;
  // The scenario fails if something is written to the console, such as that nobody is signed in.
  await settled(page);
  await page.evaluate(() => new Promise((done) => setTimeout(done)));
});

scenario("tabs_an_address_leads_to_no_other_path_of_the_api", async () => {
  const page = await openScreen(server, ada, workspace, "members");
  const paths = [];
  page.on("request", (request) => paths.push(new URL(request.url()).pathname));
  await page.evaluate(() => { location.hash = "/w/../members"; });
  await sees(page, "There is nothing here");
  await settled(page);
  await page.goto(`${server.address}/billing?workspace=..%2F..%2Fdev%2Fmailbox%23`);
  await settled(page);
  const isKnown = (/** @type {string} */ called) => /^\/v1\/(me(\/invitations)?|product|workspaces(\/[\da-f-]{36}\/.*)?)$/.test(called);
  assert.deepEqual(paths.filter((called) => /^\/(v1|dev)\//.test(called) && !isKnown(called)), []);
});

scenario("tabs_a_narrow_navigation_shows_the_current_screen", async () => {
  const page = await openScreen(server, ada, workspace, "settings", { width: 320 });
  const nav = page.getByRole("navigation", { name: "Workspace" });
  const [all, current] = [await nav.boundingBox(), await nav.getByRole("link", { name: "Settings" }).boundingBox()];
  assert.ok(await nav.evaluate((element) => element.scrollWidth > element.clientWidth), "the navigation is not narrow");
  assert.ok(current.x >= all.x && current.x + current.width <= all.x + all.width + 1, JSON.stringify([all, current]));
});

scenario("tabs_who_may_not_see_expired_invitations_comes_to_the_members_with_such_an_address", async () => {
  const page = await openScreen(server, await server.demoPerson("bo"), workspace, "settings");
  await page.route(`**${path}/permissions`, async (route) => {
    const answer = await (await route.fetch()).json();
    return route.fulfill({ json: { ...answer, actions: answer.actions.filter((action) => action !== "listInvitations") } });
  });
  await page.route(`**${path}/invitations?*`, (route) => route.fulfill({ status: 403, json: { code: "forbidden" } }));
  await page.reload();
  await page.evaluate((id) => { location.hash = `/w/${id}/members?status=expired`; }, workspace);
  await rowOf(page, "dan@demo.example").waitFor();
  await page.waitForURL((url) => !url.hash.includes("status"));
});
