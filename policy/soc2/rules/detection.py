"""What the recorder, the detector and the hub look at, and who hears of what they find (COMP-03 to COMP-05, SEC-05)."""

import json
from typing import Any

from soc2.assembly import Assembly
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.rules.dead_letters import EVENT_RULE, either
from soc2.template import APPLICATION, Resource
from soc2.values import Undecided, every, is_true, items, known, references_of, shown, some

RECORDER = "AWS::Config::ConfigurationRecorder"
CHANNEL = "AWS::Config::DeliveryChannel"
DETECTOR = "AWS::GuardDuty::Detector"
HUB = "AWS::SecurityHub::Hub"
STANDARD = "AWS::SecurityHub::Standard"

HUB_FINDING = ("aws.securityhub", "Security Hub Findings - Imported")
FINDINGS = (
    ("GuardDuty", DETECTOR, ("aws.guardduty", "GuardDuty Finding")),
    ("Config", RECORDER, ("aws.config", "Config Rules Compliance Change")),
    ("Security Hub", HUB, HUB_FINDING),
)
"""Who finds something, what it is in a template, and (source, detail type) of the event that tells of it."""

STANDARDS = ("cis-aws-foundations-benchmark", "aws-foundational-security-best-practices")
_ALL_PRODUCTS = ("Severity", "Workflow", "WorkflowState", "RecordState")
"""Filters of hub findings that do not choose between the services which found them."""


def routed(assembly: Assembly, source: str | None, detail_type: str) -> bool:
    """Whether an enabled EventBridge rule sends these events of AWS (of any source: None) to at least one target."""
    return some(lambda found: _passes_on(found, source, detail_type), assembly.possible(EVENT_RULE))


def _passes_on(found: Resource, source: str | None, detail_type: str) -> bool:
    pattern = _pattern(found)
    asked = (("source", source), ("detail-type", detail_type))
    given = [(pattern[key], value) for key, value in asked if value and key in pattern]
    concerned = bool(given) and _on_default_bus(found) and every(lambda pair: _allows(*pair), given)
    return concerned and found.get("State", default="ENABLED") != "DISABLED" and bool(items(found.get("Targets")))


def _on_default_bus(found: Resource) -> bool:
    """AWS's services send there; another bus hears of them only through a rule of the default one."""
    bus = found.get("EventBusName", default="default")
    return not references_of(known(bus)) and str(bus).rpartition("/")[2] == "default"


def _pattern(found: Resource) -> Any:
    pattern = found.get("EventPattern", default={})
    if isinstance(pattern, str):
        try:
            return json.loads(pattern)
        except ValueError:
            raise Undecided(f"the event pattern of {found.logical_id} is no JSON before deployment") from None
    return pattern


def _allows(alternatives: Any, value: str) -> bool:
    def allows(alternative: Any) -> bool:
        if not isinstance(alternative, dict):
            return bool(alternative == value)
        if "prefix" not in alternative:
            raise Undecided(f"whether {shown(alternative)} lets {value} through is not followed")
        return value.startswith(str(alternative["prefix"]))

    return some(allows, items(alternatives))


@rule(
    "SOC2-CONFIG-ALL",
    "The Config recorder records all types of resources",
    on=RECORDER,
    criteria=("CC2.1", "CC7.1", "CC8.1"),
    severity=Severity.MEDIUM,
    fix="set RecordingGroup.AllSupported to true (CDK: RecordingGroupProperty(all_supported=True))",
    requirements=("COMP-03",),
)
def config_all(recorder: Resource) -> Findings:
    """Without a group it records everything. Global resources are not demanded: one region of several records them."""
    group = recorder.get("RecordingGroup", default={})
    strategy = recorder.get("RecordingGroup", "RecordingStrategy", "UseOnly")
    if group and not some(
        lambda chosen: chosen == "ALL_SUPPORTED_RESOURCE_TYPES" or is_true(chosen),
        (group.get("AllSupported"), strategy),
    ):
        yield Broken(f"AllSupported is {shown(group.get('AllSupported'))}", at="RecordingGroup")


@rule(
    "SOC2-GUARDDUTY-FREQUENCY",
    "GuardDuty is on, watches S3 too, and publishes its findings within the hour",
    on=DETECTOR,
    criteria=("CC7.2", "CC7.3"),
    severity=Severity.MEDIUM,
    fix="set Enable, FindingPublishingFrequency to FIFTEEN_MINUTES or ONE_HOUR, and the feature S3_DATA_EVENTS to "
    "ENABLED (CDK: CfnDetector(finding_publishing_frequency=..., features=[...]))",
    requirements=("SEC-05",),
)
def guardduty_frequency(detector: Resource) -> Findings:
    if not is_true(detector.get("Enable")):
        yield Broken(f"Enable is {shown(detector.get('Enable'))}", at="Enable", detail="enable")
    frequency = detector.get("FindingPublishingFrequency", default="SIX_HOURS")
    if frequency not in ("FIFTEEN_MINUTES", "ONE_HOUR"):
        yield Broken(
            f"changed findings are published {shown(frequency)}", at="FindingPublishingFrequency", detail="frequency"
        )
    legacy = detector.get("DataSources", "S3Logs", "Enable")
    if not some(lambda one: is_true(one) or _watches_s3(one), (legacy, *items(detector.get("Features")))):
        yield Broken("the feature S3_DATA_EVENTS is not ENABLED", at="Features", detail="s3")


def _watches_s3(feature: Any) -> bool:
    return isinstance(feature, dict) and (feature.get("Name"), feature.get("Status")) == ("S3_DATA_EVENTS", "ENABLED")


@rule(
    "SOC2-HUB-STANDARDS",
    "Security Hub checks a recognised standard",
    on=HUB,
    criteria=("CC3.2", "CC4.1", "CC5.2", "CC7.1"),
    severity=Severity.MEDIUM,
    fix="add an AWS::SecurityHub::Standard for the CIS benchmark or for AWS foundational best practices (CDK: "
    "aws_securityhub.CfnStandard)",
    requirements=("COMP-04",),
)
def hub_standards(hub: Resource) -> Findings:
    """The default standards are such ones, and a hub has them unless it says otherwise."""

    def recognised(standard: Resource) -> bool:
        arn = standard.get("StandardsArn", default="")
        return some(lambda name: name in arn, STANDARDS)

    if not is_true(hub.get("EnableDefaultStandards", default=True)) and not some(
        recognised, hub.assembly.possible(STANDARD)
    ):
        yield Broken("no template has the standard of CIS or of AWS", at="EnableDefaultStandards")


@rule(
    "SOC2-FINDINGS-ROUTED",
    "Findings of GuardDuty, Config and Security Hub are sent to somebody",
    on=APPLICATION,
    criteria=("CC4.2", "CC7.3", "CC7.4"),
    severity=Severity.HIGH,
    fix="add an EventBridge rule with a target for the source of the findings (CDK: aws_events.Rule)",
    requirements=("COMP-05", "SEC-21"),
)
def findings_routed(assembly: Assembly) -> Findings:
    """Security Hub passes on what the two others find: a rule for all of its findings stands for theirs too."""
    here = [finding for finding in FINDINGS if finding[1] not in assembly.profile.elsewhere]
    if not here:
        raise NotApplicable(f"they are found elsewhere: {assembly.profile.elsewhere[DETECTOR]}")
    for name, of_type, event in here:
        if not _reaches_somebody(assembly, of_type, event):
            yield Broken(f"no enabled EventBridge rule sends the findings of {name} to a target", detail=name)


def _reaches_somebody(assembly: Assembly, of_type: str, event: tuple[str, str]) -> bool:
    channels = assembly.of_type(CHANNEL) if of_type == RECORDER else []
    return either(
        lambda: routed(assembly, *event),
        lambda: some(_passes_on_all_findings, assembly.possible(EVENT_RULE)),
        lambda: some(lambda channel: bool(channel.get("SnsTopicARN")), channels),
    )


def _passes_on_all_findings(found: Resource) -> bool:
    if not _passes_on(found, *HUB_FINDING):
        return False
    if not every(lambda key: key in _ALL_PRODUCTS, _pattern(found).get("detail", {}).get("findings", {})):
        raise Undecided(f"{found.logical_id} passes on some findings of Security Hub: whose is not followed")
    return True
