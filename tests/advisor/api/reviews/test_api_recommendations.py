"""Recommendations over HTTP: who sees them, and what their owner makes of them (SYS-38)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.domain.vocabulary import JobStatus

if TYPE_CHECKING:
    from tests.advisor.api.reviews.conftest import Bench

ADVICE = {"recommendation": "Sell half.", "reasoning": "Too much in one.", "impact": "Less risk.", "priority": "High"}
SENIOR: dict[str, Any] = {"user": "senior", "roles": "senior_advisor"}


def test_recommendations_are_listed_to_those_who_may_see_them(bench: Bench) -> None:
    """Domain 23: the client sees what is released; adviser and compliance everything; others nothing."""
    path = "/api/clients/alice/recommendations"
    assert bench.api("GET", path, user="alice").json["recommendations"] == []
    seeing: list[dict[str, Any]] = [{"user": "dan"}, {"user": "eve", "roles": "compliance"}]
    for who in seeing:
        (one,) = bench.api("GET", path, **who).json["recommendations"]
        assert (one["recommendation"], one["state"], one["traded_value"]) == ("Sell half.", "proposed", 1250000)
    assert bench.api("GET", path, user="bob").status == 403
    assert bench.api("GET", "/api/clients/nobody/recommendations", user="eve", roles="compliance").status == 404
    bench.decide()
    bench.store.conclude(bench.job_id)
    assert [one["state"] for one in bench.api("GET", path, user="alice").json["recommendations"]] == ["approved"]


def test_a_client_whose_id_needs_escaping_has_recommendations(bench: Bench) -> None:
    """AUTH-05: users of an issuer with a prefix (``okta:00u1``) would be told that they do not exist."""
    who: dict[str, Any] = {"user": "okta:00u1"}
    assert bench.api("GET", "/api/user", **who).status == 200
    assert bench.api("GET", "/api/clients/okta%3A00u1/recommendations", **who).status == 200


def test_a_client_accepts_or_overrides_released_advice_once(bench: Bench) -> None:
    """Domain 24: before its release nobody can; afterwards the owner or the adviser, and nobody else."""
    listed = bench.api("GET", "/api/clients/alice/recommendations", user="dan").json["recommendations"]
    path = f"/api/recommendations/{listed[0]['id']}/decision"
    body = {"decision": "accept", "comment": "Next week."}
    assert bench.api("POST", path, body, user="alice").status == 409
    bench.decide()
    bench.store.conclude(bench.job_id)
    others: list[dict[str, Any]] = [{"user": "bob"}, SENIOR, {"user": "eve", "roles": "compliance"}]
    for who in others:
        assert bench.api("POST", path, body, **who).status == 403
    assert bench.api("POST", path, {"decision": "approve"}, user="alice").status == 422
    accepted = bench.api("POST", path, body, user="alice").json
    assert (accepted["state"], accepted["decided_by"], accepted["comment"]) == ("accepted", "alice", "Next week.")
    assert bench.api("POST", path, {"decision": "override"}, user="dan").status == 409


def test_an_adviser_overrides_advice_that_needed_no_review(bench: Bench) -> None:
    """Domain 24: advice that nobody had to approve can be decided on too."""
    job_id = bench.advise("bob", ())
    job = bench.api.services.jobs.get(job_id)
    assert job is not None
    assert job.status is JobStatus.COMPLETED
    (one,) = bench.api("GET", "/api/clients/bob/recommendations", user="bob").json["recommendations"]
    path = f"/api/recommendations/{one['id']}/decision"
    assert bench.api("POST", path, {"decision": "override"}, user="bob").json["state"] == "overridden"
