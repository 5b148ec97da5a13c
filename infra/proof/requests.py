"""Requests to each operation that together need all permissions of its function: those of the catalogue that the
tests of the service read, infra/requests.json. tests/support/catalogue/mod.rs describes the file and writes it."""

import functools
import json
import pathlib
import re
import sys
import uuid

from .workspace import LOGO, WITHOUT_RESERVING

FILE = pathlib.Path(__file__).resolve().parent.parent / "requests.json"


@functools.cache
def catalogue():
    return json.loads(FILE.read_text())


class Scene:
    """A workspace of its own, in which steps of the catalogue run one after the other."""

    def __init__(self, stack):
        self.stack = stack
        self.tag = uuid.uuid4().hex[:8]
        self.values = {"domain": f"d{self.tag}.example", "addOn": "extra-telegram-accounts"}

    def fill(self, json_value):
        """The value with those of the scene in the place of names in braces."""
        if isinstance(json_value, dict):
            return {name: self.fill(value) for name, value in json_value.items()}
        if isinstance(json_value, list):
            return [self.fill(value) for value in json_value]
        if not isinstance(json_value, str):
            return json_value
        return re.sub(r"\{([\w.]+)\}", lambda name: self.value(name[1]), json_value)

    def value(self, name):
        person = name.removesuffix(".email")
        return self.values[name] if person == name else f"{person}-{self.tag}@acme.example"

    def request(self, step):
        """Caller, method, path, body, and claims."""
        who = step["who"]
        if who and not who.startswith("service:"):
            who = f"{who}-{self.tag}"
        claims = {"email": f"{who}@{self.values['domain']}"} if step.get("atDomain") else {}
        body = LOGO if step.get("picture") else self.fill(step["body"])
        return who, step["method"], self.fill(step["path"]), body, claims

    def run(self, step):
        if "setPlan" in step:
            return self.stack.operate("set-plan", self.values["workspaceId"], step["setPlan"])
        if "verifyDomain" in step:
            return self.stack.operate("verify-domain", self.values["workspaceId"], self.values["domain"])
        who, method, path, body, claims = self.request(step)
        answer = self.stack.do(who, method, path, body, **claims)
        for kept in catalogue()["keeps"]:
            if kept["operation"] == step["operation"]:
                text = functools.reduce(at, kept["at"].split("/")[1:], answer)
                name = step["who"] if kept["name"] == "who" else kept["name"]
                self.values[name] = text.split(kept["after"], 1)[1] if kept["after"] else text


def at(value, name):
    return value[int(name)] if isinstance(value, list) else value[name]


def requests_of(operation, stack):
    """The requests to an operation, each in a scene of its own: caller, method, path, body, and claims."""
    pack = "purchased-seats" if stack.pack == WITHOUT_RESERVING else stack.pack
    found = []
    for entry in catalogue()["requests"]:
        if (entry["operation"], entry["pack"]) == (operation, pack):
            scene = Scene(stack)
            for step in entry["before"]:
                scene.run(step)
            found.append(scene.request(entry["request"]))
    return found or sys.exit(f"infra/requests.json has no request to {operation} under {pack}")
