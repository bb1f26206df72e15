"""The retirement engine, vectorised over 10,000 paths, against a plain loop in Python over 500 of them."""

import random
from decimal import Decimal

from advisor.domain.assumptions import RetirementAssumptions
from advisor.domain.retirement import RetirementPlan, simulate
from advisor.domain.statistics import mix_moments
from advisor.domain.vocabulary import AssetClass
from alex.bench.measure import Row, Say, median, timed

GROUP = "retirement"
LOOP_PATHS = 500
PLAN = RetirementPlan(
    value=Decimal(350000),
    weights={AssetClass.EQUITY: 0.7, AssetClass.FIXED_INCOME: 0.25, AssetClass.CASH: 0.05},
    years=20,
    contribution=Decimal(24000),
    target_income=Decimal(72000),
    current_age=45,
)


def run_all(say: Say, rounds: int) -> list[Row]:
    """Milliseconds of both, and how many times faster a path is; the success rates are beside them as a check."""
    rules = RetirementAssumptions()
    say("warm up")
    result = simulate(PLAN, seed=1, assumptions=rules)
    rate = loop(PLAN, rules, paths=LOOP_PATHS, seed=1)
    say("engine and loop")
    engine = [1000 * timed(lambda: simulate(PLAN, seed=1, assumptions=rules)) for _ in range(max(rounds, 3))]
    plain = [1000 * timed(lambda: loop(PLAN, rules, paths=LOOP_PATHS, seed=1)) for _ in range(max(rounds, 3))]
    rows = [
        median(GROUP, f"engine, {rules.paths:,} paths", engine, "ms", note=f"success {result.success_rate:.1f}%"),
        median(GROUP, f"plain loop, {LOOP_PATHS} paths", plain, "ms", note=f"success {rate:.1f}%"),
    ]
    each = (rows[1].value / LOOP_PATHS) / (rows[0].value / rules.paths)
    return [*rows, Row(GROUP, "a path is faster by", each, "x", note="loop / engine, for one path")]


def loop(plan: RetirementPlan, rules: RetirementAssumptions, *, paths: int, seed: int) -> float:
    """The same model as straightforward Python, written apart from the engine; percent of paths that last."""
    mean, volatility = mix_moments(plan.weights, classes=rules.classes, correlated=rules.correlated)
    dice = random.Random(seed)
    lasting = 0
    for _ in range(paths):
        value = float(plan.value)
        for _ in range(plan.years):
            value = value * max(1 + dice.gauss(mean, volatility), 0.0) + float(plan.contribution)
        wanted = float(plan.target_income)
        for _ in range(rules.retirement_years):
            wanted *= 1 + rules.inflation
            value = value * max(1 + dice.gauss(mean, volatility), 0.0) - wanted
            if value <= 0:
                break
        else:
            lasting += 1
    return 100 * lasting / paths
