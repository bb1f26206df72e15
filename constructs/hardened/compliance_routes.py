"""Which findings and deeds are compliance events, how urgent each is, and which runbook answers it (COMP-05, SEC-21).

Decision: two tables. `compliance_patterns.COLLECTED` takes everything that these services tell onto the compliance bus,
where all of it is kept as evidence. `ROUTES` says what of it a person hears of, and how soon; the rest is kept only.
Security Hub repeats what other services found: a route for the hub leaves those out, or each would be told twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hardened.compliance_patterns import HUB, POLICY_CHANGED, ROOT, SWITCHED_OFF
from hardened.topics import Severity


@dataclass(frozen=True)
class Route:
    """What a person hears of.

    :param name: of the rule, in an environment's name, and of the runbook's page.
    :param title: what happened, as the message begins.
    :param what: JSON path of what it concerns, for the message.
    """

    name: str
    severity: Severity
    runbook: str
    title: str
    what: str
    pattern: Mapping[str, Any]


def _finding(source: str, detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {"source": [source], "detail-type": [detail_type], "detail": detail}


def _hub(label: str) -> dict[str, Any]:
    told_elsewhere = ["GuardDuty", "Inspector", "Macie", "IAM Access Analyzer", "Config"]
    return _finding(
        "aws.securityhub",
        HUB,
        {
            "findings": {
                "Severity": {"Label": [label]},
                "Workflow": {"Status": ["NEW"]},
                "RecordState": ["ACTIVE"],
                "ProductName": [{"anything-but": told_elsewhere}],
            }
        },
    )


def _macie(category: str, *severities: str) -> dict[str, Any]:
    return _finding(
        "aws.macie", "Macie Finding", {"category": [category], "severity": {"description": list(severities)}}
    )


def _inspector(severity: str) -> dict[str, Any]:
    return _finding("aws.inspector2", "Inspector2 Finding", {"severity": [severity], "status": ["ACTIVE"]})


_GUARDDUTY = ("aws.guardduty", "GuardDuty Finding")
_TITLE, _DEED = "$.detail.title", "$.detail.eventName"
_HUB_TITLE = "$.detail.findings[0].Title"

ROUTES: tuple[Route, ...] = (
    Route(
        "threat-high",
        Severity.CRITICAL,
        "threat-found",
        "GuardDuty found a threat of high severity",
        _TITLE,
        _finding(*_GUARDDUTY, {"severity": [{"numeric": [">=", 7]}]}),
    ),
    Route(
        "threat-medium",
        Severity.WARNING,
        "threat-found",
        "GuardDuty found a threat of medium severity",
        _TITLE,
        _finding(*_GUARDDUTY, {"severity": [{"numeric": [">=", 4, "<", 7]}]}),
    ),
    Route(
        "standard-critical",
        Severity.CRITICAL,
        "standard-failed",
        "A critical security control fails",
        _HUB_TITLE,
        _hub("CRITICAL"),
    ),
    Route(
        "standard-high",
        Severity.WARNING,
        "standard-failed",
        "A security control of high severity fails",
        _HUB_TITLE,
        _hub("HIGH"),
    ),
    Route(
        "rule-broken",
        Severity.WARNING,
        "compliance-violations",
        "A resource broke a rule of AWS Config",
        "$.detail.resourceId",
        _finding(
            "aws.config",
            "Config Rules Compliance Change",
            {"newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]}},
        ),
    ),
    Route("root-used", Severity.CRITICAL, "security-root-use", "Somebody used the root user", _DEED, ROOT),
    Route(
        "audit-switched-off",
        Severity.CRITICAL,
        "security-recording-changes",
        "Somebody changed or stopped what watches the account",
        _DEED,
        SWITCHED_OFF,
    ),
    Route(
        "policy-changed",
        Severity.WARNING,
        "security-policy-changes",
        "Somebody changed rights without a deployment",
        _DEED,
        POLICY_CHANGED,
    ),
    Route(
        "bucket-exposed",
        Severity.CRITICAL,
        "bucket-exposed",
        "Macie found a bucket that is open or unprotected",
        _TITLE,
        _macie("POLICY", "High"),
    ),
    Route(
        "personal-data-found",
        Severity.WARNING,
        "personal-data-found",
        "Macie found personal data in a bucket",
        _TITLE,
        _macie("CLASSIFICATION", "High", "Medium"),
    ),
    Route(
        "vulnerability-critical",
        Severity.CRITICAL,
        "vulnerability-found",
        "Inspector found a critical vulnerability",
        _TITLE,
        _inspector("CRITICAL"),
    ),
    Route(
        "vulnerability-high",
        Severity.WARNING,
        "vulnerability-found",
        "Inspector found a vulnerability of high severity",
        _TITLE,
        _inspector("HIGH"),
    ),
    Route(
        "external-access",
        Severity.WARNING,
        "external-access",
        "Somebody outside the account can reach a resource",
        "$.detail.resource",
        _finding("aws.access-analyzer", "Access Analyzer Finding", {"status": ["ACTIVE"]}),
    ),
    Route(
        "unused-access",
        Severity.WARNING,
        "unused-access",
        "Rights that nobody uses",
        "$.detail.resource",
        _finding("aws.access-analyzer", "Unused Access Finding for IAM entities", {"status": ["ACTIVE"]}),
    ),
)
