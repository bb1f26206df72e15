"""The planner over real PostgreSQL, all agents and the analyst: the whole job, and its ways to go wrong (SYS-07)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from advisor.domain.advice import missing_disclosures
from advisor.domain.vocabulary import AllocationSource, InstrumentType, JobStatus

AGENTS = ("tagger", "reporter", "charter", "retirement")


def test_a_job_runs_from_pending_to_completed_with_everything_stored(world: Any) -> None:
    """The whole analysis of a real portfolio; totals by hand (AGENT-05, domain A.3)."""
    assert world.handle() == "completed"
    job = world.job()
    assert job.status is JobStatus.COMPLETED
    assert job.completed_at is not None
    # 10x126.04 + 20.5x132.46 + 150x71.84 + 40x62.57 + 12x80.10 + 25x145.20 + 5000 cash
    total = 1260.40 + 2715.43 + 10776.00 + 2502.80 + 961.20 + 3630.00 + 5000.00
    assert job.summary_payload["total_value"] == pytest.approx(total, abs=0.005)
    shares = job.summary_payload["allocations"]["asset_class"]
    assert shares["cash"] == pytest.approx(100 * 5000 / total, abs=0.01)
    assert shares["equity"] == pytest.approx(100 * (1260.40 + 2715.43 + 2502.80 + 961.20 + 3630.00) / total, abs=0.01)
    assert sum(shares.values()) == pytest.approx(100, abs=0.03)
    assert missing_disclosures(job.report_payload["content"]) == ()
    assert job.retirement_payload["numbers"]["current_value"] == pytest.approx(total, abs=0.005)
    assert job.summary_payload["retirement_success_rate"] == job.retirement_payload["numbers"]["success_rate"]
    assert len(job.charts_payload) >= 4
    for one in job.summary_payload["recommendations"]:
        assert set(one) == {"recommendation", "reasoning", "impact", "priority"}
    assert job.summary_payload["audit_ref"] == f"/api/jobs/{job.id}/audit"
    assert job.summary_payload["assumptions"]
    assert (job.quality_payload["confidence"], job.quality_payload["fallbacks"]) == (1.0, [])
    assert job.progress == {"step": "done", "progress_pct": 100, "agents": dict.fromkeys(AGENTS, "completed")}
    assert job.summary_payload["agents"]["reporter"] == "reporter-2 (simulated:simulated)"


def test_what_nobody_classified_is_classified_first_and_kept(world: Any) -> None:
    """Defect 5 of the earlier system: default allocations hid that the tagger was needed."""
    world.handle()
    held = world.portfolios.portfolio("alice").instruments
    assert held["AMD"].allocation_sectors == {"technology": 100.0}
    assert held["BBY"].allocation_sectors == {"consumer_discretionary": 100.0}
    assert held["MTUM"].allocation_asset_class == {"equity": 100.0}
    assert len(held["MTUM"].allocation_sectors) > 5
    assert {held[s].allocation_source for s in ("AMD", "BBY", "MTUM")} == {AllocationSource.TAGGER}
    assert held["AAPL"].allocation_source is AllocationSource.SEED
    # Its form too: taken for a company, a fund would be called a concentration.
    assert held["MTUM"].instrument_type is InstrumentType.ETF
    assert not any("MTUM" in one["recommendation"] for one in world.job().summary_payload["recommendations"])
    order = [agent for agent, _ in world.staff.calls]
    assert order[0] == "tagger"
    assert sorted(order[1:]) == ["charter", "reporter", "retirement"]
    rationales = world.office.told.details("CLASSIFICATION_RATIONALE")
    assert sorted(one["symbol"] for one in rationales) == ["AMD", "BBY", "MTUM"]


def test_all_agents_of_a_job_get_the_same_snapshot(world: Any) -> None:
    """Report, charts and projection must not disagree because somebody changed a position in between."""
    world.handle()
    snapshots = [event["portfolio"] for agent, event in world.staff.calls if agent != "tagger"]
    assert snapshots[0] == snapshots[1] == snapshots[2]


def test_the_events_of_the_field_are_told(world: Any) -> None:
    """OBS-01, OBS-02: what an operator searches for by name."""
    world.handle()
    names = world.office.told.names()
    for name in ("PLANNER_STARTED", "DECISION", "AGENT_INVOKED", "AGENT_COMPLETED", "AI_DECISION", "PLANNER_COMPLETED"):
        assert name in names
    decisions = [one["decision"] for one in world.office.told.details("DECISION")]
    first, last = (
        ["needs_tagging", "prices_refreshed"],
        ["confidence_derived", "no_review_needed", "analysis_completed"],
    )
    assert decisions == [*first, "report_required", "charts_required", "retirement_required", *last]
    metrics = {name for name, _agent, _value in world.office.told.metrics}
    assert {"JobsStarted", "JobsCompleted", "AnalysisDurationMs", "QualityConfidence", "TokensIn"} <= metrics


@pytest.mark.parametrize("broken", ["reporter", "charter", "retirement"])
def test_a_failing_agent_degrades_the_job_honestly(broken: str, world: Any) -> None:
    """AGENT-23 and defect 3: completed, but named, flagged and with lower confidence."""
    world.staff.broken = {broken}
    assert world.handle() == "completed"
    job = world.job()
    assert job.status is JobStatus.COMPLETED
    assert job.quality_payload["fallbacks"] == [broken]
    assert job.quality_payload["confidence"] == pytest.approx(0.9)
    assert job.progress["agents"][broken] == "fallback"
    assert len(job.summary_payload["recommendations"]) >= 5
    if broken == "reporter":
        assert job.report_payload["fallback"] is True
        assert missing_disclosures(job.report_payload["content"]) == ()
    elif broken == "charter":
        assert job.charts_payload == {"charts": [], "error": "Unable to generate charts at this time"}
    else:
        assert job.retirement_payload["numbers"] is None
        assert job.summary_payload["retirement_success_rate"] is None
    assert {"error_type": "Unhandled"}.items() <= world.office.told.details("AGENT_FAILED")[0].items()


def test_agents_that_all_fail_leave_a_completed_job_that_says_so(world: Any) -> None:
    """SYS-07: an agent that always fails leaves the job completed with fallback payloads."""
    world.staff.broken = set(AGENTS)
    world.handle()
    quality = world.job().quality_payload
    assert quality["fallbacks"] == sorted(AGENTS)
    assert quality["cue"] == "low"
    # Nobody classified AMD, BBY and MTUM: the report must not guess.
    assert sorted(quality["missing_allocations"] + quality["default_allocations"]) == ["AMD", "BBY", "MTUM"]
    assert world.job().summary_payload["allocations"]["asset_class"]["unclassified"] > 0


def test_a_model_outage_is_a_fallback_of_every_agent_and_still_right(make_world: Any) -> None:
    """The figures never depended on the model."""
    world = make_world({"fault": "throttle", "times": 999})
    world.handle()
    job = world.job()
    assert job.quality_payload["fallbacks"] == sorted(AGENTS)
    assert job.summary_payload["total_value"] == pytest.approx(26845.83, abs=0.005)
    assert job.retirement_payload["numbers"]["current_value"] == pytest.approx(26845.83, abs=0.005)
    assert len(job.charts_payload) >= 4


BARE: Any = {"content": "# Report", "generated_at": "now", "agent": "reporter", "fallback": False}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"payload": "text"},
        {"payload": None},
        {"payload": {}},
        {"payload": BARE},
        {"payload": BARE, "recommendations": [{"recommendation": "Buy."}]},
    ],
)
def test_an_answer_without_a_product_counts_as_a_failed_agent(
    answer: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployed agent of another version must not make the job look complete."""
    call = world.staff.call
    monkeypatch.setattr(
        world.staff, "call", lambda agent, payload: answer if agent == "reporter" else call(agent, payload)
    )
    world.handle()
    assert world.job().quality_payload["fallbacks"] == ["reporter"]
    assert world.job().report_payload["fallback"] is True


def test_without_prices_nothing_is_invented(world: Any) -> None:
    """Defect 4 (prices of 1.0 and 100): holdings are missing from the totals and named; the job completes."""
    world.shop.down = True
    world.handle()
    job = world.job()
    assert job.status is JobStatus.COMPLETED
    assert job.summary_payload["total_value"] == 5000.0
    assert job.quality_payload["missing_prices"] == sorted(["AAPL", "JPM", "BND", "AMD", "BBY", "MTUM"])
    assert job.quality_payload["confidence"] == 0.0
    # Classified in this very run, and seen although no price came after it.
    assert job.quality_payload["missing_allocations"] == []
    assert "PRICES_UNAVAILABLE" in world.office.told.names()


def test_old_prices_are_used_with_their_age(world: Any, make_world: Any) -> None:
    """INT-04: an outage of the provider costs freshness, not the analysis."""
    world.portfolios.save_prices({symbol: (Decimal("10"), date(2022, 12, 1)) for symbol in ("AAPL", "JPM")})
    world.shop.down = True
    world.handle()
    quality = world.job().quality_payload
    assert [one["symbol"] for one in quality["stale_prices"]] == ["AAPL", "JPM"]
    assert {"symbol": "AAPL", "as_of": "2022-12-01", "trading_days": 18} in world.office.told.details("PRICE_STALE")


def test_how_old_a_price_may_be_is_a_setting(world: Any, parcel: Any) -> None:
    """PRICE_STALE_TRADING_DAYS of the environment decides, not a number in the code."""
    world.shop.as_of = date(2022, 12, 1)
    patient = replace(world.attempts.planner, stale_after=30)
    replace(world.attempts, planner=patient).handle(world.job_id, delivery=parcel())
    assert world.job().quality_payload["stale_prices"] == []


def test_a_symbol_without_a_price_is_excluded_and_named(make_world: Any) -> None:
    """One unknown symbol must not spoil the rest."""
    world = make_world(held={"AAPL": "10", "JPM": "10"}, prices={"AAPL": "126.04"})
    world.handle()
    assert world.job().summary_payload["total_value"] == pytest.approx(6260.40)
    assert world.job().quality_payload["missing_prices"] == ["JPM"]


def test_cash_alone_skips_report_and_charts_and_says_why(make_world: Any) -> None:
    """Nothing to describe is no failure: skipped is not fallback."""
    world = make_world(held={})
    world.handle()
    job = world.job()
    assert job.status is JobStatus.COMPLETED
    assert (job.report_payload, job.charts_payload) == (None, None)
    assert job.retirement_payload["numbers"]["current_value"] == 5000.0
    states = {"tagger": "skipped", "reporter": "skipped", "charter": "skipped", "retirement": "completed"}
    assert job.progress["agents"] == states
    assert job.quality_payload["fallbacks"] == []


def test_progress_is_recorded_at_each_change(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The display follows steps, agents and a percentage that never goes back."""
    seen: list[dict[str, Any]] = []
    record = world.jobs.record_progress

    def remember(job_id: Any, progress: dict[str, Any]) -> None:
        seen.append(progress)
        record(job_id, progress)

    monkeypatch.setattr(world.jobs, "record_progress", remember)
    world.handle()
    assert list(dict.fromkeys(one["step"] for one in seen)) == ["tagging", "pricing", "agents", "compiling", "done"]
    percents = [one["progress_pct"] for one in seen]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert seen[0]["agents"]["tagger"] == "running"
    running = next(one for one in seen if one["step"] == "agents")
    assert [running["agents"][name] for name in AGENTS] == ["completed", "running", "running", "running"]


def test_tagging_stops_while_there_is_time_for_the_agents(
    world: Any, monkeypatch: pytest.MonkeyPatch, parcel: Any
) -> None:
    """Hundreds of new instruments must not eat the function's 900 seconds: the rest waits, named."""
    short = replace(world.attempts.planner, time_left=lambda: 600.0)
    assert replace(world.attempts, planner=short).handle(world.job_id, delivery=parcel()) == "completed"
    assert "tagger" not in [agent for agent, _ in world.staff.calls]
    quality = world.job().quality_payload
    assert quality["fallbacks"] == ["tagger"]
    assert sorted(quality["missing_allocations"]) == ["AMD", "BBY", "MTUM"]
