"""A request to each operation, which takes all that its function may do."""

import sys

from .scene import LOGO, SELLS_SEATS


def request_of(operation, scene):
    """A request that takes all that the operation's function may do: who, method, path, body, and claims; or
    several requests, where no single one takes all of it."""
    w, me = scene.w, scene.owner
    if operation == "enter":
        scene.claim()
        scene.stack.operate("verify-domain", scene.id, scene.domain)
        return f"ada-{scene.tag}", "POST", "/v1/me", None, {"email": f"ada@{scene.domain}"}
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
        return None, "GET", scene.logo()
    if operation == "remove-logo":
        scene.logo()
        return me, "DELETE", f"{w}/logo"
    if operation == "set-coordinator":
        path = f"{w}/coordinator"
        return [(me, "PUT", path, {"name": "Kim"}), (me, "PUT", path, {})]
    if operation == "get-coordinator":
        return me, "GET", f"{w}/coordinator"
    if operation == "transfer-workspace":
        own, path = scene.do("GET", "/v1/me")["id"], f"{w}/transfer"
        # To oneself changes nothing, which is kept for who asks again.
        return [(me, "POST", path, {"userId": own}, {"idempotency": True}),
                (me, "POST", path, {"userId": scene.heir()})]
    if operation == "list-members":
        # By the index, and without.
        return [(me, "GET", f"{w}/members"), (me, "GET", f"{w}/members?search=olga")]
    if operation == "export-members":
        return me, "GET", f"{w}/members/export"
    if operation == "leave-workspace":
        return scene.member()[0], "POST", f"{w}/leave"
    if operation == "change-role":
        return me, "PUT", f"{w}/members/{scene.member()[1]}/role", {"role": "owner"}
    if operation == "remove-member":
        return me, "DELETE", f"{w}/members/{scene.member()[1]}"
    if operation == "assign-seat":
        _, tea = scene.member()
        return me, "PUT", f"{w}/members/{tea}/seat", {"seatId": scene.buy()[0]}
    if operation == "assign-seats":
        scene.do("PATCH", f"{w}/settings", {"autoAssignSeats": False})
        scene.member()
        return me, "POST", f"{w}/seats/assign"
    if operation == "release-seat":
        return me, "DELETE", f"{w}/members/{scene.second_owner()}/seat"
    if operation == "invite":
        if scene.stack.pack in SELLS_SEATS:
            scene.buy()
        return me, "POST", f"{w}/invitations", {"emails": [f"ivo-{scene.tag}@acme.example"]}
    if operation == "list-invitations":
        return me, "GET", f"{w}/invitations"
    if operation == "get-invitation-quota":
        return me, "GET", f"{w}/invitations/quota"
    if operation == "create-link":
        return me, "PUT", f"{w}/links/member"
    if operation == "list-links":
        return me, "GET", f"{w}/links"
    if operation == "revoke-link":
        return me, "DELETE", scene.link()
    if operation == "link-domain":
        scene.stack.operate("set-plan", scene.id, "enterprise")
        return me, "PUT", f"{w}/domains/{scene.domain}"
    if operation == "list-domains":
        return me, "GET", f"{w}/domains"
    if operation == "unlink-domain":
        return me, "DELETE", scene.claim()
    if operation == "resend-invitation":
        return me, "POST", f"{w}/invitations/{scene.invite()['id']}/resend", {}
    if operation == "revoke-invitation":
        return me, "DELETE", f"{w}/invitations/{scene.invite()['id']}"
    if operation == "preview-invitation":
        return None, "POST", "/v1/invitations/preview", {"token": scene.invite()["url"].split("#token=")[1]}
    if operation == "join":
        return f"ivo-{scene.tag}", "POST", "/v1/join", {"invitationId": scene.invite()["id"]}
    if operation == "decline-invitation":
        return f"ivo-{scene.tag}", "POST", f"/v1/invitations/{scene.invite()['id']}/decline", {}
    if operation == "buy-seats":
        return me, "POST", f"{w}/seats", {"tier": "pro", "quantity": 1}
    if operation == "list-seats":
        return me, "GET", f"{w}/seats"
    if operation == "cancel-seat":
        return me, "POST", f"{scene.seated()}/cancel", {}
    if operation == "reactivate-seat":
        seat = scene.seated()
        scene.do("POST", f"{seat}/cancel", {})
        return me, "POST", f"{seat}/reactivate", {}
    if operation == "request-leave":
        return scene.member()[0], "POST", f"{w}/leave-requests", {}
    if operation == "list-leave-requests":
        return me, "GET", f"{w}/leave-requests"
    if operation == "withdraw-leave":
        lee, path = scene.leaver()
        return lee, "DELETE", path
    if operation in ("approve-leave", "deny-leave"):
        _, path = scene.leaver()
        return me, "POST", f"{path}/{operation.split('-')[0]}", {}
    if operation == "authorize":
        return me, "POST", f"{w}/authorize", {"actions": ["buySeats"]}
    if operation == "list-permissions":
        return me, "GET", f"{w}/permissions"
    sys.exit(f"teach infra/prove.py a request for {operation}")
