"""A workspace in which requests are made."""

import base64
import uuid

# The deployed pack, except that its invitations reserve no seat.
WITHOUT_RESERVING = "without-reserving"
SELLS_SEATS = {"purchased-seats", WITHOUT_RESERVING}
# A picture of one pixel.
LOGO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==")


class Workspace:
    """A new workspace, so that operations do not affect each other."""

    def __init__(self, stack):
        self.stack = stack
        self.tag = uuid.uuid4().hex[:8]
        self.owner = f"olga-{self.tag}"
        self.domain = f"{self.tag}.example"
        self.do("POST", "/v1/me")
        self.id = self.do("POST", "/v1/workspaces", {"name": "Acme"})["id"]
        self.w = f"/v1/workspaces/{self.id}"

    def do(self, method, path, body=None):
        return self.stack.do(self.owner, method, path, body)

    def invite(self, name="ivo"):
        if self.stack.pack in SELLS_SEATS:
            self.do("POST", f"{self.w}/seats", {"tier": "pro", "quantity": 1})
        body = {"emails": [f"{name}-{self.tag}@acme.example"]}
        return self.do("POST", f"{self.w}/invitations", body)["items"][0]["invitation"]

    def member(self):
        """Invites a person, who joins; returns the person."""
        token = self.invite("tea")["url"].split("#token=")[1]
        person = f"tea-{self.tag}"
        self.stack.do(person, "POST", "/v1/join", {"token": token})
        return person

    def claim(self):
        """Claims the domain, on a plan with domains."""
        self.stack.operate("set-plan", self.id, "enterprise")
        self.do("PUT", f"{self.w}/domains/{self.domain}")
