"""Runs every judge of the client of Stripe and of the built-in Stripe (K57-K63)."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from judge import Judge

HERE = Path(__file__).parent
SECRET = "whsec_of_the_judges"
JUDGE = Judge(os.environ["STRIPE_SPEC"])
os.environ["STRIPE_VERSION"] = JUDGE.version

import official  # noqa: E402 (needs the version)
from local_server import welcome  # noqa: E402
from shop import SHOPS, Shop, new_prices  # noqa: E402

# What Seatwise uses of Stripe; its scripts must have used it here.
USED = {
    "PostCustomers", "PostCustomersCustomer",
    "PostCheckoutSessions", "GetCheckoutSessions", "PostCheckoutSessionsSessionExpire",
    "GetSubscriptions", "GetSubscriptionsSubscriptionExposedId", "PostSubscriptionsSubscriptionExposedId",
    "DeleteSubscriptionsSubscriptionExposedId",
    "PostInvoicesCreatePreview", "GetInvoices", "GetInvoicesInvoice", "PostInvoicesInvoiceVoid", "PostRefunds",
    "PostBillingPortalSessions", "GetBillingPortalConfigurations", "PostBillingPortalConfigurations",
    "PostBillingPortalConfigurationsConfiguration",
    "GetProducts", "PostProducts", "PostProductsId", "GetPrices", "PostPrices", "PostPricesPrice", "GetEvents",
}


class Session:
    """A local server, and the record of what was said to its Stripe."""

    def __init__(self, said, record):
        self.address = re.search(r"http://127\.0\.0\.1:\d+", said).group()
        self.stripe, self.key = re.search(r"built-in Stripe at (\S+) \(key (\S+)\)", said).groups()
        self.record, self.read = record, 0

    def news(self):
        """What was said since the last time."""
        lines = self.record.read_text(encoding="utf-8").splitlines()[self.read:]
        self.read += len(lines)
        return lines


def session(name, pack, folder, script):
    """Runs a script with a new local server."""
    record = folder / f"{name}.jsonl"
    os.environ["SEATWISE_STRIPE_TRAFFIC"] = str(record)
    with welcome(pack, "--billing", "stub", "--stripe-webhook-secret", SECRET) as said:
        script(Session(said, record))
    if "KEEP" in os.environ:
        shutil.copy(record, Path(os.environ["KEEP"]) / record.name)


def shop(pack):
    def script(session):
        shop = Shop(session.address, session.stripe, session.key)
        attempt(pack, SHOPS[pack], shop)
        attempt(f"{pack}, new prices", new_prices, shop, pack)
        # Every object once more, as a merchant would look at it.
        for kind in ("customers", "subscriptions?status=all", "invoices", "events", "products", "prices"):
            shop.at_stripe(f"{kind}{'&' if '?' in kind else '?'}limit=100")
        JUDGE.read(session.news(), pack)

    return script


def libraries(session):
    """The official libraries and the official command line."""
    attempt("official Python library", official.drive, session.stripe, session.key)
    attempt("official Python library, webhooks", official.webhooks, session.address, SECRET)
    JUDGE.read(session.news(), "official Python library", ours=False)
    attempt("official Node library", run, ["node", str(HERE / "official.mjs"), session.address, session.stripe, session.key, SECRET])
    JUDGE.read(session.news(), "official Node library", ours=False)
    attempt("official command line", official.command_line, session.stripe, session.key)
    JUDGE.read(session.news(), "official command line", ours=False)
    lines = map(json.loads, session.record.read_text(encoding="utf-8").splitlines())
    sent = [line for line in lines if "webhook" in line]
    attempt("our webhooks", official.verify, sent, SECRET)
    attempt("our webhooks in Node", run, ["node", str(HERE / "verify.mjs"), str(session.record), SECRET])


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def attempt(who, what, *arguments):
    try:
        what(*arguments)
    except Exception as error:  # noqa: BLE001 (the other judges go on)
        JUDGE.note(who, [f"{type(error).__name__}: {error}"])


with tempfile.TemporaryDirectory() as place:
    for pack in SHOPS:
        session(pack, pack, Path(place), shop(pack))
    JUDGE.note("the scripts of Seatwise", [f"never used {name}" for name in sorted(USED - JUDGE.used)])
    session("libraries", "purchased-seats", Path(place), libraries)
for error in sorted(set(JUDGE.errors)):
    print(error)
print(f"stripe: {JUDGE.requests} requests, {JUDGE.answers} answers, {len(JUDGE.errors)} errors")
sys.exit(bool(JUDGE.errors))
