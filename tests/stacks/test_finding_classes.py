"""Each class of security finding reaches a person, and its page is the one that is meant (COMP-05)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from moto.events.models import EventPattern

from alex import runbook_sources, runbooks
from alex.runbook_lookup import PAGES

KNOWN = runbooks.catalogue()
BY = {"userIdentity": {"type": "IAMUser"}, "eventType": "AwsApiCall", "sourceIPAddress": "192.0.2.1"}
DETAILS: dict[str, dict[str, Any]] = {
    "standard-failed": {
        "findings": {
            "Severity": {"Label": "CRITICAL"},
            "Workflow": {"Status": "NEW"},
            "RecordState": "ACTIVE",
            "ProductName": "Security Hub",
        }
    },
    "config-rule-broken": {"newEvaluationResult": {"complianceType": "NON_COMPLIANT"}},
    "security-root-use": {"userIdentity": {"type": "Root"}, "eventType": "AwsApiCall", "eventName": "CreateUser"},
    "security-recording-changes": {**BY, "eventName": "StopLogging"},
    "security-policy-changes": {**BY, "eventName": "AttachRolePolicy"},
    "bucket-exposed": {"category": "POLICY", "severity": {"description": "High"}},
    "personal-data-found": {"category": "CLASSIFICATION", "severity": {"description": "High"}},
    "vulnerability-found": {"severity": "CRITICAL", "status": "ACTIVE"},
    "external-access": {"status": "ACTIVE"},
    "unused-access": {"status": "ACTIVE"},
}
"""What such an event says, by class; GuardDuty's is the same for all of its classes."""

TYPES = {
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS": "threat-credentials",
    "Stealth:IAMUser/CloudTrailLoggingDisabled": "threat-credentials",
    "AttackSequence:IAM/CompromisedCredentials": "threat-credentials",
    "Exfiltration:S3/AnomalousBehavior": "threat-s3",
    "Policy:S3/BucketBlockPublicAccessDisabled": "threat-s3",
    "AttackSequence:S3/CompromisedData": "threat-s3",
    "CryptoCurrency:EC2/BitcoinTool.B!DNS": "threat-instance",
    "Execution:Runtime/NewBinaryExecuted": "threat-instance",
    "Execution:Kubernetes/ExecInKubeSystemPod": "threat-instance",
    "AttackSequence:EKS/CompromisedCluster": "threat-instance",
    "CredentialAccess:RDS/AnomalousBehavior.SuccessfulBruteForce": "threat-database",
    "Discovery:RDS/TorIPCaller": "threat-database",
    "Backdoor:Lambda/C&CActivity.B": "threat-lambda",
    "UnauthorizedAccess:Lambda/TorRelay": "threat-lambda",
    "Object:S3/MaliciousFile": "threat-malware",
    "Execution:EC2/MaliciousFile": "threat-malware",
    "Execution:Kubernetes/MaliciousFile": "threat-malware",
}
"""Types of findings as GuardDuty's user guide lists them, and the page for each."""


def event(slug: str) -> Any:
    finding = KNOWN.findings[slug]
    detail = {"severity": 8, "type": (*finding.types, "x")[0]} if finding.source == "aws.guardduty" else DETAILS[slug]
    source = "aws.iam" if finding.source == "any" else finding.source
    return {"source": source, "detail-type": finding.kinds[0], "detail": detail}


def telling(assembly: Any) -> dict[str, dict[str, Any]]:
    """Patterns of the rules that send to a topic."""
    rules = assembly.of_type("AWS::Events::Rule")
    return {
        name: rule["EventPattern"]
        for name, rule in rules.items()
        if "EventPattern" in rule
        and any(word in json.dumps([target["Arn"] for target in rule["Targets"]]) for word in TOPICS)
    }


TOPICS = ("Alerts", "Notices", "Critical", "Warning")


@pytest.mark.parametrize("slug", sorted(KNOWN.findings))
def test_a_person_hears_of_every_class(slug: str, assembly: Callable[[str], Any]) -> None:
    """COMP-05: a page for findings that nobody is told of is a promise of nobody; one by an alarm counts as well."""
    heard = [
        name
        for name, pattern in telling(assembly("prod")).items()
        if EventPattern.load(json.dumps(pattern)).matches_event(event(slug))
    ]
    by_alarm = slug in runbook_sources.of_folder(assembly("prod").folder).slugs
    assert heard or by_alarm


def test_every_rule_that_tells_of_findings_has_a_class(assembly: Callable[[str], Any]) -> None:
    """COMP-05: a finding that is told without a page leaves its reader alone."""
    sources = {finding.source for finding in KNOWN.findings.values()}
    about = {
        name: pattern
        for name, pattern in telling(assembly("prod")).items()
        if set(pattern.get("source", ["any"])) & sources or "source" not in pattern
    }
    assert len(about) >= 4
    for name, pattern in about.items():
        matcher = EventPattern.load(json.dumps(pattern))
        loose = [slug for slug in KNOWN.findings if _overlaps(pattern, slug)]
        assert any(matcher.matches_event(event(slug)) for slug in KNOWN.findings) or loose, name


def _overlaps(pattern: dict[str, Any], slug: str) -> bool:
    """Whether a rule is about events of the class, whichever severity it takes."""
    one = event(slug)
    return one["source"] in pattern.get("source", [one["source"]]) and one["detail-type"] in pattern["detail-type"]


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_of_finding_leads_to_one_page(kind: str) -> None:
    """COMP-05: with two pages, or with none, somebody loses time while a thief does not."""
    pages = [slug for slug, finding in KNOWN.findings.items() if kind.startswith(finding.types or ("\0",))]
    assert pages == [TYPES[kind]]


def test_every_page_of_a_type_is_reached_from_the_message() -> None:
    """COMP-05: the message names one page for all of GuardDuty; from there each class must be a link."""
    for slug, finding in KNOWN.findings.items():
        if finding.led_to_by:
            assert f"({slug}.md)" in (PAGES / f"{finding.led_to_by}.md").read_text("utf-8"), slug
