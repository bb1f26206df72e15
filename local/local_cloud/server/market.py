"""Decision: prices come from real closing prices inside a pinned wheel, behind the wire of the price provider.

The wheel of skfolio carries adjusted daily closes of 20 companies of the S&P 500 (1990 to 2022) and of five
factor ETFs (2014 to 2022), under BSD-3. Only closes exist, so a bar has no open, high, low or volume; it is not
filled with made-up figures. A day without trading answers `resultsCount` 0, as the provider does.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import re
import threading
import uuid
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

PATH = "/v2/aggs/grouped/locale/us/market/stocks/"
SERIES = re.compile(r"/v2/aggs/ticker/(?P<symbol>[^/]+)/range/1/day/(?P<first>[^/]+)/(?P<last>[^/]+)")
_TABLES = ("skfolio/datasets/data/sp500_dataset.csv.gz", "skfolio/datasets/data/factors_dataset.csv.gz")
_NEW_YORK = ZoneInfo("America/New_York")

Closes = dict[str, dict[str, float]]


class Market:
    """Daily bars out of the wheel, grouped by day or of one symbol; the tables are read on the first request."""

    def __init__(self, wheel: Path) -> None:
        self._wheel = wheel
        self._closes: Closes | None = None
        self._lock = threading.Lock()

    def answer(self, path: str, query: str, authorization: str = "") -> tuple[int, dict[str, Any]]:
        """One request (`path` below the market's root, raw `query`) as (HTTP status, JSON body)."""
        options = {key: values[-1] for key, values in parse_qs(query).items()}
        request_id = uuid.uuid4().hex
        if not (options.get("apiKey") or authorization.removeprefix("Bearer ").strip()):
            return 401, {"status": "ERROR", "request_id": request_id, "error": "API Key was not provided"}
        series = SERIES.fullmatch(path)
        days = series.group("first", "last") if series else (path.removeprefix(PATH),)
        try:
            dates = [dt.date.fromisoformat(day) for day in days]
        except ValueError:
            return _wrong(request_id, "Could not parse the time parameter: 'date'. Use YYYY-MM-DD.")
        if not series and not path.startswith(PATH):
            return 404, {"status": "NOT_FOUND", "request_id": request_id, "message": "Data not found."}
        if options.get("adjusted", "true") != "true":
            return _wrong(request_id, "Only adjusted prices are in the local data: ask with adjusted=true.")
        bars = self._series(series["symbol"], *dates) if series else self._bars(*dates)
        return 200, {
            **({"ticker": series["symbol"]} if series else {}),
            "status": "OK",
            "request_id": request_id,
            "adjusted": True,
            "queryCount": len(bars),
            "resultsCount": len(bars),
            **({"results": bars, "count": len(bars)} if bars else {}),
        }

    def _series(self, symbol: str, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
        """Bars of one symbol, oldest first; a bar's time is the beginning of its day in New York."""
        days = sorted(day for day in self._table() if first.isoformat() <= day <= last.isoformat())
        return [
            {"c": self._table()[day][symbol], "t": _milliseconds(dt.date.fromisoformat(day), dt.time())}
            for day in days
            if symbol in self._table()[day]
        ]

    def _bars(self, date: dt.date) -> list[dict[str, Any]]:
        milliseconds = _milliseconds(date, dt.time(16))
        closes = self._table().get(date.isoformat(), {})
        return [{"T": symbol, "c": price, "t": milliseconds} for symbol, price in sorted(closes.items())]

    def _table(self) -> Closes:
        with self._lock:
            if self._closes is None:
                self._closes = _read(self._wheel)
        return self._closes


def _read(wheel: Path) -> Closes:
    closes: Closes = {}
    with zipfile.ZipFile(wheel) as archive:
        for table in _TABLES:
            text = gzip.decompress(archive.read(table)).decode()
            for row in csv.DictReader(io.StringIO(text)):
                day = closes.setdefault(row.pop("Date"), {})
                day.update({symbol: float(price) for symbol, price in row.items() if price})
    return closes


def _milliseconds(day: dt.date, at: dt.time) -> int:
    return int(dt.datetime.combine(day, at, tzinfo=_NEW_YORK).timestamp() * 1000)


def _wrong(request_id: str, message: str) -> tuple[int, dict[str, Any]]:
    return 400, {"status": "ERROR", "request_id": request_id, "error": message}
