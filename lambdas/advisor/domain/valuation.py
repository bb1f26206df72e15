"""What a portfolio is worth (domain 8.1): quantity x price plus cash, exact, in USD.

A position without a price from a provider or the user has no value: it is left out of every total and named in
``missing_prices``. It is never replaced by a made-up price (INT-04, WEB-05).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from advisor.domain.models import Account, Portfolio, Position
from advisor.domain.money import cents, times, total
from advisor.domain.vocabulary import AccountType


@dataclass(frozen=True)
class PositionValue:
    """One holding in one account; ``price`` and ``value`` (USD) are None when nobody said the price."""

    account_id: UUID
    symbol: str
    quantity: Decimal
    price: Decimal | None
    value: Decimal | None


@dataclass(frozen=True)
class AccountValue:
    """One account in USD: ``total`` = ``cash`` + ``invested`` (its priced positions)."""

    account_id: UUID
    account_name: str
    account_type: AccountType
    cash: Decimal
    invested: Decimal
    total: Decimal


@dataclass(frozen=True)
class Valuation:
    """A whole portfolio in USD, unrounded; accounts and positions keep the portfolio's order."""

    positions: tuple[PositionValue, ...]
    accounts: tuple[AccountValue, ...]
    cash: Decimal
    invested: Decimal
    total: Decimal
    missing_prices: tuple[str, ...]

    def by_symbol(self) -> dict[str, Decimal]:
        """USD by symbol over all accounts, priced holdings only, sorted by symbol."""
        values: dict[str, list[Decimal]] = {}
        for position in self.positions:
            if position.value is not None:
                values.setdefault(position.symbol, []).append(position.value)
        return {symbol: total(values[symbol]) for symbol in sorted(values)}


def value_position(position: Position) -> PositionValue:
    """Value of one holding; a price of 0 that a provider said is a price."""
    instrument = position.instrument
    price = instrument.current_price if instrument.priced else None
    value = None if price is None else times(position.quantity, price)
    return PositionValue(position.account_id, position.symbol, position.quantity, price, value)


def _value_account(account: Account, positions: tuple[PositionValue, ...]) -> AccountValue:
    invested = total(p.value for p in positions if p.value is not None)
    return AccountValue(
        account_id=account.id,
        account_name=account.account_name,
        account_type=account.account_type,
        cash=account.cash_balance,
        invested=invested,
        total=total((account.cash_balance, invested)),
    )


def value_portfolio(portfolio: Portfolio) -> Valuation:
    """Value every position, account and the whole; symbols without a price are listed once, sorted."""
    positions: list[PositionValue] = []
    accounts: list[AccountValue] = []
    for account in portfolio.accounts:
        held = tuple(value_position(position) for position in account.positions)
        positions.extend(held)
        accounts.append(_value_account(account, held))
    cash = total(account.cash for account in accounts)
    invested = total(account.invested for account in accounts)
    return Valuation(
        positions=tuple(positions),
        accounts=tuple(accounts),
        cash=cash,
        invested=invested,
        total=total((cash, invested)),
        missing_prices=tuple(sorted({p.symbol for p in positions if p.value is None})),
    )


def summarise(portfolio: Portfolio, valuation: Valuation | None = None) -> dict[str, Any]:
    """The planner's summary (domain 4, step 4); money is Decimal with 2 places."""
    valuation = valuation or value_portfolio(portfolio)
    return {
        "total_value": cents(valuation.total),
        "num_accounts": len(portfolio.accounts),
        "num_positions": len(portfolio.positions),
        "years_until_retirement": portfolio.user.years_until_retirement,
        "target_retirement_income": portfolio.user.target_retirement_income,
    }
