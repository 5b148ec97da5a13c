"""An account as README.md and ACCOUNT.md describe it: a deployer with the policies of deployer/ and no other permissions,
two stacks in two regions, a domain, and the scripts smoke, restore and front.

The emulator checks the calls of the deployer, but not what CloudFormation does in the deployer's name: for that,
deployer/check.py compares the policies with what each type of resource needs."""

import contextlib
import http.client
import json
import subprocess
import tempfile

import boto3
import botocore.exceptions

from .issuer import AUDIENCE, Issuer
from .machine import REGION, REPOSITORY, emulator
from .stack import APP_URL, MAIL_FROM, STACK, Stack
from .walk import walk

DEPLOYER = ["stack", "state", "roles", "edge"]
ELSEWHERE = "us-west-2"
STAGING = "seatwise-staging"
DOMAIN = "api.example.com"
PREVIEWS = ["https://preview.example.com", "http://localhost:5173"]
CERTIFICATE = "arn:aws:acm:{}:000000000000:certificate/1a2b"


def prove_account(report):
    with tempfile.TemporaryDirectory() as folder, emulator(folder) as (env, port):
        stack = Stack(env, port, Issuer())
        deployer, boundary = make_deployer(stack)
        stack.env = deployer
        verify_sender(env, REGION)
        stack.deploy(*parameters(stack, boundary), f"AppOrigins={','.join(PREVIEWS)}")
        # The emulator's CloudFormation does not know this property; deployer/check.py sees that each role has it.
        roles = [*stack.roles.values(), stack.nested["Gateway"]]
        for role in roles:
            stack.iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)
        walk(stack)
        report(f"deployed with the deployer's permissions; functions work within the boundary")
        report(f"the deployer cannot do {outside(stack, deployer, boundary)} things outside of the stack")
        smoke(stack)
        report("infra/smoke passes; it fails without backups, and for an origin that is not allowed")
        restore(stack)
        report("infra/restore: a drill; a copy, to which the stack moves, and from which it moves back")
        staging(stack, boundary)
        report(f"a second stack in {ELSEWHERE} shares nothing with the first, and is deleted")
        at_domain(stack)
        report("the API answers at its domain; behind infra/front, only with the key, and it knows the client's address")


def script(stack, name, *arguments, **options):
    """Runs a script; returns its output if it succeeds, and None if it fails."""
    done = subprocess.run([REPOSITORY / "infra" / name, *arguments], capture_output=True, text=True,
                          env={**stack.env, **options.pop("env", {})}, **options)
    print(done.stdout + done.stderr if done.returncode else "", end="")
    return None if done.returncode else done.stdout


def verify_sender(env, region):
    client = boto3.client("sesv2", region, endpoint_url=env["AWS_ENDPOINT_URL"], aws_access_key_id="test",
                          aws_secret_access_key="test")
    client.create_email_identity(EmailIdentity="example.com")


def parameters(stack, boundary):
    return [f"AppUrl={APP_URL}", f"JwtIssuer={stack.issuer.url}", f"JwtAudience={AUDIENCE}", f"MailFrom={MAIL_FROM}",
            "Stage=prod", "RemovalPolicy=Delete", f"PermissionsBoundary={boundary}"]


def make_deployer(stack):
    """A user with the policies of the folder; returns an environment with its keys, and the boundary."""
    def policy(name, file):
        document = (REPOSITORY / f"infra/deployer/{file}.json").read_text()
        return stack.iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]

    boundary = policy("boundary-of-seatwise", "boundary")
    stack.iam.create_user(UserName="deployer-of-seatwise")
    for name in [*DEPLOYER, "restore"]:
        stack.iam.attach_user_policy(UserName="deployer-of-seatwise", PolicyArn=policy(f"deployer-of-seatwise-{name}", name))
    key = stack.iam.create_access_key(UserName="deployer-of-seatwise")["AccessKey"]
    return {**stack.env, "AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}, boundary


def outside(stack, env, boundary):
    """Tries what the deployer must not do; returns how many things that are."""
    session = boto3.Session(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], region_name=REGION)
    client = lambda service: session.client(service, endpoint_url=env["AWS_ENDPOINT_URL"])
    iam, trust = client("iam"), json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    anything = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    tries = [
        lambda: iam.create_role(RoleName="seatwise-x", AssumeRolePolicyDocument=trust),
        lambda: iam.create_role(RoleName="another", AssumeRolePolicyDocument=trust, PermissionsBoundary=boundary),
        lambda: iam.create_policy_version(PolicyArn=boundary, PolicyDocument=anything, SetAsDefault=True),
        lambda: iam.put_user_policy(UserName="deployer-of-seatwise", PolicyName="x", PolicyDocument=anything),
        lambda: iam.delete_role_permissions_boundary(RoleName=stack.roles["join"]),
        lambda: client("lambda").invoke(FunctionName=f"{STACK}-join", Payload="{}"),
        lambda: client("dynamodb").scan(TableName=stack.outputs["TableName"]) and client("dynamodb").scan(TableName="another"),
        lambda: client("cloudformation").delete_stack(StackName="another"),
        lambda: client("s3").create_bucket(Bucket="another", CreateBucketConfiguration={"LocationConstraint": REGION}),
    ]
    for number, attempt in enumerate(tries):
        with contextlib.suppress(botocore.exceptions.ClientError):
            attempt()
            raise AssertionError(f"the deployer may do number {number} of the things outside")
    # With the boundary, a role of the stack can be made.
    iam.create_role(RoleName="seatwise-x", AssumeRolePolicyDocument=trust, PermissionsBoundary=boundary)
    iam.delete_role(RoleName="seatwise-x")
    return len(tries)


def smoke(stack):
    token = stack.issuer.token("olga")
    good = script(stack, "smoke", "--stack", STACK, env={"SEATWISE_TOKEN": token})
    for said in ("a function answers", "your token is accepted", *PREVIEWS, APP_URL):
        assert good and f"{said}" in good, good
    assert token not in good
    backups = lambda enabled: stack.db.update_continuous_backups(
        TableName=stack.outputs["TableName"], PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled})
    backups(False)
    assert not script(stack, "smoke", "--stack", STACK), "the smoke test passes without backups"
    backups(True)
    api = stack.client("apigatewayv2")
    id = stack.resources["Api"]
    cors = api.get_api(ApiId=id)["CorsConfiguration"]
    api.update_api(ApiId=id, CorsConfiguration={**cors, "AllowOrigins": ["*"]})
    assert not script(stack, "smoke", "--stack", STACK), "the smoke test passes with every origin"
    api.update_api(ApiId=id, CorsConfiguration=cors)


def restore(stack):
    own, names = stack.outputs["TableName"], lambda: stack.db.list_tables()["TableNames"]
    before = names()
    assert script(stack, "restore", "--stack", STACK, "--drill", "--dry-run"), "the dry run fails"
    assert names() == before, "a dry run has made a table"
    said = script(stack, "restore", "--stack", STACK, "--drill")
    assert said and "restored in" in said and names() == before, said
    assert script(stack, "restore", "--stack", STACK, "--at", "2026-11-29T00:00:00Z"), "no copy"
    copy, = set(names()) - set(before)
    assert copy.startswith(f"{STACK}-restored-"), copy
    assert script(stack, "restore", "--stack", STACK, "--switch", copy), "the stack does not move"
    stack.look()
    assert stack.outputs["TableName"] == copy, stack.outputs
    walk_again(stack)
    stack.deploy("RestoredTable=", "RestoredStream=")
    assert stack.outputs["TableName"] == own, stack.outputs


def walk_again(stack):
    """Olga is known, so the stack has the data of the copy."""
    assert stack.do("olga", "GET", "/v1/workspaces")["items"], "the copy is empty"


def staging(stack, boundary):
    env = {"AWS_REGION": ELSEWHERE, "AWS_DEFAULT_REGION": ELSEWHERE}
    verify_sender(stack.env, ELSEWHERE)
    assert script(stack, "deploy", "--stack", STAGING, *parameters(stack, boundary), "Stage=dev", env=env), "staging"
    assert script(stack, "smoke", "--stack", STAGING, env=env), "staging does not answer"
    cloudformation = boto3.client("cloudformation", ELSEWHERE, endpoint_url=stack.env["AWS_ENDPOINT_URL"],
                                  aws_access_key_id=stack.env["AWS_ACCESS_KEY_ID"],
                                  aws_secret_access_key=stack.env["AWS_SECRET_ACCESS_KEY"])
    described = cloudformation.describe_stacks(StackName=STAGING)["Stacks"][0]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}
    shared = {name for name in outputs.keys() - {"Pack"} if outputs[name] == stack.outputs[name]}
    assert not shared, f"the stacks share {shared}"
    cloudformation.delete_stack(StackName=STAGING)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STAGING, WaiterConfig={"Delay": 1})
    assert script(stack, "smoke", "--stack", STACK), "the first stack does not answer"


def at_domain(stack):
    stack.deploy(f"ApiDomainName={DOMAIN}", f"ApiCertificateArn={CERTIFICATE.format(REGION)}")
    assert stack.outputs["ApiUrl"] == f"https://{DOMAIN}", stack.outputs
    endpoint = stack.outputs["ApiEndpoint"].split("//")[1].split("/")[0]
    get = lambda host, path: status(stack, host, path)
    assert (get(DOMAIN, "/v1/product"), get(endpoint, "/v1/product")) == (200, 200)
    assert script(stack, "front", "--stack", STACK, f"CertificateArn={CERTIFICATE.format('us-east-1')}"), "front"
    described = stack.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    key = next(one["ParameterValue"] for one in described["Parameters"] if one["ParameterKey"] == "FrontKey")
    # Both ways are open until the DNS record has changed.
    assert (get(DOMAIN, "/v1/product"), get(DOMAIN, f"/{key}/v1/product")) == (200, 200)
    stack.deploy("ApiAccess=front")
    assert get(DOMAIN, f"/{key}/v1/product") == 200
    assert get(DOMAIN, "/v1/product") in (403, 404), "the API answers without the key"
    api = stack.client("apigatewayv2").get_api(ApiId=stack.resources["Api"])
    assert api["DisableExecuteApiEndpoint"], "the gateway's own address is open"


def status(stack, host, path):
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
    connection.request("GET", path, headers={"host": host})
    return connection.getresponse().status
