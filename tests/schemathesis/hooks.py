"""What schemathesis must know about the API beside the API document: a signed-in person, ids that exist, and texts of
the formats that the document names."""

import json
import os
import re

import schemathesis
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from local_server import Client

CLIENT = Client(os.environ["SEATWISE_URL"])
OWNER, OWNER_ID = CLIENT.sign_in("olga@acme.example")
WORKSPACE = CLIENT.post("/v1/workspaces", {"name": "Acme"}, OWNER)["id"]
if os.environ["SEATWISE_PACK"] == "purchased-seats":
    CLIENT.post(f"/v1/workspaces/{WORKSPACE}/seats", {"quantity": 3}, OWNER)
INVITED = CLIENT.post(f"/v1/workspaces/{WORKSPACE}/invitations", {"emails": ["tea@acme.example"]}, OWNER)["items"][0]
KNOWN = {
    "workspaceId": WORKSPACE, "userId": OWNER_ID, "role": "member", "domain": "acme.example",
    "invitationId": INVITED["invitation"]["id"],
}

schemathesis.openapi.format("iana-time-zone", st.sampled_from(["Europe/Berlin", "Asia/Calcutta", "UTC"]))
schemathesis.openapi.format("idn-email", st.from_regex(r"[a-z][a-z0-9]{0,15}@[a-z]{2,12}\.example", fullmatch=True))
schemathesis.openapi.format("idn-hostname", st.from_regex(r"[a-z]{2,12}\.example", fullmatch=True))

# Errors about valid data: only the state of the service tells whether it has such a thing. (`seatId` is allowed for a
# single invitation; each of `extras` can be named once.)
OF_STATE = {"cursor", "currentWorkspaceId", "autoAssignSeats", "seatId", "extras"}
# Only a service names a user.
OF_SERVICES = {"userId", "issuer", "subject"}
# Which targets go with an action, the pack says.
OF_ACTION = "checks["
# The most units of an add-on are the pack's to say.
OF_PACK = "is more than can be bought"
# Which fields a change may have, its kind says: the document has them in words.
OF_KIND = "change."


@schemathesis.auth()
class Owner:
    def get(self, case, context):
        return OWNER

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Most requests are about things that exist."""
    for name, value in KNOWN.items():
        if path_parameters and name in path_parameters and hash_of(path_parameters[name]) % 4:
            path_parameters[name] = value
    return path_parameters


@schemathesis.hook
def map_query(context, query):
    """Most requests ask for the first page: only a page has a cursor of its list."""
    cursor = str((query or {}).get("cursor", ""))
    if re.fullmatch(r"[A-Za-z0-9_-]+", cursor) and hash_of(query) % 4:
        query = {name: value for name, value in query.items() if name != "cursor"}
    return query


@schemathesis.hook
def map_body(context, body):
    """Most bodies name a workspace that exists."""
    id = str(body.get("currentWorkspaceId")) if isinstance(body, dict) else ""
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", id) and hash_of(body) % 4:
        body = body | {"currentWorkspaceId": WORKSPACE}
    return body


def hash_of(value):
    return sum(str(value).encode(errors="replace"))


@schemathesis.check
def valid_data_is_accepted(ctx, response, case):
    """A request as the document describes it is neither malformed nor invalid."""
    mode = case.meta.generation.mode if case.meta else None
    if mode != GenerationMode.POSITIVE or response.status_code not in (400, 422):
        return
    problem = json.loads(response.content)
    if problem["code"] not in ("invalid_request", "malformed_request"):
        return
    errors = [error for error in problem.get("errors", []) if error["message"] != OF_PACK]
    fields = {error["field"] for error in errors if not error["field"].startswith((OF_KIND, OF_ACTION))}
    if fields - OF_STATE - OF_SERVICES or not problem.get("errors"):
        raise AssertionError(f"A valid request was refused: {problem}")
