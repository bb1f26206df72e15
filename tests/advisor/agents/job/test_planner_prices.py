"""What the planner does with the provider's word, whatever it is: a price is taken, kept or missing, never made up."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest


def test_an_absurd_close_is_not_taken_and_named(world: Any) -> None:
    """INT-04: a wrong bar would be in the total, the charts and every recommendation, with full confidence."""
    world.portfolios.save_prices({"AAPL": (Decimal("126.04"), date(2022, 12, 27))})
    world.shop.prices["AAPL"] = "12604"
    world.handle()
    job = world.job()
    quality = job.quality_payload
    assert quality["refused_prices"] == [{"symbol": "AAPL", "close": 12604.0, "as_of": "2022-12-28", "known": 126.04}]
    assert job.summary_payload["total_value"] < 60_000
    assert quality["confidence"] < 1
    assert world.office.told.details("PRICE_REFUSED") == quality["refused_prices"]


@pytest.mark.parametrize("close", ["0", "-1"])
def test_a_close_that_is_no_price_leaves_the_symbol_unpriced(make_world: Any, close: str) -> None:
    """INT-04: an earlier system took 1 or 100 for such a price; the holding must be out of the total and named."""
    world = make_world(held={"AAPL": "10", "JPM": "10"}, prices={"AAPL": "126.04", "JPM": close})
    world.handle()
    job = world.job()
    assert job.quality_payload["missing_prices"] == ["JPM"]
    assert job.summary_payload["total_value"] == pytest.approx(6260.40)


def test_a_close_of_tomorrow_is_not_used(world: Any) -> None:
    """INT-04: nobody can have seen it, so the analysis would state a value that never was."""
    world.shop.as_of = date(2022, 12, 29)
    world.handle()
    assert len(world.job().quality_payload["missing_prices"]) == len(world.shop.prices)


def test_a_holiday_does_not_age_the_last_close(world: Any) -> None:
    """INT-04, WEB-05: Friday's close over the Christmas holiday is ageing on Wednesday, not stale: it costs nothing."""
    world.shop.as_of = date(2022, 12, 23)
    world.handle()
    quality = world.job().quality_payload
    assert quality["stale_prices"] == []
    assert {one["trading_days"] for one in quality["ageing_prices"]} == {2}
    assert quality["confidence"] == 1.0


def test_a_symbol_that_nobody_asked_for_is_not_stored(make_world: Any) -> None:
    """INT-04: a provider that answers more than it was asked must not break the analysis."""
    world = make_world(held={"AAPL": "10"}, prices={"AAPL": "126.04"})
    planner = world.attempts.planner
    asked = world.shop.closes
    world.shop.closes = lambda symbols, on: asked([*symbols, "ODD"], on=on)
    world.shop.prices["ODD"] = "5"
    assert planner.prices is world.shop
    world.handle()
    assert world.job().status.value == "completed"


def test_the_confidence_of_a_job_adds_up(make_world: Any) -> None:
    """WEB-05: what the API returns of a real run, unpriced holding and all, sums to the confidence it states."""
    world = make_world(held={"AAPL": "10", "JPM": "10"}, prices={"AAPL": "126.04"})
    world.handle()
    quality = world.job().quality_payload
    points = sum(Decimal(str(term["points"])) for term in quality["derivation"])
    assert points == Decimal(str(quality["confidence"])) == Decimal("0.5")


def test_whoever_only_has_cash_gets_advice_without_a_report(make_world: Any) -> None:
    """AGENT-05, XAI-03: no report is written of no holding, but the engines' advice is not lost with it."""
    world = make_world(held={}, prices={})
    world.handle()
    summary = world.job().summary_payload
    assert world.job().report_payload is None
    assert len(summary["recommendations"]) >= 5
    assert any("target" in one["recommendation"] for one in summary["recommendations"])
