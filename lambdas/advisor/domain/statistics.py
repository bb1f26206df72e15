"""Expected return, volatility, Sharpe ratio and risk score of a mix of asset classes (domain 8.3).

The score is the volatility in steps of 2 percentage points, 1 to 10: 20% a year or more is 10. Above 7 a case is
escalated (domain 9.5). Returns and volatilities are fractions a year.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from advisor.domain.assumptions import CLASS_ASSUMPTIONS, ClassAssumption, correlation
from advisor.domain.vocabulary import AssetClass


@dataclass(frozen=True)
class Statistics:
    """``sharpe`` is None when there is no risk to divide by; ``risk_score`` runs from 1 to 10."""

    expected_return: float
    volatility: float
    sharpe: float | None
    risk_score: int


def mix_moments(
    weights: Mapping[AssetClass, float],
    *,
    classes: Mapping[AssetClass, ClassAssumption] = CLASS_ASSUMPTIONS,
    correlated: bool = True,
) -> tuple[float, float]:
    """Mean and standard deviation of the mix's yearly return: w.m and sqrt(w.S.w); weights sum to 1."""
    order = sorted(weights)
    mean = math.fsum(weights[key] * classes[key].mean for key in order)
    risks = {key: weights[key] * classes[key].volatility for key in order}
    if correlated:
        variance = math.fsum(risks[a] * risks[b] * correlation(a, b) for a in order for b in order)
    else:
        variance = math.fsum(risk * risk for risk in risks.values())
    return mean, math.sqrt(max(variance, 0.0))


def risk_score(volatility: float) -> int:
    """clamp(round(volatility / 2 points), 1, 10); halves go up (5% is 3)."""
    steps = Decimal(str(round(volatility * 100, 9))) / 2
    return int(min(max(steps.quantize(Decimal(1), rounding=ROUND_HALF_UP), Decimal(1)), Decimal(10)))


def portfolio_statistics(
    weights: Mapping[AssetClass, float],
    *,
    classes: Mapping[AssetClass, ClassAssumption] = CLASS_ASSUMPTIONS,
    correlated: bool = True,
) -> Statistics:
    """Statistics of a mix; the risk-free rate of the Sharpe ratio is the assumed return of cash."""
    mean, volatility = mix_moments(weights, classes=classes, correlated=correlated)
    sharpe = (mean - classes[AssetClass.CASH].mean) / volatility if volatility > 1e-12 else None
    return Statistics(mean, volatility, sharpe, risk_score(volatility))
