"""Proves the templates without an AWS account, in ministack, an emulator of AWS that runs the functions as
processes and enforces each function's role. Started by `infra/prove`:

    infra/prove            what is deployed, by all that the modules say which `prove_stack` calls
    infra/prove upgrade    that an earlier release becomes this one without losing anything (upgrade.py)
    infra/prove store      that the tests of the store pass in the emulator's DynamoDB, too
"""

import os
import subprocess
import sys
import tempfile
import time

import boto3

from .issuer import AUDIENCE, Issuer
from .life import try_restored, try_rotation, try_schedules
from .machine import REGION, REPOSITORY, emulator
from .publishing import begin_with, without_reserving
from .recorded import ELSEWHERE, permissions
from .roles import check_gateway, check_roles
from .scene import WITHOUT_RESERVING
from .stack import APP_URL, MAIL_FROM, PUBLISHER, Stack
from .taken import doors, try_pack, try_publisher
from .upgrade import prove_upgrade
from .walk import walk


def prove_stack(told):
    with tempfile.TemporaryDirectory() as folder, emulator(folder) as (env, port):
        told("the emulator is up")
        stack, known = Stack(env, port, Issuer()), permissions()
        stack.client("sesv2").create_email_identity(EmailIdentity="example.com")
        stack.deploy(f"AppUrl={APP_URL}", f"JwtIssuer={stack.issuer.url}", f"JwtAudience={AUDIENCE}",
                     f"MailFrom={MAIL_FROM}", "AlarmEmail=ops@example.com", "RemovalPolicy=Delete")
        told(f"deployed: {len(stack.resources)} resources, and {len(stack.nested)} in the stack of roles")
        check_roles(stack, known)
        check_gateway(stack)
        told(f"{len(stack.roles)} roles allow what was recorded and nothing else, the gateway's to invoke "
             "the functions of routes")
        # Mail that arrives now was sent by the function on the stream.
        stack.stop_schedules()
        walk(stack)
        told("walked through, the mail from the stream")
        try_rotation(stack)
        told("keys rotated")
        try_restored(stack, known)
        told("moved to a copy of the table, and back")
        # From here on mails are sent when the proof asks for it.
        stack.stop_stream()
        everything = try_pack(stack, known, told)
        tried = try_publisher(stack, known[PUBLISHER], everything)
        told(f"publishing: {tried} permissions taken away one at a time, and all at once")
        try_schedules(stack)
        told("the schedules sent what the stream did not, and removed what was deleted")
        is_open = doors(stack, everything.operations)
        without_reserving(stack, folder)
        try_pack(stack, known, told)
        for pack in (pack for pack in ELSEWHERE if pack != WITHOUT_RESERVING):
            begin_with(stack, pack)
            is_open |= doors(stack, try_pack(stack, known, told).operations)
        assert is_open == {"get-logo", "preview-invitation"}, is_open
        told("two routes are open without a token")
    print("shown by iam.py, which reads roles but is not IAM: the keys of requests, the sender of mails, the functions")
    print("that the gateway may invoke")
    print("not shown, since the emulator does not enforce it: the gateway's role, writing logs, the stream's own")
    print("permissions, what becomes of a record that fails again and again, throttling, alarms, TTL, backups, encryption")
    print("(tests/infra/ reads the templates); nor that a domain is verified, since that takes a domain of one's own")


def prove_store(told):
    """The store's tests, in another engine than the embedded one."""
    with tempfile.TemporaryDirectory() as folder, emulator(folder) as (env, port):
        command = ["cargo", "test", "--locked", "--workspace", "--test", "seatwise", "store::"]
        endpoint = env["AWS_ENDPOINT_URL"]
        subprocess.run(command, cwd=REPOSITORY, env={**os.environ, "SEATWISE_TEST_DYNAMODB": endpoint}, check=True)
        db = boto3.client("dynamodb", REGION, endpoint_url=endpoint,
                          aws_access_key_id="test", aws_secret_access_key="test")
        tables = [name for page in db.get_paginator("list_tables").paginate() for name in page["TableNames"]]
        assert tables, "no test has used the emulator"
        told(f"the store's tests pass in the emulator, in {len(tables)} tables")


def main():
    start = time.monotonic()
    told = lambda text: print(f"{time.monotonic() - start:6.1f} s  {text}", flush=True)
    provers = {"stack": prove_stack, "upgrade": prove_upgrade, "store": prove_store}
    provers[sys.argv[1] if len(sys.argv) > 1 else "stack"](told)


main()
