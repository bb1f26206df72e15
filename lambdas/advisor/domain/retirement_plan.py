"""What a retirement simulation is asked and what it answers (domain 8.4): no numpy, so that every function can use it.

Two engines give this answer: `retirement` (numpy, 10,000 paths, the agent's) and `scenario` (plain Python, 500 paths,
the API's, whose bundle is small).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from advisor.domain.assumptions import RetirementAssumptions, asset_weights
from advisor.domain.models import Portfolio
from advisor.domain.money import cents, number
from advisor.domain.projection import Projection, project
from advisor.domain.rollup import RollUp
from advisor.domain.statistics import mix_moments
from advisor.domain.vocabulary import AssetClass


@dataclass(frozen=True)
class RetirementPlan:
    """What is simulated: USD today, shares of classes (sum 1), years to save, USD a year saved and wanted."""

    value: Decimal
    weights: Mapping[AssetClass, float]
    years: int
    contribution: Decimal
    target_income: Decimal
    current_age: int | None = None


@dataclass(frozen=True)
class RetirementResult:
    """Outcome in USD and percent.

    ``success_rate`` is the percentage of paths with money left after the last year, 1 decimal; percentiles are taken
    over max(0, final value) at the sorted indices floor(P/10), floor(P/2), floor(9P/10).
    """

    success_rate: float
    median_final_value: Decimal
    percentile_10: Decimal
    percentile_90: Decimal
    average_years_lasted: float
    projection: Projection
    mean_return: float
    volatility: float
    plan: RetirementPlan
    assumptions: RetirementAssumptions
    seed: int

    def numbers(self) -> dict[str, Any]:
        """JSON numbers for ``retirement_payload["numbers"]`` (domain A.3): USD with cents, rates in percent."""
        projection = self.projection
        return {
            "success_rate": self.success_rate,
            "median_final_value": number(self.median_final_value),
            "percentile_10": number(self.percentile_10),
            "percentile_90": number(self.percentile_90),
            "average_years_lasted": self.average_years_lasted,
            "current_value": number(self.plan.value),
            "expected_value_at_retirement": number(projection.expected_value_at_retirement),
            "target_income": number(projection.first_year_income),
            "sustainable_income": number(projection.sustainable_income),
            "income_gap": number(projection.income_gap),
            "depleted_year": projection.depleted_year,
            "years_until_retirement": self.plan.years,
            "retirement_years": self.assumptions.retirement_years,
            "annual_contribution": number(self.plan.contribution),
            "withdrawal_rate": round(self.assumptions.withdrawal_rate * 100, 4),
            "inflation": round(self.assumptions.inflation * 100, 4),
            "mean_return": round(self.mean_return * 100, 4),
            "volatility": round(self.volatility * 100, 4),
            "weights": {key.value: round(weight * 100, 4) for key, weight in sorted(self.plan.weights.items())},
            "paths": self.assumptions.paths,
            "seed": self.seed,
            "milestones": [
                {
                    "year": milestone.year,
                    "age": milestone.age,
                    "phase": milestone.phase,
                    "value": number(milestone.value),
                    "withdrawal": number(milestone.withdrawal),
                }
                for milestone in projection.milestones
            ],
        }


def seed_of(job_id: str | UUID) -> int:
    """Stable seed of a job: the first 6 bytes of sha256 of its id (exact as a JSON number, same in any process)."""
    return int.from_bytes(hashlib.sha256(str(job_id).encode()).digest()[:6], "big")


def plan_of(portfolio: Portfolio, roll_up: RollUp) -> RetirementPlan:
    """The user's plan on the portfolio's real value and mix (never an empty one: domain 16, defect 2)."""
    user = portfolio.user
    return RetirementPlan(
        value=roll_up.total,
        weights=asset_weights(roll_up, user.asset_class_targets).parts,
        years=user.years_until_retirement,
        contribution=user.annual_contribution,
        target_income=user.target_retirement_income,
        current_age=user.current_age,
    )


def moments(plan: RetirementPlan, rules: RetirementAssumptions) -> tuple[float, float]:
    """Mean and volatility of the plan's mix, fractions a year."""
    return mix_moments(plan.weights, classes=rules.classes, correlated=rules.correlated)


def result_of(
    plan: RetirementPlan, finals: Sequence[float], lasted: int, *, seed: int, assumptions: RetirementAssumptions
) -> RetirementResult:
    """The outcome of simulated paths: ``finals`` is max(0, final USD) sorted, ``lasted`` the years of all paths."""
    count = len(finals)
    mean, volatility = moments(plan, assumptions)
    return RetirementResult(
        success_rate=round(100.0 * sum(1 for value in finals if value > 0) / count, 1),
        median_final_value=_usd(finals[count // 2]),
        percentile_10=_usd(finals[count // 10]),
        percentile_90=_usd(finals[9 * count // 10]),
        average_years_lasted=round(lasted / count, 1),
        projection=project(
            value=plan.value,
            mean_return=mean,
            years=plan.years,
            contribution=plan.contribution,
            target_income=plan.target_income,
            current_age=plan.current_age,
            assumptions=assumptions,
        ),
        mean_return=mean,
        volatility=volatility,
        plan=plan,
        assumptions=assumptions,
        seed=seed,
    )


def _usd(value: float) -> Decimal:
    return cents(Decimal(repr(float(value))))
