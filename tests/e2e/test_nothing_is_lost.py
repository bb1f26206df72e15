"""What fails is seen: degraded, failed, or in the dead-letter queue; never reported done, never gone."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from alex import local, portfolio
from alex.client import Api
from local_cloud.cloud import LocalCloud
from settings import load
from tests.e2e.following import until

pytestmark = pytest.mark.e2e

Session = Callable[[str], Api]


@pytest.fixture(scope="module")
def investor(sign_in: Session) -> Api:
    """A user of this module alone."""
    api = sign_in("nothing-lost-investor")
    portfolio.load(api)
    return api


@pytest.fixture(autouse=True)
def _no_faults_afterwards(cloud: LocalCloud) -> Any:
    yield
    cloud.set_faults(bedrock=[], database_resuming=0)


def _analysed(api: Api) -> dict[str, Any]:
    return until(api, str(api.post("/api/analyze", {"analysis_type": "portfolio", "options": {}})["job_id"]))


@pytest.mark.parametrize("fault", ["rubbish", "guardrail", "loop", "huge"])
def test_a_model_that_fails_degrades_the_job_honestly(cloud: LocalCloud, investor: Api, fault: str) -> None:
    """Domain defect 3: the job is completed with a fall-back that it admits, and with less confidence."""
    cloud.set_faults(bedrock=[{"tool": "write_report", "fault": fault, "times": 50}])
    job = _analysed(investor)
    assert job["status"] == "completed"
    assert job["quality_payload"]["fallbacks"] == ["reporter"]
    assert job["progress"]["agents"]["reporter"] == "fallback"
    assert job["progress"]["agents"]["charter"] == "completed"
    assert job["quality_payload"]["confidence"] <= 0.9
    assert job["report_payload"]["content"].startswith("#")


def test_without_any_model_the_figures_are_the_same(cloud: LocalCloud, investor: Api) -> None:
    """The engines own every number: a model that is gone changes words and confidence, nothing else."""
    before = _analysed(investor)
    cloud.set_faults(bedrock=[{"tool": "*", "fault": "rubbish", "times": 500}])
    job = _analysed(investor)
    assert job["status"] == "completed"
    assert set(job["quality_payload"]["fallbacks"]) == {"reporter", "charter", "retirement"}
    assert job["quality_payload"]["confidence"] < before["quality_payload"]["confidence"]
    for figure in ("total_value", "allocations", "risk", "rebalancing"):
        assert job["summary_payload"][figure] == before["summary_payload"][figure], figure


def test_a_throttled_model_is_asked_again(cloud: LocalCloud, investor: Api) -> None:
    """A busy model costs seconds, not the report."""
    cloud.set_faults(bedrock=[{"tool": "write_report", "fault": "throttle", "times": 1}])
    job = _analysed(investor)
    assert job["status"] == "completed"
    assert job["quality_payload"]["fallbacks"] == []


def test_the_small_model_stands_in_for_the_large_one(cloud: LocalCloud, investor: Api) -> None:
    """LLM-07: a large model that is throttled three times costs the report its model, not its words."""
    cloud.set_faults(bedrock=[{"tool": "write_report", "fault": "throttle", "times": 3}])
    job = _analysed(investor)
    assert job["quality_payload"]["fallbacks"] == []
    models = load("local").models
    assert job["summary_payload"]["agents"]["reporter"].endswith(f"(simulated:{models.small.model_id})")
    assert job["summary_payload"]["agents"]["charter"].endswith(f"(simulated:{models.large.model_id})")
    assert job["summary_payload"]["usage"]["by_agent"]["reporter"]["calls"] == 4


def test_an_unknown_symbol_is_left_out_and_said(sign_in: Session) -> None:
    """Domain defect 5: what has no price is not counted as zero silently, and the rest is analysed."""
    api = sign_in("nothing-lost-unknown-symbol")
    account = api.post("/api/accounts", {"account_name": "A", "account_type": "taxable", "cash_balance": 100})
    known = api.accounts()[0]["id"]
    assert account
    for symbol in ("MSFT", "ZZZZY"):
        api.post("/api/positions", {"account_id": known, "symbol": symbol, "quantity": 1})
    job = _analysed(api)
    assert job["status"] == "completed"
    assert job["quality_payload"]["missing_prices"] == ["ZZZZY"]
    assert job["quality_payload"]["confidence"] < 1
    assert float(job["summary_payload"]["total_value"]) > 100


def test_a_poisoned_message_ends_in_the_dead_letter_queue(cloud: LocalCloud) -> None:
    """SYS-07: what cannot be processed is kept for a person, after three receives."""
    queues = local.client(cloud, "sqs")
    poison = json.dumps({"job_id": "no-job", "nonsense": True})
    queues.send_message(QueueUrl=cloud.output("AnalysisQueueUrl"), MessageBody=poison)
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        found = queues.receive_message(
            QueueUrl=cloud.output("AnalysisDeadLetterQueueUrl"), WaitTimeSeconds=2, MaxNumberOfMessages=10
        ).get("Messages", [])
        if any(message["Body"] == poison for message in found):
            return
    pytest.fail("the poisoned message did not reach the dead-letter queue")


def test_a_database_that_resumes_costs_time_and_no_request(cloud: LocalCloud, investor: Api) -> None:
    """DATA-02: a paused database refuses the first calls; the request waits for it."""
    cloud.set_faults(database_resuming=2)
    assert investor.send("GET", "/api/accounts").status_code == 200
    cloud.set_faults(database_resuming=3)
    assert _analysed(investor)["status"] == "completed"


def test_a_database_that_does_not_resume_in_time_is_503_and_nothing_is_half_done(
    cloud: LocalCloud, investor: Api
) -> None:
    """DATA-02: the caller learns when to come back, and its request has not been done behind its back."""
    before = investor.accounts()
    cloud.set_faults(database_resuming=1000)
    answer = investor.send("POST", "/api/accounts", body={"account_name": "Late", "account_type": "taxable"})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["error"]["code"] == "unavailable"
    cloud.set_faults(database_resuming=0)
    assert investor.accounts() == before


def test_a_second_analysis_at_the_same_time_is_refused(cloud: LocalCloud, investor: Api) -> None:
    """One running analysis a user: 409, and the first one still finishes."""
    cloud.set_faults(bedrock=[{"tool": "explain_retirement", "fault": "throttle", "times": 2}])
    first = investor.post("/api/analyze", {"analysis_type": "portfolio", "options": {}})["job_id"]
    second = investor.send("POST", "/api/analyze", body={"analysis_type": "portfolio", "options": {}})
    assert second.status_code == 409
    assert until(investor, str(first))["status"] == "completed"
