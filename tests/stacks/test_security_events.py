"""What the trail tells and a person must hear of: each filter of the template over events of CloudTrail's shape."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from settings import ENVIRONMENTS, load
from tests.stacks.filter_patterns import PatternError, matches

FILTER, ALARM = "AWS::Logs::MetricFilter", "AWS::CloudWatch::Alarm"


def call(source: str, name: str, **more: Any) -> dict[str, Any]:
    """An API call as CloudTrail records it, by a role's session."""
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE:deploy",
            "arn": "arn:aws:sts::111122223333:assumed-role/Deploy/deploy",
            "accountId": "111122223333",
            "sessionContext": {"attributes": {"mfaAuthenticated": "true"}},
        },
        "eventTime": "2026-11-21T10:00:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.31",
        "requestParameters": None,
        "responseElements": None,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "111122223333",
        **more,
    }


ROOT = {"type": "Root", "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333"}
PERSON = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ops", "userName": "ops"}


def sign_in(result: str, mfa: str, user: dict[str, Any] = PERSON, **more: Any) -> dict[str, Any]:
    """A sign-in to the console."""
    return call(
        "signin",
        "ConsoleLogin",
        userIdentity=user,
        eventType="AwsConsoleSignIn",
        responseElements={"ConsoleLogin": result},
        additionalEventData={"MFAUsed": mfa, "MobileVersion": "No"},
        **more,
    )


REFUSED_PASSWORD = sign_in("Failure", "No", errorMessage="Failed authentication")
# Filter -> events that it must count, and events that look like them and must not be counted.
CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "root-use": (
        [call("iam", "CreateAccessKey", userIdentity=ROOT), sign_in("Success", "Yes", ROOT)],
        [
            call("kms", "CreateGrant", userIdentity={**ROOT, "invokedBy": "rds.amazonaws.com"}),
            call("kms", "RotateKey", userIdentity=ROOT, eventType="AwsServiceEvent"),
            call("iam", "CreateAccessKey"),
        ],
    ),
    "sign-in-without-mfa": (
        [sign_in("Success", "No")],
        [sign_in("Success", "Yes"), sign_in("Failure", "No"), sign_in("Success", "No", {"type": "AssumedRole"})],
    ),
    "sign-in-failures": ([REFUSED_PASSWORD], [sign_in("Success", "Yes"), sign_in("Failure", "No", errorMessage="x")]),
    "unauthorised-calls": (
        [
            call("s3", "GetObject", errorCode="AccessDenied"),
            call("sts", "AssumeRole", errorCode="AccessDeniedException"),
            call("ec2", "RunInstances", errorCode="Client.UnauthorizedOperation"),
        ],
        [call("ec2", "RunInstances", errorCode="Client.RequestLimitExceeded"), call("s3", "GetObject")],
    ),
    "iam-policy-changes": (
        [call("iam", "PutRolePolicy"), call("iam", "CreatePolicyVersion"), call("iam", "AttachUserPolicy")],
        [call("iam", "GetRolePolicy"), call("organizations", "CreatePolicy"), call("iam", "CreateRole")],
    ),
    "bucket-policy-changes": (
        [call("s3", "PutBucketPolicy"), call("s3", "DeleteBucketLifecycle")],
        [call("s3", "GetBucketPolicy"), call("s3", "PutObject")],
    ),
    "organization-changes": (
        [call("organizations", "LeaveOrganization"), call("organizations", "DetachPolicy")],
        [call("iam", "DeletePolicy"), call("organizations", "DescribeOrganization")],
    ),
    "trail-changes": (
        [call("cloudtrail", "StopLogging"), call("cloudtrail", "UpdateTrail")],
        [call("cloudtrail", "LookupEvents"), call("cloudtrail", "GetTrailStatus")],
    ),
    "config-changes": (
        [call("config", "StopConfigurationRecorder"), call("config", "DeleteDeliveryChannel")],
        [call("config", "DescribeDeliveryChannels"), call("config", "PutConfigRule")],
    ),
    "log-changes": (
        [
            call("logs", "DeleteDataProtectionPolicy"),
            call("logs", "DeleteSubscriptionFilter"),
            call("s3", "PutBucketObjectLockConfiguration"),
        ],
        [call("logs", "PutLogEvents"), call("logs", "CreateLogStream"), call("logs", "GetDataProtectionPolicy")],
    ),
    "key-loss": (
        [call("kms", "ScheduleKeyDeletion"), call("kms", "DisableKey")],
        [call("kms", "DisableKeyRotation"), call("kms", "CancelKeyDeletion")],
    ),
    "key-changes": (
        [call("kms", "PutKeyPolicy"), call("kms", "DisableKeyRotation")],
        [call("kms", "GetKeyPolicy"), call("kms", "Decrypt")],
    ),
    "security-group-changes": (
        [call("ec2", "AuthorizeSecurityGroupIngress"), call("ec2", "DeleteSecurityGroup")],
        [call("ec2", "DescribeSecurityGroups"), call("ec2", "CreateNetworkAclEntry")],
    ),
    "network-acl-changes": (
        [call("ec2", "ReplaceNetworkAclEntry"), call("ec2", "CreateNetworkAcl")],
        [call("ec2", "DescribeNetworkAcls"), call("ec2", "CreateSecurityGroup")],
    ),
    "gateway-changes": (
        [call("ec2", "AttachInternetGateway"), call("ec2", "CreateCustomerGateway")],
        [call("ec2", "CreateNatGateway"), call("ec2", "DescribeInternetGateways")],
    ),
    "route-changes": (
        [call("ec2", "CreateRoute"), call("ec2", "DisassociateRouteTable")],
        [call("appmesh", "CreateRoute"), call("ec2", "DescribeRouteTables")],
    ),
    "vpc-changes": (
        [call("ec2", "CreateVpcPeeringConnection"), call("ec2", "DeleteVpc")],
        [call("ec2", "CreateVpcEndpoint"), call("ec2", "DescribeVpcs")],
    ),
}  # fmt: skip


def _filters(made: Any, environment: str) -> dict[str, dict[str, Any]]:
    """The filters over the trail, by what they count."""
    found = made.of_type(FILTER, "Compliance").values()
    prefix = f"alex-{environment}-security-"
    return {f["MetricTransformations"][0]["MetricName"].removeprefix(prefix): f for f in found}


def test_every_filter_has_its_cases(assembly: Callable[[str], Any]) -> None:
    """COMP-02: a filter that nobody has seen count may never count."""
    assert set(_filters(assembly("prod"), "prod")) == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_filter_counts_what_it_is_for_and_nothing_beside(name: str, assembly: Callable[[str], Any]) -> None:
    """COMP-02, IAM-03: root's use, a sign-in without second factor, refused calls, changed policies and keys."""
    pattern = _filters(assembly("prod"), "prod")[name]["FilterPattern"]
    assert len(pattern) <= 1024, "CloudWatch Logs takes no longer one"
    counted, passed_by = CASES[name]
    for event in counted:
        assert matches(pattern, event), f"{event['eventName']} must count"
    for event in passed_by:
        assert not matches(pattern, event), f"{event['eventName']} must not count"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_filter_has_an_alarm_with_a_runbook(environment: str, assembly: Callable[[str], Any]) -> None:
    """COMP-02, OBS-17: a count that nobody is told of is a chart, not a guard."""
    made, watched = assembly(environment), load(environment).singletons.trail == "create"
    filters = _filters(made, environment)
    assert bool(filters) is watched, "an adopted trail without a named log group is watched where it is"
    alarms = {p["MetricName"]: p for p in made.of_type(ALARM, "Compliance").values() if "MetricName" in p}
    for name, filter_ in filters.items():
        assert "TrailLog" in str(filter_["LogGroupName"])
        [counted] = filter_["MetricTransformations"]
        assert counted["MetricValue"] == "1"
        alarm = alarms[f"alex-{environment}-security-{name}"]
        assert (alarm["Namespace"], alarm["Statistic"], alarm["Period"]) == (counted["MetricNamespace"], "Sum", 300)
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        assert alarm["Threshold"] == {"sign-in-failures": 2, "unauthorised-calls": 5}.get(name, 0), name
        assert alarm["AlarmActions"]
        assert "/security-" in alarm["AlarmDescription"]


def test_an_adopted_trail_is_watched_through_its_log_group(cdk_context: Any, stub_bundles: Any, tmp_path: Path) -> None:
    """COMP-02: the account's trail is often an organisation's; its events alarm here all the same."""
    from aws_cdk import App
    from aws_cdk.assertions import Template

    from stacks.compliance import ComplianceStack

    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("singletons: {trail: adopt, trail_log_group: aws-controltower/CloudTrailLogs}\n")
    stack = ComplianceStack(
        App(context=cdk_context), "Compliance", settings=load("prod", overlay), bundles=stub_bundles
    )
    filters = Template.from_stack(stack).find_resources(FILTER)
    assert len(filters) == len(CASES)
    assert {f["Properties"]["LogGroupName"] for f in filters.values()} == {"aws-controltower/CloudTrailLogs"}


@pytest.mark.parametrize(
    "pattern", ['{ $.a = "b" && }', "{ ($.a = b }", "$.a = b", '{ $.a > 3 }', "{ $.a = b c }", '{ $.b != "x" }']
)  # fmt: skip
def test_the_evaluator_refuses_what_it_does_not_know(pattern: str) -> None:
    """A pattern that is read wrongly would make the tests above say anything."""
    with pytest.raises(PatternError):
        matches(pattern, {"a": "b"})
