"""The page of invitations in a browser (K52)."""

import os
import re
import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from local_server import Client, local_server

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]
WELCOME = re.compile("Welcome to Acme")


class Office:
    """A workspace and its owner."""

    def __init__(self, address):
        self.client = Client(address)
        self.owner, _ = self.client.sign_in("olga@acme.example")
        self.workspace = self.client.post("/v1/workspaces", {"name": "Acme"}, self.owner)["id"]

    def invite(self, name):
        """Invites a person; returns the link and a token of the person."""
        email = f"{name}@acme.example"
        body = {"emails": [email], "role": "member"}
        made = self.client.post(f"/v1/workspaces/{self.workspace}/invitations", body, self.owner)["items"][0]
        return made["invitation"]["url"], self.client.sign_in(email)[0]


def use_sign_in_page(page, token, returns_state=True):
    """Makes the page use a sign-in page of the product, which signs in without a question."""

    def join(route):
        answer = route.fetch()
        with_page = answer.text().replace('name="seatwise-sign-in" content=""', 'name="seatwise-sign-in" content="/login?a=1"')
        route.fulfill(response=answer, body=with_page)

    back = '"/join?state=" + new URLSearchParams(location.search).get("state")' if returns_state else '"/join"'
    script = f'sessionStorage.setItem("seatwise-sign-in", "{token}"); location.replace({back});'
    page.route("**/join*", join)
    page.route("**/login*", lambda route: route.fulfill(content_type="text/html", body=f"<script>{script}</script>"))


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def a_sign_in_on_the_page_joins(office, page):
    link, _ = office.invite("ada")
    page.goto(link)
    page.fill("#email", "ada@acme.example")
    button(page, "Sign in and join").click()
    expect(page).to_have_title(WELCOME)


def a_started_sign_in_elsewhere_joins(office, page):
    link, token = office.invite("bea")
    use_sign_in_page(page, token)
    page.goto(link)
    # Another tab has opened another invitation meanwhile.
    page.evaluate("document.cookie = 'seatwise-invitation=other; Path=/join'")
    button(page, "Sign in").click()
    expect(page).to_have_title(WELCOME)
    assert "state" not in page.url, page.url


def a_return_without_the_state_shows_a_button_and_so_does_a_reload(office, page):
    link, token = office.invite("cem")
    use_sign_in_page(page, token, returns_state=False)
    page.goto(link)
    button(page, "Sign in").click()
    expect(button(page, "Join")).to_be_visible()
    page.reload()
    expect(button(page, "Join")).to_be_visible()
    page.goto(f"{office.client.address}/join?state={'0' * 32}")
    expect(button(page, "Join")).to_be_visible()
    button(page, "Join").click()
    expect(page).to_have_title(WELCOME)


def a_state_counts_once(office, page):
    link, token = office.invite("dan")
    use_sign_in_page(page, token)
    page.unroute("**/login*")
    page.route("**/login*", lambda route: route.fulfill(content_type="text/html", body="Sign in"))
    busy = '{"title":"Busy","code":"conflict_busy","status":503}'
    page.route("**/v1/join", lambda route: route.fulfill(status=503, content_type="application/problem+json", body=busy))
    page.goto(link)
    button(page, "Sign in").click()
    page.wait_for_url("**/login*")
    state = re.search("state=([0-9a-f]{32})$", page.url).group(1)
    page.evaluate("token => sessionStorage.setItem('seatwise-sign-in', token)", token)
    back = f"{office.client.address}/join?state={state}"
    page.goto(back)
    expect(page).to_have_title("Busy")
    page.goto(back)
    expect(button(page, "Join")).to_be_visible()


def a_page_from_elsewhere_loses_the_window_that_it_has_opened(office, page):
    link, _ = office.invite("eve")
    # The same server under another name is another site.
    page.goto(office.client.address.replace("127.0.0.1", "localhost") + "/health")
    with page.context.expect_page() as opened:
        page.evaluate("link => { window.opened = window.open(link); }", link)
    expect(opened.value.locator("#email")).to_be_visible()
    assert page.evaluate("window.opened.closed") and opened.value.evaluate("window.opener === null")


def the_reference_and_the_mailbox_work(office, page):
    page.goto(f"{office.client.address}/docs/")
    expect(page.locator(".opblock").first).to_be_visible()
    office.invite("fay")
    page.goto(f"{office.client.address}/dev/mailbox")
    expect(page.locator("iframe").first).to_be_visible()


def pictures(office, browser, folder):
    for theme in ["light", "dark"]:
        link, token = office.invite(f"guest-{theme}")
        page = browser.new_context(color_scheme=theme).new_page()
        page.goto(link)
        expect(page.locator("#email")).to_be_visible()
        page.screenshot(path=Path(folder, f"join-sign-in-{theme}.png"))
        page.evaluate("token => sessionStorage.setItem('seatwise-sign-in', token)", token)
        page.reload()
        expect(button(page, "Join")).to_be_visible()
        page.screenshot(path=Path(folder, f"join-{theme}.png"))


TESTS = [
    a_sign_in_on_the_page_joins,
    a_started_sign_in_elsewhere_joins,
    a_return_without_the_state_shows_a_button_and_so_does_a_reload,
    a_state_counts_once,
    a_page_from_elsewhere_loses_the_window_that_it_has_opened,
    the_reference_and_the_mailbox_work,
]

failed = 0
with local_server("role-ladder") as address, sync_playwright() as playwright:
    office = Office(address)
    browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=FLAGS)
    for test in TESTS:
        context = browser.new_context()
        try:
            test(office, context.new_page())
            print(f"k52_{test.__name__} ok")
        except Exception as error:
            failed += 1
            print(f"k52_{test.__name__} FAILED: {error}")
        context.close()
    if folder := os.environ.get("SCREENSHOTS"):
        pictures(office, browser, folder)
    browser.close()
print(f"browser: {len(TESTS) - failed} passed, {failed} failed")
sys.exit(failed > 0)
