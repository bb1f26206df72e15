"""Who is told of an alarm: each one tells somebody, and one incident wakes somebody once (OBS-17)."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from settings import ENVIRONMENTS, SettingsError, load

BY_THEMSELVES = {"audit-tampered"}
"""Critical alarms that no incident may hide; of the audit trail."""

INTRUDERS = {"root-use", "sign-in-without-mfa", "trail-changes", "config-changes", "key-loss"}
"""The same of the account's trail, where it is ours to watch."""

SILENCE_IS_FAILURE = {"backup-missing", "sweeper-function-silent"}
"""Alarms that go off when there is no data; the database's CPU too, where it never pauses, and the logs' archive."""


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def deployed(request: Any, assembly: Callable[[str], Any]) -> Any:
    return assembly(request.param)


def named(assembly: Any, kind: str) -> dict[str, dict[str, Any]]:
    """Alarms of a kind that are ours, by their whole name; those that scale the database have none."""
    found = [a for a in assembly.of_type(f"AWS::CloudWatch::{kind}").values() if "AlarmName" in a]
    names = [a["AlarmName"] for a in found]
    assert len(names) == len(set(names)), "CloudWatch would overwrite one alarm with the other"
    return dict(zip(names, found, strict=True))


def members(composite: dict[str, Any]) -> set[str]:
    return set(re.findall(r'ALARM\("([^"]+)"\)', composite["AlarmRule"]))


def incidents(assembly: Any) -> dict[str, dict[str, Any]]:
    """The composites that page for a domain."""
    return {name: one for name, one in named(assembly, "CompositeAlarm").items() if name.endswith("-incident")}


def windows(assembly: Any) -> set[str]:
    """Alarms that only a burn composite reads: it tells for its two windows (OPS-08)."""
    burns = {name: one for name, one in named(assembly, "CompositeAlarm").items() if "-slo-" in name}
    return {member for one in burns.values() for member in members(one)}


def test_every_alarm_tells_somebody_says_why_and_what_to_do(deployed: Any) -> None:
    """OBS-17: an alarm without an action tells nobody, one without a runbook leaves its reader alone at night."""
    everything = named(deployed, "Alarm") | named(deployed, "CompositeAlarm")
    assert len(everything) == len(named(deployed, "Alarm")) + len(named(deployed, "CompositeAlarm"))
    read = windows(deployed)
    assert read <= set(everything)
    for name, alarm in everything.items():
        if name not in read:
            assert alarm["AlarmActions"], name
            assert alarm["AlarmActions"] == alarm["OKActions"], name
        assert re.search(r"docs/runbooks/[a-z-]+\.md \[[A-Z]+-\d+(, [A-Z]+-\d+)*\]$", alarm["AlarmDescription"]), name
        assert name.startswith(f"alex-{deployed.environment}-"), name
        assert len(alarm["AlarmDescription"]) <= 1024, name


def test_an_incident_pages_once(deployed: Any) -> None:
    """OBS-17: what wakes somebody is a composite, or one of the few alarms that no incident may hide."""
    alarms, composites = named(deployed, "Alarm"), incidents(deployed)
    prefix = f"alex-{deployed.environment}-"
    waking = {
        name.removeprefix(prefix)
        for name, alarm in alarms.items()
        if re.search(r"ExportsOutputRefCritical|'Ref': '(Critical|Alerts)", str(alarm.get("AlarmActions")))
    }
    settings = load(deployed.environment)
    watched = {f"security-{name}" for name in INTRUDERS} if settings.singletons.trail == "create" else set()
    # The edge has one topic, for warnings too.
    edge = {"edge-waf-blocked-surge"} if settings.waf.edge == "create" else set()
    assert waking == BY_THEMSELVES | watched | edge
    domains = {name.removeprefix(prefix).removesuffix("-incident") for name in composites}
    assert domains == {"api", "analysis", "database", "models", "security", "platform"}
    for name, composite in composites.items():
        assert re.search(r"RefCritical|Alerts", str(composite["AlarmActions"])), name
        assert members(composite) <= set(alarms) | set(named(deployed, "CompositeAlarm")), name
        assert len(composite["AlarmRule"]) <= 10240, name
    covered = [member for composite in composites.values() for member in members(composite)]
    assert len(covered) == len(set(covered)), "two pages for one alarm"


def test_what_must_wake_somebody_is_in_an_incident(deployed: Any) -> None:
    """OBS-08, OBS-10, OBS-11, OBS-12, COST-04, COMP-07: every function, every queue's end, the API and the database."""
    found = {
        name.removeprefix(f"alex-{deployed.environment}-").removesuffix("-incident"): {
            member.removeprefix(f"alex-{deployed.environment}-") for member in members(composite)
        }
        for name, composite in incidents(deployed).items()
    }
    covered = set().union(*found.values())
    ends = [name.removeprefix(f"alex-{deployed.environment}-") for name in named(deployed, "Alarm")]
    assert {name for name in ends if name.endswith(("-function-errors", "-dead-letters"))} <= covered
    assert {"api-errors", "api-latency-p95", "api-function-errors"} <= found["api"]
    assert {"analysis-dead-letters", "planner-function-errors", "sweeper-function-silent"} <= found["analysis"]
    assert "database-refused-connections" in found["database"]
    assert {"slo-availability-fast", "slo-latency-fast"} <= found["api"]
    assert "slo-quality-fast" in found["analysis"]
    assert {"inference-cost-day", "models-failing"} <= found["models"]
    assert "compliance-violations" in found["security"]
    assert "backup-missing" in found["platform"]


def test_what_rests_on_the_database_is_silent_while_it_is_the_cause(deployed: Any) -> None:
    """OBS-17: one lost database is one page, and not three; and its followers are never held back for long."""
    composites = deployed.of_type("AWS::CloudWatch::CompositeAlarm")
    resources = deployed.templates["Alarms"]["Resources"]
    for alarm in composites.values():
        followers = ("-api-incident", "-analysis-incident")
        assert ("ActionsSuppressor" in alarm) == alarm["AlarmName"].endswith(followers), alarm["AlarmName"]
        if "ActionsSuppressor" in alarm:
            cause = resources[alarm["ActionsSuppressor"]["Fn::GetAtt"][0]]["Properties"]["AlarmName"]
            assert cause.endswith("-database-incident")
            assert alarm["ActionsSuppressorWaitPeriod"] <= 120


def test_members_are_made_before_their_composite(deployed: Any) -> None:
    """CloudWatch refuses a composite over an alarm that does not exist yet, and the first deployment fails."""
    stacks = {
        a["AlarmName"]: where.split("/", 1)
        for kind in ("Alarm", "CompositeAlarm")
        for where, a in deployed.of_type(f"AWS::CloudWatch::{kind}").items()
        if "AlarmName" in a
    }
    for where, composite in deployed.of_type("AWS::CloudWatch::CompositeAlarm").items():
        stack, key = where.split("/", 1)
        resource = deployed.templates[stack]["Resources"][key]
        for member in members(composite):
            its_stack, its_key = stacks[member]
            if its_stack == stack:
                assert its_key in resource["DependsOn"], member
            else:
                assert its_stack in below(deployed, stack), member


def below(assembly: Any, stack: str) -> set[str]:
    """Short names of the stacks that are deployed before ``stack``."""
    text = (assembly.folder / f"assembly-Alex-{assembly.environment}" / "manifest.json").read_text("utf-8")
    artifacts = json.loads(text)["artifacts"]
    names = {
        key: a["properties"]["stackName"].rsplit("-", 1)[1]
        for key, a in artifacts.items()
        if a["type"] == "aws:cloudformation:stack"
    }
    [at] = [key for key, name in names.items() if name == stack]
    found: set[str] = set()
    waiting = [at]
    while waiting:
        for other in artifacts[waiting.pop()].get("dependencies", ()):
            if other in names and names[other] not in found:
                found.add(names[other])
                waiting.append(other)
    return found


def test_what_missing_data_means_is_chosen(deployed: Any) -> None:
    """OBS-08: left to CloudWatch, an alarm without data keeps the state it had; nobody would see the difference."""
    chosen = {
        name.removeprefix(f"alex-{deployed.environment}-"): alarm.get("TreatMissingData")
        for name, alarm in named(deployed, "Alarm").items()
    }
    assert set(chosen.values()) <= {"breaching", "notBreaching"}
    settings = load(deployed.environment)
    silence = SILENCE_IS_FAILURE | ({"database-cpu"} if settings.aurora.min_acu > 0 else set())
    silence |= {"log-archive-silent"} if settings.logs.archive_years else set()
    assert {name for name, means in chosen.items() if means == "breaching"} == silence


TOLD = """
alarms:
  subscribers:
    critical: [oncall@example.com, "https://oncall.example.com/hooks/alex"]
    warning: [team@example.com]
    security: [security@example.com]
"""


def test_subscribers_are_told_by_severity(ungated_app: Any, stub_bundles: Any, tmp_path: Any) -> None:
    """OBS-17, SEC-21: on-call by mail and by its service, each with a queue for what could not be delivered."""
    from aws_cdk.assertions import Template

    from stacks.compliance import ComplianceStack
    from stacks.security import SecurityStack

    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(TOLD)
    settings = load("dev", overlay)
    told: dict[str, set[tuple[str, str]]] = {}
    for stack in (
        SecurityStack(ungated_app, "Security", settings=settings),
        ComplianceStack(ungated_app, "Compliance", settings=settings, bundles=stub_bundles),
    ):
        for resource in Template.from_stack(stack).to_json()["Resources"].values():
            if resource["Type"] == "AWS::SNS::Subscription":
                said = resource["Properties"]
                topic = re.sub(r"[0-9A-F]{8}$", "", said["TopicArn"]["Ref"])
                told.setdefault(topic, set()).add((said["Protocol"], said["Endpoint"]))
                assert "Undelivered" in str(said["RedrivePolicy"])
    assert told == {
        "Critical": {("email", "oncall@example.com"), ("https", "https://oncall.example.com/hooks/alex")},
        "Warning": {("email", "team@example.com")},
        "Alerts": {("email", "security@example.com")},
        "Notices": {("email", "security@example.com")},
    }


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("root@example.com", "root user"),
        ("aws.root@example.com", "root user"),
        ("http://oncall.example.com/x", "https"),
        ("https://user:secret@oncall.example.com", "e-mail address or an https address"),
        ("nobody", "e-mail address"),
        ("two@example.com two@example.com", "e-mail address"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(address: str, why: str, tmp_path: Any) -> None:
    """OBS-17: alarms never go to an account's root user, over plain http, or to a typing error."""
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(f'alarms: {{subscribers: {{critical: ["{address}"], warning: [a@b.example]}}}}')
    with pytest.raises(SettingsError, match=why) as error:
        load("prod", overlay)
    assert "alarms.subscribers.critical" in str(error.value)
