"""An earlier release becomes this one: no resource that holds state is replaced, and its contents are still there.

The earlier release is one whose stack has a role, a log group and a resource policy for each function. Its template
comes from the history of this repository. Its functions run the artefact that SEATWISE_EARLIER names (build it from
that commit); without that variable they run today's artefact, with permissions for whatever it does.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from .issuer import AUDIENCE, Issuer
from .machine import REPOSITORY, emulator, until
from .recorded import permissions
from .roles import check_gateway, check_roles
from .workspace import Workspace
from .stack import APP_URL, MAIL_FROM, PUBLISHER, STACK, Stack
from .walk import walk

EARLIER = "525e6cdec3a3a27a5b8918a32c17ab70085c83d9"
# Resources that hold data, keys, subscriptions, or an address that others use.
STATE = ["Table", "LinkKeys", "SigningKeys", "PolicyKeys", "DeadMail", "AccessLog", "Api", "AlarmTopic",
         "PublishPoliciesRole"]
BUCKET = "seatwise-earlier"
# Functions of the earlier release, and what they are called in today's artefact.
RENAMED = {"deliver-mail": "run-tasks", "sweep-outbox": "sweep-tasks"}


def prove_upgrade(report):
    with tempfile.TemporaryDirectory() as folder, emulator(folder) as (env, port):
        stack = Stack(env, port, Issuer())
        stack.client("sesv2").create_email_identity(EmailIdentity="example.com")
        deploy_earlier(stack, pathlib.Path(folder))
        report(f"the earlier release is deployed: {len(stack.resources)} resources")
        stack.stop_schedules()
        workspace = Workspace(stack)
        member = workspace.member()
        link = workspace.invite()["url"].split("#token=")[1]
        until("the mails have left the outbox", lambda: not stack.outbox())
        before = State(stack)
        logs = write_logs(stack)
        report(f"in use: {len(before.items)} items, {len(logs)} log groups of functions")
        stack.deploy()
        report(f"upgraded: {len(stack.resources)} resources, and {len(stack.nested)} in the stack of roles")
        before.is_kept(stack)
        report("table, keys, API and topic are the same, and so are their contents")
        check_roles(stack, permissions())
        check_gateway(stack)
        nothing_is_left(stack)
        assert read_logs(stack, logs) == logs, "log lines are lost"
        report("each function has its new role, old roles and resource policies are gone, old logs are kept")
        # Members continue, and a link from before the upgrade is valid.
        assert stack.do(member, "GET", workspace.w)["name"] == "Acme"
        stack.do(f"ivo-{workspace.tag}", "POST", "/v1/join", {"token": link})
        assert len(workspace.do("GET", f"{workspace.w}/members")["items"]) == 3
        walk(stack)
        report("the workspace and the link from before are in use, and the walk-through works")
        stack.deploy()
        assert read_logs(stack, logs) == logs, "log lines are lost"
        report("a second deployment changes nothing")


def deploy_earlier(stack, folder):
    template = folder / "earlier.yaml"
    show = ["git", "-C", REPOSITORY, "show", f"{EARLIER}:infra/template.yaml"]
    found = subprocess.run(show, capture_output=True)
    if found.returncode:
        sys.exit(f"infra/prove: the history lacks {EARLIER[:7]}, the earlier release: git fetch --unshallow")
    template.write_bytes(found.stdout)
    artefact = os.environ.get("SEATWISE_EARLIER", REPOSITORY / "target/infra/seatwise-x86_64.zip")
    s3 = stack.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    s3.upload_file(str(artefact), BUCKET, "earlier.zip")
    subprocess.run(
        ["aws", "cloudformation", "deploy", "--stack-name", STACK, "--template-file", template,
         "--s3-bucket", BUCKET, "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--parameter-overrides",
         f"CodeBucket={BUCKET}", "CodeKey=earlier.zip", f"AppUrl={APP_URL}", f"JwtIssuer={stack.issuer.url}",
         f"JwtAudience={AUDIENCE}", f"MailFrom={MAIL_FROM}", "AlarmEmail=ops@example.com", "RemovalPolicy=Retain"],
        env=stack.env, check=True)
    stack.look()
    if "SEATWISE_EARLIER" not in os.environ:
        run_today(stack)
    stack.infra("trust", "--signing", stack.outputs["SigningKeys"], "--trusted", stack.outputs["PolicyKeys"])
    subprocess.run([REPOSITORY / "infra/policies", "--stack", STACK, "--first", stack.outputs["Pack"]],
                   env=stack.env, check=True)


def run_today(stack):
    """Lets the earlier stack run today's artefact, whatever permissions its functions need."""
    everything = {"Effect": "Allow", "Action": ["dynamodb:*", "secretsmanager:GetSecretValue", "ses:SendEmail"],
                  "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    for earlier, today in RENAMED.items():
        stack.functions.update_function_configuration(FunctionName=f"{STACK}-{earlier}", Handler=today)
    for name in stack.roles.keys() - {PUBLISHER}:
        stack.iam.put_role_policy(RoleName=stack.roles[name], PolicyName="today", PolicyDocument=document)


class State:
    """The state that an upgrade must keep."""

    def __init__(self, stack):
        self.resources = {name: stack.resources[name] for name in STATE}
        self.api = stack.outputs["ApiUrl"]
        self.items = items(stack)
        self.secrets = secrets(stack)

    def is_kept(self, stack):
        for name, physical in self.resources.items():
            assert stack.resources[name] == physical, f"{name} was replaced"
        assert stack.outputs["ApiUrl"] == self.api
        # The release may have added secrets.
        kept = {name: text for name, text in secrets(stack).items() if name in self.secrets}
        assert kept == self.secrets, "keys have changed"
        found = items(stack)
        lost = [key for key, item in self.items.items() if found.get(key) != item]
        assert not lost, f"items are lost or changed: {lost}"


def items(stack):
    pages = stack.db.get_paginator("scan").paginate(TableName=stack.outputs["TableName"], ConsistentRead=True)
    return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}


def secrets(stack):
    client = stack.client("secretsmanager")
    return {name: client.get_secret_value(SecretId=arn)["SecretString"] for name, arn in stack.secrets.items()}


def write_logs(stack):
    """Writes a line to the log group of each function."""
    logs, lines = stack.client("logs"), {}
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/aws/lambda/{STACK}-"):
        for group in page["logGroups"]:
            name = group["logGroupName"]
            logs.create_log_stream(logGroupName=name, logStreamName="proof")
            lines[name] = f"a line of {name}"
            event = {"timestamp": int(time.time() * 1000), "message": lines[name]}
            logs.put_log_events(logGroupName=name, logStreamName="proof", logEvents=[event])
    assert lines, "the earlier release has no log groups"
    return lines


def read_logs(stack, groups):
    logs, lines = stack.client("logs"), {}
    for name in groups:
        with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
            events = logs.get_log_events(logGroupName=name, logStreamName="proof")["events"]
            lines[name], = (event["message"] for event in events)
    return lines


def nothing_is_left(stack):
    """The roles and resource policies of the earlier release are deleted."""
    pages = stack.iam.get_paginator("list_roles").paginate()
    roles = {role["RoleName"] for page in pages for role in page["Roles"] if role["RoleName"].startswith(STACK)}
    left = roles - set(stack.roles.values()) - {stack.nested["Gateway"]}
    assert not left, f"roles are left: {left}"
    for function in stack.roles.keys() - {PUBLISHER}:
        with contextlib.suppress(stack.functions.exceptions.ResourceNotFoundException):
            policy = json.loads(stack.functions.get_policy(FunctionName=f"{STACK}-{function}")["Policy"])
            callers = {statement["Principal"]["Service"] for statement in policy["Statement"]}
            assert callers <= {"events.amazonaws.com"}, f"{function} can be called by {callers}"
