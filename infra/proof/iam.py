"""What IAM answers to a request, for the forms of statements that the templates and the policies in deployer/ use. Any other form is
an error: nothing that would matter is passed over. The emulator enforces roles but does not look at
the keys of a request (dynamodb:LeadingKeys); this does.

>>> own = {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "*",
...        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["U#*"]}}}
>>> anything = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
>>> never = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*",
...          "Condition": {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["W#*"]}}}
>>> ask = lambda *keys: ("dynamodb:Query", "arn:aws:dynamodb:::table/t", {"dynamodb:LeadingKeys": keys})
>>> [allows([own], *ask(*keys)) for keys in (["U#1"], ["U#1", "U#2"], ["U#1", "W#1"], ["V#1"])]
[True, True, False, False]
>>> [allows([anything, never], *ask(*keys)) for keys in (["U#1"], ["U#1", "W#1"], ["W#1"])]
[True, False, False]
>>> allows([], *ask("U#1"))
False
>>> of_table = {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "arn:aws:dynamodb:::table/t"}
>>> of_index = {**of_table, "Resource": "arn:aws:dynamodb:::table/t/index/i"}
>>> [allows([one], "dynamodb:Query", "arn:aws:dynamodb:::table/t/index/i", {}) for one in (of_table, of_index)]
[False, True]
>>> statements({"Version": "2012-10-17", "Statement": [{**own, "NotAction": "s3:*"}]})
Traceback (most recent call last):
ValueError: iam.py does not know NotAction
"""

import re

PARTS = {"Sid", "Effect", "Action", "Resource", "Condition"}
KEYS = {"dynamodb:LeadingKeys", "ses:FromAddress",
        "iam:AWSServiceName", "iam:PassedToService", "iam:PermissionsBoundary", "lambda:FunctionArn"}
# By what the statement lists and what the request has, which may be nothing.
OPERATORS = {
    "StringEquals": lambda listed, has: len(has) == 1 and has[0] in listed,
    "ArnLike": lambda listed, has: len(has) == 1 and is_like(listed, has[0]),
    "StringEqualsIfExists": lambda listed, has: not has or OPERATORS["StringEquals"](listed, has),
    "ForAllValues:StringLike": lambda listed, has: all(is_like(listed, one) for one in has),
    "ForAnyValue:StringLike": lambda listed, has: any(is_like(listed, one) for one in has),
}


def several(value):
    """One text may stand for a list of it."""
    return [value] if isinstance(value, str) else value


def is_like(patterns, text):
    wild = {"*": ".*", "?": "."}
    as_regex = lambda pattern: "".join(wild.get(letter, re.escape(letter)) for letter in pattern)
    return any(re.fullmatch(as_regex(pattern), text, re.DOTALL) for pattern in several(patterns))


def refuse(unknown):
    for one in unknown:
        raise ValueError(f"iam.py does not know {one}")


def statements(document):
    """The statements of a policy, all of a form that is known."""
    refuse(document.keys() - {"Version", "Statement"})
    refuse({document["Version"]} - {"2012-10-17"})
    for statement in document["Statement"]:
        refuse(statement.keys() - PARTS)
        refuse({statement["Effect"]} - {"Allow", "Deny"})
        conditions = statement.get("Condition", {})
        refuse(conditions.keys() - OPERATORS.keys())
        refuse({key for condition in conditions.values() for key in condition} - KEYS)
        listed = [one for condition in conditions.values() for value in condition.values() for one in several(value)]
        refuse(one for one in [*listed, *several(statement["Resource"])] if "${" in one)
    return document["Statement"]


def actions(statements):
    """What these statements allow, somewhere."""
    return {action for one in statements if one["Effect"] == "Allow" for action in several(one["Action"])}


def applies(statement, action, resource, context):
    # Actions are the same in small and capital letters, resources are not.
    if not is_like([one.lower() for one in several(statement["Action"])], action.lower()):
        return False
    return is_like(statement["Resource"], resource) and all(
        OPERATORS[operator](several(listed), context.get(key, []))
        for operator, condition in statement.get("Condition", {}).items()
        for key, listed in condition.items())


def allows(statements, action, resource, context):
    """Whether somebody with these statements may do that: somebody must say so, and nobody deny it."""
    return {one["Effect"] for one in statements if applies(one, action, resource, context)} == {"Allow"}
