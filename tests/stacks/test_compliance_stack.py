"""The audit baseline: what is recorded, and who hears of it (SYS-14)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from settings import ENVIRONMENTS, load

ALL_ENVIRONMENTS = pytest.mark.parametrize("environment", ENVIRONMENTS)


@ALL_ENVIRONMENTS
def test_the_trail_covers_every_region_and_its_files_prove_themselves(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """COMP-02: an intruder would work in a region that nobody watches, and edit the log afterwards."""
    trails = list(assembly(environment).of_type("AWS::CloudTrail::Trail").values())
    assert len(trails) == (1 if load(environment).singletons.trail == "create" else 0)
    for trail in trails:
        assert trail["IsMultiRegionTrail"] is True
        assert trail["EnableLogFileValidation"] is True
        assert trail["IsLogging"] is True
        assert trail["IncludeGlobalServiceEvents"] is True
        assert {s["InsightType"] for s in trail["InsightSelectors"]} == {"ApiCallRateInsight", "ApiErrorRateInsight"}
        assert "Key" in str(trail["KMSKeyId"])


@pytest.mark.parametrize(("environment", "mode", "days"), [("prod", "COMPLIANCE", 2557), ("dev", "GOVERNANCE", 365)])
def test_audit_records_are_locked(environment: str, mode: str, days: int, assembly: Callable[[str], Any]) -> None:
    """COMP-16: seven years in production, and not even root may shorten them."""
    [archive] = [
        p for w, p in assembly(environment).of_type("AWS::S3::Bucket", "Compliance").items() if "/Archive" in w
    ]
    assert archive["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {"Mode": mode, "Days": days}


@ALL_ENVIRONMENTS
def test_threats_are_reported_within_fifteen_minutes(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-21: the default is six hours."""
    [detector] = assembly(environment).of_type("AWS::GuardDuty::Detector").values()
    assert detector["FindingPublishingFrequency"] == "FIFTEEN_MINUTES"
    assert detector["Enable"] is True


@ALL_ENVIRONMENTS
def test_a_person_hears_of_what_matters(environment: str, assembly: Callable[[str], Any]) -> None:
    """COMP-05: threats, findings, broken rules and any use of the root user."""
    rules = assembly(environment).of_type("AWS::Events::Rule", "Compliance")
    patterns = str([rule["EventPattern"] for rule in rules.values()])
    assert all(word in patterns for word in ("aws.guardduty", "aws.securityhub", "NON_COMPLIANT", "'Root'"))
    for where, rule in rules.items():
        [target] = rule["Targets"]
        # Violations come in crowds: their count pages, each one is written down.
        assert ("Notices" if "RuleBroken" in where else "Alerts") in str(target["Arn"]), where
        assert "Undelivered" in str(target["DeadLetterConfig"]), where


@ALL_ENVIRONMENTS
def test_violations_are_counted_and_page_once(environment: str, assembly: Callable[[str], Any]) -> None:
    """COMP-07: a hundred resources that break a rule after one change are one page, with each of them written down."""
    deployed = assembly(environment)
    alarms = {a["AlarmName"]: a for a in deployed.of_type("AWS::CloudWatch::Alarm", "Compliance").values()}
    counted = alarms[f"alex-{environment}-compliance-violations"]
    rules = deployed.templates["Compliance"]["Resources"]
    [dimension] = counted["Dimensions"]
    assert dimension["Name"] == "RuleName"
    assert "NON_COMPLIANT" in str(rules[dimension["Value"]["Ref"]]["Properties"]["EventPattern"])
    assert (counted["Namespace"], counted["MetricName"], counted["Statistic"]) == (
        "AWS/Events",
        "TriggeredRules",
        "Sum",
    )
    assert counted["Threshold"] == load(environment).alarms.violations
    assert "Notices" in str(counted["AlarmActions"])
    [page] = deployed.of_type("AWS::CloudWatch::CompositeAlarm", "Compliance").values()
    assert "compliance-violations" in page["AlarmRule"]
    assert "Alerts" in str(page["AlarmActions"])


@ALL_ENVIRONMENTS
def test_security_topics_are_encrypted_and_their_own(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-21: a security account hears of its findings without the platform's topics or keys."""
    topics = assembly(environment).of_type("AWS::SNS::Topic", "Compliance")
    assert len(topics) == 2
    assert all("Key" in str(topic["KmsMasterKeyId"]) for topic in topics.values())


def test_the_stack_stands_alone(assembly: Callable[[str], Any]) -> None:
    """It can be deployed to a security account: nothing is imported from, or exported to, the application's stacks."""
    templates = assembly("prod").templates
    assert "Fn::ImportValue" not in str(templates["Compliance"])
    assert "Alex-prod-Compliance" not in str([t for name, t in templates.items() if name != "Compliance"])


def test_what_an_account_has_only_once_can_be_adopted(cdk_context: Any, tmp_path: Path) -> None:
    """Creating a second detector or recorder fails the whole deployment of an account that has one."""
    from aws_cdk import App
    from aws_cdk.assertions import Template

    from stacks.compliance import ComplianceStack

    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("singletons: {trail: adopt, guardduty: adopt, config_recorder: adopt, security_hub: adopt}\n")
    stack = ComplianceStack(App(context=cdk_context), "Compliance", settings=load("prod", overlay))
    template = Template.from_stack(stack).to_json()
    types = {resource["Type"] for resource in template["Resources"].values()}
    once = {
        "AWS::CloudTrail::Trail", "AWS::GuardDuty::Detector", "AWS::Config::ConfigurationRecorder",
        "AWS::Config::DeliveryChannel", "AWS::SecurityHub::Hub", "AWS::SecurityHub::Standard",
    }  # fmt: skip
    assert not types & once
    assert "AWS::Config::ConfigRule" in types
    assert "AWS::Events::Rule" in types


def test_the_trail_may_look_at_its_key(assembly: Callable[[str], Any]) -> None:
    """COMP-02: describing a key has no encryption context; under that condition the trail could not be created."""
    [key] = assembly("prod").of_type("AWS::KMS::Key", "Compliance").values()
    trail = {
        str(s["Action"]): set(s["Condition"])
        for s in key["KeyPolicy"]["Statement"]
        if s["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
    }
    assert trail == {"kms:GenerateDataKey*": {"StringLike"}, "kms:DescribeKey": {"ArnLike"}}


@ALL_ENVIRONMENTS
def test_global_resources_are_recorded_by_one_region(environment: str, assembly: Callable[[str], Any]) -> None:
    """COMP-04, COST-01: IAM recorded in two regions is billed and reported twice."""
    [recorder] = assembly(environment).of_type("AWS::Config::ConfigurationRecorder").values()
    assert recorder["RecordingGroup"]["IncludeGlobalResourceTypes"] is (environment != "prod-dr")


def test_the_root_alarm_means_a_person(assembly: Callable[[str], Any]) -> None:
    """COMP-05: AWS's own services act as root too; an alarm that cries at them is muted, and then misses the thief."""
    rules = assembly("prod").of_type("AWS::Events::Rule", "Compliance")
    [root] = [rule["EventPattern"]["detail"] for where, rule in rules.items() if "RootUsed" in where]
    assert root == {
        "userIdentity": {"type": ["Root"], "invokedBy": [{"exists": False}]},
        "eventType": [{"anything-but": ["AwsServiceEvent"]}],
    }


def test_config_history_is_not_locked(assembly: Callable[[str], Any]) -> None:
    """COMP-03: AWS Config cannot deliver to a bucket whose objects are locked by default; it would record nothing."""
    [history] = [p for w, p in assembly("prod").of_type("AWS::S3::Bucket", "Compliance").items() if "History" in w]
    assert "ObjectLockConfiguration" not in history
