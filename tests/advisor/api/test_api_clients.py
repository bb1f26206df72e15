"""Advisers and their clients over HTTP, and what operators see of an analysis (AUTH-04, IAM-11, API-11)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

import pytest

from advisor.domain.vocabulary import JobStatus

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Answered, Api


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def choose(api: Api, adviser: Any, *, user: str = "alice") -> Answered:
    return api("PUT", "/api/user/advisor", {"advisor_id": adviser}, user=user)


def listed(api: Api, user: str, roles: str = "", **query: str) -> list[str]:
    answer = api("GET", "/api/clients", user=user, roles=roles, query=query)
    assert answer.status == 200
    return [client["user_id"] for client in answer.json["clients"]]


@pytest.fixture
def advised(api: Api) -> Api:
    """bob advises alice, who has an account with a purpose of her own."""
    api("POST", "/api/accounts", {"account_name": "401k", "account_purpose": "a boat"})
    assert choose(api, "bob").status == 200
    return api


def test_a_client_lets_an_adviser_in_and_out_again(api: Api) -> None:
    """AUTH-04: the client's own word counts, from the next request on, and nobody else's."""
    api("POST", "/api/accounts", {"account_name": "401k"})
    paths = ("/api/clients/alice", "/api/clients/alice/accounts", "/api/clients/alice/jobs")
    assert [api("GET", path, user="bob").status for path in paths] == [403] * 3
    assert choose(api, "bob").json["advisor_id"] == "bob"
    assert [api("GET", path, user="bob").status for path in paths] == [200] * 3
    accounts = api("GET", "/api/clients/alice/accounts", user="bob").json
    assert accounts == api("GET", "/api/accounts").json
    assert choose(api, None).json["advisor_id"] is None
    assert [api("GET", path, user="bob").status for path in paths] == [403] * 3
    assert listed(api, "bob") == []


def test_nobody_makes_himself_somebodys_adviser(api: Api) -> None:
    """AUTH-04: the relation that opens a portfolio is set by its owner only, whatever the body says."""
    for body in ({"advisor_id": "bob", "user_id": "alice"}, {"advisor_id": "bob", "client_id": "alice"}):
        assert api("PUT", "/api/user/advisor", body, user="bob").status == 422
    assert api("PUT", "/api/user", {"advisor_id": "bob"}).status == 422
    assert api("GET", "/api/user").json["user"]["advisor_id"] is None


def test_a_choice_is_an_event_with_pseudonyms(api: Api) -> None:
    """AUTH-04: an auditor reads who let whom in and when, and whom that replaced, without learning names."""
    api("GET", "/api/user", user="carol")
    for adviser, before in (("bob", None), ("carol", "bob"), (None, "carol")):
        api.logged()
        choose(api, adviser)
        logged = api.logged()
        assert '"event_type":"ADVISER_ASSIGNED"' in logged
        assert f'"client":"{sha256("alice")}"' in logged
        assert f'"adviser":"{sha256(adviser)}"' in logged if adviser else '"adviser":null' in logged
        assert f'"before":"{sha256(before)}"' in logged if before else '"before":null' in logged
        assert not [name for name in ("alice", "bob", "carol") if f'"{name}"' in logged]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"advisor_id": "alice"}, 422, "advisor_id"),
        ({"advisor_id": "nobody-there"}, 404, "advisor_id"),
        ({"advisor_id": "'; DROP TABLE users; --"}, 404, "advisor_id"),
        ({"advisor_id": ""}, 422, "advisor_id"),
        ({"advisor_id": "x" * 256}, 422, "advisor_id"),
        ({"advisor_id": 7}, 422, "advisor_id"),
        ({"advisor_id": "a\u0000b"}, 422, "advisor_id"),
        ({"advisor_id": ["bob"]}, 422, "advisor_id"),
        ({}, 422, "advisor_id"),
        ({"advisor_id": "bob", "until": "tomorrow"}, 422, "until"),
    ],
)
def test_a_bad_choice_changes_nothing_and_says_why(api: Api, body: Any, status: int, field: str) -> None:
    """AUTH-04: a mistyped id must not open the portfolio to whoever has it one day."""
    choose(api, "bob")
    answer = api("PUT", "/api/user/advisor", body)
    assert (answer.status, list(answer.reasons)) == (status, [field])
    assert api("GET", "/api/user").json["user"]["advisor_id"] == "bob"


def test_who_has_no_profile_yet_is_told_how_to_get_one(api: Api) -> None:
    answer = choose(api, "bob", user="newcomer")
    assert (answer.status, list(answer.reasons)) == (404, ["user"])


def test_advisers_list_their_own_clients_and_compliance_everybody(advised: Api) -> None:
    """AUTH-04, IAM-11: an operator or a senior adviser has no clients by being one."""
    assert listed(advised, "bob") == ["alice"]
    assert listed(advised, "alice") == []
    assert listed(advised, "carol", "compliance") == ["alice", "bob"]
    assert listed(advised, "carol", "operator,senior_advisor,data_scientist,advisor") == []


def test_a_list_of_clients_tells_neither_goals_nor_figures(advised: Api) -> None:
    """AUTH-04: what a list shows is on every screen behind its reader."""
    advised("PUT", "/api/user", {"retirement_goals": "a boat", "display_name": "Alice"})
    answer = advised("GET", "/api/clients", user="bob")
    (client,) = answer.json["clients"]
    assert client.keys() == {"user_id", "display_name", "advisor_id", "created_at"}
    assert "boat" not in answer.text


def test_clients_come_in_pages_that_neither_repeat_nor_skip(api: Api) -> None:
    """API-11: whoever has thousands of clients sees each of them once."""
    names = [f"client-{number:02}" for number in range(7)]
    for name in names:
        api("GET", "/api/user", user=name)
        choose(api, "bob", user=name)
    seen: list[str] = []
    query: dict[str, str] = {"limit": "3"}
    while True:
        page = api("GET", "/api/clients", user="bob", query=query).json
        assert len(page["clients"]) <= 3
        seen += [client["user_id"] for client in page["clients"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == names
    assert api("GET", "/api/clients", user="bob", query={"limit": "101"}).status == 422
    assert api("GET", "/api/clients", user="bob", query={"cursor": "%%%"}).status == 422


@pytest.mark.parametrize("name", ["auth0|5f7c", "okta:00u1", "a.b@firm.example", "user+1", "100%", "a/b"])
def test_ids_of_every_issuer_can_be_asked_for(api: Api, name: str) -> None:
    """AUTH-05: issuers put more than letters into ids, and a client's program escapes them."""
    api("GET", "/api/user", user=name)
    choose(api, "bob", user=name)
    answer = api("GET", f"/api/clients/{quote(name, safe='')}", user="bob")
    assert (answer.status, answer.json["user_id"]) == (200, name)


@pytest.mark.parametrize("name", ["nobody", "x" * 256, "two%20words", "%00", "%C3%A9", "'%20OR%20'1'='1", "%2e%2e"])
def test_what_names_nobody_is_404(api: Api, name: str) -> None:
    """AUTH-04: 404, not 500, and no more than that, for compliance too."""
    assert api("GET", f"/api/clients/{name}", user="carol", roles="compliance").status == 404


def test_an_adviser_starts_an_analysis_that_is_the_clients(advised: Api) -> None:
    """AUTH-04: job and queue name the client, so that results and rate are hers; one at a time for both."""
    answer = advised("POST", "/api/clients/alice/analyze", {"options": {"include_research": True}}, user="bob")
    assert answer.status == 202
    (message,) = advised.messages()
    assert (message["job_id"], message["user_id"]) == (answer.json["job_id"], "alice")
    assert advised("POST", "/api/analyze", {}).status == 409
    (job,) = advised("GET", "/api/clients/alice/jobs", user="bob").json["jobs"]
    assert job["id"] == answer.json["job_id"]
    assert advised("GET", "/api/jobs").json["jobs"] == [job]
    assert advised("GET", "/api/jobs", user="bob").json["jobs"] == []


def test_the_status_tells_how_far_an_analysis_is_and_nothing_of_its_client(api: Api) -> None:
    """IAM-11, domain 3.4: who runs the platform follows jobs without seeing whose money it is."""
    job = api("POST", "/api/analyze", {"options": {"question": "may I buy a boat"}}).json["job_id"]
    jobs, path = api.services.jobs, f"/api/jobs/{job}/status"
    operator: dict[str, Any] = {"user": "carol", "roles": "operator"}
    waiting = api("GET", path, **operator)
    assert (waiting.status, waiting.json["status"], waiting.json["progress_pct"]) == (200, "pending", 0)
    jobs.claim(UUID(job), stale_after_seconds=900)
    jobs.record_progress(UUID(job), {"step": "agents", "progress_pct": 40, "agents": {"reporter": "running"}})
    jobs.record_payloads(UUID(job), {"summary_payload": {"total_value": 146365}})
    running = api("GET", path, **operator)
    assert (running.json["step"], running.json["progress_pct"], running.json["kind"]) == ("agents", 40, "analysis")
    assert running.json["links"] == {"self": path, "results": f"/api/jobs/{job}"}
    for text in ("alice", "boat", "146365"):
        assert text not in running.text
    assert running.json["error"] is None
    jobs.transition(UUID(job), before=[JobStatus.RUNNING], after=JobStatus.COMPLETED)
    assert api("GET", path, **operator).json["progress_pct"] == 100
    assert api("GET", f"/api/jobs/{job}", **operator).status == 403


@pytest.mark.parametrize("message", [None, "The analysis took too long."])
def test_a_failed_analysis_says_so_in_words_for_people(api: Api, message: str | None) -> None:
    """Domain 3.4: a code for programs, a text for people, also where nobody stored one."""
    job = api("POST", "/api/analyze", {}).json["job_id"]
    api.services.jobs.transition(UUID(job), before=[JobStatus.PENDING], after=JobStatus.FAILED, error_message=message)
    error = api("GET", f"/api/jobs/{job}/status").json["error"]
    assert error["code"] == "job_failed"
    assert error["message"] == (message or "The analysis ended without a result. Please start it again.")
