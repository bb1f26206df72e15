"""A small evidence with one verdict of every kind, to be changed by a test."""

from datetime import UTC, date, datetime
from typing import Any

from soc2.evidence import (
    AcknowledgementRecord,
    Evidence,
    Problem,
    Provenance,
    ResultRecord,
    RuleRecord,
    SwitchedOffRecord,
)
from soc2.rule import Severity, Status

AT = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)

RULES = (
    RuleRecord(
        id="SOC2-S3-TLS",
        title="Bucket policies deny requests without TLS",
        severity=Severity.HIGH,
        criteria=("CC6.7", "C1.1"),
        requirements=("SEC-09",),
        fix="deny s3:* when aws:SecureTransport is false",
        on=("AWS::S3::Bucket",),
    ),
    RuleRecord(
        id="SOC2-IAM-WILDCARD",
        title="Roles name what they may do",
        severity=Severity.CRITICAL,
        criteria=("CC6.3",),
        requirements=(),
        fix="name the actions",
        on=("AWS::IAM::Role",),
    ),
    RuleRecord(
        id="SOC2-TRAIL-EXISTS",
        title="A trail records who did what",
        severity=Severity.HIGH,
        criteria=("CC7.2",),
        requirements=("COMP-02",),
        fix="add a trail",
        on=("Application",),
    ),
    RuleRecord(
        id="SOC2-EFS-KEY",
        title="File systems are encrypted",
        severity=Severity.LOW,
        criteria=("C1.1",),
        requirements=(),
        fix="set KmsKeyId",
        on=("AWS::EFS::FileSystem",),
    ),
)


def verdict(rule: str, name: str, status: Status, **more: Any) -> ResultRecord:
    """A verdict on a resource of the stack Data."""
    kind = next(found.on[0] for found in RULES if found.id == rule)
    place: dict[str, Any] = {"stack": "Data", "logical_id": f"{name}1A2B", "path": f"Alex-prod/Data/{name}/Resource"}
    return ResultRecord(**{"rule": rule, "type": kind, "status": status, **place, **more})


def problem(rule: str, detail: str = "") -> Problem:
    """One thing that is wrong."""
    return Problem(
        found="it is false", at="Thing.Enabled", acknowledge=f"SOC2::{rule}" + (f"[{detail}]" if detail else "")
    )


RESULTS = (
    verdict("SOC2-S3-TLS", "Results", Status.COMPLIANT),
    verdict("SOC2-S3-TLS", "Logs", Status.COMPLIANT),
    verdict("SOC2-S3-TLS", "Inbox", Status.NON_COMPLIANT, problems=(problem("SOC2-S3-TLS"),)),
    verdict("SOC2-S3-TLS", "Site", Status.NOT_APPLICABLE, reason="it holds nothing"),
    verdict(
        "SOC2-IAM-WILDCARD",
        "Planner",
        Status.ACKNOWLEDGED,
        problems=(problem("SOC2-IAM-WILDCARD", "Action::s3:*"),),
    ),
    verdict("SOC2-IAM-WILDCARD", "Tagger", Status.COMPLIANT),
    verdict(
        "SOC2-TRAIL-EXISTS",
        "",
        Status.UNDECIDED,
        stack="",
        logical_id="",
        path="Application",
        reason="Ref Where is open",
    ),
)

EXCEPTIONS = (
    AcknowledgementRecord(
        pack="SOC2",
        id="SOC2::SOC2-IAM-WILDCARD[Action::s3:*]",
        path="Alex-prod/Data/Planner",
        reason="The planner copies whole prefixes, and the bucket policy names what it may reach.",
        owner="platform",
        expires=date(2026, 12, 1),
        ticket="RISK-4",
        treatment="mitigated",
        by="the bucket policy",
    ),
    AcknowledgementRecord(
        pack="AwsSolutions",
        id="AwsSolutions::AwsSolutions-S1",
        path="Alex-prod/Data/Logs/Resource",
        reason="This bucket receives the access logs of the others itself.",
        owner="security",
        expires=date(2027, 6, 30),
        ticket="https://tickets.example.com/RISK-9",
        treatment="false positive",
    ),
)


def evidence(**change: Any) -> Evidence:
    """The sample; ``change`` replaces its fields."""
    fields: dict[str, Any] = {
        "provenance": Provenance(
            environment="prod",
            production=True,
            at=AT,
            commit="0123456789abcdef" * 2,
            changed=False,
            settings="5" * 64,
            templates={"Data": "7" * 64},
            tools={"aws-cdk-lib": "2.275.0"},
        ),
        "packs": ("SOC2", "AwsSolutions"),
        "rules": RULES,
        "results": RESULTS,
        "acknowledgements": EXCEPTIONS,
        "switched_off": (
            SwitchedOffRecord(
                rule="AwsSolutions::AwsSolutions-VPC3",
                reason="It wants no ACLs.",
                covered_by="A simulation",
                findings=3,
            ),
        ),
    }
    return Evidence(**{**fields, **change})


def provenance(**change: Any) -> Provenance:
    """The sample's provenance with some facts changed."""
    return evidence().provenance.model_copy(update=change)
