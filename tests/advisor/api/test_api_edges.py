"""The API's edges: bad input, limits, headers, failures of what is behind it. Each keeps its status and its text."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from advisor.adapters.rate_table import RateTable
from advisor.domain.errors import UnavailableError

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Api
    from tests.advisor.conftest import FakeRdsData

ORIGIN = "https://app.example.com"
INVALID = "Invalid input data. Please check your request and try again."


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", "/api/user", {}, "body"),
        ("PUT", "/api/user", {"display_name": "x" * 256}, "display_name"),
        ("PUT", "/api/user", {"display_name": None}, "display_name"),
        ("PUT", "/api/user", {"years_until_retirement": 101}, "years_until_retirement"),
        ("PUT", "/api/user", {"target_retirement_income": -1}, "target_retirement_income"),
        ("PUT", "/api/user", {"target_retirement_income": 1e300}, "target_retirement_income"),
        ("PUT", "/api/user", {"asset_class_targets": {"equity": 70}}, "asset_class_targets"),
        ("PUT", "/api/user", {"asset_class_targets": {}}, "asset_class_targets"),
        ("PUT", "/api/user", {"region_targets": {"atlantis": 100}}, "region_targets"),
        ("PUT", "/api/user", {"retirement_goals": "x" * 2001}, "retirement_goals"),
        ("PUT", "/api/user", {"retirement_goals": "nul \x00 byte"}, "retirement_goals"),
        ("PUT", "/api/user", {"user_id": "bob"}, "user_id"),
        ("PUT", "/api/user", {"advisor_id": "alice"}, "advisor_id"),
        ("POST", "/api/accounts", {}, "account_name"),
        ("POST", "/api/accounts", {"account_name": "   "}, "account_name"),
        ("POST", "/api/accounts", {"account_name": "a", "account_type": "piggy"}, "account_type"),
        ("POST", "/api/accounts", {"account_name": "a", "cash_balance": -0.01}, "cash_balance"),
        ("POST", "/api/accounts", {"account_name": "a", "cash_balance": 0.001}, "cash_balance"),
        ("POST", "/api/accounts", {"account_name": "a", "cash_balance": 10**10}, "cash_balance"),
        ("POST", "/api/accounts", {"account_name": "a", "cash_interest": 1.01}, "cash_interest"),
        ("POST", "/api/accounts", {"account_name": "a", "owner": "bob"}, "owner"),
        ("POST", "/api/analyze", {"analysis_type": "horoscope"}, "analysis_type"),
        ("POST", "/api/analyze", {"options": {"question": "x" * 2001}}, "options.question"),
        ("POST", "/api/analyze", [1], "body"),
        ("POST", "/api/accounts", '"text"', "body"),
    ],
)
def test_bad_fields_are_named_with_their_reason(api: Api, method: str, path: str, body: Any, field: str) -> None:
    """A client can show the fault where it belongs (domain 5.2)."""
    answer = api(method, path, body)
    assert (answer.status, answer.json["error"]["code"]) == (422, "validation_error")
    assert answer.json["error"]["message"] == INVALID
    assert answer.reasons[field]


@pytest.mark.parametrize("symbol", ["aapl", "BRK.B", "ABCDEFGHIJK", "", "AAPL\n", "A A", "\u0391\u0391PL", "';--"])
def test_a_bad_symbol_has_the_stated_text(api: Api, symbol: str) -> None:
    """SEC-18: "Invalid symbol format", and no instrument is made of it."""
    account = api("POST", "/api/accounts", {"account_name": "a"}).json["id"]
    answer = api("POST", "/api/positions", {"account_id": account, "symbol": symbol, "quantity": 1})
    if symbol == "AAPL\n":
        assert answer.status == 201, "blanks around a symbol are trimmed"
        return
    assert answer.status == 422
    if symbol:
        assert answer.reasons["symbol"] == "Invalid symbol format"
    known = {item["symbol"] for item in api("GET", "/api/instruments").json}
    assert symbol not in known


def test_an_environment_may_allow_share_classes(make_api: Callable[..., Api]) -> None:
    """The pattern is a setting (SEC-18)."""
    api = make_api(SYMBOL_PATTERN=r"^[A-Z]{1,10}([.-][A-Z]{1,2})?$")
    api("GET", "/api/user")
    account = api("POST", "/api/accounts", {"account_name": "a"}).json["id"]
    body = {"account_id": account, "symbol": "BRK.B", "quantity": 1}
    assert api("POST", "/api/positions", body).status == 201


@pytest.mark.parametrize("quantity", [0, -1, 1e-9, 10**13, "NaN", "Infinity", "many", None, [], True])
def test_a_bad_quantity_is_refused(api: Api, quantity: Any) -> None:
    """Nothing that the database would round, refuse or misread gets that far."""
    account = api("POST", "/api/accounts", {"account_name": "a"}).json["id"]
    answer = api("POST", "/api/positions", {"account_id": account, "symbol": "VTI", "quantity": quantity})
    assert (answer.status, list(answer.reasons)) == (422, ["quantity"])


@pytest.mark.parametrize("text", ["{", "{'a': 1}", "\x00", "[" * 100_000, '{"account_name": "\\ud800"}'])
def test_what_is_not_json_is_400(api: Api, text: str) -> None:
    """Malformed bodies are the client's fault, in the client's words."""
    answer = api("POST", "/api/accounts", text)
    assert (answer.status, answer.json["error"]["code"]) == (400, "bad_request")
    assert list(answer.reasons) == ["body"]


def test_bodies_may_come_base64_encoded(api: Api) -> None:
    """API Gateway does that for binary media types."""
    text = base64.b64encode(json.dumps({"account_name": "Caf\u00e9"}).encode()).decode()
    assert api("POST", "/api/accounts", text, isBase64Encoded=True).json["account_name"] == "Caf\u00e9"
    assert api("POST", "/api/accounts", "%%%", isBase64Encoded=True).status == 400


@pytest.mark.parametrize("encode", [False, True])
def test_a_body_over_the_limit_is_413(make_api: Callable[..., Api], encode: bool) -> None:
    """The limit counts bytes, and holds for encoded bodies too."""
    api = make_api(MAX_BODY_BYTES="1000")
    text = json.dumps({"account_name": "a", "account_purpose": "\u20ac" * 400}, ensure_ascii=False)
    sent = base64.b64encode(text.encode()).decode() if encode else text
    answer = api("POST", "/api/accounts", sent, isBase64Encoded=encode)
    assert (answer.status, answer.json["error"]["message"]) == (413, "The request is too large.")


def test_without_a_verified_user_nothing_is_served(api: Api) -> None:
    """If the gateway were deployed without its authorizer, the API itself keeps the door shut (AUTH-01)."""
    answer = api("GET", "/api/user", user=None)
    assert answer.status == 401
    assert answer.json["error"]["message"] == "Your session has expired. Please sign in again."


def test_the_user_comes_from_the_token_only(api: Api) -> None:
    """Headers and query cannot name another one (AUTH-04)."""
    answer = api("GET", "/api/user", headers={"x-user-id": "bob"}, query={"user_id": "bob"})
    assert answer.json["user"]["user_id"] == "alice"


def test_health_is_open_and_asks_nothing_behind_it(make_api: Callable[..., Api], rds_data: FakeRdsData) -> None:
    """A load balancer's probe must neither need a token nor wake the database."""
    api = make_api()
    answer = api("GET", "/health", user=None)
    assert (answer.status, answer.json["status"]) == (200, "ok")
    assert answer.json["timestamp"].endswith("Z")
    assert rds_data.statements == []


def test_every_answer_has_the_security_headers(api: Api) -> None:
    """Good answers and refusals alike; personal answers are not to be stored."""
    for answer in (
        api("GET", "/api/user"),
        api("GET", "/api/nothing"),
        api("PUT", "/api/user", {}),
        api("GET", "/health"),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert answer.headers["x-request-id"] == "req-1"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (ORIGIN, True),
        ("https://evil.example.com", False),
        (ORIGIN + ".evil.com", False),
        ("null", False),
        (None, False),
    ],
)
def test_only_the_configured_origin_may_read_answers_and_ask_before(
    api: Api, origin: str | None, allowed: bool
) -> None:
    """Exactly the front end, never a wildcard (API-13)."""
    headers = {"Origin": origin} if origin else {}
    for method, path in (("OPTIONS", "/api/analyze"), ("GET", "/api/user"), ("GET", "/api/nothing")):
        answer = api(method, path, headers=headers, user=None if method == "OPTIONS" else "alice")
        assert answer.headers.get("access-control-allow-origin") == (ORIGIN if allowed else None)
        assert answer.headers["vary"] == "Origin"
        assert ("access-control-allow-methods" in answer.headers) == (allowed and method == "OPTIONS")
    assert "access-control-allow-credentials" not in answer.headers


def test_the_user_limit_refuses_request_201_of_a_burst_with_retry_after(api: Api) -> None:
    """API-03 and API-04; others are not affected, and time gives tokens back."""
    now = 1_000_000.0
    table = RateTable(
        table=api.services.env.rate_table, rate=10, burst=200, client=api.services.rate._client, clock=lambda: now
    )
    api.swap(rate=table)
    statuses = [api("GET", "/api/jobs", user="eager").status for _ in range(200)]
    assert set(statuses) == {200}
    refused = api("GET", "/api/jobs", user="eager")
    assert (refused.status, refused.json["error"]["code"]) == (429, "throttled")
    assert refused.json["error"]["message"] == "Too many requests. Please slow down and try again later."
    assert int(refused.headers["retry-after"]) == 1
    assert api("GET", "/api/jobs", user="calm").status == 200
    now += 0.11
    assert api("GET", "/api/jobs", user="eager").status == 200
    assert api("GET", "/api/jobs", user="eager").status == 429


def test_a_limiter_that_is_down_locks_nobody_out(api: Api) -> None:
    """The stage's own throttle still protects what is behind; the log says so."""

    class Down:
        def get_item(self, **_request: Any) -> Any:
            raise EndpointConnectionError(endpoint_url="http://x")

    api.swap(rate=RateTable(table=api.services.env.rate_table, rate=10, burst=200, client=Down()))
    assert api("GET", "/api/user").status == 200
    assert "RATE_LIMIT_UNAVAILABLE" in api.logged()


def test_a_resuming_database_is_a_503_that_says_when(api: Api, rds_data: FakeRdsData) -> None:
    """After the patience of the client is over; here it is told by the service."""
    rds_data.faults = ["ServiceUnavailableError"]
    answer = api("GET", "/api/accounts")
    assert (answer.status, answer.json["error"]["code"]) == (503, "unavailable")
    assert answer.json["error"]["message"] == "The service is temporarily unavailable. Please try again later."
    assert int(answer.headers["retry-after"]) > 0


def test_an_unexpected_error_shows_nothing_of_itself(api: Api) -> None:
    """The stack is in the log under the request's id, for those who may read it."""

    class Broken:
        def accounts(self, _user_id: str) -> Any:
            raise RuntimeError("password=hunter2 at db.internal")

    api.swap(records=Broken())
    answer = api("GET", "/api/accounts")
    assert answer.status == 500
    assert answer.json["error"] == {
        "code": "internal_error",
        "message": "An internal error occurred. Please try again later.",
        "request_id": "req-1",
    }
    logged = api.logged()
    assert "hunter2" in logged
    assert '"correlation_id":"req-1"' in logged


def test_no_log_line_names_a_user(api: Api) -> None:
    """Outside the audit trail users are hashes (domain 11.1)."""
    api("GET", "/api/accounts/11111111-1111-4111-8111-111111111111/positions", user="alice@example.com")
    api("POST", "/api/analyze", {}, user="alice")
    api.swap(queue=Refusing())
    api("POST", "/api/analyze", {}, user="bob")
    assert "alice" not in api.logged()


class Refusing:
    def send(self, **_message: Any) -> None:
        raise UnavailableError()
