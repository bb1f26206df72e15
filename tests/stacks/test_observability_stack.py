"""No panel shows a metric that nobody writes, and no function is missing."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ADVISOR = Path(__file__).parents[2] / "lambdas" / "advisor"
FUNCTIONS = {
    *("Api", "Authorizer", "Planner", "Tagger", "Reporter", "Charter", "Retirement", "Sweeper"),
    *("Archiver", "Migrations", "Rotation", "Review", "Decision"),
}


@pytest.fixture(scope="module", params=("local", "prod"))
def deployed(request: Any, assembly: Callable[[str], Any]) -> Any:
    return assembly(request.param)


def body(dashboard: dict[str, Any]) -> dict[str, Any]:
    """The dashboard's JSON with stand-ins for what only a deployment knows."""
    value = dashboard["DashboardBody"]
    separator, parts = value["Fn::Join"]
    return dict(json.loads(separator.join(part if isinstance(part, str) else "known-later" for part in parts)))


def dashboards(assembly: Any) -> dict[str, dict[str, Any]]:
    found = assembly.of_type("AWS::CloudWatch::Dashboard", "Observability")
    return {d["DashboardName"]: body(d) for d in found.values()}


def metrics(dashboard: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of every line of every panel."""
    for widget in dashboard["widgets"]:
        for namespace, name, *rest in widget["properties"].get("metrics", ()):
            pairs = [part for part in rest if isinstance(part, str)]
            yield namespace, name, dict(zip(pairs[::2], pairs[1::2], strict=True))


def test_three_dashboards_are_named_after_their_environment(deployed: Any) -> None:
    """OBS-03, OBS-04, OBS-05."""
    prefix = f"alex-{deployed.environment}"
    assert set(dashboards(deployed)) == {
        f"{prefix}-platform",
        f"{prefix}-agent-performance",
        f"{prefix}-ai-model-usage",
    }


def test_every_own_metric_on_a_dashboard_is_written_by_some_function(deployed: Any) -> None:
    """SYS-11: a panel of a metric that nobody writes is empty for ever, and looks like health."""
    source = "\n".join(path.read_text("utf-8") for path in ADVISOR.rglob("*.py"))
    written = set(re.findall(r'(?:metric|tell)\(\s*"(\w+)"', source))
    shown = {name for d in dashboards(deployed).values() for space, name, _ in metrics(d) if space == "Alex"}
    assert shown
    assert shown <= written


def test_own_metrics_are_asked_for_with_the_dimensions_that_they_are_written_with(deployed: Any) -> None:
    """CloudWatch finds nothing for a missing dimension."""
    for dashboard in dashboards(deployed).values():
        for namespace, name, dimensions in metrics(dashboard):
            if namespace == "Alex":
                assert set(dimensions) == {"Environment", "Service", "Agent"}, name
                assert dimensions["Environment"] == deployed.environment


def test_panels_do_not_overlap(deployed: Any) -> None:
    for dashboard in dashboards(deployed).values():
        cells = [
            (x, y)
            for w in dashboard["widgets"]
            for x in range(w["x"], w["x"] + w["width"])
            for y in range(w["y"], w["y"] + w["height"])
        ]
        assert len(cells) == len(set(cells))
        assert max(x for x, _ in cells) < 24


def test_every_function_has_its_line_on_the_dashboard(deployed: Any) -> None:
    """A function that somebody adds by another way than the construct shows here."""
    assert len(deployed.of_type("AWS::Lambda::Function")) == len(FUNCTIONS)
    platform = dashboards(deployed)[f"alex-{deployed.environment}-platform"]
    (errors,) = [
        w for w in platform["widgets"] if w["properties"].get("title") == "Errors" and "Lambda" in json.dumps(w)
    ]
    assert {line[-1]["label"] for line in errors["properties"]["metrics"]} == FUNCTIONS
