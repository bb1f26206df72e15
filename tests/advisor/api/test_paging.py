"""Lists in pages: nothing lost, nothing twice, whatever happens between two pages; bad cursors named (API-11)."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from advisor.adapters.data_api import DataApi
from advisor.domain.vocabulary import JobStatus
from advisor.handlers.api.paging import cursor_of

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Api


@pytest.fixture
def account(api: Api) -> str:
    """An account of alice."""
    opened: str = api("POST", "/api/accounts", {"account_name": "first"}).json["id"]
    return opened


def pages(api: Api, path: str, name: str, limit: int) -> list[list[Any]]:
    """Every page until next_cursor is null."""
    found, query = [], {"limit": str(limit)}
    while True:
        answer = api("GET", path, query=query)
        assert answer.status == 200
        found.append(answer.json[name])
        if answer.json["next_cursor"] is None:
            return found
        query["cursor"] = answer.json["next_cursor"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_the_pages_together_are_the_list(api: Api, account: str, limit: int) -> None:
    """API-11: an investor with many holdings sees each of them once, in order, on full pages."""
    symbols = ["AAPL", "AGG", "BND", "VTI", "VXUS", "WMT", "XOM"]
    for symbol in reversed(symbols):
        api("POST", "/api/positions", {"account_id": account, "symbol": symbol, "quantity": 1})
    found = pages(api, f"/api/accounts/{account}/positions", "positions", limit)
    assert [position["symbol"] for page in found for position in page] == symbols
    assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
    assert len(found) == -(-len(symbols) // limit), "no empty last page"


def test_what_is_added_or_deleted_between_two_pages_moves_nothing(api: Api, account: str) -> None:
    """API-11: pages counted by position would show a record twice after an insert, and skip one after a deletion."""
    made = [account, *(api("POST", "/api/accounts", {"account_name": name}).json["id"] for name in "bcd")]
    first = api("GET", "/api/accounts", query={"limit": "2"}).json
    api("DELETE", f"/api/accounts/{made[0]}")
    api("DELETE", f"/api/accounts/{made[1]}")
    late = api("POST", "/api/accounts", {"account_name": "late"}).json["id"]
    second = api("GET", "/api/accounts", query={"cursor": first["next_cursor"]}).json
    assert [item["id"] for item in first["accounts"]] == made[:2]
    assert [item["id"] for item in second["accounts"]] == [*made[2:], late]


def test_records_of_the_same_moment_are_kept_apart(api: Api, account: str, database: DataApi) -> None:
    """API-11: an import writes many rows in one moment; a cursor of the time alone would lose all but one page."""
    for name in "bcdef":
        api("POST", "/api/accounts", {"account_name": name})
    database.query("UPDATE accounts SET created_at = '2024-05-06 07:08:09.123456+00'")
    found = [item["id"] for page in pages(api, "/api/accounts", "accounts", 2) for item in page]
    assert found == sorted(found)
    assert len(set(found)) == 6


def test_jobs_come_newest_first_over_pages(api: Api) -> None:
    """API-11: the list of analyses goes on where it ended although a new one has started meanwhile."""

    def started() -> str:
        job: str = api("POST", "/api/analyze", {}).json["job_id"]
        api.services.jobs.transition(UUID(job), before=[JobStatus.PENDING], after=JobStatus.FAILED)
        return job

    made = [started() for _ in range(5)]
    first = api("GET", "/api/jobs", query={"limit": "2"}).json
    started()
    rest = api("GET", "/api/jobs", query={"limit": "100", "cursor": first["next_cursor"]}).json
    assert [job["id"] for job in first["jobs"] + rest["jobs"]] == made[::-1]
    assert rest["next_cursor"] is None


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


SOME_ID = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize("path", ["/api/jobs", "/api/accounts"])
@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "A" * 1025,
        "'; DROP TABLE jobs; --",
        "\u00e9",
        encoded({}),
        encoded([]),
        encoded(["2024-05-06T07:08:09+00:00"]),
        encoded(["2024-05-06T07:08:09", SOME_ID]),
        encoded(["yesterday", SOME_ID]),
        encoded(["2024-05-06T07:08:09+00:00", "1"]),
        encoded([1, 2]),
        "W" * 1000,
    ],
)
def test_a_bad_cursor_is_refused_by_name(api: Api, path: str, cursor: str) -> None:
    """API-11: a cut-off link is told so instead of showing the first page again, or failing in the database."""
    answer = api("GET", path, query={"cursor": cursor})
    assert (answer.status, answer.reasons) == (422, {"cursor": "Use next_cursor of the page before, unchanged"})


def test_a_cursor_for_a_word_holds_a_word(api: Api, account: str) -> None:
    """API-11: a character that PostgreSQL cannot store must not get there."""
    path = f"/api/accounts/{account}/positions"
    assert api("GET", path, query={"cursor": cursor_of(("VTI\0",))}).status == 422
    assert api("GET", path, query={"cursor": cursor_of(("' OR 1=1",))}).status == 422
    assert api("GET", path, query={"cursor": cursor_of(("VTI",))}).status == 200


@pytest.mark.parametrize(
    ("time", "status"),
    [
        ("2026-01-01T00:00:00+23:59", 200),
        ("2026-01-01T00:00:00-23:59:59", 200),
        ("0001-01-01T00:00:00+00:00", 200),
        ("9999-12-31T23:59:59+00:00", 200),
        ("0001-01-01T00:00:00+23:59", 422),
        ("9999-12-31T23:59:59-23:59", 422),
        ("2026-01-01", 422),
    ],
)
def test_a_cursors_time_is_one_that_the_database_knows(api: Api, time: str, status: int) -> None:
    """API-11: zones of 16 hours and more are times to us and errors to PostgreSQL: a forged cursor would be a 500."""
    cursor = cursor_of((time, UUID(int=1)))
    for path in ("/api/jobs", "/api/accounts", "/api/reviews", "/api/clients/alice/recommendations"):
        answer = api("GET", path, query={"cursor": cursor}, roles="compliance")
        assert answer.status == status, path


def test_a_foreign_cursor_shows_nothing_foreign(api: Api, account: str) -> None:
    """AUTH-04: a cursor is no key: it says where to go on, never whose list it is."""
    api("POST", "/api/accounts", {"account_name": "second"})
    cursor = api("GET", "/api/accounts", query={"limit": "1"}).json["next_cursor"]
    assert api("GET", "/api/accounts", user="bob", query={"cursor": cursor}).json["accounts"] == []
