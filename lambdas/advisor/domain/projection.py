"""The deterministic side of retirement: the mean path, its milestones, the 4% rule and the income gap (domain 8.4).

The path is computed year by year and the milestones are read off it. The withdrawal starts from the target income
once and grows with inflation; it is not derived again at each milestone, and years that are no multiple of 5 keep
their retirement year as a milestone of its own (domain 16, defect 14). No numpy here: the report uses it too.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from advisor.domain.assumptions import RetirementAssumptions
from advisor.domain.money import ZERO, as_decimal, times

MILESTONE_YEARS = 5
_DIGITS = 12


@dataclass(frozen=True)
class Milestone:
    """End of a year of the mean path: USD held, and USD withdrawn in that year (0 before retirement)."""

    year: int
    age: int | None
    phase: Literal["accumulation", "retirement"]
    value: Decimal
    withdrawal: Decimal


@dataclass(frozen=True)
class Projection:
    """Mean path in USD of its own years.

    ``income_gap`` = target income - withdrawal rate x value at retirement: negative is a surplus.
    ``depleted_year`` is the first year (counted from today) that ends with nothing left, None when it lasts.
    """

    expected_value_at_retirement: Decimal
    first_year_income: Decimal
    sustainable_income: Decimal
    income_gap: Decimal
    depleted_year: int | None
    milestones: tuple[Milestone, ...]


def income_at_retirement(target_income: Decimal, years: int, assumptions: RetirementAssumptions) -> Decimal:
    """USD a year on the first day of retirement (W_0): the target, or the target grown with inflation until then."""
    if not assumptions.inflate_target_before_retirement:
        return target_income
    return target_income * (1 + as_decimal(assumptions.inflation)) ** years


def project(
    *,
    value: Decimal,
    mean_return: float,
    years: int,
    contribution: Decimal,
    target_income: Decimal,
    current_age: int | None = None,
    assumptions: RetirementAssumptions | None = None,
) -> Projection:
    """Follow the mean return: ``years`` of saving, then the retirement years of withdrawals.

    Money in USD, ``mean_return`` a fraction a year, contributions at each year's end (AGENT-09).
    """
    rules = assumptions or RetirementAssumptions()
    growth = 1 + Decimal(repr(round(mean_return, _DIGITS)))
    inflation = 1 + as_decimal(rules.inflation)
    first = income_at_retirement(target_income, years, rules)
    path = [(value, ZERO)]
    for _ in range(years):
        path.append((path[-1][0] * growth + contribution, ZERO))
    at_retirement = path[-1][0]
    withdrawal, depleted = first, None
    for _ in range(rules.retirement_years):
        withdrawal *= inflation
        before = path[-1][0] * growth
        if depleted is None and before - withdrawal <= 0 and (withdrawal > 0 or before <= 0):
            depleted = len(path)
        path.append((max(before - withdrawal, ZERO), min(withdrawal, max(before, ZERO))))
    last = years + rules.retirement_years
    shown = sorted({*range(0, last + 1, MILESTONE_YEARS), years, last})
    sustainable = times(at_retirement, as_decimal(rules.withdrawal_rate))
    return Projection(
        expected_value_at_retirement=at_retirement,
        first_year_income=first,
        sustainable_income=sustainable,
        income_gap=first - sustainable,
        depleted_year=depleted,
        milestones=tuple(
            Milestone(
                year=year,
                age=None if current_age is None else current_age + year,
                phase="accumulation" if year < years else "retirement",
                value=path[year][0],
                withdrawal=path[year][1],
            )
            for year in shown
        ),
    )
