"""Proves the template without an account, in ministack, an emulator of AWS that runs the functions as
processes and enforces each one's role:

1. `infra/deploy` deploys template.yaml with the artefact and publishes the first policies.
2. No two functions share a role. The roles as they are deployed allow what permissions.txt says, on the
   keys that it says, and nothing else; whatever is added to a function's role, it cannot write policies.
   The emulator does not look at the keys of a request, so this asks iam.py.
3. The walk-through: sign in, create, buy, invite, the mail from the table's real stream, preview, join,
   change a role, ask to leave, approve; through the API Gateway, each function under its own role.
4. Keys are rotated: links that are out stay good, policies stay in force.
5. The stack moves to a copy of its table, as after a restore, mails included; and back to it.
6. Every permission of every function is taken away, one at a time: its operation fails. Then all of them:
   it fails, and every other operation works, mails included. So what one function may do matters to that
   function alone. Given back, it works.
7. The same for who publishes policies.
8. The schedules send the mail that the stream did not bring, and remove what was in a deleted workspace.
9. Under other packs, 6 again, for what is done only there.
10. Without a token, the gateway lets through to two routes.

What the emulator cannot show is said at the end. With `store` as an argument, something else: that the
tests of the store pass in the emulator's DynamoDB, too. Started by `infra/prove`.
"""

import base64
import collections
import concurrent.futures
import contextlib
import doctest
import http.client
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid

import boto3
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

import iam

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
STACK = "seatwise-proof"
APP_URL = "https://app.example.com"
MAIL_FROM = "no-reply@example.com"
AUDIENCE = "seatwise"
REGION = "eu-central-1"
# Longest wait for something that happens by itself: a schedule of a minute, say, on a busy machine.
PATIENCE = 150
# Requests at a time: most of what one takes is waiting.
AT_A_TIME = 8

PUBLISHER = "publish-policies"
# As crates/domain/src/mail.rs has it.
OUTBOX_SHARDS = 4
# No route leads to these. In this order: what the stream did not bring, the sweep takes.
BACKGROUND = ["run-tasks", "sweep-tasks", "delete-workspaces", "verify-domains"]
SCHEDULED = BACKGROUND[1:]
# The pack that is deployed, but its invitations keep no seat.
WITHOUT_RESERVING = "without-reserving"
SELLS_SEATS = {"purchased-seats", WITHOUT_RESERVING}
# What is tried under another pack than the one that is deployed: functions as a whole (None), which have
# nothing to do under that one, and actions that its rules never ask for.
ELSEWHERE = {
    # Joining looks for a seat.
    WITHOUT_RESERVING: {"join": {"dynamodb:Query"}},
    # Seats come with the plan; there are links, domains and a quota, whose use is counted.
    "role-seats": {
        **dict.fromkeys((
            "assign-seats", "create-link", "enter", "get-invitation-quota", "link-domain", "list-domains", "list-links",
            "revoke-link", "unlink-domain", "update-settings", "verify-domains")),
        "invite": {"dynamodb:UpdateItem"},
    },
    # Whoever likes leaves.
    "role-ladder": {"leave-workspace": None},
}
READ_SECRET = "secretsmanager:GetSecretValue"
# Not tried: what verifying a domain writes takes a domain whose records say whose it is.
# And no pack that comes with the program both lets people leave and protects the creator.
NOT_TRIED = {
    ("leave-workspace", "dynamodb:ConditionCheckItem"),
    ("verify-domains", "dynamodb:BatchGetItem"), ("verify-domains", "dynamodb:PutItem"),
}
# A picture of one pixel.
LOGO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==")
# All that can be done to items in DynamoDB. A transaction is checked as what it is made of.
READS = {f"dynamodb:{name}" for name in (
    "BatchGetItem", "ConditionCheckItem", "GetItem", "PartiQLSelect", "Query", "Scan")}
WRITES = {f"dynamodb:{name}" for name in (
    "BatchWriteItem", "DeleteItem", "PartiQLDelete", "PartiQLInsert", "PartiQLUpdate", "PutItem", "UpdateItem")}
# What Lambda itself does with the role of a function, and of the one on the stream.
FOR_LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
FOR_THE_STREAM = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator",
                  "dynamodb:ListStreams", "sqs:SendMessage"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def pascal(name):
    """`change-role` → `ChangeRole`: what resources of the template are called."""
    return "".join(word.capitalize() for word in name.split("-"))


def side_by_side(work, items):
    """Does it with each, several at a time."""
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        return list(pool.map(work, items))


def until(what, happens):
    """Waits until something is so, and returns what it is."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := happens():
            return found
        time.sleep(0.1)
    sys.exit(f"not within {PATIENCE} s: {what}")


class Issuer:
    """Signs people in: OpenID Connect discovery, keys, tokens."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        keys = {"keys": [{**public, "kid": "proof", "use": "sig", "alg": "RS256"}]}
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = self.path == "/.well-known/openid-configuration"
                answer = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"} if found else keys
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, person, **claims):
        now = int(time.time())
        email = f"{person}@acme.example"
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": person, "email": email, "email_verified": True,
                  "iat": now, "exp": now + 3600, **claims}
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "proof"})


@contextlib.contextmanager
def emulator(folder):
    """ministack, on a port of its own, reached from this machine only."""
    port = free_port()
    env = {**os.environ, "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "localhost", "GATEWAY_PORT": str(port),
           "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0", "AUTH": "true", "AWS_REGION": REGION,
           "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
           "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE"):
        env.pop(name, None)
    with open(pathlib.Path(folder) / "ministack.log", "wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "ministack"], env=env, cwd=folder, stdout=log, stderr=log)
        try:
            def is_up():
                with contextlib.suppress(OSError):
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                    connection.request("GET", "/_ministack/health")
                    return connection.getresponse().status == 200
            until("the emulator is up", is_up)
            yield env, port
        except BaseException:
            log.flush()
            print((pathlib.Path(folder) / "ministack.log").read_text(errors="replace")[-6000:], file=sys.stderr)
            raise
        finally:
            process.terminate()
            process.wait(timeout=20)


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
        """At what is deployed."""
        described = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        self.host = self.outputs["ApiUrl"].split("//")[1].split("/")[0]
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
        summaries = [one for page in pages for one in page["StackResourceSummaries"]]
        self.resources = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in summaries}
        self.secrets = {one["LogicalResourceId"]: self.arn_of_secret(one["PhysicalResourceId"])
                        for one in summaries if one["ResourceType"] == "AWS::SecretsManager::Secret"}
        pages = self.functions.get_paginator("list_functions").paginate()
        self.roles = {one["FunctionName"].removeprefix(f"{STACK}-"): one["Role"].rsplit("/", 1)[1]
                      for page in pages for one in page["Functions"]}
        self.roles[PUBLISHER] = self.outputs["PolicyPublishRoleArn"].rsplit("/", 1)[1]
        self.pack = self.pack or self.outputs["Pack"]

    def call(self, who, method, path, body=None, idempotency=False, **claims):
        """One request through API Gateway: status and answer."""
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
        """The same, which must work: the answer."""
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
        """What is in a partition of the table."""
        pages = self.db.get_paginator("query").paginate(
            TableName=self.outputs["TableName"], ConsistentRead=True, KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}})
        return [item for page in pages for item in page["Items"]]

    def outbox(self):
        # The partitions by name: most of the table is something else.
        return [item for shard in range(OUTBOX_SHARDS) for item in self.items(f"OUTBOX#{shard}")]

    def drop(self, items):
        for item in items:
            self.db.delete_item(TableName=self.outputs["TableName"], Key={name: item[name] for name in ("pk", "sk")})

    def operate(self, command, *arguments):
        """What who runs the product does."""
        command = [os.environ["SEATWISE"], "infra", command, "--table", self.outputs["TableName"],
                   "--endpoint", self.env["AWS_ENDPOINT_URL"], *arguments]
        subprocess.run(command, env=self.env, check=True, stdout=subprocess.DEVNULL)

    def stop_stream(self):
        """Mails are not brought any more."""
        for mapping in self.functions.list_event_source_mappings()["EventSourceMappings"]:
            self.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    def stop_schedules(self):
        """Nothing runs by itself any more."""
        for name in SCHEDULED:
            self.client("events").disable_rule(Name=self.resources[f"{pascal(name)}Schedule"])

    def start_schedules(self):
        for name in SCHEDULED:
            self.client("events").enable_rule(Name=self.resources[f"{pascal(name)}Schedule"])

    def arn_of_secret(self, name):
        return self.client("secretsmanager").describe_secret(SecretId=name)["ARN"]

    def start_anew(self, function):
        """In a new process, which knows nothing yet."""
        name = f"{STACK}-{function}"
        memory = self.functions.get_function_configuration(FunctionName=name)["MemorySize"]
        self.functions.update_function_configuration(FunctionName=name, MemorySize=memory)

    def invoke(self, operation, event):
        result = self.functions.invoke(FunctionName=f"{STACK}-{operation}", Payload=json.dumps(event))
        return json.loads(result["Payload"].read())


def walk(stack):
    """What people do, from end to end."""
    do = stack.do
    status, _ = stack.call(None, "GET", "/v1/me")
    assert status == 401, "without a token nobody comes in"
    status, _ = stack.call("olga", "GET", "/v1/me", aud="another")
    assert status == 401, "a token for somebody else is none"
    assert do("olga", "POST", "/v1/me", given_name="Olga")["next"] == "onboarding"
    w = f"/v1/workspaces/{do('olga', 'POST', '/v1/workspaces', {'name': 'Acme'})['id']}"
    do("olga", "POST", f"{w}/seats", {"tier": "pro", "quantity": 2})
    do("olga", "POST", f"{w}/invitations", {"emails": ["tea@acme.example"]})
    mail = until("the stream brings Tea's mail", lambda: stack.mails("tea@acme.example"))[0]
    assert mail["Source"] == MAIL_FROM, mail["Source"]
    token = mail["BodyText"].split("/join#token=")[1].split()[0]
    preview = do(None, "POST", "/v1/invitations/preview", {"token": token})
    assert preview["workspace"]["name"] == "Acme", preview
    assert do("tea", "POST", "/v1/join", {"token": token})["member"]["role"] == "member"
    tea = do("tea", "GET", "/v1/me")["id"]
    assert do("olga", "PUT", f"{w}/members/{tea}/role", {"role": "admin"})["role"] == "admin"
    link = do("tea", "POST", f"{w}/invitations", {})["items"][0]["invitation"]["url"]
    do("lee", "POST", "/v1/join", {"token": link.split("#token=")[1]})
    request = do("lee", "POST", f"{w}/leave-requests", {"reason": "Moving on"})["id"]
    assert do("tea", "POST", f"{w}/leave-requests/{request}/approve", {})["status"] == "approved"
    status, problem = stack.call("lee", "GET", w)
    assert (status, problem["code"]) == (404, "not_found"), problem
    seats = do("olga", "GET", w)["seats"]
    assert (seats["filled"], seats["available"]) == (1, 1), seats
    until("the mail has left the outbox", lambda: not stack.outbox())


class Scene:
    """A new workspace, so that no operation meets what another left."""

    def __init__(self, stack):
        self.stack = stack
        self.tag = uuid.uuid4().hex[:8]
        self.owner = f"olga-{self.tag}"
        self.domain = f"{self.tag}.example"
        self.do("POST", "/v1/me")
        self.id = self.do("POST", "/v1/workspaces", {"name": "Acme"})["id"]
        self.w = f"/v1/workspaces/{self.id}"

    def do(self, method, path, body=None):
        return self.stack.do(self.owner, method, path, body)

    def buy(self, quantity=1):
        seats = self.do("POST", f"{self.w}/seats", {"tier": "pro", "quantity": quantity})["items"]
        return [seat["id"] for seat in seats]

    def invite(self, name="ivo"):
        if self.stack.pack in SELLS_SEATS:
            self.buy()
        body = {"emails": [f"{name}-{self.tag}@acme.example"]}
        return self.do("POST", f"{self.w}/invitations", body)["items"][0]["invitation"]

    def member(self, name="tea"):
        token = self.invite(name)["url"].split("#token=")[1]
        person = f"{name}-{self.tag}"
        return person, self.stack.do(person, "POST", "/v1/join", {"token": token})["member"]["userId"]

    def seated(self):
        """A member, and the path of their seat's term."""
        _, tea = self.member()
        seats = self.do("GET", f"{self.w}/seats?status=filled")["items"]
        return f"{self.w}/seats/{seats[0]['id']}"

    def leaver(self):
        """Who has asked to leave, and the path of the request."""
        lee, _ = self.member("lee")
        request = self.stack.do(lee, "POST", f"{self.w}/leave-requests", {})["id"]
        return lee, f"{self.w}/leave-requests/{request}"

    def heir(self):
        """Another who governs."""
        _, tea = self.member()
        self.do("PUT", f"{self.w}/members/{tea}/role", {"role": "owner"})
        return tea

    def logo(self):
        """The path of a picture."""
        url = self.do("PUT", f"{self.w}/logo", LOGO)["logoUrl"]
        return url[url.index("/v1/"):]

    def link(self):
        self.do("PUT", f"{self.w}/links/member")
        return f"{self.w}/links/member"

    def claim(self):
        """A domain, on a plan that has them."""
        self.stack.operate("set-plan", self.id, "enterprise")
        self.do("PUT", f"{self.w}/domains/{self.domain}")
        return f"{self.w}/domains/{self.domain}"

    def second_owner(self):
        """On a seat; the free slot is free."""
        tea = self.heir()
        own = self.do("GET", "/v1/me")["id"]
        self.do("PUT", f"{self.w}/members/{own}/seat", {"seatId": self.buy()[0]})
        return tea


def request_of(operation, scene):
    """A request that takes all that the operation's function may do: who, method, path, body, and claims; or
    several requests, where no single one takes all of it."""
    w, me = scene.w, scene.owner
    if operation == "enter":
        scene.claim()
        scene.stack.operate("verify-domain", scene.id, scene.domain)
        return f"ada-{scene.tag}", "POST", "/v1/me", None, {"email": f"ada@{scene.domain}"}
    if operation == "get-me":
        return me, "GET", "/v1/me"
    if operation == "update-me":
        return me, "PATCH", "/v1/me", {"firstName": "Olga", "currentWorkspaceId": w.rsplit("/", 1)[1]}
    if operation == "list-my-invitations":
        return me, "GET", "/v1/me/invitations"
    if operation == "create-workspace":
        return me, "POST", "/v1/workspaces", {"name": "Second"}
    if operation == "list-workspaces":
        return me, "GET", "/v1/workspaces"
    if operation == "get-workspace":
        return me, "GET", w
    if operation == "update-workspace":
        return me, "PATCH", w, {"name": "Acme Europe"}
    if operation == "update-settings":
        return me, "PATCH", f"{w}/settings", {"autoAssignSeats": False}
    if operation == "delete-workspace":
        return me, "DELETE", w
    if operation == "upload-logo":
        return me, "PUT", f"{w}/logo", LOGO
    if operation == "get-logo":
        return None, "GET", scene.logo()
    if operation == "remove-logo":
        scene.logo()
        return me, "DELETE", f"{w}/logo"
    if operation == "set-coordinator":
        path = f"{w}/coordinator"
        return [(me, "PUT", path, {"name": "Kim"}), (me, "PUT", path, {})]
    if operation == "get-coordinator":
        return me, "GET", f"{w}/coordinator"
    if operation == "transfer-workspace":
        own, path = scene.do("GET", "/v1/me")["id"], f"{w}/transfer"
        # To oneself changes nothing, which is kept for who asks again.
        return [(me, "POST", path, {"userId": own}, {"idempotency": True}),
                (me, "POST", path, {"userId": scene.heir()})]
    if operation == "list-members":
        # By the index, and without.
        return [(me, "GET", f"{w}/members"), (me, "GET", f"{w}/members?search=olga")]
    if operation == "export-members":
        return me, "GET", f"{w}/members/export"
    if operation == "leave-workspace":
        return scene.member()[0], "POST", f"{w}/leave"
    if operation == "change-role":
        return me, "PUT", f"{w}/members/{scene.member()[1]}/role", {"role": "owner"}
    if operation == "remove-member":
        return me, "DELETE", f"{w}/members/{scene.member()[1]}"
    if operation == "assign-seat":
        _, tea = scene.member()
        return me, "PUT", f"{w}/members/{tea}/seat", {"seatId": scene.buy()[0]}
    if operation == "assign-seats":
        scene.do("PATCH", f"{w}/settings", {"autoAssignSeats": False})
        scene.member()
        return me, "POST", f"{w}/seats/assign"
    if operation == "release-seat":
        return me, "DELETE", f"{w}/members/{scene.second_owner()}/seat"
    if operation == "invite":
        if scene.stack.pack in SELLS_SEATS:
            scene.buy()
        return me, "POST", f"{w}/invitations", {"emails": [f"ivo-{scene.tag}@acme.example"]}
    if operation == "list-invitations":
        return me, "GET", f"{w}/invitations"
    if operation == "get-invitation-quota":
        return me, "GET", f"{w}/invitations/quota"
    if operation == "create-link":
        return me, "PUT", f"{w}/links/member"
    if operation == "list-links":
        return me, "GET", f"{w}/links"
    if operation == "revoke-link":
        return me, "DELETE", scene.link()
    if operation == "link-domain":
        scene.stack.operate("set-plan", scene.id, "enterprise")
        return me, "PUT", f"{w}/domains/{scene.domain}"
    if operation == "list-domains":
        return me, "GET", f"{w}/domains"
    if operation == "unlink-domain":
        return me, "DELETE", scene.claim()
    if operation == "resend-invitation":
        return me, "POST", f"{w}/invitations/{scene.invite()['id']}/resend", {}
    if operation == "revoke-invitation":
        return me, "DELETE", f"{w}/invitations/{scene.invite()['id']}"
    if operation == "preview-invitation":
        return None, "POST", "/v1/invitations/preview", {"token": scene.invite()["url"].split("#token=")[1]}
    if operation == "join":
        return f"ivo-{scene.tag}", "POST", "/v1/join", {"invitationId": scene.invite()["id"]}
    if operation == "decline-invitation":
        return f"ivo-{scene.tag}", "POST", f"/v1/invitations/{scene.invite()['id']}/decline", {}
    if operation == "buy-seats":
        return me, "POST", f"{w}/seats", {"tier": "pro", "quantity": 1}
    if operation == "list-seats":
        return me, "GET", f"{w}/seats"
    if operation == "cancel-seat":
        return me, "POST", f"{scene.seated()}/cancel", {}
    if operation == "reactivate-seat":
        seat = scene.seated()
        scene.do("POST", f"{seat}/cancel", {})
        return me, "POST", f"{seat}/reactivate", {}
    if operation == "request-leave":
        return scene.member()[0], "POST", f"{w}/leave-requests", {}
    if operation == "list-leave-requests":
        return me, "GET", f"{w}/leave-requests"
    if operation == "withdraw-leave":
        lee, path = scene.leaver()
        return lee, "DELETE", path
    if operation in ("approve-leave", "deny-leave"):
        _, path = scene.leaver()
        return me, "POST", f"{path}/{operation.split('-')[0]}", {}
    if operation == "authorize":
        return me, "POST", f"{w}/authorize", {"actions": ["buySeats"]}
    if operation == "list-permissions":
        return me, "GET", f"{w}/permissions"
    sys.exit(f"teach infra/prove.py a request for {operation}")


def permissions():
    """What infra/permissions.txt says: keys (or secrets) by action, by function."""
    found = collections.defaultdict(dict)
    for line in (REPOSITORY / "infra/permissions.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            function, action, *keys = line.split()
            found[function][action] = keys
    return found


def tried_under(pack, known):
    """What is tried under a pack: functions, and the actions of each."""
    if pack in ELSEWHERE:
        return {name: {action: keys for action, keys in known[name].items() if actions is None or action in actions}
                for name, actions in ELSEWHERE[pack].items()}
    elsewhere = [one for functions in ELSEWHERE.values() for one in functions.items()]
    whole = {PUBLISHER} | {name for name, actions in elsewhere if actions is None}
    parts = {(name, action) for name, actions in elsewhere for action in actions or ()}
    return {name: {action: keys for action, keys in actions.items() if (name, action) not in parts}
            for name, actions in known.items() if name not in whole}


def named(recorded):
    """An action, as it is recorded: what it is called, and the index that it is on."""
    action, _, index = recorded.partition("/")
    return action, f"/index/{index}" if index else ""


def policies_of(stack, role):
    """All statements of a role, as they are deployed."""
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
    """The deployed roles allow what was recorded, and nothing else."""
    assert not doctest.testmod(iam).failed, "iam.py does not do what it says"
    assert stack.roles.keys() == known.keys(), stack.roles.keys() ^ known.keys()
    shared = [role for role, of in collections.Counter(stack.roles.values()).items() if of > 1]
    assert not shared, f"more than one function has the role {shared}"
    described = stack.db.describe_table(TableName=stack.outputs["TableName"])["Table"]
    table, indexes = described["TableArn"], [index["IndexName"] for index in described["LocalSecondaryIndexes"]]
    of_items = lambda actions: [one for one in actions if named(one)[0] in READS | WRITES]
    keys = {key for actions in known.values() for action in of_items(actions) for key in actions[action]}
    for name, role in stack.roles.items():
        policies = policies_of(stack, role)
        check_actions(name, policies, known[name])
        # No more is allowed to begin with, and no less is left by what is denied.
        for some in ([one for one in policies if one["Effect"] == "Allow"], policies):
            for suffix in ("", *(f"/index/{index}" for index in (*indexes, "another"))):
                own = {named(one)[0]: known[name][one] for one in of_items(known[name]) if named(one)[1] == suffix}
                check_keys(f"{name}{suffix}", some, own, table + suffix, keys)
        reads = {one for one, arn in stack.secrets.items() if iam.allows(policies, READ_SECRET, arn, {})}
        assert reads == {pascal(secret) for secret in known[name].get(READ_SECRET, [])}, f"{name} may read {reads}"
        if name != PUBLISHER:
            check_policies_are_read_only(name, policies, known[name], table)


def check_actions(name, policies, recorded):
    of_lambda = set() if name == PUBLISHER else FOR_LOGS | (FOR_THE_STREAM if name == "run-tasks" else set())
    expected = {named(one)[0] for one in recorded} | of_lambda
    assert iam.actions(policies) == expected, f"{name} may {iam.actions(policies)}"
    if "ses:SendEmail" in recorded:
        sends = lambda sender: iam.allows(policies, "ses:SendEmail", "identity", {"ses:FromAddress": [sender]})
        assert sends(MAIL_FROM) and not sends("ceo@example.com"), f"{name} sends as somebody else"


def check_keys(name, policies, own, table, keys):
    """That these actions, on these keys, are all that is allowed on a table or an index."""
    may = lambda action, *keys, table=table: iam.allows(policies, action, table, {"dynamodb:LeadingKeys": keys})
    # Some keys go on, others are all there is.
    example = lambda key: f"{key}1" if key.endswith("#") else key
    # Keys that only begin alike, and such as nobody has, are tried as well.
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
    """Also if somebody adds to the function's role."""
    writes = [action for action in WRITES if "POLICY#" in recorded.get(action, [])]
    assert not writes, f"{name} was seen to write policies: {writes}"
    everything = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    for action in WRITES:
        may = lambda *keys: iam.allows([*policies, everything], action, table, {"dynamodb:LeadingKeys": keys})
        assert may("W#1"), f"{name} was not given everything"
        assert not may("POLICY#1") and not may("W#1", "POLICY#1"), f"{name} can be made to {action} policies"


class Request:
    """A request to an operation, in a scene of its own; or several that go together."""

    def __init__(self, stack, operation):
        self.stack = stack
        found = request_of(operation, Scene(stack))
        self.steps = found if isinstance(found, list) else [found]

    def again(self):
        """A refused transaction changes nothing: it can be tried until it works."""
        return self

    def call(self, who, method, path, body=None, more=()):
        return self.stack.call(who, method, path, body, **dict(more))

    def works(self):
        for who, *step in self.steps:
            status, answer = self.call(who, *step)
            assert status < 300 or status in (500, 503), f"{who}: {status} {answer}"
            if status >= 300:
                return False
        return True

    def is_open(self):
        """Whether the gateway lets it through without a token. (Functions would refuse it, too.)"""
        return any(self.call(None, *step) != (401, {"message": "Unauthorized"}) for _, *step in self.steps)


class Mail:
    """A mail that waits, for one of the functions that no route leads to."""

    def __init__(self, stack, function):
        self.stack, self.function = stack, function
        scene = Scene(stack)
        invitation = scene.invite()["id"]
        self.to = f"ivo-{scene.tag}@acme.example"
        self.item, = (item for item in stack.outbox() if item["invitation"]["S"] == invitation)

    def again(self):
        """Another one, since a try may get as far as to claim it."""
        return Mail(self.stack, self.function)

    def works(self):
        keys = {name: self.item[name] for name in ("pk", "sk")}
        record = {"eventName": "INSERT", "dynamodb": {"Keys": keys, "SequenceNumber": "1"}}
        assert not self.stack.mails(self.to), f"somebody else than {self.function} has sent it"
        self.stack.invoke(self.function, {"Records": [record]} if self.function == "run-tasks" else {})
        is_done = all(item["sk"] != self.item["sk"] for item in self.stack.outbox())
        # A mail goes out without policies, too, but what it says is of them.
        return is_done and any("on Seatwise, as Member." in mail["BodyText"] for mail in self.stack.mails(self.to))


class Ruin:
    """A workspace that is deleted, for the function that removes what was in it."""

    def __init__(self, stack):
        self.stack = stack
        scene = Scene(stack)
        scene.member()
        scene.do("DELETE", scene.w)
        self.place = f"W#{scene.id}"

    def again(self):
        """Members go first, in one transaction: without one of its actions nothing is gone."""
        return self

    def works(self):
        # Those that were deleted elsewhere are in the way.
        self.stack.drop(item for item in self.stack.items("DEMOLITION") if item["sk"]["S"] != self.place)
        assert self.stack.items("DEMOLITION"), "somebody else has removed it"
        self.stack.invoke("delete-workspaces", {})
        return not self.stack.items("DEMOLITION") and not self.stack.items(self.place)


class LateClaim:
    """A domain that nobody has shown to be theirs in time, for the function that looks domains up."""

    def __init__(self, stack):
        self.stack = stack
        scene = Scene(stack)
        scene.claim()
        self.place = f"DOMAIN#{scene.domain}#{scene.id}"

    def again(self):
        return self

    def works(self):
        # The others would be looked up, which is up to the world's name servers.
        self.stack.drop(item for item in self.stack.items("CHECK") if item["sk"]["S"] != self.place)
        assert self.stack.items("CHECK"), "somebody else has looked it up"
        self.stack.db.update_item(
            TableName=self.stack.outputs["TableName"], Key={"pk": {"S": "CHECK"}, "sk": {"S": self.place}},
            UpdateExpression="SET #until = :until", ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={":until": {"S": "2026-01-01T00:00:00Z"}})
        self.stack.invoke("verify-domains", {})
        return not self.stack.items("CHECK")


def prepare(stack, function):
    """Something for it to do that takes all its permissions."""
    if function in ("run-tasks", "sweep-tasks"):
        return Mail(stack, function)
    others = {"delete-workspaces": Ruin, "verify-domains": LateClaim}
    return others[function](stack) if function in others else Request(stack, function)


class Everything:
    """Something to do for every function that is tried under the pack."""

    def __init__(self, stack, tried):
        self.stack, self.tried = stack, tried
        self.operations = [name for name in tried if name not in BACKGROUND]
        reads = [name for name in self.operations if not tried[name].keys() & WRITES]
        # Reads change nothing: once prepared, they are for good.
        self.reads = dict(zip(reads, side_by_side(lambda name: prepare(stack, name), reads)))

    def but(self, function):
        """Of all other functions."""
        names = [*self.operations, *(name for name in BACKGROUND if name in self.tried)]
        names = [name for name in names if name != function]
        ready = side_by_side(lambda name: self.reads.get(name) or prepare(self.stack, name), names)
        return dict(zip(names, ready))


def all_work(ready, meanwhile):
    """All of these succeed, though something else does not."""
    # Requests first and side by side; those in the background could take each other's work.
    requests = [name for name in ready if name not in BACKGROUND]
    outcomes = dict(zip(requests, side_by_side(lambda name: ready[name].works(), requests)))
    outcomes.update((name, ready[name].works()) for name in BACKGROUND if name in ready)
    failed = [name for name, works in outcomes.items() if not works]
    assert not failed, f"{meanwhile}: so do {failed}"


class Role:
    """The role of a function, or of who publishes; what it may do for its work."""

    def __init__(self, stack, name):
        self.iam, self.secrets, self.role = stack.iam, stack.secrets, stack.roles[name]
        self.policy = "table" if name == PUBLISHER else "work"
        document = self.iam.get_role_policy(RoleName=self.role, PolicyName=self.policy)["PolicyDocument"]
        self.statements = document["Statement"]

    def put(self, statements):
        if not statements:
            return self.iam.delete_role_policy(RoleName=self.role, PolicyName=self.policy)
        document = {"Version": "2012-10-17", "Statement": statements}
        return self.iam.put_role_policy(
            RoleName=self.role, PolicyName=self.policy, PolicyDocument=json.dumps(document))

    @contextlib.contextmanager
    def without(self, action, secret=""):
        """Without an action; or, of reading secrets, without one of them."""
        name, index = named(action)
        is_on = lambda statement: "".join(iam.several(statement["Resource"])[0].partition("/index/")[1:]) == index
        taken, = (statement for statement in self.statements if statement["Action"] == name and is_on(statement))
        left = [statement for statement in self.statements if statement is not taken]
        others = [arn for arn in iam.several(taken["Resource"]) if secret and arn != self.secrets[pascal(secret)]]
        self.put([*left, {**taken, "Resource": others}] if others else left)
        yield
        self.put(self.statements)

    @contextlib.contextmanager
    def without_any(self):
        self.put([])
        yield
        self.put(self.statements)


def one_at_a_time(name, actions):
    """The permissions of a function as they are taken away: action, and the secret if it is to read one."""
    for action, keys in actions.items():
        if (name, action) not in NOT_TRIED:
            yield from ((action, secret) for secret in (keys if action == READ_SECRET else [""]))


def doors(stack, operations):
    """What the gateway lets through from who is not signed in."""
    requests = side_by_side(lambda name: Request(stack, name), operations)
    return {name for name, request in zip(operations, requests) if request.is_open()}


def try_function(stack, name, actions, everything):
    """Takes each of these permissions away, and then all of them, while every other function works. Without
    actions it is only the others that matter: the function has nothing to do under this pack."""
    role, own = Role(stack, name), prepare(stack, name) if actions else None
    permissions = list(one_at_a_time(name, actions))
    for action, secret in permissions:
        one = own.again()
        with role.without(action, secret):
            if secret:
                # Who has read a secret holds it.
                stack.start_anew(name)
            assert not one.works(), f"{name} works without {action} {secret}"
    one, others = own and own.again(), everything.but(name)
    with role.without_any():
        assert not one or not one.works(), f"{name} works without any permission"
        all_work(others, f"{name} fails without its permissions")
    assert not own or own.again().works(), f"{name} does not work with all its permissions"
    return len(permissions)


def try_pack(stack, known, told):
    """All that is tried under the pack that is active; what is open there to who is not signed in."""
    tried = tried_under(stack.pack, known)
    # Of what is tried in part, the rest is tried under the first pack, and what others need, too.
    whole = {name: actions for name, actions in tried.items() if actions.keys() == known[name].keys()}
    whole = whole if stack.pack in ELSEWHERE else tried
    everything = Everything(stack, whole)
    names = [name for name in known if name != PUBLISHER and (whole or name in tried)]
    count = sum(try_function(stack, name, tried.get(name, {}), everything) for name in names)
    told(f"{stack.pack}: {count} permissions of {len(tried)} functions taken away one at a time, and all at once")
    return everything


def publish(stack, folder):
    """Publishes a pack with something new in it, as who may do that: whether it could be done."""
    stack.edits += 1
    with tempfile.TemporaryDirectory() as parent:
        edited = pathlib.Path(parent) / "pack"
        shutil.copytree(folder, edited)
        with (edited / "product.toml").open("a") as product:
            product.write(f"# Edit {stack.edits}.\n")
        command = [REPOSITORY / "infra/policies", "--stack", STACK, "publish", edited, "--yes"]
        done = subprocess.run(command, env=stack.env, capture_output=True, text=True)
    assert done.returncode == 0 or "AccessDenied" in done.stderr, done.stdout + done.stderr
    return done.returncode == 0


def try_publisher(stack, actions, everything):
    """Who publishes, as functions are tried; and while no function may do anything."""
    role, pack = Role(stack, PUBLISHER), REPOSITORY / "policies/packs" / stack.outputs["Pack"]
    permissions = list(one_at_a_time(PUBLISHER, actions))
    for action, secret in permissions:
        with role.without(action, secret):
            assert not publish(stack, pack), f"policies are published without {action} {secret}"
    others = everything.but(PUBLISHER)
    with role.without_any():
        all_work(others, "policies are not published without any permission")
    with contextlib.ExitStack() as away:
        for name in stack.roles.keys() - {PUBLISHER}:
            away.enter_context(Role(stack, name).without_any())
        assert publish(stack, pack), "policies are not published while functions fail"
    return len(permissions)


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


def prove_stack(told):
    with tempfile.TemporaryDirectory() as folder, emulator(folder) as (env, port):
        told("the emulator is up")
        stack, known = Stack(env, port, Issuer()), permissions()
        stack.client("sesv2").create_email_identity(EmailIdentity="example.com")
        stack.deploy(f"AppUrl={APP_URL}", f"JwtIssuer={stack.issuer.url}", f"JwtAudience={AUDIENCE}",
                     f"MailFrom={MAIL_FROM}", "AlarmEmail=ops@example.com", "RemovalPolicy=Delete")
        told(f"deployed: {len(stack.resources)} resources")
        check_roles(stack, known)
        told(f"{len(stack.roles)} roles allow what was recorded, and nothing else")
        # What arrives now was brought by the stream.
        stack.stop_schedules()
        walk(stack)
        told("walked through, the mail from the stream")
        try_rotation(stack)
        told("keys rotated")
        try_restored(stack, known)
        told("moved to a copy of the table, and back")
        # From here on mails are sent when they are asked for.
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
    print("shown by iam.py, which reads roles but is not IAM: the keys of requests, the sender of mails")
    print("not shown, since the emulator does not look at it: writing logs, the stream's own permissions, what")
    print("becomes of a record that fails again and again, throttling, alarms, TTL, backups, encryption")
    print("(tests/infra.rs looks at the template); nor, since it takes a domain of one's own: that it is verified")


def prove_store(told):
    """The store's tests, in another engine than the one that they have embedded."""
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
    provers = {"stack": prove_stack, "store": prove_store}
    what = sys.argv[1] if len(sys.argv) > 1 else "stack"
    if what not in provers:
        sys.exit("usage: infra/prove [stack | store]")
    provers[what](told)


if __name__ == "__main__":
    main()
