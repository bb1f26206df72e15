"""How far an analysis can be trusted: what was missing, old, assumed or replaced, and one confidence (domain 9.4, 12).

confidence = 1 - share of the positions without a price - 0.5 x share of the value with an old price - 0.5 x share of
the value without an allocation somebody stands for - 0.1 x fallbacks, times the judge's score where there is one.
The value of a position without a price is unknown, so that share counts positions; the others are shares of the total.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from advisor.domain.calendar_us import trading_days_since
from advisor.domain.models import Instrument, Portfolio
from advisor.domain.money import ZERO, as_decimal, over, total
from advisor.domain.valuation import Valuation, value_portfolio
from advisor.domain.vocabulary import AllocationSource, counted

STALE_AFTER = 2
"""A price older than this many trading days is stale (WEB-05; the setting PRICE_STALE_TRADING_DAYS)."""
FEWEST_CHARTS = 3
"""Fewer charts lower the cue by one step (AGENT-08)."""

Cue = Literal["high", "medium", "low"]
_CUES: tuple[Cue, ...] = ("high", "medium", "low")
_HALF, _TENTH, _FOURTH = Decimal("0.5"), Decimal("0.1"), Decimal("0.0001")


@dataclass(frozen=True)
class StalePrice:
    """A price that is too old; ``as_of`` is None when nobody knows its day."""

    symbol: str
    as_of: date | None


@dataclass(frozen=True)
class QualityReport:
    """Symbols are sorted; ``confidence`` runs from 0 to 1 (4 decimals); below 0.80 an expert reviews.

    ``derivation`` is what was taken from 1 and why: ``0.1000 for 1 fallback``.
    """

    missing_prices: tuple[str, ...]
    stale_prices: tuple[StalePrice, ...]
    missing_allocations: tuple[str, ...]
    default_allocations: tuple[str, ...]
    last_updated: dict[str, str | None]
    heuristics_used: tuple[str, ...]
    fallbacks: tuple[str, ...]
    confidence: Decimal
    cue: Cue
    derivation: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """``quality_payload`` (domain A.3): dates as ISO strings, confidence as a JSON number."""
        return {
            "missing_prices": list(self.missing_prices),
            "stale_prices": [
                {"symbol": stale.symbol, "as_of": stale.as_of.isoformat() if stale.as_of else None}
                for stale in self.stale_prices
            ],
            "missing_allocations": list(self.missing_allocations),
            "default_allocations": list(self.default_allocations),
            "last_updated": dict(self.last_updated),
            "heuristics_used": list(self.heuristics_used),
            "fallbacks": list(self.fallbacks),
            "confidence": float(self.confidence),
            "cue": self.cue,
            "derivation": list(self.derivation),
        }


def needs_classification(portfolio: Portfolio) -> tuple[Instrument, ...]:
    """Held instruments nobody stands for, sorted by symbol: work for the tagger (domain 4, planner step 2)."""
    held = portfolio.instruments
    return tuple(held[symbol] for symbol in sorted(held) if not held[symbol].classified)


def _complete(instrument: Instrument) -> bool:
    maps = (instrument.allocation_asset_class, instrument.allocation_regions, instrument.allocation_sectors)
    return all(maps)


def cue_of(confidence: Decimal, *, charts: int | None = None) -> Cue:
    """high from 0.9, medium from 0.8, else low; one step lower when fewer than 3 charts were drawn."""
    step = 0 if confidence >= Decimal("0.9") else 1 if confidence >= Decimal("0.8") else 2
    if charts is not None and charts < FEWEST_CHARTS:
        step = min(step + 1, 2)
    return _CUES[step]


def _last_updated(portfolio: Portfolio) -> dict[str, str | None]:
    held = portfolio.instruments.values()
    prices = [instrument.price_as_of for instrument in held if instrument.priced and instrument.price_as_of]
    changed: list[datetime] = [instrument.updated_at for instrument in held if instrument.updated_at]
    positions = [position.as_of_date for position in portfolio.positions]
    return {
        "prices": max(prices).isoformat() if prices else None,
        "instruments": max(changed).isoformat() if changed else None,
        "positions": max(positions).isoformat() if positions else None,
    }


def _stale(portfolio: Portfolio, on: date, stale_after: int) -> tuple[StalePrice, ...]:
    held = portfolio.instruments
    return tuple(
        StalePrice(symbol, held[symbol].price_as_of)
        for symbol in sorted(held)
        if held[symbol].priced and _too_old(held[symbol].price_as_of, on, stale_after)
    )


def _too_old(as_of: date | None, on: date, stale_after: int) -> bool:
    return as_of is None or trading_days_since(as_of, on) > stale_after


def assess(
    portfolio: Portfolio,
    *,
    on: date,
    valuation: Valuation | None = None,
    fallbacks: Iterable[str] = (),
    heuristics: Iterable[str] = (),
    charts: int | None = None,
    judge: float | None = None,
    stale_after: int = STALE_AFTER,
) -> QualityReport:
    """Report on the portfolio's data as of ``on``.

    ``fallbacks`` names the agents that fell back, ``charts`` is how many were drawn (None: not known yet), ``judge`` a
    score from 0 to 1; ``stale_after`` is in trading days.
    """
    valuation = valuation or value_portfolio(portfolio)
    held = portfolio.instruments
    stale = _stale(portfolio, on, stale_after)
    missing = tuple(symbol for symbol in sorted(held) if not _complete(held[symbol]))
    default = tuple(
        symbol
        for symbol in sorted(held)
        if _complete(held[symbol]) and held[symbol].allocation_source is AllocationSource.DEFAULT
    )
    told = [*heuristics]
    if default:
        told.append("Default allocations stand in for holdings that nobody has classified.")
    if missing:
        told.append("Holdings without an allocation are shown as unclassified.")
    fell_back = tuple(sorted(set(fallbacks)))
    values = valuation.by_symbol()

    def share(symbols: Iterable[str]) -> Decimal:
        part = total(values.get(symbol, ZERO) for symbol in symbols)
        return over(part, valuation.total) if valuation.total else ZERO

    positions = valuation.positions
    unpriced = sum(position.value is None for position in positions)
    taken = {
        f"{counted(unpriced, 'position')} without a price": (
            over(Decimal(unpriced), Decimal(len(positions))) if positions else ZERO
        ),
        f"{counted(len(stale), 'old price')}": _HALF * share(item.symbol for item in stale),
        f"{counted(len(missing) + len(default), 'holding')} nobody has classified": _HALF * share((*missing, *default)),
        f"{counted(len(fell_back), 'fallback')}": _TENTH * len(fell_back),
    }
    confidence = 1 - sum(taken.values(), ZERO)
    confidence *= Decimal(1) if judge is None else as_decimal(judge)
    confidence = min(max(confidence, ZERO), Decimal(1)).quantize(_FOURTH)
    return QualityReport(
        missing_prices=valuation.missing_prices,
        stale_prices=stale,
        missing_allocations=missing,
        default_allocations=default,
        last_updated=_last_updated(portfolio),
        heuristics_used=tuple(dict.fromkeys(told)),
        fallbacks=fell_back,
        confidence=confidence,
        cue=cue_of(confidence, charts=charts),
        derivation=tuple(f"{less.quantize(_FOURTH)} for {why}" for why, less in taken.items() if less),
    )
