"""Retirement by simulation (domain 8.4, B.1; AGENT-09): the only module that imports numpy.

A mix with fixed weights of normal returns has itself a normal return, so one draw a path and year with the mix's mean
and volatility has exactly the distribution of drawing every class, and is several times faster. Paths lie along the
contiguous axis; accumulation and retirement update one vector in place. Years whose draw is below -100% lose
everything: a portfolio without debt cannot owe.

The same job always gives the same figures: the seed is a hash of the job's id.
"""

import numpy as np

from advisor.domain.assumptions import RetirementAssumptions
from advisor.domain.projection import income_at_retirement
from advisor.domain.retirement_plan import RetirementPlan, RetirementResult, moments, plan_of, result_of, seed_of

__all__ = ["RetirementPlan", "RetirementResult", "plan_of", "seed_of", "simulate"]


def simulate(plan: RetirementPlan, *, seed: int, assumptions: RetirementAssumptions | None = None) -> RetirementResult:
    """Run the simulation; the same plan, seed and assumptions give the same result."""
    rules = assumptions or RetirementAssumptions()
    mean, volatility = moments(plan, rules)
    rng = np.random.Generator(np.random.PCG64(seed))
    values = np.full(rules.paths, float(plan.value))
    growth = np.empty(rules.paths)

    def draw() -> None:
        """One year's growth factor of every path, at least 0."""
        rng.standard_normal(out=growth)
        np.multiply(growth, volatility, out=growth)
        np.add(growth, 1.0 + mean, out=growth)
        np.maximum(growth, 0.0, out=growth)

    contribution = float(plan.contribution)
    for _ in range(plan.years):
        draw()
        np.multiply(values, growth, out=values)
        values += contribution
    withdrawal = float(income_at_retirement(plan.target_income, plan.years, rules))
    lasted = 0
    for _ in range(rules.retirement_years):
        withdrawal *= 1.0 + rules.inflation
        draw()
        np.multiply(values, growth, out=values)
        # A path without money stays at 0: 0 x growth - withdrawal is never positive again.
        values -= withdrawal
        np.maximum(values, 0.0, out=values)
        lasted += int(np.count_nonzero(values))
    finals: list[float] = np.sort(values).tolist()
    return result_of(plan, finals, lasted, seed=seed, assumptions=rules)
