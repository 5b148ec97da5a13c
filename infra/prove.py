"""Proves the template without an account, in ministack, an emulator of AWS that runs the functions as
processes and enforces each one's role:

1. `infra/deploy` deploys template.yaml with the artefact and publishes the first policies.
2. The walk-through: sign in, create, buy, invite, the mail from the table's real stream, preview, join,
   change a role, ask to leave, approve; through the API Gateway, each function under its own role.
3. Every permission of every function is taken away, one at a time: its operation fails, another one
   does not. Then it is given back, and the operation works.
4. The stack moves to a copy of its table, as after a restore, mails included; and back to it.

What the emulator cannot show is said at the end. Started by `infra/prove`.
"""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
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

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
STACK = "seatwise-proof"
APP_URL = "https://app.example.com"
MAIL_FROM = "no-reply@example.com"
AUDIENCE = "seatwise"
REGION = "eu-central-1"
# Longest wait for something that happens by itself.
PATIENCE = 60

# What the pack that is deployed here never does.
NOT_IN_THIS_PACK = {("join", "dynamodb:Query"): "only where invitations keep no seat"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


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
        described = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        self.host = self.outputs["ApiUrl"].split("//")[1].split("/")[0]
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
        self.resources = {one["LogicalResourceId"]: one["PhysicalResourceId"]
                          for page in pages for one in page["StackResourceSummaries"]}

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
        items = self.db.scan(TableName=self.outputs["TableName"], ConsistentRead=True)["Items"]
        return [item for item in items if item["pk"]["S"].startswith("OUTBOX#")]

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
        self.stack.do(person, "POST", "/v1/join", {"token": token})
        return person, self.stack.do(person, "GET", "/v1/me")["id"]

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
    """What infra/permissions.txt says: actions by function."""
    found = {}
    for line in (REPOSITORY / "infra/permissions.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            function, action, *_ = line.split()
            found.setdefault(function, []).append(action)
    return found


class Role:
    """The role of a function (or of who publishes)."""

    def __init__(self, stack, name, policy="work"):
        self.iam, self.policy = stack.iam, policy
        pascal = "".join(word.capitalize() for word in name.split("-"))
        self.role = stack.resources[f"{pascal}Role"]
        document = self.iam.get_role_policy(RoleName=self.role, PolicyName=policy)["PolicyDocument"]
        self.statements = document["Statement"]

    def actions(self):
        listed = lambda action: [action] if isinstance(action, str) else action
        return [action for statement in self.statements for action in listed(statement["Action"])]

    def put(self, statements):
        if not statements:
            return self.iam.delete_role_policy(RoleName=self.role, PolicyName=self.policy)
        document = {"Version": "2012-10-17", "Statement": statements}
        return self.iam.put_role_policy(
            RoleName=self.role, PolicyName=self.policy, PolicyDocument=json.dumps(document))

    @contextlib.contextmanager
    def without(self, action):
        self.put([statement for statement in self.statements if statement["Action"] != action])
        yield
        self.put(self.statements)


def try_operation(stack, operation, actions):
    """Takes each permission away in turn. A refused transaction changes nothing, so that one request can
    be made again and again, until it works."""
    scene = Scene(stack)
    who, method, path, body, claims = spread(request_of(operation, scene))
    role = Role(stack, operation)
    assert sorted(role.actions()) == sorted(actions), f"{operation}: {role.actions()}"
    tried = 0
    for action in actions:
        if (operation, action) in NOT_IN_THIS_PACK:
            continue
        with role.without(action):
            status, answer = stack.call(who, method, path, body, **claims)
            assert status in (500, 503), f"{operation} without {action}: {status} {answer}"
            other = ("GET", "/v1/workspaces") if operation == "get-me" else ("GET", "/v1/me")
            scene.do(*other)
        tried += 1
    stack.do(who, method, path, body, **claims)
    return tried


def spread(request):
    who, method, path, *rest = request
    body = rest[0] if rest else None
    claims = rest[1] if len(rest) > 1 else {}
    return who, method, path, body, claims


def try_mailer(stack, operation, actions):
    """The same for the two functions that no route leads to, by invoking them. A try may get as far as to
    claim the mail, so that each has a mail of its own."""
    role = Role(stack, operation)
    assert set(actions) <= set(role.actions()), f"{operation}: {role.actions()}"

    def attempt():
        scene = Scene(stack)
        before = {item["sk"]["S"] for item in stack.outbox()}
        scene.invite()
        mail = next(item for item in stack.outbox() if item["sk"]["S"] not in before)
        record = {"eventName": "INSERT",
                  "dynamodb": {"Keys": {"pk": mail["pk"], "sk": mail["sk"]}, "SequenceNumber": "1"}}
        stack.invoke(operation, {"Records": [record]} if operation == "deliver-mail" else {})
        is_sent = bool(stack.mails(f"ivo-{scene.tag}@acme.example"))
        is_done = all(item["sk"] != mail["sk"] for item in stack.outbox())
        return is_sent and is_done

    for action in actions:
        with role.without(action):
            assert not attempt(), f"{operation} works without {action}"
    assert attempt(), f"{operation} does not work with all its permissions"
    return len(actions)


def try_publisher(stack, actions):
    """Who publishes: with no policies in the table, so that there is something to do."""
    role = Role(stack, "publish-policies", "table")
    assert sorted(role.actions()) == sorted(actions), role.actions()
    table = stack.outputs["TableName"]
    for item in stack.db.scan(TableName=table, ConsistentRead=True)["Items"]:
        if item["pk"]["S"].startswith("POLICY#"):
            stack.db.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    identity = stack.client("sts").assume_role(
        RoleArn=stack.outputs["PolicyPublishRoleArn"], RoleSessionName="proof")["Credentials"]
    env = {**stack.env, "AWS_ACCESS_KEY_ID": identity["AccessKeyId"],
           "AWS_SECRET_ACCESS_KEY": identity["SecretAccessKey"], "AWS_SESSION_TOKEN": identity["SessionToken"]}

    def publish():
        command = [os.environ["SEATWISE"], "infra", "seed", "--table", table, "--endpoint", env["AWS_ENDPOINT_URL"]]
        return subprocess.run(command, env=env, capture_output=True).returncode == 0

    for action in actions:
        with role.without(action):
            assert not publish(), f"policies are published without {action}"
    assert publish(), "policies are not published with all permissions"
    scene = Scene(stack)
    scene.do("GET", scene.w)
    return len(actions)


def try_restored(stack):
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
    scene.do("PATCH", scene.w, {"name": "After"})
    scene.invite()
    until("the mail of the restored table", lambda: stack.mails(f"ivo-{scene.tag}@acme.example"))
    stack.deploy("RestoredTable=", "RestoredStream=")
    assert stack.outputs["TableName"] == own, stack.outputs
    assert scene.do("GET", scene.w)["name"] == "Acme", "the stack's own table is as it was"


def main():
    start = time.monotonic()
    told = lambda text: print(f"{time.monotonic() - start:6.1f} s  {text}", flush=True)
    with tempfile.TemporaryDirectory() as folder, emulator(folder) as (env, port):
        told("the emulator is up")
        stack = Stack(env, port, Issuer())
        stack.client("sesv2").create_email_identity(EmailIdentity="example.com")
        stack.deploy(f"AppUrl={APP_URL}", f"JwtIssuer={stack.issuer.url}", f"JwtAudience={AUDIENCE}",
                     f"MailFrom={MAIL_FROM}", "AlarmEmail=ops@example.com", "RemovalPolicy=Delete")
        told(f"deployed: {len(stack.resources)} resources")
        walk(stack)
        told("walked through, the mail from the stream")
        known = permissions()
        # From here on mails are sent when they are asked for.
        for mapping in stack.functions.list_event_source_mappings()["EventSourceMappings"]:
            stack.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        stack.client("events").disable_rule(Name=stack.resources["SweepOutboxSchedule"])
        publisher = known.pop("publish-policies")
        mailers = {name: known.pop(name) for name in ("deliver-mail", "sweep-outbox")}
        tried = sum(try_operation(stack, name, actions) for name, actions in known.items())
        told(f"{len(known)} operations: {tried} permissions taken away one at a time")
        tried = sum(try_mailer(stack, name, actions) for name, actions in mailers.items())
        told(f"2 functions without a route: {tried} permissions taken away one at a time")
        tried = try_publisher(stack, publisher)
        told(f"publishing: {tried} permissions taken away one at a time")
        try_restored(stack)
        told("moved to a copy of the table, and back")
    for (operation, action), why in NOT_IN_THIS_PACK.items():
        print(f"not shown: {operation} needs {action} {why}")
    print("not shown, since the emulator does not look at it: LeadingKeys, the sender of mails, writing logs,")
    print("the stream's own permissions, TTL, backups and encryption (tests/infra.rs looks at the template)")


if __name__ == "__main__":
    main()
