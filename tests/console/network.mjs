// Slow and failing networks: nothing that was typed is lost, and nothing is done twice.

import assert from "node:assert/strict";
import { button, openScreen, rowOf, scenario, sees, serve, settled, until, windowOf } from "./harness.mjs";

const server = await serve("purchased-seats");
// Two owners, because nobody may have too many workspaces.
const [olga, pia] = [await server.person("olga"), await server.person("pia")];

/** A workspace with free seats, and its members in the console. */
async function members(owner = olga) {
  const office = await server.office(owner);
  await server.post(`${office.path}/seats`, { tier: "pro", quantity: 3 }, owner.token);
  return { office, page: await openScreen(server, owner, office.id, "members") };
}

async function typeInvitation(page, email) {
  await button(page, "Invite people").click();
  const dialog = page.getByRole("dialog", { name: "Invite people" });
  await dialog.getByRole("textbox", { name: "Email addresses" }).fill(email);
  return { dialog, send: button(dialog, "Invite 1 person") };
}

/** Requests that create invitations, as they reach the network. */
async function onInvitations(page, handle) {
  const keys = [];
  await page.route("**/invitations", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    keys.push(route.request().headers()["idempotency-key"]);
    await handle(route, keys.length);
  });
  return keys;
}

const invitations = async ({ path }) => (await server.get(`${path}/invitations`, olga.token)).items;

/** A gate that holds requests until the test opens it. */
function gate() {
  let open;
  const opened = new Promise((done) => { open = done; });
  return { opened, open };
}

scenario("network_without_a_connection_nothing_typed_is_lost", async () => {
  const { office, page } = await members();
  const keys = await onInvitations(page, (route, count) => (count === 1 ? route.abort() : route.continue()));
  const { dialog, send } = await typeInvitation(page, "tea@acme.example");
  await dialog.getByLabel("Send the invitations by email").uncheck();
  await send.click();
  await sees(dialog, "The server could not be reached.");
  // What was typed and chosen is there, and the same button tries again.
  await button(dialog, "Change tea@acme.example").waitFor();
  assert.equal(await dialog.getByLabel("Send the invitations by email").isChecked(), false);
  await send.click();
  await sees(dialog, "1 invitation made");
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  assert.equal((await invitations(office)).length, 1);
});

scenario("network_a_lost_answer_and_a_second_try_create_one_invitation", async () => {
  const { office, page } = await members();
  const keys = await onInvitations(page, async (route, count) => {
    if (count > 1) return route.continue();
    // The server has done it, and nobody hears of it.
    await route.fetch();
    await route.abort();
  });
  const { dialog, send } = await typeInvitation(page, "tea@acme.example");
  await send.click();
  await sees(dialog, "The server could not be reached.");
  assert.equal((await invitations(office)).length, 1);
  await send.click();
  await sees(dialog, "1 invitation made");
  assert.equal(keys.length, 2);
  assert.ok(keys[0]);
  assert.equal(keys[0], keys[1]);
  assert.equal((await invitations(office)).length, 1);
});

scenario("network_a_double_click_sends_once", async () => {
  const { office, page } = await members();
  const held = gate();
  const keys = await onInvitations(page, async (route) => { await held.opened; await route.continue(); });
  const { dialog, send } = await typeInvitation(page, "tea@acme.example");
  await send.dblclick();
  await until(() => keys.length, "the request");
  const busy = dialog.locator("form button.primary");
  assert.equal(await busy.getAttribute("aria-disabled"), "true");
  await busy.click({ force: true });
  await page.keyboard.press("Enter");
  held.open();
  await sees(dialog, "1 invitation made");
  assert.equal(keys.length, 1);
  assert.equal((await invitations(office)).length, 1);
});

scenario("network_what_is_typed_while_an_invitation_is_sent_stays", async () => {
  const { page } = await members();
  const held = gate();
  const keys = await onInvitations(page, async (route) => { await held.opened; await route.continue(); });
  const { dialog, send } = await typeInvitation(page, "tea@acme.example");
  await send.click();
  await until(() => keys.length, "the request");
  const field = dialog.getByRole("textbox", { name: "Email addresses" });
  await field.pressSequentially("lee@acme.example,max@");
  held.open();
  await sees(dialog, "1 invitation made");
  await button(dialog, "Change lee@acme.example").waitFor();
  assert.equal(await button(dialog, "Change tea@acme.example").count(), 0);
  assert.equal(await field.inputValue(), "max@");
});

scenario("network_the_last_of_two_quick_switches_is_kept", async () => {
  const person = await server.person("quick");
  const [first, , third] = [await server.office(person, "One"), await server.office(person, "Two"), await server.office(person, "Three")];
  const page = await openScreen(server, person, first.id, "members");
  const held = gate();
  let count = 0;
  await page.route("**/v1/me", async (route) => {
    if (route.request().method() === "PATCH" && ++count === 1) await held.opened;
    await route.continue();
  });
  for (const name of ["Two", "Three"]) {
    await page.getByRole("button", { name: /^Workspace:/ }).click();
    await page.getByRole("dialog", { name: "Workspaces" }).getByRole("button", { name }).click();
    await page.getByRole("button", { name: `Workspace: ${name}` }).waitFor();
  }
  await until(() => count, "the first choice on its way");
  held.open();
  await until(async () => (await server.get("/v1/me", person.token)).currentWorkspaceId === third.id, "the last choice");
});

scenario("network_a_creation_whose_answer_is_lost_makes_one_workspace", async () => {
  const person = await server.person("twice");
  const page = await openScreen(server, person, "", "", {});
  await page.goto(`${server.address}/console/#/new`);
  await settled(page);
  let count = 0;
  await page.route("**/v1/workspaces", async (route) => {
    if (route.request().method() !== "POST" || ++count > 1) return route.continue();
    await route.fetch();
    await route.abort();
  });
  const main = page.getByRole("main");
  await main.getByLabel("Name").fill("Once");
  await button(main, "Create the workspace").click();
  await sees(main, "The server could not be reached.");
  assert.equal(await main.getByLabel("Name").inputValue(), "Once");
  await button(main, "Create the workspace").click();
  await sees(page, "Once is ready");
  assert.equal((await server.get("/v1/workspaces", person.token)).items.length, 1);
});

scenario("network_what_is_slow_to_load_says_so_and_what_fails_can_be_tried_again", async () => {
  const { page, office } = await members();
  const held = gate();
  let fails = true;
  await page.route(`**${office.path}/seats?*`, async (route) => {
    await held.opened;
    await (fails ? route.abort() : route.continue());
  });
  await page.getByRole("link", { name: "Seats", exact: true }).click();
  await sees(page.getByRole("main"), "Loading…");
  held.open();
  await sees(page, "The server could not be reached.");
  fails = false;
  await button(page, "Try again").click();
  await sees(page, "0 of 3 seats taken");
});

/** Lets the first request for a file of the console fail. */
async function onceWithout(page, file) {
  let isFirst = true;
  await page.route(`**/console/${file}`, (route) => {
    if (!isFirst) return route.continue();
    isFirst = false;
    return route.abort();
  });
}

scenario("network_a_form_whose_file_does_not_load_says_so_and_opens_at_the_second_try", async () => {
  const { page } = await members();
  await onceWithout(page, "screens/invite.js");
  await button(page, "Invite people").click();
  await sees(page, "The server could not be reached.");
  assert.equal(await page.getByRole("dialog").count(), 0);
  const { dialog } = await typeInvitation(page, "tea@acme.example");
  await button(dialog, "Invite 1 person").waitFor();
  assert.equal(await page.getByText("The server could not be reached.").count(), 0);
});

scenario("network_acts_on_selected_people_whose_file_does_not_load_can_be_tried_again", async () => {
  const { page } = await members();
  await onceWithout(page, "parts/bulk-acts.js");
  await page.getByLabel("Select olga@acme.example").check();
  await sees(page, "The server could not be reached.");
  await button(page, "Try again").click();
  await button(page, "Remove or revoke").waitFor();
});

scenario("network_a_screen_whose_files_do_not_load_can_be_tried_again", async () => {
  const { page } = await members();
  for (const [file, screen] of [["screens/settings.js", "Settings"], ["messages/en/paying.js", "Seats"]]) {
    await page.route(`**/console/${file}`, (route) => route.abort());
    await page.getByRole("link", { name: screen, exact: true }).click();
    await sees(page, "The server could not be reached.");
    await page.unroute(`**/console/${file}`);
    await button(page, "Try again").click();
    await page.getByRole("heading", { level: 1, name: screen }).waitFor();
  }
});

scenario("network_a_busy_server_is_asked_again", async () => {
  const { page } = await members();
  let refused = 0;
  await page.route("**/invitations", (route) => {
    if (route.request().method() !== "POST" || refused) return route.continue();
    refused += 1;
    const body = JSON.stringify({ status: 503, code: "conflict_busy", title: "Busy" });
    return route.fulfill({ status: 503, headers: { "retry-after": "1", "content-type": "application/problem+json" }, body });
  });
  const { dialog, send } = await typeInvitation(page, "tea@acme.example");
  await send.click();
  await sees(dialog, "1 invitation made");
  assert.equal(refused, 1);
});

scenario("network_a_change_that_fails_is_taken_back_and_says_so_in_its_row", async () => {
  const { page, office } = await members();
  await server.joinOffice(office, await server.person("lee"));
  await page.reload();
  await settled(page);
  const row = rowOf(page, "lee@acme.example");
  await page.route("**/role", (route) => route.abort());
  await row.getByRole("combobox").selectOption({ label: "Admin" });
  await sees(row, "The server could not be reached.");
  await until(async () => (await row.getByRole("combobox").inputValue()) === "member", "the old role");
  await page.unroute("**/role");
  await row.getByRole("combobox").selectOption({ label: "Admin" });
  await sees(page, "lee@acme.example now has the role Admin.");
});

scenario("network_who_is_signed_out_meanwhile_can_sign_in_again", async () => {
  const { page, office } = await members();
  await page.evaluate(() => sessionStorage.setItem("seatwise-token", "expired"));
  await page.getByRole("link", { name: "Seats", exact: true }).click();
  await sees(page, "Your sign-in has expired.");
  await page.getByLabel("Email address").fill(olga.email);
  await button(page, "Sign in").click();
  await page.getByRole("heading", { level: 1, name: "Seats" }).waitFor();
  assert.ok(page.url().includes(office.id));
});

scenario("network_offline_altogether_the_page_keeps_what_it_shows", async () => {
  const context = await windowOf();
  const office = await server.office(olga);
  const page = await openScreen(server, olga, office.id, "settings", { context });
  await context.setOffline(true);
  const name = page.getByRole("textbox", { name: "Name", exact: true });
  await name.fill("Typed offline");
  await button(page, "Save").first().click();
  await sees(page, "The server could not be reached.");
  assert.equal(await name.inputValue(), "Typed offline");
  await context.setOffline(false);
  await button(page, "Save").first().click();
  await sees(page, "The name is changed.");
});

scenario("network_a_purchase_on_its_way_keeps_its_dialog_and_a_second_try_buys_once", async () => {
  const office = await server.office(olga);
  const page = await openScreen(server, olga, office.id, "seats");
  const held = gate();
  const keys = [];
  await page.route(`**${office.path}/seats`, async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length > 1) return route.continue();
    await held.opened;
    await route.fetch();
    await route.abort();
  });
  await button(page.getByRole("main"), "Buy seats").first().click();
  const dialog = page.getByRole("dialog", { name: "Buy seats" });
  const buy = button(dialog, /^Buy for /);
  await buy.click();
  await until(() => keys.length, "the request");
  // A second Escape closes a dialog that refuses the first one.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.mouse.click(5, 5);
  await button(dialog, "Cancel").click({ force: true });
  held.open();
  await sees(dialog, "The server could not be reached.");
  await buy.click();
  await sees(page, "Done: 1 ×");
  assert.equal(keys.length, 2);
  assert.ok(keys[0]);
  assert.equal(keys[0], keys[1]);
  assert.equal((await server.get(`${office.path}/seats`, olga.token)).items.length, 1);
});

scenario("network_a_reason_typed_for_one_request_to_leave_is_not_offered_for_the_next", async () => {
  const office = await server.office(olga);
  await server.post(`${office.path}/seats`, { tier: "basic", quantity: 2 }, olga.token);
  for (const name of ["ann", "ben"]) {
    const person = await server.person(name);
    await server.joinOffice(office, person);
    await server.post(`${office.path}/leave-requests`, {}, person.token);
  }
  const page = await openScreen(server, olga, office.id, "leave");
  const reason = page.getByRole("dialog").getByLabel("Reason for them to read");
  await button(page, "Deny: ann@acme.example").click();
  await reason.fill("Stay until May.");
  await page.keyboard.press("Escape");
  await button(page, "Deny: ann@acme.example").click();
  assert.equal(await reason.inputValue(), "Stay until May.");
  await page.keyboard.press("Escape");
  await button(page, "Deny: ben@acme.example").click();
  assert.equal(await reason.inputValue(), "");
});

/** Holds the first request that fits until the gate is open. */
async function hold(page, pattern, fits = () => true) {
  const held = gate();
  const reached = new Promise((done) => {
    page.route(pattern, async (route) => {
      if (!fits(route.request())) return route.continue();
      done();
      await held.opened;
      return route.continue();
    });
  });
  return { reached, open: held.open };
}

const goTo = (page, { id }, screen) => page.evaluate((hash) => { location.hash = hash; }, `/w/${id}/${screen}`);

scenario("network_what_is_sought_while_another_screen_loads_does_not_get_into_its_address", async () => {
  const { page, office } = await members(pia);
  const file = await hold(page, "**/console/screens/seats.js");
  await page.getByRole("link", { name: "Seats", exact: true }).click();
  await file.reached;
  const sought = page.waitForRequest(/members\?.*search=sue/);
  await page.getByRole("searchbox").fill("sue");
  await sought;
  file.open();
  await page.getByRole("heading", { level: 1, name: "Seats" }).waitFor();
  assert.ok(page.url().endsWith(`${office.id}/seats`), page.url());
});

scenario("network_a_form_that_loads_while_the_workspace_changes_does_not_open_in_the_other", async () => {
  const other = await server.office(pia, "Other");
  const { page } = await members(pia);
  const file = await hold(page, "**/console/screens/invite.js");
  await button(page, "Invite people").click();
  await file.reached;
  await goTo(page, other, "members");
  await page.getByRole("button", { name: "Workspace: Other" }).waitFor();
  const loaded = page.waitForEvent("requestfinished", (request) => request.url().endsWith("screens/invite.js"));
  file.open();
  await loaded;
  await settled(page);
  assert.equal(await page.getByRole("dialog").count(), 0);
});

scenario("network_a_wish_is_not_fulfilled_for_the_next_person", async () => {
  const { page, office } = await members(pia);
  const next = await server.person("next");
  await server.joinOffice(office, next, { role: "admin" });
  await server.put(`${office.path}/members/${next.id}/role`, { role: "owner" }, pia.token).catch(() => null);
  await page.evaluate((id) => document.querySelector("seatwise-console").go(`/w/${id}/seats`, { tier: "pro", quantity: 2 }), office.id);
  const form = page.getByRole("dialog", { name: "Buy seats" });
  await form.getByRole("button", { name: "Cancel" }).click();
  await page.evaluate(() => {
    sessionStorage.setItem("seatwise-token", "expired");
    document.querySelector("seatwise-console").store.changed();
  });
  await sees(page, "Your sign-in has expired.");
  await page.getByLabel("Email address").fill(next.email);
  await button(page, "Sign in").click();
  await rowOf(page, "Available").first().waitFor();
  await settled(page);
  assert.equal(await page.getByRole("dialog").count(), 0);
});

scenario("network_decisions_that_do_not_come_are_said_and_asked_for_again", async () => {
  const { page, office } = await members(pia);
  await server.joinOffice(office, await server.person("lee"));
  await goTo(page, office, "settings");
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  await page.route("**/authorize", (route) => (/changeRole|removeMember/.test(route.request().postData()) ? route.abort() : route.continue()));
  await goTo(page, office, "members");
  await sees(page, "The server could not be reached.");
  const row = rowOf(page, "lee@acme.example");
  await row.getByRole("button", { name: /^Actions for/ }).click();
  await sees(row.getByRole("menu"), "The server could not be reached.");
  await page.keyboard.press("Escape");
  await page.unroute("**/authorize");
  await row.getByRole("button", { name: /^Actions for/ }).click();
  await row.getByRole("menuitem", { name: /^Remove/, disabled: false }).waitFor();
  assert.equal(await row.getByText("The server could not be reached.").count(), 0);
  await page.keyboard.press("Escape");
  await button(page, "Try again").click();
  await page.getByText("The server could not be reached.").waitFor({ state: "detached" });
  await row.getByRole("combobox").waitFor();
});

scenario("network_a_start_that_fails_can_be_tried_again", async () => {
  const { page } = await members(pia);
  let fails = true;
  await page.route("**/console/config.json", (route) => (fails ? route.abort() : route.continue()));
  await page.reload();
  await sees(page, "The server could not be reached.");
  fails = false;
  await button(page, "Try again").click();
  await rowOf(page, "pia@acme.example").waitFor();
});

scenario("network_a_link_that_the_browser_does_not_copy_is_said_in_words", async () => {
  const { page, office } = await members(pia);
  await server.post(`${office.path}/invitations`, { emails: ["tea@acme.example"] }, pia.token);
  await page.reload();
  const row = rowOf(page, "tea@acme.example");
  await sees(row, /^until /);
  await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException("no", "NotAllowedError")); });
  const lists = [];
  page.on("request", (request) => { if (/invitations\?/.test(request.url())) lists.push(request.url()); });
  await row.getByRole("button", { name: /^Actions for/ }).click();
  await row.getByRole("menuitem", { name: "Copy the link", disabled: false }).click();
  await sees(row, "The browser did not allow copying.");
  assert.deepEqual(lists, []);
});
