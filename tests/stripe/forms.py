"""Parameters of requests: the form encoding, and whether they are as a schema says. All values of a form are texts, so
that a validator of JSON cannot judge them."""

import re
from urllib.parse import parse_qsl

NUMBERS = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?", "boolean": r"true|false"}


def parsed(text):
    """`a[0][b]=c` becomes {"a": {"0": {"b": "c"}}}."""
    form = {}
    for name, value in parse_qsl(text or "", keep_blank_values=True, strict_parsing=bool(text)):
        *path, last = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        place = form
        for part in path:
            place = place.setdefault(part, {})
        # Each `a[]` is another element.
        last = last or str(len(place))
        if last in place:
            raise ValueError(f"{name} is there twice")
        place[last] = value
    return form


def faults(schema, value, path=""):
    """What is wrong with a value, as texts."""
    if "anyOf" in schema:
        branches = [faults(branch, value, path) for branch in schema["anyOf"]]
        return [] if [] in branches else min(branches, key=len)
    kind = schema.get("type", "string")
    if kind == "object":
        return of_object(schema, value, path)
    if kind == "array":
        return of_array(schema, value, path)
    if not isinstance(value, str):
        return [f"{path}: {value} is no {kind}"]
    return of_text(schema, kind, value, path)


def of_object(schema, value, path):
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no object"]
    known, others = schema.get("properties", {}), schema.get("additionalProperties", False)
    found = [f"{path}: {name} is missing" for name in schema.get("required", []) if name not in value]
    for name, inner in value.items():
        inside = f"{path}[{name}]" if path else name
        if name in known:
            found += faults(known[name], inner, inside)
        elif isinstance(others, dict):
            found += faults(others, inner, inside)
        elif not others:
            found.append(f"{inside}: unknown parameter")
    return found


def of_array(schema, value, path):
    if not isinstance(value, dict) or list(value) != [str(index) for index in range(len(value))]:
        return [f"{path}: {value!r} is no list"]
    return [fault for index, item in value.items() for fault in faults(schema["items"], item, f"{path}[{index}]")]


def of_text(schema, kind, value, path):
    if kind in NUMBERS and not re.fullmatch(NUMBERS[kind], value):
        return [f"{path}: {value!r} is no {kind}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{path}: {value!r} is none of {schema['enum']}"]
    if len(value) > schema.get("maxLength", len(value)):
        return [f"{path}: longer than {schema['maxLength']} characters"]
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return [f"{path}: {value!r} does not match {schema['pattern']}"]
    return []
