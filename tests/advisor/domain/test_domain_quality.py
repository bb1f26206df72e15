"""What was missing or old is told, and confidence falls by exactly what the rule says (domain 9.4, 9.5, 12; WEB-05)."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.calendar_us import is_trading_day, market_holidays, trading_days_since
from advisor.domain.planning import choose_agents
from advisor.domain.quality import assess, cue_of, needs_classification
from advisor.domain.vocabulary import AllocationSource

D = Decimal

# As published by the exchange; Saturday's New Year 2022 is not observed.
PUBLISHED = {
    2021: "01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24",
    2022: "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26",
    2023: "01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25",
    2024: "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25",
    2025: "01-01 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    2026: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
    2027: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_holidays_are_the_published_ones(year: int) -> None:
    """A price from before a long weekend is not called stale because a holiday counted as a trading day."""
    assert sorted(market_holidays(year)) == [date.fromisoformat(f"{year}-{day}") for day in PUBLISHED[year].split()]


@pytest.mark.parametrize(
    ("as_of", "on", "days"),
    [
        ("2022-12-23", "2022-12-28", 2),  # Friday; Monday is the observed Christmas
        ("2022-12-28", "2022-12-28", 0),
        ("2022-12-30", "2023-01-01", 0),
        ("2022-12-30", "2023-01-03", 1),
        ("2022-11-23", "2022-11-28", 2),
        ("2023-01-03", "2022-12-30", 0),
    ],
)
def test_age_in_trading_days(as_of: str, on: str, days: int) -> None:
    """Friday's close is one trading day old on the next day the exchange opens."""
    assert trading_days_since(date.fromisoformat(as_of), date.fromisoformat(on)) == days


@given(start=st.dates(date(1999, 1, 1), date(2035, 1, 1)), length=st.integers(0, 900))
def test_age_equals_counting_day_by_day(start: date, length: int) -> None:
    """The fast count is the plain count of trading days after the price's day."""
    counted = sum(is_trading_day(start + timedelta(days=step)) for step in range(1, length + 1))
    assert trading_days_since(start, start + timedelta(days=length)) == counted


def test_clean_portfolio_is_fully_trusted(build: Any) -> None:
    """Everything priced, fresh and classified gives confidence 1 and the cue high."""
    report = assess(build.portfolio(build.account("a", [(build.instrument("A"), "1")])), on=build.as_of)
    assert (report.confidence, report.cue, report.missing_prices, report.stale_prices) == (D(1), "high", (), ())


def test_confidence_by_hand(build: Any) -> None:
    """1 - 1/5 unpriced - 0.5 x 30% stale - 0.5 x 20% default or missing - 0.1 for a fallback, times the judge's 0.9."""
    day = build.as_of
    old = build.instrument("OLD", "30", as_of=day - timedelta(days=7))
    default = build.instrument("DEF", "10", allocation_source=AllocationSource.DEFAULT)
    bare = build.instrument("BARE", "10", {})
    portfolio = build.portfolio(
        build.account(
            "a",
            [
                (old, "1"),
                (default, "1"),
                (bare, "1"),
                (build.instrument("OK", "40"), "1"),
                (build.instrument("NO", None), "1"),
            ],
            cash="10",
        )
    )
    report = assess(portfolio, on=day, fallbacks=["charter", "charter"], judge=0.9)
    assert report.confidence == D("0.4050")  # (1 - .2 - .15 - .1 - .1) x .9
    assert report.cue == "low"
    shown = json.loads(json.dumps(report.as_dict()))
    assert shown["missing_prices"] == ["NO"]
    assert shown["stale_prices"] == [{"symbol": "OLD", "as_of": "2022-12-21", "trading_days": 4}]
    assert shown["missing_allocations"] == ["BARE"]
    assert shown["default_allocations"] == ["DEF"]
    assert shown["fallbacks"] == ["charter"]
    assert shown["confidence"] == 0.405
    assert shown["last_updated"] == {"prices": "2022-12-28", "instruments": None, "positions": "2022-12-28"}
    assert len(shown["heuristics_used"]) == 2


def test_two_trading_days_are_fresh_three_are_stale(build: Any) -> None:
    """The limit is more than two trading days; a price whose day nobody knows is stale."""

    def stale(as_of: date | None) -> list[str]:
        held = build.instrument("A", "1", as_of=as_of)
        return [
            s.symbol for s in assess(build.portfolio(build.account("a", [(held, "1")])), on=build.as_of).stale_prices
        ]

    assert stale(date(2022, 12, 23)) == []
    assert stale(date(2022, 12, 22)) == ["A"]
    assert stale(None) == ["A"]


@pytest.mark.parametrize(
    ("confidence", "charts", "cue"),
    [
        ("0.9", None, "high"),
        ("0.8999", None, "medium"),
        ("0.8", 5, "medium"),
        ("0.7999", None, "low"),
        ("1", 2, "medium"),
        ("0.85", 2, "low"),
        ("0.1", 0, "low"),
        ("1", 3, "high"),
    ],
)
def test_cue(confidence: str, charts: int | None, cue: str) -> None:
    """0.9 is high, 0.8 medium; fewer than three charts lower the cue one step (AGENT-08)."""
    assert cue_of(D(confidence), charts=charts) == cue


def test_confidence_never_leaves_its_range(build: Any) -> None:
    """Many failures end at 0, not below; an empty portfolio is known completely."""
    nothing = build.portfolio(build.account("a", [(build.instrument("N", None), "1")]))
    assert assess(nothing, on=build.as_of, fallbacks=["a", "b"]).confidence == 0
    assert assess(build.portfolio(), on=build.as_of).confidence == 1


def test_tagger_gets_what_nobody_stands_for(build: Any) -> None:
    """Default allocations count as missing, so that the tagger runs for new instruments (domain 16, defect 5)."""
    default = build.instrument("Z", "1", allocation_source=AllocationSource.DEFAULT)
    portfolio = build.portfolio(
        build.account("a", [(default, "1"), (build.instrument("OK"), "1"), (build.instrument("B", "1", {}), "1")])
    )
    assert [i.symbol for i in needs_classification(portfolio)] == ["B", "Z"]


def test_planner_chooses_by_positions_and_goal(build: Any) -> None:
    """No report of nothing, no chart of one holding, no retirement without a goal (domain 4, step 5)."""

    def chosen(count: int, **user: Any) -> list[str]:
        held = [(build.instrument(f"S{i}"), "1") for i in range(count)]
        portfolio = build.portfolio(build.account("a", held), **user)
        return [choice.agent for choice in choose_agents(portfolio) if choice.chosen]

    assert chosen(0) == ["retirement"]
    assert chosen(1) == ["reporter", "retirement"]
    assert chosen(2, target_retirement_income=D(0)) == ["reporter", "charter"]
