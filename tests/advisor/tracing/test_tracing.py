"""One trace a job out of several functions: its shape, its cost to those who have no keys, and its harmlessness."""

import base64
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from advisor.agents.traced import TracedModel, TracedTelemetry, agent_span, result_of
from advisor.domain.trace_context import sampled, trace_id_of
from advisor.ports.model import ModelAnswer, ModelError, Question
from advisor.ports.telemetry import Silent

JOB, OTHER = "6b1c2a52-8a56-4f6c-9d0e-3b7f2f0c1a11", "0f3d5c7e-1111-4222-8333-444455556666"
M = "langfuse.observation.metadata."
QUESTION = Question(
    system="You write.",
    prompt="Data of a person",
    tool_name="write_report",
    tool_description="",
    schema={"properties": {"summary": {}, "priority": {"enum": ["High"]}}},
    prompt_version="reporter-2",
)


class Model:
    """A model that answers, or raises what it is given."""

    model_id, guardrail_version = "model-x", "g:1"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def worst_cost(self, _question: Question) -> Decimal:
        return Decimal("0.02")

    def ask(self, _question: Question) -> ModelAnswer:
        if self.error:
            raise self.error
        value = {"summary": "Call Ann Smith", "priority": "High"}
        return ModelAnswer(value, self.model_id, 1000, 200, 1.5, "tool_use", Decimal("0.005"))


def job(traced: Callable[..., Any], **more: str) -> None:
    """A planner with two agents, one of which calls a model."""
    planner = traced("planner", **more)
    with planner.tracer.observe(JOB), planner.tracer.span("Portfolio Analysis Job", job_id=JOB, user="ab12") as root:
        told = TracedTelemetry(Silent(), planner.tracer)
        told.event("DECISION", agent="planner", decision="needs_tagging", reason="2 held: ARKK, SOFI")
        told.event("DECISION", agent="planner", decision="retirement_required", reason="20 years left")
        root.amount("portfolio_value", 146_365.12)
        carried = dict(planner.tracer.carried())
        for service in ("tagger", "reporter"):
            agent = traced(service, **more).tracer
            with agent.observe(JOB, carried["traceparent"]), agent_span(agent, service, JOB) as span:
                TracedModel(Model(), agent).ask(QUESTION)
                entry = {"tokens": {"in": 1000, "out": 200}, "cost_usd": "0.005", "compliance_check": "PASS"}
                TracedTelemetry(Silent(), agent).event("AI_DECISION", agent=service, entry=entry)
                span.set(**result_of({"agent": service, "tagged": 5, "fallback": False}))


def test_one_trace_a_job_with_the_planner_above_its_agents(sink: Any, traced: Callable[..., Any]) -> None:
    """OBS-19: an operator who looks at a slow or costly job sees who did what, and for how much."""
    job(traced, TRACING_CONTENT="full")
    assert {span.trace_id for span in sink.spans()} == {trace_id_of(JOB)}
    root = sink.named("Portfolio Analysis Job")
    assert (root.service, root.parent_id) == ("alex_planner_agent", "")
    assert root.attributes[M + "job_id"] == JOB
    assert root.attributes["langfuse.user.id"] == "ab12"
    assert root.attributes[M + "portfolio_value"] == 146_365.12
    assert [name for name, _ in root.events] == ["needs tagging", "retirement analysis required"]
    assert "ARKK" in root.events[0][1]["text"]
    for name, service in (("InstrumentTagger", "alex_tagger_agent"), ("Report Writer", "alex_reporter_agent")):
        agent = sink.named(name)
        assert (agent.service, agent.parent_id) == (service, root.span_id)
        assert agent.attributes["langfuse.observation.type"] == "agent"
        assert agent.attributes[M + "instruments_tagged"] == 5
        assert agent.attributes[M + "guardrail_verdict"] == "PASS"
        assert agent.attributes[M + "status"] == "completed"
        assert agent.attributes[M + "input_tokens"] == 1000
        assert "gen_ai.usage.input_tokens" not in agent.attributes, "the sum would be counted twice"
        (call,) = [span for span in sink.spans() if span.parent_id == agent.span_id]
        assert call.attributes["langfuse.observation.type"] == "generation"
        assert call.attributes["gen_ai.request.model"] == "model-x"
        assert call.attributes["gen_ai.usage.input_tokens"] == 1000
        assert call.attributes["gen_ai.usage.output_tokens"] == 200
        assert call.attributes["gen_ai.usage.cost"] == 0.005
        assert call.attributes[M + "prompt_version"] == "reporter-2"
        assert "Ann Smith" in call.attributes["langfuse.observation.output"]


def test_langfuse_is_addressed_as_it_documents(sink: Any, traced: Callable[..., Any]) -> None:
    """OBS-20, OBS-22: the endpoint, Basic authentication by the project's keys and no other key, and the version."""
    job(traced)
    for path, headers, _body in sink.requests:
        assert path == "/api/public/otel/v1/traces"
        assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"pk-lf-1:sk-lf-2"
        assert headers["x-langfuse-ingestion-version"] == "4"
        assert headers["content-type"] == "application/x-protobuf"
    assert len(sink.requests) == 3, "each function sends once, when it is done"


@pytest.mark.parametrize("content", ["redacted", "hash"])
def test_no_content_leaves_unless_the_setting_says_so(sink: Any, traced: Callable[..., Any], content: str) -> None:
    """OBS-23, GUARD-09: what a client owns or wrote must not reach a tracing service of somebody else."""
    job(traced, TRACING_CONTENT=content)
    assert not [word for word in ("Ann", "Smith", "146365", "ARKK", "Data of a person") if word in sink.text()]
    assert sink.named("Portfolio Analysis Job").attributes[M + "portfolio_value"] == "100k-1M"


def test_an_error_shows_its_type_and_its_stack_only_with_full_content(sink: Any, traced: Callable[..., Any]) -> None:
    """OBS-23: an exception's text may quote what a person typed."""
    for content, shown in (("redacted", False), ("full", True)):
        sink.requests.clear()
        agent = traced("reporter", TRACING_CONTENT=content).tracer
        model = TracedModel(Model(ModelError("of Ann", retryable=False, reason="throttled")), agent)
        with pytest.raises(ModelError), agent.observe(JOB), agent_span(agent, "reporter", JOB):
            model.ask(QUESTION)
        call = sink.named("model: write_report")
        assert call.error
        assert call.attributes["langfuse.observation.level"] == "ERROR"
        assert call.attributes["langfuse.observation.status_message"] == "ModelError"
        assert call.attributes[M + "status"] == "throttled"
        assert sink.named("Report Writer").error
        assert ("Ann" in sink.text()) is shown


def work(made: Any) -> str:
    """An agent's work; what it answers must not depend on the tracing service."""
    with made.tracer.observe(JOB), made.tracer.span("work"):
        return "answer"


def test_sampling_is_decided_once_a_job(sink: Any, traced: Callable[..., Any]) -> None:
    """OBS-18: an agent whose function sees another rate must not send half a trace."""
    planner, agent = traced("planner", TRACING_SAMPLE_RATE="1"), traced("reporter", TRACING_SAMPLE_RATE="0")
    with planner.tracer.observe(JOB), planner.tracer.span("root"):
        carried = planner.tracer.carried()["traceparent"]
        with agent.tracer.observe(JOB, carried), agent.tracer.span("agent"):
            pass
    assert len(sink.spans()) == 2
    with agent.tracer.observe(JOB), agent.tracer.span("alone"):
        refused = agent.tracer.carried()["traceparent"]
    with planner.tracer.observe(JOB, refused), planner.tracer.span("called by one that is not traced"):
        pass
    assert len(sink.spans()) == 2


def test_an_incident_raises_the_rate_without_a_deployment(sink: Any, traced: Callable[..., Any]) -> None:
    """OBS-18: during an incident every job is traced within a minute of changing one parameter."""
    made = traced(rate="0", TRACING_SAMPLE_RATE="0")
    work(made)
    made.rate = "1"
    work(made)
    assert sink.spans() == []
    made.now = 61.0
    work(made)
    assert len(sink.spans()) == 1
    made.rate, made.now = "7", 122.0
    work(made)
    assert len(sink.spans()) == 1, "a rate that is none counts for nothing: the setting holds"
    assert made.told.reasons == ["rate_ValueError"]


def test_the_share_of_traced_jobs_is_the_rate() -> None:
    """OBS-18: 10% of the jobs, not of the days or users: the choice must be even over job ids."""
    ids = [f"job-{number}" for number in range(4000)]
    assert 320 < sum(sampled(one, 0.1) for one in ids) < 480
    assert all(sampled(one, 1.0) for one in ids)
    assert not any(sampled(one, 0.0) for one in ids)


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        "x",
        f"00-{trace_id_of(OTHER)}-00f067aa0ba902b7-01",
        f"00-{trace_id_of(JOB)}-{'0' * 16}-01",
        {"a": 1},
    ],
)
def test_a_foreign_or_broken_traceparent_is_ignored(sink: Any, traced: Callable[..., Any], value: object) -> None:
    """AUTH-04: a request must neither fail by it nor write into another job's trace."""
    agent = traced("reporter").tracer
    with agent.observe(JOB, value), agent.span("agent"):
        pass
    assert (sink.named("agent").trace_id, sink.named("agent").parent_id) == (trace_id_of(JOB), "")


@pytest.mark.parametrize("entry", [None, 7, {"tokens": 3}, {"tokens": {"in": "many"}}, {"cost_usd": "free"}])
def test_an_entry_of_another_form_fails_no_decision(sink: Any, traced: Callable[..., Any], entry: Any) -> None:
    """OBS-21: an agent's answer is worth more than its trace."""
    tracer = traced("reporter").tracer
    with tracer.observe(JOB), tracer.span("agent"):
        TracedTelemetry(Silent(), tracer).event("AI_DECISION", agent="reporter", entry=entry)
    assert not sink.named("agent").error


def test_what_other_threads_tell_stands_in_the_jobs_span(sink: Any, traced: Callable[..., Any]) -> None:
    """OBS-19: the planner calls its agents in threads; their beginning and end belong to the job's timeline."""
    tracer = traced().tracer
    with tracer.observe(JOB), tracer.span("root"):
        expected = tracer.carried()
        seen: list[Any] = []

        def call() -> None:
            TracedTelemetry(Silent(), tracer).event("AGENT_INVOKED", agent="reporter")
            seen.append(tracer.carried())

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
    assert seen == [expected]
    assert sink.named("root").events == [("AGENT_INVOKED", {"agent": "reporter"})]
