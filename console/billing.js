// The page to which Stripe leads back: /billing?workspace=…

import { isId } from "./api.js";
import { applyPreferences } from "./preferences.js";
import { loadSignIn } from "./sign-in.js";
import "./screens/payment.js";

const named = new URLSearchParams(location.search).get("workspace") || "";
const workspace = isId(named) ? named : "";
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const address = workspace ? `/console/#/w/${workspace}/billing` : "/console/";

/** @type {HTMLAnchorElement} */ (main.querySelector("a")).href = address;
const { api, signIn } = await loadSignIn();

// People who are not signed in here read the text of the file, and sign in in the console.
if (workspace && (await signIn.begin({ automatic: false }))) {
  await applyPreferences();
  const element = /** @type {import("./screens/payment.js").Payment} */ (document.createElement("seatwise-payment"));
  Object.assign(element, { api, workspaceId: workspace, getToken: signIn.getToken, billingUrl: address });
  // Until the element knows more, and if the person may not read the billing, the text of the file stays.
  element.addEventListener("seatwise-titled", (event) => {
    document.title = /** @type {CustomEvent} */ (event).detail;
    for (const other of [...main.children]) if (other !== element) other.remove();
  });
  main.append(element);
}
