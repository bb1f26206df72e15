"""The handlers' part of a trace: which span an agent's function makes, and that its caller's request carries on."""

import json
from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest

from advisor.adapters.agent_caller import LambdaAgentCaller
from advisor.adapters.environment import ReporterEnvironment
from advisor.domain.trace_context import trace_id_of, traceparent
from advisor.handlers import specialist
from advisor.handlers.tracing import counted_wait
from advisor.ports.telemetry import Silent

JOB = "6b1c2a52-8a56-4f6c-9d0e-3b7f2f0c1a11"
EVENT = {"job_id": JOB, "user_id": "alice", "traceparent": traceparent(JOB, "00f067aa0ba902b7", sampled=True)}


class Quiet(Silent):
    """Telemetry of a function whose log nobody reads."""

    logger = SimpleNamespace(exception=lambda _: None)

    def flush(self) -> None:
        """Nothing."""


@pytest.fixture
def reporter(traced: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The reporter's handler around a given piece of work."""
    wired: Any = SimpleNamespace(
        environment=SimpleNamespace(service="reporter"), tracer=traced("reporter").tracer, telemetry=Quiet()
    )
    monkeypatch.setattr(specialist, "specialist", lambda _: wired)
    return lambda run: specialist.handler_of(ReporterEnvironment, run)


def test_an_agents_function_continues_the_planners_trace(sink: Any, reporter: Callable[..., Any]) -> None:
    """OBS-19: its span stands below the planner's, with what it did; what it answers is the same."""
    answer = {"success": True, "agent": "reporter", "fallback": True, "recommendations": [1, 2, 3]}
    assert reporter(lambda *_: answer)(EVENT, None) == answer
    span = sink.named("Report Writer")
    assert (span.service, span.trace_id, span.parent_id) == (
        "alex_reporter_agent",
        trace_id_of(JOB),
        "00f067aa0ba902b7",
    )
    metadata = {name.rpartition(".")[2]: value for name, value in span.attributes.items()}
    assert (metadata["recommendations"], metadata["status"], metadata["persona"]) == (
        3,
        "fallback",
        "writes the portfolio report",
    )


def test_an_agent_that_fails_leaves_a_failed_span_and_still_raises(sink: Any, reporter: Callable[..., Any]) -> None:
    """OBS-19: an operator must see which agent failed, and the planner must learn of it."""

    def fail(*_: Any) -> Any:
        raise TimeoutError("Ann Smith")

    with pytest.raises(TimeoutError):
        reporter(fail)(EVENT, None)
    assert sink.named("Report Writer").error
    assert "Ann" not in sink.text()


def test_a_retry_counts_in_the_call_it_belongs_to(
    sink: Any, traced: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """OBS-19: a call that was throttled twice looks slow for no reason otherwise."""
    tracer = traced().tracer
    slept: list[float] = []
    monkeypatch.setattr("advisor.handlers.tracing.time.sleep", slept.append)
    with tracer.observe(JOB), tracer.span("model: x", "generation"):
        counted_wait(tracer)(2.0)
        counted_wait(tracer)(4.0)
    assert sink.named("model: x").attributes["langfuse.observation.metadata.retries"] == 2
    assert slept == [2.0, 4.0]


def test_a_request_to_an_agent_carries_the_trace() -> None:
    """OBS-19: without it each function's spans are a heap without order."""
    sent: list[Any] = []

    def invoke(**request: Any) -> Any:
        sent.append(json.loads(request["Payload"]))
        return {"Payload": BytesIO(b'{"success": true}')}

    client: Any = SimpleNamespace(invoke=invoke)
    caller = LambdaAgentCaller(client, {"reporter": "arn"}, carried=lambda: {"traceparent": "00-a-b-01"})
    caller.call("reporter", {"job_id": JOB})
    assert sent == [{"job_id": JOB, "traceparent": "00-a-b-01"}]
