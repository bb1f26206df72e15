"""Events as log lines of the field's form, without anybody's id in the clear (OBS-01, domain A.8)."""

import json

import pytest

from advisor.adapters.telemetry import PowertoolsTelemetry


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> object:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def telemetry(service: str) -> PowertoolsTelemetry:
    """A service of its own for each test: Powertools keeps one log stream for each name."""
    return PowertoolsTelemetry(service=service, environment="test", namespace="Alex", level="INFO")


def test_an_event_has_every_field_an_operator_searches_by(lines: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs Insights queries name these fields."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5-abc;Parent=1;Sampled=1")
    told = telemetry("reporter")
    told.about(job_id="job-1", user_id="alice", correlation_id="corr-1")
    told.event("AGENT_INVOKED", agent="reporter", attempt=1)
    (line,) = lines()  # type: ignore[operator]
    assert line["event_type"] == line["event"] == line["message"] == "AGENT_INVOKED"
    assert (line["service"], line["environment"], line["level"]) == ("reporter", "test", "INFO")
    assert (line["agent"], line["job_id"], line["correlation_id"]) == ("reporter", "job-1", "corr-1")
    assert (line["trace_id"], line["details"]) == ("1-5-abc", {"attempt": 1})
    assert line["timestamp"].endswith("+00:00")
    assert "alice" not in json.dumps(line)
    assert len(line["user_id"]) == 64


def test_a_warm_function_does_not_mix_up_invocations(lines: object) -> None:
    """The next job's lines and metrics must not carry the last one's."""
    told = telemetry("warm")
    told.about(job_id="job-1", user_id="alice")
    told.metric("JobsStarted", 1, agent="planner")
    told.flush()
    lines()  # type: ignore[operator]
    told.event("PLANNER_STARTED", agent="planner")
    told.flush()
    (line,) = lines()  # type: ignore[operator]
    assert line.get("job_id") is None
    assert line.get("user_id") is None


def test_values_of_one_metric_are_kept_apart(lines: object) -> None:
    """Three durations are three values, not their last."""
    told = telemetry("durations")
    for value in (10.0, 20.0, 30.0):
        told.metric("AgentDurationMs", value, agent="tagger", unit="Milliseconds")
    told.flush()
    (line,) = lines()  # type: ignore[operator]
    assert line["AgentDurationMs"] == [10.0, 20.0, 30.0]
    assert (line["Environment"], line["Service"], line["Agent"]) == ("test", "durations", "tagger")
    assert "service" not in line


def test_how_long_queries_take_is_told_under_the_functions_own_name(lines: object) -> None:
    """OBS-24: whoever asks why an analysis was slow must see whether it was the database."""
    told = telemetry("planner")
    told.query_took(12.5)
    told.flush()
    (line,) = lines()  # type: ignore[operator]
    assert (line["DbQueryMs"], line["Agent"], line["Service"]) == ([12.5], "planner", "planner")
    assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "DbQueryMs", "Unit": "Milliseconds"}]


def test_what_models_cost_is_counted_for_the_whole_environment_too(lines: object) -> None:
    """COST-04: the alarm on the day's cost reads one metric; written for agents only, it would never go off."""
    told = telemetry("reporter")
    told.metric("AgentDurationMs", 10.0, agent="reporter", unit="Milliseconds")
    told.metric("LlmCostUsd", 0.25, agent="reporter", unit="None")
    told.metric("TokensIn", 1200, agent="reporter")
    told.flush()
    own, spent = lines()  # type: ignore[operator]
    (described,) = spent["_aws"]["CloudWatchMetrics"]
    assert [set(dimensions) for dimensions in described["Dimensions"]] == [
        {"Environment", "Service", "Agent"},
        {"Environment"},
    ]
    assert {metric["Name"] for metric in described["Metrics"]} == {"LlmCostUsd", "TokensIn"}
    assert (spent["Environment"], spent["LlmCostUsd"]) == ("test", [0.25])
    (others,) = own["_aws"]["CloudWatchMetrics"]
    assert [set(dimensions) for dimensions in others["Dimensions"]] == [{"Environment", "Service", "Agent"}]
