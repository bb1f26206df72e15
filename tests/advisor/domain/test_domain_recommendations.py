"""Advice follows from the engines: the right findings, the right dollars, the right order (XAI-03)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from advisor.domain.analysis import analyse, contribution_to_close
from advisor.domain.money import usd
from advisor.domain.recommendations import recommend
from advisor.domain.vocabulary import AllocationSource, InstrumentType

D = Decimal

ON = date(2022, 12, 28)


def test_rebalancing_and_concentration_are_recommended_when_due(build: Any) -> None:
    """An all-in investor reads, first, to rebalance and to reduce the one stock, with the right dollars."""
    stock = build.instrument("ONE", "100", kind=InstrumentType.STOCK)
    bond = build.instrument("B", "100", {"fixed_income": 100.0})
    portfolio = build.portfolio(build.account("a", [(stock, "900"), (bond, "100")]), annual_contribution=D(0))
    found = {item.recommendation: item for item in recommend(analyse(portfolio, on=ON))}
    rebalance = found["Rebalance towards your targets with 2 orders worth $40,000."]
    assert rebalance.priority == "High"
    assert rebalance.impact == "The largest distance from a target would shrink from 20.0 to 0.0 percentage points."
    assert found["Reduce ONE step by step."].impact == "Moving $80,000 into diversified holdings brings it to 10%."
    assert "Have an adviser review the level of risk." in found


def test_gap_recommendation_closes_the_gap(build: Any) -> None:
    """Saving the suggested amount more makes the sustainable income meet the target with average returns."""
    portfolio = build.worked()
    analysis = analyse(portfolio, on=ON)
    more = analysis.additional_contribution
    assert more is not None
    user = portfolio.user.model_copy(update={"annual_contribution": portfolio.user.annual_contribution + more})
    closed = analyse(portfolio.model_copy(update={"user": user}), on=ON)
    assert abs(closed.projection.income_gap) < D("0.01")
    assert any(f"Save about {usd(more)} more a year" in item.recommendation for item in recommend(analysis))
    assert contribution_to_close(D(0), withdrawal_rate=0.04, mean_return=0.05, years=5) is None
    assert contribution_to_close(D(100), withdrawal_rate=0.04, mean_return=0.05, years=0) is None
    assert contribution_to_close(D(100), withdrawal_rate=0.04, mean_return=0.0, years=5) == D(500)


def test_data_problems_are_recommended(build: Any) -> None:
    """Missing prices, default classifications and old prices each lead to something the investor can do."""
    held = [
        (build.instrument("NOPR", None), "1"),
        (build.instrument("DEF", "10", allocation_source=AllocationSource.DEFAULT), "1"),
        (build.instrument("OLD", "10", as_of=date(2022, 11, 1)), "1"),
    ]
    words = " ".join(i.recommendation for i in recommend(analyse(build.portfolio(build.account("a", held)), on=ON)))
    assert "Add prices for NOPR." in words
    assert "Check the classification of DEF." in words
    assert "Refresh the prices of OLD." in words


@pytest.mark.parametrize(
    ("value", "shown"), [("1234.5", "$1,235"), ("-5", "-$5"), ("0.4", "$0"), ("1000000", "$1,000,000")]
)
def test_prose_dollars(value: str, shown: str) -> None:
    """Whole dollars in prose round half up and keep their sign."""
    assert usd(D(value)) == shown


def test_a_retired_investor_is_not_told_to_save_or_to_retire_later(build: Any) -> None:
    """XAI-03: advice that nobody can follow makes the rest of the report look careless."""
    held = [(build.instrument("A", "100"), "10")]
    portfolio = build.portfolio(
        build.account("a", held, cash="500"), years_until_retirement=0, target_retirement_income=Decimal(40_000)
    )
    said = " ".join(f"{one.recommendation} {one.impact}" for one in recommend(analyse(portfolio, on=build.as_of)))
    assert "lower income" in said
    assert "later" not in said
    assert "sav" not in said.lower()


def test_whoever_has_nothing_yet_is_told_how_to_begin(build: Any) -> None:
    """XAI-03: seven pieces of advice about nothing would hide the only useful one."""
    (only,) = recommend(analyse(build.portfolio(), on=build.as_of))
    assert only.recommendation == "Add your accounts and what they hold."
