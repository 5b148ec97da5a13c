"""Stripe's own library for Python, and its command line, drive the built-in Stripe and our webhook endpoint."""

import json
import os
import subprocess
import time
import urllib.parse

import stripe

from shop import fetch

RETURN = "https://x.example/"


def drive(base, key):
    """Uses every endpoint that Seatwise uses."""
    client = stripe.StripeClient(
        key, base_addresses={"api": base}, max_network_retries=0, stripe_version=os.environ["STRIPE_VERSION"]
    )
    v1 = client.v1
    customer, price, once = catalogue(v1)
    subscription = first_purchase(v1, customer, price)
    changes(v1, customer, subscription)
    portal(v1, customer, subscription)
    credits(v1, customer, once)
    idempotency(v1)
    refusals(v1, base)
    lists(v1, customer)
    v1.subscriptions.cancel(subscription, {"prorate": False})
    assert v1.subscriptions.retrieve(subscription).status == "canceled"


def press(url, act, **fields):
    status, answer = fetch(url, "POST", urllib.parse.urlencode({"act": act} | fields).encode())
    assert status == 303, answer.decode()


def catalogue(v1):
    customer = v1.customers.create({"email": "ada@x.example", "name": "Ada", "metadata": {"a": "1"}})
    customer = v1.customers.update(customer.id, {"name": "Ada L.", "metadata": {"a": ""}})
    assert (customer.name, v1.customers.retrieve(customer.id).metadata.to_dict()) == ("Ada L.", {})
    v1.products.create({"id": "x.pro", "name": "Pro", "metadata": {"pack": "x"}})
    v1.products.create({"id": "x.credits", "name": "Credits"})
    assert v1.products.update("x.pro", {"name": "Pro 2"}).name == "Pro 2"
    month = {"product": "x.pro", "currency": "eur", "unit_amount": 1000, "recurring": {"interval": "month"}}
    old = v1.prices.create(month | {"lookup_key": "x.pro.eur"})
    price = v1.prices.create(month | {"unit_amount": 1200, "lookup_key": "x.pro.eur", "transfer_lookup_key": True})
    assert v1.prices.update(old.id, {"active": False}).active is False
    assert [one.id for one in v1.prices.list({"lookup_keys": ["x.pro.eur"]}).data] == [price.id]
    once = v1.prices.create({"product": "x.credits", "currency": "eur", "unit_amount": 500, "lookup_key": "x.credits.eur"})
    return customer.id, price.id, once.id


def first_purchase(v1, customer, price):
    form = {
        "mode": "subscription", "customer": customer, "payment_method_types": ["card"],
        "line_items": [{"price": price, "quantity": 2}], "success_url": RETURN, "cancel_url": RETURN,
        "subscription_data": {"metadata": {"a": "b"}},
    }
    unused = v1.checkout.sessions.create(form)
    assert v1.checkout.sessions.expire(unused.id).status == "expired"
    session = v1.checkout.sessions.create(form)
    press(session.url, "pay")
    session = v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "line_items"]})
    assert (session.status, session.payment_status, session.subscription.status) == ("complete", "paid", "active")
    return session.subscription.id


def item(v1, subscription):
    return v1.subscriptions.retrieve(subscription)["items"].data[0].id


def charge(v1, subscription, quantity, key):
    return v1.subscriptions.update(subscription, {
        "items": [{"id": item(v1, subscription), "quantity": quantity}], "proration_behavior": "always_invoice",
        "payment_behavior": "pending_if_incomplete", "expand": ["latest_invoice"],
    }, {"idempotency_key": key})


def quantity(v1, subscription):
    return v1.subscriptions.retrieve(subscription)["items"].data[0].quantity


def changes(v1, customer, subscription):
    more = [{"id": item(v1, subscription), "quantity": 3}]
    preview = v1.invoices.create_preview({
        "customer": customer, "subscription": subscription,
        "subscription_details": {"items": more, "proration_behavior": "always_invoice", "proration_date": int(time.time())},
    })
    charged = charge(v1, subscription, 3, "charge:1")
    assert abs(charged.latest_invoice.amount_paid - preview.amount_due) <= 2, (charged, preview)
    # The same key brings the same answer.
    again = charge(v1, subscription, 3, "charge:1")
    assert again.latest_invoice.id == charged.latest_invoice.id
    assert again.last_response.headers["idempotent-replayed"] == "true"

    levelled = v1.subscriptions.update(subscription, {"items": [more[0] | {"quantity": 2}], "proration_behavior": "none"})
    assert levelled["items"].data[0].quantity == 2
    session = v1.billing_portal.sessions.create({"customer": customer, "configuration": configuration(v1)})
    for number, card in enumerate(("is_declined", "asks")):
        press(session.url, "card", card=card)
        open_ = charge(v1, subscription, 4, f"charge:{card}")
        assert open_.pending_update and open_.latest_invoice.status == "open", card
        if card == "is_declined":
            v1.invoices.void_invoice(open_.latest_invoice.id)
            assert v1.subscriptions.retrieve(subscription).pending_update is None
            assert quantity(v1, subscription) == 2
        else:
            press(v1.invoices.retrieve(open_.latest_invoice.id).hosted_invoice_url, "complete")
            assert quantity(v1, subscription) == 4
    press(session.url, "card", card="works")
    assert v1.subscriptions.update(subscription, {"cancel_at_period_end": True}).cancel_at_period_end
    assert v1.subscriptions.update(subscription, {"cancel_at_period_end": False}).cancel_at is None


def configuration(v1):
    return v1.billing_portal.configurations.create({
        "metadata": {"a": "b"},
        "features": {
            "invoice_history": {"enabled": True}, "payment_method_update": {"enabled": True},
            "subscription_update": {
                "enabled": True, "default_allowed_updates": ["quantity"], "proration_behavior": "always_invoice",
            },
        },
    }).id


def portal(v1, customer, subscription):
    made = configuration(v1)
    assert made in [one.id for one in v1.billing_portal.configurations.list({"limit": 100}).data]
    v1.billing_portal.configurations.update(made, {"metadata": {"a": "c"}})
    session = v1.billing_portal.sessions.create({
        "customer": customer, "configuration": made, "return_url": RETURN,
        "flow_data": {
            "type": "subscription_update_confirm",
            "after_completion": {"type": "redirect", "redirect": {"return_url": RETURN}},
            "subscription_update_confirm": {
                "subscription": subscription, "items": [{"id": item(v1, subscription), "quantity": 9}],
            },
        },
    })
    press(session.url, "confirm")
    assert quantity(v1, subscription) == 9


def credits(v1, customer, price):
    session = v1.checkout.sessions.create({
        "mode": "payment", "customer": customer, "line_items": [{"price": price, "quantity": 2}], "success_url": RETURN,
    })
    press(session.url, "pay")
    session = v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert session.payment_intent.latest_charge.amount == 1000
    refund = v1.refunds.create({"payment_intent": session.payment_intent.id})
    assert (refund.amount, refund.status) == (1000, "succeeded")


def idempotency(v1):
    make = lambda email: v1.customers.create({"email": email}, {"idempotency_key": "once"})
    first, again = make("one@x.example"), make("one@x.example")
    assert first.id == again.id and again.last_response.headers["idempotent-replayed"] == "true"
    refused(stripe.IdempotencyError, 400, lambda: make("two@x.example"))


def refused(kind, status, call):
    try:
        call()
    except kind as error:
        assert type(error) is kind and error.http_status == status, repr(error)
        return error
    raise AssertionError(f"no {kind.__name__}")


def refusals(v1, base):
    missing = refused(stripe.InvalidRequestError, 404, lambda: v1.customers.retrieve("cus_none"))
    assert missing.code == "resource_missing"
    unknown = refused(stripe.InvalidRequestError, 400, lambda: v1.customers.create({"emial": "a@x.example"}))
    assert (unknown.code, unknown.param) == ("parameter_unknown", "emial")
    stranger = stripe.StripeClient("sk_test_stranger", base_addresses={"api": base}, max_network_retries=0)
    refused(stripe.AuthenticationError, 401, lambda: stranger.v1.customers.list())


def lists(v1, customer):
    for number in range(12):
        v1.customers.create({"email": f"many{number}@x.example"})
    paged = [one.id for one in v1.customers.list({"limit": 5}).auto_paging_iter()]
    assert len(paged) == len(set(paged)) >= 13, paged
    assert paged == [one.id for one in v1.customers.list({"limit": 100}).data]
    for found in (
        v1.subscriptions.list({"customer": customer, "status": "all", "expand": ["data.latest_invoice"]}),
        v1.invoices.list({"customer": customer, "expand": ["data.payments"]}),
        v1.checkout.sessions.list({"customer": customer}),
        v1.products.list({"active": True}),
        v1.events.list({"types": ["invoice.paid", "customer.subscription.updated"], "limit": 100}),
    ):
        assert found.data, found
    for event in v1.events.list({"limit": 20}).auto_paging_iter():
        assert event.data.object


def sign(body, at, secret):
    return f"t={at},v1={stripe.WebhookSignature._compute_signature(f'{at}.{body}', secret)}"


def webhooks(address, secret):
    """Our endpoint takes what the library signs, and nothing else."""
    now = int(time.time())
    body = json.dumps({
        "id": "evt_1", "object": "event", "type": "customer.updated", "created": now, "livemode": False,
        "data": {"object": {"id": "cus_1", "object": "customer"}},
    }, indent=2)
    good = sign(body, now, secret)
    other = sign(body, now, "whsec_other").split(",")[1]
    table = [
        ("good", good, body, 200),
        ("the second v1", good.replace(",v1", f",{other},v1"), body, 200),
        ("299 s old", sign(body, now - 295, secret), body, 200),
        ("another secret", sign(body, now, "whsec_other"), body, 400),
        ("301 s old", sign(body, now - 301, secret), body, 400),
        ("301 s in the future", sign(body, now + 306, secret), body, 400),
        ("another byte", good, body.replace("cus_1", "cus_2"), 400),
        ("another form of the same JSON", good, json.dumps(json.loads(body)), 400),
        ("another time", good.replace(f"t={now}", f"t={now - 1}"), body, 400),
        ("no signature", "", body, 400),
    ]
    for name, signature, sent, expected in table:
        headers = {"stripe-signature": signature, "content-type": "application/json"}
        status, answer = fetch(f"{address}/v1/stripe/webhook", "POST", sent.encode(), headers)
        assert status == expected, f"{name}: {status} {answer.decode()}"


def verify(sent, secret):
    """The library believes the webhooks that we sent."""
    assert len(sent) > 20, f"{len(sent)} webhooks"
    for line in sent:
        event = stripe.Webhook.construct_event(line["webhook"], line["signature"], secret)
        assert event.api_version == os.environ["STRIPE_VERSION"]
        try:
            stripe.Webhook.construct_event(line["webhook"] + " ", line["signature"], secret)
        except stripe.SignatureVerificationError:
            continue
        raise AssertionError("a changed webhook is believed")


def command_line(base, key):
    """`stripe` reads, and triggers events."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": os.environ.get("TMPDIR", "/tmp"), "STRIPE_API_KEY": key,
        "STRIPE_CLI_TELEMETRY_OPTOUT": "true",
    }
    program = f"{os.environ['NODE_TOOLS']}/.bin/stripe"

    def said(*arguments):
        command = [program, *arguments, "--api-base", base]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, f"stripe {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    listed = json.loads(said("customers", "list", "--limit", "3"))
    assert len(listed["data"]) == 3, listed
    customer = listed["data"][0]["id"]
    assert json.loads(said("get", f"/v1/customers/{customer}"))["id"] == customer
    assert json.loads(said("events", "list", "--limit", "1"))["data"]
    for event in ("customer.created", "product.created", "price.created"):
        said("trigger", event)
        events = json.loads(said("events", "list", "--type", event, "--limit", "1"))
        assert events["data"][0]["type"] == event
