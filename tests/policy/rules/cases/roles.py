"""Roles as a whole."""

from typing import Any

from tests.policy.rules.cases.iam import allow, policy
from tests.policy.rules.casework import Case, Templates, put

AWS_POLICY = "arn:aws:iam::aws:policy"
LAMBDA = "lambda.amazonaws.com"


def role(**properties: Any) -> dict[str, Any]:
    """A template's resources with one role."""
    return {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}


def function(name: str, used: str) -> dict[str, Any]:
    """A function that runs with a role."""
    return {name: {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::GetAtt": [used, "Arn"]}}}}


def share_role(templates: Templates, stack: str, logical_id: str) -> None:
    """Another function runs with the same role."""
    templates[stack]["Resources"].update(function("Second", logical_id))


def bounded(statement: dict[str, Any]) -> dict[str, Any]:
    """A role with a boundary in the same template."""
    limit = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": [statement]}}}
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": LAMBDA}}]}
    policies = [f"{AWS_POLICY}/service-role/AWSLambdaBasicExecutionRole"]
    bound = {"PermissionsBoundary": {"Ref": "Limit"}, "ManagedPolicyArns": policies}
    return role(AssumeRolePolicyDocument=trust, **bound) | {"Limit": limit}


CASES = [
    Case(
        "SOC2-IAM-ADMIN",
        passing=role(ManagedPolicyArns=[f"{AWS_POLICY}/service-role/AWSLambdaBasicExecutionRole"]),
        failing=role(ManagedPolicyArns=[f"{AWS_POLICY}/SecurityAudit", f"{AWS_POLICY}/AmazonS3FullAccess"]),
        breaks=put("ManagedPolicyArns", value=[{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/PowerUserAccess"}]),
    ),
    Case(
        "SOC2-IAM-USER",
        passing=policy(allow("s3:GetObject", "arn:aws:s3:::reports/*")),
        failing={"User": {"Type": "AWS::IAM::User", "Properties": {}}},
        breaks=put("Users", value=["somebody"]),
    ),
    Case(
        "SOC2-IAM-ONE-ROLE",
        passing=role() | {"Other": role()["Role"]} | function("First", "Role") | function("Second", "Other"),
        failing=role() | function("First", "Role") | function("Second", "Role"),
        breaks=share_role,
    ),
    Case(
        "SOC2-IAM-BOUNDARY",
        passing=bounded(allow(["s3:*", "logs:*"], "*")),
        failing=bounded(allow("*", "*")),
        breaks=put("PermissionsBoundary", value=""),
    ),
]
