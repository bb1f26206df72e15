"""Every assumption about markets and retirement in one place, typed, with its source (WEB-11).

Means and volatilities are fractions a year (0.07 = 7%). Sources: "domain 8.4" are the figures of the earlier system;
"proposed" are Alex's own, chosen within the range of published long-term capital-market assumptions. The earlier
system let commodities and alternatives earn nothing, which understated growth (domain B.1). They are assumptions, not
forecasts; a platform owner may replace each through `RetirementAssumptions`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import Field, field_validator

from advisor.domain.models import Frozen
from advisor.domain.rollup import UNCLASSIFIED, RollUp
from advisor.domain.vocabulary import AssetClass


class ClassAssumption(Frozen):
    """Yearly return of an asset class: ``mean`` and ``volatility`` (standard deviation) as fractions."""

    mean: float = Field(ge=-0.5, le=0.5)
    volatility: float = Field(ge=0, le=1)
    source: str


CLASS_ASSUMPTIONS: Mapping[AssetClass, ClassAssumption] = MappingProxyType(
    {
        AssetClass.EQUITY: ClassAssumption(mean=0.07, volatility=0.18, source="domain 8.4"),
        AssetClass.FIXED_INCOME: ClassAssumption(mean=0.04, volatility=0.05, source="domain 8.4"),
        AssetClass.REAL_ESTATE: ClassAssumption(mean=0.06, volatility=0.12, source="domain 8.4"),
        AssetClass.COMMODITIES: ClassAssumption(mean=0.04, volatility=0.16, source="proposed"),
        AssetClass.ALTERNATIVES: ClassAssumption(mean=0.05, volatility=0.10, source="proposed"),
        AssetClass.CASH: ClassAssumption(mean=0.02, volatility=0.0, source="domain 8.4"),
    }
)

_PAIRS = {
    (AssetClass.EQUITY, AssetClass.FIXED_INCOME): 0.1,
    (AssetClass.EQUITY, AssetClass.REAL_ESTATE): 0.6,
    (AssetClass.EQUITY, AssetClass.COMMODITIES): 0.3,
    (AssetClass.EQUITY, AssetClass.ALTERNATIVES): 0.5,
    (AssetClass.FIXED_INCOME, AssetClass.REAL_ESTATE): 0.2,
    (AssetClass.FIXED_INCOME, AssetClass.COMMODITIES): 0.0,
    (AssetClass.FIXED_INCOME, AssetClass.ALTERNATIVES): 0.1,
    (AssetClass.REAL_ESTATE, AssetClass.COMMODITIES): 0.2,
    (AssetClass.REAL_ESTATE, AssetClass.ALTERNATIVES): 0.4,
    (AssetClass.COMMODITIES, AssetClass.ALTERNATIVES): 0.3,
}


def correlation(left: AssetClass, right: AssetClass) -> float:
    """Correlation of two classes' yearly returns (proposed); cash has no risk, so it correlates with nothing."""
    if left is right:
        return 1.0
    return _PAIRS.get((left, right), _PAIRS.get((right, left), 0.0))


class RetirementAssumptions(Frozen):
    """Parameters of the retirement simulation (domain 8.4, 8.5).

    ``inflation`` and ``withdrawal_rate`` are fractions a year. ``correlated`` False draws the classes independently,
    as the earlier system did; True keeps the simulated risk equal to the volatility the report states.
    ``inflate_target_before_retirement`` False reads the target income as dollars of the retirement's first day.
    """

    paths: int = Field(default=10_000, ge=1, le=200_000)
    retirement_years: int = Field(default=30, ge=1, le=60)
    inflation: float = Field(default=0.03, ge=-0.05, le=0.25)
    withdrawal_rate: float = Field(default=0.04, gt=0, le=0.25)
    correlated: bool = True
    inflate_target_before_retirement: bool = False
    classes: dict[AssetClass, ClassAssumption] = Field(default_factory=lambda: dict(CLASS_ASSUMPTIONS))

    @field_validator("classes")
    @classmethod
    def _complete(cls, classes: dict[AssetClass, ClassAssumption]) -> dict[AssetClass, ClassAssumption]:
        """Classes that are not given keep their default."""
        return {**CLASS_ASSUMPTIONS, **classes}


@dataclass(frozen=True)
class Weights:
    """Shares (0 to 1, sum 1) of the asset classes for the statistics, and what had to be assumed to get them."""

    parts: dict[AssetClass, float]
    heuristics: tuple[str, ...]


def asset_weights(roll_up: RollUp, targets: Mapping[str, float]) -> Weights:
    """Weights of the portfolio's classes; unclassified value is assumed to behave like the classified rest.

    When nothing is classified the user's targets stand in. Both assumptions are told as heuristics (WEB-05).
    """
    shares = {key: value for key, value in roll_up.shares("asset_class").items() if key != UNCLASSIFIED}
    unclassified = roll_up.shares("asset_class").get(UNCLASSIFIED)
    known = sum(shares.values())
    if not known:
        whole = sum(targets.values())
        parts = {AssetClass(key): part / whole for key, part in sorted(targets.items()) if part > 0}
        return Weights(parts, ("No holding is classified: the target allocation stands in for the actual one.",))
    parts = {AssetClass(key): float(value / known) for key, value in sorted(shares.items())}
    told = (
        (f"Unclassified holdings ({unclassified:.1f}% of the value) are assumed to behave like the rest.",)
        if unclassified
        else ()
    )
    return Weights(parts, told)
