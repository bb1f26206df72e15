"""One page an incident, whatever is built with the same topics."""

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from hardened import Alerts, AlertTopic
from hardened.alarms import Band, alarm
from hardened.composites import PageOnce
from hardened.topics import Domain, Severity


def bench() -> tuple[Stack, Alerts]:
    stack = Stack(App(), "Bench")
    key = kms.Key(stack, "Key")
    return stack, Alerts(
        critical=AlertTopic(stack, "Critical", master_key=key, display_name="critical"),
        warning=AlertTopic(stack, "Warning", master_key=key, display_name="warning"),
    )


def raise_one(stack: Stack, name: str, alerts: Alerts, severity: Severity = Severity.CRITICAL) -> None:
    alarm(
        stack,
        name,
        name=name,
        metric=cw.Metric(namespace="Test", metric_name=name),
        threshold=0,
        alerts=alerts,
        severity=severity,
        runbook="test",
        description="Something. [OBS-17]",
    )


def made(stack: Stack, kind: str) -> dict[str, dict[str, Any]]:
    resources = Template.from_stack(stack).to_json()["Resources"].values()
    return {r["Properties"]["AlarmName"]: r["Properties"] for r in resources if r["Type"] == f"AWS::CloudWatch::{kind}"}


def test_who_is_told_follows_from_severity_and_domain() -> None:
    """OBS-17: a critical alarm of a domain is told with the warnings, because its composite wakes somebody."""
    stack, alerts = bench()
    raise_one(stack, "alone", alerts)
    raise_one(stack, "member", alerts.within(Domain.API))
    raise_one(stack, "warning", alerts.within(Domain.API), Severity.WARNING)
    PageOnce(stack, "Incidents", name="alex-test", alerts=alerts)
    told = {name: a["AlarmActions"][0]["Ref"][:7] for name, a in made(stack, "Alarm").items()}
    assert told == {"alone": "Critica", "member": "Warning", "warning": "Warning"}
    ((name, page),) = made(stack, "CompositeAlarm").items()
    assert (name, page["AlarmRule"]) == ("alex-test-api-incident", 'ALARM("member")')
    assert page["AlarmActions"][0]["Ref"].startswith("Critical")


def test_a_domain_without_its_cause_is_not_held_back() -> None:
    """A stack without a database has nothing to wait for."""
    stack, alerts = bench()
    raise_one(stack, "member", alerts.within(Domain.ANALYSIS))
    PageOnce(stack, "Incidents", name="alex-test", alerts=alerts)
    (page,) = made(stack, "CompositeAlarm").values()
    assert "ActionsSuppressor" not in page


def test_an_alarm_that_comes_too_late_is_refused() -> None:
    """OBS-17: nobody would be woken by it: its composite does not know it."""
    stack, alerts = bench()
    raise_one(stack, "member", alerts.within(Domain.API))
    PageOnce(stack, "Incidents", name="alex-test", alerts=alerts)
    with pytest.raises(ValueError, match="late is made after the composite alarm of api"):
        raise_one(stack, "late", alerts.within(Domain.API))
    raise_one(stack, "alone", alerts)


def test_a_threshold_may_be_learned() -> None:
    """COST-04, OBS-27: above what is usual at this hour, and only above."""
    stack, alerts = bench()
    alarm(
        stack,
        "Unusual",
        name="unusual",
        metric=cw.Metric(namespace="Test", metric_name="Tokens"),
        threshold=Band(3),
        alerts=alerts,
        severity=Severity.WARNING,
        runbook="test",
        description="More than usual. [COST-04]",
    )
    (unusual,) = made(stack, "Alarm").values()
    band = next(m for m in unusual["Metrics"] if m["Id"] == unusual["ThresholdMetricId"])
    assert band["Expression"] == "ANOMALY_DETECTION_BAND(m0, 3)"
    assert unusual["ComparisonOperator"] == "GreaterThanUpperThreshold"
    assert unusual["TreatMissingData"] == "notBreaching"
