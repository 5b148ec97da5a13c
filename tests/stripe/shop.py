"""Workspaces that pay at the built-in Stripe: everything that Seatwise says to Stripe is said here once."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from local_server import Client

DAY = 24 * 3600
PACKS = Path(__file__).parents[2] / "policies" / "packs"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The pages lead to the product, which is not there."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirect)


def fetch(url, method="GET", data=None, headers={}):
    """The status and the body."""
    try:
        with OPENER.open(urllib.request.Request(url, data, headers, method=method)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read()


class Shop:
    """A workspace and its owner."""

    def __init__(self, address, stripe, key):
        self.address, self.stripe, self.key = address, stripe, key
        self.client = Client(address)
        self.sign_in()
        self.workspace = self.send("POST", "/v1/workspaces", {"name": "Acme"}, 201)["id"]

    def sign_in(self):
        self.token = self.client.sign_in("olga@acme.example")[0]

    def send(self, method, path, body=None, *expected):
        """A request of the owner; a path without a version is about the workspace."""
        url = self.address + (path if path.startswith("/v1/") else f"/v1/workspaces/{self.workspace}{path}")
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        status, answer = fetch(url, method, None if body is None else json.dumps(body).encode(), headers)
        assert status in (expected or (200,)), f"{method} {path}: {status} {answer.decode()}"
        return json.loads(answer or "null")

    def at_stripe(self, path, **parameters):
        """Something that the merchant does at Stripe, or asks."""
        headers = {"authorization": f"Bearer {self.key}", "stripe-version": os.environ["STRIPE_VERSION"]}
        data = urllib.parse.urlencode(parameters).encode() if parameters else None
        status, answer = fetch(f"{self.stripe}/v1/{path}", "POST" if data else "GET", data, headers)
        assert status == 200, f"{path}: {status} {answer.decode()}"
        return json.loads(answer)

    def press(self, url, act, **fields):
        """A button on a page of Stripe; then everybody hears of it."""
        assert fetch(url)[0] == 200, url
        status, answer = fetch(url, "POST", urllib.parse.urlencode({"act": act} | fields).encode())
        assert status == 303, f"{act}: {status} {answer.decode()}"
        self.settle()

    def settle(self):
        self.later(0)

    def later(self, seconds):
        """Time passes, and what is due then happens."""
        self.client.post("/dev/clock", {"advanceSeconds": seconds})
        # The mailbox waits for the background functions.
        fetch(f"{self.address}/dev/mailbox")
        if seconds:
            self.sign_in()

    def until(self, what, holds):
        """Waits until it is so. What a run leaves undone, the next one does some seconds later."""
        for _ in range(100):
            if holds():
                return
            self.later(2)
        raise AssertionError(f"never so: {what}; renews {self.quantities()}")

    def until_is(self, purchase, status):
        """Waits until the purchase has that status, and returns it."""
        read = lambda: self.send("GET", f"/purchases/{purchase['id']}")
        self.until(f"{purchase} is {status}", lambda: read()["status"] == status)
        return read()

    def buy(self, method, path, body, status):
        """Buys something, and follows the purchase until it has that status. The first answer may come before."""
        answer = self.send(method, path, body, 200, 201, 202, 402)
        id = answer.get("purchaseId") or answer["items"][0]["purchaseId"]
        return self.until_is({"id": id}, status)

    def buy_seats(self, tier, quantity, status):
        return self.buy("POST", "/seats", {"tier": tier, "quantity": quantity}, status)

    def change(self, path, body):
        """A change that may have to be paid."""
        return self.send("PUT", path, body, 200, 202)

    def discard(self, purchase):
        self.send("DELETE", f"/purchases/{purchase['id']}")
        self.until_is(purchase, "discarded")

    def quantities(self):
        """What renews, by the names in the pack."""
        subscriptions = self.at_stripe("subscriptions?status=all")["data"]
        items = [item for one in subscriptions if one["status"] != "canceled" for item in one["items"]["data"]]
        return {item["price"]["lookup_key"].split(".")[1]: item["quantity"] for item in items if item["quantity"]}

    def until_renews(self, **quantities):
        self.until(f"renews {quantities}", lambda: self.quantities() == quantities)

    def set_card(self, card):
        self.press(self.send("POST", "/billing/portal")["url"], "card", card=card)


def purchased_seats(shop):
    first_purchase(shop)
    charges(shop)
    changes_of_seats(shop)
    second_subscription(shop)
    the_end(shop)


def first_purchase(shop):
    shop.send("POST", "/purchases/preview", {"change": {"kind": "seats", "tier": "pro", "quantity": 2}})
    begun = shop.buy_seats("pro", 1, "checkout")
    # Expires the page.
    shop.discard(begun)
    begun = shop.buy_seats("pro", 2, "checkout")
    for act in ("decline", "ask", "complete"):
        shop.press(begun["checkoutUrl"], act)
    shop.until_is(begun, "paid")
    shop.until_renews(pro=2)


def charges(shop):
    shop.later(5 * DAY)
    shop.send("POST", "/purchases/preview", {"change": {"kind": "seats", "tier": "basic", "quantity": 1}})
    shop.buy_seats("basic", 1, "paid")
    shop.until_renews(pro=2, basic=1)

    shop.set_card("is_declined")
    declined = shop.buy_seats("basic", 1, "action_required")
    # Voids the invoice.
    shop.discard(declined)
    shop.set_card("asks")
    asked = shop.buy_seats("basic", 1, "action_required")
    shop.press(asked["payUrl"], "complete")
    shop.until_is(asked, "paid")
    shop.until_renews(pro=2, basic=2)
    shop.set_card("works")


def changes_of_seats(shop):
    seats = shop.send("GET", "/seats")["items"]
    basic, pro = (next(f"/seats/{seat['id']}" for seat in seats if seat["tier"] == tier) for tier in ("basic", "pro"))
    shop.change(f"{basic}/tier", {"tier": "pro"})
    shop.until_renews(pro=3, basic=1)
    shop.change(f"{basic}/tier", {"tier": "basic"})
    shop.until_renews(pro=2, basic=2)
    shop.change(f"{pro}/add-ons/extra-telegram-accounts", {"quantity": 2})
    shop.until_renews(**{"pro": 2, "basic": 2, "extra-telegram-accounts": 2})
    shop.change("/add-ons/extra-telegram-accounts", {"quantity": 1})
    shop.until_renews(**{"pro": 2, "basic": 2, "extra-telegram-accounts": 4})
    shop.send("POST", f"{basic}/cancel")
    shop.until_renews(**{"pro": 2, "basic": 1, "extra-telegram-accounts": 3})
    shop.send("POST", f"{basic}/reactivate")
    shop.send("GET", "/billing")
    shop.send("GET", "/billing/invoices")
    # The daily check.
    shop.later(2 * DAY)
    shop.later(32 * DAY)


def second_subscription(shop):
    """The merchant sells another subscription by hand; Seatwise gives the money back and ends it."""
    own = shop.at_stripe("subscriptions?status=all")["data"][0]
    session = shop.at_stripe("checkout/sessions", **{
        "mode": "subscription", "customer": own["customer"], "success_url": "https://x.example/",
        "line_items[0][price]": own["items"]["data"][0]["price"]["id"], "line_items[0][quantity]": 1,
    })
    shop.press(session["url"], "pay")
    live = lambda: shop.at_stripe("subscriptions")["data"]
    shop.until("one subscription is left", lambda: [one["id"] for one in live()] == [own["id"]])


def the_end(shop):
    shop.send("POST", "/billing/cancel")
    shop.until("it ends", lambda: shop.at_stripe("subscriptions")["data"][0]["cancel_at_period_end"])
    shop.send("DELETE", "", None, 204)
    shop.until("nothing is left", lambda: not shop.at_stripe("subscriptions")["data"])


def flat_owners(shop):
    plan = shop.buy("PUT", "/plan", {"plan": "pro"}, "checkout")
    shop.press(plan["checkoutUrl"], "pay")
    shop.until_is(plan, "paid")
    for act in ("decline", "pay"):
        credits = shop.buy("POST", "/credits", {"package": "credits-100", "quantity": 2}, "checkout")
        shop.press(credits["checkoutUrl"], act)
        if act == "decline":
            shop.discard(credits)
    shop.until("there are credits", lambda: shop.send("GET", "/credits")["balance"] == 200)
    shop.send("PUT", "/plan", {"plan": "credits"})
    shop.until("it ends", lambda: shop.at_stripe("subscriptions")["data"][0]["cancel_at_period_end"])
    shop.later(32 * DAY)


def role_ladder(shop):
    with_members = lambda count: {"plan": "growth", "extras": [{"id": "members", "quantity": count}]}
    plan = shop.buy("PUT", "/plan", with_members(5), "checkout")
    shop.press(plan["checkoutUrl"], "pay")
    shop.until_is(plan, "paid")
    shop.change("/plan", with_members(7))
    shop.until_renews(growth=1, members=7)
    shop.change("/plan", with_members(1))
    shop.until_renews(growth=1, members=1)
    # A renewal that is never paid.
    shop.set_card("is_declined")
    for _ in range(8):
        shop.later(7 * DAY)


def role_seats(shop):
    plan = shop.buy("PUT", "/plan", {"plan": "business"}, "checkout")
    shop.press(plan["checkoutUrl"], "pay")
    shop.until_is(plan, "paid")
    shop.press(shop.send("PUT", "/plan", {"plan": "business", "seats": 30}, 202)["url"], "confirm")
    shop.until_renews(business=30)


SHOPS = {
    "purchased-seats": purchased_seats, "flat-owners": flat_owners, "role-ladder": role_ladder, "role-seats": role_seats,
}


def new_prices(shop, pack):
    """The command that gives the account what a pack sells, for a pack that has other prices and names."""
    environment = os.environ | {"STRIPE_SECRET_KEY": shop.key, "STRIPE_API_BASE": shop.stripe}
    with tempfile.TemporaryDirectory() as folder:
        changed = Path(folder) / pack
        shutil.copytree(PACKS / pack, changed)
        product = changed / "product.toml"
        text = product.read_text(encoding="utf-8")
        text, changes = re.subn(r"amount = (\d+)", r"amount = \g<1>5", text)
        assert changes, f"{pack} sells nothing"
        product.write_text(re.sub(r'label = "(Pro|Growth|Business)"', r'label = "\1 2"', text), encoding="utf-8")
        command = [os.environ["SEATWISE"], "billing", "prices", "--pack", str(changed), "--yes"]
        for expected in ("closed; subscriptions keep it", "nothing to do"):
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            assert done.returncode == 0 and expected in done.stdout, done.stdout + done.stderr
