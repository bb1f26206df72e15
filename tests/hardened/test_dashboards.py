"""A dashboard is drawn as CloudWatch draws it, or refused before the deployment."""

import json
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from hardened import Alerts, AlertTopic
from hardened.dashboards import AlarmList, Dashboard, DashboardError, Line, Math, Panel, Section

LINE = Line(namespace="AWS/Lambda", metric="Errors", dimensions={"FunctionName": "one"}, label="one")


def panel(title: str = "Failed runs", lines: Any = (LINE,), **more: Any) -> Panel:
    return Panel(title=title, unit="errors", runbook="function-errors", lines=tuple(lines), **more)


def drawn(*sections: Section) -> list[dict[str, Any]]:
    """The widgets of a dashboard of these sections."""
    stack = Stack(App(), "Bench")
    topic = AlertTopic(stack, "Topic", master_key=kms.Key(stack, "Key"), display_name="topic")
    alerts = Alerts(critical=topic, warning=topic, runbooks="https://runbooks.example/")
    Dashboard(stack, "Board", name="board", about="**Board**", sections=sections, alerts=alerts)
    (made,) = Template.from_stack(stack).find_resources("AWS::CloudWatch::Dashboard").values()
    body = made["Properties"]["DashboardBody"]
    parts = [body] if isinstance(body, str) else body["Fn::Join"][1]
    return list(json.loads("".join(part if isinstance(part, str) else "there" for part in parts))["widgets"])


def section(*panels: Any) -> Section:
    return Section(title="Functions", about="What runs.", panels=panels)


def test_a_heading_leads_to_the_runbook_of_each_panel_below_it() -> None:
    """OBS-17: CloudWatch's charts have no link of their own."""
    _, heading, chart = drawn(section(panel()))
    assert "[Failed runs](https://runbooks.example/function-errors.md)" in heading["properties"]["markdown"]
    assert chart["properties"]["yAxis"]["left"] == {"min": 0, "label": "errors", "showUnits": False}


@pytest.mark.parametrize(
    ("count", "widths"),
    [
        (1, [24]),
        (2, [12] * 2),
        (3, [8] * 3),
        (4, [6] * 4),
        (5, [8] * 3 + [12] * 2),
        (9, [8] * 9),
        (7, [6] * 4 + [8] * 3),
    ],
)
def test_rows_have_no_holes(count: int, widths: list[int]) -> None:
    """Panels share the width of their row."""
    made = drawn(section(*(panel(f"Panel {index}") for index in range(count))))
    assert [widget["width"] for widget in made if widget["type"] == "metric"] == widths


def test_nothing_to_show_is_not_drawn() -> None:
    """A section of queues appears with the first queue."""
    assert len(drawn(section(panel(lines=())), section(panel()))) == 3


def test_an_expression_keeps_its_metrics_apart_from_those_of_the_next() -> None:
    """CloudWatch refuses a panel in which two metrics have one id."""
    twice = Math(expression="{a} / {b}", of={"a": LINE, "b": LINE}, label="share")
    metrics = drawn(section(panel(lines=(twice, LINE, twice))))[-1]["properties"]["metrics"]
    idents = [entry[-1]["id"] for entry in metrics if "id" in entry[-1]]
    assert len(idents) == len(set(idents)) == 6
    assert metrics[0] == [{"expression": "m0_a / m0_b", "label": "share", "id": "e0"}]
    assert metrics[1][-1]["visible"] is False


def test_alarms_are_listed_while_they_ring() -> None:
    """OBS-17: a list of everything that is well hides what is not."""
    listed = drawn(section(AlarmList(title="Ringing now", runbook="alarms", alarms=("arn:1",))))[-1]
    assert listed["type"] == "alarm"
    assert listed["properties"]["states"] == ["ALARM"]


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ([section(panel(lines=[LINE] * 501))], r"'Failed runs' \(metrics\) has 501 of at most 500"),
        ([section(*(panel(f"P {n}", [LINE] * 500) for n in range(6)))], r"all panels\) has 3,000 of at most 2,500"),
        ([section(*(panel(f"P {n}") for n in range(500)))], r"widgets has 502 of at most 500"),
        ([section(AlarmList(title="All", runbook="alarms", alarms=("a",) * 101))], r"'All' \(alarms\) has 101"),
    ],
)
def test_what_cloudwatch_would_refuse_is_refused_with_what_to_do(sections: list[Section], said: str) -> None:
    """A deployment that fails half-way is the worse place to learn of a limit."""
    with pytest.raises(DashboardError, match=said):
        drawn(*sections)
