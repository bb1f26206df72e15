"""Which of a provider's closes are believed (INT-04): none is invented, and an absurd one is not taken either.

A close that is more than ``jump`` times the known price, or less than that part of it, while the known price is still
fresh, is more likely a wrong bar or a split that the account does not know yet than a day's move. The known price
stays, and the quality report names the refused one. Once the known price is stale the provider's word counts again,
because it has said it for days; so nobody has to repair anything by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from advisor.domain.calendar_us import trading_days_since
from advisor.domain.models import Instrument
from advisor.domain.money import number, over

JUMP = Decimal(5)
"""Times the known price, or this part of it (the setting PRICE_JUMP_FACTOR)."""

Close = tuple[Decimal, date]
"""USD and its trading day."""


@dataclass(frozen=True)
class RefusedPrice:
    """A close in USD that was not believed, and the known price that stayed."""

    symbol: str
    close: Decimal
    as_of: date
    known: Decimal

    def as_dict(self) -> dict[str, Any]:
        """For the payload and the event PRICE_REFUSED."""
        return {
            "symbol": self.symbol,
            "close": number(self.close),
            "as_of": self.as_of.isoformat(),
            "known": number(self.known),
        }


def believed(
    closes: Mapping[str, Close], held: Mapping[str, Instrument], *, on: date, stale_after: int, jump: Decimal = JUMP
) -> tuple[dict[str, Close], tuple[RefusedPrice, ...]]:
    """Closes to store, and those refused, sorted by symbol; a close that is not positive or lies in the future too."""
    taken: dict[str, Close] = {}
    refused: list[RefusedPrice] = []
    for symbol, (close, as_of) in sorted(closes.items()):
        instrument = held[symbol]
        known = instrument.current_price if instrument.priced else None
        if close <= 0 or as_of > on:
            continue  # no price at all: the known one stays and grows old, a missing one stays missing
        if known and _fresh(instrument.price_as_of, on, stale_after) and _jumps(close, known, jump):
            refused.append(RefusedPrice(symbol, close, as_of, known))
        else:
            taken[symbol] = (close, as_of)
    return taken, tuple(refused)


def _fresh(as_of: date | None, on: date, stale_after: int) -> bool:
    return as_of is not None and as_of <= on and trading_days_since(as_of, on) <= stale_after


def _jumps(close: Decimal, known: Decimal, jump: Decimal) -> bool:
    return max(over(close, known), over(known, close)) > jump
