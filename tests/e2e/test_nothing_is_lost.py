"""What fails is seen: degraded, failed, or in the dead-letter queue; never reported done, never gone."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from alex import local, portfolio
from alex.client import Api
from local_cloud.cloud import LocalCloud

pytestmark = pytest.mark.e2e

Session = Callable[[str], Api]


def _finish(api: Api, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 180
    while (job := api.job(job_id))["status"] not in {"completed", "failed"}:
        assert time.monotonic() < deadline, job
        time.sleep(0.3)
    return job


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


def test_a_model_that_answers_rubbish_degrades_the_job_honestly(cloud: LocalCloud, investor: Api) -> None:
    """Domain defect 3: the job is completed with a fall-back that it admits, and with less confidence."""
    cloud.set_faults(bedrock=[{"tool": "write_report", "fault": "rubbish", "times": 50}])
    job = _finish(investor, str(investor.post("/api/analyze", {"analysis_type": "portfolio", "options": {}})["job_id"]))
    assert job["status"] == "completed"
    assert job["quality_payload"]["fallbacks"] == ["reporter"]
    assert job["progress"]["agents"]["reporter"] == "fallback"
    assert job["quality_payload"]["confidence"] <= 0.9
    assert job["report_payload"]["content"].startswith("#")


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
    """DATA-02: a paused database answers the first calls with a refusal; the request waits, or says when to return."""
    cloud.set_faults(database_resuming=2)
    answer = investor.send("GET", "/api/accounts")
    assert answer.status_code in {200, 503}
    if answer.status_code == 503:
        assert int(answer.headers["Retry-After"]) >= 1
    assert len(investor.accounts()) == 3


def test_a_second_analysis_at_the_same_time_is_refused(cloud: LocalCloud, investor: Api) -> None:
    """One running analysis a user: 409, and the first one still finishes."""
    cloud.set_faults(bedrock=[{"tool": "explain_retirement", "fault": "throttle", "times": 2}])
    first = investor.post("/api/analyze", {"analysis_type": "portfolio", "options": {}})["job_id"]
    second = investor.send("POST", "/api/analyze", body={"analysis_type": "portfolio", "options": {}})
    assert second.status_code == 409
    assert _finish(investor, str(first))["status"] == "completed"
