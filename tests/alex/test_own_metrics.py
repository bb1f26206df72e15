"""The list of our own metrics is what the code does: read from it, and compared with what is asked for."""

from pathlib import Path

import pytest

from alex.dashboards import own_metrics
from alex.dashboards.own_metrics import UnreadableMetricError
from alex.dashboards.registry import Registry, registry_of

SOURCES = {
    "handlers/front.py": """
        def handler(event, context):
            from advisor.agents.work import run
            run(event)
    """,
    "handlers/other.py": "def handler(event, context): ...",
    "domain/names.py": 'NAME, TRACE = "worker", "a trace"',
    "agents/work.py": """
        from advisor.domain.names import NAME as WHO

        def run(telemetry, good):
            tell = telemetry.metric
            tell("Seconds", 1.0, agent=WHO, unit="Seconds")
            name = "Good" if good else "Bad"
            telemetry.metric(name, 1, agent="worker")
            def inner(task):
                telemetry.metric("Inner", 1, agent=task.agent)

        class Wrapped:
            def metric(self, name, value, *, agent, unit="Count"):
                self.telemetry.metric(name, value, agent=agent, unit=unit)
    """,
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of a few modules."""
    import textwrap

    root = tmp_path / "advisor"
    for name, text in SOURCES.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), "utf-8")
    return root


def test_every_way_of_writing_a_metric_is_read(package: Path) -> None:
    """OBS-24: by an alias, by a name with two values, in a function within; a wrapper writes nothing itself."""
    found = {each.name: each for each in own_metrics.written(package)}
    assert set(found) == {"Seconds", "Good", "Bad", "Inner"}
    assert (found["Seconds"].unit, found["Seconds"].agents) == ("Seconds", frozenset({"worker"}))
    assert (found["Good"].unit, found["Inner"].agents) == ("Count", None)


def test_a_metric_whose_name_cannot_be_read_is_refused(package: Path) -> None:
    """It would escape the comparison with the dashboards; the place and the remedy are said."""
    (package / "agents" / "sly.py").write_text("def run(t, name):\n    t.metric(name.upper(), 1, agent='x')\n", "utf-8")
    with pytest.raises(UnreadableMetricError, match=r"sly\.py:2: name the metric in the call"):
        own_metrics.written(package)


def test_who_writes_it_follows_from_what_the_handler_brings_along(package: Path) -> None:
    """A lazy import counts; a function that never loads the module cannot write its metrics."""
    assert "advisor.agents.work" in own_metrics.reached("advisor.handlers.front", package)
    assert "advisor.agents.work" not in own_metrics.reached("advisor.handlers.other", package)


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The platform's own, with two functions and a filter."""
    handlers = {"planner": "advisor.handlers.planner", "charter": "advisor.handlers.charter"}
    return Registry("prod", handlers, frozenset({("Alex", "alex-prod-refused")}))


@pytest.mark.parametrize(
    ("namespace", "name", "dimensions", "said"),
    [
        ("Alex", "JobsStarted", {"Environment": "prod", "Service": "planner", "Agent": "planner"}, ""),
        ("Alex", "AgentErrors", {"Environment": "prod", "Service": "planner", "Agent": "charter"}, ""),
        ("Alex", "JobsStarted", {"Environment": "prod", "Service": "charter", "Agent": "planner"}, "no function"),
        ("Alex", "JobsStarted", {"Environment": "dev", "Service": "planner", "Agent": "planner"}, "of prod"),
        (
            "Alex",
            "JobsStarted",
            {"Environment": "prod", "Service": "planner"},
            "carries Environment, Service and Agent",
        ),
        ("Alex", "JobStarted", {"Environment": "prod", "Service": "planner", "Agent": "planner"}, "no function"),
        ("Alex", "AgentErrors", {"Environment": "prod", "Service": "planner", "Agent": "nobody"}, "no function"),
        ("Alex", "LlmCostUsd", {"Environment": "prod"}, ""),
        ("Alex", "JobsStarted", {"Environment": "prod"}, "carries Environment, Service and Agent"),
        ("Alex", "alex-prod-refused", {}, ""),
        ("Alex", "alex-prod-refused", {"Environment": "prod"}, "without dimensions"),
        ("AWS/Lambda", "Errors", {"FunctionName": "f"}, ""),
        ("AWS/Lambda", "Errors", {}, "has no AWS/Lambda Errors"),
        ("AWS/Lambda", "Mistakes", {"FunctionName": "f"}, "has no AWS/Lambda Mistakes"),
        ("AWS/RDS", "SelectLatency", {"DBClusterIdentifier": "c"}, "has no AWS/RDS SelectLatency"),
    ],
)
def test_a_metric_exists_with_exactly_its_dimensions(
    registry: Registry, namespace: str, name: str, dimensions: dict[str, str], said: str
) -> None:
    """SYS-11: to CloudWatch one dimension more or less is another metric, which stays empty."""
    why = registry.lacks(namespace, name, dimensions)
    assert said in why
    assert bool(why) == bool(said)


@pytest.mark.parametrize(
    ("expression", "known"),
    [
        ("m0 / m1", True),
        ("SEARCH('{AWS/Billing,Currency,ServiceName} MetricName=\"EstimatedCharges\"', 'Maximum', 60)", True),
        ("SEARCH('{AWS/Billing,ServiceName} MetricName=\"EstimatedCharges\"', 'Maximum', 60)", False),
        ("SEARCH('{AWS/Billing,Currency,ServiceName} charges', 'Maximum', 60)", False),
    ],
)
def test_a_search_is_for_a_metric_that_exists(registry: Registry, expression: str, known: bool) -> None:
    """SYS-11: a search that can find nothing is as empty as a metric that nobody writes."""
    assert (registry.lacks_of_search(expression) == "") is known


def test_functions_and_filters_are_read_from_templates() -> None:
    """A function's service and handler are what was synthesised, not what somebody remembers."""
    variables = {"POWERTOOLS_SERVICE_NAME": "decision"}
    resources = {
        "F": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Handler": "advisor.handlers.review.other", "Environment": {"Variables": variables}},
        },
        "M": {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {"MetricTransformations": [{"MetricNamespace": "Alex", "MetricName": "m"}]},
        },
    }
    made = registry_of("prod", {"T": {"Resources": resources}})
    assert made.handlers == {"decision": "advisor.handlers.review"}
    assert made.filtered == {("Alex", "m")}
