"""A portfolio of millions, whose advice a person must approve: in the deployed platform, with its workflow (SYS-38)."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from alex import local, reviews
from alex.client import Api
from local_cloud.cloud import LocalCloud
from tests.e2e.following import until

pytestmark = pytest.mark.e2e

Session = Callable[[str], Api]
REQUEST: dict[str, Any] = {"analysis_type": "portfolio", "options": {}}
HELD = {"MSFT": "12000", "AAPL": "8000", "JPM": "5000", "XOM": "5000"}
"""About five million USD at the recorded closes, all of it stocks against a target of 70 / 30."""


@pytest.fixture(scope="module")
def senior(cloud: LocalCloud) -> Iterator[Api]:
    """A senior adviser."""
    with reviews.signed_in(cloud, "e2e-senior") as api:
        yield api


@pytest.fixture
def waiting(sign_in: Session, senior: Api, request: pytest.FixtureRequest) -> tuple[Api, str, dict[str, Any]]:
    """A wealthy client whose analysis waits: the client's session, the job, the review."""
    api = sign_in(f"wealthy-{abs(hash(request.node.name)) % 10**8}")
    api.post("/api/accounts", {"account_name": "Family office", "account_type": "taxable", "cash_balance": 1000})
    account = api.accounts()[0]["id"]
    for symbol, quantity in HELD.items():
        api.post("/api/positions", {"account_id": account, "symbol": symbol, "quantity": float(quantity)})
    job_id = str(api.post("/api/analyze", REQUEST)["job_id"])
    assert until(api, job_id, {"awaiting_approval", "completed", "failed"})["status"] == "awaiting_approval"
    (review,) = [one for one in reviews.listed(senior) if one["job_id"] == job_id]
    return api, job_id, review


def test_a_senior_adviser_approves_and_the_advice_is_released(
    waiting: tuple[Api, str, dict[str, Any]], senior: Api, cloud: LocalCloud
) -> None:
    """HITL-01: asked, hidden from the client, seen by the reviewer, approved, released, audited, and no one twice."""
    client, job_id, review = waiting
    hidden = client.job(job_id)
    assert (hidden["report_payload"], hidden["summary_payload"]) == (None, None)
    assert [one["reason"] for one in hidden["reviews"]] == ["value_over_limit"]
    assert client.get(f"/api/clients/{review['owner_id']}/recommendations")["recommendations"] == []
    assert client.send("POST", "/api/analyze", body=REQUEST).status_code == 409
    seen = senior.get(f"/api/reviews/{review['id']}")
    assert float(seen["summary_payload"]["rebalancing"]["traded_value"]) > 1_000_000
    assert seen["report_payload"]["content"]
    own = client.send("POST", f"/api/reviews/{review['id']}/decision", body={"decision": "approve"})
    assert own.status_code == 403
    assert reviews.decide(senior, review["id"], "approve", "Discussed with the client.")["state"] == "approved"
    job = until(client, job_id, {"completed", "failed"}, patience=25)
    assert job["status"] == "completed"
    assert job["report_payload"]["content"]
    again = senior.send("POST", f"/api/reviews/{review['id']}/decision", body={"decision": "approve"})
    assert again.status_code == 409
    advice = client.get(f"/api/clients/{review['owner_id']}/recommendations")["recommendations"]
    assert {one["state"] for one in advice} == {"approved"}
    trail = client.get(f"/api/jobs/{job_id}/audit")
    assert trail["chain_intact"]
    steps = [
        one["output_summary"]["transition"]
        for one in trail["entries"]
        if one["kind"] == "review" and one["agent"] == "approval"
    ]
    assert (steps[0], steps[-1]) == ("requested", "approved")
    execution = f"{cloud.output('ReviewWorkflowArn').replace(':stateMachine:', ':execution:')}:{job_id}"
    deadline = time.monotonic() + 20
    states = local.client(cloud, "stepfunctions")
    while (described := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["output"]) == {"status": "completed", "code": None}


def test_a_rejection_fails_the_job_with_its_reason(waiting: tuple[Api, str, dict[str, Any]], senior: Api) -> None:
    """HITL-01: the client reads why, and never the advice."""
    client, job_id, review = waiting
    silent = senior.send("POST", f"/api/reviews/{review['id']}/decision", body={"decision": "reject"})
    assert silent.status_code == 422
    reviews.decide(senior, review["id"], "reject", "Sell in smaller steps.")
    job = until(client, job_id, {"completed", "failed"}, patience=25)
    assert (job["status"], job["error_code"]) == ("failed", "REJECTED")
    assert "Sell in smaller steps." in job["error_message"]
    assert job["report_payload"] is None


def test_what_nobody_decides_expires(waiting: tuple[Api, str, dict[str, Any]], senior: Api) -> None:
    """HITL-01: the workflow's own clock ends it, by an expression of its input; a decision then comes too late."""
    client, job_id, review = waiting
    job = until(client, job_id, {"completed", "failed"}, patience=90)
    assert (job["status"], job["error_code"]) == ("failed", "EXPIRED")
    late = senior.send("POST", f"/api/reviews/{review['id']}/decision", body={"decision": "approve"})
    assert late.status_code == 409
    assert "expired" in late.text
