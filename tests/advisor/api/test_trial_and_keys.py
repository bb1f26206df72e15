"""Test data where it is allowed (DATA-18), and requests that are repeated with a key (domain 5.3)."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from advisor.adapters.data_api import DataApi
from advisor.adapters.kept_answers import KeptAnswers
from advisor.adapters.records import Records
from advisor.adapters.sample_portfolio import SamplePortfolio
from advisor.domain.errors import ConflictError
from tests.advisor.conftest import FakeRdsData, data_api

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Api

ACCOUNT = {"account_name": "Roth", "cash_balance": 12.5}


def test_test_data_is_whole_and_leaves_when_told(api: Api) -> None:
    """DATA-18: three accounts, 17 positions, none lost to an unknown instrument (defect 16)."""
    loaded = api("POST", "/api/populate-test-data", {})
    assert (loaded.status, loaded.json) == (201, {"accounts": 3, "positions": 17})
    accounts = api("GET", "/api/accounts").json["accounts"]
    assert {account["cash_balance"] for account in accounts} == {5000, 2500, 10000}
    held = [p for a in accounts for p in api("GET", f"/api/accounts/{a['id']}/positions").json["positions"]]
    assert len(held) == 17
    assert all(position["instrument"]["allocation_source"] == "seed" for position in held)
    again = api("POST", "/api/populate-test-data", {})
    assert (again.status, list(again.reasons)) == (409, ["accounts"])
    api("POST", "/api/accounts", ACCOUNT, user="bob")
    assert api("DELETE", "/api/reset-accounts").json == {"accounts": 3}
    assert api("GET", "/api/accounts").json["accounts"] == []
    assert len(api("GET", "/api/accounts", user="bob").json["accounts"]) == 1, "nobody else's"


def test_where_test_data_is_not_allowed_the_operations_do_not_exist(make_api: Callable[..., Api]) -> None:
    """DATA-18: in production one call must not be able to delete a client's accounts."""
    api = make_api(TEST_DATA="false")
    api("GET", "/api/user")
    api("POST", "/api/accounts", ACCOUNT)
    for method, path, body in (("POST", "/api/populate-test-data", {}), ("DELETE", "/api/reset-accounts", None)):
        answer = api(method, path, body)
        assert (answer.status, answer.json["error"]["code"]) == (404, "not_found")
    assert len(api("GET", "/api/accounts").json["accounts"]) == 1


def test_two_simultaneous_loads_make_one_portfolio(rds_data: FakeRdsData, database: DataApi) -> None:
    """DATA-18: a double click must not double the test data."""
    Records(database).profile("alice")

    def load(_: int) -> str:
        with closing(FakeRdsData(rds_data.dsn)) as client:
            try:
                SamplePortfolio(data_api(client)).load("alice")
            except ConflictError:
                return "conflict"
            return "loaded"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(load, range(4))) == ["conflict"] * 3 + ["loaded"]
    assert len(database.query("SELECT id FROM accounts")) == 3


def test_a_repeated_account_is_made_once_and_answered_alike(api: Api) -> None:
    """Domain 5.3: a client on a bad line repeats its request and must not end up with two accounts."""
    key = {"Idempotency-Key": "k-1"}
    first, second = (api("POST", "/api/accounts", ACCOUNT, headers=key) for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert first.text == second.text
    assert len(api("GET", "/api/accounts").json["accounts"]) == 1
    other = api("POST", "/api/accounts", {**ACCOUNT, "cash_balance": 13}, headers=key)
    assert (other.status, list(other.reasons)) == (409, ["Idempotency-Key"])
    assert api("POST", "/api/accounts", ACCOUNT, headers=key, user="bob").json["id"] != first.json["id"]
    assert len(api("GET", "/api/accounts").json["accounts"]) == 1


def test_a_repeated_position_gets_the_first_answer_with_all_its_digits(api: Api) -> None:
    """Domain 5.3: also when the position was changed in between, because the answer is to that request."""
    account = api("POST", "/api/accounts", ACCOUNT).json["id"]
    body = f'{{"account_id": "{account}", "symbol": "VTI", "quantity": 123456789012.12345678}}'
    first = api("POST", "/api/positions", body, headers={"Idempotency-Key": "k"})
    assert first.status == 201
    api("PUT", f"/api/positions/{first.json['id']}", {"quantity": 5})
    second = api("POST", "/api/positions", body, headers={"Idempotency-Key": "k"})
    assert second.text == first.text
    assert json.loads(second.text, parse_float=Decimal)["quantity"] == Decimal("123456789012.12345678")
    held = api("GET", f"/api/accounts/{account}/positions").json["positions"]
    assert held[0]["quantity"] == 5, "the repetition wrote nothing"


def test_a_refused_request_uses_up_no_key(api: Api) -> None:
    """Domain 5.3: after the profile exists, the same request works."""
    key = {"Idempotency-Key": "again"}
    assert api("POST", "/api/accounts", ACCOUNT, headers=key, user="late").status == 404
    api("GET", "/api/user", user="late")
    assert api("POST", "/api/accounts", ACCOUNT, headers=key, user="late").status == 201


def test_a_key_is_forgotten_after_a_day(api: Api, database: DataApi) -> None:
    """Domain 5.3: keys and the answers kept with them do not pile up for ever."""
    key = {"Idempotency-Key": "old"}
    api("POST", "/api/accounts", ACCOUNT, headers=key)
    database.query("UPDATE idempotent_requests SET created_at = now() - interval '25 hours'")
    assert api("POST", "/api/accounts", {"account_name": "New"}, headers=key).status == 201
    api("POST", "/api/accounts", {"account_name": "New"}, headers={"Idempotency-Key": "young"})
    database.query(
        "UPDATE idempotent_requests SET created_at = now() - interval '25 hours' WHERE idempotency_key = 'old'"
    )
    KeptAnswers(database).forget_expired()
    left = database.query("SELECT idempotency_key FROM idempotent_requests")
    assert [row["idempotency_key"] for row in left] == ["young"]


@pytest.mark.parametrize("path", ["/api/accounts", "/api/positions"])
def test_a_bad_key_is_refused_by_name(api: Api, path: str) -> None:
    """SEC-18: before anything is written."""
    body = ACCOUNT
    if path == "/api/positions":
        body = {"account_id": api("POST", "/api/accounts", ACCOUNT).json["id"], "symbol": "VTI", "quantity": 1}
    answer = api("POST", path, body, headers={"Idempotency-Key": "two words"})
    assert (answer.status, list(answer.reasons)) == (422, ["Idempotency-Key"])


def test_simultaneous_repetitions_act_once(rds_data: FakeRdsData, database: DataApi) -> None:
    """Domain 5.3: the second of two requests under way waits for the first and gets its answer."""
    Records(database).profile("alice")

    def attempt(_: int) -> str:
        with closing(FakeRdsData(rds_data.dsn)) as client:
            return KeptAnswers(data_api(client)).once(
                user_id="alice",
                key="k",
                request_hash="0" * 64,
                perform=lambda records: str(records.open_account("alice", {"account_name": "a"}).id),
            )

    with ThreadPoolExecutor(6) as pool:
        answers = set(pool.map(attempt, range(6)))
    made = {str(row["id"]) for row in database.query("SELECT id FROM accounts")}
    assert answers == made
    assert len(made) == 1
