"""The life of a stack: keys are rotated, the table is restored, schedules do what the stream did not."""

import json
import subprocess

from .machine import REPOSITORY, until
from .roles import check_roles
from .scene import Scene
from .stack import STACK
from .work import Ruin


def try_rotation(stack):
    """New keys: links that are out stay good, and policies that are published stay in force."""
    scene = Scene(stack)
    token = scene.invite()["url"].split("#token=")[1]
    for name, secret in (("links", "LinkKeys"), ("signing", "PolicyKeys")):
        subprocess.run([REPOSITORY / "infra/rotate", "--stack", STACK, name], env=stack.env, check=True)
        found = stack.client("secretsmanager").get_secret_value(SecretId=stack.outputs[secret])
        assert len(json.loads(found["SecretString"])) == 2, f"{name}: there is no second key"
    # Who starts now checks what the new key has signed.
    stack.start_anew("join")
    stack.do(f"ivo-{scene.tag}", "POST", "/v1/join", {"token": token})


def try_schedules(stack):
    """What the stream did not bring, the schedule does; and what was deleted goes."""
    scene, ruin = Scene(stack), Ruin(stack)
    scene.invite()
    # Nobody asks the world's name servers.
    stack.drop(stack.items("CHECK"))
    stack.start_schedules()
    until("the schedule sends the mail", lambda: stack.mails(f"ivo-{scene.tag}@acme.example"))
    until("the schedule removes what was deleted", lambda: not stack.items(ruin.place))
    stack.stop_schedules()


def try_restored(stack, known):
    """A copy of the table, as a restore makes it: the stack moves there, and back."""
    scene = Scene(stack)
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
    scene.do("PATCH", scene.w, {"name": "After"})
    assert len(scene.do("GET", f"{scene.w}/members")["items"]) == 1, "the index has its member"
    scene.invite()
    until("the mail of the restored table", lambda: stack.mails(f"ivo-{scene.tag}@acme.example"))
    stack.deploy("RestoredTable=", "RestoredStream=")
    assert stack.outputs["TableName"] == own, stack.outputs
    assert scene.do("GET", scene.w)["name"] == "Acme", "the stack's own table is as it was"
