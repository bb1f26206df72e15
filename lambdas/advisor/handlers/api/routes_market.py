"""Price series of an instrument (WEB-09): what the provider has, how old it is, and what is missing; never invented."""

import calendar
import re
from datetime import date
from itertools import pairwise

from advisor.domain.calendar_us import trading_days_since
from advisor.domain.errors import Detail, InvalidInputError, NotFoundError, UnavailableError
from advisor.handlers.api.answers_planning import DailyClose, PriceSeries
from advisor.handlers.api.operations import Call, Parameter, operation
from advisor.ports.market import Price, PricesUnavailableError

MONTHS = {"1m": 1, "3m": 3, "6m": 6, "1y": 12, "2y": 24, "5y": 60}
RANGE = Parameter("range", "query", {"type": "string", "enum": [*MONTHS], "default": "1y"}, "How far back")
SYMBOL = Parameter("symbol", "path", {"type": "string", "maxLength": 20}, "Ticker in capital letters, like VTI")
GAP_DAYS = 7
"""Calendar days between two closes, or before the first, that holidays explain."""
RETRY_SECONDS = 60
"""The provider counts requests a minute."""


@operation("GET", "/api/market/{symbol}/prices", answer=PriceSeries, errors=(404, 422), parameters=(SYMBOL, RANGE))
def get_prices(call: Call) -> PriceSeries:
    """Read an instrument's daily closes over a range, with their age and what is missing."""
    span = call.query.get("range", "1y")
    if span not in MONTHS:
        raise InvalidInputError([Detail("range", f"Use one of {', '.join(MONTHS)}")])
    symbol, env = call.path["symbol"], call.services.env
    if not re.fullmatch(env.symbol_pattern, symbol):
        raise InvalidInputError([Detail("symbol", "Invalid symbol format")])
    last = env.valuation_day()
    first = months_before(last, MONTHS[span])
    known = call.services.records.instrument(symbol)
    try:
        found = call.services.prices.history(symbol, first=first, last=last)
    except PricesUnavailableError as error:
        call.services.telemetry.event("PRICES_UNAVAILABLE", agent="api", warning=True, reason=str(error))
        raise UnavailableError(retry_after=RETRY_SECONDS) from error
    if known is None and not found:
        raise NotFoundError([Detail("symbol", "Neither Alex nor the price provider knows this symbol")])
    age = trading_days_since(found[-1].as_of, last) if found else None
    return PriceSeries(
        symbol=symbol,
        name=known.name if known else None,
        range=span,
        first_day=first,
        last_day=last,
        prices=[DailyClose(date=price.as_of, close=price.close) for price in found],
        trading_days_old=age,
        freshness=_freshness(age, env.price_stale_trading_days),
        note=_missing(found, first),
    )


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or that month's last day."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def _freshness(age: int | None, stale_after: int) -> str:
    """Domain 12: more than 1 trading day is delayed, more than the limit stale."""
    if age is None:
        return "missing"
    return "current" if age <= 1 else "delayed" if age <= stale_after else "stale"


def _missing(found: tuple[Price, ...], first: date) -> str | None:
    """What the reader must know about gaps; None when there are none."""
    if not found:
        return "The price provider has no closes for this range, or its plan does not cover them."
    if (found[0].as_of - first).days > GAP_DAYS:
        return f"Prices begin on {found[0].as_of.isoformat()}: the price provider has none before that day."
    gaps = [b.as_of for a, b in pairwise(found) if (b.as_of - a.as_of).days > GAP_DAYS]
    return f"Closes are missing before {gaps[0].isoformat()}." if gaps else None
