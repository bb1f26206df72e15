"""How far an analysis can be trusted: what was missing, old, assumed or replaced (domain 9.4, 12; WEB-05).

The confidence with its derivation is in `confidence`. A price is amber (ageing) when it is older than one trading day,
and red (stale) beyond two, when nobody knows its day, or when it is dated after the day of valuation; both limits are
settings. A refused price is one that the provider gave and that was not believed (see `prices`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from advisor.domain.calendar_us import trading_days_since
from advisor.domain.confidence import Term, confidence_of, derive
from advisor.domain.models import Instrument, Portfolio
from advisor.domain.money import ZERO, over, total
from advisor.domain.prices import RefusedPrice
from advisor.domain.valuation import Valuation, value_portfolio
from advisor.domain.vocabulary import AllocationSource

AGEING_AFTER, STALE_AFTER = 1, 2
"""Trading days after which a price is amber and red (WEB-05; settings PRICE_AGEING_ and PRICE_STALE_TRADING_DAYS)."""
FEWEST_CHARTS = 3
"""Fewer charts lower the cue by one step (AGENT-08)."""

Cue = Literal["high", "medium", "low"]
_CUES: tuple[Cue, ...] = ("high", "medium", "low")


@dataclass(frozen=True)
class StalePrice:
    """A price that is getting old or too old; the day and its age in trading days are None when nobody knows them.

    A price dated after the valuation has a day and no age.
    """

    symbol: str
    as_of: date | None
    trading_days: int | None

    def as_dict(self) -> dict[str, Any]:
        """For the payload and the event PRICE_STALE."""
        as_of = self.as_of.isoformat() if self.as_of else None
        return {"symbol": self.symbol, "as_of": as_of, "trading_days": self.trading_days}


@dataclass(frozen=True)
class QualityReport:
    """Symbols are sorted; ``confidence`` runs from 0 to 1 (4 decimals); below 0.80 an expert reviews.

    ``derivation`` are the terms whose points add up to it.
    """

    missing_prices: tuple[str, ...]
    stale_prices: tuple[StalePrice, ...]
    ageing_prices: tuple[StalePrice, ...]
    refused_prices: tuple[RefusedPrice, ...]
    missing_allocations: tuple[str, ...]
    default_allocations: tuple[str, ...]
    last_updated: dict[str, str | None]
    heuristics_used: tuple[str, ...]
    fallbacks: tuple[str, ...]
    derivation: tuple[Term, ...]
    confidence: Decimal
    cue: Cue

    def as_dict(self) -> dict[str, Any]:
        """``quality_payload`` (domain A.3): dates as ISO strings, confidence as a JSON number."""
        return {
            "missing_prices": list(self.missing_prices),
            "stale_prices": [stale.as_dict() for stale in self.stale_prices],
            "ageing_prices": [ageing.as_dict() for ageing in self.ageing_prices],
            "refused_prices": [refused.as_dict() for refused in self.refused_prices],
            "missing_allocations": list(self.missing_allocations),
            "default_allocations": list(self.default_allocations),
            "last_updated": dict(self.last_updated),
            "heuristics_used": list(self.heuristics_used),
            "fallbacks": list(self.fallbacks),
            "derivation": [term.as_dict() for term in self.derivation],
            "confidence": float(self.confidence),
            "cue": self.cue,
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


def _by_age(
    portfolio: Portfolio, on: date, ageing_after: int, stale_after: int
) -> tuple[tuple[StalePrice, ...], tuple[StalePrice, ...]]:
    """Ageing and stale prices, each sorted by symbol."""
    ageing, stale = [], []
    held = portfolio.instruments
    for symbol in sorted(held):
        if held[symbol].priced:
            as_of = held[symbol].price_as_of
            days = None if as_of is None or as_of > on else trading_days_since(as_of, on)
            if days is None or days > stale_after:
                stale.append(StalePrice(symbol, as_of, days))
            elif days > ageing_after:
                ageing.append(StalePrice(symbol, as_of, days))
    return tuple(ageing), tuple(stale)


def assess(
    portfolio: Portfolio,
    *,
    on: date,
    valuation: Valuation | None = None,
    fallbacks: Iterable[str] = (),
    heuristics: Iterable[str] = (),
    charts: int | None = None,
    judge: float | None = None,
    refused: Iterable[RefusedPrice] = (),
    ageing_after: int = AGEING_AFTER,
    stale_after: int = STALE_AFTER,
) -> QualityReport:
    """Report on the portfolio's data as of ``on``.

    ``fallbacks`` names the agents that fell back, ``charts`` is how many were drawn (None: not known yet), ``judge`` a
    score from 0 to 1, ``refused`` the provider's closes that were not believed; ages are in trading days.
    """
    valuation = valuation or value_portfolio(portfolio)
    held = portfolio.instruments
    ageing, stale = _by_age(portfolio, on, ageing_after, stale_after)
    doubted = tuple(refused)
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
    told += [f"The provider's close of {one.symbol} was not believed; the known price is used." for one in doubted]
    fell_back = tuple(sorted(set(fallbacks)))
    values = valuation.by_symbol()

    def share(symbols: Iterable[str]) -> Decimal:
        part = total(values.get(symbol, ZERO) for symbol in symbols)
        return over(part, valuation.total) if valuation.total else ZERO

    positions = valuation.positions
    terms = derive(
        positions=len(positions),
        unpriced=sum(position.value is None for position in positions),
        old=share({*(one.symbol for one in stale), *(one.symbol for one in doubted)}),
        unclassified=share((*missing, *default)),
        fallbacks=len(fell_back),
        stale_after=stale_after,
        judge=judge,
    )
    confidence = confidence_of(terms)
    return QualityReport(
        missing_prices=valuation.missing_prices,
        stale_prices=stale,
        ageing_prices=ageing,
        refused_prices=doubted,
        missing_allocations=missing,
        default_allocations=default,
        last_updated=_last_updated(portfolio),
        heuristics_used=tuple(dict.fromkeys(told)),
        fallbacks=fell_back,
        derivation=terms,
        confidence=confidence,
        cue=cue_of(confidence, charts=charts),
    )
