"""Each permission is needed, and matters to its function alone: without one permission the function fails; without any
of them it fails, and every other function works. The same holds for the role that publishes policies."""

import contextlib
import json

from . import iam
from .publishing import publish
from .recorded import ELSEWHERE, NOT_TRIED, STRIPE_KEYS, named, tried_under
from .roles import READ_SECRET
from .stack import PUBLISHER, logical_id
from .machine import REPOSITORY, side_by_side
from .work import Everything, Request, all_work, prepare


class Role:
    """The role of a function or of the publisher, and the policy with its recorded permissions."""

    def __init__(self, stack, name):
        self.iam, self.secrets, self.role = stack.iam, stack.secrets, stack.roles[name]
        self.policy = "table" if name == PUBLISHER else "work"
        document = self.iam.get_role_policy(RoleName=self.role, PolicyName=self.policy)["PolicyDocument"]
        self.statements = document["Statement"]

    def put(self, statements):
        if not statements:
            return self.iam.delete_role_policy(RoleName=self.role, PolicyName=self.policy)
        document = {"Version": "2012-10-17", "Statement": statements}
        return self.iam.put_role_policy(
            RoleName=self.role, PolicyName=self.policy, PolicyDocument=json.dumps(document))

    @contextlib.contextmanager
    def without(self, action, secret=""):
        """Removes an action, or the permission to read one of several secrets."""
        name, index = named(action)
        is_on = lambda statement: "".join(iam.several(statement["Resource"])[0].partition("/index/")[1:]) == index
        taken, = (statement for statement in self.statements if statement["Action"] == name and is_on(statement))
        left = [statement for statement in self.statements if statement is not taken]
        others = [arn for arn in iam.several(taken["Resource"]) if secret and arn != self.secrets[logical_id(secret)]]
        self.put([*left, {**taken, "Resource": others}] if others else left)
        yield
        self.put(self.statements)

    @contextlib.contextmanager
    def without_any(self):
        self.put([])
        yield
        self.put(self.statements)


def one_at_a_time(name, actions):
    """The permissions of a function: each action, and each secret if the action reads secrets."""
    for action, keys in actions.items():
        if (name, action) not in NOT_TRIED:
            secrets = [key for key in keys if key != STRIPE_KEYS] if action == READ_SECRET else [""]
            yield from ((action, secret) for secret in secrets)


def open_operations(stack, operations):
    """The operations whose requests the gateway accepts without a token."""
    requests = side_by_side(lambda name: Request(stack, name), operations)
    return {name for name, request in zip(operations, requests) if request.is_open()}


def try_function(stack, name, actions):
    """Removes each of these permissions, then all of them."""
    role, own = Role(stack, name), prepare(stack, name)
    permissions = list(one_at_a_time(name, actions))
    for action, secret in permissions:
        one = own.again()
        with role.without(action, secret):
            if secret:
                # A running function has a copy of the secret.
                stack.restart(name)
            assert not one.works(), f"{name} works without {action} {secret}"
    one = own.again()
    with role.without_any():
        assert not one.works(), f"{name} works without any permission"
    assert own.again().works(), f"{name} does not work with all its permissions"
    return len(permissions)


def halves(names):
    """Divides the names in two, as often as is needed to part each of them from each other: two different numbers differ
    in a bit."""
    for bit in range((len(names) - 1).bit_length()):
        sides = [], []
        for number, name in enumerate(names):
            sides[number >> bit & 1].append(name)
        yield sides
        yield sides[::-1]


def try_others(stack, names, everything):
    """Each function works while any other one of these has no permissions."""
    for away, working in halves(names):
        ready = everything.of(working)
        with contextlib.ExitStack() as without:
            for name in away:
                without.enter_context(Role(stack, name).without_any())
            all_work(ready, f"without their permissions, {away} fail")


def try_pack(stack, known, report):
    """Tries all functions that are tried under the active pack."""
    tried = tried_under(stack.pack, known)
    # Where only some actions are tried, the others are tried under the first pack.
    whole = {name: actions for name, actions in tried.items() if actions.keys() == known[name].keys()}
    whole = whole if stack.pack in ELSEWHERE else tried
    everything = Everything(stack, whole)
    # A function without actions has nothing to do under this pack.
    count = sum(try_function(stack, name, actions) for name, actions in tried.items() if actions and name != PUBLISHER)
    if whole:
        try_others(stack, [name for name in known if name != PUBLISHER], everything)
    report(f"{stack.pack}: {count} permissions of {len(tried)} functions removed one at a time, and all at once")
    return everything


def try_publisher(stack, actions, everything):
    """Tries the publisher's role like those of functions; and publishes while no function has permissions."""
    role, pack = Role(stack, PUBLISHER), REPOSITORY / "policies/packs" / stack.outputs["Pack"]
    permissions = list(one_at_a_time(PUBLISHER, actions))
    for action, secret in permissions:
        with role.without(action, secret):
            assert not publish(stack, pack), f"policies are published without {action} {secret}"
    others = everything.of(everything.tried)
    with role.without_any():
        all_work(others, "policies are not published without any permission")
    with contextlib.ExitStack() as away:
        for name in stack.roles.keys() - {PUBLISHER}:
            away.enter_context(Role(stack, name).without_any())
        assert publish(stack, pack), "policies are not published while functions fail"
    return len(permissions)
