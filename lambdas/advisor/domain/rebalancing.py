"""Rebalancing preview (domain 8.6, B.2): which trades bring the asset classes back to their targets.

Nothing happens while every class lies within the band. Once one leaves it, that class returns to its target and the
others move only as far as needed to pay for it: idle cash first, then the classes above target. Shares are measured
over the classified value; what nobody classified is neither bought nor sold. A plan that would not improve the
allocation (a lone indivisible holding, say) is not proposed. Deterministic: the same input gives the same trades.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from advisor.domain.errors import Detail, InvalidInputError
from advisor.domain.models import AssetClassAllocation, Frozen, Instrument, Portfolio
from advisor.domain.money import HUNDRED, ZERO, as_decimal, over, percent, text, times, total
from advisor.domain.moves import plan_trades
from advisor.domain.rollup import UNCLASSIFIED, RollUp, roll_up
from advisor.domain.trades import PURE_SHARE, Lots, Trade, share_of
from advisor.domain.valuation import Valuation
from advisor.domain.vocabulary import AssetClass, Region, label

_CASH = AssetClass.CASH
_TARGETS: TypeAdapter[dict[str, float]] = TypeAdapter(AssetClassAllocation)


class RebalanceSettings(Frozen):
    """``band_points`` in percentage points, ``minimum_trade`` and ``cash_floor`` in USD (over all accounts).

    ``proxies`` names the instrument to buy for a class of which no fund is held; with a classification it must be at
    least 90% in its class.
    """

    band_points: Decimal = Field(default=Decimal(5), ge=0, le=50)
    minimum_trade: Decimal = Field(default=Decimal(100), ge=0)
    fractional: bool = False
    cash_floor: Decimal = Field(default=Decimal(0), ge=0)
    tax_advantaged_first: bool = True
    proxies: dict[AssetClass, Instrument] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _pure_proxies(self) -> "RebalanceSettings":
        for asset_class, proxy in self.proxies.items():
            if proxy.allocation_asset_class and share_of(proxy, asset_class) < PURE_SHARE:
                raise ValueError(f"{proxy.symbol} is no proxy for {asset_class.value}: less than 90% of it is")
        return self


@dataclass(frozen=True)
class RebalancePlan:
    """Percent of the classified value by class before, wanted and after; drifts in percentage points.

    ``triggered`` names the classes outside the band; ``traded_value`` is the sum of all orders' USD (HITL-01).
    """

    current: dict[str, Decimal]
    target: dict[str, Decimal]
    after: dict[str, Decimal]
    trades: tuple[Trade, ...]
    traded_value: Decimal
    triggered: tuple[str, ...]
    max_drift_before: Decimal
    max_drift_after: Decimal
    within_band_after: bool
    rationale: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON with decimals as strings: USD and percent with 2 places, quantities and prices as they are."""

        def shares(parts: Mapping[str, Decimal]) -> dict[str, str]:
            return {key: text(value) for key, value in parts.items()}

        return {
            "current_allocation": shares(self.current),
            "target_allocation": shares(self.target),
            "after_allocation": shares(self.after),
            "trades": [
                {
                    "account_id": str(trade.account_id),
                    "account_name": trade.account_name,
                    "symbol": trade.symbol,
                    "action": trade.action,
                    "asset_class": trade.asset_class.value,
                    "quantity": None if trade.quantity is None else format(trade.quantity.normalize(), "f"),
                    "price": None if trade.price is None else format(trade.price, "f"),
                    "value": text(trade.value),
                    "reason": trade.reason,
                }
                for trade in self.trades
            ],
            "traded_value": text(self.traded_value),
            "triggered": list(self.triggered),
            "max_drift_before": text(self.max_drift_before),
            "max_drift_after": text(self.max_drift_after),
            "within_band_after": self.within_band_after,
            "rationale": list(self.rationale),
        }


def _shares(targets: Mapping[str, float], base: Decimal, floor: Decimal) -> dict[str, Decimal]:
    """Targets as fractions of ``base`` that sum to 1; a cash floor above the cash target pushes the rest down."""
    try:
        checked = _TARGETS.validate_python(dict(targets))
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise InvalidInputError([Detail("targets", reason)]) from error
    weights = {key: as_decimal(part) for key, part in checked.items()}
    whole = total(weights.values())
    fractions = {key: over(weight, whole) for key, weight in weights.items()}
    cash = fractions.get(_CASH, ZERO)
    needed = min(over(floor, base), Decimal(1)) if base else ZERO
    if needed <= cash:
        return fractions
    kept = over(1 - needed, 1 - cash)
    return {key: times(part, kept) for key, part in fractions.items() if key != _CASH} | {_CASH.value: needed}


def _drifts(shares: Mapping[str, Decimal], target: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Share - target in points for every class of either."""
    return {key: shares.get(key, ZERO) - target.get(key, ZERO) for key in sorted({*shares, *target})}


def _widest(drifts: Mapping[str, Decimal]) -> Decimal:
    return max((abs(drift) for drift in drifts.values()), default=ZERO)


def _percentages(classes: Mapping[str, Decimal], base: Decimal) -> dict[str, Decimal]:
    return {key: percent(value, base) for key, value in sorted(classes.items()) if value}


def rebalance(
    portfolio: Portfolio,
    *,
    targets: Mapping[str, float] | None = None,
    settings: RebalanceSettings | None = None,
    valuation: Valuation | None = None,
) -> RebalancePlan:
    """Plan the trades towards ``targets`` (percent by class; the user's own when None).

    Raises InvalidInputError when the targets name an unknown class or do not sum to 100.
    """
    rules = settings or RebalanceSettings()
    rolled = roll_up(portfolio, valuation)
    classes = {part.key: part.value for part in rolled.asset_class if part.key != UNCLASSIFIED}
    base = total(classes.values())
    fractions = _shares(targets or portfolio.user.asset_class_targets, base, rules.cash_floor)
    target = {key: times(part, HUNDRED) for key, part in sorted(fractions.items())}
    current = _percentages(classes, base)
    drifts = _drifts(current, target) if base else {}
    outside = frozenset(key for key, drift in drifts.items() if abs(drift) > rules.band_points)
    after, trades = current, tuple[Trade, ...]()
    if outside:
        goal = {key: times(part, base) for key, part in fractions.items()}
        lots = Lots(rules.minimum_trade, rules.fractional, rules.tax_advantaged_first)
        ledger = plan_trades(
            portfolio, classes, goal, outside, proxies=rules.proxies, lots=lots, cash_floor=rules.cash_floor
        )
        planned = _drifts(_percentages(ledger.classes, base), target)
        better = total(map(abs, planned.values())) < total(map(abs, drifts.values()))
        if better and _widest(planned) <= _widest(drifts):
            after, trades = _percentages(ledger.classes, base), tuple(ledger.trades)
    widest_after = _widest(_drifts(after, target)) if base else ZERO
    return RebalancePlan(
        current=current,
        target=target,
        after=after,
        trades=trades,
        traded_value=total(trade.value for trade in trades),
        triggered=tuple(sorted(outside)),
        max_drift_before=_widest(drifts),
        max_drift_after=widest_after,
        within_band_after=widest_after <= rules.band_points,
        rationale=tuple(
            _rationale(drifts, target, outside, trades, widest_after=widest_after, rules=rules, rolled=rolled)
        ),
    )


def _rationale(
    drifts: Mapping[str, Decimal],
    target: Mapping[str, Decimal],
    outside: frozenset[str],
    trades: tuple[Trade, ...],
    *,
    widest_after: Decimal,
    rules: RebalanceSettings,
    rolled: RollUp,
) -> Iterator[str]:
    """Sentences that explain the plan, figures rounded to 1 decimal."""
    band = f"{rules.band_points.normalize():f}"
    if not rolled.total:
        yield "Nothing of value is held yet: there is nothing to rebalance."
    elif not outside:
        yield f"Every asset class lies within {band} percentage points of its target: no trade is needed."
    for key in sorted(outside):
        off = f"{text(abs(drifts[key]), 1)} percentage points"
        if key not in target:
            name = label(key).lower()
            yield f"Your targets leave no room for {name}, yet it takes up {off}; up to {band} are tolerated."
            continue
        side = "above" if drifts[key] > 0 else "below"
        yield f"{label(key)} is {off} {side} its target; up to {band} points are tolerated."
    if outside and not trades:
        yield "No trade improves the allocation: no suitable priced holding, or every order is below the minimum."
    if trades and widest_after > rules.band_points:
        yield (
            f"After the trades the largest distance from a target is {text(widest_after, 1)} percentage points: "
            "order sizes and prices allow no less."
        )
    if any(trade.quantity is None for trade in trades):
        yield "Orders without a quantity wait for an instrument with a price."
    if rolled.shares("asset_class").get(UNCLASSIFIED):
        yield "Holdings without a classification are neither bought nor sold, and are left out of the shares."


def region_drift(rolled: RollUp, targets: Mapping[str, float]) -> dict[str, Decimal]:
    """Points above (positive) or below target by target region.

    Where ``international`` is a target it takes every region outside North America that no other target names;
    ``global`` and unclassified value belong to no target.
    """
    whole = total(as_decimal(part) for part in targets.values())
    placed: dict[str, Decimal] = dict.fromkeys(targets, ZERO)
    for key, share in rolled.shares("region").items():
        elsewhere = key not in {Region.NORTH_AMERICA, Region.GLOBAL, UNCLASSIFIED}
        home = key if key in targets else Region.INTERNATIONAL.value if elsewhere else None
        if home in placed:
            placed[home] += share
    return {key: placed[key] - percent(as_decimal(part), whole) for key, part in sorted(targets.items())}
