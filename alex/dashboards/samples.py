"""Sample data: what a dashboard could look like on a working day. Invented, the same at every run, and said to be so.

Each metric has a seed of its own, so that a line keeps its shape when others come and go. Levels are per five minutes
and follow the metric's kind; what counts failures is mostly nothing. A panel's limits keep its lines below them: a
normal day comes first.
"""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from alex.dashboards.bodies import Expression, Metric, Widget
from alex.dashboards.formula import Series, evaluate

POINTS = 72
DAY_S = 86_400
MOST_SCALE = 8.0
# A panel may show a metric in a larger unit.
_LARGER = re.compile(r"^\w+ / (\d+)$")
# What is measured, not counted: no whole numbers.
MEASURED = re.compile(r"Duration|Latency|Confidence|CPU|ServerlessDatabaseCapacity|Age|Seconds|Ms$|Time|Charges|Cost")
# What counts something that should not happen: mostly nothing.
ABSENT = re.compile(
    r"Violations|Tamper|DeadLetters|FailedInvocations|refused-conn|Denied|Aborted|NotificationsFailed|Rotation|Migrations|Root"
)
RARE = re.compile(
    r"Error|Throttle|Fail|TimedOut|Abort|Block|Tamper|security-|personal-data|Denied|Fallback|Opened|Downgrade|Deadlock|refus|forbidden|"
    r"unauthorized|Expir|Requeued|Unavailable|CountedRequests|Rejected|MatchedEvents|Published",
    re.IGNORECASE,
)
# Level of a metric by its name: the first that fits; counts are per five minutes.
LEVELS = (
    (r"Cost", 0.08),
    (r"EstimatedCharges", 1500),
    (r"Token", 9000),
    (r"Confidence", 0.88),
    (r"AnalysisDuration", 62_000),
    (r"AgentDuration|LlmLatency|InvocationLatency", 5200),
    (r"ExecutionTime", 5_400_000),
    (r"OldestReview", 5200),
    (r"ReviewsWaiting", 4),
    (r"Age", 9),
    (r"DbQueryMs|CommitLatency", 9),
    (r"Duration|Latency", 180),
    (r"^Invocations$", 60),
    (r"CPU", 34),
    (r"ServerlessDatabaseCapacity", 3.2),
    (r"Connections", 42),
    (r"IncomingBytes", 2_600_000),
    (r"Capacity", 260),
    (r"Visible", 3),
    (r"Concurrent", 6),
    (r"Overridden", 0.5),
    (r"Jobs|Quality|Review|Recommendations|Executions", 2.4),
    (r"SignIn", 5),
    (r"Requests|^Count|Cache", 420),
)
# One of these is a share of the other: they move together.
STEADY = re.compile(r"QualityGood|QualityTotal")
GAUGES = re.compile(
    r"Duration|Latency|Confidence|CPU|ServerlessDatabaseCapacity|Connections|Age|Visible|Concurrent|Waiting|Expiring|"
    r"OldestReview|DbQueryMs|ExecutionTime|EstimatedCharges"
)
SPREAD = {"p10": 0.8, "p50": 0.8, "Average": 1.0, "p95": 1.9, "p99": 2.5, "Maximum": 1.6, "SampleCount": 1.06}
SERVICES = ("Bedrock", "Relational Database Service", "Virtual Private Cloud", "Lambda", "WAF", "CloudWatch")


@dataclass(frozen=True)
class Drawn:
    """One line of a chart."""

    label: str
    values: Series


@dataclass(frozen=True)
class Window:
    """How a widget sees time: ``steps`` of its periods are drawn, each standing for ``each`` of them."""

    hours: int
    period: int

    @property
    def steps(self) -> int:
        """Points of a line."""
        return min(POINTS, max(2, self.hours * 3600 // self.period))

    @property
    def each(self) -> float:
        """Periods for each point."""
        return self.hours * 3600 / self.period / self.steps


def drawn(widget: Widget, hours: int, *, over_time: bool = False) -> list[Drawn]:
    """The widget's lines with their values, oldest first; a figure has one value a line, unless ``over_time``."""
    lines, window = widget.lines, Window(hours, int(widget.raw.get("period", 300)))
    metrics = [line for line in lines if isinstance(line, Metric)]
    scale = _scale(widget, metrics, window)
    values = {id(line): _values(line, window, scale) for line in metrics}
    if widget.figure and not over_time:
        values = {id(line): _whole(line, values[id(line)], window) for line in metrics}
    named = {line.ident: values[id(line)] for line in metrics if line.ident}
    found: list[Drawn] = []
    for line in lines:
        if isinstance(line, Metric):
            found += [Drawn(line.label, values[id(line)])] if line.shown else []
        elif "SEARCH(" in line.text:
            found += _found(line, window)
        else:
            found.append(Drawn(line.label, evaluate(line.text, named, each=window.each)))
    return found


def _level(metric: Metric) -> float:
    return next((level for pattern, level in LEVELS if re.search(pattern, metric.name)), 24.0)


def _is_rare(metric: Metric) -> bool:
    return bool(RARE.search(metric.name))


def _is_absent(metric: Metric) -> bool:
    """What does not happen on a normal day, or not every day."""
    return bool(ABSENT.search(f"{metric.name} {sorted(metric.dimensions.values())}"))


def _scale(widget: Widget, metrics: Sequence[Metric], window: Window) -> float:
    """What keeps the highest line of a panel well under its lowest limit, and visible."""
    direct = [line for line in metrics if not _is_rare(line)]
    if not widget.limits or not direct or widget.unit in {"%", "0 to 1", "USD/analysis"}:
        return 1.0
    lowest = min(value for value, _ in widget.limits)
    lowest *= next((int(found[1]) for line in widget.lines if (found := _LARGER.search(_text(line)))), 1)
    highest = max(_level(line) * SPREAD.get(line.statistic, 1.0) * _amount(line, window) for line in direct)
    return min(MOST_SCALE, 0.6 * lowest / highest)


def _text(line: Metric | Expression) -> str:
    return line.text if isinstance(line, Expression) else ""


def _amount(metric: Metric, window: Window) -> float:
    """What of a five-minute count falls into one period; a sum of a measured time is a count too."""
    return 1.0 if GAUGES.search(metric.name) and metric.statistic != "Sum" else window.period / 300


def _values(metric: Metric, window: Window, scale: float) -> Series:
    seed = f"{metric.namespace} {metric.name} {sorted(metric.dimensions.items())}"
    dice = random.Random(seed)
    steps, level, amount = window.steps, _level(metric) * scale, _amount(metric, window)
    if metric.name == "EstimatedCharges":
        return _growing(dice, steps, level)
    if _is_absent(metric):
        return [0.0] * steps
    if _is_rare(metric):
        return [float(_rarely(dice, amount)) for _ in range(steps)]
    noise = 0.0 if STEADY.search(metric.name) else 0.12
    own = (dice.uniform(0.55, 1.0) if noise else 1.0) * SPREAD.get(metric.statistic, 1.0)
    made = []
    for step in range(steps):
        value = level * own * amount * _curve(step, window) * dice.uniform(1 - noise, 1 + noise)
        if metric.name == "QualityConfidence":
            value = min(0.99, level * SPREAD.get(metric.statistic, 1.0) * dice.uniform(0.96, 1.04))
        made.append(value if MEASURED.search(metric.name) else float(round(value)))
    return made


def _curve(step: int, window: Window) -> float:
    """How busy it is: quiet nights, a day with two humps, quiet weekends."""
    hour = window.hours * step / window.steps
    week = 0.4 if window.hours > 48 and int(hour / 24) % 7 in {5, 6} else 1.0
    if window.period >= DAY_S:
        return 0.9 * week
    hour %= 24
    humps = 0.75 * math.exp(-(((hour - 10.5) / 2.6) ** 2)) + 0.65 * math.exp(-(((hour - 15.5) / 2.4) ** 2))
    return week * (0.18 + humps)


def _rarely(dice: random.Random, amount: float) -> int:
    return dice.choice((1, 1, 1, 2)) if dice.random() < min(0.3, 0.012 * math.sqrt(amount)) else 0


def _growing(dice: random.Random, steps: int, level: float) -> Series:
    return [level * (0.45 + 0.55 * step / steps) * dice.uniform(0.995, 1.005) for step in range(steps)]


def _whole(metric: Metric, values: Series, window: Window) -> Series:
    """A figure's value over the whole time."""
    if metric.statistic in {"Sum", "SampleCount"}:
        return [sum(values) * window.each]
    return [max(values) if metric.statistic == "Maximum" else sum(values) / len(values)]


def _found(search: Expression, window: Window) -> list[Drawn]:
    """What a search could find: services, dearest first."""
    return [
        Drawn(name, _growing(random.Random(f"{search.text} {name}"), window.steps, 600 / (index + 1)))
        for index, name in enumerate(SERVICES)
    ]
