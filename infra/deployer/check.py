"""Compares the policies of this folder with the templates. Run by infra/lint, with the Python of cfn-lint.

1. The policies of the deployer allow what CloudFormation does for each resource of the templates (required.txt), and the
   calls of the scripts.
2. Without the boundary, no role can be made, and nobody can change the boundary or the deployer.
3. The boundary allows whatever the roles of the templates allow.
4. Each policy fits into a managed policy of IAM.
"""

import json
import pathlib
import re
import sys

from cfnlint.decode import decode

INFRA = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(INFRA))
from proof import iam  # noqa: E402

TEMPLATES = ["template.yaml", "roles.yaml", "console.yaml", "front.yaml"]
DEPLOYER = ["stack", "state", "roles", "edge"]
# Characters of a managed policy, without white space:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST = 6144
BOUNDARY = "arn:aws:iam::111122223333:policy/boundary-of-seatwise"
# What a request of CloudFormation carries, by the part of IAM that looks at it.
CONTEXT = {
    "iam:PermissionsBoundary": [BOUNDARY],
    "iam:PassedToService": ["lambda.amazonaws.com"],
    "iam:AWSServiceName": ["ops.apigateway.amazonaws.com"],
    "lambda:FunctionArn": ["arn:aws:lambda:eu-central-1:111122223333:function:seatwise-staging-run-tasks"],
}
# The calls of infra/deploy, policies, rotate, audit, console, front, smoke and restore.
OF_SCRIPTS = {
    "arn:aws:cloudformation:eu-central-1:111122223333:stack/seatwise/1a2b": [
        "cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet", "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks", "cloudformation:ExecuteChangeSet", "cloudformation:GetTemplate",
        "cloudformation:DeleteStack"],
    "arn:aws:cloudformation:eu-central-1:aws:transform/LanguageExtensions": ["cloudformation:CreateChangeSet"],
    "*": ["cloudformation:GetTemplateSummary", "cloudfront:CreateInvalidation", "cloudfront:GetInvalidation",
          "cloudwatch:DescribeAlarms"],
    "arn:aws:s3:::seatwise-artefacts-111122223333-eu-central-1": [
        "s3:CreateBucket", "s3:ListBucket", "s3:PutBucketPublicAccessBlock", "s3:DeleteBucket"],
    "arn:aws:s3:::seatwise-artefacts-111122223333-eu-central-1/functions/x": ["s3:PutObject", "s3:DeleteObject"],
    "arn:aws:s3:::seatwise-console-bucket-1a2b/console/config.json": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
    "arn:aws:iam::111122223333:role/seatwise-PublishPoliciesRole-1A2B": ["sts:AssumeRole"],
    **{f"arn:aws:secretsmanager:eu-central-1:111122223333:secret:{name}-1A2B-3C": [
        "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
       for name in ("SigningKeys", "PolicyKeys", "SealKeys", "SealPublicKeys", "LinkKeys")},
    "arn:aws:dynamodb:eu-central-1:111122223333:table/seatwise-Table-1A2B": [
        "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable"],
}
OUTSIDE = [
    ("iam:CreateRole", "arn:aws:iam::111122223333:role/seatwise-x", {}),
    ("iam:CreateRole", "arn:aws:iam::111122223333:role/seatwise-x",
     {"iam:PermissionsBoundary": ["arn:aws:iam::aws:policy/AdministratorAccess"]}),
    ("iam:PutRolePolicy", "arn:aws:iam::111122223333:role/seatwise-x", {}),
    ("iam:CreateRole", "arn:aws:iam::111122223333:role/another", CONTEXT),
    ("iam:DeleteRolePermissionsBoundary", "arn:aws:iam::111122223333:role/seatwise-x", CONTEXT),
    ("iam:PassRole", "arn:aws:iam::111122223333:role/another", CONTEXT),
    ("iam:PassRole", "arn:aws:iam::111122223333:role/seatwise-x", {"iam:PassedToService": ["ec2.amazonaws.com"]}),
    ("iam:CreatePolicyVersion", BOUNDARY, CONTEXT),
    ("iam:AttachRolePolicy", "arn:aws:iam::111122223333:role/deployer-of-seatwise", CONTEXT),
    ("iam:CreateUser", "*", CONTEXT),
    ("dynamodb:GetItem", "arn:aws:dynamodb:eu-central-1:111122223333:table/seatwise-Table-1A2B", {}),
    ("dynamodb:DeleteTable", "arn:aws:dynamodb:eu-central-1:111122223333:table/another", {}),
    ("lambda:InvokeFunction", "arn:aws:lambda:eu-central-1:111122223333:function:seatwise-join", {}),
    ("s3:GetObject", "arn:aws:s3:::another/x", {}),
    ("cloudformation:DeleteStack", "arn:aws:cloudformation:eu-central-1:111122223333:stack/another/1a2b", {}),
]

faults = []


def policy(name):
    document = json.loads((INFRA / f"deployer/{name}.json").read_text())
    if (size := len(re.sub(r"\s", "", json.dumps(document)))) > LARGEST:
        faults.append(f"{name}.json has {size} characters, and IAM allows {LARGEST}")
    return iam.statements(document)


def required():
    """The rows of required.txt, by type."""
    rows = {}
    for line in (INFRA / "deployer/required.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            kind, resource, *actions = line.split()
            rows.setdefault(kind, []).append((resource, actions))
    return rows


def granted(templates):
    """The actions that roles and managed policies of the templates allow."""
    for resource in (one for template in templates for one in template["Resources"].values()):
        if resource["Type"] in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
            properties = resource["Properties"]
            documents = [one["PolicyDocument"] for one in properties.get("Policies", [])]
            documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
            for statement in (one for document in documents for one in document["Statement"]):
                if statement["Effect"] == "Allow":
                    yield from iam.several(statement["Action"])


def parsed(name):
    template, matches = decode(str(INFRA / name))
    if matches:
        sys.exit(f"infra/{name}: {matches[0]}")
    return template


def main():
    templates = [parsed(name) for name in TEMPLATES]
    deployer = [statement for name in DEPLOYER for statement in policy(name)]
    may = lambda action, resource, context=CONTEXT: iam.allows(deployer, action, resource, context)
    rows = required()
    resources = [(id, one["Type"]) for template in templates for id, one in template["Resources"].items()]
    for kind in sorted({kind for _, kind in resources} - rows.keys()):
        faults.append(f"required.txt has no line for {kind}: add it, and what it needs to the policies")
    for kind in sorted(rows.keys() - {kind for _, kind in resources}):
        faults.append(f"required.txt has lines for {kind}, which no template has")
    for id, kind in resources:
        for resource, actions in rows.get(kind, []):
            resource = resource.replace("{id}", id)
            faults.extend(f"{kind} {id}: {one} on {resource} is not allowed" for one in actions if not may(one, resource))
    for resource, actions in OF_SCRIPTS.items():
        faults.extend(f"scripts: {one} on {resource} is not allowed" for one in actions if not may(one, resource))
    faults.extend(f"{action} on {resource} is allowed" for action, resource, context in OUTSIDE
                  if may(action, resource, context))
    faults.extend(f"the role {id} has no boundary" for template in templates for id, one in template["Resources"].items()
                  if one["Type"] == "AWS::IAM::Role" and "PermissionsBoundary" not in one["Properties"])
    bounded = iam.actions(policy("boundary"))
    faults.extend(f"boundary.json lacks {one}" for one in sorted(set(granted(templates)) - bounded))
    faults.extend(f"boundary.json allows {one}, which no role has" for one in sorted(bounded - set(granted(templates))))
    policy("restore")
    # The same problem of several resources is said once.
    sys.exit("infra/deployer:\n  " + "\n  ".join(dict.fromkeys(faults)) if faults else 0)


main()
