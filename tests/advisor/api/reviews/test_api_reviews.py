"""Reviews over HTTP: who may see, who may decide, and what comes too late (SYS-38)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from advisor.domain.review import ReviewReason

if TYPE_CHECKING:
    from tests.advisor.api.reviews.conftest import Bench

ADVICE = {"recommendation": "Sell half.", "reasoning": "Too much in one.", "impact": "Less risk.", "priority": "High"}
SENIOR: dict[str, Any] = {"user": "senior", "roles": "senior_advisor"}


def test_the_queue_shows_what_waits(bench: Bench) -> None:
    """HITL-01, domain A.7: whose, why, how much, until when, and whether the reader may decide."""
    answer = bench.api("GET", "/api/reviews", **SENIOR)
    assert answer.status == 200
    (review,) = answer.json["reviews"]
    assert (review["owner_id"], review["reason"], review["state"]) == ("alice", "value_over_limit", "requested")
    assert (review["traded_value"], review["risk_score"], review["confidence"]) == (1250000, 8, 0.93)
    assert review["decidable"] is True
    assert answer.json["next_cursor"] is None
    assert "token" not in answer.text


def test_the_queue_comes_in_pages_and_by_state(bench: Bench) -> None:
    """API-13: a page continues exactly behind the last record, though times have microseconds."""
    job = bench.advise("bob", tuple(ReviewReason))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(4):
        page = bench.api("GET", "/api/reviews", query={"limit": "1", **cursor}, **SENIOR).json
        seen += [review["id"] for review in page["reviews"]]
        cursor = {"cursor": page["next_cursor"] or ""}
    assert page["next_cursor"] is None
    assert len(set(seen)) == len(seen) == 4
    assert {str(review.id) for review in bench.store.of_job(job)} < set(seen)
    bench.decide()
    approved = bench.api("GET", "/api/reviews", query={"state": "approved"}, **SENIOR).json["reviews"]
    assert [one["id"] for one in approved] == [str(bench.review_id)]
    assert len(bench.api("GET", "/api/reviews", query={"state": "all"}, **SENIOR).json["reviews"]) == 4
    assert bench.api("GET", "/api/reviews", query={"state": "odd"}, **SENIOR).status == 422


@pytest.mark.parametrize(
    ("who", "listing", "reading", "deciding"),
    [
        ({"user": "senior", "roles": "senior_advisor"}, 200, 200, 200),
        ({"user": "eve", "roles": "compliance"}, 200, 200, 403),
        ({"user": "alice"}, 403, 200, 403),
        ({"user": "alice", "roles": "senior_advisor"}, 200, 200, 403),
        ({"user": "dan"}, 403, 200, 403),
        ({"user": "dan", "roles": "senior_advisor"}, 200, 200, 403),
        ({"user": "bob"}, 403, 403, 403),
        ({"user": "ops", "roles": "operator"}, 403, 403, 403),
        ({"user": "sci", "roles": "data_scientist"}, 403, 403, 403),
    ],
)
def test_who_may_list_read_and_decide(
    bench: Bench, who: dict[str, Any], listing: int, reading: int, deciding: int
) -> None:
    """HITL-01, AUTH-04: senior advisers decide, never for themselves or their own clients; compliance reads."""
    assert bench.api("GET", "/api/reviews", **who).status == listing
    assert bench.api("GET", f"/api/reviews/{bench.review_id}", **who).status == reading
    assert bench.decide(**who).status == deciding
    assert bench.told.jobs == ([bench.job_id] if deciding == 200 else [])


def advised_by(bench: Bench, adviser: str | None, client: str = "alice") -> None:
    """The client chooses, through the API."""
    for user in (adviser, client):
        assert user is None or bench.api("GET", "/api/user", user=user).status == 200
    assert bench.api("PUT", "/api/user/advisor", {"advisor_id": adviser}, user=client).status == 200


@pytest.mark.parametrize(
    ("before", "after", "decides"),
    [
        ((), (), True),
        ((), ("senior",), False),
        ((), ("senior", None), False),
        ((), ("senior", "dan"), False),
        ((), (None, "senior", None, "senior", "dan"), False),
        (("senior",), (None,), False),
        (("senior",), ("dan",), False),
        (("senior", "dan"), (), True),
        (("senior", None), ("dan",), True),
    ],
)
def test_no_order_of_calls_makes_an_adviser_impartial(
    bench: Bench, before: tuple[str | None, ...], after: tuple[str | None, ...], decides: bool
) -> None:
    """HITL-01, AUTH-04: who advised the client at any time since the analysis began would approve the own work; who
    was dismissed before it began may decide."""
    for adviser in before:
        advised_by(bench, adviser, "bob")
    job_id = bench.advise("bob", (ReviewReason.VALUE,))
    for adviser in after:
        advised_by(bench, adviser, "bob")
    path = f"/api/reviews/{bench.store.of_job(job_id)[0].id}"
    assert bench.api("GET", path, **SENIOR).json["decidable"] is decides
    answer = bench.api("POST", f"{path}/decision", {"decision": "approve"}, **SENIOR)
    assert answer.status == (200 if decides else 403)
    assert bench.store.of_job(job_id)[0].decided_by == ("senior" if decides else None)
    other = bench.api("POST", f"{path}/decision", {"decision": "approve"}, user="second", roles="senior_advisor")
    assert other.status == (409 if decides else 200)


@pytest.mark.parametrize("roles", ["", "senior_advisor", "compliance", "senior_advisor,compliance,data_scientist"])
def test_no_door_shows_the_owner_what_is_withheld(bench: Bench, roles: str) -> None:
    """HITL-01: whatever else somebody is: of the own advice nobody sees text, trades, risk or confidence before it is
    released, in no list, no status, no audit, no repeated request, and nothing of what was refused or expired."""
    mine: dict[str, Any] = {"user": "alice", "roles": roles}
    doors = [
        f"/api/jobs/{bench.job_id}", "/api/jobs", f"/api/jobs/{bench.job_id}/status", f"/api/jobs/{bench.job_id}/audit",
        f"/api/reviews/{bench.review_id}", "/api/reviews", "/api/clients/alice", "/api/clients/alice/jobs",
        "/api/clients/alice/recommendations", "/api/clients",
    ]  # fmt: skip

    def shown() -> str:
        return "".join(bench.api("GET", door, **mine).text for door in doors)

    def hidden() -> bool:
        return not any(word in shown() for word in ("Secret", "Sell half", "1250000", "5000000", '"risk_score":8'))

    assert hidden()
    bench.decide("reject", "Too much at once.")
    bench.store.conclude(bench.job_id)
    assert hidden()
    assert "Too much at once." in shown(), "why it was refused is for the client"
    bench.job_id = bench.advise("alice", (ReviewReason.RISK,), seconds=-1)
    doors[0], doors[2:5] = f"/api/jobs/{bench.job_id}", [f"/api/jobs/{bench.job_id}/audit"]
    bench.store.conclude(bench.job_id)
    assert "EXPIRED" in shown()
    assert hidden()


def test_what_the_reviewer_writes_to_the_client_is_not_for_operators(bench: Bench) -> None:
    """IAM-11: the status tells that it was refused; the reviewer's words are about the client's affairs."""
    bench.decide("reject", "Call Jane Doe about the inheritance first.")
    bench.store.conclude(bench.job_id)
    for role in ("operator", "senior_advisor"):
        answer = bench.api("GET", f"/api/jobs/{bench.job_id}/status", user="ops", roles=role)
        assert answer.json["error"]["code"] == "REJECTED"
        assert "Jane" not in answer.text
    assert "Jane" in bench.api("GET", f"/api/jobs/{bench.job_id}", user="alice").text
    assert "Jane" not in bench.api.logged()


def test_the_reviewer_sees_the_advice_and_its_owner_does_not(bench: Bench) -> None:
    """HITL-01: nothing is acted upon before it is approved; status and reasons are no secret."""
    path = f"/api/reviews/{bench.review_id}"
    seen = bench.api("GET", path, **SENIOR).json
    assert seen["report_payload"] == {"content": "# Secret"}
    assert seen["summary_payload"]["recommendations"] == [ADVICE]
    assert [one["reason"] for one in seen["reviews_of_job"]] == ["value_over_limit"]
    job = f"/api/jobs/{bench.job_id}"
    for place in (path, job):
        assert "Secret" not in bench.api("GET", place, user="alice").text
        assert "Secret" in bench.api("GET", place, user="dan").text
    mine = bench.api("GET", job, user="alice").json
    assert mine["status"] == "awaiting_approval"
    assert [(one["reason"], one["state"]) for one in mine["reviews"]] == [("value_over_limit", "requested")]
    bench.decide()
    bench.store.conclude(bench.job_id)
    assert "Secret" in bench.api("GET", job, user="alice").text


def test_a_decision_is_stored_with_its_maker(bench: Bench) -> None:
    """HITL-01: who, when, with what comment."""
    answer = bench.decide("approve", "Discussed with the client.")
    assert (answer.status, answer.json["state"], answer.json["decided_by"]) == (200, "approved", "senior")
    assert answer.json["comment"] == "Discussed with the client."
    assert answer.json["decided_at"] is not None
    assert answer.json["decidable"] is False


def test_a_rejection_says_why(bench: Bench) -> None:
    """HITL-01: the client reads it; without a reason the request is refused and nothing is decided."""
    for comment in (None, "", "   "):
        assert bench.decide("reject", comment).status == 422
    assert bench.decide("reject", "Too much at once.").json["state"] == "rejected"


@pytest.mark.parametrize("body", [{}, {"decision": "accept"}, {"decision": "approve", "by": "x"}, {"decision": None}])
def test_what_is_no_decision_is_refused(bench: Bench, body: dict[str, Any]) -> None:
    """AUTH-04: nobody names the decider in the body."""
    assert bench.api("POST", f"/api/reviews/{bench.review_id}/decision", body, **SENIOR).status == 422


def test_deciding_twice_and_too_late_are_conflicts(bench: Bench) -> None:
    """HITL-01: 409 with what happened, and the first decision stands."""
    assert bench.decide().status == 200
    second = bench.decide("reject", "No.")
    assert second.status == 409
    assert second.reasons == {"review": "It has already been approved"}
    job_id = bench.advise("bob", (ReviewReason.RISK,), seconds=-1)
    late = bench.api(
        "POST", f"/api/reviews/{bench.store.of_job(job_id)[0].id}/decision", {"decision": "approve"}, **SENIOR
    )
    assert late.status == 409
    assert late.reasons == {"review": "It has expired: nobody decided in time"}


def test_a_decision_counts_though_the_workflow_cannot_be_told(bench: Bench) -> None:
    """HITL-01: it is stored; the sweeper tells the workflow; the decider need not repeat it."""
    bench.told.down = True
    assert bench.decide().json["state"] == "approved"
    assert '"event_type":"REVIEW_NOT_DELIVERED"' in bench.api.logged()


@pytest.mark.parametrize("path", ["/api/reviews/{}", "/api/reviews/{}/decision", "/api/recommendations/{}/decision"])
def test_unknown_records_are_not_found(bench: Bench, path: str) -> None:
    """AUTH-04: 404 for what does not exist."""
    method, body = ("POST", {"decision": "approve"}) if path.endswith("decision") else ("GET", None)
    if "recommendations" in path:
        body = {"decision": "accept"}
    assert bench.api(method, path.format(uuid4()), body, **SENIOR).status == 404
    assert bench.api(method, path.format("no-id"), body, **SENIOR).status == 404
