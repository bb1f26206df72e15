"""What looks for threats, personal data, weak settings and access from outside (SEC-05, SEC-20, COMP-04, IAM-09)."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from settings import ENVIRONMENTS, load
from tests.stacks.test_compliance_stack import synthesised

ALL_ENVIRONMENTS = pytest.mark.parametrize("environment", ENVIRONMENTS)


@ALL_ENVIRONMENTS
def test_threats_are_reported_within_fifteen_minutes(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-05: the default is six hours, and an intruder needs one."""
    [detector] = assembly(environment).of_type("AWS::GuardDuty::Detector").values()
    assert detector["FindingPublishingFrequency"] == "FIFTEEN_MINUTES"
    assert detector["Enable"] is True
    assert {one["Name"]: one["Status"] for one in detector["Features"]} == dict.fromkeys(
        (
            "S3_DATA_EVENTS",
            "EKS_AUDIT_LOGS",
            "EBS_MALWARE_PROTECTION",
            "RDS_LOGIN_EVENTS",
            "LAMBDA_NETWORK_LOGS",
        ),
        "ENABLED",
    )


def test_the_agent_on_machines_is_a_setting(cdk_context: Any, stub_bundles: Any, tmp_path: Path) -> None:
    """SEC-05: without machines it only costs; with them GuardDuty installs and updates it."""
    made = synthesised("compliance: {runtime_monitoring: true}\n", tmp_path, cdk_context, stub_bundles)["Resources"]
    [detector] = [r["Properties"] for r in made.values() if r["Type"] == "AWS::GuardDuty::Detector"]
    [runtime] = [one for one in detector["Features"] if one["Name"] == "RUNTIME_MONITORING"]
    assert len(runtime["AdditionalConfiguration"]) == 3
    assert {one["Status"] for one in runtime["AdditionalConfiguration"]} == {"ENABLED"}


@ALL_ENVIRONMENTS
def test_the_hub_checks_cis_and_best_practices(environment: str, assembly: Callable[[str], Any]) -> None:
    """COMP-04: the newest benchmark that Security Hub has, and no older one beside it that fails the same twice."""
    made = assembly(environment)
    region = load(environment).region
    named = [str(one["StandardsArn"]) for one in made.of_type("AWS::SecurityHub::Standard").values()]
    for standard in (
        f"securityhub:{region}::standards/cis-aws-foundations-benchmark/v/5.0.0",
        f"securityhub:{region}::standards/aws-foundational-security-best-practices/v/1.0.0",
    ):
        assert sum(standard in one for one in named) == 1
    assert len(named) == 2


def test_findings_of_both_regions_are_seen_in_one_place(assembly: Callable[[str], Any]) -> None:
    """COMP-04: nobody looks into the recovery region's console."""
    [aggregator] = assembly("prod").of_type("AWS::SecurityHub::FindingAggregator").values()
    assert aggregator == {"RegionLinkingMode": "SPECIFIED_REGIONS", "Regions": [load("prod-dr").region]}
    assert not assembly("prod-dr").of_type("AWS::SecurityHub::FindingAggregator")


@ALL_ENVIRONMENTS
def test_access_from_outside_and_unused_rights_are_looked_for(environment: str, assembly: Callable[[str], Any]) -> None:
    """IAM-09: a role that some other account may assume, and a right that nobody has used for a quarter."""
    chosen, days = load(environment).singletons, load(environment).compliance.unused_access_days
    found = {one["Type"]: one for one in assembly(environment).of_type("AWS::AccessAnalyzer::Analyzer").values()}
    assert ("ACCOUNT" in found) is (chosen.access_analyzer == "create")
    assert ("ACCOUNT_UNUSED_ACCESS" in found) is (chosen.access_analyzer_unused == "create")
    assert days == 90
    if unused := found.get("ACCOUNT_UNUSED_ACCESS"):
        assert unused["AnalyzerConfiguration"] == {"UnusedAccessConfiguration": {"UnusedAccessAge": days}}


def _fits(given: Any, shape: Any, at: str = "") -> None:
    """Whether ``given`` is a value of an API's shape; the scheduler spells names in PascalCase."""
    if shape.type_name == "structure":
        assert isinstance(given, Mapping), at
        members = {name[0].upper() + name[1:]: member for name, member in shape.members.items()}
        assert set(given) <= set(members), at
        assert {name[0].upper() + name[1:] for name in shape.required_members} <= set(given), at
        for name, value in given.items():
            _fits(value, members[name], f"{at}.{name}")
    elif shape.type_name == "list":
        for value in given:
            _fits(value, shape.member, at)
    elif getattr(shape, "enum", None):
        assert given in shape.enum, at


def test_buckets_with_client_data_are_searched_every_week(assembly: Callable[[str], Any]) -> None:
    """SEC-20: a job that names its buckets misses the next one; a job that Macie refuses finds nothing at all."""
    made = assembly("prod")
    [session] = made.of_type("AWS::Macie::Session").values()
    assert session["Status"] == "ENABLED"
    [schedule] = [s for w, s in made.of_type("AWS::Scheduler::Schedule").items() if "PersonalData" in w]
    assert schedule["ScheduleExpression"] == "cron(0 3 ? * SUN *)"
    assert load("prod").compliance.macie_every == "week"
    target = schedule["Target"]
    assert "aws-sdk:macie2:createClassificationJob" in str(target["Arn"])
    assert "Undelivered" in str(target["DeadLetterConfig"])
    parts = target["Input"]["Fn::Join"][1]
    job = json.loads("".join(part if isinstance(part, str) else "id" for part in parts))
    _fits(
        job,
        botocore.session.get_session()
        .get_service_model("macie2")
        .operation_model("CreateClassificationJob")
        .input_shape,
    )
    [condition] = job["S3JobDefinition"]["BucketCriteria"]["Includes"]["And"]
    [tag] = condition["TagCriterion"]["TagValues"]
    held = [
        where
        for where, bucket in made.of_type("AWS::S3::Bucket").items()
        if {"Key": tag["Key"], "Value": tag["Value"]} in bucket["Tags"]
    ]
    assert any("Results" in where for where in held)


@pytest.mark.parametrize(
    ("text", "found"),
    [("account number 12345678", True), ("acct U1234567890", True), ("order 1234567", False), ("A12B345", False)],
)
def test_brokerage_accounts_are_recognised(text: str, found: bool, assembly: Callable[[str], Any]) -> None:
    """SEC-20: AWS's own identifiers know bank accounts and cards, not what a broker calls its accounts."""
    [identifier] = assembly("prod").of_type("AWS::Macie::CustomDataIdentifier").values()
    near = any(word in text for word in identifier["Keywords"])
    assert (bool(re.search(identifier["Regex"], text)) and near) is found


def test_macie_may_open_what_it_searches(assembly: Callable[[str], Any]) -> None:
    """SEC-20: without the key Macie would skip every object, and report that it found nothing."""
    key = next(k for where, k in assembly("prod").of_type("AWS::KMS::Key").items() if "DataKey" in where)
    [macie] = [s for s in key["KeyPolicy"]["Statement"] if s.get("Sid") == "Macie"]
    assert macie["Action"] == "kms:Decrypt"
    assert "AWSServiceRoleForAmazonMacie" in str(macie["Condition"])
    assert "AWS::AccountId" in str(macie["Condition"]["StringEquals"]["kms:CallerAccount"])
