"""Risk figures, class assumptions and the mean path are right (domain 8.3, 8.4; defect 14)."""

import math
import random
import statistics
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.assumptions import CLASS_ASSUMPTIONS, asset_weights, correlation
from advisor.domain.projection import project
from advisor.domain.rollup import roll_up
from advisor.domain.statistics import mix_moments, portfolio_statistics, risk_score
from advisor.domain.vocabulary import AssetClass

D = Decimal

MIX = {AssetClass.EQUITY: 0.6, AssetClass.FIXED_INCOME: 0.25, AssetClass.REAL_ESTATE: 0.1, AssetClass.CASH: 0.05}


def test_correlated_draws_have_the_reported_volatility() -> None:
    """The simulated risk is the volatility the report states: one year's spread, drawn class by class by Cholesky."""
    order = list(MIX)
    covariance = [
        [correlation(a, b) * CLASS_ASSUMPTIONS[a].volatility * CLASS_ASSUMPTIONS[b].volatility for b in order]
        for a in order
    ]
    root = [[0.0] * len(order) for _ in order]
    for i in range(len(order)):
        for j in range(i + 1):
            rest = covariance[i][j] - sum(root[i][k] * root[j][k] for k in range(j))
            root[i][j] = math.sqrt(max(rest, 0)) if i == j else (rest / root[j][j] if root[j][j] else 0.0)
    rng = random.Random(3)
    returns = []
    for _ in range(40_000):
        z = [rng.gauss(0, 1) for _ in order]
        returns.append(
            sum(
                MIX[c] * (CLASS_ASSUMPTIONS[c].mean + sum(root[i][k] * z[k] for k in range(i + 1)))
                for i, c in enumerate(order)
            )
        )
    mean, volatility = mix_moments(MIX)
    assert statistics.fmean(returns) == pytest.approx(mean, abs=4 * volatility / math.sqrt(40_000))
    assert statistics.pstdev(returns) == pytest.approx(volatility, rel=0.02)
    assert mix_moments(MIX, correlated=False)[1] < volatility


@given(years=st.integers(0, 45), age=st.none() | st.integers(18, 90))
def test_milestones_follow_one_path(years: int, age: int | None) -> None:
    """Milestones are right for years that are no multiple of 5, and the withdrawal grows once a year (defect 14)."""
    shown = project(
        value=D(100_000), mean_return=0.05, years=years, contribution=D(5000), target_income=D(20_000), current_age=age
    )
    by_year = {m.year: m for m in shown.milestones}
    assert {0, years, years + 30, *range(0, years + 31, 5)} == set(by_year)
    value, withdrawal = 100_000.0, 20_000.0
    for year in range(years + 31):
        if year > years:
            withdrawal *= 1.03
            value = max(value * 1.05 - withdrawal, 0.0)
        elif year:
            value = value * 1.05 + 5000
        if year in by_year:
            milestone = by_year[year]
            assert float(milestone.value) == pytest.approx(value, rel=1e-9, abs=0.01)
            assert milestone.phase == ("accumulation" if year < years else "retirement")
            assert milestone.age == (None if age is None else age + year)
            assert milestone.withdrawal == 0 if year <= years else float(milestone.withdrawal) <= withdrawal + 0.01
    assert by_year[years].value == shown.expected_value_at_retirement


def test_commodities_and_alternatives_earn_something() -> None:
    """Wealth in gold or hedge funds is not assumed to stand still, as the earlier system did (domain B.1)."""
    for key in (AssetClass.COMMODITIES, AssetClass.ALTERNATIVES):
        assert mix_moments({key: 1.0})[0] > 0
        assert CLASS_ASSUMPTIONS[key].source == "proposed"


def test_two_asset_statistics_by_hand() -> None:
    """60/40: mean 5.8%, variance (.6x.18)^2 + (.4x.05)^2 + 2x.6x.4x.18x.05x.1; Sharpe over cash at 2%."""
    got = portfolio_statistics({AssetClass.EQUITY: 0.6, AssetClass.FIXED_INCOME: 0.4})
    variance = 0.108**2 + 0.02**2 + 2 * 0.108 * 0.02 * 0.1
    assert got.expected_return == pytest.approx(0.058)
    assert got.volatility == pytest.approx(math.sqrt(variance))
    assert got.sharpe == pytest.approx(0.038 / math.sqrt(variance))
    assert got.risk_score == 6
    assert portfolio_statistics({AssetClass.CASH: 1.0}) == replace(
        got, expected_return=0.02, volatility=0, sharpe=None, risk_score=1
    )


@pytest.mark.parametrize(
    ("volatility", "score"),
    [(0.0, 1), (0.0299, 1), (0.03, 2), (0.05, 3), (0.1299, 6), (0.13, 7), (0.1499, 7), (0.15, 8), (0.2, 10), (0.6, 10)],
)
def test_risk_score_steps(volatility: float, score: int) -> None:
    """Two points of volatility are a step, halves go up: the escalation above 7 starts at 15%."""
    assert risk_score(volatility) == score


def test_correlations_are_a_possible_matrix() -> None:
    """No mix can have a negative variance: the matrix is symmetric and positive definite (numpy's eigenvalues)."""
    import numpy as np

    risky = [key for key in AssetClass if key is not AssetClass.CASH]
    matrix = np.array([[correlation(a, b) for b in risky] for a in risky])
    assert (matrix == matrix.T).all()
    assert np.linalg.eigvalsh(matrix).min() > 0.1


def test_unclassified_value_borrows_the_mix_and_says_so(build: Any) -> None:
    """A holding without classification neither vanishes from the odds nor is guessed silently (WEB-05)."""
    unknown = build.instrument("U", "10", {})
    stock = build.instrument("S", "10")
    half = asset_weights(
        roll_up(build.portfolio(build.account("a", [(unknown, "5"), (stock, "5")]))), {"equity": 100.0}
    )
    assert half.parts == {AssetClass.EQUITY: 1.0}
    assert "50.0%" in half.heuristics[0]
    none = asset_weights(
        roll_up(build.portfolio(build.account("a", [(unknown, "5")]))), {"equity": 70.0, "fixed_income": 30.0}
    )
    assert none.parts == {AssetClass.EQUITY: 0.7, AssetClass.FIXED_INCOME: 0.3}
    assert none.heuristics


def test_only_the_engine_imports_numpy() -> None:
    """API and agent bundles carry no numpy: importing every other domain module must not need it (PERF)."""
    code = (
        "import sys, pkgutil, importlib, advisor.domain as d\n"
        "sys.modules['numpy'] = None\n"
        "names = [m.name for m in pkgutil.iter_modules(d.__path__) if m.name != 'retirement']\n"
        "[importlib.import_module('advisor.domain.' + name) for name in names]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
