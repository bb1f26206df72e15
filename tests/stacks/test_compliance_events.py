"""Who hears of which finding, how soon, and that everything is kept (COMP-05, COMP-07, SEC-05, SEC-21, IAM-09)."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from moto.events.models import EventPattern

from settings import ENVIRONMENTS, load

ALL_ENVIRONMENTS = pytest.mark.parametrize("environment", ENVIRONMENTS)
USER = {"type": "IAMUser", "userName": "eve"}


def cloudtrail(name: str, *, user: dict[str, Any] = USER, source: str = "aws.iam", **detail: Any) -> dict[str, Any]:
    """A call as CloudTrail tells it to EventBridge."""
    made = {"eventName": name, "userIdentity": user, "eventType": "AwsApiCall", "sourceIPAddress": "192.0.2.1"}
    return {"source": source, "detail-type": "AWS API Call via CloudTrail", "detail": made | detail}


def guardduty(severity: float, **resource: Any) -> dict[str, Any]:
    return {
        "source": "aws.guardduty",
        "detail-type": "GuardDuty Finding",
        "detail": {"severity": severity, "title": "a title", "resource": resource or {"resourceType": "Instance"}},
    }


def hub(label: str, *, product: str = "Security Hub", workflow: str = "NEW") -> dict[str, Any]:
    """EventBridge looks into the one finding that the list has; the matcher used here does not look into lists."""
    finding = {
        "Severity": {"Label": label},
        "Workflow": {"Status": workflow},
        "RecordState": "ACTIVE",
        "ProductName": product,
        "Title": "a control",
    }
    return {
        "source": "aws.securityhub",
        "detail-type": "Security Hub Findings - Imported",
        "detail": {"findings": finding},
    }


def macie(category: str, severity: str) -> dict[str, Any]:
    detail = {"category": category, "severity": {"description": severity}, "title": "a title"}
    return {"source": "aws.macie", "detail-type": "Macie Finding", "detail": detail}


def inspector(severity: str, status: str = "ACTIVE") -> dict[str, Any]:
    detail = {"severity": severity, "status": status, "title": "a title"}
    return {"source": "aws.inspector2", "detail-type": "Inspector2 Finding", "detail": detail}


def config(compliance: str) -> dict[str, Any]:
    detail = {
        "configRuleName": "alex-rds-storage-encrypted-conformance-pack-1",
        "resourceId": "db",
        "newEvaluationResult": {"complianceType": compliance},
    }
    return {"source": "aws.config", "detail-type": "Config Rules Compliance Change", "detail": detail}


def analyzer(kind: str, status: str) -> dict[str, Any]:
    detail = {"status": status, "resource": "arn:aws:s3:::a"}
    return {"source": "aws.access-analyzer", "detail-type": kind, "detail": detail}


ROOT = {"type": "Root"}
EXTERNAL, UNUSED = "Access Analyzer Finding", "Unused Access Finding for IAM entities"
HEARD: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "a grave threat": (guardduty(7), {"threat-high": "Alerts"}),
    "a graver threat": (guardduty(8.9), {"threat-high": "Alerts"}),
    "a threat": (guardduty(6.9), {"threat-medium": "Notices"}),
    "the least that is told": (guardduty(4), {"threat-medium": "Notices"}),
    "a small threat": (guardduty(3.9), {}),
    "a critical control": (hub("CRITICAL"), {"standard-critical": "Alerts"}),
    "a high control": (hub("HIGH"), {"standard-high": "Notices"}),
    "a medium control": (hub("MEDIUM"), {}),
    "a control that somebody works on": (hub("CRITICAL", workflow="NOTIFIED"), {}),
    "what GuardDuty has told itself": (hub("CRITICAL", product="GuardDuty"), {}),
    "what Inspector has told itself": (hub("HIGH", product="Inspector"), {}),
    "a broken rule": (config("NON_COMPLIANT"), {"rule-broken": "Notices"}),
    "a mended one": (config("COMPLIANT"), {}),
    "root, by a person": (cloudtrail("ListBuckets", user=ROOT), {"root-used": "Alerts"}),
    "root, by a service": (cloudtrail("ListBuckets", user=ROOT | {"invokedBy": "support.amazonaws.com"}), {}),
    "root, an event of a service": (cloudtrail("Renew", user=ROOT, eventType="AwsServiceEvent"), {}),
    "a stopped trail": (cloudtrail("StopLogging", source="aws.cloudtrail"), {"audit-switched-off": "Alerts"}),
    "a deleted detector": (cloudtrail("DeleteDetector", source="aws.guardduty"), {"audit-switched-off": "Alerts"}),
    "rights by hand": (cloudtrail("AttachRolePolicy"), {"policy-changed": "Notices"}),
    "rights by deployment": (cloudtrail("AttachRolePolicy", sourceIPAddress="cloudformation.amazonaws.com"), {}),
    "an open bucket": (macie("POLICY", "High"), {"bucket-exposed": "Alerts"}),
    "personal data": (macie("CLASSIFICATION", "Medium"), {"personal-data-found": "Notices"}),
    "little of it": (macie("CLASSIFICATION", "Low"), {}),
    "a critical hole": (inspector("CRITICAL"), {"vulnerability-critical": "Alerts"}),
    "a hole": (inspector("HIGH"), {"vulnerability-high": "Notices"}),
    "a closed hole": (inspector("CRITICAL", "CLOSED"), {}),
    "access from outside": (analyzer(EXTERNAL, "ACTIVE"), {"external-access": "Notices"}),
    "accepted access from outside": (analyzer(EXTERNAL, "ARCHIVED"), {}),
    "unused rights": (analyzer(UNUSED, "ACTIVE"), {"unused-access": "Notices"}),
}


def rules_of(assembly: Any, *, on_bus: bool) -> dict[str, dict[str, Any]]:
    """Event rules of the compliance bus, or those that collect for it."""
    found = assembly.of_type("AWS::Events::Rule", "Compliance")
    return {where: rule for where, rule in found.items() if ("EventBusName" in rule) is on_bus}


def matches(rule: dict[str, Any], event: dict[str, Any]) -> bool:
    pattern = EventPattern.load(json.dumps(rule["EventPattern"]))
    return pattern.matches_event(event)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", HEARD)
def test_who_hears_of_it(what: str, assembly: Callable[[str], Any]) -> None:
    """COMP-05, SEC-21: what is told too soon is muted, and what is told too late has done its harm."""
    event, expected = HEARD[what]
    told = {
        rule["Name"].removeprefix("alex-prod-compliance-"): rule["Targets"][0]["Arn"]["Ref"]
        for rule in rules_of(assembly("prod"), on_bus=True).values()
        if "InputPathsMap" in str(rule) and "Ref" in rule["Targets"][0]["Arn"] and matches(rule, event)
    }
    assert set(told) == set(expected)
    for name, topic in expected.items():
        assert told[name].startswith(topic)


@pytest.mark.parametrize("what", [what for what, (_, expected) in HEARD.items() if expected])
def test_what_is_told_is_collected_and_kept(what: str, assembly: Callable[[str], Any]) -> None:
    """COMP-05: what does not reach the bus reaches nobody, and what is not kept is no evidence."""
    event = HEARD[what][0]
    collected = [where for where, rule in rules_of(assembly("prod"), on_bus=False).items() if matches(rule, event)]
    assert collected, "no rule takes it to the bus"
    kept = [
        where
        for where, rule in rules_of(assembly("prod"), on_bus=True).items()
        if matches(rule, event) and "EvidenceStream" in str(rule["Targets"])
    ]
    assert len(kept) == 1


@ALL_ENVIRONMENTS
def test_each_rule_keeps_what_it_cannot_deliver(environment: str, assembly: Callable[[str], Any]) -> None:
    """AGENT-13: a finding that got lost on its way is the worst kind."""
    rules = assembly(environment).of_type("AWS::Events::Rule", "Compliance")
    for where, rule in rules.items():
        [target] = rule["Targets"]
        assert "Undelivered" in str(target["DeadLetterConfig"]), where
    [policy] = [
        p for w, p in assembly(environment).of_type("AWS::SQS::QueuePolicy", "Compliance").items() if "Events" in w
    ]
    assert len(policy["PolicyDocument"]["Statement"]) <= 20


def test_each_message_says_what_where_and_what_to_do(assembly: Callable[[str], Any]) -> None:
    """OBS-17: at three in the morning nobody reads JSON."""
    told = [r for r in rules_of(assembly("prod"), on_bus=True).values() if "Ref" in r["Targets"][0]["Arn"]]
    assert len(told) > 10
    for rule in told:
        made = rule["Targets"][0]["InputTransformer"]
        template, paths = made["InputTemplate"], made["InputPathsMap"]
        assert set(re.findall(r"<(\w+)>", template)) == set(paths), rule["Name"]
        assert re.search(r"Runbook: docs/runbooks/[a-z-]+\.md", template), rule["Name"]
        assert all(line.startswith('"') and line.endswith('"') for line in template.splitlines()), rule["Name"]


@ALL_ENVIRONMENTS
def test_events_are_kept_in_the_locked_archive(environment: str, assembly: Callable[[str], Any]) -> None:
    """COMP-05, COMP-16: who covers their tracks begins with what was told of them."""
    [stream] = assembly(environment).of_type("AWS::KinesisFirehose::DeliveryStream", "Compliance").values()
    to = stream["ExtendedS3DestinationConfiguration"]
    assert "Archive" in str(to["BucketARN"])
    assert to["Prefix"].startswith("compliance-events/")
    assert "Key" in str(to["EncryptionConfiguration"]["KMSEncryptionConfig"])
    assert stream["DeliveryStreamEncryptionConfigurationInput"]["KeyType"] == "CUSTOMER_MANAGED_CMK"


@ALL_ENVIRONMENTS
def test_violations_are_counted_and_page_once(environment: str, assembly: Callable[[str], Any]) -> None:
    """COMP-07: a hundred resources that break a rule after one change are one page, with each of them written down."""
    made = assembly(environment)
    alarms = {a["AlarmName"]: a for a in made.of_type("AWS::CloudWatch::Alarm", "Compliance").values()}
    counted = alarms[f"alex-{environment}-compliance-violations"]
    dimensions = {one["Name"]: one["Value"] for one in counted["Dimensions"]}
    [rule] = [r for r in rules_of(made, on_bus=True).values() if r.get("Name") == dimensions["RuleName"]]
    assert matches(rule, config("NON_COMPLIANT"))
    assert "Notices" in str(rule["Targets"])
    [bus] = made.of_type("AWS::Events::EventBus").values()
    assert dimensions["EventBusName"] == bus["Name"]
    assert (counted["Namespace"], counted["MetricName"], counted["Statistic"]) == (
        "AWS/Events",
        "TriggeredRules",
        "Sum",
    )
    assert counted["Threshold"] == load(environment).alarms.violations
    assert "Notices" in str(counted["AlarmActions"])
    [page] = made.of_type("AWS::CloudWatch::CompositeAlarm", "Compliance").values()
    assert "compliance-violations" in page["AlarmRule"]
    assert "Alerts" in str(page["AlarmActions"])
