"""Which holdings to sell and to buy in which account, once the rebalancer knows how much of each class to move.

Money never crosses accounts: a purchase is paid by sales and idle cash of its own account. Sales are spread pro rata
over the holdings of the class, tax-advantaged accounts first, pure holdings before mixed ones. Purchases go to the
largest fund held that is pure in the class, else the configured proxy, else the largest pure single security: adding
to a single stock is the last resort, because it concentrates the portfolio. All amounts are exact USD.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal
from uuid import UUID

from advisor.domain.models import Account, Instrument, Portfolio, Position
from advisor.domain.money import ZERO, down, over, times, total
from advisor.domain.rollup import spread
from advisor.domain.vocabulary import AssetClass, InstrumentType, label

PURE_SHARE = Decimal("0.9")
MIXED_SHARE = Decimal("0.5")
FUNDS = frozenset({InstrumentType.ETF, InstrumentType.MUTUAL_FUND, InstrumentType.BOND_FUND})
_ONE = Decimal(1)
_CENT = Decimal("0.01")
"""No order is smaller, whatever the settings allow: fractions of a share can be worth less than any coin."""


@dataclass(frozen=True)
class Trade:
    """One suggested order; never executed by Alex.

    ``value`` is USD (quantity x price, exact). ``quantity`` and ``price`` are None when no priced instrument of the
    class is known; ``reason`` then says so and ``symbol`` is None or the unpriced candidate.
    """

    account_id: UUID
    account_name: str
    symbol: str | None
    action: Literal["buy", "sell"]
    asset_class: AssetClass
    quantity: Decimal | None
    price: Decimal | None
    value: Decimal
    reason: str


@dataclass(frozen=True)
class Lots:
    """Order sizes: whole shares unless ``fractional`` (then 8 decimals); orders below ``minimum`` USD are dropped."""

    minimum: Decimal
    fractional: bool
    tax_advantaged_first: bool

    def size(self, amount: Decimal, price: Decimal) -> Decimal:
        """Largest quantity worth at most ``amount``."""
        return down(over(amount, price), 8 if self.fractional else 0)


@dataclass
class Ledger:
    """Working copy of a portfolio while orders are planned: USD by class, and cash by account."""

    classes: dict[str, Decimal]
    cash: dict[UUID, Decimal]
    trades: list[Trade] = field(default_factory=list)

    def record(self, trade: Trade, parts: Mapping[str, Decimal]) -> None:
        """Apply an order whose value falls into the classes ``parts`` (USD)."""
        sign = 1 if trade.action == "buy" else -1
        self.cash[trade.account_id] -= sign * trade.value
        self.classes[AssetClass.CASH] = self.classes.get(AssetClass.CASH, ZERO) - sign * trade.value
        for key, value in parts.items():
            self.classes[key] = self.classes.get(key, ZERO) + sign * value
        self.trades.append(trade)


def share_of(instrument: Instrument, asset_class: AssetClass) -> Decimal:
    """Share (0 to 1) of the instrument's value in the class; 0 without a classification."""
    if not instrument.allocation_asset_class:
        return ZERO
    return spread(_ONE, instrument.allocation_asset_class).get(asset_class.value, ZERO)


def price_of(instrument: Instrument | None) -> Decimal | None:
    """A usable price: said by a provider or the user, and above 0."""
    return instrument.current_price if instrument and instrument.priced and instrument.current_price else None


@dataclass(frozen=True)
class _Candidate:
    account: Account
    position: Position
    price: Decimal
    share: Decimal

    @property
    def capacity(self) -> Decimal:
        """USD of the class that selling all of it would remove."""
        return times(times(self.position.quantity, self.price), self.share)


def _sale_tiers(portfolio: Portfolio, asset_class: AssetClass, *, taxes: bool) -> Iterator[list[_Candidate]]:
    """Candidates by tier: tax-advantaged before taxable (when ``taxes``), pure before mixed."""
    candidates = [
        _Candidate(account, position, price, share)
        for account in portfolio.accounts
        for position in account.positions
        if (price := price_of(position.instrument)) is not None
        and (share := share_of(position.instrument, asset_class)) >= MIXED_SHARE
    ]

    def tier(candidate: _Candidate) -> tuple[bool, bool]:
        return taxes and not candidate.account.account_type.tax_advantaged, candidate.share < PURE_SHARE

    for key in sorted({tier(candidate) for candidate in candidates}):
        yield sorted((c for c in candidates if tier(c) == key), key=lambda c: (c.position.symbol, str(c.account.id)))


def plan_sales(ledger: Ledger, portfolio: Portfolio, asset_class: AssetClass, amount: Decimal, lots: Lots) -> None:
    """Sell holdings until the class is ``amount`` USD smaller, as far as lots allow."""
    left = amount
    for tier in _sale_tiers(portfolio, asset_class, taxes=lots.tax_advantaged_first):
        capacity = total(candidate.capacity for candidate in tier)
        take = min(left, capacity)
        for candidate in tier if take > 0 else ():
            wanted = over(times(times(candidate.position.quantity, candidate.price), take), capacity)
            quantity = min(lots.size(wanted, candidate.price), candidate.position.quantity)
            value = times(quantity, candidate.price)
            if value < max(lots.minimum, _CENT):
                continue
            account = candidate.account
            sheltered = account.account_type.tax_advantaged
            tax = "no tax is due inside this account" if sheltered else "a gain may be taxable"
            trade = Trade(
                account_id=account.id,
                account_name=account.account_name,
                symbol=candidate.position.symbol,
                action="sell",
                asset_class=asset_class,
                quantity=quantity,
                price=candidate.price,
                value=value,
                reason=f"{label(asset_class)} is above its target; {tax}.",
            )
            ledger.record(trade, spread(value, candidate.position.instrument.allocation_asset_class))
            left -= times(value, candidate.share)


def instrument_to_buy(
    portfolio: Portfolio, asset_class: AssetClass, proxies: Mapping[AssetClass, Instrument]
) -> Instrument | None:
    """Largest pure fund held, else a priced proxy, else the largest pure security held, else the unpriced proxy."""
    held: dict[str, Decimal] = {}
    for position in portfolio.positions:
        price = price_of(position.instrument)
        if price is not None and share_of(position.instrument, asset_class) >= PURE_SHARE:
            held[position.symbol] = held.get(position.symbol, ZERO) + times(position.quantity, price)
    order = sorted(held, key=lambda symbol: (-held[symbol], symbol))
    instruments = portfolio.instruments
    funds = [symbol for symbol in order if instruments[symbol].instrument_type in FUNDS]
    proxy = proxies.get(asset_class)
    if funds:
        return instruments[funds[0]]
    if price_of(proxy) is not None or not order:
        return proxy
    return instruments[order[0]]


def plan_purchase(
    ledger: Ledger,
    account: Account,
    asset_class: AssetClass,
    amount: Decimal,
    *,
    instrument: Instrument | None,
    lots: Lots,
) -> Decimal:
    """Buy the class for at most ``amount`` USD in the account; returns the USD spent (0 when too small)."""
    price = price_of(instrument)
    if instrument is None or price is None:
        quantity, value = None, down(amount, 2)
        named = (
            f"{instrument.symbol} has no price" if instrument else "no instrument of the class is held or configured"
        )
        reason = f"{label(asset_class)} is below its target; {named}, so the quantity is open."
    else:
        quantity = lots.size(amount, price)
        value = times(quantity, price)
        reason = f"{label(asset_class)} is below its target; {instrument.symbol} represents the class."
    if value < max(lots.minimum, _CENT):
        return ZERO
    trade = Trade(
        account_id=account.id,
        account_name=account.account_name,
        symbol=instrument.symbol if instrument else None,
        action="buy",
        asset_class=asset_class,
        quantity=quantity,
        price=price,
        value=value,
        reason=reason,
    )
    parts = instrument.allocation_asset_class if instrument and instrument.allocation_asset_class else None
    ledger.record(trade, spread(value, parts) if parts else {asset_class.value: value})
    return value
