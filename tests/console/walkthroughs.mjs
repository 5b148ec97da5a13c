// What the documents of the four products walk through, clicked as a person would.

import assert from "node:assert/strict";
import { button, chooseInMenu, openConsole, openScreen, rowOf, scenario, sees, serve, settled, until, watched, windowOf } from "./harness.mjs";

/** Signs in at the form that is shown. */
async function signIn(page, email, name = "Sign in") {
  await page.getByLabel("Email address").fill(email);
  await button(page, name).click();
}

/** Somebody who opens the console for the first time, in a browser of their own. */
async function newcomer(server, email) {
  const page = await openConsole(server, null, "/");
  await signIn(page, email);
  await settled(page);
  return page;
}

async function createWorkspace(page, name) {
  await page.getByRole("button", { name: /^Workspace:/ }).click();
  await button(page, "New workspace").click();
  await page.getByRole("main").getByLabel("Name").fill(name);
  await button(page, "Create the workspace").click();
}

const goTo = async (page, screen) => {
  await page.getByRole("navigation", { name: "Workspace" }).getByRole("link", { name: screen, exact: true }).click();
  await page.getByRole("main").getByRole("heading", { level: 1, name: screen }).waitFor();
  await settled(page);
};

/** Chooses seats in the dialog, and presses the button that names the price. */
async function buySeats(page, tier, quantity, price) {
  await button(page.getByRole("main"), "Buy seats").first().click();
  const dialog = page.getByRole("dialog", { name: "Buy seats" });
  await dialog.getByRole("radio", { name: tier }).check();
  await dialog.getByRole("spinbutton", { name: "Number of seats" }).fill(String(quantity));
  await button(dialog, `Buy for ${price}`).click();
  return dialog;
}

/** Follows the link to the page of the payment provider, and presses a button there. */
async function atProvider(page, link, press) {
  const [provider] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
  await provider.waitForLoadState();
  if (press) {
    await button(provider, press).click();
    await provider.waitForLoadState();
  }
  return provider;
}

/** Invites to a free seat in the list of seats; returns the link to share. */
async function inviteToSeat(page, row, email) {
  await chooseInMenu(row, "Invite to this seat");
  const dialog = page.getByRole("dialog", { name: "Invite to this seat" });
  await dialog.getByRole("textbox", { name: "Email addresses" }).fill(email);
  await button(dialog, "Invite 1 person").click();
  const link = await dialog.getByRole("textbox", { name: `Link for ${email}`, exact: true }).inputValue();
  await button(dialog, "Close").click();
  await settled(page);
  return link;
}

/** Opens an invitation's link in a browser of one's own, signs in and joins; returns the page and the answer of the API. */
async function join(link, email) {
  const page = await watched(await (await windowOf()).newPage());
  await page.goto(link);
  await signIn(page, email, "Sign in and join");
  // Who signed in before the page was opened confirms.
  const [answer] = await Promise.all([page.waitForResponse((response) => response.url().endsWith("/v1/join")), confirm(page)]);
  await page.getByRole("heading", { name: /^Welcome to / }).waitFor();
  return { page, joined: await answer.json() };
}

/** Joining takes a click, except right after the sign-in on the page. */
async function confirm(page) {
  const offered = button(page, "Join");
  await offered.or(page.getByRole("heading", { name: /^Welcome to / })).first().waitFor();
  if (await offered.isVisible()) await offered.click();
}

const mayOnly = async (server, person, workspace, action) => (await server.post(`/v1/workspaces/${workspace}/authorize`, { actions: [action] }, person.token)).decisions[0].allowed;
const idOf = (page) => /#\/w\/([^/]+)/.exec(page.url())[1];

const shop = await serve("purchased-seats", "--billing", "stub");
/** Here, what is bought is there at once, by invoice. */
const flatShop = await serve("purchased-seats");
const flat = await serve("flat-owners");
const ai = await serve("role-seats");

scenario("s17_a_pro_teammate_is_brought_in", async () => {
  const olga = await newcomer(shop, "olga@acme.example");
  await sees(olga, "You are in no workspace yet.");
  await createWorkspace(olga, "Acme");
  await button(olga, "Buy seats").click();
  await olga.waitForURL(/\/seats$/);

  // Nothing is granted before it is paid.
  const dialog = await buySeats(olga, /^Pro/, 1, "€29.00");
  const payment = dialog.getByRole("link", { name: "Pay" });
  await payment.waitFor();
  await atProvider(olga, payment, "Pay");
  await olga.bringToFront();
  await sees(olga, "Done: 1 × Pro.");
  const seat = rowOf(olga, "Available");
  await seat.waitFor();

  const link = await inviteToSeat(olga, seat, "tea@acme.example");
  await rowOf(olga, "tea@acme.example").getByText("Pending").waitFor();
  const { page: tea, joined } = await join(link, "tea@acme.example");
  assert.equal(joined.next, "onboarding");

  // Analytics is on, because the seat is a Pro seat. Olga sees who has it.
  const person = await shop.person("tea");
  assert.ok(await mayOnly(shop, person, joined.workspace.id, "viewAnalytics"));
  await olga.bringToFront();
  await olga.reload();
  await rowOf(olga, "tea@acme.example").getByText("Filled").waitFor();
  await tea.getByRole("link", { name: "Open Acme" }).click();
  await tea.getByRole("button", { name: "Workspace: Acme" }).waitFor();
});

scenario("s18_from_solo_to_a_workspace_of_three", async () => {
  const olga = await newcomer(shop, "solo@acme.example");
  await createWorkspace(olga, "Solo");
  await button(olga, "Buy seats").click();
  await olga.waitForURL(/\/seats$/);

  // Pro is confirmed: the first seat is one's own.
  const first = await buySeats(olga, /^Pro/, 1, "€29.00");
  const payment = first.getByRole("link", { name: "Pay" });
  await payment.waitFor();
  await atProvider(olga, payment, "Pay");
  await olga.bringToFront();
  await sees(olga, "Done: 1 × Pro.");
  await goTo(olga, "Members");
  await chooseInMenu(rowOf(olga, "solo@acme.example"), "Assign a seat: Pro");
  await sees(olga, /has a seat now/);

  // The subscription is reviewed with the payment provider.
  await goTo(olga, "Billing");
  await olga.getByRole("main").getByText("Active", { exact: true }).waitFor();
  const portal = await atProvider(olga, button(olga, "Manage billing"));
  await sees(portal, "1 × Pro");
  await button(portal, "Change card").waitFor();
  await portal.close();

  // Two more seats: the card is known, so they are there at once.
  await goTo(olga, "Seats");
  await buySeats(olga, /^Pro/, 2, "€58.00");
  await sees(olga, "Done: 2 × Pro.");
  await sees(olga, "1 of 3 seats taken");
  for (const name of ["kim", "lee"]) {
    const email = `${name}@acme.example`;
    const link = await inviteToSeat(olga, rowOf(olga, "Available").first(), email);
    const { joined } = await join(link, email);
    assert.equal(joined.member.seat.tier, "pro");
  }
  await olga.bringToFront();
  await olga.reload();
  await sees(olga, "3 of 3 seats taken");
  await goTo(olga, "Billing");
  await olga.getByRole("row", { name: /^Pro/ }).getByText("€87.00").waitFor();
});

/** An owner with a workspace, who invites by email in the console. */
async function invitedByEmail(server, owner, workspace, email) {
  const person = await server.person(owner);
  const office = await server.office(person, workspace);
  const page = await openConsole(server, person, `/w/${office.id}/members`);
  await button(page, "Invite people").click();
  const dialog = page.getByRole("dialog", { name: "Invite people" });
  await dialog.getByRole("textbox", { name: "Email addresses" }).fill(email);
  await button(dialog, "Invite 1 person").click();
  await sees(dialog, "the mail is on its way");
  await page.context().close();
  return office;
}

/** Types addresses into the form of invitations on the screen of members; returns its dialog. */
async function typeAddresses(page, names) {
  await button(page, "Invite people").click();
  const dialog = page.getByRole("dialog", { name: "Invite people" });
  await dialog.getByRole("textbox", { name: "Email addresses" }).fill(names.map((name) => `${name}@acme.example`).join(" "));
  return dialog;
}

scenario("s9_who_invites_more_people_than_seats_are_free_comes_to_the_form_with_these_seats", async () => {
  const owner = await shop.person("buyer");
  const office = await shop.office(owner);
  const page = await openScreen(shop, owner, office.id, "members");
  const invitation = await typeAddresses(page, ["tea", "bo", "cy"]);
  await invitation.getByRole("combobox", { name: "Seat" }).selectOption({ label: "Pro (0 free)" });
  await button(invitation, "Buy seats").click();
  await page.waitForURL(/\/seats$/);

  const form = page.getByRole("dialog", { name: "Buy seats" });
  assert.equal(await form.getByRole("spinbutton", { name: "Number of seats" }).inputValue(), "3");
  assert.ok(await form.getByRole("radio", { name: /^Pro/ }).isChecked());
  await button(form, "Buy for €87.00").waitFor();

  // The people stay at hand, and the way back to them leads to the form as it was left.
  await form.getByRole("button", { name: "Cancel" }).click();
  await button(page, "Invite the 3 people").click();
  const again = page.getByRole("dialog", { name: "Invite people" });
  for (const name of ["tea", "bo", "cy"]) await button(again, `Change ${name}@acme.example`).waitFor();
  assert.equal(await again.getByRole("combobox", { name: "Seat" }).inputValue(), "pro");
  await button(again, "Close").click();
  // The wish is fulfilled once: who comes back finds the form closed.
  await goTo(page, "Members");
  await goTo(page, "Seats");
  assert.equal(await page.getByRole("dialog").count(), 0);
});

scenario("s9_after_the_seats_are_bought_the_people_are_invited_with_what_was_entered", async () => {
  const owner = await flatShop.person("buyer");
  const office = await flatShop.office(owner);
  const page = await openScreen(flatShop, owner, office.id, "members");
  const invitation = await typeAddresses(page, ["tea", "bo"]);
  await invitation.getByRole("combobox", { name: "Role" }).selectOption("Admin");
  await invitation.getByRole("combobox", { name: "Seat" }).selectOption({ label: "Pro (0 free)" });
  await invitation.getByLabel("Send the invitations by email").uncheck();
  await button(invitation, "Buy seats").click();
  await button(page.getByRole("dialog", { name: "Buy seats" }), /^Buy for/).click();

  const again = page.getByRole("dialog", { name: "Invite people" });
  await button(again, "Change tea@acme.example").waitFor();
  assert.equal(await again.getByRole("combobox", { name: "Role" }).inputValue(), "admin");
  assert.equal(await again.getByRole("combobox", { name: "Seat" }).inputValue(), "pro");
  assert.equal(await again.getByLabel("Send the invitations by email").isChecked(), false);
  await button(again, "Invite 2 people").click();
  await sees(again, "2 invitations made");
  assert.ok(!/tea|acme/.test(page.url()));
  await button(again, "Close").click();
  assert.equal(await button(page, /^Invite the/).count(), 0);
});

scenario("s9_who_is_here_or_invited_already_is_marked_and_needs_no_seat", async () => {
  const owner = await flatShop.person("counter");
  const office = await flatShop.office(owner);
  await flatShop.post(`${office.path}/seats`, { tier: "pro", quantity: 2 }, owner.token);
  await flatShop.joinOffice(office, await flatShop.person("here"));
  await flatShop.post(`${office.path}/invitations`, { emails: ["asked@acme.example"] }, owner.token);
  const page = await openScreen(flatShop, owner, office.id, "members");
  const dialog = await typeAddresses(page, ["HERE", "asked", "fresh"]);
  await page.keyboard.press("Enter");
  await sees(dialog, "This person is a member already.");
  await sees(dialog, "This person is invited already.");
  await sees(dialog, /^No more \w+ seat is free\. 1 more/);
});

scenario("r8_who_invites_more_people_than_the_plan_has_seats_comes_to_the_form_of_the_plan", async () => {
  const owner = await ai.person("planner");
  const office = await ai.office(owner);
  const page = await openScreen(ai, owner, office.id, "settings");
  // None of the packs sells the seats of a plan one by one, but a product can.
  await page.route("**/v1/product", async (route) => {
    const product = await (await route.fetch()).json();
    for (const plan of product.plans) Object.assign(plan, { price: { amount: 900, currency: "EUR" }, pricePerSeat: true });
    return route.fulfill({ json: product });
  });
  await page.reload();
  await goTo(page, "Members");
  const { seats } = await ai.get(office.path, owner.token);
  const invitation = await typeAddresses(page, Array.from({ length: seats.available + 2 }, (_, n) => `p${n}`));
  await invitation.getByRole("combobox", { name: "Role" }).selectOption("Member");
  await button(invitation, "See plans and seats").click();
  await page.waitForURL(/\/billing$/);
  const field = page.getByRole("dialog", { name: "Change the number of seats" }).getByRole("spinbutton", { name: "Seats" });
  assert.equal(await field.inputValue(), String(seats.total + 2));
});

scenario("f7_an_invitation_that_has_expired_is_found_and_sent_again_or_revoked", async () => {
  // With a clock of its own, which the test moves.
  const server = await serve("role-seats");
  const owner = await server.person("olga");
  const office = await server.office(owner);
  await server.post(`${office.path}/invitations`, { emails: ["tea@acme.example", "bo@acme.example"] }, owner.token);
  await server.post("/dev/clock", { advanceSeconds: 15 * 86_400 });

  const page = await openScreen(server, await server.person("olga"), office.id, "members", { permissions: ["clipboard-write"] });
  assert.equal(await rowOf(page, "tea@acme.example").count(), 0);
  await page.getByLabel("Status").selectOption("Expired");
  const row = rowOf(page, "tea@acme.example");
  await row.getByText("Expired", { exact: true }).waitFor();
  await sees(row, /^since /);
  assert.match(page.url(), /status=expired/);

  await chooseInMenu(row, "Resend the invitation");
  await sees(page, "The invitation of tea@acme.example is sent again.");
  await row.waitFor({ state: "detached" });
  await chooseInMenu(rowOf(page, "bo@acme.example"), "Revoke the invitation");
  await button(page.getByRole("dialog"), "Revoke the invitation").click();
  await sees(page, "No invitation has expired.");
  await button(page, "Clear the filters").click();
  await sees(rowOf(page, "tea@acme.example"), /^until /);
  await chooseInMenu(rowOf(page, "tea@acme.example"), "Copy the link");
  await sees(page, "Copied.");
});

scenario("f7_a_mail_that_could_not_be_sent_is_told_with_what_to_do", async () => {
  const owner = await ai.person("postmaster");
  const office = await ai.office(owner);
  await ai.post(`${office.path}/invitations`, { emails: ["tea@acme.example", "bo@acme.example", "cy@acme.example"] }, owner.token);
  const page = await openScreen(ai, owner, office.id, "settings");
  const statuses = { "tea@acme.example": "failed", "bo@acme.example": "retrying", "cy@acme.example": "sent" };
  await page.route("**/invitations?*", async (route) => {
    const answer = await (await route.fetch()).json();
    for (const { email, deliveries } of answer.items) if (email in statuses) deliveries.push({ status: statuses[email], at: new Date().toISOString(), attempts: 5 });
    return route.fulfill({ json: answer });
  });
  await goTo(page, "Members");
  await sees(rowOf(page, "tea@acme.example"), "Mail failed");
  await sees(rowOf(page, "tea@acme.example"), /If the address is right, resend/);
  await sees(rowOf(page, "bo@acme.example"), "Mail delayed");
  assert.equal(await rowOf(page, "cy@acme.example").getByText(/Mail/).count(), 0);
});

scenario("f2_who_has_an_account_sees_all_invitations_and_accepts_one", async () => {
  await flat.person("ida");
  await invitedByEmail(flat, "omar", "First", "ida@acme.example");
  const second = await invitedByEmail(flat, "owen", "Second", "ida@acme.example");

  const ida = await newcomer(flat, "ida@acme.example");
  await ida.getByRole("heading", { name: "My invitations" }).waitFor();
  await ida.getByRole("heading", { name: "First" }).waitFor();
  const [answer] = await Promise.all([
    ida.waitForResponse((response) => response.url().endsWith("/v1/join")),
    button(ida, "Accept the invitation to Second").click(),
  ]);
  const { member, next } = await answer.json();
  assert.deepEqual([member.role, next], ["member", "dashboard"]);
  await ida.waitForURL(new RegExp(`#/w/${second.id}`));
  await ida.getByRole("button", { name: "Workspace: Second" }).waitFor();
});

scenario("f3_who_has_no_account_registers_and_accepts", async () => {
  await invitedByEmail(flat, "olive", "Third", "newt@acme.example");
  // The mail has the link. The person signs up where it leads to, and skips the onboarding.
  const [mail] = await until(async () => {
    const mails = await flat.get("/dev/mailbox?to=newt@acme.example");
    return (mails.items || mails).length && (mails.items || mails);
  }, "the mail");
  const { page, joined } = await join(mail.links[0], "newt@acme.example");
  assert.deepEqual([joined.member.role, joined.next], ["member", "dashboard"]);
  await page.getByRole("link", { name: "Open Third" }).click();
  await page.getByRole("button", { name: "Workspace: Third" }).waitFor();

  // Whoever signs up without the link is taken to the invitations, too.
  await invitedByEmail(flat, "oscar", "Fourth", "nora@acme.example");
  const nora = await newcomer(flat, "nora@acme.example");
  await button(nora, "Accept the invitation to Fourth").click();
  await nora.getByRole("button", { name: "Workspace: Fourth" }).waitFor();
});

scenario("r3_a_seat_that_was_released_by_mistake_comes_back_with_the_role", async () => {
  const ruth = await ai.person("ruth");
  const office = await ai.office(ruth);
  await ai.joinOffice(office, await ai.person("rita"), { role: "admin" });
  const page = await openScreen(ai, ruth, office.id, "members");
  const row = rowOf(page, "rita@acme.example");
  await chooseInMenu(row, "Release the seat");
  await sees(page, "The seat of rita@acme.example is free now. rita@acme.example now has the role Viewer.");
  await button(page, "Undo").click();
  await sees(page, "rita@acme.example has a seat now. rita@acme.example now has the role Admin.");
  await until(async () => (await row.getByRole("combobox").inputValue()) === "admin", "the role of before");
});

scenario("r5_r6_r9_a_larger_group_is_rolled_out", async () => {
  const olga = await newcomer(ai, "olga@acme.example");
  await createWorkspace(olga, "Acme");
  await button(olga, "Open the workspace").click();
  await olga.waitForURL(/#\/w\//);
  await settled(olga);

  // Seats are not assigned by themselves.
  await goTo(olga, "Settings");
  await olga.getByRole("switch", { name: "Assign seats automatically" }).click();
  await sees(olga, "New people get no seat now.");
  await goTo(olga, "Invite links");
  await button(olga, "Create link for Member").click();
  const link = await olga.getByRole("textbox", { name: "Link for Member", exact: true }).inputValue();

  // Five people join with the link, as viewers without a seat: the first as a person would, the others by the API.
  const { joined } = await join(link, "ann@acme.example");
  assert.deepEqual([joined.member.role, joined.member.seat], ["viewer", null]);
  for (const name of ["ben", "cat", "don", "eli"]) {
    await ai.post("/v1/join", { token: new URL(link).hash.replace("#token=", "") }, (await ai.person(name)).token);
  }
  await olga.bringToFront();
  await goTo(olga, "Members");
  await olga.getByRole("combobox", { name: "Seats" }).selectOption({ label: "Without a seat" });
  await until(async () => (await olga.getByRole("row").count()) === 1 + 5, "the five viewers");

  // The seats go to those who came first, until there are none.
  await button(olga, "Assign seats").click();
  const question = olga.getByRole("dialog", { name: "Assign seats" });
  await sees(question, "5 members have no seat. 4 seats are free.");
  await button(question, "Assign seats").click();
  await sees(olga, "4 members got a seat. 1 still waits for a seat.");
  await until(async () => (await olga.getByRole("row").count()) === 1 + 1, "the one who waits");
  await rowOf(olga, "eli@acme.example").waitFor();
  const why = button(olga, "Assign seats");
  assert.equal(await why.getAttribute("aria-disabled"), "true");
  await sees(olga, "5 of 5 seats taken");

  // The previous link is invalid as soon as there is a new one.
  await goTo(olga, "Invite links");
  await button(olga, "Regenerate the link for Member").click();
  await button(olga.getByRole("dialog"), "Regenerate").click();
  await sees(olga, "Member has a new link.");
  const late = await watched(await (await windowOf()).newPage());
  await late.goto(link);
  await late.getByRole("heading", { name: /Invitation revoked|Unknown invitation/ }).waitFor();
  assert.equal(idOf(olga), joined.workspace.id);
});
