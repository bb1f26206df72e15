"""Price series over HTTP: what the provider has, how old it is, what is missing; nothing made up (WEB-09, INT-04)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from advisor.handlers.api.routes_market import MONTHS, months_before
from advisor.ports.market import Price, PricesUnavailableError

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Api

TODAY = date(2022, 12, 28)


class History:
    """A provider with given closes; notes what it was asked."""

    def __init__(self, *days: date, fails: bool = False) -> None:
        self.days, self.fails = days, fails
        self.asked: list[tuple[str, date, date]] = []

    def history(self, symbol: str, *, first: date, last: date) -> tuple[Price, ...]:
        self.asked.append((symbol, first, last))
        if self.fails:
            raise PricesUnavailableError("the key abc123 is refused")
        return tuple(Price(symbol, Decimal("12.3400"), day) for day in self.days if first <= day <= last)


def every_day(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def test_a_series_has_its_closes_its_age_and_its_name(api: Api) -> None:
    """WEB-09: the instrument's page shows what there is, oldest first, and says that it is current."""
    provider = History(*every_day(date(2022, 9, 28), TODAY))
    api.swap(prices=provider)
    answer = api("GET", "/api/market/AAPL/prices", query={"range": "3m"})
    assert answer.status == 200
    assert provider.asked == [("AAPL", date(2022, 9, 28), TODAY)]
    found = answer.json
    assert (found["symbol"], found["name"], found["range"]) == ("AAPL", "Apple Inc.", "3m")
    assert found["prices"][0] == {"date": "2022-09-28", "close": 12.34}
    assert found["prices"][-1]["date"] == found["last_day"] == "2022-12-28"
    assert (found["trading_days_old"], found["freshness"], found["note"]) == (0, "current", None)


@pytest.mark.parametrize(
    ("newest", "age", "freshness"),
    [
        (date(2022, 12, 27), 1, "current"),
        (date(2022, 12, 23), 2, "delayed"),
        (date(2022, 12, 22), 3, "stale"),
    ],
)
def test_an_old_price_is_called_old(api: Api, newest: date, age: int, freshness: str) -> None:
    """WEB-05: more than one trading day is amber, more than two red; Christmas is none."""
    api.swap(prices=History(*every_day(date(2022, 11, 28), newest)))
    found = api("GET", "/api/market/AAPL/prices", query={"range": "1m"}).json
    assert (found["trading_days_old"], found["freshness"]) == (age, freshness)


def test_missing_prices_are_said_and_never_filled(api: Api) -> None:
    """WEB-09: coverage depends on the plan, and the page says what is missing."""
    api.swap(prices=History())
    found = api("GET", "/api/market/BND/prices").json
    assert (found["prices"], found["freshness"], found["trading_days_old"]) == ([], "missing", None)
    assert found["note"] == "The price provider has no closes for this range, or its plan does not cover them."
    api.swap(prices=History(*every_day(date(2022, 6, 1), TODAY)))
    assert "begin on 2022-06-01" in api("GET", "/api/market/BND/prices").json["note"]
    api.swap(prices=History(*every_day(date(2021, 12, 28), date(2022, 3, 1)), *every_day(date(2022, 4, 1), TODAY)))
    assert "missing before 2022-04-01" in api("GET", "/api/market/BND/prices").json["note"]


def test_a_symbol_that_nobody_knows_is_404_and_one_that_the_provider_knows_is_shown(api: Api) -> None:
    """WEB-09: a typing error must not look like an instrument without prices."""
    api.swap(prices=History())
    answer = api("GET", "/api/market/NOSUCH/prices")
    assert (answer.status, list(answer.reasons)) == (404, ["symbol"])
    api.swap(prices=History(TODAY))
    assert api("GET", "/api/market/NOSUCH/prices").json["name"] is None


def test_a_provider_that_is_down_is_a_503_that_says_when(api: Api) -> None:
    """INT-04: no price is better than a made-up one; and the reason stays in the log."""
    api.swap(prices=History(fails=True))
    answer = api("GET", "/api/market/AAPL/prices")
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    assert "abc123" not in answer.text
    assert "PRICES_UNAVAILABLE" in api.logged()


@pytest.mark.parametrize("symbol", ["aapl", "BRK.B", "ABCDEFGHIJK", "A%27--", "..%2F"])
def test_a_bad_symbol_never_reaches_the_provider(api: Api, symbol: str) -> None:
    """SEC-18: the symbol becomes part of an address."""
    provider = History(TODAY)
    api.swap(prices=provider)
    answer = api("GET", f"/api/market/{symbol}/prices")
    assert answer.status in {404, 422}
    if answer.status == 422:
        assert answer.reasons == {"symbol": "Invalid symbol format"}
    assert provider.asked == []


def test_a_bad_range_is_named(api: Api) -> None:
    """SEC-18: with what may be asked."""
    answer = api("GET", "/api/market/AAPL/prices", query={"range": "10y"})
    assert (answer.status, answer.reasons) == (422, {"range": "Use one of 1m, 3m, 6m, 1y, 2y, 5y"})


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 1, 15), 1, date(2023, 12, 15)),
        (date(2022, 12, 28), 60, date(2017, 12, 28)),
    ],
)
def test_a_range_begins_the_same_day_months_ago(day: date, months: int, before: date) -> None:
    """WEB-09: at the end of a month too."""
    assert months_before(day, months) == before
    assert set(MONTHS.values()) >= {1, 12, 60}


def test_no_client_is_made_before_somebody_asks_for_prices(
    make_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AGENT-22: each cold start would wait for a client that few requests need; and one serves all of them."""
    made: list[str] = []
    real: Any = boto3.client

    def client(name: str, **options: Any) -> Any:
        made.append(name)
        return real(name, **options)

    monkeypatch.setattr(boto3, "client", client)
    api = make_api()
    assert "secretsmanager" not in made
    for _ in range(2):
        assert api("GET", "/api/market/AAPL/prices").status == 503, "there is no secret in the test's account"
    assert made.count("secretsmanager") == 1
