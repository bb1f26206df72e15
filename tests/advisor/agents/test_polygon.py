"""Prices from Polygon, from recorded answers: never invented, never with the key in a message (INT-04, SYS-10)."""

import http.client
import io
import json
import urllib.error
from datetime import date
from decimal import Decimal
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws

from advisor.adapters.polygon import PolygonPrices, SecretKey
from advisor.ports.market import PricesUnavailableError

RECORDED = json.loads((Path(__file__).parent / "polygon_grouped.json").read_text())
WEDNESDAY, SUNDAY = date(2022, 12, 28), date(2023, 1, 1)


class Secrets:
    """Secrets Manager's client with one secret that may be rotated."""

    def __init__(self, key: str = "first") -> None:
        self.key, self.reads = key, 0

    def get_secret_value(self, **_request: Any) -> dict[str, Any]:
        self.reads += 1
        return {"SecretString": json.dumps({"api_key": self.key})}


class Provider:
    """Answers as recorded, by day; other days are without results. Knows which key is right."""

    def __init__(self, *, key: str = "first", failures: dict[str, Exception] | None = None) -> None:
        self.key, self.failures = key, failures or {}
        self.asked: list[str] = []

    def __call__(self, url: str, timeout: float) -> bytes:
        parts = urlsplit(url)
        day = parts.path.rsplit("/", 1)[1]
        self.asked.append(day)
        assert parts.path.startswith("/v2/aggs/grouped/locale/us/market/stocks/")
        assert 0 < timeout <= 30
        if day in self.failures:
            raise self.failures[day]
        query = parse_qs(parts.query)
        assert query["adjusted"] == ["true"]
        if query["apiKey"] != [self.key]:
            raise status(401)
        return json.dumps(RECORDED.get(day, {"status": "OK", "resultsCount": 0})).encode()


def status(code: int) -> urllib.error.HTTPError:
    return urllib.error.HTTPError("https://x/?apiKey=first", code, "no", Message(), io.BytesIO(b""))


def prices(provider: Provider, secrets: Secrets | None = None, **options: Any) -> PolygonPrices:
    key = SecretKey(secrets or Secrets(), "arn:price")  # type: ignore[arg-type]
    return PolygonPrices("https://api.example", key, fetch=provider, **options)


def test_one_call_serves_all_symbols_exactly_and_unknown_ones_are_absent() -> None:
    """A float's rounding or an invented price would be in every total."""
    provider = Provider()
    found = prices(provider).closes(["AAPL", "JPM", "NOSUCH"], on=WEDNESDAY)
    assert {symbol: price.close for symbol, price in found.items()} == {
        "AAPL": Decimal("126.0400"),
        "JPM": Decimal("132.4600"),
    }
    assert {price.as_of for price in found.values()} == {WEDNESDAY}
    assert provider.asked == ["2022-12-28"]


def test_bad_closes_are_missing_and_not_prices() -> None:
    """Zero, negative and nonsense entries of the recorded answer are left out."""
    assert prices(Provider()).closes(["ZERO", "NEG", "TEXT"], on=WEDNESDAY) == {}


def test_a_close_that_cannot_be_stored_costs_only_itself() -> None:
    """One entry beyond what the database holds must not cost the whole portfolio its prices, or the analysis."""
    closes = {"HUGE": 1e30, "MANY": 1_000_000, "DUST": 0.00001, "FINE": 12.34, "MOST": 999_999}
    answer = {"results": [{"T": symbol, "c": close} for symbol, close in closes.items()]}
    provider = PolygonPrices(
        "https://api.example",
        SecretKey(Secrets(), "arn:price"),  # type: ignore[arg-type]
        fetch=lambda _url, _timeout: json.dumps(answer).encode(),
    )
    found = provider.closes(closes, on=WEDNESDAY)
    assert {symbol: price.close for symbol, price in found.items()} == {
        "FINE": Decimal("12.3400"),
        "MOST": Decimal("999999.0000"),
    }


def test_a_weekend_walks_back_to_the_last_trading_day() -> None:
    """Valuing on a Sunday uses Friday's close and says so."""
    provider = Provider()
    found = prices(provider).closes(["AAPL"], on=SUNDAY)
    assert found["AAPL"].as_of == date(2022, 12, 30)
    assert provider.asked == ["2023-01-01", "2022-12-31", "2022-12-30"]


def test_without_results_for_a_week_prices_are_unavailable() -> None:
    """Never an older price under a newer date."""
    provider = Provider()
    with pytest.raises(PricesUnavailableError, match="no closes"):
        prices(provider).closes(["AAPL"], on=date(2024, 5, 1))
    assert len(provider.asked) == 8


def test_a_rotated_key_is_read_anew_once() -> None:
    """A rotation must not need a deployment."""
    secrets, provider = Secrets("first"), Provider(key="second")
    source = prices(provider, secrets)
    source.key.get()
    secrets.key = "second"
    assert source.closes(["AAPL"], on=WEDNESDAY)["AAPL"].close == Decimal("126.0400")
    assert secrets.reads == 2


def test_a_wrong_key_is_reported_without_being_shown() -> None:
    """What the log says must help and must not leak."""
    with pytest.raises(PricesUnavailableError, match="refuses the key") as error:
        prices(Provider(key="other")).closes(["AAPL"], on=WEDNESDAY)
    assert "first" not in str(error.value)


def test_a_day_that_the_plan_does_not_cover_falls_back_to_the_day_before() -> None:
    """The free plan answers 403 for today before the close."""
    provider = Provider(failures={"2022-12-29": status(403)})
    assert prices(provider).closes(["AAPL"], on=date(2022, 12, 29))["AAPL"].as_of == WEDNESDAY


@pytest.mark.parametrize(
    "error",
    [status(500), status(429), TimeoutError(), urllib.error.URLError("https://x?apiKey=first"),
     http.client.IncompleteRead(b""), ValueError("not JSON: apiKey=first")],
)  # fmt: skip
def test_a_provider_that_is_down_is_one_kind_of_error_without_the_key(error: Exception) -> None:
    """The planner goes on without new prices only if it can tell this from a defect."""
    with pytest.raises(PricesUnavailableError) as raised:
        prices(Provider(failures={"2022-12-28": error})).closes(["AAPL"], on=WEDNESDAY)
    assert "first" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("body", [b"<html>", b"[1, 2]", b'{"results": [null, 3, {"T": 1}]}'])
def test_an_answer_of_another_form_is_unavailable_or_empty_but_never_a_price(body: bytes) -> None:
    """A captive portal's page must not crash the analysis."""
    key = SecretKey(Secrets(), "arn:price")  # type: ignore[arg-type]
    source = PolygonPrices("https://api.example", key, fetch=lambda _url, _timeout: body)
    with pytest.raises(PricesUnavailableError):
        source.closes(["AAPL"], on=WEDNESDAY)


def test_the_same_day_is_asked_once_and_again_after_a_quarter_of_an_hour() -> None:
    """The plan counts calls; a price must not stay old in a warm function either."""
    now = [0.0]
    provider = Provider()
    source = prices(provider, clock=lambda: now[0])
    for _ in range(3):
        source.closes(["AAPL"], on=WEDNESDAY)
    assert len(provider.asked) == 1
    now[0] = 901
    source.closes(["AAPL"], on=WEDNESDAY)
    assert len(provider.asked) == 2


def test_the_key_is_never_sent_in_the_clear_to_another_machine() -> None:
    """http is for this machine only."""
    key = SecretKey(Secrets(), "arn:price")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="https"):
        PolygonPrices("http://api.example", key)
    PolygonPrices("http://127.0.0.1:4566/_market", key)


@mock_aws
def test_a_missing_or_misshapen_secret_says_what_to_store() -> None:
    """An operator must learn the secret's form from the message."""
    client = boto3.client("secretsmanager", region_name="us-east-1")
    arn = client.create_secret(Name="price", SecretString="plain text")["ARN"]
    for secret in (arn, f"{arn}-nothing"):
        with pytest.raises(PricesUnavailableError, match="api_key"):
            SecretKey(client, secret).get()
    client.put_secret_value(SecretId=arn, SecretString='{"api_key": "k"}')
    assert SecretKey(client, arn).get() == "k"


def test_a_series_comes_by_day_and_is_asked_once() -> None:
    """WEB-09: a bar's time is the beginning of its day in New York: read as UTC it would be another day in summer."""
    asked: list[str] = []
    bars = [
        {"c": 12.5, "t": 1657684800000},
        {"c": 11.25, "t": 1672117200000},
        {"c": -1, "t": 1672203600000},
        {"c": 12.0},
        {"c": 12.0, "t": 1e300},
        "x",
    ]

    def fetch(url: str, _timeout: float) -> bytes:
        asked.append(url)
        return json.dumps({"ticker": "AAPL", "results": bars}).encode()

    source = PolygonPrices("https://api.example", SecretKey(Secrets(), "arn:price"), fetch=fetch)  # type: ignore[arg-type]
    for _ in range(2):
        found = source.history("AAPL", first=date(2022, 7, 1), last=WEDNESDAY)
    assert [(price.as_of, price.close) for price in found] == [
        (date(2022, 7, 13), Decimal("12.5")),
        (date(2022, 12, 27), Decimal("11.25")),
    ]
    assert len(asked) == 1
    assert "/v2/aggs/ticker/AAPL/range/1/day/2022-07-01/2022-12-28?adjusted=true&sort=asc" in asked[0]


@pytest.mark.parametrize("results", [None, {}, "x", 5])
def test_a_series_that_is_none_is_empty(results: Any) -> None:
    """WEB-09: what the provider does not cover is missing; an answer of another shape is no crash."""
    source = PolygonPrices(
        "https://api.example",
        SecretKey(Secrets(), "arn:price"),  # type: ignore[arg-type]
        fetch=lambda _url, _timeout: json.dumps({"results": results}).encode(),
    )
    assert source.history("AAPL", first=date(2022, 7, 1), last=WEDNESDAY) == ()


@pytest.mark.parametrize("code", [401, 403, 429, 500])
def test_a_series_that_is_refused(code: int) -> None:
    """WEB-09: days beyond the plan are missing (403); a wrong key or a provider that is down is no empty series."""

    def fetch(_url: str, _timeout: float) -> bytes:
        raise status(code)

    source = PolygonPrices("https://api.example", SecretKey(Secrets(), "arn:price"), fetch=fetch)  # type: ignore[arg-type]
    if code == 403:
        assert source.history("AAPL", first=date(2012, 7, 1), last=WEDNESDAY) == ()
        return
    with pytest.raises(PricesUnavailableError) as error:
        source.history("AAPL", first=date(2022, 7, 1), last=WEDNESDAY)
    assert "first" not in str(error.value)
