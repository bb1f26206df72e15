"""Dashboards from tables: sections of panels, panels of lines. Rendered as JSON at once, three panels a row.

Decision: a panel is data, so that a test can list every metric a dashboard shows and compare it with what is emitted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Aws, Stack
from aws_cdk import aws_cloudwatch as cw
from constructs import Construct

PERIOD_S = 300
WIDTH, HEIGHT, PER_ROW = 8, 6, 3


@dataclass(frozen=True, kw_only=True)
class Line:
    """One metric: where it is (namespace, name, dimensions), how it is aggregated, and what it is called."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Sum"
    label: str = ""

    def render(self) -> list[Any]:
        """The line as CloudWatch writes it."""
        pairs = [part for pair in self.dimensions.items() for part in pair]
        options = {"stat": self.statistic, **({"label": self.label} if self.label else {})}
        return [self.namespace, self.metric, *pairs, options]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Lines in one chart; ``limit`` draws the threshold that an alarm or an objective has."""

    title: str
    lines: tuple[Line, ...]
    limit: float | None = None

    def render(self, *, x: int, y: int) -> dict[str, Any]:
        """The panel as a widget at a place of the grid."""
        properties: dict[str, Any] = {
            "title": self.title,
            "view": "timeSeries",
            "region": Aws.REGION,
            "period": PERIOD_S,
            "metrics": [line.render() for line in self.lines],
            "yAxis": {"left": {"min": 0}},
        }
        if self.limit is not None:
            properties["annotations"] = {"horizontal": [{"label": "limit", "value": self.limit}]}
        return {"type": "metric", "x": x, "y": y, "width": WIDTH, "height": HEIGHT, "properties": properties}


class Dashboard(Construct):
    """A dashboard of ``sections``: heading -> panels."""

    def __init__(self, scope: Construct, id: str, *, name: str, sections: Mapping[str, Sequence[Panel]]) -> None:
        super().__init__(scope, id)
        widgets: list[dict[str, Any]] = []
        y = 0
        for heading, panels in sections.items():
            text = {"markdown": f"## {heading}"}
            widgets.append({"type": "text", "x": 0, "y": y, "width": 24, "height": 1, "properties": text})
            for index, panel in enumerate(panels):
                row, column = divmod(index, PER_ROW)
                widgets.append(panel.render(x=column * WIDTH, y=y + 1 + row * HEIGHT))
            y += 1 + -(-len(panels) // PER_ROW) * HEIGHT
        self.dashboard = cw.CfnDashboard(
            self,
            "Dashboard",
            dashboard_name=name,
            dashboard_body=Stack.of(self).to_json_string({"periodOverride": "inherit", "widgets": widgets}),
        )
