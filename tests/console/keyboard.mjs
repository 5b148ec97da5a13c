// The console by keyboard alone.

import assert from "node:assert/strict";
import { button, focused, openScreen, rowOf, scenario, sees, serve, tabTo, until } from "./harness.mjs";

const server = await serve("role-ladder", "--demo");
const ada = await server.demoPerson("ada");
const workspace = await server.firstWorkspace(ada);

const becomesFocused = (page, wanted) => until(async () => wanted.test(await focused(page)), `the focus on ${wanted}`);

scenario("keyboard_the_skip_link_comes_first_and_leads_to_the_content", async () => {
  const page = await openScreen(server, ada, workspace, "members");
  await page.keyboard.press("Tab");
  assert.match(await focused(page), /Skip to the content/);
  await page.keyboard.press("Enter");
  await becomesFocused(page, /^main/);
});

scenario("keyboard_a_role_is_changed", async () => {
  const page = await openScreen(server, ada, workspace, "members");
  await tabTo(page, /^select Role of Dan /);
  const select = rowOf(page, "dan@demo.example").getByRole("combobox");
  const roleOfDan = async () => (await server.get(`/v1/workspaces/${workspace}/members?search=dan@demo.example`, ada.token)).items[0].role;
  // On a closed drop-down, a letter or an arrow chooses at once. Nothing is given before Enter, and Escape takes it back.
  for (const key of ["a", "Escape", "ArrowUp", "ArrowUp", "Escape"]) await page.keyboard.press(key);
  assert.equal(await select.inputValue(), "member");
  await page.keyboard.press("ArrowUp");
  assert.equal(await select.inputValue(), "admin");
  await sees(page, "Enter gives this role, Escape keeps the present one.");
  assert.equal(await roleOfDan(), "member");
  await page.keyboard.press("Enter");
  await sees(page, /^Dan .* now has the role Admin\.$/);
  assert.equal(await roleOfDan(), "admin");
  assert.equal(await rowOf(page, "dan@demo.example").getByRole("combobox").inputValue(), "admin");
  assert.match(await focused(page), /^select Role of Dan /);
  await tabTo(page, /^button Undo/);
  await page.keyboard.press("Enter");
  await sees(page, /^Dan .* now has the role Member\.$/);
});

scenario("keyboard_a_role_that_governs_is_given_after_a_question", async () => {
  const page = await openScreen(server, ada, workspace, "members");
  await tabTo(page, /^select Role of Dan /);
  await page.keyboard.press("o");
  // Going on gives the role, too.
  await page.keyboard.press("Tab");
  const dialog = page.getByRole("dialog", { name: /^Make Dan .* Owner\?$/ });
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  const row = rowOf(page, "dan@demo.example");
  assert.equal(await row.getByRole("combobox").inputValue(), "member");
  await row.getByRole("combobox").selectOption({ label: "Owner" });
  await button(dialog, "Make Owner").click();
  await sees(page, /^Dan .* now has the role Owner\.$/);
  // The row follows the answer, not only the next list.
  await row.getByText("Owner", { exact: true }).nth(1).waitFor();
  await button(page, "Undo").click();
  await sees(page, /^Dan .* now has the role Member\.$/);
});

scenario("keyboard_the_account_menu_closes_by_escape_by_a_click_elsewhere_and_by_going_on", async () => {
  const page = await openScreen(server, ada, workspace, "members");
  const account = page.getByRole("dialog", { name: "Your account" });
  const opener = page.locator("button.account");
  await opener.click();
  await account.waitFor();
  await page.keyboard.press("Escape");
  await account.waitFor({ state: "hidden" });
  await becomesFocused(page, /^button ada@demo/);
  await opener.click();
  await page.getByRole("heading", { level: 1, name: "Members" }).click();
  await account.waitFor({ state: "hidden" });
  await opener.click();
  await account.getByRole("link", { name: "My settings" }).click();
  await page.getByRole("heading", { level: 1, name: "My settings" }).waitFor();
  assert.equal(await account.count(), 0);
});

scenario("keyboard_a_menu_opens_and_the_arrows_move_in_it_and_escape_returns_to_its_button", async () => {
  const page = await openScreen(server, ada, workspace, "members");
  await tabTo(page, /^button Actions for Eve /);
  await page.keyboard.press("Enter");
  await becomesFocused(page, /^menuitem Make Owner/);
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(page), /^menuitem Make Admin/);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  assert.match(await focused(page), /^menuitem Remove from the workspace/);
  await page.keyboard.press("Home");
  assert.match(await focused(page), /^menuitem Make Owner/);
  await page.keyboard.press("End");
  assert.match(await focused(page), /^menuitem Remove/);
  await page.keyboard.press("Escape");
  await becomesFocused(page, /^button Actions for Eve /);
  assert.equal(await page.getByRole("menuitem").count(), 0);
});

scenario("keyboard_a_question_is_asked_and_escape_changes_nothing", async () => {
  const page = await openScreen(server, ada, workspace, "members");
  await tabTo(page, /^button Actions for Eve /);
  await page.keyboard.press("Enter");
  await becomesFocused(page, /^menuitem/);
  await page.getByRole("menuitem", { name: /^Remove/, disabled: false }).waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /^Remove Eve / });
  await dialog.waitFor();
  // The focus cannot leave the dialog.
  for (let n = 0; n < 5; n++) {
    assert.match(await focused(page), /^(button (Cancel|Remove from the workspace)|body|html)/);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await becomesFocused(page, /^button Actions for Eve /);
  await rowOf(page, "eve@demo.example").waitFor();
});

scenario("keyboard_somebody_is_invited_in_a_dialog", async () => {
  const page = await openScreen(server, ada, workspace, "members");
  await tabTo(page, /^button Invite people/);
  await page.keyboard.press("Enter");
  await becomesFocused(page, /^input Email addresses/);
  await page.keyboard.type("keys@acme.example");
  await tabTo(page, /^button Invite 1 person/);
  await page.keyboard.press("Enter");
  await sees(page, "1 invitation made");
  await page.keyboard.press("Escape");
  await becomesFocused(page, /^button Invite people/);
  await rowOf(page, "keys@acme.example").waitFor();
});

scenario("keyboard_what_may_not_be_done_is_reachable_and_says_why", async () => {
  const cleo = await server.demoPerson("cleo");
  const page = await openScreen(server, cleo, workspace, "settings");
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  await tabTo(page, /^button Delete/);
  const text = await page.evaluate(() => {
    let at = document.activeElement;
    while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    const why = at.getRootNode().getElementById(at.getAttribute("aria-describedby"));
    return [at.getAttribute("aria-disabled"), why?.textContent.trim(), getComputedStyle(why).visibility];
  });
  assert.equal(text[0], "true");
  assert.match(text[1], /Owner/);
  assert.equal(text[2], "visible");
  await page.keyboard.press("Enter");
  assert.equal(await page.getByRole("dialog").count(), 0);
});

scenario("keyboard_workspaces_are_switched", async () => {
  const cleo = await server.demoPerson("cleo");
  const own = await server.office(cleo, "Zebra");
  const page = await openScreen(server, cleo, workspace, "settings");
  await tabTo(page, /^button .*Workspace: Analytical Engines/);
  await page.keyboard.press("Enter");
  await becomesFocused(page, /^button .*Analytical Engines/);
  await tabTo(page, /^button .*Zebra/);
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(own.id));
  await page.getByRole("button", { name: /Workspace: Zebra/ }).waitFor();
});

scenario("keyboard_the_focus_goes_to_the_heading_when_a_row_goes", async () => {
  const people = [];
  for (const name of ["uma", "vic", "wes"]) {
    const person = await server.person(name);
    await server.joinOffice({ path: `/v1/workspaces/${workspace}`, owner: ada }, person);
    people.push(person.email);
  }
  const page = await openScreen(server, ada, workspace, "members");
  const gone = async (emails) => {
    for (const email of emails) await rowOf(page, email).waitFor({ state: "detached" });
    await becomesFocused(page, /^h1 Members/);
  };
  await tabTo(page, /^button Actions for uma@/);
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: /^Remove/, disabled: false }).waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await tabTo(page, /^button Remove from the workspace/);
  await page.keyboard.press("Enter");
  await gone(people.slice(0, 1));

  for (const email of people.slice(1)) await page.getByLabel(`Select ${email}`).check();
  await page.getByRole("button", { name: "Remove or revoke", disabled: false }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Remove or revoke" }).focus();
  await page.keyboard.press("Enter");
  await gone(people.slice(1));
});
