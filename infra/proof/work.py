"""Something for each function to do that takes all its permissions."""

from .machine import side_by_side
from .requests import request_of
from .roles import WRITES
from .scene import Scene
from .stack import BACKGROUND


class Request:
    """A request to an operation, in a scene of its own; or several that go together."""

    def __init__(self, stack, operation):
        self.stack = stack
        found = request_of(operation, Scene(stack))
        self.steps = found if isinstance(found, list) else [found]

    def again(self):
        """A refused transaction changes nothing: it can be tried until it works."""
        return self

    def call(self, who, method, path, body=None, more=()):
        return self.stack.call(who, method, path, body, **dict(more))

    def works(self):
        for who, *step in self.steps:
            status, answer = self.call(who, *step)
            assert status < 300 or status in (500, 503), f"{who}: {status} {answer}"
            if status >= 300:
                return False
        return True

    def is_open(self):
        """Whether the gateway lets it through without a token. (Functions would refuse it, too.)"""
        return any(self.call(None, *step) != (401, {"message": "Unauthorized"}) for _, *step in self.steps)


class Mail:
    """A mail that waits, for one of the functions that no route leads to."""

    def __init__(self, stack, function):
        self.stack, self.function = stack, function
        scene = Scene(stack)
        invitation = scene.invite()["id"]
        self.to = f"ivo-{scene.tag}@acme.example"
        self.item, = (item for item in stack.outbox() if item["invitation"]["S"] == invitation)

    def again(self):
        """Another one, since a try may get as far as to claim it."""
        return Mail(self.stack, self.function)

    def works(self):
        keys = {name: self.item[name] for name in ("pk", "sk")}
        record = {"eventName": "INSERT", "dynamodb": {"Keys": keys, "SequenceNumber": "1"}}
        assert not self.stack.mails(self.to), f"somebody else than {self.function} has sent it"
        self.stack.invoke(self.function, {"Records": [record]} if self.function == "run-tasks" else {})
        is_done = all(item["sk"] != self.item["sk"] for item in self.stack.outbox())
        # A mail goes out without policies, too, but what it says is of them.
        return is_done and any("on Seatwise, as Member." in mail["BodyText"] for mail in self.stack.mails(self.to))


class Ruin:
    """A workspace that is deleted, for the function that removes what was in it."""

    def __init__(self, stack):
        self.stack = stack
        scene = Scene(stack)
        scene.member()
        scene.do("DELETE", scene.w)
        self.place = f"W#{scene.id}"

    def again(self):
        """Members go first, in one transaction: without one of its actions nothing is gone."""
        return self

    def works(self):
        # Those that were deleted elsewhere are in the way.
        self.stack.drop(item for item in self.stack.items("DEMOLITION") if item["sk"]["S"] != self.place)
        assert self.stack.items("DEMOLITION"), "somebody else has removed it"
        self.stack.invoke("delete-workspaces", {})
        return not self.stack.items("DEMOLITION") and not self.stack.items(self.place)


class LateClaim:
    """A domain that nobody has shown to be theirs in time, for the function that looks domains up."""

    def __init__(self, stack):
        self.stack = stack
        scene = Scene(stack)
        scene.claim()
        self.place = f"DOMAIN#{scene.domain}#{scene.id}"

    def again(self):
        return self

    def works(self):
        # The others would be looked up, which is up to the world's name servers.
        self.stack.drop(item for item in self.stack.items("CHECK") if item["sk"]["S"] != self.place)
        assert self.stack.items("CHECK"), "somebody else has looked it up"
        self.stack.db.update_item(
            TableName=self.stack.outputs["TableName"], Key={"pk": {"S": "CHECK"}, "sk": {"S": self.place}},
            UpdateExpression="SET #until = :until", ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={":until": {"S": "2026-01-01T00:00:00Z"}})
        self.stack.invoke("verify-domains", {})
        return not self.stack.items("CHECK")


def prepare(stack, function):
    """Something for it to do that takes all its permissions."""
    if function in ("run-tasks", "sweep-tasks"):
        return Mail(stack, function)
    others = {"delete-workspaces": Ruin, "verify-domains": LateClaim}
    return others[function](stack) if function in others else Request(stack, function)


class Everything:
    """Something to do for every function that is tried under the pack."""

    def __init__(self, stack, tried):
        self.stack, self.tried = stack, tried
        self.operations = [name for name in tried if name not in BACKGROUND]
        reads = [name for name in self.operations if not tried[name].keys() & WRITES]
        # Reads change nothing: once prepared, they are for good.
        self.reads = dict(zip(reads, side_by_side(lambda name: prepare(stack, name), reads)))

    def but(self, function):
        """Of all other functions."""
        names = [*self.operations, *(name for name in BACKGROUND if name in self.tried)]
        names = [name for name in names if name != function]
        ready = side_by_side(lambda name: self.reads.get(name) or prepare(self.stack, name), names)
        return dict(zip(names, ready))


def all_work(ready, meanwhile):
    """All of these succeed, though something else does not."""
    # Requests first and side by side; those in the background could take each other's work.
    requests = [name for name in ready if name not in BACKGROUND]
    outcomes = dict(zip(requests, side_by_side(lambda name: ready[name].works(), requests)))
    outcomes.update((name, ready[name].works()) for name in BACKGROUND if name in ready)
    failed = [name for name, works in outcomes.items() if not works]
    assert not failed, f"{meanwhile}: so do {failed}"
