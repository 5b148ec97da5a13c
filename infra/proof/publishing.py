"""Publishing packs to the stack."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from .machine import REPOSITORY, side_by_side
from .scene import WITHOUT_RESERVING
from .stack import PUBLISHER, STACK

# What proves a pack before it is published, if it is there.
SOLVER = shutil.which(os.environ.get("CVC5", "cvc5"))


def publish(stack, folder):
    """Publishes a pack with something new in it, as who may do that: whether it could be done."""
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
    """The same pack, but its invitations keep no seat."""
    pack = pathlib.Path(folder) / WITHOUT_RESERVING
    shutil.copytree(REPOSITORY / "policies/packs" / stack.outputs["Pack"], pack)
    product = (pack / "product.toml").read_text()
    assert "reserves-seat = true" in product, "the pack keeps no seats anyway"
    (pack / "product.toml").write_text(product.replace("reserves-seat = true", "reserves-seat = false"))
    assert publish(stack, pack), "the changed pack is not published"
    stack.pack = WITHOUT_RESERVING


def begin_with(stack, pack):
    """Another product's pack, which nobody can publish over this one's: as if none had been published."""
    pages = stack.db.get_paginator("scan").paginate(
        TableName=stack.outputs["TableName"], FilterExpression="begins_with(pk, :policies)",
        ExpressionAttributeValues={":policies": {"S": "POLICY#"}})
    stack.drop([item for page in pages for item in page["Items"]])
    subprocess.run([REPOSITORY / "infra/policies", "--stack", STACK, "--first", pack], env=stack.env, check=True)
    # Who has known a later version takes the first one for an old one that was put back.
    side_by_side(stack.start_anew, sorted(stack.roles.keys() - {PUBLISHER}))
    stack.pack = pack
