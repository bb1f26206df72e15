"""Scenario planning (domain 8.5): the retirement simulation of 8.4 on assumptions that somebody edits, in plain Python.

No numpy: 500 paths over 50 years take about 10 ms, less than a sixth of what importing numpy costs a cold start, and
the API's bundle stays 50 MB smaller. The model, the outcome and its rounding are the agent's (`retirement`); only the
random numbers differ. The same assumptions always give the same figures: the seed is a hash of them.
"""

from random import Random

from advisor.domain.assumptions import RetirementAssumptions
from advisor.domain.audit import digest
from advisor.domain.projection import income_at_retirement
from advisor.domain.retirement_plan import RetirementPlan, RetirementResult, moments, result_of, seed_of


def seed_of_scenario(plan: RetirementPlan, assumptions: RetirementAssumptions) -> int:
    """Stable seed of a scenario."""
    return seed_of(digest({"plan": plan, "assumptions": assumptions}))


def simulate_scenario(plan: RetirementPlan, *, seed: int, assumptions: RetirementAssumptions) -> RetirementResult:
    """Run the simulation; the same plan, seed and assumptions give the same result."""
    mean, volatility = moments(plan, assumptions)
    growth, gauss = 1.0 + mean, Random(seed).gauss
    contribution, years = float(plan.contribution), range(plan.years)
    withdrawals, withdrawal = [], float(income_at_retirement(plan.target_income, plan.years, assumptions))
    for _ in range(assumptions.retirement_years):
        withdrawal *= 1.0 + assumptions.inflation
        withdrawals.append(withdrawal)
    finals, lasted = [], 0
    for _ in range(assumptions.paths):
        value = float(plan.value)
        for _ in years:
            value = value * max(gauss(growth, volatility), 0.0) + contribution
        for spent in withdrawals:
            value = value * max(gauss(growth, volatility), 0.0) - spent
            if value <= 0.0:
                value = 0.0
                break
            lasted += 1
        finals.append(value)
    finals.sort()
    return result_of(plan, finals, lasted, seed=seed, assumptions=assumptions)
