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
6. Without a token, the gateway lets through to one route.
7. Every permission of every function is taken away, one at a time: its operation fails. Then all of them:
   it fails, and every other operation works, mails included. So what one function may do matters to that
   function alone. Given back, it works.
8. The same for who publishes policies; and, under changed policies, for what is done only there.
9. The schedule sends the mail that the stream did not bring.

What the emulator cannot show is said at the end. With `store` as an argument, something else: that the
tests of the store pass in the emulator's DynamoDB, too. Started by `infra/prove`.
"""

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
MAILERS = ["deliver-mail", "sweep-outbox"]
# What the first pack never does: joining looks for a seat where invitations keep none.
WITHOUT_RESERVING = {("join", "dynamodb:Query")}
# All that can be done to items in DynamoDB. A transaction is checked as what it is made of.
READS = {f"dynamodb:{name}" for name in (
    "BatchGetItem", "ConditionCheckItem", "GetItem", "PartiQLSelect", "Query", "Scan")}
WRITES = {f"dynamodb:{name}" for name in (
    "BatchWriteItem", "DeleteItem", "PartiQLDelete", "PartiQLInsert", "PartiQLUpdate", "PutItem", "UpdateItem")}
READ_SECRET = "secretsmanager:GetSecretValue"
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

    def call(self, who, method, path, body=None, **claims):
        """One request through API Gateway: status and answer."""
        headers = {"host": self.host, "content-type": "application/json"}
        if who:
            headers["authorization"] = f"Bearer {self.issuer.token(who, **claims)}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        text = response.read().decode()
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

    def outbox(self):
        # The partitions by name: most of the table is something else.
        pages = self.db.get_paginator("query").paginate
        found = [pages(TableName=self.outputs["TableName"], ConsistentRead=True, KeyConditionExpression="pk = :pk",
                       ExpressionAttributeValues={":pk": {"S": f"OUTBOX#{shard}"}}) for shard in range(OUTBOX_SHARDS)]
        return [item for shard in found for page in shard for item in page["Items"]]

    def stop_stream(self):
        """Mails are not brought any more."""
        for mapping in self.functions.list_event_source_mappings()["EventSourceMappings"]:
            self.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    def stop_schedule(self):
        """Mails are not swept any more."""
        self.client("events").disable_rule(Name=self.resources["SweepOutboxSchedule"])

    def start_schedule(self):
        self.client("events").enable_rule(Name=self.resources["SweepOutboxSchedule"])

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
        self.do("POST", "/v1/me")
        self.w = f"/v1/workspaces/{self.do('POST', '/v1/workspaces', {'name': 'Acme'})['id']}"

    def do(self, method, path, body=None):
        return self.stack.do(self.owner, method, path, body)

    def buy(self, quantity=1):
        seats = self.do("POST", f"{self.w}/seats", {"tier": "pro", "quantity": quantity})["items"]
        return [seat["id"] for seat in seats]

    def invite(self, name="ivo"):
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

    def second_owner(self):
        """On a seat; the free slot is free."""
        _, tea = self.member()
        self.do("PUT", f"{self.w}/members/{tea}/role", {"role": "owner"})
        own = self.do("GET", "/v1/me")["id"]
        self.do("PUT", f"{self.w}/members/{own}/seat", {"seatId": self.buy()[0]})
        return tea


def request_of(operation, scene):
    """A request that takes all that the operation's function may do: who, method, path, body, claims."""
    w, me = scene.w, scene.owner
    if operation == "enter":
        return me, "POST", "/v1/me", None, {"given_name": "Olga"}
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
    if operation == "list-members":
        return me, "GET", f"{w}/members"
    if operation == "change-role":
        return me, "PUT", f"{w}/members/{scene.member()[1]}/role", {"role": "owner"}
    if operation == "remove-member":
        return me, "DELETE", f"{w}/members/{scene.member()[1]}"
    if operation == "assign-seat":
        _, tea = scene.member()
        return me, "PUT", f"{w}/members/{tea}/seat", {"seatId": scene.buy()[0]}
    if operation == "release-seat":
        return me, "DELETE", f"{w}/members/{scene.second_owner()}/seat"
    if operation == "invite":
        scene.buy()
        return me, "POST", f"{w}/invitations", {"emails": [f"ivo-{scene.tag}@acme.example"]}
    if operation == "list-invitations":
        return me, "GET", f"{w}/invitations"
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
    table = stack.db.describe_table(TableName=stack.outputs["TableName"])["Table"]["TableArn"]
    of_items = lambda actions: actions.keys() & (READS | WRITES)
    prefixes = {prefix for actions in known.values() for action in of_items(actions) for prefix in actions[action]}
    for name, role in stack.roles.items():
        policies = policies_of(stack, role)
        check_actions(name, policies, known[name])
        # No more is allowed to begin with, and no less is left by what is denied.
        for some in ([one for one in policies if one["Effect"] == "Allow"], policies):
            check_keys(name, some, known[name], table, prefixes)
        reads = {one for one, arn in stack.secrets.items() if iam.allows(policies, READ_SECRET, arn, {})}
        assert reads == {pascal(secret) for secret in known[name].get(READ_SECRET, [])}, f"{name} may read {reads}"
        if name != PUBLISHER:
            check_policies_are_read_only(name, policies, known[name], table)


def check_actions(name, policies, recorded):
    of_lambda = set() if name == PUBLISHER else FOR_LOGS | (FOR_THE_STREAM if name == "deliver-mail" else set())
    assert iam.actions(policies) == recorded.keys() | of_lambda, f"{name} may {iam.actions(policies)}"
    if "ses:SendEmail" in recorded:
        sends = lambda sender: iam.allows(policies, "ses:SendEmail", "identity", {"ses:FromAddress": [sender]})
        assert sends(MAIL_FROM) and not sends("ceo@example.com"), f"{name} sends as somebody else"


def check_keys(name, policies, recorded, table, prefixes):
    may = lambda action, *keys, table=table: iam.allows(policies, action, table, {"dynamodb:LeadingKeys": keys})
    # Keys that only begin alike, and such as nobody has, are tried as well.
    tried = prefixes | {prefix.replace("#", "-") for prefix in prefixes} | {"X#"}
    allowed = {(action, prefix) for action in READS | WRITES for prefix in tried if may(action, f"{prefix}1")}
    expected = {(action, prefix) for action in READS | WRITES for prefix in recorded.get(action, [])}
    assert allowed == expected, f"{name}: {allowed ^ expected}"
    for action in recorded.keys() & (READS | WRITES):
        keys = [f"{prefix}1" for prefix in recorded[action]]
        assert may(action, *keys), f"{name} may not {action} on all its keys at once"
        assert not may(action, *keys, "X#1"), f"{name} may {action} on other keys among its own"
        assert not may(action, *keys, table=f"{table}-2"), f"{name} may {action} in another table"


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
    """A request to an operation, in a scene of its own."""

    def __init__(self, stack, operation):
        self.stack = stack
        who, method, path, *rest = request_of(operation, Scene(stack))
        self.call = lambda who: stack.call(who, method, path, *rest[:1], **dict(*rest[1:]))
        self.who = who

    def again(self):
        """A refused transaction changes nothing: it can be tried until it works."""
        return self

    def works(self):
        status, answer = self.call(self.who)
        assert status < 300 or status in (500, 503), f"{self.who}: {status} {answer}"
        return status < 300

    def is_open(self):
        """Whether the gateway lets it through without a token. (Functions would refuse it, too.)"""
        return self.call(None) != (401, {"message": "Unauthorized"})


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
        self.stack.invoke(self.function, {"Records": [record]} if self.function == "deliver-mail" else {})
        is_done = all(item["sk"] != self.item["sk"] for item in self.stack.outbox())
        # A mail goes out without policies, too, but what it says is of them.
        return is_done and any("on Seatwise, as Member." in mail["BodyText"] for mail in self.stack.mails(self.to))


def prepare(stack, function):
    """Something for it to do that takes all its permissions."""
    return Mail(stack, function) if function in MAILERS else Request(stack, function)


class Everything:
    """Something to do for every function."""

    def __init__(self, stack, known):
        self.stack = stack
        self.functions = [name for name in known if name not in (PUBLISHER, *MAILERS)]
        reads = [name for name in self.functions if not known[name].keys() & WRITES]
        # Reads change nothing: once prepared, they are for good.
        self.reads = dict(zip(reads, side_by_side(lambda name: prepare(stack, name), reads)))

    def but(self, function):
        """Of all other functions."""
        names = [name for name in (*self.functions, *MAILERS) if name != function]
        ready = side_by_side(lambda name: self.reads.get(name) or prepare(self.stack, name), names)
        return dict(zip(names, ready))


def all_work(ready, meanwhile):
    """All of these succeed, though something else does not."""
    # Requests first and side by side; the mailers could take each other's mail.
    requests = [name for name in ready if name not in MAILERS]
    outcomes = dict(zip(requests, side_by_side(lambda name: ready[name].works(), requests)))
    outcomes.update((name, ready[name].works()) for name in MAILERS if name in ready)
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
        taken, = (statement for statement in self.statements if statement["Action"] == action)
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
        if (name, action) not in WITHOUT_RESERVING:
            yield from ((action, secret) for secret in (keys if action == READ_SECRET else [""]))


def try_doors(stack, operations):
    """Who is not signed in can preview an invitation, and nothing else."""
    requests = side_by_side(lambda name: Request(stack, name), operations)
    is_open = [name for name, request in zip(operations, requests) if request.is_open()]
    assert is_open == ["preview-invitation"], is_open


def try_function(stack, name, actions, everything):
    """Takes each of its permissions away, and then all of them, while every other function works."""
    role, own = Role(stack, name), prepare(stack, name)
    permissions = list(one_at_a_time(name, actions))
    for action, secret in permissions:
        one = own.again()
        with role.without(action, secret):
            if secret:
                # Who has read a secret holds it.
                stack.start_anew(name)
            assert not one.works(), f"{name} works without {action} {secret}"
    one, others = own.again(), everything.but(name)
    with role.without_any():
        assert not one.works(), f"{name} works without any permission"
        all_work(others, f"{name} fails without its permissions")
    assert own.again().works(), f"{name} does not work with all its permissions"
    return len(permissions)


def publish(stack, pack):
    """Publishes policies, as who may do that: whether it could be done."""
    command = [REPOSITORY / "infra/publish", "--stack", STACK, pack]
    done = subprocess.run(command, env=stack.env, capture_output=True, text=True)
    assert done.returncode == 0 or "AccessDenied" in done.stderr, done.stderr
    return done.returncode == 0


def try_publisher(stack, actions, everything):
    """Who publishes, as functions are tried; and while no function may do anything."""
    role, pack = Role(stack, PUBLISHER), stack.outputs["Pack"]
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


def try_without_reserving(stack, folder):
    """The same pack, but its invitations keep no seat."""
    pack = pathlib.Path(folder) / "without-reserving"
    shutil.copytree(REPOSITORY / "policies/packs" / stack.outputs["Pack"], pack)
    product = (pack / "product.toml").read_text()
    assert "reserves-seat = true" in product, "the pack keeps no seats anyway"
    (pack / "product.toml").write_text(product.replace("reserves-seat = true", "reserves-seat = false"))
    assert publish(stack, f"{pack}/"), "the changed pack is not published"
    for name, action in WITHOUT_RESERVING:
        request = Request(stack, name)
        with Role(stack, name).without(action):
            assert not request.works(), f"{name} works without {action}"
        assert request.works(), f"{name} does not work with all its permissions"


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


def try_schedule(stack):
    """What the stream did not bring, the schedule does."""
    scene = Scene(stack)
    scene.invite()
    stack.start_schedule()
    until("the schedule sends the mail", lambda: stack.mails(f"ivo-{scene.tag}@acme.example"))


def try_restored(stack, known):
    """A copy of the table, as a restore makes it: the stack moves there, and back."""
    scene = Scene(stack)
    own = stack.outputs["TableName"]
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    made = stack.db.create_table(
        TableName="restored", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})["TableDescription"]
    for page in stack.db.get_paginator("scan").paginate(TableName=own):
        for item in page["Items"]:
            stack.db.put_item(TableName="restored", Item=item)
    stack.deploy("RestoredTable=restored", f"RestoredStream={made['LatestStreamLabel']}")
    assert stack.outputs["TableName"] == "restored", stack.outputs
    check_roles(stack, known)
    scene.do("PATCH", scene.w, {"name": "After"})
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
        stack.stop_schedule()
        walk(stack)
        told("walked through, the mail from the stream")
        try_rotation(stack)
        told("keys rotated")
        try_restored(stack, known)
        told("moved to a copy of the table, and back")
        # From here on mails are sent when they are asked for.
        stack.stop_stream()
        everything = Everything(stack, known)
        try_doors(stack, everything.functions)
        told("one route is open without a token")
        functions = [*everything.functions, *MAILERS]
        tried = sum(try_function(stack, name, known[name], everything) for name in functions)
        told(f"{len(functions)} functions: {tried} permissions taken away one at a time, and all at once")
        tried = try_publisher(stack, known[PUBLISHER], everything)
        told(f"publishing: {tried} permissions taken away one at a time, and all at once")
        try_schedule(stack)
        told("the schedule sent what the stream did not")
        try_without_reserving(stack, folder)
        told(f"under other policies: {len(WITHOUT_RESERVING)} permissions taken away one at a time")
    print("shown by iam.py, which reads roles but is not IAM: the keys of requests, the sender of mails")
    print("not shown, since the emulator does not look at it: writing logs, the stream's own permissions, what")
    print("becomes of a record that fails again and again, throttling, alarms, TTL, backups, encryption")
    print("(tests/infra.rs looks at the template)")


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
