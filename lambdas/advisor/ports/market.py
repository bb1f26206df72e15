"""Market prices."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol


class PricesUnavailableError(Exception):
    """The provider cannot answer now; the caller goes on with the prices it has and says how old they are."""


@dataclass(frozen=True)
class Price:
    """Close of one trading day in USD (4 places)."""

    symbol: str
    close: Decimal
    as_of: date


class PriceProvider(Protocol):
    """Latest daily closes on or before the valuation date; symbols it does not know are absent from the answer."""

    def closes(self, symbols: Iterable[str], *, on: date) -> dict[str, Price]: ...


class PriceHistory(Protocol):
    """Daily closes of one symbol from ``first`` to ``last``, oldest first: those that the provider has, no others."""

    def history(self, symbol: str, *, first: date, last: date) -> tuple[Price, ...]: ...
