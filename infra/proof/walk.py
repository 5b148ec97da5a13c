"""The walk-through of the main job: sign in, create, buy, invite, the mail from the table's stream, preview, join,
change a role, ask to leave, approve."""

from .machine import until
from .stack import MAIL_FROM


def walk(stack):
    do = stack.do
    status, _ = stack.call(None, "GET", "/v1/me")
    assert status == 401, "a request without a token is accepted"
    status, _ = stack.call("olga", "GET", "/v1/me", aud="another")
    assert status == 401, "a token for another audience is accepted"
    assert do("olga", "POST", "/v1/me", given_name="Olga")["next"] == "onboarding"
    w = f"/v1/workspaces/{do('olga', 'POST', '/v1/workspaces', {'name': 'Acme'})['id']}"
    do("olga", "POST", f"{w}/seats", {"tier": "pro", "quantity": 2})
    do("olga", "POST", f"{w}/invitations", {"emails": ["tea@acme.example"]})
    mail = until("the function on the stream sends Tea's mail", lambda: stack.mails("tea@acme.example"))[0]
    assert mail["Source"] == MAIL_FROM, mail["Source"]
    token = mail["BodyText"].split("/join#token=")[1].split()[0]
    preview = do(None, "POST", "/v1/invitations/preview", {"token": token})
    assert preview["workspace"]["name"] == "Acme", preview
    assert do("tea", "POST", "/v1/join", {"token": token})["member"]["role"] == "member"
    tea = do("tea", "GET", "/v1/me")["id"]
    assert do("olga", "PUT", f"{w}/members/{tea}/role", {"role": "admin"})["role"] == "admin"
    link = do("tea", "POST", f"{w}/invitations", {})["items"][0]["invitation"]["url"]
    do("lee", "POST", "/v1/join", {"token": link.split("#token=")[1]})
    request = do("lee", "POST", f"{w}/leave-requests", {"reason": "Moving on"})["id"]
    assert do("tea", "POST", f"{w}/leave-requests/{request}/approve", {})["status"] == "approved"
    status, problem = stack.call("lee", "GET", w)
    assert (status, problem["code"]) == (404, "not_found"), problem
    seats = do("olga", "GET", w)["seats"]
    assert (seats["filled"], seats["available"]) == (1, 1), seats
    until("the mail has left the outbox", lambda: not stack.outbox())
