"""Proves the templates without an AWS account, in ministack, an emulator of AWS that runs the functions as
processes and enforces each function's role. Started by `infra/prove`:

    infra/prove            the deployed stack: see `prove_stack` and the modules that it calls
    infra/prove upgrade    an earlier release becomes this one and loses nothing (upgrade.py)
    infra/prove account    an account with its deployer, two stacks, and the scripts of operators (account.py)
    infra/prove store      the tests of the store pass in the emulator's DynamoDB, too
"""

import os
import subprocess
import sys
import tempfile
import time

import boto3

from .account import prove_account
from .issuer import AUDIENCE, Issuer
from .lifecycle import try_restored, try_rotation, try_schedules
from .machine import REGION, REPOSITORY, emulator
from .payments import built_in_stripe, know_stripe, prove_payments
from .publishing import begin_with, without_reserving
from .recorded import ELSEWHERE, permissions
from .roles import check_gateway, check_roles
from .workspace import WITHOUT_RESERVING
from .stack import APP_URL, MAIL_FROM, PUBLISHER, Stack
from .removal import open_operations, try_pack, try_publisher
from .upgrade import prove_upgrade
from .walk import walk


LIMITS = """
iam.py, which is not IAM but reads the deployed policies, shows: keys of requests, senders of mails, and the functions
that the gateway can invoke.
Not shown, because the emulator does not enforce it: use of the gateway's role, permissions for logs and for the stream,
records that fail again and again, throttling, alarms, TTL, backups, encryption (tests/infra/ checks the templates); and
verifying a domain, which needs a real domain."""


def prove_stack(report):
    with (tempfile.TemporaryDirectory() as folder, emulator(folder) as (env, port),
          built_in_stripe() as (stripe, key)):
        report("the emulator and the built-in Stripe are up")
        stack, known = Stack(env, port, Issuer()), permissions()
        stack.client("sesv2").create_email_identity(EmailIdentity="example.com")
        stack.deploy(f"AppUrl={APP_URL}", f"JwtIssuer={stack.issuer.url}", f"JwtAudience={AUDIENCE}",
                     "ServiceClients=backend=service:backend,reporting=service:reporting",
                     f"MailFrom={MAIL_FROM}", "AlarmEmail=ops@example.com", "RemovalPolicy=Delete",
                     f"StripeUrl={stripe}")
        know_stripe(stack, key)
        report(f"deployed: {len(stack.resources)} resources, and {len(stack.nested)} in the stack of roles")
        check_roles(stack, known)
        check_gateway(stack)
        report(f"{len(stack.roles)} roles allow what was recorded and nothing else, and the gateway can invoke the "
               "functions of routes")
        # From here on, the function on the stream sends the mails.
        stack.stop_schedules()
        walk(stack)
        report("walked through, the mail from the stream")
        try_rotation(stack)
        report("keys rotated")
        try_restored(stack, known)
        report("moved to a copy of the table, and back")
        # From here on, mails are sent when the proof invokes a function.
        stack.stop_stream()
        everything = try_pack(stack, known, report)
        tried = try_publisher(stack, known[PUBLISHER], everything)
        report(f"publishing: {tried} permissions removed one at a time, and all at once")
        try_schedules(stack)
        report("the schedules sent a mail and deleted the contents of a workspace")
        is_open = open_operations(stack, everything.operations)
        prove_payments(stack, known, folder, (stripe, key), report)
        without_reserving(stack, folder)
        try_pack(stack, known, report)
        for pack in (pack for pack in ELSEWHERE if pack != WITHOUT_RESERVING):
            begin_with(stack, pack)
            is_open |= open_operations(stack, try_pack(stack, known, report).operations)
        assert is_open == {"get-logo", "get-product", "preview-invitation"}, is_open
        report("three routes are open without a token")
    print(LIMITS)


def prove_store(report):
    """The store's tests pass in another engine than the embedded one."""
    with tempfile.TemporaryDirectory() as folder, emulator(folder) as (env, port):
        command = ["cargo", "test", "--locked", "--workspace", "--test", "seatwise", "store::"]
        endpoint = env["AWS_ENDPOINT_URL"]
        subprocess.run(command, cwd=REPOSITORY, env={**os.environ, "SEATWISE_TEST_DYNAMODB": endpoint}, check=True)
        db = boto3.client("dynamodb", REGION, endpoint_url=endpoint,
                          aws_access_key_id="test", aws_secret_access_key="test")
        tables = [name for page in db.get_paginator("list_tables").paginate() for name in page["TableNames"]]
        assert tables, "no test has used the emulator"
        report(f"the store's tests pass in the emulator, in {len(tables)} tables")


def main():
    start = time.monotonic()
    report = lambda text: print(f"{time.monotonic() - start:6.1f} s  {text}", flush=True)
    provers = {"stack": prove_stack, "upgrade": prove_upgrade, "account": prove_account, "store": prove_store}
    provers[sys.argv[1] if len(sys.argv) > 1 else "stack"](report)


main()
