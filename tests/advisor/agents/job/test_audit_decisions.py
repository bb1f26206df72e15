"""What the planner decides is recorded with its reason, the unhappy ways too (XAI-04, XAI-06; SYS-09)."""

from datetime import date
from typing import Any

import pytest

from advisor.domain import explaining
from advisor.domain.audit_check import check
from advisor.domain.audit_trail import Seal
from advisor.domain.errors import UnavailableError
from advisor.domain.models import AuditEntry
from advisor.domain.vocabulary import EntryKind, JobStatus


def recorded(world: Any) -> dict[str, AuditEntry]:
    """Entries by ``agent decision``."""
    return {f"{entry.agent} {entry.decision}": entry for entry in world.office.audit.entries(str(world.job_id))}


def test_the_audit_trail_of_a_job_is_whole_under_parallel_agents(world: Any) -> None:
    """XAI-04: three classifications, three specialists and the planner's own decisions: one chain, closed."""
    world.handle()
    entries = world.office.audit.entries(str(world.job_id))
    answers = [(entry.agent, entry.compliance_check) for entry in entries if entry.kind is EntryKind.MODEL_ANSWER]
    agents = ["charter", "reporter", "retirement", *["tagger"] * 3]
    assert sorted(answers) == [(agent, "PASS") for agent in agents]
    seal = Seal(**world.job().summary_payload["audit_seal"])
    assert check(world.office.audit.trail(str(world.job_id)), seal=seal).ok
    assert (entries[-1].kind, entries[-1].entry_hash) == (EntryKind.CLOSING, seal.hash)


def test_a_small_portfolio_says_what_was_left_out_and_why(make_world: Any) -> None:
    """XAI-06: an investor who gets no charts must be able to read why."""
    world = make_world(held={"AAPL": "1"})
    world.handle()
    found = recorded(world)
    assert found["planner no_tagging"].model == "rules"
    assert "charts need at least 2" in found["planner skip_charts"].explanation
    assert found["planner report_required"].kind is EntryKind.DECISION
    assert found["planner prices_refreshed"].explanation == (
        "The provider gave a close for 1 of 1 instrument as of 2022-12-28."
    )


def test_what_needs_tagging_is_named(world: Any) -> None:
    """XAI-06: which holdings nobody stood for."""
    world.handle()
    why = recorded(world)["planner needs_tagging"].explanation
    assert why == "3 held instruments without a classification: AMD, BBY, MTUM"


def test_prices_that_did_not_come_are_recorded(world: Any) -> None:
    """XAI-04: an analysis at old prices is a decision."""
    world.shop.down = True
    world.handle()
    assert "stored ones are used" in recorded(world)["planner prices_unavailable"].explanation


@pytest.mark.parametrize("agent", ["tagger", "reporter", "charter", "retirement"])
def test_what_stands_in_for_a_failed_agent_is_recorded_in_its_name(world: Any, agent: str) -> None:
    """XAI-04: nobody later takes the calculated text for the model's."""
    world.staff.broken = {agent}
    world.handle()
    found = recorded(world)
    assert "failed (Unhandled)" in found[f"{agent} fallback_used"].explanation
    assert "0.1000 because 1 agent was replaced by a fallback" in found["planner confidence_derived"].explanation
    assert check(world.office.audit.trail(str(world.job_id)), seal=Seal(**world.job().summary_payload["audit_seal"])).ok


def test_a_model_that_cannot_be_used_is_recorded_with_the_reason(make_world: Any) -> None:
    """XAI-06: fell back, and why."""
    world = make_world({"fault": "throttle", "times": 999})
    world.handle()
    why = recorded(world)["reporter fallback_used"].explanation
    assert why == "The model's answer could not be used (throttled); a deterministic one stands in."


def test_a_job_given_up_closes_its_trail(world: Any, monkeypatch: pytest.MonkeyPatch, parcel: Any) -> None:
    """COMP-16: also a failed analysis has a last entry, so that nobody can cut one off."""

    def gone(*_arguments: Any) -> None:
        raise UnavailableError

    monkeypatch.setattr(world.jobs, "record_payloads", gone)
    with pytest.raises(UnavailableError):
        world.handle(parcel(3))
    assert world.job().status is JobStatus.FAILED
    last = world.office.audit.entries(str(world.job_id))[-1]
    assert (last.kind, last.decision) == (EntryKind.CLOSING, "analysis_failed")
    assert "UnavailableError" in last.explanation


def test_a_decision_that_cannot_be_recorded_is_not_taken(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """XAI-04: without its record there is no advice; the queue tries again."""

    def gone(*_arguments: Any) -> None:
        raise UnavailableError

    monkeypatch.setattr(world.office.audit, "append", gone)
    with pytest.raises(UnavailableError):
        world.handle()
    assert world.job().status is JobStatus.PENDING
    assert world.staff.calls == []


@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        ("disclosure missing: risk", "disclosures"),
        ("promises a return: 'guaranteed gains for Ann'", "promised_return"),
        ("recommendation 2 is missing its impact", "recommendation_parts"),
        ("expected 1 to 10 recommendations, got 0", "recommendation_count"),
        ("$101.25 does not agree with Ann's IRA 7", "numbers"),
        ("$7 is not among the calculated figures", "numbers"),
        ("Chart 1 is missing 'title'", "chart_schema"),
        ("anything else about Ann", "content"),
    ],
)
def test_guardrails_are_recorded_by_name(reason: str, rule: str) -> None:
    """XAI-04: a reason quotes what was refused, which may be about a person; the name of the rule is enough."""
    assert explaining.rule_names([reason, reason]) == (rule,)


def test_sentences_about_reviews_and_long_lists() -> None:
    """XAI-06, HITL-01: every trigger in words; a list that nobody would read is cut."""
    said = explaining.reviewed(["value_over_limit", "risk_over_7", "confidence_under_80"])
    assert said == (
        "A person must review the advice: the value of the suggested orders is over the limit; "
        "the risk score is over the limit; the confidence is under the limit."
    )
    assert explaining.listed([f"S{number}" for number in range(45)]).endswith("S39 and 5 more")
    assert explaining.priced(1, 2, date(2022, 12, 28)).startswith("The provider gave a close for 1 of 2 instruments")
