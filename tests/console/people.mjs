// Names of all scripts, both directions of writing, another language, and none, one and many of everything.

import assert from "node:assert/strict";
import { button, chooseInMenu, openConsole, openScreen, rowOf, scenario, sees, serve, settled, until, windowOf } from "./harness.mjs";

const server = await serve("role-ladder");
const olga = await server.person("olga", { firstName: "Olga" });

const NAMES = [
  ["layla", "ليلى", "القحطاني"],
  ["wei", "伟", "歐陽"],
  ["dvora", "דבורה", "לוי"],
  ["anh", "Ánh", "Nguyễn"],
  ["long", "Wolfeschlegelsteinhausenbergerdorff", "Featherstonehaugh-Cholmondeley"],
];

/** A workspace with people of many names, on a plan with enough places. */
async function office() {
  const made = await server.office(olga, "شركة 北京");
  for (const [name, firstName, lastName] of NAMES) await server.joinOffice(made, await server.person(name, { firstName, lastName }));
  return made;
}

const widest = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

scenario("people_names_of_all_scripts_are_shown_and_found", async () => {
  const { id } = await office();
  const page = await openScreen(server, olga, id, "members");
  for (const [, firstName, lastName] of NAMES) {
    const name = page.locator("bdi", { hasText: `${firstName} ${lastName}` });
    await name.first().waitFor();
  }
  await page.getByRole("searchbox").fill("القحطاني");
  await until(async () => (await page.getByRole("row").count()) === 2, "the row that was searched for");
  await rowOf(page, "layla@acme.example").waitFor();
  await page.setViewportSize({ width: 320, height: 800 });
  await page.getByRole("searchbox").fill("");
  await until(async () => (await page.getByRole("row").count()) > 2, "all rows");
  assert.equal(await widest(page), 0);
});

scenario("people_from_right_to_left_everything_is_mirrored_and_nothing_is_cut_off", async () => {
  const { id } = await office();
  const context = await windowOf();
  await context.addInitScript(() => document.addEventListener("DOMContentLoaded", () => { document.documentElement.dir = "rtl"; }));
  for (const screen of ["members", "billing", "api-keys", "resources", "coordinator", "activity", "settings"]) {
    const page = await openScreen(server, olga, id, screen, { context });
    const navigation = await page.getByRole("navigation", { name: "Workspace" }).boundingBox();
    const heading = await page.getByRole("heading", { level: 1 }).boundingBox();
    assert.ok(navigation.x > heading.x + heading.width, `${screen}: the navigation is to the right of the content`);
    for (const width of [1440, 320]) {
      await page.setViewportSize({ width, height: 800 });
      assert.equal(await page.evaluate(() => Math.max(document.documentElement.scrollWidth - innerWidth, Math.abs(scrollX))), 0, `${screen} at ${width} px`);
    }
    await page.close();
  }
});

scenario("people_from_right_to_left_menus_and_dialogs_stay_in_the_window", async () => {
  const { id } = await office();
  const context = await windowOf();
  await context.addInitScript(() => document.addEventListener("DOMContentLoaded", () => { document.documentElement.dir = "rtl"; }));
  const page = await openScreen(server, olga, id, "members", { context });
  for (const width of [1440, 320]) {
    await page.setViewportSize({ width, height: 800 });
    await rowOf(page, "wei@acme.example").getByRole("button", { name: /^Actions for/ }).click();
    const menu = await page.getByRole("menu").boundingBox();
    assert.ok(menu.x >= 0 && menu.x + menu.width <= width && menu.y >= 0 && menu.y + menu.height <= 800, `the menu is in the window of ${width} px`);
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "hidden" });
    await button(page, "Invite people").click();
    const dialog = await page.getByRole("dialog", { name: "Invite people" }).boundingBox();
    assert.ok(dialog.x >= 0 && dialog.x + dialog.width <= width, `the dialog is in the window of ${width} px`);
    await page.keyboard.press("Escape");
  }
});

scenario("people_in_german_everything_is_german_and_nothing_is_wider_than_the_window", async () => {
  const { id } = await office();
  const page = await openScreen(server, olga, id, "members", { language: "de-DE" });
  await page.getByRole("heading", { level: 1, name: "Mitglieder" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
  for (const screen of ["members", "billing", "api-keys", "resources", "coordinator", "activity", "settings"]) {
    await page.goto(`${server.address}/console/#/w/${id}/${screen}`);
    await settled(page);
    for (const width of [1440, 320]) {
      await page.setViewportSize({ width, height: 800 });
      assert.equal(await widest(page), 0, `${screen} at ${width} px`);
    }
  }
});

scenario("people_a_new_workspace_has_one_member_and_each_empty_screen_says_what_to_do", async () => {
  const { id } = await server.office(olga, "New");
  const page = await openScreen(server, olga, id, "members");
  assert.equal(await page.getByRole("row").count(), 1 + 1);
  for (const [screen, action] of [["api-keys", /New API key/], ["coordinator", /.+/]]) {
    await page.goto(`${server.address}/console/#/w/${id}/${screen}`);
    await settled(page);
    await page.getByRole("main").getByRole("button", { name: action }).first().waitFor();
  }
  await page.goto(`${server.address}/console/#/w/${id}/members?search=nobody-has-this-name`);
  await settled(page);
  await sees(page, "Nobody matches these filters.");
  await button(page, "Clear the filters").click();
  await rowOf(page, "olga@acme.example").waitFor();
});

scenario("people_in_no_workspace_at_all_are_led_to_one", async () => {
  const nobody = await server.person("nobody");
  const page = await openConsole(server, nobody);
  await sees(page, "You are in no workspace yet. Create one, or accept an invitation.");
  await page.getByRole("link", { name: "My invitations" }).first().click();
  await sees(page, "You have no invitations");
});

scenario("people_in_many_workspaces_find_one_by_its_name", async () => {
  const person = await server.person("many");
  for (let n = 1; n <= 12; n++) await server.office(person, `Workspace ${n}`);
  await server.office(person, "Zürich");
  const page = await openConsole(server, person);
  await page.getByRole("button", { name: /^Workspace:/ }).click();
  await page.getByRole("searchbox", { name: "Search workspaces" }).fill("zur");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Workspace: Zürich/ }).waitFor();
});

scenario("people_who_are_many_are_shown_page_by_page_and_the_address_keeps_the_filters", async () => {
  const many = await server.office(olga, "Many");
  await server.put(`${many.path}/plan`, { plan: "growth", extras: [{ id: "members", quantity: 10 }] }, olga.token);
  const backend = (await server.post("/dev/service-token", { name: "backend" })).token;
  const COUNT = 29;
  for (let n = 1; n <= COUNT; n++) {
    const person = { subject: `p${n}`, email: `p${n}@acme.example`, firstName: "Person", lastName: String(n).padStart(2, "0"), role: "member" };
    await server.post(`${many.path}/members`, person, backend);
  }
  await server.post(`${many.path}/invitations`, { emails: ["x1@acme.example", "x2@acme.example"] }, olga.token);
  const page = await openScreen(server, olga, many.id, "members");
  // The invited people are above the members of the first page.
  assert.equal(await page.getByRole("row").count(), 1 + 2 + 25);
  await button(page, "Next").click();
  await until(async () => (await page.getByRole("row").count()) === 1 + 5, "the second page");
  await button(page, "Previous").click();
  await until(async () => (await page.getByRole("row").count()) === 1 + 2 + 25, "the first page");

  await page.getByRole("searchbox").fill("person 24");
  await until(() => /search=person/.test(page.url()), "the search in the address");
  await until(async () => (await page.getByRole("row").count()) === 1 + 1, "the one with this number");
  await page.reload();
  await settled(page);
  assert.equal(await page.getByRole("row").count(), 1 + 1);
  assert.equal(await page.getByRole("searchbox").inputValue(), "person 24");
});

scenario("people_type_a_search_with_pauses_and_slow_answers_and_the_text_stays", async () => {
  const { id } = await office();
  const page = await openScreen(server, olga, id, "members");
  await page.route("**/members?*", async (route) => {
    await new Promise((done) => setTimeout(done, 300));
    await route.continue();
  });
  const search = page.getByRole("searchbox");
  // Each pause is long enough for a search.
  await search.pressSequentially("anh ", { delay: 350 });
  await until(() => /search=anh$/.test(page.url()), "the search in the address");
  await settled(page);
  assert.equal(await search.inputValue(), "anh ");
  await search.pressSequentially("nguyen", { delay: 350 });
  assert.equal(await search.inputValue(), "anh nguyen");
  await until(async () => (await page.getByRole("row").count()) === 1 + 1, "the row that was searched for");
  // Another address is another search.
  await page.goto(`${server.address}/console/#/w/${id}/members?search=wei`);
  await until(async () => (await search.inputValue()) === "wei", "the search of the address");
  await rowOf(page, "wei@acme.example").waitFor();
});

scenario("people_who_are_selected_get_a_role_together_after_a_question", async () => {
  const { id } = await office();
  const page = await openScreen(server, olga, id, "members");
  const rows = ["anh", "wei"].map((name) => rowOf(page, `${name}@acme.example`));
  for (const row of rows) await row.getByRole("checkbox").check();
  const group = page.getByRole("group", { name: "2 selected" });
  await group.getByRole("combobox", { name: "Change role to" }).selectOption({ label: "Admin" });
  await button(group, "Change").click();
  await button(page.getByRole("dialog", { name: "Change the role of 2 people to Admin?" }), "Change").click();
  await sees(page, "Done for 2 people.");
  for (const row of rows) await until(async () => (await row.getByRole("combobox").inputValue()) === "admin", "the new role");
  await group.waitFor({ state: "detached" });
});

scenario("people_who_are_selected_and_cannot_be_removed_are_left_out_with_the_reason", async () => {
  const { id } = await office();
  const page = await openScreen(server, olga, id, "members");
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const name of ["olga", "anh", "wei"]) await rowOf(page, `${name}@acme.example`).getByRole("checkbox").check();
  const group = page.getByRole("group", { name: "3 selected" });
  await button(group, "Remove or revoke").click();
  const dialog = page.getByRole("dialog", { name: "Remove 2 people?" });
  await sees(dialog, /^1 of the selected is left out: ./);
  await page.keyboard.press("Escape");
  assert.ok((await group.boundingBox()).height < 110, "the acts have one or two rows");
});

scenario("people_who_may_do_nothing_see_texts_only", async () => {
  const shop = await serve("purchased-seats");
  const owner = await shop.person("owner");
  const made = await shop.office(owner);
  await shop.post(`${made.path}/seats`, { tier: "pro", quantity: 1 }, owner.token);
  const member = await shop.person("plain");
  await shop.joinOffice(made, member);
  const page = await openScreen(shop, member, made.id, "members");
  await rowOf(page, "owner@acme.example").waitFor();
  assert.equal(await page.getByRole("table").getByRole("checkbox").count(), 0);
  assert.equal(await page.getByRole("table").getByRole("combobox").count(), 0);
  assert.equal(await page.getByRole("button", { name: /^(Actions for|Role of)/ }).count(), 0);
});

scenario("people_with_a_link_have_no_mail_to_send_again", async () => {
  const shop = await serve("purchased-seats");
  const owner = await shop.person("owner");
  const made = await shop.office(owner);
  await shop.post(`${made.path}/seats`, { tier: "pro", quantity: 1 }, owner.token);
  await shop.post(`${made.path}/invitations`, { role: "member", tier: "pro" }, owner.token);
  const page = await openScreen(shop, owner, made.id, "members", { language: "de-DE" });
  const row = rowOf(page, "Wer den Link hat");
  // The badge is in the language of the page.
  await row.getByText("Eingeladen", { exact: true }).waitFor();
  await row.getByRole("button", { name: /^Aktionen/ }).click();
  await row.getByRole("menuitem", { name: "Die Einladung widerrufen" }).waitFor();
  assert.equal(await row.getByRole("menuitem", { name: /erneut/ }).count(), 0);
});

scenario("people_who_are_looked_for_in_the_log_are_found_by_a_part_of_their_name", async () => {
  const { id } = await office();
  const page = await openScreen(server, olga, id, "activity");
  const field = page.getByLabel("Person");
  await field.fill("nguy");
  await field.press("Enter");
  await until(() => /actor=/.test(page.url()), "the filter");
  await button(page, "Clear the filters").click();
  await field.fill("e");
  await field.press("Enter");
  await sees(page, /^No member, or more than one, has this in the name/);
});

scenario("people_choose_a_logo_and_a_file_that_is_none_is_refused_in_words", async () => {
  const { id } = await server.office(olga, "Pictures");
  const page = await openScreen(server, olga, id, "settings");
  const input = page.locator("input[type=file]");
  await input.setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: Buffer.from("<svg/>") });
  await sees(page, "This file is not a PNG, JPEG or WebP picture. Choose another file.");
  const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  await input.setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: Buffer.from(pixel, "base64") });
  await sees(page, "The logo is changed.");
  assert.ok((await server.get(`/v1/workspaces/${id}`, olga.token)).logoUrl);
  await button(page, "Undo").click();
  await sees(page, "The logo is removed.");
});

scenario("people_are_changed_and_removed_by_the_menu_of_their_row_and_a_mistake_is_undone", async () => {
  const { id } = await office();
  const page = await openScreen(server, olga, id, "members");
  const row = rowOf(page, "anh@acme.example");
  await chooseInMenu(row, /^Make Admin/);
  await sees(page, "Ánh Nguyễn now has the role Admin.");
  await button(page, "Undo").click();
  await sees(page, "Ánh Nguyễn now has the role Member.");
  await chooseInMenu(row, /^Remove from the workspace/);
  await button(page.getByRole("dialog"), "Remove from the workspace").click();
  await sees(page, "Ánh Nguyễn is not a member any more.");
  await row.waitFor({ state: "detached" });
});

scenario("people_with_a_full_kind_of_resource_get_more_with_the_plan_if_an_allowance_of_it_counts_the_kind", async () => {
  const office = await server.office(olga, "Full");
  for (const kind of ["bot", "omni-bot"]) await server.post(`${office.path}/resources`, { kind, externalId: kind }, olga.token);
  const page = await openScreen(server, olga, office.id, "members");
  // What it is called says nothing.
  await page.route("**/v1/product", async (route) => {
    const product = await (await route.fetch()).json();
    for (const { allowances } of product.plans) for (const allowance of allowances) allowance.label = allowance.id === "bots" ? "Chat robots" : "Omni bot";
    return route.fulfill({ json: product });
  });
  await page.goto(`${server.address}/console/#/w/${office.id}/resources`);
  await page.reload();
  await settled(page);
  assert.equal(await page.getByText("1 of 1").count(), 2);
  await page.getByRole("button", { name: "Get more with the plan: Bots" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Get more with the plan/ }).count(), 1);
});
