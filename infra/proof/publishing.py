"""Publishing packs to the stack."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from .machine import REPOSITORY, side_by_side
from .workspace import WITHOUT_RESERVING
from .stack import PUBLISHER, STACK

# Proves a pack before it is published, if it is installed.
SOLVER = shutil.which(os.environ.get("CVC5", "cvc5"))


def publish(stack, folder):
    """Publishes a pack with a change, as the publishing role; returns whether the role allows it."""
    stack.edits += 1
    with tempfile.TemporaryDirectory() as parent:
        edited = pathlib.Path(parent) / "pack"
        shutil.copytree(folder, edited)
        with (edited / "product.toml").open("a") as product:
            product.write(f"# Edit {stack.edits}.\n")
        command = [REPOSITORY / "infra/policies", "--stack", STACK, "publish", edited, "--yes"]
        command += [] if SOLVER else ["--without-proofs"]
        done = subprocess.run(command, env=stack.env, capture_output=True, text=True)
    assert done.returncode == 0 or "AccessDenied" in done.stderr, done.stdout + done.stderr
    return done.returncode == 0


def without_reserving(stack, folder):
    """Publishes the deployed pack, except that its invitations reserve no seat."""
    pack = pathlib.Path(folder) / WITHOUT_RESERVING
    shutil.copytree(REPOSITORY / "policies/packs" / stack.outputs["Pack"], pack)
    product = (pack / "product.toml").read_text()
    assert "reserves-seat = true" in product, "the pack reserves no seats"
    (pack / "product.toml").write_text(product.replace("reserves-seat = true", "reserves-seat = false"))
    assert publish(stack, pack), "the changed pack is not published"
    stack.pack = WITHOUT_RESERVING


def begin_with(stack, pack):
    """Publishes another product's pack as the first one. It cannot be published over the deployed pack."""
    pages = stack.db.get_paginator("scan").paginate(
        TableName=stack.outputs["TableName"], FilterExpression="begins_with(pk, :policies)",
        ExpressionAttributeValues={":policies": {"S": "POLICY#"}})
    stack.drop([item for page in pages for item in page["Items"]])
    subprocess.run([REPOSITORY / "infra/policies", "--stack", STACK, "--first", pack], env=stack.env, check=True)
    # A running function refuses a version that is older than its own.
    side_by_side(stack.restart, sorted(stack.roles.keys() - {PUBLISHER}))
    stack.pack = pack
