"""What a portfolio consists of (domain 8.2): value by asset class, region, sector, account and holding.

Cash is the asset class ``cash`` and has neither region nor sector, so asset classes are shares of the total and
regions and sectors are shares of the priced holdings. An instrument nobody classified counts as ``unclassified``
instead of being guessed. Parts that sum to 99.95 to 100.05 are scaled to the whole, so that every dimension adds up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from advisor.domain.models import Instrument, Portfolio
from advisor.domain.money import ZERO, as_decimal, over, percent, times, total
from advisor.domain.valuation import Valuation, value_portfolio
from advisor.domain.vocabulary import AccountType, AssetClass

UNCLASSIFIED = "unclassified"
Dimension = Literal["asset_class", "region", "sector"]


@dataclass(frozen=True)
class Slice:
    """One key of a dimension: USD and percent of the dimension's whole."""

    key: str
    value: Decimal
    percent: Decimal


@dataclass(frozen=True)
class Holding:
    """One security over all accounts: USD and percent of the total."""

    symbol: str
    name: str
    value: Decimal
    percent: Decimal


@dataclass(frozen=True)
class AccountSlice:
    """One account: USD and percent of the total."""

    account_id: UUID
    account_name: str
    account_type: AccountType
    value: Decimal
    percent: Decimal


@dataclass(frozen=True)
class RollUp:
    """USD, unrounded; slices and holdings largest first, then by key.

    ``herfindahl`` is the sum of the squared shares of the securities in the priced holdings: 1 for a single security,
    1/n for n equal ones, 0 when nothing is held.
    """

    total: Decimal
    invested: Decimal
    cash: Decimal
    asset_class: tuple[Slice, ...]
    region: tuple[Slice, ...]
    sector: tuple[Slice, ...]
    holdings: tuple[Holding, ...]
    accounts: tuple[AccountSlice, ...]
    herfindahl: Decimal

    def top(self, count: int = 10) -> tuple[Holding, ...]:
        """The ``count`` largest holdings."""
        return self.holdings[:count]

    def dimension(self, name: Dimension) -> tuple[Slice, ...]:
        """The slices of one dimension."""
        slices: Mapping[str, tuple[Slice, ...]] = {
            "asset_class": self.asset_class,
            "region": self.region,
            "sector": self.sector,
        }
        return slices[name]

    def shares(self, name: Dimension) -> dict[str, Decimal]:
        """Percent by key of one dimension."""
        return {part.key: part.percent for part in self.dimension(name)}


def spread(value: Decimal, parts: Mapping[str, float] | None) -> dict[str, Decimal]:
    """``value`` x part / sum of parts by key; all of it is unclassified without parts."""
    if not parts:
        return {UNCLASSIFIED: value}
    weights = {key: as_decimal(part) for key, part in parts.items()}
    whole = total(weights.values())
    return {key: over(times(value, weight), whole) for key, weight in weights.items()}


def _slices(values: Mapping[str, Decimal], whole: Decimal) -> tuple[Slice, ...]:
    slices = [Slice(key, value, percent(value, whole)) for key, value in values.items() if value]
    return tuple(sorted(slices, key=lambda part: (-part.value, part.key)))


def _add_up(
    values: Mapping[str, Decimal],
    instruments: Mapping[str, Instrument],
    parts_of: Callable[[Instrument], Mapping[str, float] | None],
) -> dict[str, Decimal]:
    parts: dict[str, list[Decimal]] = {}
    for symbol, value in values.items():
        for key, part in spread(value, parts_of(instruments[symbol])).items():
            parts.setdefault(key, []).append(part)
    return {key: total(part) for key, part in parts.items()}


def roll_up(portfolio: Portfolio, valuation: Valuation | None = None) -> RollUp:
    """Add the portfolio up along every dimension; positions without a price are left out."""
    valuation = valuation or value_portfolio(portfolio)
    instruments = portfolio.instruments
    values = valuation.by_symbol()
    classes = _add_up(values, instruments, lambda i: i.allocation_asset_class)
    classes[AssetClass.CASH] = total((classes.get(AssetClass.CASH, ZERO), valuation.cash))
    holdings = [
        Holding(symbol, instruments[symbol].name, value, percent(value, valuation.total))
        for symbol, value in values.items()
    ]
    invested = valuation.invested
    return RollUp(
        total=valuation.total,
        invested=invested,
        cash=valuation.cash,
        asset_class=_slices({str(key): value for key, value in classes.items()}, valuation.total),
        region=_slices(_add_up(values, instruments, lambda i: i.allocation_regions), invested),
        sector=_slices(_add_up(values, instruments, lambda i: i.allocation_sectors), invested),
        holdings=tuple(sorted(holdings, key=lambda holding: (-holding.value, holding.symbol))),
        accounts=tuple(
            AccountSlice(a.account_id, a.account_name, a.account_type, a.total, percent(a.total, valuation.total))
            for a in valuation.accounts
        ),
        herfindahl=total(times(over(v, invested), over(v, invested)) for v in values.values()) if invested else ZERO,
    )
