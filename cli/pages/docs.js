// The API reference, and a sign-in that fills in the access token of any person.
"use strict";

const reference = SwaggerUIBundle({
  url: "/openapi.json",
  domNode: document.getElementById("reference"),
  deepLinking: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
});

/** The name of the document's scheme for access tokens. */
const SCHEME = "accessToken";
const form = document.getElementById("sign-in");
const said = document.getElementById("signed-in");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const email = new FormData(form).get("email");
  try {
    const reply = await fetch("/dev/sign-in", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email }),
    });
    const answer = await reply.json();
    if (!reply.ok) throw new Error(answer.errors?.map(({ field, message }) => `${field} ${message}`).join("; ") || answer.detail);
    reference.preauthorizeApiKey(SCHEME, answer.token);
    said.textContent = `Requests are sent as ${email}.`;
  } catch (error) {
    said.textContent = `Nobody is signed in: ${error.message}`;
  }
});

/** The people of the demo, as suggestions. */
async function suggestPeople() {
  const { items } = await (await fetch("/dev/people")).json();
  const options = items.map(({ email, firstName, lastName, role }) => {
    const option = document.createElement("option");
    option.value = email;
    option.label = `${[firstName, lastName].filter(Boolean).join(" ") || email} (${role})`;
    return option;
  });
  document.getElementById("people").replaceChildren(...options);
}
suggestPeople().catch(() => {});
