"""Compares what was said to and by the built-in Stripe with Stripe's own description of its API."""

import json
import re

import jsonschema_rs

import forms

HOME = "urn:stripe"


def strict(schema):
    """The schema in the words of JSON Schema. An object has no fields that Stripe does not describe."""
    if isinstance(schema, list):
        return [strict(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    rewritten = {name: strict(inner) for name, inner in schema.items()}
    if rewritten.get("type") == "object" and isinstance(rewritten.get("properties"), dict) and rewritten["properties"]:
        rewritten.setdefault("additionalProperties", False)
    if isinstance(rewritten.get("$ref"), str):
        rewritten["$ref"] = HOME + rewritten["$ref"]
    if rewritten.get("nullable") is True:
        del rewritten["nullable"]
        return {"anyOf": [rewritten, {"type": "null"}]}
    return rewritten


def cause(error):
    """The text of the error, from the alternative that fits best."""
    alternatives = getattr(error.kind, "context", None) or []
    deepest = [max(branch, key=lambda inner: len(inner.instance_path)) for branch in alternatives if branch]
    if deepest:
        inner = max(deepest, key=lambda inner: len(inner.instance_path))
        if len(inner.instance_path) > len(error.instance_path):
            return cause(inner)
    return f"{'.'.join(map(str, error.instance_path))}: {error.message[:300]}"


class Judge:
    """Counts what it has judged, and collects the errors."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            spec = json.load(file)
        self.version = spec["info"]["version"]
        self.kinds = {
            name: schema for name, schema in spec["components"]["schemas"].items() if "object" in schema.get("properties", {})
        }
        components = {"components": strict(spec["components"])}
        self.registry = jsonschema_rs.Registry([(HOME, components)])
        self.validators = {}
        self.operations = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path.count("{"), method.upper(), operation)
            for path, methods in spec["paths"].items()
            for method, operation in methods.items()
        ]
        # `/v1/invoices/create_preview` is no invoice.
        self.operations.sort(key=lambda row: row[1])
        self.requests = self.answers = 0
        self.used = set()
        self.errors = []

    def operation(self, method, path):
        found = (row for row in self.operations if row[2] == method and row[0].fullmatch(path))
        return next((row[3] for row in found), None)

    def read(self, lines, who, ours=True):
        """Judges a record. What is ours names the version of the API, and is not refused."""
        for line in map(json.loads, lines):
            if "webhook" in line:
                self.note(f"{who}: webhook", self.event(json.loads(line["webhook"])))
                self.answers += 1
            else:
                self.exchange(line["request"], line["answer"], who, ours)

    def exchange(self, request, answer, who, ours):
        method, path, status = request["method"], request["path"], answer["status"]
        here, operation = f"{who}: {method} {path}", self.operation(method, path)
        self.requests += 1
        self.answers += 1
        body = json.loads(answer["body"])
        if status >= 400:
            self.note(here, self.invalid({"$ref": "#/components/schemas/error"}, body))
            if ours and status != 402:
                self.note(here, [f"refused with {status}: {body['error'].get('message')}"])
            return
        if operation is None:
            self.note(here, ["Stripe has no such endpoint"])
            return
        self.used.add(operation["operationId"])
        self.note(f"{here}: request", self.request(operation, request))
        if ours and request["version"] != self.version:
            self.note(here, [f"the version is {request['version']}"])
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        self.note(f"{here}: answer", self.invalid(schema, body))
        events = body["data"] if body.get("object") == "list" else [body]
        self.note(f"{here}: answer", [error for event in events if event["object"] == "event" for error in self.event(event)])

    def request(self, operation, request):
        """What is wrong with the parameters, as texts."""
        parameters = [one for one in operation.get("parameters", []) if one["in"] == "query"]
        query = {
            "type": "object",
            "properties": {one["name"]: one["schema"] for one in parameters},
            "required": [one["name"] for one in parameters if one.get("required")],
        }
        content = operation.get("requestBody", {}).get("content", {})
        body = content.get("application/x-www-form-urlencoded", {}).get("schema", {"type": "object"})
        # Libraries send the parameters of DELETE in either place.
        is_get = request["method"] == "GET"
        text = "&".join(filter(None, (request["query"], request["form"])))
        try:
            return forms.faults(query if is_get else body, forms.parsed(text))
        except ValueError as error:
            return [str(error)]

    def event(self, event):
        """An event, and the object that it is about, which its own description leaves open."""
        found = self.invalid({"$ref": "#/components/schemas/event"}, event)
        about = event["data"]["object"]
        kind = about["object"]
        if kind not in self.kinds:
            return found + [f"{event['type']}: Stripe has no {kind}"]
        return found + self.invalid({"$ref": f"#/components/schemas/{kind}"}, about)

    def invalid(self, schema, value):
        """What is wrong with a JSON value, as texts."""
        name = json.dumps(schema, sort_keys=True)
        if name not in self.validators:
            self.validators[name] = jsonschema_rs.Draft202012Validator(strict(schema), registry=self.registry)
        return [cause(error) for error in self.validators[name].iter_errors(value)]

    def note(self, where, errors):
        self.errors += [f"{where}: {error}" for error in errors]
