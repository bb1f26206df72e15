"""The API's edges: callers, limits, headers, failures of what is behind it. Each keeps its status and its text."""

from __future__ import annotations

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
        def accounts(self, _user_id: str, **_page: Any) -> Any:
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
