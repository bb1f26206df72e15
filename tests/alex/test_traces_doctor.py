"""Why traces are missing: each cause is named with what to do, the keys are never shown, and a healthy way is quiet."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from alex import commands_traces, local
from alex.doctor import Finding
from alex.doctor_traces import Answer, Place, examine, logged, reason_of
from settings import load

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEYS = {"public_key": "pk-lf-visible", "secret_key": "sk-lf-visible"}
SETTINGS = load("dev")


class Cloud:
    """A deployed environment in which every service is this object; its parts may be changed."""

    def __init__(self) -> None:
        self.secret: Any = json.dumps(KEYS)
        self.rate = "1"
        self.outputs = {"TracingSecretArn": "arn:keys", "TracingRateParameter": "/rate"}
        self.variables = {
            "TRACING_SECRET_ARN": "arn:keys",
            "LANGFUSE_HOST": SETTINGS.langfuse.host,
            "TRACING_CONTENT": SETTINGS.tracing.llm_content,
        }
        self.reasons: Counter[str] = Counter()
        self.answer: Any = Answer(200, NOW)
        self.asked: list[tuple[str, dict[str, str]]] = []

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803
        assert StackName == "Alex-dev-Agents"
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in self.outputs.items()]}]}

    def get_parameter(self, **_: str) -> Any:
        return {"Parameter": {"Value": self.rate}}

    def get_secret_value(self, **_: str) -> Any:
        if isinstance(self.secret, Exception):
            raise self.secret
        return {"SecretString": self.secret}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_functions"
        return self

    def paginate(self) -> Any:
        other = {"FunctionName": "api"}
        return [{"Functions": [{"FunctionName": "planner", "Environment": {"Variables": self.variables}}, other]}]

    def ask(self, url: str, fields: Any) -> Answer:
        self.asked.append((url, dict(fields)))
        if isinstance(self.answer, Exception):
            raise self.answer
        answer: Answer = self.answer
        return answer

    def examine(self) -> dict[str, Finding]:
        place = Place(SETTINGS, lambda _: self, lambda _: self.reasons)
        found = list(examine(place, ask=self.ask, now=NOW.timestamp))
        assert "visible" not in str(found), "a key stands in what is printed"
        return {finding.check: finding for finding in found}


@pytest.fixture
def cloud() -> Cloud:
    """A healthy one."""
    return Cloud()


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


def test_a_healthy_way_is_quiet(cloud: Cloud) -> None:
    """OBS-34: the checks stand in the order of the way, and the host is asked as the functions ask it."""
    found = cloud.examine()
    assert list(found) == [
        "setting", "share", "keys", "host", "sign-in", "clock", "functions", "logs", "patience",
    ]  # fmt: skip
    assert {finding.state for finding in found.values()} == {"ok"}
    [(url, fields)] = cloud.asked
    assert url == "https://cloud.langfuse.com/api/public/otel/v1/traces"
    assert fields["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("change", "check", "state", "said"),
    [
        ({"rate": "0"}, "share", "fail", "no job"),
        ({"rate": "0.1"}, "share", "warn", "10%"),
        ({"rate": "ten"}, "share", "fail", "ten"),
        ({"secret": "x7Gq-random"}, "keys", "fail", "no keys yet"),
        ({"secret": refusal("ResourceNotFoundException")}, "keys", "fail", "empty"),
        ({"secret": '{"key": 1}'}, "keys", "fail", "not of the form"),
        ({"secret": json.dumps(KEYS | {"public_key": "sk-lf-x"})}, "keys", "fail", "public_key"),
        ({"secret": json.dumps(KEYS | {"host": "file:///etc/passwd"})}, "host", "fail", "not https"),
        ({"answer": OSError("Name or service not known")}, "host", "fail", "Name or service not known"),
        ({"answer": Answer(401, NOW)}, "sign-in", "fail", "401"),
        ({"answer": Answer(404, None)}, "sign-in", "fail", "404"),
        ({"answer": Answer(200, NOW.replace(hour=14))}, "clock", "warn", "7200 s"),
        ({"variables": {}}, "functions", "fail", "no function"),
        (
            {"variables": {"TRACING_SECRET_ARN": "arn:keys", "TRACING_CONTENT": "hash"}},
            "functions",
            "warn",
            "planner",
        ),
        ({"reasons": Counter({"unauthorized": 3})}, "logs", "fail", "3 times"),
        ({"reasons": Counter({"unreachable": 1})}, "logs", "fail", "unreachable"),
        ({"reasons": Counter({"rate_AccessDeniedException": 1})}, "logs", "fail", "rate_AccessDenied"),
        ({"outputs": {}}, "stack", "fail", "TracingRateParameter"),
        ({"secret": refusal("AccessDeniedException")}, "cloud", "fail", "AccessDenied"),
    ],
)
def test_each_cause_is_named_with_what_to_do(
    cloud: Cloud, change: dict[str, Any], check: str, state: str, said: str
) -> None:
    """OBS-34: whoever misses a trace at night must not have to read the code."""
    for name, value in change.items():
        setattr(cloud, name, value)
    found = cloud.examine()[check]
    assert (found.state, said in found.found, bool(found.remedy)) == (state, True, True), found


def test_without_keys_the_host_is_not_asked_in_vain(cloud: Cloud) -> None:
    """OBS-34: a 401 that follows from missing keys would hide the cause."""
    cloud.secret = "{}"
    assert not {"host", "sign-in"} & set(cloud.examine())
    assert cloud.asked == []


def test_reasons_come_from_the_functions_own_log_groups() -> None:
    """OBS-34: groups are named by the stack, not by the function."""

    class Logs:
        def get_function_configuration(self, **_: str) -> Any:
            return {"LoggingConfig": {"LogGroup": "Alex-dev-PlannerLogs"}}

        def get_paginator(self, operation: str) -> Any:
            assert operation == "filter_log_events"
            return self

        def paginate(self, **asked: Any) -> Any:
            assert asked["logGroupName"] == "Alex-dev-PlannerLogs"
            assert asked["startTime"] == int((NOW.timestamp() - 3600) * 1000)
            line = json.dumps({"event": "TRACES_NOT_SENT", "details": {"reason": "timeout"}})
            return [{"events": [{"message": line}]}, {"events": [{"message": line}]}]

    assert logged(lambda _: Logs(), NOW.timestamp)({"planner": {}}) == Counter({"timeout": 2})
    assert reason_of("no json") == "unknown"


def test_reasons_come_from_the_local_clouds_files_of_the_last_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OBS-34: yesterday's failure, long mended, must not send anybody searching."""

    def line(at: datetime, event: str = "TRACES_NOT_SENT") -> str:
        return json.dumps({"timestamp": at.isoformat(), "event": event, "details": {"reason": "unauthorized"}}) + "\n"

    now = datetime.now(UTC)
    log = tmp_path / "planner.log"
    log.write_text(line(now) + line(now - timedelta(hours=2)) + line(now, "DECISION") + "TRACES_NOT_SENT, not JSON\n")
    monkeypatch.setattr(local, "cloud", lambda **_: SimpleNamespace(logs=lambda: {"planner": log}))
    assert commands_traces.in_files({}) == Counter({"unauthorized": 1})
