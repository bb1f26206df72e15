"""Retirement figures are right: against a plain loop, closed forms and monotonicity (domain 8.4, B.1; AGENT-09)."""

import json
import math
import random
import statistics
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.domain.assumptions import CLASS_ASSUMPTIONS, RetirementAssumptions
from advisor.domain.retirement import RetirementPlan, plan_of, seed_of, simulate
from advisor.domain.rollup import roll_up
from advisor.domain.statistics import mix_moments
from advisor.domain.vocabulary import AssetClass

D = Decimal
MIX = {AssetClass.EQUITY: 0.6, AssetClass.FIXED_INCOME: 0.25, AssetClass.REAL_ESTATE: 0.1, AssetClass.CASH: 0.05}
PLAN = RetirementPlan(D(500_000), MIX, 20, D(10_000), D(50_000), 45)
CERTAIN = {key: belief.model_copy(update={"volatility": 0.0}) for key, belief in CLASS_ASSUMPTIONS.items()}


def plain_paths(plan: RetirementPlan, paths: int, seed: int) -> tuple[list[float], list[int]]:
    """The reference of domain B.1, literally: one loop a path, a year and a class, independent draws."""
    rng = random.Random(seed)
    finals, lasted = [], []
    for _ in range(paths):
        value = float(plan.value)

        def grown(held: float) -> float:
            rate = sum(
                w * rng.gauss(CLASS_ASSUMPTIONS[c].mean, CLASS_ASSUMPTIONS[c].volatility)
                for c, w in plan.weights.items()
            )
            return held * max(1 + rate, 0.0)

        for _ in range(plan.years):
            value = grown(value) + float(plan.contribution)
        years = 0
        for k in range(1, 31):
            value = grown(value) - float(plan.target_income) * 1.03**k
            if value <= 0:
                break
            years += 1
        finals.append(max(0.0, value))
        lasted.append(years)
    return finals, lasted


def standard_error(rate: float, paths: int) -> float:
    return math.sqrt(max(rate * (1 - rate), 0.01) / paths)


@pytest.mark.parametrize(
    "plan",
    [
        PLAN,
        replace(PLAN, target_income=D(90_000)),
        replace(PLAN, years=0, value=D(1_500_000), target_income=D(70_000)),
        replace(PLAN, weights={AssetClass.EQUITY: 1.0}, years=7),
    ],
)
def test_vectorised_agrees_with_the_plain_loop(plan: RetirementPlan) -> None:
    """The fast engine tells an investor the same odds as the textbook loop: within 4 standard errors of both."""
    paths = 4000
    finals, lasted = plain_paths(plan, paths, seed=7)
    result = simulate(plan, seed=11, assumptions=RetirementAssumptions(paths=20_000, correlated=False))
    rate = sum(years == 30 for years in lasted) / paths
    error = math.hypot(standard_error(rate, paths), standard_error(rate, 20_000))
    assert abs(result.success_rate / 100 - rate) < 4 * error + 0.0005
    spread = statistics.pstdev(lasted) * math.sqrt(1 / paths + 1 / 20_000)
    assert abs(result.average_years_lasted - statistics.fmean(lasted)) < 4 * spread + 0.05
    ordered = sorted(finals)
    for index, (low, value, high) in enumerate(
        (ordered[int(paths * (q - b))], float(v), ordered[min(int(paths * (q + b)), paths - 1)])
        for q, b, v in (
            (0.1, 0.025, result.percentile_10),
            (0.5, 0.04, result.median_final_value),
            (0.9, 0.025, result.percentile_90),
        )
    ):
        assert low <= value <= high, f"percentile {index} outside its confidence band"


@pytest.mark.parametrize(("income", "lasts"), [(D(50_000), True), (D(150_000), False)])
def test_without_volatility_the_closed_form_holds(income: Decimal, lasts: bool) -> None:
    """With certain returns every path is the annuity formula's, so success is 0 or 100 and percentiles coincide."""
    rules = RetirementAssumptions(paths=50, classes=CERTAIN)
    result = simulate(replace(PLAN, target_income=income), seed=1, assumptions=rules)
    g = 1 + mix_moments(MIX)[0]
    at_retirement = 500_000 * g**20 + 10_000 * (g**20 - 1) / (g - 1)
    drawn = float(income) * 1.03 * (g**30 - 1.03**30) / (g - 1.03)
    final = max(at_retirement * g**30 - drawn, 0.0)
    assert float(result.projection.expected_value_at_retirement) == pytest.approx(at_retirement, rel=1e-9)
    assert result.success_rate == (100.0 if lasts else 0.0)
    for figure in (result.percentile_10, result.median_final_value, result.percentile_90):
        assert float(figure) == pytest.approx(final, rel=1e-9, abs=0.005)
    assert float(result.projection.milestones[-1].value) == pytest.approx(final, rel=1e-9, abs=0.005)
    if not lasts:
        assert result.projection.depleted_year == 20 + math.floor(result.average_years_lasted) + 1
        # Years the money lasts, solved for: V g^k = W 1.03 (g^k - 1.03^k) / (g - 1.03).
        ratio = 1 - at_retirement * (g - 1.03) / (float(income) * 1.03)
        assert result.average_years_lasted == math.floor(math.log(ratio) / math.log(1.03 / g))


@settings(max_examples=40, deadline=None)
@given(
    value=st.integers(0, 3_000_000),
    years=st.integers(0, 40),
    income=st.integers(1000, 150_000),
    more=st.integers(1, 500_000),
    seed=st.integers(0, 2**40),
)
def test_more_money_never_hurts(value: int, years: int, income: int, more: int, seed: int) -> None:
    """On the same draws: more capital or savings, or a lower income, never lowers success, years or percentiles."""
    rules = RetirementAssumptions(paths=200)
    base_plan = replace(PLAN, value=D(value), years=years, target_income=D(income))
    base = simulate(base_plan, seed=seed, assumptions=rules)
    for better_plan in (
        replace(base_plan, value=D(value + more)),
        replace(base_plan, contribution=base_plan.contribution + more),
        replace(base_plan, target_income=D(max(income - more, 0))),
    ):
        better = simulate(better_plan, seed=seed, assumptions=rules)
        assert better.success_rate >= base.success_rate
        assert better.average_years_lasted >= base.average_years_lasted
        assert better.percentile_10 >= base.percentile_10
        assert better.percentile_90 >= base.percentile_90
    assert 0 <= base.success_rate <= 100
    assert 0 <= base.average_years_lasted <= 30
    assert 0 <= base.percentile_10 <= base.median_final_value <= base.percentile_90


def test_percentiles_are_taken_by_floor_index() -> None:
    """With 10 paths the percentiles are the sorted values at 1, 5 and 9, recomputed from the same draws."""
    import numpy as np

    rules = RetirementAssumptions(paths=10, retirement_years=1)
    plan = replace(PLAN, years=0, target_income=D(1000))
    result = simulate(plan, seed=5, assumptions=rules)
    mean, volatility = mix_moments(MIX)
    draws = np.random.Generator(np.random.PCG64(5)).standard_normal(10)
    finals = sorted(500_000 * (1 + mean + volatility * z) - 1030 for z in draws)
    got = (result.percentile_10, result.median_final_value, result.percentile_90)
    assert [float(v) for v in got] == pytest.approx([finals[1], finals[5], finals[9]], abs=0.006)


def test_same_job_same_figures_in_any_process() -> None:
    """A re-run of a job after a crash tells the investor the same odds: the seed does not depend on the process."""
    job = UUID("6b1c0000-0000-4000-8000-000000000001")
    code = f"from advisor.domain.retirement import seed_of; print(seed_of('{job}'))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(printed) == seed_of(job) == seed_of(str(job)) < 2**53
    assert simulate(PLAN, seed=seed_of(job)).numbers() == simulate(PLAN, seed=seed_of(job)).numbers()
    assert (
        simulate(PLAN, seed=seed_of("another job")).median_final_value
        != simulate(PLAN, seed=seed_of(job)).median_final_value
    )


def test_numbers_are_json_with_the_promised_keys() -> None:
    """The API's retirement payload carries the figures of domain A.3 and 8.4, as JSON numbers."""
    numbers = json.loads(json.dumps(simulate(PLAN, seed=1).numbers(), allow_nan=False))
    assert {
        "success_rate",
        "median_final_value",
        "percentile_10",
        "percentile_90",
        "average_years_lasted",
        "expected_value_at_retirement",
        "sustainable_income",
        "income_gap",
        "milestones",
    } <= numbers.keys()
    assert numbers["paths"] == 10_000
    assert numbers["sustainable_income"] == pytest.approx(0.04 * numbers["expected_value_at_retirement"], abs=0.01)
    assert numbers["income_gap"] == pytest.approx(50_000 - numbers["sustainable_income"], abs=0.01)


def test_the_plan_uses_the_real_portfolio(build: Any) -> None:
    """The simulation starts from the portfolio's value and mix, not from an empty one (domain 16, defects 2, 18)."""
    portfolio = build.worked()
    plan = plan_of(portfolio, roll_up(portfolio))
    assert plan.value == D("10000.00")
    assert plan.weights == {
        AssetClass.CASH: pytest.approx(0.09945),
        AssetClass.EQUITY: pytest.approx(0.62025),
        AssetClass.FIXED_INCOME: pytest.approx(0.2803),
    }
    assert (plan.years, plan.current_age, plan.contribution) == (20, 45, D(10000))


def test_target_income_may_grow_until_retirement() -> None:
    """With the switch on, an income of 50,000 today is 50,000 x 1.03^20 on the first day of retirement."""
    rules = RetirementAssumptions(inflate_target_before_retirement=True, paths=500)
    result = simulate(PLAN, seed=1, assumptions=rules)
    assert float(result.projection.first_year_income) == pytest.approx(50_000 * 1.03**20)
    assert result.success_rate < simulate(PLAN, seed=1, assumptions=RetirementAssumptions(paths=500)).success_rate


def test_an_impossible_loss_stops_at_zero() -> None:
    """A draw below -100% (possible with a wild typed volatility) leaves nothing: two such years do not make a fortune.

    With mean 7% and volatility 100% a year keeps something with P(z > -1.07) = 0.8577, three years with 0.6310.
    """
    wild = {AssetClass.EQUITY: CLASS_ASSUMPTIONS[AssetClass.EQUITY].model_copy(update={"volatility": 1.0})}
    plan = RetirementPlan(D(1000), {AssetClass.EQUITY: 1.0}, 2, D(0), D(0))
    rules = RetirementAssumptions(classes=wild, paths=50_000, retirement_years=1)
    assert simulate(plan, seed=1, assumptions=rules).success_rate == pytest.approx(63.10, abs=0.9)
