"""A whole job, traced as its functions trace it: the same result with and without, and nobody's name in the spans."""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from advisor.adapters.records import Records
from advisor.agents.traced import TracedModel, TracedTelemetry, agent_span, result_of
from tests.advisor.tracing.conftest import Sink, sink, traced  # noqa: F401 - fixtures

PLANTED = ("Ann", "Smith", "4111111111111111", "alice", "348641", "Brokerage of")
RESULTS = ("report_payload", "charts_payload", "summary_payload", "quality_payload")
"""Not the retirement's: its simulation is seeded by the job."""


class TracedStaff:
    """The agents, each with a tracer of its own as in a function of its own."""

    def __init__(self, staff: Any, make: Callable[..., Any], **settings: str) -> None:
        self.staff, self.make, self.settings = staff, make, settings
        self.carried: Callable[[], Mapping[str, str]] = dict

    def call(self, agent: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        tracer = self.make(agent, **self.settings).tracer
        own = copy(self.staff)
        desk = self.staff.wired.desk
        traced_desk = replace(
            desk, model=TracedModel(desk.model, tracer), telemetry=TracedTelemetry(desk.telemetry, tracer)
        )
        own.wired = replace(self.staff.wired, desk=traced_desk)
        job_id = str(payload["job_id"])
        with tracer.observe(job_id, self.carried().get("traceparent")), agent_span(tracer, agent, job_id) as span:
            answer: Mapping[str, Any] = own.call(agent, payload)
            span.set(**result_of(answer))
        return answer


def trace(world: Any, make: Callable[..., Any], **settings: str) -> Any:
    """Wire tracing into the job as the handlers do; the tracer of the planner."""
    tracer = make("planner", **settings).tracer
    planner = world.attempts.planner
    staff = TracedStaff(planner.agents, make, **settings)
    staff.carried = tracer.carried
    told = TracedTelemetry(planner.telemetry, tracer)
    world.attempts = replace(
        world.attempts, planner=replace(planner, tracer=tracer, telemetry=told, agents=staff), telemetry=told
    )
    return tracer


def run(world: Any, tracer: Any = None) -> dict[str, Any]:
    """The job's stored results, without what differs between any two jobs."""
    if tracer is None:
        world.handle()
    else:
        with tracer.observe(str(world.job_id)):
            world.handle()
    stored = world.job().model_dump(mode="json")
    return {name: _timeless(stored[name]) for name in RESULTS}


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        passing = {"generated_at", "audit_ref", "job_id", "last_updated", "as_of", "audit_seal"}
        return {key: _timeless(item) for key, item in value.items() if key not in passing}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("secret", ["", None])
def test_a_job_is_the_same_with_keys_and_without(
    secret: str | None,
    make_world: Callable[..., Any],
    traced: Callable[..., Any],  # noqa: F811
    sink: Sink,  # noqa: F811
) -> None:
    """OBS-21: whoever sets or takes away the keys must not change anybody's advice."""
    world = make_world()
    run(world)  # classifies what is unknown, so that the next two jobs have the same work
    _next_job(world)
    expected = run(world)
    _next_job(world)
    tracer = trace(world, lambda service, **more: traced(service, secret=secret, **more))
    assert run(world, tracer) == expected
    names = sorted(span.name for span in sink.spans() if not span.name.startswith("model: "))
    everyone = ["Chart Maker", "Portfolio Analysis Job", "Report Writer", "Retirement Specialist"]
    assert names == ([] if secret == "" else everyone)


def _next_job(world: Any) -> None:
    request = {"analysis_type": "portfolio", "options": {}}
    world.job_id = world.jobs.start(user_id="alice", request=request, correlation_id=None).job_id


@pytest.mark.parametrize("content", ["redacted", "hash"])
def test_no_name_and_no_account_number_is_in_a_jobs_spans(
    content: str,
    make_world: Callable[..., Any],
    traced: Callable[..., Any],  # noqa: F811
    sink: Sink,  # noqa: F811
) -> None:
    """GUARD-09, OBS-23: what the person typed into a name field goes into prompts' data, and must end there."""
    world = make_world()
    records = Records(world.database)
    records.open_account(
        "alice",
        {
            "account_name": "Brokerage of Ann Smith 4111111111111111",
            "account_type": "taxable",
            "cash_balance": Decimal("348641.13"),
        },
    )
    tracer = trace(world, traced, TRACING_CONTENT=content)
    run(world, tracer)
    assert len(sink.spans()) >= 9
    assert [secret for secret in PLANTED if secret in sink.text().replace("-", "")] == []
