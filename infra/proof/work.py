"""Work for each function that needs all its permissions."""

import uuid

from .machine import side_by_side
from .requests import requests_of
from .roles import WRITES
from .workspace import Workspace
from .stack import BACKGROUND, UNSEALED_SHARDS


class Request:
    """The requests to an operation, each in a workspace of its own, with a key where it counts who asks again."""

    def __init__(self, stack, operation):
        self.stack, self.operation = stack, operation
        self.steps = requests_of(operation, stack)
        self.has_changed = False

    def again(self):
        """The same requests, because a refused transaction changes nothing; new ones after a change."""
        return Request(self.stack, self.operation) if self.has_changed else self

    def call(self, who, method, path, body, claims):
        return self.stack.call(who, method, path, body, idempotency=method == "POST", **claims)

    def works(self):
        for who, method, *rest in self.steps:
            status, answer = self.call(who, method, *rest)
            assert status < 300 or status in (500, 503), f"{who} {method} {rest}: {status} {answer}"
            if status >= 300:
                return False
            self.has_changed |= method != "GET"
        return True

    def is_open(self):
        """Whether the gateway accepts the request without a token. (The function would refuse it as well.)"""
        return any(self.call(None, *step) != (401, {"message": "Unauthorized"}) for _, *step in self.steps)


class Mail:
    """A mail in the outbox, for one of the two functions that send mail."""

    def __init__(self, stack, function):
        self.stack, self.function = stack, function
        workspace = Workspace(stack)
        invitation = workspace.invite()["id"]
        self.to = f"ivo-{workspace.tag}@acme.example"
        # The outbox has tasks of other kinds as well.
        self.item, = (item for item in stack.outbox() if item.get("invitation", {}).get("S") == invitation)

    def again(self):
        """Another mail, because a failed attempt may have claimed this one."""
        return Mail(self.stack, self.function)

    def works(self):
        keys = {name: self.item[name] for name in ("pk", "sk")}
        record = {"eventName": "INSERT", "dynamodb": {"Keys": keys, "SequenceNumber": "1"}}
        assert not self.stack.mails(self.to), f"another function than {self.function} has sent the mail"
        self.stack.invoke(self.function, {"Records": [record]} if self.function == "run-tasks" else {})
        is_done = all(item["sk"] != self.item["sk"] for item in self.stack.outbox())
        # A mail is sent without policies, too, but then its text lacks the role's name.
        return is_done and any("on Seatwise, as Member." in mail["BodyText"] for mail in self.stack.mails(self.to))


class DeletedWorkspace:
    """A deleted workspace, for the function that deletes its contents."""

    def __init__(self, stack):
        self.stack = stack
        workspace = Workspace(stack)
        workspace.member()
        workspace.do("DELETE", workspace.w)
        self.place = f"W#{workspace.id}"

    def again(self):
        """The same workspace: the first transaction deletes the members, and fails without one of its actions."""
        return self

    def works(self):
        # Without the workspaces that other parts of the proof have deleted.
        self.stack.drop(item for item in self.stack.items("DEMOLITION") if item["sk"]["S"] != self.place)
        assert self.stack.items("DEMOLITION"), "another run has deleted the contents"
        self.stack.invoke("delete-workspaces", {})
        return not self.stack.items("DEMOLITION") and not self.stack.items(self.place)


class LateClaim:
    """A claim of a domain that has expired, for the function that looks up domains."""

    def __init__(self, stack):
        self.stack = stack
        workspace = Workspace(stack)
        workspace.claim()
        self.place = f"DOMAIN#{workspace.domain}#{workspace.id}"

    def again(self):
        return self

    def works(self):
        # Without the other claims, which the function would look up in DNS.
        self.stack.drop(item for item in self.stack.items("CHECK") if item["sk"]["S"] != self.place)
        assert self.stack.items("CHECK"), "another run has looked up the domain"
        self.stack.db.update_item(
            TableName=self.stack.outputs["TableName"], Key={"pk": {"S": "CHECK"}, "sk": {"S": self.place}},
            UpdateExpression="SET #until = :until", ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={":until": {"S": "2026-01-01T00:00:00Z"}})
        self.stack.invoke("verify-domains", {})
        return not self.stack.items("CHECK")


class NewEvent:
    """An event of a log, for the function that marks the log."""

    def __init__(self, stack):
        self.stack, self.log = stack, f"U#{uuid.uuid4()}"

    def again(self):
        return NewEvent(self.stack)

    def works(self):
        keys = {"pk": {"S": self.log}, "sk": {"S": f"EVENT#{uuid.uuid4()}"}}
        record = {"eventName": "INSERT", "dynamodb": {"Keys": keys, "SequenceNumber": "1"}}
        self.stack.invoke("note-events", {"Records": [record]})
        return any(item["sk"]["S"] == self.log for item in self.stack.unsealed())


class UnsealedLogs:
    """Two marked logs with an old event each, for the function that seals logs: that of a workspace, which has younger
    events as well, and one whose mark goes when it is sealed."""

    def __init__(self, stack):
        self.stack = stack
        self.logs = [f"W#{Workspace(stack).id}", f"U#{uuid.uuid4()}"]

    def again(self):
        return UnsealedLogs(self.stack)

    @staticmethod
    def mark(log):
        """The item of a log's mark, as in crates/domain/src/model/event_digest.rs."""
        kind, log_id = {"W": "workspace", "U": "account"}[log[0]], log[2:]
        shard = uuid.UUID(log_id).bytes[-1] % UNSEALED_SHARDS
        return {"pk": {"S": f"UNSEALED#{shard}"}, "sk": {"S": log}, "type": {"S": "unsealed-log"}, "v": {"N": "1"},
                "log": {"M": {"kind": {"S": kind}, "id": {"S": log_id}}}}

    def works(self):
        # Without the logs of other parts of the proof.
        self.stack.drop(self.stack.unsealed())
        table = self.stack.outputs["TableName"]
        for log in self.logs:
            # A UUIDv7 of 2017: the sealing looks at the key of an event, and hashes its content.
            event = {"pk": {"S": log}, "sk": {"S": f"EVENT#015f0000-0000-7000-8000-{uuid.uuid4().hex[:12]}"}}
            self.stack.db.put_item(TableName=table, Item=event)
            self.stack.db.put_item(TableName=table, Item=self.mark(log))
        self.stack.invoke("seal-logs", {})
        is_sealed = all(any(item["sk"]["S"].startswith("DIGEST#") for item in self.stack.items(log))
                        for log in self.logs)
        return is_sealed and self.logs[1] not in [item["sk"]["S"] for item in self.stack.unsealed()]


def prepare(stack, function):
    """Work for a function."""
    if function in ("run-tasks", "sweep-tasks"):
        return Mail(stack, function)
    others = {"delete-workspaces": DeletedWorkspace, "verify-domains": LateClaim, "note-events": NewEvent,
              "seal-logs": UnsealedLogs}
    return others[function](stack) if function in others else Request(stack, function)


class Everything:
    """Work for every function that is tried under the pack."""

    def __init__(self, stack, tried):
        self.stack, self.tried = stack, tried
        self.operations = [name for name in tried if name not in BACKGROUND]
        reads = [name for name in self.operations if not tried[name].keys() & WRITES]
        # A read changes nothing, so it can be used again.
        self.reads = dict(zip(reads, side_by_side(lambda name: prepare(stack, name), reads)))

    def of(self, functions):
        """Work for those of these functions that are tried."""
        operations = [name for name in self.operations if name in functions]
        names = [*operations, *(name for name in BACKGROUND if name in self.tried and name in functions)]
        ready = side_by_side(lambda name: self.reads.get(name) or prepare(self.stack, name), names)
        return dict(zip(names, ready))


def all_work(ready, meanwhile):
    """All of these functions work, although others do not."""
    # Requests first, concurrently. Background functions one by one, because they could take each other's work.
    requests = [name for name in ready if name not in BACKGROUND]
    outcomes = dict(zip(requests, side_by_side(lambda name: ready[name].works(), requests)))
    outcomes.update((name, ready[name].works()) for name in BACKGROUND if name in ready)
    failed = [name for name, works in outcomes.items() if not works]
    assert not failed, f"{meanwhile}, and so do {failed}"
