"""What scenario planning and the rebalancing preview take (domain 8.5, 8.6); every field has a default.

Decisions: what the body does not say comes from the caller's profile and portfolio, so `{}` is a valid question;
rates and returns are percent a year (7 is 7%), like every percentage of the API; the limits keep the simulation within
its time and its figures within what can be written down.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field

from advisor.domain.vocabulary import AssetClass
from advisor.handlers.api.schemas import ClassShares, Flag, Money, Number, RegionShares, Request, Whole, partial

ASSUMED = ("inflation", "withdrawal_rate", "retirement_years", "correlated", "inflate_target_before_retirement")
"""Whose defaults are not the caller's."""

Percent = Annotated[float, Field(description="Percent a year"), Number]


Points = Annotated[Decimal, Field(max_digits=8), Number]


class ClassReturn(Request):
    """What an asset class is assumed to return: mean and standard deviation, percent a year."""

    mean: Percent = Field(ge=-20, le=30)
    volatility: Percent = Field(ge=0, le=60)


class ScenarioRequest(Request):
    """POST /api/scenarios: the assumptions to change; the caller's profile and portfolio say the rest."""

    model_config = ConfigDict(json_schema_extra=partial(0, *ASSUMED))

    current_value: Money = Decimal(0)
    allocation: ClassShares = Field(default_factory=dict)
    years_until_retirement: Whole = Field(default=0, ge=0, le=100)
    annual_contribution: Money = Decimal(0)
    target_retirement_income: Money = Decimal(0)
    current_age: Whole = Field(default=0, ge=0, le=130)
    class_returns: dict[AssetClass, ClassReturn] = Field(default_factory=dict)
    inflation: Percent = Field(default=3, ge=-5, le=25)
    withdrawal_rate: Percent = Field(default=4, ge=0.1, le=25)
    retirement_years: Whole = Field(default=30, ge=1, le=60)
    correlated: Flag = True
    inflate_target_before_retirement: Flag = False


class RebalanceRequest(Request):
    """POST /api/rebalance/preview: rules of the preview; targets default to the profile's (percent, sum 100)."""

    model_config = ConfigDict(
        json_schema_extra=partial(0, "band_points", "minimum_trade", "fractional", "cash_floor", "tax_advantaged_first")
    )

    asset_class_targets: ClassShares = Field(default_factory=dict)
    region_targets: RegionShares = Field(default_factory=dict)
    band_points: Points = Field(default=Decimal(5), ge=0, le=50, description="Tolerated drift in percentage points")
    minimum_trade: Money = Decimal(100)
    fractional: Flag = False
    cash_floor: Money = Decimal(0)
    tax_advantaged_first: Flag = True
