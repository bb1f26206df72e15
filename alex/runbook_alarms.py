"""What leads to a runbook: alarms, announced events and panels of dashboards, read from an environment's templates.

Each names its page in words (``Runbook: docs/runbooks/<slug>.md``), so nothing is known here that does not reach the
person who reads the message.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMED = re.compile(r"\s*Runbook: \S*?([a-z0-9-]+)\.md\s*")
REQUIREMENTS = re.compile(r"\[([A-Z]+-\d+(?:, [A-Z]+-\d+)*)\]\W*$")
PANEL = re.compile(r"\[([^\[\]]+)\]\([^()\s]*?([a-z0-9-]+)\.md\)")
MEMBER = re.compile(r'ALARM\("?([^")]+)"?\)')
SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}
SPANS = ((86400, "day"), (3600, "h"), (60, "min"))


@dataclass(frozen=True, kw_only=True)
class Told:
    """Something that tells a person, and where it sends them.

    :param name: the alarm's, or the events by which a message is caused.
    :param says: what happened, as the message says it.
    :param when: threshold and how long; ``at once`` for an event.
    :param topics: whom it tells, by the topics' names.
    :param through: composite alarms that tell of it.
    """

    slug: str
    name: str
    says: str
    watches: str
    when: str
    topics: tuple[str, ...]
    through: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()

    @property
    def is_event(self) -> bool:
        """Whether a message of its own, and no alarm, tells of it."""
        return self.when == "at once"


@dataclass(frozen=True)
class Found:
    """All that leads to runbooks; ``panels`` are titles by slug."""

    told: tuple[Told, ...]
    panels: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def slugs(self) -> set[str]:
        """Pages that must be there."""
        return {one.slug for one in self.told} | set(self.panels)


def read(folder: Path) -> Found:
    """Everything in the templates of the cloud assembly in ``folder``.

    :raises FileNotFoundError: no template is there.
    """
    templates = [json.loads(path.read_text("utf-8")) for path in sorted(folder.rglob("*.template.json"))]
    if not templates:
        raise FileNotFoundError(f"{folder} holds no template: synthesise it first")
    topics = _topics(templates)
    told = [one for template in templates for one in _told(template, topics)]
    rules = [
        (text(p["AlarmName"]), text(p["AlarmRule"]))
        for template in templates
        for p in _of(template, "AWS::CloudWatch::CompositeAlarm").values()
    ]
    through = {one.name: tuple(n for n, rule in rules if one.name in MEMBER.findall(rule)) for one in told}
    panels: dict[str, list[str]] = {}
    for template in templates:
        for dashboard in _of(template, "AWS::CloudWatch::Dashboard").values():
            for title, slug in PANEL.findall(text(dashboard["DashboardBody"])):
                panels.setdefault(slug, []).append(title)
    ordered = sorted(told, key=lambda one: (one.slug, one.is_event, one.name))
    return Found(
        tuple(Told(**{**vars(one), "through": through[one.name]}) for one in ordered),
        {slug: sorted(set(titles)) for slug, titles in sorted(panels.items())},
    )


def text(value: Any) -> str:
    """A property as text; what is known only at deployment is an ellipsis."""
    if isinstance(value, Mapping):
        joined = value.get("Fn::Join")
        return "".join(map(text, joined[1])) if joined else "…"
    return str(value)


def _of(template: Mapping[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    found = template.get("Resources", {}).items()
    return {key: one.get("Properties", {}) for key, one in found if one["Type"] == kind}


def _topics(templates: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What a topic is called after the colon of its display name, by everything that refers to it."""
    names = {
        json.dumps({"Ref": key}): text(topic.get("DisplayName", key)).rpartition(": ")[2]
        for template in templates
        for key, topic in _of(template, "AWS::SNS::Topic").items()
    }
    exports = {
        json.dumps({"Fn::ImportValue": output["Export"]["Name"]}): names[json.dumps(output["Value"])]
        for template in templates
        for output in template.get("Outputs", {}).values()
        if "Export" in output and json.dumps(output["Value"]) in names
    }
    return names | exports


def _told(template: Mapping[str, Any], topics: Mapping[str, str]) -> Iterator[Told]:
    for kind in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        for alarm in _of(template, kind).values():
            said = text(alarm.get("AlarmDescription", ""))
            if named := NAMED.search(said):
                yield Told(
                    slug=named[1],
                    name=text(alarm["AlarmName"]),
                    says=said[: named.start()],
                    watches=_watched(alarm),
                    when=_when(alarm),
                    topics=_names(alarm.get("AlarmActions", ()), topics),
                    requirements=_requirements(said),
                )
    for rule in _of(template, "AWS::Events::Rule").values():
        for target in rule.get("Targets", ()):
            said = text(target.get("InputTransformer", {}).get("InputTemplate", target.get("Input", "")))
            if named := NAMED.search(said):
                pattern = rule["EventPattern"]
                yield Told(
                    slug=named[1],
                    name=text(rule.get("Name", "event: " + ", ".join(pattern.get("detail-type", ["any"])))),
                    says=said[: named.start()].splitlines()[0].strip('"'),
                    watches=", ".join(pattern.get("source", ["any"])),
                    when="at once",
                    topics=_names([target["Arn"]], topics),
                    requirements=_requirements(said),
                )


def _names(actions: Sequence[Any], topics: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(topics.get(json.dumps(action), "elsewhere") for action in actions)


def _requirements(said: str) -> tuple[str, ...]:
    found = REQUIREMENTS.search(said)
    return tuple(found[1].split(", ")) if found else ()


def _main_metric(alarm: Mapping[str, Any]) -> Mapping[str, Any]:
    """The metric that is compared: of several queries the one that returns data."""
    queries: Sequence[Mapping[str, Any]] = alarm.get("Metrics", ())
    compared = [one for one in queries if one.get("ReturnData", True) and one["Id"] != alarm.get("ThresholdMetricId")]
    return compared[0] if compared else alarm


def _watched(alarm: Mapping[str, Any]) -> str:
    if "AlarmRule" in alarm:
        return ", ".join(MEMBER.findall(text(alarm["AlarmRule"])))
    main = _main_metric(alarm)
    if "Label" in main:
        return text(main["Label"])
    metric = main.get("MetricStat", {}).get("Metric", main)
    statistic = main.get("MetricStat", {}).get("Stat") or main.get("Statistic") or main.get("ExtendedStatistic")
    return f"{text(metric.get('MetricName', main.get('Expression', '')))}, {statistic}"


def _when(alarm: Mapping[str, Any]) -> str:
    if "AlarmRule" in alarm:
        return "any of them" if " AND " not in text(alarm["AlarmRule"]) else "as its rule joins them"
    main = _main_metric(alarm)
    stats = [one["MetricStat"]["Period"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    period = main.get("Period") or max(stats, default=0)
    size, unit = next((s, u) for s, u in SPANS if period % s == 0)
    periods, points = alarm["EvaluationPeriods"], alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])
    span = f"{period // size} {unit}" + (f", {points} of {periods}" if points != periods else "")
    span += f", {periods} in a row" if points == periods > 1 else ""
    limit = f"{SIGNS.get(alarm['ComparisonOperator'], '')} {alarm['Threshold']:,.10g}" if "Threshold" in alarm else ""
    silence = "; or no data" if alarm.get("TreatMissingData") == "breaching" else ""
    return f"{limit or 'beyond the usual'} in {span}{silence}"
