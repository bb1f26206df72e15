"""Polygon as the price provider (INT-04): grouped daily closes, of which one call serves every symbol of a portfolio,
and the daily closes of one symbol (WEB-09).

The key lives in Secrets Manager; it is read once and again when Polygon refuses it, so that a rotated key needs no
deployment. The last trading day is found by walking back over days without results (weekends, holidays, and days that
the plan does not cover yet). Whatever goes wrong is PricesUnavailableError: the analysis goes on with the prices it
has, and no price is ever made up.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from botocore.exceptions import BotoCoreError, ClientError

from advisor.adapters.environment import MARKET_ZONE
from advisor.ports.market import Price, PricesUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

LOOK_BACK_DAYS = 7
"""Calendar days: longer than any closure of the New York exchange in ordinary times."""

TIMEOUT_SECONDS = 10.0
MAX_ANSWER_BYTES = 32 * 1024 * 1024
CACHE_SECONDS = 900.0
MOST_HISTORIES = 256
"""Series that a process keeps: five years of one symbol take about 300 KB."""
FOUR_PLACES = Decimal("0.0001")
LEAST, MOST = FOUR_PLACES, Decimal(999_999)
"""USD a price may be in the database: one that it refuses must not cost the others."""

_EXCHANGE = ZoneInfo(MARKET_ZONE)
_END_OF_TIME = 32_503_680_000_000
"""Milliseconds: the year 3000."""

Fetch = Callable[[str, float], bytes]
"""Gets the body at an address within so many seconds; raises urllib's errors."""


def fetch(url: str, timeout: float) -> bytes:
    """GET over https (or to this machine); redirects are followed by urllib."""
    with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310 (the scheme is checked by PolygonPrices)
        body: bytes = answer.read(MAX_ANSWER_BYTES + 1)
    if len(body) > MAX_ANSWER_BYTES:
        raise ValueError(f"the answer exceeds {MAX_ANSWER_BYTES} bytes")
    return body


@dataclass
class SecretKey:
    """The provider's key from Secrets Manager (secret string ``{"api_key": "..."}``), kept until refused."""

    client: "SecretsManagerClient"
    secret_arn: str
    _value: str | None = field(default=None, repr=False)

    def get(self, *, refresh: bool = False) -> str:
        """The key; raises PricesUnavailableError when there is none to be had."""
        if self._value is None or refresh:
            try:
                text = self.client.get_secret_value(SecretId=self.secret_arn)["SecretString"]
                self._value = str(json.loads(text)["api_key"])
            except (ClientError, BotoCoreError, KeyError, TypeError, ValueError) as error:
                raise PricesUnavailableError(
                    f"the price provider's key could not be read ({type(error).__name__}): "
                    'store {"api_key": "..."} in the price secret'
                ) from error
        return self._value


@dataclass
class PolygonPrices:
    """PriceProvider over ``/v2/aggs/grouped``; ``base_url`` without a trailing path."""

    base_url: str
    key: SecretKey
    fetch: Fetch = fetch
    clock: Callable[[], float] = time.monotonic
    _cache: dict[date, tuple[float, dict[str, Price]]] = field(default_factory=dict)
    _histories: dict[tuple[str, date, date], tuple[float, tuple[Price, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse an address over which the key could be read by others."""
        parts = urlsplit(self.base_url)
        if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
            raise ValueError(f"price address {self.base_url!r}: must be https (plain http only on this machine)")

    def closes(self, symbols: Iterable[str], *, on: date) -> dict[str, Price]:
        """Closes of the last trading day on or before ``on``; unknown symbols are absent; PricesUnavailableError."""
        day = self._day(on)
        return {symbol: day[symbol] for symbol in symbols if symbol in day}

    def history(self, symbol: str, *, first: date, last: date) -> tuple[Price, ...]:
        """Closes of one symbol, oldest first; empty for what it does not know or the plan does not cover."""
        asked = (symbol, first, last)
        kept = self._histories.get(asked)
        if kept and self.clock() - kept[0] < CACHE_SECONDS:
            return kept[1]
        path = f"/v2/aggs/ticker/{quote(symbol, safe='')}/range/1/day/{first.isoformat()}/{last.isoformat()}"
        answer = self._answer(path, more="&sort=asc&limit=50000")
        if answer == HTTPStatus.UNAUTHORIZED:
            raise PricesUnavailableError("the price provider refuses the key: check it")
        # 403: the key is right, and the subscribed plan does not cover these days.
        found = () if isinstance(answer, int) else _series(answer, symbol)
        while len(self._histories) >= MOST_HISTORIES:
            self._histories.pop(next(iter(self._histories)))
        self._histories[asked] = (self.clock(), found)
        return found

    def _day(self, on: date) -> dict[str, Price]:
        kept = self._cache.get(on)
        if kept and self.clock() - kept[0] < CACHE_SECONDS:
            return kept[1]
        refused = 0
        for back in range(LOOK_BACK_DAYS + 1):
            day = on - timedelta(days=back)
            answer = self._answer(f"/v2/aggs/grouped/locale/us/market/stocks/{day.isoformat()}")
            if isinstance(answer, int):
                refused += 1
                if refused == 2:
                    raise PricesUnavailableError("the price provider refuses the key for two days: check key and plan")
            elif prices := _prices(answer, day):
                self._cache = {on: (self.clock(), prices)}
                return prices
        raise PricesUnavailableError(f"the price provider has no closes in the {LOOK_BACK_DAYS} days before {on}")

    def _answer(self, path: str, *, more: str = "") -> Mapping[str, Any] | int:
        """The answer at a path; the status where the key is refused for it even after reading it anew."""
        refused = 0
        for refresh in (False, True):
            try:
                return self._get(path, self.key.get(refresh=refresh), more)
            except urllib.error.HTTPError as error:
                if error.code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
                    refused = error.code
                    continue
                raise PricesUnavailableError(f"the price provider answered {error.code}") from None
            except (OSError, ValueError, TypeError, http.client.HTTPException) as error:
                # The address holds the key: neither it nor the original text may reach a log.
                raise PricesUnavailableError(f"the price provider gave no answer: {type(error).__name__}") from None
        return refused

    def _get(self, path: str, key: str, more: str) -> Mapping[str, Any]:
        body = self.fetch(
            f"{self.base_url.rstrip('/')}{path}?adjusted=true{more}&apiKey={quote(key, safe='')}", TIMEOUT_SECONDS
        )
        answer = json.loads(body, parse_float=Decimal, parse_int=Decimal)
        if not isinstance(answer, dict):
            raise TypeError("not an object")
        return answer


def _prices(answer: Mapping[str, Any], day: date) -> dict[str, Price]:
    """Prices of one answer; entries that are no storable close are left out (missing, never invented)."""
    prices: dict[str, Price] = {}
    for entry in _entries(answer):
        symbol, close = entry.get("T"), _close(entry)
        if isinstance(symbol, str) and close is not None:
            prices[symbol] = Price(symbol=symbol, close=close, as_of=day)
    return prices


def _series(answer: Mapping[str, Any], symbol: str) -> tuple[Price, ...]:
    """One symbol's closes by day, oldest first; a bar's ``t`` is the beginning of its day, in milliseconds."""
    days: dict[date, Price] = {}
    for entry in _entries(answer):
        close, began = _close(entry), entry.get("t")
        if close is not None and isinstance(began, Decimal) and 0 <= began < _END_OF_TIME:
            day = datetime.fromtimestamp(float(began) / 1000, tz=UTC).astimezone(_EXCHANGE).date()
            days[day] = Price(symbol=symbol, close=close, as_of=day)
    return tuple(days[day] for day in sorted(days))


def _entries(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    results = answer.get("results")
    return [entry for entry in results if isinstance(entry, Mapping)] if isinstance(results, list) else []


def _close(entry: Mapping[str, Any]) -> Decimal | None:
    close = entry.get("c")
    storable = isinstance(close, Decimal) and close.is_finite() and LEAST <= close <= MOST
    return close.quantize(FOUR_PLACES) if isinstance(close, Decimal) and storable else None
