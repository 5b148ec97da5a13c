"""The recorded permissions (infra/permissions.txt), and the pack under which each of them is tried."""

import collections

from .machine import REPOSITORY
from .workspace import WITHOUT_RESERVING
from .stack import PUBLISHER

# What is tried under another pack than the deployed one: functions that have nothing to do under the deployed pack
# (None), and actions that its rules never need.
ELSEWHERE = {
    # A person who joins needs a free seat.
    WITHOUT_RESERVING: {"join": {"dynamodb:Query"}},
    # Seats come with the plan, and the pack has links, domains and a quota.
    "role-seats": {
        **dict.fromkeys((
            "assign-seats", "create-link", "enter", "get-invitation-quota", "link-domain", "list-domains", "list-links",
            "revoke-link", "set-plan", "unlink-domain", "update-settings", "verify-domains")),
        "invite": {"dynamodb:UpdateItem"},
    },
    # Members can leave without a request, plans are for sale, and resources have limits.
    "role-ladder": dict.fromkeys((
        "leave-workspace", "change-plan", "add-resource", "list-resources", "remove-resource")),
    # Credits are for sale, and everybody may have API keys.
    "flat-owners": dict.fromkeys((
        "buy-credits", "get-credits", "spend-credits", "create-api-key", "list-api-keys", "set-api-key-limits",
        "revoke-api-key", "rotate-api-key", "delete-api-key", "verify-api-key")),
}
# Not tried: verifying a domain needs a domain with the right DNS records; no built-in pack both lets members leave and
# protects the creator; only a purchase beyond the most seats deletes one, which must have ended; only mails of an
# earlier release are put into the outbox again; and the tasks here are mails, not reviews of makers or the ends of
# many memberships; and each person has one sign-in with one address.
NOT_TRIED = {
    ("approve-leave", "dynamodb:Query"), ("delete-me", "dynamodb:PutItem"),
    ("leave-workspace", "dynamodb:PutItem"), ("leave-workspace", "dynamodb:Query"),
    ("release-seat", "dynamodb:PutItem"),
    ("remove-member", "dynamodb:PutItem"), ("remove-member", "dynamodb:Query"),
    ("buy-seats", "dynamodb:DeleteItem"),
    ("run-tasks", "dynamodb:PutItem"), ("sweep-tasks", "dynamodb:PutItem"),
    ("run-tasks", "dynamodb:Query"),
    ("run-tasks", "dynamodb:ConditionCheckItem"), ("sweep-tasks", "dynamodb:ConditionCheckItem"),
    ("leave-workspace", "dynamodb:ConditionCheckItem"), ("enter", "dynamodb:DeleteItem"),
    ("verify-domains", "dynamodb:BatchGetItem"), ("verify-domains", "dynamodb:PutItem"),
    ("verify-domains", "dynamodb:UpdateItem"),
    # Only a synchronisation with Stripe needs them.
    ("buy-credits", "dynamodb:DeleteItem"), ("buy-credits", "dynamodb:Query"),
    ("change-plan", "dynamodb:DeleteItem"), ("change-plan", "dynamodb:Query"),
    ("change-seat-tier", "dynamodb:DeleteItem"), ("set-add-on", "dynamodb:DeleteItem"),
    ("set-add-on-everywhere", "dynamodb:DeleteItem"),
}


# The functions in which a synchronisation with Stripe can run. Each may do all that one does; what their own requests do
# not need is not tried for each of them, but works together in payments.py.
PAYS = {"buy-credits", "buy-seats", "change-plan", "change-seat-tier", "run-tasks", "set-add-on",
        "set-add-on-everywhere", "sweep-tasks"}
STRIPE_KEYS = "stripe-keys"
# The functions that have nothing to do where no payment is made: payments.py tries them, except discard-purchase, which
# needs a bank that asks for its customer.
WITH_STRIPE = {"cancel-subscription", "discard-purchase", "list-invoices", "open-billing-portal", "reconcile-billing", "stripe-webhook"}


def permissions():
    """The keys (or secrets) of each action of each function."""
    found = collections.defaultdict(dict)
    for line in (REPOSITORY / "infra/permissions.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            function, action, *keys = line.split()
            found[function][action] = keys
    return found


def tried_under(pack, known):
    """The functions that are tried under a pack, and the actions of each."""
    if pack in ELSEWHERE:
        return {name: {action: keys for action, keys in known[name].items() if actions is None or action in actions}
                for name, actions in ELSEWHERE[pack].items()}
    elsewhere = [one for functions in ELSEWHERE.values() for one in functions.items()]
    whole = {PUBLISHER, *WITH_STRIPE} | {name for name, actions in elsewhere if actions is None}
    parts = {(name, action) for name, actions in elsewhere for action in actions or ()}
    return {name: {action: keys for action, keys in actions.items() if (name, action) not in parts}
            for name, actions in known.items() if name not in whole}


def named(recorded):
    """The name of a recorded action, and the index on which it acts."""
    action, _, index = recorded.partition("/")
    return action, f"/index/{index}" if index else ""
