"""What infra/permissions.txt says, and under which pack each of it is tried."""

import collections

from .machine import REPOSITORY
from .scene import WITHOUT_RESERVING
from .stack import PUBLISHER

# What is tried under another pack than the one that is deployed: functions as a whole (None), which have
# nothing to do under that one, and actions that its rules never ask for.
ELSEWHERE = {
    # Joining looks for a seat.
    WITHOUT_RESERVING: {"join": {"dynamodb:Query"}},
    # Seats come with the plan; there are links, domains and a quota, whose use is counted.
    "role-seats": {
        **dict.fromkeys((
            "assign-seats", "create-link", "enter", "get-invitation-quota", "link-domain", "list-domains", "list-links",
            "revoke-link", "unlink-domain", "update-settings", "verify-domains")),
        "invite": {"dynamodb:UpdateItem"},
    },
    # Whoever likes leaves.
    "role-ladder": {"leave-workspace": None},
}
# Not tried: what verifying a domain writes takes a domain whose records say whose it is.
# And no pack that comes with the program both lets people leave and protects the creator.
NOT_TRIED = {
    ("leave-workspace", "dynamodb:ConditionCheckItem"),
    ("verify-domains", "dynamodb:BatchGetItem"), ("verify-domains", "dynamodb:PutItem"),
}


def permissions():
    """What infra/permissions.txt says: keys (or secrets) by action, by function."""
    found = collections.defaultdict(dict)
    for line in (REPOSITORY / "infra/permissions.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            function, action, *keys = line.split()
            found[function][action] = keys
    return found


def tried_under(pack, known):
    """What is tried under a pack: functions, and the actions of each."""
    if pack in ELSEWHERE:
        return {name: {action: keys for action, keys in known[name].items() if actions is None or action in actions}
                for name, actions in ELSEWHERE[pack].items()}
    elsewhere = [one for functions in ELSEWHERE.values() for one in functions.items()]
    whole = {PUBLISHER} | {name for name, actions in elsewhere if actions is None}
    parts = {(name, action) for name, actions in elsewhere for action in actions or ()}
    return {name: {action: keys for action, keys in actions.items() if (name, action) not in parts}
            for name, actions in known.items() if name not in whole}


def named(recorded):
    """An action, as it is recorded: what it is called, and the index that it is on."""
    action, _, index = recorded.partition("/")
    return action, f"/index/{index}" if index else ""
