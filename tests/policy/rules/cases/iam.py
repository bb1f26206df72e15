"""Identity policies: actions, resources, patterns, inversions."""

from typing import Any

from soc2.statements import RESOURCE_POLICIES, TRUST
from tests.policy.rules.casework import Case, Templates, put

STATEMENT = ("PolicyDocument", "Statement", 0)


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """A template's resources with one policy."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return {"Policy": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": document}}}


def inline(*statements: dict[str, Any]) -> dict[str, Any]:
    """A template's resources with one role that has the policy in itself."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Statement": trust},
                "Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": list(statements)}}],
            },
        }
    }


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def invert_principal(templates: Templates, stack: str, logical_id: str) -> None:
    """The resource's policy, a role's trust or another one, lets in everybody but one."""
    kind = templates[stack]["Resources"][logical_id]["Type"]
    path = TRUST if kind == "AWS::IAM::Role" else RESOURCE_POLICIES.get(kind, ("PolicyDocument",))
    everybody_else = {"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
    put(*path, "Statement", value=[everybody_else])(templates, stack, logical_id)


BUCKET = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}}}

CASES = [
    Case(
        "SOC2-IAM-ACTION",
        passing=inline(allow(["s3:GetObject", "s3:ListBucket"], "*"), {"Effect": "Deny", "Action": "*"}),
        failing=inline(allow(["s3:GetObject", "s3:List*"], "*")),
        breaks=put(*STATEMENT, "Action", value="kms:*"),
    ),
    Case(
        "SOC2-IAM-RESOURCE",
        passing=policy(
            allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:jobs"),
            allow(["xray:PutTraceSegments", "ec2:DescribeVpcs"], "*"),
            allow("ec2:StopInstances", "*", Condition={"StringEquals": {"aws:ResourceTag/Project": "alex"}}),
        ),
        failing=policy(
            allow(["xray:PutTraceSegments", "dynamodb:Query"], "*"),
            allow("ec2:StopInstances", "*", Condition={"StringEqualsIfExists": {"aws:ResourceTag/Project": "alex"}}),
        ),
        breaks=put("PolicyDocument", "Statement", value=[allow("dynamodb:PutItem", "*")]),
    ),
    Case(
        "SOC2-IAM-RESOURCE-PATTERN",
        passing=BUCKET
        | policy(
            allow("s3:GetObject", {"Fn::Sub": "${Bucket.Arn}/*"}),
            allow("logs:PutLogEvents", {"Fn::Sub": "arn:aws:logs:us-east-1:${AWS::AccountId}:log-group:/aws/jobs:*"}),
            allow("ssm:GetParameter", "arn:aws:ssm:us-east-1:111122223333:parameter/alex/*"),
        ),
        failing=policy(allow("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:alex-*")),
        breaks=put(*STATEMENT, "Resource", value="arn:aws:s3:::*/*"),
    ),
    Case(
        "SOC2-IAM-NOT",
        passing=policy(allow("s3:GetObject", "*"), {"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"}),
        failing=inline({"Effect": "Allow", "NotAction": "iam:CreateUser", "Resource": "*"}),
        breaks=invert_principal,
    ),
]
