"""What a user, a browser or an attacker gets wrong is answered clearly at the deployed API, and changes nothing."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from alex.client import Api

pytestmark = pytest.mark.e2e

Session = Callable[[str], Api]


@pytest.fixture(scope="module")
def user(sign_in: Session) -> Api:
    """A user with one empty account."""
    api = sign_in("bad-input-user")
    api.post("/api/accounts", {"account_name": "Savings", "account_type": "taxable", "cash_balance": 10})
    return api


def test_health_is_open_and_says_nothing_internal(base_url: str) -> None:
    """API-13: a load balancer has no token."""
    answer = httpx.get(f"{base_url}/health", trust_env=False, timeout=30)
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "timestamp"}


def test_a_bad_symbol_is_422_and_names_the_field(user: Api) -> None:
    """SEC-18: the person reads which field is wrong and why."""
    account = user.accounts()[0]["id"]
    answer = user.send("POST", "/api/positions", body={"account_id": account, "symbol": "aapl!", "quantity": 1})
    assert answer.status_code == 422
    assert "Invalid symbol format" in json.dumps(answer.json()["error"]["details"])
    assert user.positions(account) == []


def test_an_unknown_symbol_is_kept_and_flagged(user: Api) -> None:
    """Domain defect 5: a symbol nobody knows is not silently all equity, and has no price."""
    account = user.accounts()[0]["id"]
    user.post("/api/positions", {"account_id": account, "symbol": "ZZZZZ", "quantity": 2})
    held = user.positions(account)[0]["instrument"]
    assert held["allocation_source"] == "default"
    assert held["current_price"] is None


@pytest.mark.parametrize(
    "body",
    [{}, {"account_name": ""}, {"account_name": "x", "cash_balance": -1}, {"account_name": "x", "surprise": 1}],
)
def test_a_malformed_account_is_422(user: Api, body: dict[str, object]) -> None:
    """API-06: a field that is unknown or out of range is refused, at the gateway or in the function alike."""
    before = len(user.accounts())
    answer = user.send("POST", "/api/accounts", body=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["code"] == "validation_error"
    assert len(user.accounts()) == before


def test_a_body_that_is_not_json_is_400_or_422(user: Api, base_url: str) -> None:
    """Nothing internal leaks from a parser."""
    answer = httpx.post(
        f"{base_url}/api/accounts",
        content=b"{not json",
        headers={"Authorization": f"Bearer {user.token}", "Content-Type": "application/json"},
        trust_env=False,
        timeout=30,
    )
    assert answer.status_code in {400, 422}
    assert "Traceback" not in answer.text
    assert answer.json()["error"]["message"]


def test_an_oversized_body_is_413(user: Api, base_url: str) -> None:
    """API-06: 256 KB is the limit, and the message says so in plain words."""
    answer = httpx.post(
        f"{base_url}/api/accounts",
        content=b'{"account_name": "x"' + b" " * 300_000 + b"}",
        headers={"Authorization": f"Bearer {user.token}", "Content-Type": "application/json"},
        trust_env=False,
        timeout=30,
    )
    assert answer.status_code == 413, answer.text
    assert answer.json()["error"]["message"] == "The request is too large."


def test_only_the_configured_origin_may_call_from_a_browser(base_url: str) -> None:
    """API-12: no wildcard, and no answer for an origin that is not ours."""
    ask = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    ours = httpx.options(
        f"{base_url}/api/user", headers={**ask, "Origin": "http://localhost:3000"}, trust_env=False, timeout=30
    )
    assert ours.headers.get("access-control-allow-origin") == "http://localhost:3000"
    theirs = httpx.options(
        f"{base_url}/api/user", headers={**ask, "Origin": "https://evil.example"}, trust_env=False, timeout=30
    )
    assert theirs.headers.get("access-control-allow-origin") not in {"*", "https://evil.example"}


def test_over_the_limit_is_429_and_says_when_to_come_back(sign_in: Session) -> None:
    """API-03: one user's flood is stopped, with Retry-After; another user is served in the middle of it."""
    flooder, bystander = sign_in("bad-input-flooder"), sign_in("bad-input-bystander")
    turns = [bystander if turn % 5 == 0 else flooder for turn in range(200)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda who: (who, who.send("GET", "/api/user")), turns))
    flood = [answer for who, answer in answers if who is flooder]
    refused = [answer for answer in flood if answer.status_code == 429]
    assert refused, "160 requests at once are over the user's burst"
    assert {answer.status_code for answer in flood} == {200, 429}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    assert {answer.json()["error"]["code"] for answer in refused} == {"throttled"}
    assert {answer.status_code for who, answer in answers if who is bystander} == {200}
