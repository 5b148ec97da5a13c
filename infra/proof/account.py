"""An account as README.md and ACCOUNT.md describe it: a deployer with the policies of deployer/ and no other permissions,
two stacks in two regions, a domain, and the scripts smoke, restore and front.

The emulator checks the calls of the deployer, but not what CloudFormation does in the deployer's name: for that,
deployer/check.py compares the policies with what each type of resource needs."""

import http.client
import json
import os
import pathlib
import re
import shutil
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
        at_domain(stack, without_addresses(folder))
        report("the API answers at its domain; behind infra/front, only with the key")


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
    # The emulator does not see which table a restore is for.
    stack.iam.put_user_policy(UserName="deployer-of-seatwise", PolicyName="emulator", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "dynamodb:RestoreTableToPointInTime", "Resource": "*"}]}))
    key = stack.iam.create_access_key(UserName="deployer-of-seatwise")["AccessKey"]
    return {**stack.env, "AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}, boundary


def outside(stack, env, boundary):
    """Tries what the deployer must not do; returns how many things that are. The emulator does not know
    iam:PermissionsBoundary, so deployer/check.py tries the making of roles."""
    session = boto3.Session(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], region_name=REGION)
    client = lambda service: session.client(service, endpoint_url=env["AWS_ENDPOINT_URL"])
    iam = client("iam")
    anything = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    tries = [
        lambda: iam.create_policy_version(PolicyArn=boundary, PolicyDocument=anything, SetAsDefault=True),
        lambda: iam.put_user_policy(UserName="deployer-of-seatwise", PolicyName="x", PolicyDocument=anything),
        lambda: iam.delete_role_permissions_boundary(RoleName=stack.roles["join"]),
        lambda: client("lambda").invoke(FunctionName=f"{STACK}-join", Payload="{}"),
        lambda: client("dynamodb").scan(TableName="another"),
        lambda: client("cloudformation").delete_stack(StackName="another"),
        lambda: client("s3").create_bucket(Bucket="another", CreateBucketConfiguration={"LocationConstraint": REGION}),
    ]
    for number, attempt in enumerate(tries):
        try:
            attempt()
        except botocore.exceptions.ClientError as refusal:
            assert "AccessDenied" in refusal.response["Error"]["Code"], refusal
        else:
            raise AssertionError(f"the deployer may do number {number} of the things outside")
    return len(tries)


def pass_on(stack):
    """Sets what the emulator's CloudFormation does not pass on: CORS, whose properties it stores under the names of the
    template, and backups. Returns the CORS configuration."""
    api, id, answer = stack.client("apigatewayv2"), stack.resources["Api"], {}
    api.meta.events.register("after-call.apigatewayv2.GetApi",
                             lambda http_response, **_: answer.update(json.loads(http_response.content)))
    api.get_api(ApiId=id)
    cors = {name: int(value) if name == "MaxAge" else value for name, value in answer["corsConfiguration"].items()}
    assert cors["AllowOrigins"] == [APP_URL, *PREVIEWS], cors
    api.update_api(ApiId=id, CorsConfiguration=cors)
    set_backups(stack, True)
    return cors


def set_backups(stack, enabled):
    stack.db.update_continuous_backups(TableName=stack.outputs["TableName"],
                                       PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled})


def smoke(stack):
    cors = pass_on(stack)
    token = stack.issuer.token("olga")
    good = script(stack, "smoke", "--stack", STACK, env={"SEATWISE_TOKEN": token})
    for said in ("a function answers", "your token is accepted", *PREVIEWS, APP_URL):
        assert good and f"{said}" in good, good
    assert token not in good
    set_backups(stack, False)
    assert not script(stack, "smoke", "--stack", STACK), "the smoke test passes without backups"
    set_backups(stack, True)
    api, id = stack.client("apigatewayv2"), stack.resources["Api"]
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
    cloudformation = boto3.client("cloudformation", ELSEWHERE, endpoint_url=stack.env["AWS_ENDPOINT_URL"],
                                  aws_access_key_id=stack.env["AWS_ACCESS_KEY_ID"],
                                  aws_secret_access_key=stack.env["AWS_SECRET_ACCESS_KEY"])
    described = cloudformation.describe_stacks(StackName=STAGING)["Stacks"][0]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}
    assert status(stack, outputs["ApiUrl"].split("//")[1].split("/")[0], "/v1/product") == 200, "staging does not answer"
    shared = {name for name in outputs.keys() - {"Pack"} if outputs[name] == stack.outputs[name]}
    assert not shared, f"the stacks share {shared}"
    cloudformation.delete_stack(StackName=STAGING)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STAGING, WaiterConfig={"Delay": 1})
    assert script(stack, "smoke", "--stack", STACK), "the first stack does not answer"


def without_addresses(folder):
    """The emulator does not know AWS::WAFv2::IPSet. Returns a folder with an `aws` that deploys front.yaml without it."""
    template, tools = (REPOSITORY / "infra/front.yaml").read_text(), pathlib.Path(folder, "tools")
    template, rules = re.subn(r"        - !If\n          - HasBackends\n.*?\n          - !Ref AWS::NoValue\n", "", template,
                              flags=re.DOTALL)
    template, sets = re.subn(r"\n  BackendAddresses:\n.*", "", template, flags=re.DOTALL)
    assert (rules, sets) == (1, 1), "front.yaml has another form"
    tools.mkdir()
    (tools / "front.yaml").write_text(template)
    aws = tools / "aws"
    aws.write_text(f'#!/bin/bash\nexec {shutil.which("aws")} "${{@/#infra\\/front.yaml/{tools}/front.yaml}}"\n')
    aws.chmod(0o755)
    return tools


def at_domain(stack, tools):
    stack.deploy(f"ApiDomainName={DOMAIN}", f"ApiCertificateArn={CERTIFICATE.format(REGION)}")
    assert stack.outputs["ApiUrl"] == f"https://{DOMAIN}", stack.outputs
    endpoint = stack.outputs["ApiEndpoint"].split("//")[1].split("/")[0]
    get = lambda host, path: status(stack, host, path)
    assert (get(DOMAIN, "/v1/product"), get(endpoint, "/v1/product")) == (200, 200)
    front = script(stack, "front", "--stack", STACK, f"CertificateArn={CERTIFICATE.format('us-east-1')}",
                   env={"PATH": f"{tools}:{os.environ['PATH']}"})
    assert front and "infra/deploy --stack seatwise-proof ApiAccess=front" in front, front
    described = stack.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    key = next(one["ParameterValue"] for one in described["Parameters"] if one["ParameterKey"] == "FrontKey")
    # Both ways are open until the DNS record has changed.
    assert (get(DOMAIN, "/v1/product"), get(DOMAIN, f"/{key}/v1/product")) == (200, 200)
    stack.deploy("ApiAccess=front")
    assert get(DOMAIN, f"/{key}/v1/product") == 200
    assert get(DOMAIN, "/v1/product") in (403, 404), "the API answers without the key"
    api = stack.client("apigatewayv2").get_api(ApiId=stack.resources["Api"])
    assert api["DisableExecuteApiEndpoint"], "the gateway's own address is open"
    # The emulator does not hand variables of the stage to functions; functions/src/request.rs tests what they do with it.
    stage = stack.client("apigatewayv2").get_stage(ApiId=stack.resources["Api"], StageName="$default")
    assert stage["StageVariables"] == {"front": "cloudfront"}, stage


def status(stack, host, path):
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
    connection.request("GET", path, headers={"host": host})
    return connection.getresponse().status
