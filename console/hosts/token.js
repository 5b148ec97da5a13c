// The product's own sign-in. Yours returns the access token of your identity provider; this one asks the local server.

export const API = "http://127.0.0.1:8787";

/** @type {Promise<string> | undefined} */
let token;

/** @param {{ fresh: boolean }} how `fresh`: the last token was refused */
export function getToken({ fresh }) {
  if (fresh || !token) token = signIn("ada@demo.example");
  return token;
}

/**
 * Shows a screen of the console. A product with pages for seats and plans shows those.
 * @param {string} workspaceId @param {"seats" | "billing"} screen
 */
export function showInConsole(workspaceId, screen) {
  location.assign(`${API}/console/#/w/${workspaceId}/${screen}`);
}

/** @param {string} email */
async function signIn(email) {
  const headers = { "content-type": "application/json" };
  const reply = await fetch(`${API}/dev/sign-in`, { method: "POST", headers, body: JSON.stringify({ email }) });
  return (await reply.json()).token;
}

/** Says to Seatwise who is here, and returns the workspaces of the person. A product does this once after its sign-in. */
export async function enter() {
  const headers = { authorization: `Bearer ${await getToken({ fresh: false })}` };
  const reply = await fetch(`${API}/v1/me`, { method: "POST", headers });
  return (await reply.json()).workspaces;
}
