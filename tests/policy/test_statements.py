"""Policy statements: what counts as a named resource, and which conditions limit.

An ARN taken for a name would let a whole service through as least privilege (IAM-05); the opposite would bury real
findings under false ones.
"""

from typing import Any

import pytest

from soc2.arns import is_everything, names_one
from soc2.assembly import Assembly
from soc2.judge import evaluate
from soc2.rule import RULES, Status
from soc2.rules.iam import limited, unscoped_actions
from soc2.statements import Statement
from soc2.values import Undecided, Unknown
from tests.policy.rules.cases.iam import allow, policy
from tests.policy.rules.casework import judge

NAMED = (
    "${Bucket.Arn}/*",
    "arn:${AWS::Partition}:logs:us-east-1:${AWS::AccountId}:log-group:/aws/jobs:*",
    "arn:aws:apigateway:us-east-1::/restapis/a1b2/*",
    "arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:*:autoScalingGroupName/workers",
    "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-5-5",
    "arn:aws:dynamodb:us-east-1:111122223333:table/orders/index/*",
    "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/web/*",
    "arn:aws:execute-api:us-east-1:111122223333:${Api}/*/GET/orders",
    "arn:aws:iam::*:role/aws-service-role/ecs.amazonaws.com/*",
    "arn:aws:lambda:us-east-1:111122223333:function:worker:*",
    "arn:aws:s3:::reports/2026/*",
    "arn:aws:s3:us-east-1:111122223333:accesspoint/reports/object/*",
    "arn:aws:secretsmanager:us-east-1:111122223333:secret:alex/database-??????",
    "arn:aws:ssm:us-east-1:111122223333:parameter/alex/*",
)
UNNAMED = (
    "${Bucket.Arn}*",
    "arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:*:autoScalingGroupName/*",
    "arn:aws:ec2:*:*:*/*",
    "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/*",
    "arn:aws:execute-api:us-east-1:111122223333:*",
    "arn:aws:iam::111122223333:role/alex/*",
    "arn:aws:lambda:us-east-1:*:function:worker",
    "arn:aws:lambda:us-east-1:111122223333:function:alex-*",
    "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::reports-*/x",
    "arn:aws:s3:us-east-1:111122223333:accesspoint/*",
    "arn:aws:secretsmanager:us-east-1:111122223333:secret:alex/*",
    "arn:aws:sqs:us-east-1:111122223333:job?",
    "reports/*",
)


@pytest.mark.parametrize("arn", NAMED)
def test_wildcards_within_a_named_resource_are_fine(arn: str) -> None:
    """What is within it belongs to it."""
    assert names_one(arn)


@pytest.mark.parametrize("arn", UNNAMED)
def test_a_pattern_is_no_name(arn: str) -> None:
    """It covers resources that nobody decided about."""
    assert not names_one(arn)


@pytest.mark.parametrize("text", ["*", "**", "arn:*", "arn:aws:*:*:*:*", "arn:aws:*"])
def test_some_texts_let_through_anything(text: str) -> None:
    """In a condition they limit nothing, as a resource they name nothing."""
    assert is_everything(text)
    assert not is_everything("arn:aws:s3:::reports")


def conditioned(operator: str, key: str, value: Any) -> Statement:
    """A statement under one condition."""
    return Statement(allow("ec2:StopInstances", "*", Condition={operator: {key: value}}), "")


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringEquals", "aws:ResourceTag/Project", "alex"),
        ("StringEquals", "EC2:ResourceTag/Project", ["alex"]),
        ("ForAnyValue:StringLike", "kms:ResourceAliases", "alias/alex-*"),
        ("ArnLike", "ec2:Vpc", "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1"),
    ],
)
def test_a_condition_that_demands_a_resource_limits(operator: str, key: str, value: Any) -> None:
    """It is refused for a request about any other."""
    assert limited(conditioned(operator, key, value))


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringEqualsIfExists", "aws:ResourceTag/Project", "alex"),
        ("ForAllValues:StringEquals", "kms:ResourceAliases", "alias/alex"),
        ("StringNotEquals", "aws:ResourceTag/Project", "alex"),
        ("Null", "aws:ResourceTag/Project", "false"),
        ("StringLike", "aws:ResourceTag/Project", "*"),
        ("StringEquals", "aws:ResourceTag/Project", []),
        ("StringEquals", "aws:ResourceAccount", "111122223333"),
        ("StringEquals", "aws:RequestTag/Project", "alex"),
    ],
)
def test_a_condition_that_others_meet_too_does_not(operator: str, key: str, value: Any) -> None:
    """It also holds where the key is missing, for any value, or for all resources of the account."""
    assert not limited(conditioned(operator, key, value))


def test_an_open_condition_is_undecided() -> None:
    """Whoever deploys it decides."""
    with pytest.raises(Undecided):
        limited(conditioned("StringEquals", "aws:ResourceTag/Project", Unknown("a parameter")))


def test_the_list_of_aws_is_read() -> None:
    """Both directions of it: what can be granted on * only, and what cannot."""
    assert {"ec2:describevpcs", "xray:puttracesegments"} <= unscoped_actions()
    assert not {"kms:decrypt", "ec2:createnetworkinterface"} & unscoped_actions()


def test_a_policy_written_as_text_is_read_as_well() -> None:
    """CloudFormation takes JSON as text, and so does an attacker."""
    resources = policy()
    resources["Policy"]["Properties"]["PolicyDocument"] = '{"Statement": {"Effect": "Allow", "Action": "s3:*"}}'
    assert [result.status for result in judge("SOC2-IAM-ACTION", resources)] == [Status.NON_COMPLIANT]
    resources["Policy"]["Properties"]["PolicyDocument"] = "no JSON"
    assert [result.status for result in judge("SOC2-IAM-ACTION", resources)] == [Status.UNDECIDED]


def test_a_sure_finding_does_not_hide_an_open_one() -> None:
    """Accepting the finding would otherwise accept whatever the parameter brings."""
    resources = policy(allow(["s3:*", {"Ref": "Open"}], "*"))
    [result] = judge("SOC2-IAM-ACTION", resources, Parameters={"Open": {"Type": "String"}})
    assert [broken.detail for broken in result.broken] == ["Action::s3:*", "Undecided"]


def boundary(**role: Any) -> dict[str, Any]:
    """Resources with a managed policy that allows everything, and a role."""
    managed = policy(allow("*", "*"))["Policy"] | {"Type": "AWS::IAM::ManagedPolicy"}
    return {"Limit": managed, "Role": {"Type": "AWS::IAM::Role", "Properties": role}}


def test_a_boundary_is_not_judged_as_a_grant() -> None:
    """It gives nothing; as soon as somebody has it as a policy, it does."""
    for rule_id in ("SOC2-IAM-ACTION", "SOC2-IAM-RESOURCE", "SOC2-IAM-NOT", "SOC2-IAM-SECRETS", "SOC2-BEDROCK-MODEL"):
        limit = {"Ref": "Limit"}
        for role, status in (
            ({"PermissionsBoundary": limit}, Status.NOT_APPLICABLE),
            ({"PermissionsBoundary": limit, "ManagedPolicyArns": [limit]}, None),
            ({"PermissionsBoundary": limit, "ManagedPolicyArns": [{"Ref": "Open"}]}, Status.UNDECIDED),
        ):
            template = {"Resources": boundary(**role), "Parameters": {"Open": {"Type": "String"}}}
            results = evaluate(Assembly({"Stack": template}), [RULES[rule_id]], strict=True)
            [found] = [result.status for result in results if result.logical_id == "Limit"]
            expected = Status.COMPLIANT if rule_id == "SOC2-IAM-NOT" else Status.NON_COMPLIANT
            assert found == (status or expected), (rule_id, role)
