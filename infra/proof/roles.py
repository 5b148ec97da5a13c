"""The deployed roles allow the recorded actions, on the recorded keys, and nothing else. No two functions share a role.
No function can write policies, whatever is added to its role. The gateway can invoke the functions of routes.

The emulator does not look at the keys of a request, so this module asks iam.py."""

import collections
import doctest

from . import iam
from .recorded import named
from .stack import BACKGROUND, MAIL_FROM, PUBLISHER, STACK, logical_id

READ_SECRET = "secretsmanager:GetSecretValue"
# All actions on items in DynamoDB. IAM checks a transaction as the actions in it.
READS = {f"dynamodb:{name}" for name in (
    "BatchGetItem", "ConditionCheckItem", "GetItem", "PartiQLSelect", "Query", "Scan")}
WRITES = {f"dynamodb:{name}" for name in (
    "BatchWriteItem", "DeleteItem", "PartiQLDelete", "PartiQLInsert", "PartiQLUpdate", "PutItem", "UpdateItem")}
# The actions of Lambda itself, with the role of every function, and with those of the functions on the stream.
FOR_LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
ON_THE_STREAM = {"run-tasks", "note-events"}
FOR_THE_STREAM = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator",
                  "dynamodb:ListStreams", "sqs:SendMessage"}


def statements_of(stack, role):
    """All statements of a deployed role."""
    pages = lambda what: stack.iam.get_paginator(what).paginate(RoleName=role)
    names = [name for page in pages("list_role_policies") for name in page["PolicyNames"]]
    documents = [stack.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    for page in pages("list_attached_role_policies"):
        for attached in page["AttachedPolicies"]:
            arn = attached["PolicyArn"]
            version = stack.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            found = stack.iam.get_policy_version(PolicyArn=arn, VersionId=version)
            documents.append(found["PolicyVersion"]["Document"])
    return [statement for document in documents for statement in iam.statements(document)]


def check_roles(stack, known):
    assert not doctest.testmod(iam).failed, "a doctest of iam.py fails"
    assert stack.roles.keys() == known.keys(), stack.roles.keys() ^ known.keys()
    shared = [role for role, of in collections.Counter(stack.roles.values()).items() if of > 1]
    assert not shared, f"more than one function has the role {shared}"
    described = stack.db.describe_table(TableName=stack.outputs["TableName"])["Table"]
    table, indexes = described["TableArn"], [index["IndexName"] for index in described["LocalSecondaryIndexes"]]
    of_items = lambda actions: [one for one in actions if named(one)[0] in READS | WRITES]
    keys = {key for actions in known.values() for action in of_items(actions) for key in actions[action]}
    for name, role in stack.roles.items():
        policies = statements_of(stack, role)
        check_actions(name, policies, known[name])
        # The allowing statements allow no more, and the denying statements leave no less.
        for some in ([one for one in policies if one["Effect"] == "Allow"], policies):
            for suffix in ("", *(f"/index/{index}" for index in (*indexes, "another"))):
                own = {named(one)[0]: known[name][one] for one in of_items(known[name]) if named(one)[1] == suffix}
                check_keys(f"{name}{suffix}", some, own, table + suffix, keys)
        reads = {one for one, arn in stack.secrets.items() if iam.allows(policies, READ_SECRET, arn, {})}
        assert reads == {logical_id(secret) for secret in known[name].get(READ_SECRET, [])}, f"{name} may read {reads}"
        if name != PUBLISHER:
            check_policies_are_read_only(name, policies, known[name], table)


def check_actions(name, policies, recorded):
    of_lambda = set() if name == PUBLISHER else FOR_LOGS | (FOR_THE_STREAM if name in ON_THE_STREAM else set())
    expected = {named(one)[0] for one in recorded} | of_lambda
    assert iam.actions(policies) == expected, f"{name} may {iam.actions(policies)}"
    if "ses:SendEmail" in recorded:
        sends = lambda sender: iam.allows(policies, "ses:SendEmail", "identity", {"ses:FromAddress": [sender]})
        assert sends(MAIL_FROM) and not sends("ceo@example.com"), f"{name} sends as somebody else"


def check_keys(name, policies, own, table, keys):
    """A role allows these actions on these keys of a table or an index, and nothing else there."""
    may = lambda action, *keys, table=table: iam.allows(policies, action, table, {"dynamodb:LeadingKeys": keys})
    # A key with a # at its end is a prefix.
    example = lambda key: f"{key}1" if key.endswith("#") else key
    # Similar and unknown keys are tried as well.
    tried = {example(key) for key in keys} | {key.replace("#", "-") + "1" for key in keys} | {"X#1"}
    allowed = {(action, key) for action in READS | WRITES for key in tried if may(action, key)}
    expected = {(action, example(key)) for action in own for key in own[action]}
    assert allowed == expected, f"{name}: {allowed ^ expected}"
    for action in own:
        together = [example(key) for key in own[action]]
        assert may(action, *together), f"{name} may not {action} on all its keys at once"
        assert not may(action, *together, "X#1"), f"{name} may {action} on other keys among its own"
        assert not may(action, *together, table=f"{table}-2"), f"{name} may {action} in another table"


def check_policies_are_read_only(name, policies, recorded, table):
    """A function cannot write policies, even if its role gets more permissions."""
    writes = [action for action in WRITES if "POLICY#" in recorded.get(action, [])]
    assert not writes, f"{name} is recorded to write policies: {writes}"
    everything = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    for action in WRITES:
        may = lambda *keys: iam.allows([*policies, everything], action, table, {"dynamodb:LeadingKeys": keys})
        assert may("W#1"), f"{name} was not given everything"
        assert not may("POLICY#1") and not may("W#1", "POLICY#1"), f"{name} can be made to {action} policies"


def check_gateway(stack):
    """The gateway can invoke the functions of routes, and do nothing else."""
    policies = statements_of(stack, stack.nested["Gateway"])
    assert iam.actions(policies) == {"lambda:InvokeFunction"}, iam.actions(policies)
    functions = stack.roles.keys() - {PUBLISHER}
    arn = lambda name: stack.functions.get_function_configuration(FunctionName=f"{STACK}-{name}")["FunctionArn"]
    invoked = {name for name in functions if iam.allows(policies, "lambda:InvokeFunction", arn(name), {})}
    assert invoked == functions - set(BACKGROUND), invoked ^ (functions - set(BACKGROUND))
    assert not iam.allows(policies, "lambda:InvokeFunction", f"{arn('join')}-2", {})
