// The pictures of the README. Their dates do not depend on the day, so that a picture changes only with what it shows.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { button, openScreen, rowOf, scenario, sees, serve, settled, watched, windowOf } from "./harness.mjs";

const FOLDER = "docs/screenshots";
/** The moment of the pictures. */
const NOW = Date.parse("2026-03-02T09:30:00Z");
const begun = Date.now();
const SIZE = { width: 1100, height: 660 };
const MOST_BYTES = 40_000;

/** A window in which all times of the API are moved to the moment of the pictures. */
async function studio(theme, size = SIZE) {
  const context = await windowOf({ theme, ...size, timezoneId: "UTC" });
  await context.route(/\/v1\//, async (route) => {
    const reply = await route.fetch();
    if (!/json/.test(reply.headers()["content-type"])) return route.fulfill({ response: reply });
    const text = await reply.text();
    const moved = text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time) => new Date(Date.parse(time) - begun + NOW).toISOString());
    await route.fulfill({ response: reply, body: moved });
  });
  return context;
}

async function keep(page, name) {
  await settled(page);
  await page.mouse.move(0, 0);
  const session = await page.context().newCDPSession(page);
  for (const quality of [90, 80, 70, 60, 50]) {
    const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality });
    const picture = Buffer.from(data, "base64");
    if (picture.length > MOST_BYTES) continue;
    writeFileSync(`${FOLDER}/${name}.webp`, picture);
    console.log(`${FOLDER}/${name}.webp: ${picture.length} bytes, quality ${quality}`);
    return;
  }
  assert.fail(`${name} is larger than ${MOST_BYTES} bytes`);
}

const shop = await serve("purchased-seats", "--demo", "--billing", "stub");
const group = await serve("role-seats", "--demo");
const ladder = await serve("role-ladder", "--demo");

/** The owner of the demo, under her name. */
const ada = (server) => server.person("ada", { domain: "demo.example", firstName: "Ada", lastName: "Lovelace" });

/** Opens a screen of the demo. The machine of the pictures may have no font for Eve's name. */
async function demo(server, screen, theme, size) {
  await server.call("PATCH", "/v1/me", { lastName: "Sato" }, (await server.demoPerson("eve")).token);
  const person = await ada(server);
  return openScreen(server, person, await server.firstWorkspace(person), screen, { context: await studio(theme, size) });
}

scenario("members", async () => {
  const page = await demo(group, "members", "light");
  await rowOf(page, "cleo@demo.example").getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: /^Remove/, disabled: false }).waitFor();
  await keep(page, "members");
});

scenario("seats", async () => keep(await demo(shop, "seats", "dark"), "seats"));

scenario("invite", async () => {
  const page = await demo(shop, "members", "light");
  await button(page, "Invite people").click();
  const field = page.getByRole("textbox", { name: "Email addresses" });
  await field.fill("kim@acme.example, lee@acme.example, not-an-address,");
  await sees(page, "This is not an email address");
  await keep(page, "invite");
});

scenario("billing", async () => keep(await demo(shop, "billing", "light"), "billing"));

scenario("activity", async () => keep(await demo(ladder, "activity", "dark"), "activity"));

scenario("join", async () => {
  const person = await ada(shop);
  const path = `/v1/workspaces/${await shop.firstWorkspace(person)}`;
  const { items } = await shop.post(`${path}/invitations`, { emails: ["jo@acme.example"] }, person.token);
  const jo = await shop.person("jo", { firstName: "Jo" });
  const page = await watched(await (await studio("dark", { width: 700, height: 560 })).newPage());
  await page.addInitScript((token) => sessionStorage.setItem("seatwise-token", token), jo.token);
  await page.goto(items[0].invitation.url);
  await button(page, "Join").waitFor();
  await keep(page, "join");
});
