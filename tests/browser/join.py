"""The page of invitations in a browser (K52)."""

import json
import os
import re
import sys
from pathlib import Path
from urllib.request import Request, urlopen

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
        self.last = made["invitation"]["id"]
        return made["invitation"]["url"], self.client.sign_in(email)[0]

    def revoke(self):
        """Revokes the last invitation."""
        path = f"/v1/workspaces/{self.workspace}/invitations/{self.last}"
        headers = {"authorization": f"Bearer {self.owner}"}
        urlopen(Request(self.client.address + path, method="DELETE", headers=headers)).close()


def use_sign_in_page(page, token, returns_state=True):
    """Makes the page use a sign-in page of the product, which signs in without a question."""

    config = json.dumps({"api": "", "signIn": {"kind": "page", "url": "/login?a=1"}})
    back = '"/join?state=" + new URLSearchParams(location.search).get("state")' if returns_state else '"/join"'
    script = f'sessionStorage.setItem("seatwise-sign-in", "{token}"); location.replace({back});'
    page.route("**/console/config.json", lambda route: route.fulfill(content_type="application/json", body=config))
    page.route("**/login*", lambda route: route.fulfill(content_type="text/html", body=f"<script>{script}</script>"))


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def link_to(page, name):
    return page.get_by_role("link", name=name, exact=True)


def signed_in(page, token):
    """Makes the tabs of the page's browser start with a sign-in."""
    page.context.add_init_script(f"sessionStorage.getItem('seatwise-token') ?? sessionStorage.setItem('seatwise-token', '{token}')")


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


def the_state_of_somebody_else_does_not_count(office, page):
    link, token = office.invite("fin")
    use_sign_in_page(page, token)
    page.unroute("**/login*")
    page.route("**/login*", lambda route: route.fulfill(content_type="text/html", body="Sign in"))
    page.goto(link)
    button(page, "Sign in").click()
    page.wait_for_url("**/login*")
    page.evaluate("token => sessionStorage.setItem('seatwise-sign-in', token)", token)
    page.goto(f"{office.client.address}/join?state={'0' * 32}")
    expect(button(page, "Join")).to_be_visible()


def the_token_leaves_the_address_and_the_history(office, page):
    link, _ = office.invite("gus")
    page.goto(link)
    expect(page.locator("#email")).to_be_visible()
    assert page.url == f"{office.client.address}/join", page.url
    assert page.evaluate("history.length") <= 2
    # A sign-in in another tab needs the invitation, too; nothing but the page's own path receives it.
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies(page.url)}
    assert cookies["seatwise-invitation"]["path"] == "/join" and cookies["seatwise-invitation"]["sameSite"] == "Strict"
    assert not page.context.cookies(f"{office.client.address}/console/")


def whoever_is_signed_in_must_click_in_each_tab(office, page):
    link, token = office.invite("hal")
    signed_in(page, token)
    page.goto(link)
    expect(page.get_by_text("hal@acme.example")).to_be_visible()
    expect(button(page, "Join")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{office.client.address}/join")
    expect(button(other, "Join")).to_be_visible()
    page.goto(link)
    button(page, "Join").click()
    expect(page).to_have_title(WELCOME)
    link_to(page, "Open Acme").click()
    page.wait_for_url(f"**/console/#/w/{office.workspace}/**")
    # The same link again: the way on is into the workspace.
    page.goto(link)
    expect(page).to_have_title("Invitation used")
    expect(link_to(page, "Go to the app")).to_be_visible()
    # The other tab shows the invitation still, and learns that it is used.
    button(other, "Join").click()
    expect(link_to(other, "Open Acme").or_(link_to(other, "Go to the app"))).to_be_visible()


def another_invitation_in_the_same_tab_is_not_joined_by_the_form_of_the_first(office, page):
    first, _ = office.invite("ida")
    second, _ = office.invite("jan")
    page.goto(first)
    page.fill("#email", "ida@acme.example")
    held = []
    page.route("**/dev/sign-in", lambda route: held.append(route))
    asked = []
    page.on("request", lambda request: asked.append(request.post_data) if request.url.endswith("/v1/join") else None)
    with page.expect_request("**/dev/sign-in"):
        button(page, "Sign in and join").click()
    page.evaluate("link => { location.hash = new URL(link).hash; }", second)
    page.wait_for_url(f"{office.client.address}/join")
    with page.expect_response("**/v1/join"):
        held[0].continue_()
    token = first.split("token=")[1]
    assert [json.loads(body)["token"] for body in asked] == [token], asked


def an_invitation_for_another_address_leads_to_another_account(office, page):
    link, _ = office.invite("kim")
    _, token = office.invite("lea")
    signed_in(page, token)
    page.goto(link)
    button(page, "Join").click()
    expect(page).to_have_title("Invitation for another address")
    assert page.locator("button.primary").inner_text() == "Use another account"
    button(page, "Use another account").click()
    page.fill("#email", "kim@acme.example")
    button(page, "Sign in and join").click()
    expect(page).to_have_title(WELCOME)


def an_invitation_can_be_declined(office, page):
    link, token = office.invite("moe")
    signed_in(page, token)
    page.goto(link)
    button(page, "Decline").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Decline").click()
    expect(page).to_have_title("Invitation declined")
    expect(link_to(page, "Go to the app")).to_be_visible()
    page.reload()
    expect(page).to_have_title("No invitation found")
    expect(link_to(page, "Go to the app")).to_be_visible()
    page.goto(link)
    expect(page).to_have_title("Invitation declined")


def what_is_over_has_a_way_on(office, page):
    link, _ = office.invite("ned")
    office.revoke()
    page.goto(link)
    expect(page).to_have_title("Invitation revoked")
    expect(link_to(page, "Go to the app")).to_be_visible()
    page.goto(f"{office.client.address}/join#token=nonsense")
    expect(page).to_have_title("Unknown invitation")
    expect(link_to(page, "Go to the app")).to_be_visible()
    assert not page.context.cookies(page.url)


def an_expired_sign_in_says_so_and_nothing_is_lost(office, page):
    link, _ = office.invite("ole")
    signed_in(page, "old")
    page.goto(link)
    expect(page.get_by_role("alert")).to_contain_text("expired")
    page.fill("#email", "ole@acme.example")
    button(page, "Sign in and join").click()
    expect(page).to_have_title(WELCOME)


def no_connection_is_told_and_tried_again(office, page):
    link, token = office.invite("pia")
    signed_in(page, token)
    page.route("**/v1/invitations/preview", lambda route: route.abort())
    page.goto(link)
    expect(page).to_have_title("No connection")
    page.unroute("**/v1/invitations/preview")
    button(page, "Try again").click()
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
        page.evaluate("token => sessionStorage.setItem('seatwise-token', token)", token)
        page.reload()
        expect(button(page, "Join")).to_be_visible()
        page.screenshot(path=Path(folder, f"join-{theme}.png"))


TESTS = [
    a_sign_in_on_the_page_joins,
    a_started_sign_in_elsewhere_joins,
    a_return_without_the_state_shows_a_button_and_so_does_a_reload,
    a_state_counts_once,
    the_state_of_somebody_else_does_not_count,
    the_token_leaves_the_address_and_the_history,
    whoever_is_signed_in_must_click_in_each_tab,
    another_invitation_in_the_same_tab_is_not_joined_by_the_form_of_the_first,
    an_invitation_for_another_address_leads_to_another_account,
    an_invitation_can_be_declined,
    what_is_over_has_a_way_on,
    an_expired_sign_in_says_so_and_nothing_is_lost,
    no_connection_is_told_and_tried_again,
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
