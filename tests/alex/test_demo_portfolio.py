"""The demo portfolio: what the issue demands of it, and loading that can be repeated."""

import json
import re
import uuid
from decimal import Decimal
from typing import Any

import httpx
import pytest

from alex import places
from alex.client import Api
from alex.portfolio import ACCOUNTS, PROFILE, load, same

RECORDED = {
    "AAPL",
    "AMD",
    "BAC",
    "BBY",
    "CVX",
    "GE",
    "HD",
    "JNJ",
    "JPM",
    "KO",
    "LLY",
    "MRK",
    "MSFT",
    "PEP",
    "PFE",
    "PG",
    "RRC",
    "UNH",
    "WMT",
    "XOM",
    "MTUM",
    "QUAL",
    "SIZE",
    "USMV",
    "VLUE",
}


class Server:
    """Accounts and positions in memory, with the API's shapes: numbers come back as the database's decimals."""

    def __init__(self) -> None:
        self.user: dict[str, Any] = {"user_id": "u"}
        self.accounts: dict[str, dict[str, Any]] = {}
        self.positions: dict[tuple[str, str], dict[str, Any]] = {}
        self.writes = 0

    def __call__(self, request: Any) -> Any:
        path = request.url.path
        body = json.loads(request.content) if request.content else {}
        if request.method != "GET":
            self.writes += 1
        if path == "/api/user":
            self.user |= body
            return httpx.Response(
                200, json={"user": self.user, "created": False} if request.method == "GET" else self.user
            )
        if path == "/api/accounts" and request.method == "GET":
            return httpx.Response(200, json={"accounts": list(self.accounts.values())})
        if path == "/api/accounts":
            made = {"id": str(uuid.uuid4()), **body, "cash_balance": f"{body['cash_balance']:.2f}"}
            self.accounts[made["id"]] = made
            return httpx.Response(201, json=made)
        if found := re.fullmatch(r"/api/accounts/([^/]+)/positions", path):
            return httpx.Response(200, json={"positions": [p for (a, _), p in self.positions.items() if a == found[1]]})
        if found := re.fullmatch(r"/api/accounts/([^/]+)", path):
            self.accounts[found[1]] |= body
            return httpx.Response(200, json=self.accounts[found[1]])
        assert path == "/api/positions"
        quantity = f"{Decimal(str(body['quantity'])):.8f}"
        self.positions[body["account_id"], body["symbol"]] = {"symbol": body["symbol"], "quantity": quantity}
        return httpx.Response(201, json={})


@pytest.fixture
def server() -> Any:
    """An empty platform."""
    return Server()


@pytest.fixture
def api(server: Server) -> Any:
    """A session with it."""
    return Api("http://cloud", token=lambda: "t", transport=httpx.MockTransport(server))


def test_portfolio_is_what_the_demo_promises() -> None:
    """Three accounts with cash, at least 15 positions with recorded prices, at least three unknown to the database."""
    symbols = [symbol for account in ACCOUNTS for symbol in account.positions]
    seeded = (places.ROOT / "lambdas/advisor/migrations/0002_reference_instruments.sql").read_text("utf-8")
    classified = set(re.findall(r"^\('([A-Z]+)',", seeded, re.M))
    assert [account.kind for account in ACCOUNTS] == ["401k", "roth_ira", "taxable"]
    assert all(account.cash > 0 for account in ACCOUNTS)
    assert len(symbols) >= 15
    assert set(symbols) <= RECORDED
    assert len(set(symbols) - classified) >= 3, "the tagger would have nothing to do"


def test_first_load_creates_everything(api: Api, server: Server) -> None:
    """A fresh database gets the whole portfolio."""
    done = load(api)
    assert (done.accounts, done.positions) == (3, 20)
    assert len(server.accounts) == 3
    assert len(server.positions) == 20
    assert server.user["display_name"] == PROFILE["display_name"]


def test_second_load_changes_nothing(api: Api, server: Server) -> None:
    """A second demo must not double accounts nor write what is there already."""
    load(api)
    writes = server.writes
    done = load(api)
    assert server.writes == writes
    assert (done.created, done.changed) == (0, 0)
    assert "already there" in str(done)


def test_load_repairs_what_differs_and_keeps_what_a_person_added(api: Api, server: Server) -> None:
    """A changed quantity is set again; a position that somebody added stays theirs."""
    load(api)
    brokerage = next(a["id"] for a in server.accounts.values() if a["account_name"] == "Brokerage")
    server.positions[brokerage, "JPM"]["quantity"] = "1.00000000"
    server.positions[brokerage, "TSLA"] = {"symbol": "TSLA", "quantity": "5.00000000"}
    server.accounts[brokerage]["cash_balance"] = "0.00"
    done = load(api)
    assert done.changed == 2
    assert server.positions[brokerage, "JPM"]["quantity"] == "120.00000000"
    assert server.positions[brokerage, "TSLA"]["quantity"] == "5.00000000"
    assert Decimal(str(server.accounts[brokerage]["cash_balance"])) == 10000


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("5000.00", 5000.0, True),
        ("a", "a", True),
        ("a", "b", False),
        ({"x": "1.0"}, {"x": 1}, True),
        ({"x": 1}, {}, False),
        (None, 1, False),
    ],
)
def test_same_compares_as_a_person_does(left: Any, right: Any, equal: bool) -> None:
    """The API answers decimals as text; 5000.00 is 5000."""
    assert same(left, right) is equal
