"""What operators look at: nothing is missing, nothing is empty for ever, and each picture says what it means."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from alex.dashboards import preview
from alex.dashboards.bodies import Board, Metric, Widget
from settings import Settings, load

BOARDS = {"ai-model-usage", "agent-performance", "platform", "cost", "security", "business"}
# Own metrics that no dashboard shows, and why.
NOT_SHOWN: dict[str, str] = {}


@pytest.fixture(scope="module", params=("local", "prod"))
def deployed(request: Any, assembly: Callable[[str], Any]) -> Any:
    return assembly(request.param)


@pytest.fixture(scope="module")
def found(deployed: Any) -> preview.Preview:
    return preview.read(deployed.folder, deployed.environment)


@pytest.fixture(scope="module")
def chosen(deployed: Any) -> Settings:
    return load(deployed.environment)


def board(found: preview.Preview, word: str) -> Board:
    (one,) = [each for each in found.boards if each.name == f"alex-{found.environment}-{word}"]
    return one


def panel(found: preview.Preview, word: str, title: str) -> Widget:
    (one,) = [widget for widget in board(found, word).widgets if widget.title == title]
    return one


def metrics(boards: tuple[Board, ...] | list[Board]) -> Iterator[Metric]:
    for each in boards:
        for widget in each.widgets:
            yield from (line for line in widget.lines if isinstance(line, Metric))


def names(one: Board) -> set[tuple[str, str]]:
    return {(metric.namespace, metric.name) for metric in metrics([one])}


def test_six_dashboards_are_named_after_their_environment(found: preview.Preview) -> None:
    """OBS-03, OBS-04, OBS-05: people find them by these names."""
    assert {each.name for each in found.boards} == {f"alex-{found.environment}-{word}" for word in BOARDS}


def test_every_metric_on_a_dashboard_is_written_by_somebody(found: preview.Preview) -> None:
    """SYS-11: a panel of a metric that nobody writes, or not with these dimensions, is empty for ever and looks like
    health."""
    assert found.metrics > 300
    assert found.unknown == []


def test_every_metric_that_we_write_is_on_a_dashboard(found: preview.Preview) -> None:
    """OBS-24: what somebody took the trouble to count, somebody can see; each place of the code that counts."""
    hidden = {row["name"]: row["where"] for row in preview.own_metrics(found) if not row["shown"]}
    assert set(hidden) == set(NOT_SHOWN), f"put these on a dashboard (stacks/dashboards), or say why not: {hidden}"


def test_every_filters_metric_is_on_a_dashboard(found: preview.Preview) -> None:
    """COMP-07: what filters count in logs - refused connections, refused tokens, whatever follows - shows by itself."""
    assert found.registry.filtered
    assert found.registry.filtered <= {(each.namespace, each.name) for each in metrics(list(found.boards))}


def test_every_panel_says_its_unit_in_words_and_leads_to_its_runbook(found: preview.Preview, chosen: Settings) -> None:
    """OBS-17: who is called at night reads what is measured, in which unit, and what to do.

    CloudWatch's charts cannot hold a link: the heading above them does, by their title.
    """
    for each in found.boards:
        heading = ""
        for widget in each.widgets:
            if widget.kind == "text":
                heading = str(widget.raw["markdown"])
                continue
            where = f"{each.name}: {widget.title}"
            assert re.match(r"[A-Z][a-z]", widget.title), where
            assert not re.search(r"[a-z][A-Z]", widget.title.replace("SageMaker", "")), f"{where} is a metric's name"
            assert f"[{widget.title}]({chosen.alarms.runbooks_url}/" in heading, where
            if widget.kind == "metric":
                assert widget.unit, where
                assert all(line.label for line in widget.lines if isinstance(line, Metric) and line.shown), where


def test_panels_neither_overlap_nor_leave_holes(found: preview.Preview) -> None:
    """A row that ends in the middle looks as if something were missing."""
    for each in found.boards:
        cells = [
            (x, y)
            for w in each.widgets
            for x in range(w.x, w.x + w.width)
            for y in range(w.y, w.y + w.height)
        ]  # fmt: skip
        assert len(cells) == len(set(cells)) == 24 * each.rows, each.name


def test_the_models_dashboard_has_what_is_asked_for(found: preview.Preview) -> None:
    """OBS-03: invocations, errors, tokens, latency."""
    shown = names(board(found, "ai-model-usage"))
    wanted = ("Invocations", "InvocationClientErrors", "InvocationServerErrors", "InvocationLatency")
    assert {("AWS/Bedrock", name) for name in (*wanted, "InputTokenCount", "OutputTokenCount")} <= shown
    assert {("Alex", "TokensIn"), ("Alex", "TokensOut"), ("Alex", "LlmCostUsd")} <= shown


def test_the_agents_dashboard_has_the_planner_and_every_agent(found: preview.Preview) -> None:
    """OBS-04: durations, errors, invocations, concurrency, throttles of the planner and its agents."""
    shown = board(found, "agent-performance")
    wanted = ("Duration", "Errors", "Invocations", "ConcurrentExecutions", "Throttles")
    everybody = {"Planner", "Tagger", "Reporter", "Charter", "Retirement"}
    for name in wanted:
        assert {line.label for line in metrics([shown]) if line.name == name} == everybody, name


def test_agents_tell_their_time_tools_tokens_and_errors(found: preview.Preview) -> None:
    """OBS-24: execution time, tool calls, tokens and errors by agent; users' sessions; how long queries take."""
    agents = {"Tagger", "Reporter", "Charter", "Retirement"}
    for name in ("AgentDurationMs", "ToolCalls", "TokensIn", "AgentErrors"):
        assert {line.label for line in metrics(list(found.boards)) if line.name == name and line.shown} == agents, name
    assert ("AWS/Cognito", "SignInSuccesses") in names(board(found, "business"))
    assert ("Alex", "DbQueryMs") in names(board(found, "platform"))


def test_the_platforms_dashboard_has_everything_that_was_deployed(deployed: Any, found: preview.Preview) -> None:
    """OBS-05: a function, queue or table that any stack makes has its line; nobody keeps a list."""
    shown = list(metrics([board(found, "platform")]))
    counts = {
        # Without the audit baseline's, which stands alone, perhaps in another account.
        "FunctionName": len([w for w in deployed.of_type("AWS::Lambda::Function") if not w.startswith("Compliance/")]),
        "TableName": len(deployed.of_type("AWS::DynamoDB::GlobalTable")),
        "DBClusterIdentifier": len(deployed.of_type("AWS::RDS::DBCluster")),
        "StateMachineArn": len(deployed.of_type("AWS::StepFunctions::StateMachine")),
        "ApiName": len(deployed.of_type("AWS::ApiGateway::RestApi")),
    }
    for dimension, count in counts.items():
        values = {each.dimensions[dimension] for each in shown if dimension in each.dimensions}
        assert len(values) == count > 0, dimension
    queues = deployed.of_type("AWS::SQS::Queue").values()
    with_dead_letters = [queue for queue in queues if "RedrivePolicy" in queue]
    values = {each.dimensions["QueueName"] for each in shown if "QueueName" in each.dimensions}
    assert len(values) == 2 * len(with_dead_letters)


def test_whoever_is_called_sees_which_alarms_ring(deployed: Any, found: preview.Preview) -> None:
    """OBS-17: all alarms with a name of ours, those of other stacks too."""
    listed = {arn.rpartition(":alarm:")[2] for w in board(found, "platform").widgets for arn in w.raw.get("alarms", ())}
    made = (
        alarm["AlarmName"]
        for kind in ("Alarm", "CompositeAlarm")
        for alarm in deployed.of_type(f"AWS::CloudWatch::{kind}").values()
        if "AlarmName" in alarm
    )
    assert listed == set(made)


def test_limits_are_the_settings(found: preview.Preview, chosen: Settings) -> None:
    """OBS-11, OBS-13, LLM-03, PERF-02, COST-01, COST-04, EVAL-06, HITL-03: the line drawn is the one of the alarm."""
    models, alarms = chosen.models, chosen.alarms
    limits = {
        ("ai-model-usage", "Calls a minute"): {
            limit
            for model in (models.large, models.small)
            for limit in (model.requests_per_minute, model.requests_per_minute * alarms.model_quota_pct / 100)
        },
        ("ai-model-usage", "Tokens a minute"): {
            limit
            for model in (models.large, models.small)
            for limit in (model.tokens_per_minute, model.tokens_per_minute * alarms.model_quota_pct / 100)
        },
        ("platform", "Time to the answer"): {chosen.slo.api_p99_ms, alarms.api_p95_ms},
        ("platform", "Requests that failed"): {alarms.api_5xx_rate_pct},
        ("platform", "Share of invocations that failed"): {alarms.lambda_error_rate_pct},
        ("platform", "Age of the oldest message"): {alarms.queue_age_seconds},
        ("platform", "Processor"): {alarms.database_cpu_pct},
        ("business", "Duration of an analysis"): {chosen.planner.promised_seconds},
        ("business", "Confidence of analyses"): {chosen.hitl.least_confidence},
        ("business", "Share accepted"): {chosen.slo.quality.acceptance_pct},
        ("business", "Analyses that were good"): {chosen.slo.quality_pct},
        ("cost", "Models' cost a day, by agent"): {chosen.cost.inference_daily_usd},
        ("cost", "Models' cost of an analysis, by hour"): {chosen.agents.job_budget_usd},
        ("cost", "Charges of the account"): {
            chosen.cost.monthly_budget_usd * pct / 100 for pct in chosen.cost.alert_thresholds_pct
        },
    }
    for (word, title), values in limits.items():
        assert {value for value, _ in panel(found, word, title).limits} == values, title


def test_the_bill_is_read_where_aws_keeps_it(found: preview.Preview) -> None:
    """COST-01: EstimatedCharges is in us-east-1 only, wherever the environment is; elsewhere the panel stays empty."""
    for title in ("Charges of the account", "Charges by service"):
        assert panel(found, "cost", title).raw["region"] == "us-east-1"


def test_violations_and_findings_have_a_section(deployed: Any, found: preview.Preview) -> None:
    """COMP-07: every rule that tells people of findings and of broken rules is drawn; so are refused tokens (401) and
    rights (403), and what the firewall's rules did."""
    every = deployed.of_type("AWS::Events::Rule").items()
    rules = [r for w, r in every if "EventPattern" in r and (not w.startswith("Compliance/") or "Name" in r)]
    (events,) = [w for w in board(found, "security").widgets if w.title == "Events that a person is told of"]
    assert len(events.lines) == len(rules) >= 4
    assert "Rule Broken" in {line.label for line in events.lines}
    wanted = {
        (acl["VisibilityConfig"]["MetricName"], rule)
        for acl in deployed.of_type("AWS::WAFv2::WebACL").values()
        for rule in ("ALL", *(each["VisibilityConfig"]["MetricName"] for each in acl["Rules"]))
    }
    drawn = {
        (line.dimensions["WebACL"], line.dimensions["Rule"])
        for line in metrics([board(found, "security")])
        if "Rule" in line.dimensions
    }
    assert drawn == wanted


def test_looking_needs_few_exports(deployed: Any) -> None:
    """An export cannot go while it is imported: one for each thing that is watched, two for a queue and a user pool."""
    text = json.dumps(deployed.of_type("AWS::CloudWatch::Dashboard"))
    imports = set(re.findall(r'"Fn::ImportValue": "([^"]+)"', text))
    single = (
        "Lambda::Function",
        "DynamoDB::GlobalTable",
        "RDS::DBCluster",
        "StepFunctions::StateMachine",
        "SNS::Topic",
    )
    twice = sum("RedrivePolicy" in queue for queue in deployed.of_type("AWS::SQS::Queue").values())
    twice += len(deployed.of_type("AWS::Cognito::UserPool"))
    rules = sum("EventPattern" in rule for rule in deployed.of_type("AWS::Events::Rule").values())
    assert len(imports) <= sum(len(deployed.of_type(f"AWS::{kind}")) for kind in single) + 2 * twice + rules
