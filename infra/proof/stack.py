"""The deployed stack, and requests to it."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
import uuid

import boto3

from .machine import REGION, REPOSITORY

# The most tries of a request that must succeed.
TRIES = 3

STACK = "seatwise-proof"
APP_URL = "https://app.example.com"
MAIL_FROM = "no-reply@example.com"
PUBLISHER = "publish-policies"
# As in crates/domain/src/model/task.rs.
OUTBOX_SHARDS = 4
# As in crates/domain/src/model/event_digest.rs.
UNSEALED_SHARDS = 4
# The functions without a route. `run-tasks` comes before `sweep-tasks`, which takes what the first left.
BACKGROUND = ["run-tasks", "sweep-tasks", "delete-workspaces", "verify-domains", "reconcile-billing",
              "note-events", "seal-logs"]


def logical_id(name):
    """`change-role` → `ChangeRole`: the logical id in the template."""
    return "".join(word.capitalize() for word in name.split("-"))


class Stack:
    """The deployed service."""

    def __init__(self, env, port, issuer):
        self.env, self.port, self.issuer = env, port, issuer
        self.pack = None
        self.edits = 0
        session = boto3.Session("test", "test", region_name=REGION)
        self.client = lambda service: session.client(service, endpoint_url=env["AWS_ENDPOINT_URL"])
        self.iam, self.functions, self.db = self.client("iam"), self.client("lambda"), self.client("dynamodb")

    def deploy(self, *parameters):
        subprocess.run([REPOSITORY / "infra/deploy", "--stack", STACK, *parameters], env=self.env, check=True)
        self.look()

    def look(self):
        """Reads what is deployed."""
        described = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        self.host = self.outputs["ApiUrl"].split("//")[1].split("/")[0]
        summaries = self.summaries(STACK)
        ids = lambda summaries: {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in summaries}
        self.resources = ids(summaries)
        self.nested = ids(self.summaries(self.resources["Roles"])) if "Roles" in self.resources else {}
        self.secrets = {one["LogicalResourceId"]: self.arn_of_secret(one["PhysicalResourceId"])
                        for one in summaries if one["ResourceType"] == "AWS::SecretsManager::Secret"}
        pages = self.functions.get_paginator("list_functions").paginate()
        self.roles = {one["FunctionName"].removeprefix(f"{STACK}-"): one["Role"].rsplit("/", 1)[1]
                      for page in pages for one in page["Functions"]}
        self.roles[PUBLISHER] = self.outputs["PolicyPublishRoleArn"].rsplit("/", 1)[1]
        self.pack = self.pack or self.outputs["Pack"]

    def summaries(self, stack):
        """The resources of a stack."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        return [one for page in pages for one in page["StackResourceSummaries"]]

    def call(self, who, method, path, body=None, idempotency=False, **claims):
        """Sends a request through API Gateway; returns the status and the answer."""
        is_picture = isinstance(body, bytes)
        headers = {"host": self.host, "content-type": "image/png" if is_picture else "application/json"}
        if who:
            headers["authorization"] = f"Bearer {self.issuer.token(who, **claims)}"
        if idempotency:
            headers["idempotency-key"] = uuid.uuid4().hex
        content = body if is_picture or body is None else json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        with contextlib.suppress(ValueError):
            return response.status, json.loads(text)
        return response.status, text

    def do(self, who, method, path, body=None, **claims):
        """Sends a request that must succeed, as clients do: a 503 asks to repeat it. Returns the answer."""
        status, answer = self.call(who, method, path, body, **claims)
        for _ in range(TRIES - 1):
            if status != 503:
                break
            # On a busy machine, many functions that start at once can miss the time for reading their keys.
            time.sleep(2)
            status, answer = self.call(who, method, path, body, **claims)
        if status >= 300:
            sys.exit(f"{method} {path}: {status} {answer}")
        return answer

    def mails(self, to):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/_ministack/ses/messages")
        accounts = json.loads(connection.getresponse().read())["messages"].values()
        return [mail for sent in accounts for mail in sent if to in mail["To"]]

    def items(self, pk):
        """The items of a partition of the table."""
        pages = self.db.get_paginator("query").paginate(
            TableName=self.outputs["TableName"], ConsistentRead=True, KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}})
        return [item for page in pages for item in page["Items"]]

    def outbox(self):
        # By partition, because a scan would read the whole table.
        return [item for shard in range(OUTBOX_SHARDS) for item in self.items(f"OUTBOX#{shard}")]

    def unsealed(self):
        """The marks of logs that are not sealed."""
        return [item for shard in range(UNSEALED_SHARDS) for item in self.items(f"UNSEALED#{shard}")]

    def drop(self, items):
        for item in items:
            self.db.delete_item(TableName=self.outputs["TableName"], Key={name: item[name] for name in ("pk", "sk")})

    def infra(self, command, *arguments):
        """Runs a command of `seatwise infra`."""
        command = [os.environ["SEATWISE"], "infra", command, *arguments]
        subprocess.run(command, env=self.env, check=True, stdout=subprocess.DEVNULL)

    def operate(self, command, *arguments):
        """Runs an operator's command."""
        self.infra(command, "--table", self.outputs["TableName"], *arguments)

    def stop_stream(self):
        """Stops the functions on the stream."""
        for mapping in self.functions.list_event_source_mappings()["EventSourceMappings"]:
            self.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    def schedules(self):
        return [physical for logical, physical in self.resources.items() if logical.endswith("Schedule")]

    def stop_schedules(self):
        """Stops the functions on schedules."""
        for name in self.schedules():
            self.client("events").disable_rule(Name=name)

    def start_schedules(self):
        for name in self.schedules():
            self.client("events").enable_rule(Name=name)

    def arn_of_secret(self, name):
        return self.client("secretsmanager").describe_secret(SecretId=name)["ARN"]

    def restart(self, function):
        """Restarts a function, so that it reads policies and keys again."""
        name = f"{STACK}-{function}"
        memory = self.functions.get_function_configuration(FunctionName=name)["MemorySize"]
        self.functions.update_function_configuration(FunctionName=name, MemorySize=memory)

    def invoke(self, operation, event):
        result = self.functions.invoke(FunctionName=f"{STACK}-{operation}", Payload=json.dumps(event))
        return json.loads(result["Payload"].read())
