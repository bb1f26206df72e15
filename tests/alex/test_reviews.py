"""`alex review`: what a senior adviser sees and decides (HITL-01)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from alex import approval, cli, follow, local, reviews
from alex.client import Api
from alex.journey import Step

REVIEW = {
    "id": "r-1", "job_id": "j-1", "owner_id": "ann", "reason": "value_over_limit", "state": "requested",
    "traded_value": 1250000.5, "portfolio_value": 5000000, "risk_score": 7, "confidence": 0.93,
    "expires_at": "2026-11-23T20:00:00Z",
}  # fmt: skip


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """An API with two pages of reviews; the requests that it got."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.method == "POST":
            state = "approved" if json.loads(request.content)["decision"] == "approve" else "rejected"
            return httpx.Response(200, json=REVIEW | {"state": state})
        if request.url.path.startswith("/api/reviews/"):
            summary = {"recommendations": [{}], "rebalancing": {"trades": [{}, {}]}}
            return httpx.Response(200, json=REVIEW | {"summary_payload": summary})
        second = "cursor" in request.url.params
        page = [REVIEW | {"id": "r-2", "job_id": "j-2"}] if second else [REVIEW]
        return httpx.Response(200, json={"reviews": page, "next_cursor": None if second else "next"})

    @contextmanager
    def session(_cloud: Any, user: str, **options: Any) -> Iterator[Api]:
        assert options == {"roles": ("senior_advisor",)}
        yield Api("http://cloud", token=lambda: user, transport=httpx.MockTransport(handle))

    monkeypatch.setattr(local, "session", session)
    monkeypatch.setattr(local, "cloud", lambda **_options: None)
    return seen


def test_every_page_is_listed(office: list[httpx.Request], capsys: pytest.CaptureFixture[str]) -> None:
    """A review on the second page waits as urgently as one on the first."""
    assert cli._run(["review", "list"]) == 0
    shown = capsys.readouterr().out
    assert "r-1" in shown
    assert "r-2" in shown
    assert "1,250,000.50" in shown
    assert office[0].headers["authorization"] == f"Bearer {reviews.SENIOR}"


def test_a_review_of_ones_own_has_no_figures() -> None:
    """HITL-01: the API tells nobody the figures of the own advice; a senior adviser's list shows the rest all the
    same."""
    own = REVIEW | {"traded_value": None, "risk_score": None, "confidence": None}
    table = reviews.table([REVIEW, own])
    cells = [list(column.cells) for column in table.columns]
    assert [column[1] for column in cells[4:7]] == ["own"] * 3
    assert [column[0] for column in cells[4:7]] == ["1,250,000.50", "7", "93%"]


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (["approve", "r-1"], {"decision": "approve", "comment": ""}),
        (["reject", "r-1", "--comment", "Too risky."], {"decision": "reject", "comment": "Too risky."}),
    ],
)
def test_a_decision_is_sent(
    office: list[httpx.Request], capsys: pytest.CaptureFixture[str], arguments: list[str], sent: dict[str, str]
) -> None:
    """What was typed is what is decided, and the answer is shown."""
    assert cli._run(["review", *arguments]) == 0
    assert json.loads(office[-1].content) == sent
    assert office[-1].url.path == "/api/reviews/r-1/decision"
    assert capsys.readouterr().out.startswith("approved" if sent["decision"] == "approve" else "rejected")


def test_a_rejection_without_a_reason_is_not_sent(office: list[httpx.Request]) -> None:
    """The client reads why."""
    assert cli._run(["review", "reject", "r-1"]) == 2
    assert office == []


class Jobs:
    """The job as its client sees it: it waits until somebody decides, and ends as told."""

    def __init__(self, end: str) -> None:
        self.answers = iter(("awaiting_approval", end))

    def job(self, job_id: str) -> dict[str, Any]:
        return {"id": job_id, "status": next(self.answers)}


@pytest.mark.parametrize(("decision", "end"), [("approve", "completed"), ("reject", "failed")])
def test_the_demo_decides_on_what_waits_and_follows_it_to_its_end(
    office: list[httpx.Request], decision: str, end: str
) -> None:
    """HITL-01: a person who tries the product sees both decisions, with a comment by somebody who read the review.

    Only the job's own reviews: what somebody else waits for is none of the demonstration's business.
    """
    cloud: Any = None
    jobs: Any = Jobs(end)
    ended = approval.decide(cloud, jobs, {"id": "j-1"}, Step(decision, None), decision=decision)
    assert ended["status"] == end
    (sent,) = [request for request in office if request.method == "POST"]
    assert sent.url.path == "/api/reviews/r-1/decision"
    body = json.loads(sent.content)
    assert body["decision"] == decision
    for said in ("2 orders" if decision == "reject" else "2 suggested orders", "$1,250,001", "Simulated adviser"):
        assert said in body["comment"]
    assert "GET /api/reviews/r-1" in [f"{request.method} {request.url.path}" for request in office]


def test_what_waits_is_joined_instead_of_a_second_analysis(office: list[httpx.Request]) -> None:
    """HITL-01: the platform refuses a second analysis meanwhile; the demo, started again, must go on with the first."""
    jobs: Any = type("Jobs", (), {"get": lambda _self, _path: {"jobs": [{"id": "j-1", "status": "awaiting_approval"}]}})
    assert follow.running(jobs()) == "j-1"
