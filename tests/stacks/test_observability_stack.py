"""Somebody is told of every failure, and no panel shows a metric that nobody writes."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from settings import load

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


def alarms(assembly: Any) -> dict[str, dict[str, Any]]:
    return {a["AlarmName"]: a for a in assembly.of_type("AWS::CloudWatch::Alarm").values() if "AlarmName" in a}


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


def test_every_function_has_its_alarms_and_its_line_on_the_dashboard(deployed: Any) -> None:
    """OBS-08, OBS-09: a function that somebody adds by another way than the construct shows here."""
    found = alarms(deployed)
    for name in FUNCTIONS:
        for kind in ("errors", "throttles", "duration-p95", "duration-p99"):
            assert f"alex-{deployed.environment}-{name.lower()}-function-{kind}" in found
    assert len(deployed.of_type("AWS::Lambda::Function")) == len(FUNCTIONS)
    platform = dashboards(deployed)[f"alex-{deployed.environment}-platform"]
    (errors,) = [
        w for w in platform["widgets"] if w["properties"].get("title") == "Errors" and "Lambda" in json.dumps(w)
    ]
    assert {line[-1]["label"] for line in errors["properties"]["metrics"]} == FUNCTIONS


def test_every_alarm_tells_somebody_and_says_why(assembly: Callable[[str], Any]) -> None:
    """OBS-17: in every environment and stack; an alarm without an action tells nobody."""
    for name in ("local", "dev", "staging", "prod", "prod-dr"):
        for key, alarm in assembly(name).of_type("AWS::CloudWatch::Alarm").items():
            if "AlarmName" in alarm:
                assert alarm["AlarmActions"], key
                assert re.search(r"\[[A-Z]+-\d+(, [A-Z]+-\d+)*\]$", alarm["AlarmDescription"]), key
                assert alarm["AlarmName"].startswith(f"alex-{name}-"), key


def test_alarm_names_are_unique(deployed: Any) -> None:
    """CloudWatch would overwrite one alarm with the other."""
    names = [a.get("AlarmName") for a in deployed.of_type("AWS::CloudWatch::Alarm").values() if "AlarmName" in a]
    assert len(names) == len(set(names))


def test_thresholds_are_the_settings(deployed: Any) -> None:
    """OBS-10, OBS-11, OBS-12."""
    chosen, found = load(deployed.environment).alarms, alarms(deployed)
    prefix = f"alex-{deployed.environment}"
    assert found[f"{prefix}-api-errors"]["Threshold"] == chosen.api_5xx_rate_pct
    assert found[f"{prefix}-api-latency-p95"]["Threshold"] == chosen.api_p95_ms
    assert found[f"{prefix}-database-cpu"]["Threshold"] == chosen.database_cpu_pct
    assert found[f"{prefix}-analysis-age"]["Threshold"] == chosen.queue_age_seconds
    assert found[f"{prefix}-analysis-dead-letters"]["Threshold"] == 0
    assert found[f"{prefix}-planner-function-errors"]["Threshold"] == chosen.lambda_error_rate_pct


def test_connections_are_measured_against_what_the_capacity_allows(assembly: Callable[[str], Any]) -> None:
    """DATA-04: 16 ACU allow 3,360 connections; a minimum below 1 ACU allows 2,000 at most."""
    assert alarms(assembly("prod"))["alex-prod-database-connections"]["Threshold"] == round(3360 * 0.8)
    assert alarms(assembly("staging"))["alex-staging-database-connections"]["Threshold"] == round(2000 * 0.8)


def test_refused_database_connections_are_counted_from_the_databases_own_log(deployed: Any) -> None:
    """OBS-12: a failed rotation shows as refused connections first."""
    (refused,) = deployed.of_type("AWS::Logs::MetricFilter", "Observability").values()
    assert '"password authentication failed"' in refused["FilterPattern"]
    assert "/aws/rds/cluster/" in json.dumps(refused["LogGroupName"])


def test_tables_and_the_models_quota_are_watched(deployed: Any) -> None:
    """OBS-14, LLM-03: an operator hears of a quota at 80 % of it, not from the first analysis that was refused."""
    found = alarms(deployed)
    for table in ("audit", "rate", "idempotency", "usage", "breaker"):
        assert f"alex-{deployed.environment}-table-{table}-throttles" in found
    models = load(deployed.environment).models
    for role, model in (("large", models.large), ("small", models.small)):
        throttles = found[f"alex-{deployed.environment}-{role}-model-throttles"]
        assert throttles["Dimensions"] == [{"Name": "ModelId", "Value": model.model_id}]
        for kind, quota in (("requests", model.requests_per_minute), ("tokens", model.tokens_per_minute)):
            assert found[f"alex-{deployed.environment}-{role}-model-{kind}-quota"]["Threshold"] == quota * 0.8
