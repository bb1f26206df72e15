"""Portfolios for the domain's tests: a hand-calculated one, and builders for any other."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

from advisor.domain.models import Account, Instrument, Portfolio, Position, User
from advisor.domain.vocabulary import AccountType, AllocationSource, InstrumentType, PriceSource

AS_OF = date(2022, 12, 28)


def _id(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, name)


class Builder:
    """Makes entities with sensible defaults; money and quantities are given as strings."""

    as_of = AS_OF

    def instrument(
        self,
        symbol: str,
        price: str | None = "100",
        classes: Mapping[str, float] | None = None,
        *,
        kind: InstrumentType = InstrumentType.ETF,
        regions: Mapping[str, float] | None = None,
        sectors: Mapping[str, float] | None = None,
        as_of: date | None = AS_OF,
        **more: Any,
    ) -> Instrument:
        """A priced, classified instrument; ``classes`` None gives 100% equity, {} gives no maps at all."""
        known = classes is None or bool(classes)
        values: dict[str, Any] = {
            "symbol": symbol,
            "name": f"{symbol} name",
            "instrument_type": kind,
            "current_price": None if price is None else Decimal(price),
            "price_as_of": as_of,
            "price_source": PriceSource.NONE if price is None else PriceSource.PROVIDER,
            "allocation_asset_class": dict(classes or {"equity": 100.0}) if known else None,
            "allocation_regions": dict(regions or {"north_america": 100.0}) if known else None,
            "allocation_sectors": dict(sectors or {"technology": 100.0}) if known else None,
            "allocation_source": AllocationSource.SEED if known else AllocationSource.DEFAULT,
        }
        return Instrument(**(values | more))

    def account(
        self,
        name: str,
        holdings: Sequence[tuple[Instrument, str]] = (),
        *,
        cash: str = "0",
        kind: AccountType = AccountType.TAXABLE,
    ) -> Account:
        """An account with (instrument, quantity) holdings."""
        account_id = _id(name)
        positions = tuple(
            Position(
                id=_id(f"{name}/{instrument.symbol}"),
                account_id=account_id,
                symbol=instrument.symbol,
                quantity=Decimal(quantity),
                as_of_date=AS_OF,
                instrument=instrument,
            )
            for instrument, quantity in holdings
        )
        return Account(
            id=account_id,
            user_id="user-1",
            account_name=name,
            account_type=kind,
            cash_balance=Decimal(cash),
            positions=positions,
        )

    def portfolio(self, *accounts: Account, **user: Any) -> Portfolio:
        """A portfolio of these accounts; keywords are the user's fields."""
        return Portfolio(user=User(user_id="user-1", **user), accounts=accounts)

    def worked(self) -> Portfolio:
        """The hand-calculated portfolio.

        stock   10 x 150.25   = 1,502.50   (401k)            equity, technology, north_america
        fund    20.5 x 200    = 4,100.00   (401k 15, taxable 5.5)  equity; regions 60/40 north_america/europe
        bonds   30 x 80.10    = 2,403.00   (taxable)         fixed_income, treasury
        mixed   10 x 100      = 1,000.00   (taxable)         60/40 equity/fixed_income
        unpriced 7                                            left out
        cash    500.25 (401k) + 494.25 (taxable) = 994.50
        invested 9,005.50, total 10,000.00
        """
        stock = self.instrument("AAPL", "150.25", kind=InstrumentType.STOCK)
        fund = self.instrument(
            "FUND", "200", regions={"north_america": 60.0, "europe": 40.0}, sectors={"diversified": 100.0}
        )
        bonds = self.instrument(
            "BOND", "80.10", {"fixed_income": 100.0}, kind=InstrumentType.BOND_FUND, sectors={"treasury": 100.0}
        )
        mixed = self.instrument("MIX", "100", {"equity": 60.0, "fixed_income": 40.0}, sectors={"diversified": 100.0})
        unpriced = self.instrument("NOPR", None)
        return self.portfolio(
            self.account("Pension plan", [(stock, "10"), (fund, "15")], cash="500.25", kind=AccountType.K401),
            self.account("Brokerage", [(bonds, "30"), (mixed, "10"), (fund, "5.5"), (unpriced, "7")], cash="494.25"),
            current_age=45,
        )


@pytest.fixture(scope="session")
def build() -> Builder:
    """Builder of entities."""
    return Builder()
