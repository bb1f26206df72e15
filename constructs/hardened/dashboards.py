"""Dashboards as data: sections of panels of lines, placed on CloudWatch's grid of 24 columns and rendered as JSON.

Decisions:
- A panel says what it measures in words, in which unit, and which runbook helps. CloudWatch's charts have no place for
  a link, so the heading of each section names every panel below it as a link to its runbook.
- Nothing to show, nothing drawn: a panel without lines and a section without panels are left out, so that a section of
  queues or endpoints appears with the first of them.
- What CloudWatch would refuse at the deployment, or never draw, is refused here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aws_cdk import Aws, Stack
from aws_cdk import aws_cloudwatch as cw
from constructs import Construct

from hardened.topics import Alerts

PERIOD_S = 300
COLUMNS = 24
MOST_IN_A_ROW = 4
LONG_HEADING = 200  # letters; beyond it the links need a second line
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html: metrics that expressions read
# count too.
MOST_WIDGETS = 500
MOST_METRICS_OF_A_PANEL = 500
MOST_METRICS = 2500
MOST_ALARMS_OF_A_PANEL = 100


class DashboardError(Exception):
    """CloudWatch would refuse the dashboard, or not draw it whole; the text says what is too much and what to do."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One metric: where it is (namespace, name, dimensions), how it is aggregated, and what it is called."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Sum"
    label: str = ""

    def render(self, **options: Any) -> list[Any]:
        """The line as CloudWatch writes it."""
        pairs = [part for pair in self.dimensions.items() for part in pair]
        return [self.namespace, self.metric, *pairs, {"stat": self.statistic, **options}]


@dataclass(frozen=True, kw_only=True)
class Math:
    """A line that is calculated: ``Math(expression="{a} / {b}", of={"a": ..., "b": ...}, label="share")``."""

    expression: str
    label: str
    of: Mapping[str, Line] = field(default_factory=dict)

    def render(self, index: int) -> list[list[Any]]:
        """The expression, and the metrics that it reads, which are not drawn; ``index`` makes their ids the panel's."""
        idents = {name: f"m{index}_{name}" for name in self.of}
        shown = {"expression": self.expression.format(**idents), "label": self.label, "id": f"e{index}"}
        return [[shown], *(line.render(id=idents[name], visible=False) for name, line in self.of.items())]


@dataclass(frozen=True)
class Limit:
    """A value that an alarm or an objective has, drawn across the panel."""

    value: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Lines in one chart.

    :param title: what is measured, as a person says it; without the unit.
    :param unit: of the vertical axis, for example ``ms``.
    :param runbook: name of the page in docs/runbooks that says what to do when it looks bad.
    :param figure: one number for the whole time shown, in place of a chart.
    :param region: where the metrics are, when not where the dashboard is.
    """

    title: str
    unit: str
    runbook: str
    lines: tuple[Line | Math, ...]
    limits: tuple[Limit, ...] = ()
    figure: bool = False
    stacked: bool = False
    period_s: int = PERIOD_S
    region: str = ""

    @property
    def height(self) -> int:
        """Rows of the grid."""
        return 4 if self.figure else 6

    def render(self) -> dict[str, Any]:
        """The properties of the panel's widget."""
        view: dict[str, Any] = (
            {"view": "singleValue", "sparkline": True, "setPeriodToTimeRange": True}
            if self.figure
            else {"view": "timeSeries", "stacked": self.stacked}
        )
        limits = [{"label": limit.label, "value": limit.value} for limit in self.limits]
        return {
            "title": self.title,
            **view,
            "region": self.region or Aws.REGION,
            "period": self.period_s,
            "metrics": [entry for index, line in enumerate(self.lines) for entry in _entries(line, index)],
            "yAxis": {"left": {"min": 0, "label": self.unit, "showUnits": False}},
            **({"annotations": {"horizontal": limits}} if limits else {}),
        }


def _entries(line: Line | Math, index: int) -> list[list[Any]]:
    return line.render(index) if isinstance(line, Math) else [line.render(label=line.label or line.metric)]


@dataclass(frozen=True, kw_only=True)
class AlarmList:
    """The alarms that ring now, by ARN."""

    title: str
    runbook: str
    alarms: tuple[str, ...]
    type: Literal["alarm"] = "alarm"
    height: int = 3

    @property
    def lines(self) -> tuple[str, ...]:
        """What it shows."""
        return self.alarms

    def render(self) -> dict[str, Any]:
        """The properties of the list's widget."""
        return {
            "title": self.title,
            "alarms": list(self.alarms),
            "sortBy": "stateUpdatedTimestamp",
            "states": ["ALARM"],
        }


@dataclass(frozen=True, kw_only=True)
class Section:
    """Panels that belong together, under a heading and a sentence or two on how to read them (Markdown)."""

    title: str
    about: str
    panels: Sequence[Panel | AlarmList]


class Dashboard(Construct):
    """A dashboard of sections; ``alerts`` knows where the runbooks are."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        about: str,
        sections: Sequence[Section],
        alerts: Alerts,
        hours: int = 24,
    ) -> None:
        """Make it.

        :param about: whom it is for and which question it answers; stands at its top.
        :param hours: so much is shown when it is opened.
        :raises DashboardError: it is beyond what CloudWatch draws.
        """
        super().__init__(scope, id)
        widgets = list(_widgets(about, sections, alerts))
        _check(name, widgets)
        body = {"start": f"-PT{hours}H", "periodOverride": "inherit", "widgets": widgets}
        self.dashboard = cw.CfnDashboard(
            self,
            "Dashboard",
            dashboard_name=name,
            dashboard_body=Stack.of(self).to_json_string(body),
        )


def _widgets(about: str, sections: Sequence[Section], alerts: Alerts) -> Iterator[dict[str, Any]]:
    yield _text(about, y=0, height=1)
    y = 1
    for section in sections:
        panels = [panel for panel in section.panels if panel.lines]
        if not panels:
            continue
        links = " · ".join(f"[{panel.title}]({alerts.runbook(panel.runbook)})" for panel in panels)
        height = 3 if sum(len(panel.title) + 3 for panel in panels) > LONG_HEADING else 2
        yield _text(f"## {section.title}\n{section.about}  \nRunbooks: {links}", y=y, height=height)
        y += height
        for row in _rows(panels):
            width, height = COLUMNS // len(row), max(panel.height for panel in row)
            for column, panel in enumerate(row):
                place = {"x": column * width, "y": y, "width": width, "height": height}
                yield {"type": getattr(panel, "type", "metric"), **place, "properties": panel.render()}
            y += height


def _rows(panels: Sequence[Panel | AlarmList]) -> Iterator[Sequence[Panel | AlarmList]]:
    """Rows of at most four that differ by one at most, the fuller ones first: no row leaves a hole."""
    count = -(-len(panels) // MOST_IN_A_ROW)
    start = 0
    for row in range(count):
        size = -(-(len(panels) - start) // (count - row))
        yield panels[start : start + size]
        start += size


def _text(markdown: str, *, y: int, height: int) -> dict[str, Any]:
    properties = {"markdown": markdown, "background": "transparent"}
    return {"type": "text", "x": 0, "y": y, "width": COLUMNS, "height": height, "properties": properties}


def _check(name: str, widgets: Sequence[dict[str, Any]]) -> None:
    def refuse(what: str, count: int, most: int, remedy: str) -> None:
        if count > most:
            raise DashboardError(f"{name}: {what} has {count:,} of at most {most:,} that CloudWatch draws: {remedy}")

    refuse("the dashboard's list of widgets", len(widgets), MOST_WIDGETS, "split the dashboard")
    total = 0
    for widget in widgets:
        properties = widget["properties"]
        panel = f"the panel {properties.get('title', '')!r}"
        metrics = sum(isinstance(entry[0], str) for entry in properties.get("metrics", ()))
        refuse(f"{panel} (metrics)", metrics, MOST_METRICS_OF_A_PANEL, "split it, or show the busiest only")
        refuse(f"{panel} (alarms)", len(properties.get("alarms", ())), MOST_ALARMS_OF_A_PANEL, "split the list")
        total += metrics
    refuse("the dashboard (metrics of all panels)", total, MOST_METRICS, "split the dashboard")
