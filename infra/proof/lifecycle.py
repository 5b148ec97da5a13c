"""Keys are rotated; the table is restored; schedules do what the stream did not."""

import json
import subprocess

from .machine import REPOSITORY, until
from .roles import check_roles
from .workspace import Workspace
from .stack import STACK
from .work import DeletedWorkspace


def try_rotation(stack):
    """After a rotation of the keys, links that were sent are valid, and published policies stay active."""
    workspace = Workspace(stack)
    token = workspace.invite()["url"].split("#token=")[1]
    for name, secret in (("links", "LinkKeys"), ("signing", "PolicyKeys")):
        subprocess.run([REPOSITORY / "infra/rotate", "--stack", STACK, name], env=stack.env, check=True)
        found = stack.client("secretsmanager").get_secret_value(SecretId=stack.outputs[secret])
        assert len(json.loads(found["SecretString"])) == 2, f"{name}: there is no second key"
    # A function that starts now checks the signature of the new key.
    stack.restart("join")
    stack.do(f"ivo-{workspace.tag}", "POST", "/v1/join", {"token": token})


def try_schedules(stack):
    """The schedules send a mail that the stream did not bring, and delete the contents of a deleted workspace."""
    workspace, deleted = Workspace(stack), DeletedWorkspace(stack)
    workspace.invite()
    # Without claims, which a function would look up in DNS.
    stack.drop(stack.items("CHECK"))
    stack.start_schedules()
    until("the schedule sends the mail", lambda: stack.mails(f"ivo-{workspace.tag}@acme.example"))
    until("the schedule deletes the contents of the workspace", lambda: not stack.items(deleted.place))
    stack.stop_schedules()


def try_restored(stack, known):
    """The stack moves to a copy of its table, as after a restore, and back."""
    workspace = Workspace(stack)
    own = stack.outputs["TableName"]
    described = stack.db.describe_table(TableName=own)["Table"]
    index, = described["LocalSecondaryIndexes"]
    made = stack.db.create_table(
        TableName="restored", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=described["AttributeDefinitions"], KeySchema=described["KeySchema"],
        LocalSecondaryIndexes=[{name: index[name] for name in ("IndexName", "KeySchema", "Projection")}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})["TableDescription"]
    for page in stack.db.get_paginator("scan").paginate(TableName=own):
        for item in page["Items"]:
            stack.db.put_item(TableName="restored", Item=item)
    stack.deploy("RestoredTable=restored", f"RestoredStream={made['LatestStreamLabel']}")
    assert stack.outputs["TableName"] == "restored", stack.outputs
    check_roles(stack, known)
    workspace.do("PATCH", workspace.w, {"name": "After"})
    assert len(workspace.do("GET", f"{workspace.w}/members")["items"]) == 1, "the index has its member"
    workspace.invite()
    until("the mail of the restored table", lambda: stack.mails(f"ivo-{workspace.tag}@acme.example"))
    stack.deploy("RestoredTable=", "RestoredStream=")
    assert stack.outputs["TableName"] == own, stack.outputs
    assert workspace.do("GET", workspace.w)["name"] == "Acme", "the stack's own table is as it was"
