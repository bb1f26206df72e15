"""Totals and allocations an investor reads are the exact ones (domain 8.1, 8.2)."""

import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.money import as_decimal, cents, percent, rounded, text
from advisor.domain.rollup import UNCLASSIFIED, roll_up, spread
from advisor.domain.valuation import summarise, value_portfolio
from advisor.domain.vocabulary import PriceSource

D = Decimal


def test_worked_portfolio_totals(build: Any) -> None:
    """The figures of the dashboard equal the hand calculation to the cent."""
    valuation = value_portfolio(build.worked())
    assert valuation.invested == D("9005.50")
    assert valuation.cash == D("994.50")
    assert valuation.total == D("10000.00")
    assert [account.total for account in valuation.accounts] == [D("5002.75"), D("4997.25")]
    assert valuation.by_symbol() == {
        "AAPL": D("1502.50"),
        "BOND": D("2403.00"),
        "FUND": D("4100.00"),
        "MIX": D("1000"),
    }


def test_missing_price_is_listed_and_never_invented(build: Any) -> None:
    """An investor is told which holding has no price instead of getting a made-up total (domain 16, defect 4)."""
    valuation = value_portfolio(build.worked())
    assert valuation.missing_prices == ("NOPR",)
    assert [p.value for p in valuation.positions if p.symbol == "NOPR"] == [None]


@pytest.mark.parametrize("source", [PriceSource.MODEL, PriceSource.NONE])
def test_price_from_a_model_is_a_missing_price(build: Any, source: PriceSource) -> None:
    """A price that a language model said does not enter the total (domain 16, defect 11)."""
    invented = build.instrument("X", "50", price_source=source)
    valuation = value_portfolio(build.portfolio(build.account("a", [(invented, "3")], cash="10")))
    assert (valuation.total, valuation.missing_prices) == (D(10), ("X",))


def test_summary_of_the_planner(build: Any) -> None:
    """The job's summary carries the five figures the API promises."""
    assert summarise(build.worked()) == {
        "total_value": D("10000.00"),
        "num_accounts": 2,
        "num_positions": 6,
        "years_until_retirement": 20,
        "target_retirement_income": D(60000),
    }


def test_products_beyond_28_digits_stay_exact(build: Any) -> None:
    """The largest quantity at an odd price loses no cent to Decimal's default precision."""
    big = build.instrument("X", "999998.9999")
    valuation = value_portfolio(build.portfolio(build.account("a", [(big, "123456789012.12345678")])))
    assert Fraction(valuation.total) == Fraction("999998.9999") * Fraction("123456789012.12345678")


def test_worked_portfolio_roll_up(build: Any) -> None:
    """Allocation by class, region and sector equals the hand calculation."""
    rolled = roll_up(build.worked())
    assert {s.key: s.value for s in rolled.asset_class} == {
        "equity": D("6202.50"),
        "fixed_income": D("2803.00"),
        "cash": D("994.50"),
    }
    assert rolled.shares("asset_class") == {"equity": D("62.025"), "fixed_income": D("28.03"), "cash": D("9.945")}
    assert {s.key: s.value for s in rolled.region} == {"north_america": D("7365.50"), "europe": D("1640.00")}
    assert {s.key: s.value for s in rolled.sector} == {
        "technology": D("1502.50"),
        "diversified": D("5100.00"),
        "treasury": D("2403.00"),
    }
    assert [(h.symbol, h.percent) for h in rolled.top(2)] == [("FUND", D("41")), ("BOND", D("24.03"))]
    assert [(a.account_name, a.percent) for a in rolled.accounts] == [
        ("Pension plan", D("50.0275")),
        ("Brokerage", D("49.9725")),
    ]
    squares = sum(Fraction(v) ** 2 for v in ("1502.5", "4100", "2403", "1000"))
    assert float(rolled.herfindahl) == pytest.approx(float(squares / Fraction("9005.5") ** 2), rel=1e-15)


def test_unclassified_value_is_shown_not_guessed(build: Any) -> None:
    """A holding nobody classified does not become equity or bonds silently (domain 16, defect 5)."""
    unknown = build.instrument("U", "10", {})
    rolled = roll_up(build.portfolio(build.account("a", [(unknown, "4")], cash="60")))
    assert rolled.shares("asset_class") == {"cash": D(60), UNCLASSIFIED: D(40)}
    assert rolled.shares("region") == {UNCLASSIFIED: D(100)}


def test_empty_portfolio_has_zero_everywhere(build: Any) -> None:
    """A new user without accounts gets zeros, not a division error."""
    rolled = roll_up(build.portfolio())
    assert [rolled.total, len(rolled.asset_class), len(rolled.holdings), rolled.herfindahl] == [0, 0, 0, 0]


@given(seed=st.integers(0, 10**6))
def test_every_dimension_adds_up(build: Any, seed: int) -> None:
    """For any portfolio: classes sum to the total, regions and sectors to the priced value, shares to 100.

    Independent calculation: exact fractions, per key, straight from the positions.
    """
    rng = random.Random(seed)
    maps = [None, {"equity": 59.97, "fixed_income": 40.0}, {"real_estate": 33.4, "equity": 33.3, "commodities": 33.3}]
    held = [
        build.instrument(f"S{i}", rng.choice(["0.0001", "12.3456", "999.99", None]), rng.choice([*maps, {}]))
        for i in range(6)
    ]
    accounts = [
        build.account(
            f"a{k}",
            [(i, f"{rng.uniform(0.00000001, 5000):.8f}") for i in rng.sample(held, rng.randint(0, 6))],
            cash=f"{rng.uniform(0, 9999):.2f}",
        )
        for k in range(rng.randint(0, 3))
    ]
    portfolio = build.portfolio(*accounts)
    rolled = roll_up(portfolio)
    expected: dict[str, Fraction] = {"cash": sum((Fraction(a.cash_balance) for a in accounts), Fraction(0))}
    for p in portfolio.positions:
        if p.instrument.current_price is None:
            continue
        value = Fraction(p.quantity) * Fraction(p.instrument.current_price)
        parts = p.instrument.allocation_asset_class or {UNCLASSIFIED: 100.0}
        whole = sum(Fraction(str(part)) for part in parts.values())
        for key, part in parts.items():
            expected[key] = expected.get(key, Fraction(0)) + value * Fraction(str(part)) / whole
    assert float(rolled.total) == pytest.approx(float(sum(expected.values())), rel=1e-12)
    for part in rolled.asset_class:
        assert float(part.value) == pytest.approx(float(expected[part.key]), rel=1e-12)
    assert {s.key for s in rolled.asset_class} == {key for key, value in expected.items() if value}
    for name, whole_value in (("asset_class", rolled.total), ("region", rolled.invested), ("sector", rolled.invested)):
        slices = rolled.dimension(name)  # type: ignore[arg-type]
        assert abs(sum((Fraction(s.value) for s in slices), Fraction(0)) - Fraction(whole_value)) < Fraction(1, 10**40)
        if slices:
            assert abs(sum((Fraction(s.percent) for s in slices), Fraction(0)) - 100) < Fraction(1, 10**40)
            assert [s.value for s in slices] == sorted((s.value for s in slices), reverse=True)


@given(value=st.decimals(0, 10**9, places=2), parts=st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_spreading_keeps_the_value(value: Decimal, parts: list[int]) -> None:
    """No cent is lost when a value is split by an allocation whose parts do not sum to 100 exactly."""
    pieces = spread(value, {str(i): float(part) for i, part in enumerate(parts)})
    assert abs(sum(map(Fraction, pieces.values())) - Fraction(value)) < Fraction(1, 10**40)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("0.005", "0.01"), ("2.675", "2.68"), ("-0.004", "0.00"), ("-0.005", "-0.01"), ("1E+3", "1000.00")],
)
def test_money_rounds_half_up_once(value: str, shown: str) -> None:
    """Printed cents follow commercial rounding, and no -0.00 is shown."""
    assert text(D(value)) == shown
    assert cents(D(value)) == D(shown)


def test_percent_of_nothing_is_zero() -> None:
    """An empty whole gives 0 and a float keeps its printed digits."""
    assert percent(D(5), D(0)) == 0
    assert as_decimal(33.3) == D("33.3")
    assert rounded(D("1.23456"), 4) == D("1.2346")
