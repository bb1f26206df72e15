"""What an alarm watches, when it fires and what its verdict is, in words for a table."""

import re
from collections.abc import Sequence

from alex.alarms.composite import parse
from alex.alarms.definition import Alarm, CompositeAlarm, MetricAlarm
from alex.alarms.trials import Verdict

_COMPARED = {
    "GreaterThanThreshold": "over",
    "GreaterThanOrEqualToThreshold": "at least",
    "LessThanThreshold": "under",
    "LessThanOrEqualToThreshold": "at most",
    "GreaterThanUpperThreshold": "above",
    "LessThanLowerThreshold": "below",
}
_MISSING = {
    "notBreaching": "nothing ran: fine",
    "breaching": "trouble",
    "ignore": "stays as it was",
    "missing": "not known",
}
_SPANS = ((1440 * 60, "day"), (3600, "h"), (60, "min"))


def span(seconds: int) -> str:
    """``5 min``, ``6 h``, ``3 days``."""
    size, unit = next((size, unit) for size, unit in _SPANS if seconds % size == 0 or size == 60)
    count = seconds // size
    return f"{count} {unit}{'s' if unit == 'day' and count != 1 else ''}"


def watches(alarm: Alarm) -> str:
    """What is compared: the metric, or what the expression is called."""
    if isinstance(alarm, CompositeAlarm):
        return f"{len(parse(alarm.rule).alarms())} alarms"
    if not alarm.formula:
        query = next(iter(alarm.queries.values()))
        return f"{query.source.title.removeprefix('AWS/')}, {query.statistic}"
    return alarm.label or alarm.formula


def fires_when(alarm: Alarm, names: dict[str, str]) -> str:
    """The threshold, over how long; of a composite alarm, its rule with the alarms by name."""
    if isinstance(alarm, CompositeAlarm):
        rule = re.sub(r'ALARM\("([^"]+)"\)', lambda found: names.get(found[1], found[1]), alarm.rule)
        return re.sub(r'\("([^"]+)"\)', lambda found: f"({names.get(found[1], found[1])})", rule)
    threshold = f"the usual, by {alarm.band:g} deviations" if alarm.band else f"{alarm.threshold:,.10g}"
    said = f"{_COMPARED[alarm.operator]} {threshold} in {span(alarm.period)}"
    if alarm.periods == 1:
        return said
    share = f"{alarm.datapoints} of " if alarm.datapoints != alarm.periods else ""
    return f"{said}, {share}{alarm.periods} in a row" if not share else f"{said}, {share}{alarm.periods}"


def without_data(alarm: Alarm) -> str:
    """What it makes of silence."""
    return _MISSING[alarm.missing] if isinstance(alarm, MetricAlarm) else ""


def tells(alarm: Alarm, alarms: Sequence[Alarm]) -> str:
    """The severity of its topics, and the composite alarms that it is part of."""
    severities = [topic.rpartition(": ")[2] for topic in alarm.topics]
    parents = [one.name for one in alarms if isinstance(one, CompositeAlarm) and alarm.key in parse(one.rule).alarms()]
    return ", ".join([*severities, *(f"part of {name}" for name in parents)]) or "nobody"


def runbook(alarm: Alarm) -> str:
    """Name of its page; empty when it has none."""
    found = re.search(r"Runbook: \S*?([\w-]+)\.md", alarm.description)
    return found[1] if found else ""


def requirements(alarm: Alarm) -> list[str]:
    """Ids at the end of its description."""
    found = re.search(r"\[([A-Z0-9-]+(?:, [A-Z0-9-]+)*)\]\s*$", alarm.description)
    return found[1].split(", ") if found else []


def minutes(count: int | None) -> str:
    """``6 min``, ``24 h 24``; None is never."""
    if count is None:
        return "never"
    return f"{count} min" if count <= 120 else f"{count // 60} h {count % 60:02d}"


def after(verdict: Verdict) -> str:
    """How long until it fired, of what is promised."""
    if verdict.fired_after is None:
        return "never"
    return f"{minutes(verdict.fired_after)} (promised {minutes(verdict.promised)})"
