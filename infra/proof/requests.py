"""A request to each operation that needs all permissions of its function."""

import sys

from .workspace import LOGO, SELLS_SEATS


def request_of(operation, workspace):
    """A request that needs all permissions of the operation's function: caller, method, path, body, and claims. Or a
    list of requests, if no single request needs all of them."""
    w, me = workspace.w, workspace.owner
    if operation == "enter":
        workspace.claim()
        workspace.stack.operate("verify-domain", workspace.id, workspace.domain)
        return f"ada-{workspace.tag}", "POST", "/v1/me", None, {"email": f"ada@{workspace.domain}"}
    if operation == "get-me":
        return me, "GET", "/v1/me"
    if operation == "update-me":
        return me, "PATCH", "/v1/me", {"firstName": "Olga", "currentWorkspaceId": w.rsplit("/", 1)[1]}
    if operation == "list-my-invitations":
        return me, "GET", "/v1/me/invitations"
    if operation == "create-workspace":
        return me, "POST", "/v1/workspaces", {"name": "Second"}
    if operation == "list-workspaces":
        return me, "GET", "/v1/workspaces"
    if operation == "get-workspace":
        return me, "GET", w
    if operation == "update-workspace":
        return me, "PATCH", w, {"name": "Acme Europe"}
    if operation == "update-settings":
        return me, "PATCH", f"{w}/settings", {"autoAssignSeats": False}
    if operation == "delete-workspace":
        return me, "DELETE", w
    if operation == "upload-logo":
        return me, "PUT", f"{w}/logo", LOGO
    if operation == "get-logo":
        return None, "GET", workspace.logo()
    if operation == "remove-logo":
        workspace.logo()
        return me, "DELETE", f"{w}/logo"
    if operation == "set-coordinator":
        path = f"{w}/coordinator"
        return [(me, "PUT", path, {"name": "Kim"}), (me, "PUT", path, {})]
    if operation == "get-coordinator":
        return me, "GET", f"{w}/coordinator"
    if operation == "transfer-workspace":
        own, path = workspace.do("GET", "/v1/me")["id"], f"{w}/transfer"
        # A transfer to oneself changes nothing but stores a receipt.
        return [(me, "POST", path, {"userId": own}, {"idempotency": True}),
                (me, "POST", path, {"userId": workspace.owner_besides()})]
    if operation == "list-members":
        # With the index, and without it.
        return [(me, "GET", f"{w}/members"), (me, "GET", f"{w}/members?search=olga")]
    if operation == "export-members":
        return me, "GET", f"{w}/members/export"
    if operation == "leave-workspace":
        return workspace.member()[0], "POST", f"{w}/leave"
    if operation == "change-role":
        return me, "PUT", f"{w}/members/{workspace.member()[1]}/role", {"role": "owner"}
    if operation == "remove-member":
        return me, "DELETE", f"{w}/members/{workspace.member()[1]}"
    if operation == "assign-seat":
        _, tea = workspace.member()
        return me, "PUT", f"{w}/members/{tea}/seat", {"seatId": workspace.buy()[0]}
    if operation == "assign-seats":
        workspace.do("PATCH", f"{w}/settings", {"autoAssignSeats": False})
        workspace.member()
        return me, "POST", f"{w}/seats/assign"
    if operation == "release-seat":
        return me, "DELETE", f"{w}/members/{workspace.second_owner()}/seat"
    if operation == "invite":
        if workspace.stack.pack in SELLS_SEATS:
            workspace.buy()
        return me, "POST", f"{w}/invitations", {"emails": [f"ivo-{workspace.tag}@acme.example"]}
    if operation == "list-invitations":
        return me, "GET", f"{w}/invitations"
    if operation == "get-invitation-quota":
        return me, "GET", f"{w}/invitations/quota"
    if operation == "create-link":
        return me, "PUT", f"{w}/links/member"
    if operation == "list-links":
        return me, "GET", f"{w}/links"
    if operation == "revoke-link":
        return me, "DELETE", workspace.link()
    if operation == "link-domain":
        workspace.stack.operate("set-plan", workspace.id, "enterprise")
        return me, "PUT", f"{w}/domains/{workspace.domain}"
    if operation == "list-domains":
        return me, "GET", f"{w}/domains"
    if operation == "unlink-domain":
        return me, "DELETE", workspace.claim()
    if operation == "change-invitation":
        invitation = workspace.invite()["id"]
        return me, "PATCH", f"{w}/invitations/{invitation}", {"role": "admin", "seatId": workspace.buy()[0]}
    if operation == "resend-invitation":
        return me, "POST", f"{w}/invitations/{workspace.invite()['id']}/resend", {}
    if operation == "revoke-invitation":
        return me, "DELETE", f"{w}/invitations/{workspace.invite()['id']}"
    if operation == "preview-invitation":
        return None, "POST", "/v1/invitations/preview", {"token": workspace.invite()["url"].split("#token=")[1]}
    if operation == "join":
        return f"ivo-{workspace.tag}", "POST", "/v1/join", {"invitationId": workspace.invite()["id"]}
    if operation == "decline-invitation":
        return f"ivo-{workspace.tag}", "POST", f"/v1/invitations/{workspace.invite()['id']}/decline", {}
    if operation == "buy-seats":
        return me, "POST", f"{w}/seats", {"tier": "pro", "quantity": 1}
    if operation == "list-seats":
        return me, "GET", f"{w}/seats"
    if operation == "cancel-seat":
        return me, "POST", f"{workspace.seated()}/cancel", {}
    if operation == "reactivate-seat":
        seat = workspace.seated()
        workspace.do("POST", f"{seat}/cancel", {})
        return me, "POST", f"{seat}/reactivate", {}
    if operation == "request-leave":
        return workspace.member()[0], "POST", f"{w}/leave-requests", {}
    if operation == "list-leave-requests":
        return me, "GET", f"{w}/leave-requests"
    if operation == "withdraw-leave":
        lee, path = workspace.leave_request()
        return lee, "DELETE", path
    if operation in ("approve-leave", "deny-leave"):
        _, path = workspace.leave_request()
        return me, "POST", f"{path}/{operation.split('-')[0]}", {}
    if operation == "authorize":
        return me, "POST", f"{w}/authorize", {"actions": ["buySeats"]}
    if operation == "list-permissions":
        return me, "GET", f"{w}/permissions"
    sys.exit(f"infra/proof/requests.py needs a request for {operation}")
