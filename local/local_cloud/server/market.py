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
import threading
import uuid
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

PATH = "/v2/aggs/grouped/locale/us/market/stocks/"
_TABLES = ("skfolio/datasets/data/sp500_dataset.csv.gz", "skfolio/datasets/data/factors_dataset.csv.gz")
_NEW_YORK = ZoneInfo("America/New_York")

Closes = dict[str, dict[str, float]]


class Market:
    """Grouped daily bars out of the wheel; the tables are read on the first request."""

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
        day = path.removeprefix(PATH)
        try:
            date = dt.date.fromisoformat(day)
        except ValueError:
            return _wrong(request_id, "Could not parse the time parameter: 'date'. Use YYYY-MM-DD.")
        if not path.startswith(PATH):
            return 404, {"status": "NOT_FOUND", "request_id": request_id, "message": "Data not found."}
        if options.get("adjusted", "true") != "true":
            return _wrong(request_id, "Only adjusted prices are in the local data: ask with adjusted=true.")
        bars = self._bars(date)
        return 200, {
            "status": "OK",
            "request_id": request_id,
            "adjusted": True,
            "queryCount": len(bars),
            "resultsCount": len(bars),
            **({"results": bars, "count": len(bars)} if bars else {}),
        }

    def _bars(self, date: dt.date) -> list[dict[str, Any]]:
        close = dt.datetime.combine(date, dt.time(16), tzinfo=_NEW_YORK)
        milliseconds = int(close.timestamp() * 1000)
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


def _wrong(request_id: str, message: str) -> tuple[int, dict[str, Any]]:
    return 400, {"status": "ERROR", "request_id": request_id, "error": message}
