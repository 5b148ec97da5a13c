"""Payments through the built-in Stripe, which stands for Stripe: a workspace pays in the deployed stack, and each
permission that only payments need is taken away, one at a time."""

import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from .machine import REPOSITORY
from .publishing import publish
from .recorded import PAYS, STRIPE_KEYS
from .removal import Role
from .roles import READ_SECRET
from .workspace import Workspace

WEBHOOK_SECRET = "whsec_of_the_proof"
# As in crates/store/src/keys.rs.
CHECKS = "RECONCILE"


@contextlib.contextmanager
def built_in_stripe():
    """Starts the built-in Stripe with the prices of the deployed pack; gives the address of its API, and a key."""
    command = [os.environ["SEATWISE"], "--memory", "--port", "0", "--billing", "stub"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        said = ""
        while "Ctrl-C" not in said:
            line = server.stdout.readline()
            assert line, "the built-in Stripe did not start"
            said += line
        try:
            yield re.search(r"built-in Stripe at (\S+) \(key (\S+)\)", said).groups()
        finally:
            server.terminate()


def know_stripe(stack, key):
    """Puts the secrets of Stripe into the stack, as an operator does."""
    secrets = stack.client("secretsmanager")
    for name, text in (("StripeKeys", key), ("StripeWebhookSecrets", WEBHOOK_SECRET)):
        secrets.put_secret_value(SecretId=stack.secrets[name], SecretString=json.dumps([text]))


class Buyer(Workspace):
    """A workspace that pays at Stripe."""

    def __init__(self, stack, stripe, key):
        self.stripe, self.key = stripe, key
        super().__init__(stack)

    def buy(self):
        """Buys a seat; the status and the answer."""
        path = f"{self.w}/seats"
        return self.stack.call(self.owner, "POST", path, {"tier": "pro", "quantity": 1}, idempotency=True)

    def pay(self, page):
        """Presses Pay on the page of Checkout."""
        data = urllib.parse.urlencode({"act": "pay"}).encode()
        with contextlib.suppress(urllib.error.HTTPError, urllib.error.URLError):
            # The page leads back to the product, which is not there.
            urllib.request.urlopen(page, data)

    def events(self):
        """What Stripe would tell, newest first."""
        request = urllib.request.Request(f"{self.stripe}/v1/events?limit=100")
        request.add_header("authorization", f"Bearer {self.key}")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["data"]

    def tell(self):
        """Sends Stripe's newest event to the stack; the status."""
        body = json.dumps(self.events()[0]).encode()
        now = int(time.time())
        digest = hmac.new(WEBHOOK_SECRET.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"host": self.stack.host, "stripe-signature": f"t={now},v1={digest}"}
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=60)
        connection.request("POST", "/v1/stripe/webhook", body, headers)
        return connection.getresponse().status

    def has_paid(self):
        """Buys the first seat and pays it; the webhook and the task bring the seat."""
        status, begun = self.buy()
        assert status == 202, (status, begun)
        self.pay(begun["checkoutUrl"])
        assert self.tell() == 200
        self.stack.invoke("sweep-tasks", {})
        seats = self.do("GET", self.w)["seats"]
        assert seats["available"] == 1, seats
        return self


def publish_with_stripe(stack, folder):
    """Publishes the deployed pack, except that it is paid at Stripe."""
    pack = pathlib.Path(folder) / "paid"
    shutil.copytree(REPOSITORY / "policies/packs" / stack.outputs["Pack"], pack)
    product = (pack / "product.toml").read_text()
    assert 'provider = "manual"' in product
    (pack / "product.toml").write_text(product.replace('provider = "manual"', 'provider = "stripe"'))
    assert publish(stack, pack), "the paid pack is not published"


def read(path, method="GET"):
    """Work for an operation that only asks Stripe."""
    def works(buyer):
        status, answer = buyer.stack.call(buyer.owner, method, f"{buyer.w}/billing{path}")
        assert status in (200, 500, 503), (status, answer)
        return status == 200
    return works


def buys(buyer):
    """Without the key the purchase waits for its task."""
    status, answer = buyer.buy()
    assert status in (201, 202, 500, 503), (status, answer)
    return status == 201


def is_told(buyer):
    status = buyer.tell()
    assert status in (200, 500, 503), status
    return status == 200


def reconciles(buyer):
    """A check that is due makes the task of its workspace due."""
    stack, task = buyer.stack, f"TASK#{buyer.id}"
    tasks = lambda: [item for item in stack.outbox() if item["sk"]["S"] == task]
    check, = (item for item in stack.items(CHECKS) if item["workspace"]["S"] == buyer.id)
    # The key has the time in nanoseconds since 1970.
    past = {**check, "sk": {"S": re.sub(r"#\d+#", f"#{1767225600 * 10**9:021}#", check["sk"]["S"])},
            "at": {"S": "2026-01-01T00:00:00Z"}}
    stack.db.put_item(TableName=stack.outputs["TableName"], Item=past)
    stack.drop(tasks())
    stack.invoke("reconcile-billing", {})
    made = tasks()
    stack.drop([past, *made])
    return bool(made)


# The work of each function, and the permissions without which it fails.
WORK = {
    "buy-seats": (buys, {READ_SECRET: [STRIPE_KEYS]}),
    "list-invoices": (read("/invoices"), None),
    "open-billing-portal": (read("/portal", "POST"), None),
    # A subscription that is cancelled already is not cancelled again.
    "cancel-subscription": (read("/cancel", "POST"), {"dynamodb:BatchGetItem": [""]}),
    "stripe-webhook": (is_told, None),
    # Without the keys it still goes by its timetable.
    "reconcile-billing": (reconciles, {"dynamodb:Query": [""], "dynamodb:PutItem": [""]}),
}


def tried(actions):
    """Each action, and each secret."""
    for action, keys in actions.items():
        yield from ((action, secret) for secret in (keys if action == READ_SECRET else [""]))


def prove_payments(stack, known, folder, stripe, report):
    """A workspace pays; and without each permission that only payments need, its function does not work."""
    publish_with_stripe(stack, folder)
    address, key = stripe
    buyer = Buyer(stack, address, key).has_paid()
    assert buyer.buy()[0] == 201, "the saved card is not charged"
    report("a workspace has paid: by Checkout, a webhook and a task, and then by the saved card")
    count = 0
    for name, (works, actions) in WORK.items():
        role = Role(stack, name)
        assert works(buyer), f"{name} does not work"
        for action, secret in tried(actions or known[name]):
            with role.without(action, secret):
                if secret:
                    stack.restart(name)
                assert not works(buyer), f"{name} works without {action} {secret}"
            stack.restart(name)
            # What waits for its task is granted by it.
            stack.invoke("sweep-tasks", {})
            count += 1
    report(f"payments: {count} permissions of {len(WORK)} functions removed one at a time")
    assert not PAYS - known.keys(), PAYS - known.keys()
    assert all(STRIPE_KEYS in known[name][READ_SECRET] for name in PAYS), "a function that pays has no key"
