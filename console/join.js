// The page that invitation links open: /join#token=…

import { takeArrival } from "./arrival.js";

const element = /** @type {import("./screens/join.js").Join} */ (document.querySelector("seatwise-join"));

// The token leaves the address at once, before the rest is loaded.
element.arrival = takeArrival();
addEventListener("hashchange", () => { if (location.hash) element.arrival = takeArrival(); });
element.addEventListener("seatwise-titled", (event) => { document.title = /** @type {CustomEvent} */ (event).detail; });

const [{ applyPreferences }, { loadSignIn }] = await Promise.all([import("./preferences.js"), import("./sign-in.js"), import("./screens/join.js")]);
await applyPreferences();
element.configure = loadSignIn;
