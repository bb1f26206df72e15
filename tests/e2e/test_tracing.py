"""A job's trace as an operator sees it: out of five functions, in the local cloud's stand-in for Langfuse."""

from collections.abc import Callable
from typing import Any

import pytest

from advisor.domain.pseudonyms import user_hash
from advisor.domain.trace_context import trace_id_of
from alex import doctor_traces, local, portfolio, spans
from alex.bench.platform import make_cold
from alex.client import Api
from alex.spans import Span
from local_cloud.cloud import LocalCloud
from settings import load
from tests.e2e.test_whole_job import analyse

pytestmark = pytest.mark.e2e

USER = "traced-investor"


@pytest.fixture(scope="module")
def job(cloud: LocalCloud, sign_in: Callable[[str], Api]) -> dict[str, Any]:
    """A finished analysis of a portfolio with instruments that nobody knows yet."""
    api = sign_in(USER)
    portfolio.load(api)
    # The planner must have something to tag, whatever other tests classified before.
    account = api.accounts()[0]["id"]
    api.post("/api/positions", {"account_id": account, "symbol": "TRACED", "quantity": 1})
    return analyse(api)


@pytest.fixture(scope="module")
def root(cloud: LocalCloud, job: dict[str, Any]) -> Span:
    """The job's trace: one tree."""
    found = [tree for tree in spans.trees(spans.read(cloud.traces())) if tree.trace_id == trace_id_of(job["id"])]
    assert [tree.name for tree in found] == ["Portfolio Analysis Job"]
    return found[0]


def test_the_job_is_one_trace_with_its_agents_below(root: Span, job: dict[str, Any]) -> None:
    """OBS-19: planner -> tagger -> {report, charts, retirement in parallel}, each under its own service's name."""
    assert job["status"] == "completed"
    assert root.service == "alex_planner_agent"
    services = {child.name: child.service for child in root.children}
    assert services == {
        "InstrumentTagger": "alex_tagger_agent",
        "Report Writer": "alex_reporter_agent",
        "Chart Maker": "alex_charter_agent",
        "Retirement Specialist": "alex_retirement_agent",
    }
    by_name = {child.name: child for child in root.children}
    tagger, *others = (by_name[name] for name in services)
    assert all(tagger.end <= other.begin for other in others), "the tagger's work is what the others build on"
    # By what the planner told, not by the spans: a function's cold start may take longer than another's whole work.
    side_by_side = {"reporter", "charter", "retirement"}
    told = [event.name for event in root.events if event.details.get("agent") in side_by_side]
    assert told == ["AGENT_INVOKED"] * 3 + ["AGENT_COMPLETED"] * 3, "all are asked before the first has answered"
    assert all(root.begin <= child.begin and child.end <= root.end for child in root.children)


def test_the_parent_says_what_the_job_was_about(root: Span, job: dict[str, Any]) -> None:
    """OBS-19: an operator finds a job by its facts, and a person only by a hash."""
    assert root.job_id == job["id"]
    assert root.facts["user"] == user_hash(USER)
    assert root.facts["num_positions"] == job["summary_payload"]["num_positions"]
    assert root.facts["portfolio_value"] == pytest.approx(float(job["summary_payload"]["total_value"]))
    decisions = [event.name for event in root.events]
    assert {"needs tagging", "retirement analysis required"} <= set(decisions)
    assert decisions.index("needs tagging") < decisions.index("retirement analysis required")


def test_each_agent_says_who_it_is_and_what_it_cost(root: Span) -> None:
    """OBS-19: cost by agent, the guardrails' verdict, and what the agent alone can tell."""
    for agent in root.children:
        assert agent.kind == "agent"
        assert agent.facts["persona"]
        assert agent.facts["status"] == "completed"
        assert agent.facts["guardrail_verdict"] == "PASS"
        assert agent.milliseconds > 0
        calls = [one for one in agent.every() if one.kind == "generation"]
        assert calls, f"{agent.name} asked no model"
        assert agent.facts["cost_usd"] == pytest.approx(agent.total("cost_usd"))
        assert agent.facts["input_tokens"] == agent.total("input_tokens") > 0
        for call in calls:
            assert call.facts["model"]
            assert call.facts["prompt_version"]
            assert call.facts["output_tokens"] > 0
            assert call.facts["status"] == "tool_use"
    tagger = next(one for one in root.children if one.name == "InstrumentTagger")
    assert tagger.facts["instruments_tagged"] >= 1
    charter = next(one for one in root.children if one.name == "Chart Maker")
    assert charter.facts["charts"] >= 1


def test_nothing_else_is_in_a_jobs_trace(cloud: LocalCloud, root: Span) -> None:
    """OBS-19: two jobs whose spans mix would be charged to each other."""
    named = {one.job_id for one in root.every() if one.job_id}
    assert named == {root.job_id}


def test_the_doctor_finds_nothing_in_the_way(cloud: LocalCloud, job: dict[str, Any]) -> None:
    """OBS-34: on a healthy deployment every check is passed, or the doctor would send people astray."""
    settings = load("local", cloud.state.settings)
    place = doctor_traces.Place(
        settings, lambda service: local.client(cloud, service), doctor_traces.logged(lambda s: local.client(cloud, s))
    )
    found = {finding.check: finding for finding in doctor_traces.examine(place)}
    assert [finding for finding in found.values() if finding.state != "ok"] == []
    assert set(found) >= {"setting", "share", "keys", "host", "sign-in", "functions", "logs", "patience"}


def test_one_parameter_decides_for_every_function(
    cloud: LocalCloud, sign_in: Callable[[str], Api], job: dict[str, Any]
) -> None:
    """OBS-18: an operator turns tracing up in an incident, or off, without a deployment; the last test of its kind."""
    ssm = local.client(cloud, "ssm")
    name = cloud.output("TracingRateParameter")
    try:
        for rate, traced in (("0", False), ("1", True)):
            ssm.put_parameter(Name=name, Value=rate, Overwrite=True)
            make_cold(cloud)  # a warm function looks again after a minute
            done = analyse(sign_in(USER))
            assert done["status"] == "completed"
            services = {span.service for span in spans.read(cloud.traces()) if span.trace_id == trace_id_of(done["id"])}
            assert bool(services) is traced
            assert not traced or len(services) >= 4, "half a trace: a function could not read the parameter"
    finally:
        ssm.put_parameter(Name=name, Value="1", Overwrite=True)
