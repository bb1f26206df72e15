"""What scenario planning, the rebalancing preview and price series give back. USD, percent (0 to 100), UTC."""

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from advisor.domain.vocabulary import AssetClass
from advisor.handlers.api.answers_base import Answer


class ScenarioMilestone(Answer):
    """End of a year of the mean path: USD held, and withdrawn in that year."""

    year: int
    age: int | None
    phase: Literal["accumulation", "retirement"]
    value: float
    withdrawal: float


class Scenario(Answer):
    """POST /api/scenarios: projection (mean path) and simulation; ``assumptions`` are sentences for people."""

    success_rate: float
    median_final_value: float
    percentile_10: float
    percentile_90: float
    average_years_lasted: float
    current_value: float
    expected_value_at_retirement: float
    target_income: float
    sustainable_income: float
    income_gap: float
    depleted_year: int | None
    years_until_retirement: int
    retirement_years: int
    annual_contribution: float
    withdrawal_rate: float
    inflation: float
    mean_return: float
    volatility: float
    weights: dict[str, float]
    paths: int
    seed: int
    milestones: list[ScenarioMilestone]
    assumptions: list[str]


class SuggestedTrade(Answer):
    """A trade that Alex suggests and never executes; without a priced instrument it has no quantity."""

    account_id: UUID
    account_name: str
    symbol: str | None
    action: Literal["buy", "sell"]
    asset_class: AssetClass
    quantity: Decimal | None
    price: Decimal | None
    value: Decimal
    reason: str


class RebalancePreview(Answer):
    """POST /api/rebalance/preview; ``region_drift`` is in percentage points, above (positive) or below target."""

    current_allocation: dict[str, Decimal]
    target_allocation: dict[str, Decimal]
    after_allocation: dict[str, Decimal]
    trades: list[SuggestedTrade]
    traded_value: Decimal
    triggered: list[str]
    max_drift_before: Decimal
    max_drift_after: Decimal
    within_band_after: bool
    rationale: list[str]
    region_drift: dict[str, Decimal]
    missing_prices: list[str]


class DailyClose(Answer):
    """Adjusted close of a trading day."""

    date: date
    close: Decimal


class PriceSeries(Answer):
    """GET /api/market/{symbol}/prices, oldest first; ``note`` says what is missing."""

    symbol: str
    name: str | None
    range: str
    first_day: date
    last_day: date
    prices: list[DailyClose]
    trading_days_old: int | None
    freshness: Literal["current", "delayed", "stale", "missing"]
    note: str | None


class TestDataLoaded(Answer):
    """POST /api/populate-test-data."""

    accounts: int
    positions: int


class AccountsRemoved(Answer):
    """DELETE /api/reset-accounts."""

    accounts: int
