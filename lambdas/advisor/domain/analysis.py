"""One portfolio through all engines: the calculated truth that facts, reports, charts and reviews are made of."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from advisor.domain.assumptions import RetirementAssumptions, Weights, asset_weights
from advisor.domain.models import Portfolio
from advisor.domain.money import ZERO, as_decimal, over
from advisor.domain.projection import Projection, project
from advisor.domain.quality import STALE_AFTER, QualityReport, assess
from advisor.domain.rebalancing import RebalancePlan, RebalanceSettings, rebalance, region_drift
from advisor.domain.rollup import RollUp, roll_up
from advisor.domain.statistics import Statistics, portfolio_statistics
from advisor.domain.valuation import Valuation, value_portfolio


@dataclass(frozen=True)
class Analysis:
    """Results of the deterministic engines (no simulation) for one portfolio on one day.

    ``additional_contribution`` is the USD a year, on top of today's, that would close the income gap on the mean
    path; None when there is no gap or no year left to save. ``region_drift`` is in percentage points.
    """

    portfolio: Portfolio
    on: date
    valuation: Valuation
    roll_up: RollUp
    weights: Weights
    statistics: Statistics
    rebalancing: RebalancePlan
    region_drift: dict[str, Decimal]
    projection: Projection
    additional_contribution: Decimal | None
    quality: QualityReport
    settings: RebalanceSettings
    assumptions: RetirementAssumptions


def contribution_to_close(gap: Decimal, *, withdrawal_rate: float, mean_return: float, years: int) -> Decimal | None:
    """USD a year, paid at each year's end, whose value at retirement yields ``gap`` USD a year at the rate."""
    if gap <= 0 or years <= 0:
        return None
    growth = 1 + Decimal(repr(round(mean_return, 12)))
    factor = sum((growth**year for year in range(years)), ZERO)
    return over(over(gap, as_decimal(withdrawal_rate)), factor)


def analyse(
    portfolio: Portfolio,
    *,
    on: date,
    settings: RebalanceSettings | None = None,
    assumptions: RetirementAssumptions | None = None,
    stale_after: int = STALE_AFTER,
) -> Analysis:
    """Run every engine but the simulation; ``on`` is the valuation date, ``stale_after`` in trading days."""
    rules, beliefs, user = settings or RebalanceSettings(), assumptions or RetirementAssumptions(), portfolio.user
    valuation = value_portfolio(portfolio)
    rolled = roll_up(portfolio, valuation)
    weights = asset_weights(rolled, user.asset_class_targets)
    statistics = portfolio_statistics(weights.parts, classes=beliefs.classes, correlated=beliefs.correlated)
    projection = project(
        value=rolled.total,
        mean_return=statistics.expected_return,
        years=user.years_until_retirement,
        contribution=user.annual_contribution,
        target_income=user.target_retirement_income,
        current_age=user.current_age,
        assumptions=beliefs,
    )
    return Analysis(
        portfolio=portfolio,
        on=on,
        valuation=valuation,
        roll_up=rolled,
        weights=weights,
        statistics=statistics,
        rebalancing=rebalance(portfolio, settings=rules, valuation=valuation),
        region_drift=region_drift(rolled, user.region_targets),
        projection=projection,
        additional_contribution=contribution_to_close(
            projection.income_gap,
            withdrawal_rate=beliefs.withdrawal_rate,
            mean_return=statistics.expected_return,
            years=user.years_until_retirement,
        ),
        quality=assess(portfolio, on=on, valuation=valuation, heuristics=weights.heuristics, stale_after=stale_after),
        settings=rules,
        assumptions=beliefs,
    )
