"""The workflow's functions as Lambda starts them: bad input by name, no tokens and no clients in the log (SYS-38)."""

import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from advisor.adapters.environment import ConfigurationError, forget
from advisor.adapters.telemetry import PowertoolsTelemetry
from advisor.agents.reviewing import NothingToReviewError, ReviewsOpenError
from advisor.domain.errors import BadRequestError
from advisor.domain.review import Conclusion
from advisor.domain.vocabulary import JobStatus
from advisor.handlers import review

JOB, REVIEW, TOKEN = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222", "AQC4-secret"
REQUEST = {"step": "request", "job_id": JOB, "review_id": REVIEW, "token": TOKEN}
ENVIRONMENT = {
    "ENVIRONMENT": "test", "POWERTOOLS_SERVICE_NAME": "review", "DATABASE_CLUSTER_ARN": "arn:cluster",
    "DATABASE_SECRET_ARN": "arn:secret", "DATABASE_NAME": "alex", "AUDIT_TABLE": "audit", "WAITING_TABLE": "waiting",
    "REVIEW_TOPIC_ARN": "arn:topic", "ESCALATION_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/1/escalations",
    "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
}  # fmt: skip


class Steps:
    """Steps that remember; ``fault`` is raised."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []
        self.fault: Exception | None = None

    def _note(self, *what: Any) -> None:
        self.done.append(what)
        if self.fault:
            raise self.fault

    def request(self, job_id: UUID, review_id: UUID, token: str) -> None:
        self._note("request", str(job_id), str(review_id), token)

    def conclude(self, job_id: UUID) -> Conclusion:
        self._note("conclude", str(job_id))
        return Conclusion(JobStatus.FAILED, "REJECTED", "The reason: call Jane Doe.")

    def deliver(self, job_id: UUID) -> int:
        self._note("deliver", str(job_id))
        return 1


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, log: io.StringIO) -> Steps:
    """The functions with remembering steps, and their log."""
    steps = Steps()
    told = PowertoolsTelemetry(service="review-test", environment="test", namespace="Alex", level="DEBUG")
    monkeypatch.setattr(told.logger.registered_handler, "stream", log)
    monkeypatch.setattr(review, "steps", lambda: (steps, told))
    monkeypatch.setattr(review, "decisions", lambda: (steps, told))
    return steps


def test_steps_and_decisions_are_passed_on(made: Steps, log: io.StringIO) -> None:
    """HITL-01: the answer is the workflow's output, which its history keeps: status and code, no word of anybody."""
    assert review.handler(REQUEST, None) == {"asked": True}
    assert review.handler({"step": "conclude", "job_id": JOB}, None) == {"status": "failed", "code": "REJECTED"}
    assert review.decision_handler({"job_id": JOB}, None) == {"delivered": 1}
    assert made.done == [("request", JOB, REVIEW, TOKEN), ("conclude", JOB), ("deliver", JOB)]
    assert TOKEN not in log.getvalue()
    assert "Jane" not in log.getvalue()


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({}, "job_id"), ({"job_id": None}, "job_id"), ({"job_id": "x' OR 1=1"}, "job_id"), ({"job_id": []}, "job_id"),
        ({"job_id": JOB}, "step"), ({"job_id": JOB, "step": "approve"}, "step"), ({**REQUEST, "step": []}, "step"),
        ({**REQUEST, "review_id": ""}, "review_id"), ({**REQUEST, "review_id": {}}, "review_id"),
        ({**REQUEST, "token": None}, "token"), ({**REQUEST, "token": ""}, "token"), ({**REQUEST, "token": 7}, "token"),
        ({name: REQUEST[name] for name in ("step", "job_id", "review_id")}, "token"),
    ],
)  # fmt: skip
def test_what_is_no_step_is_refused_by_name(made: Steps, log: io.StringIO, event: dict[str, Any], field: str) -> None:
    """SEC-18: an execution started by hand with a wrong input says what is wrong, and does nothing."""
    with pytest.raises(BadRequestError) as refused:
        review.handler(event, None)
    assert [detail.field for detail in refused.value.details] == [field]
    assert made.done == []
    assert TOKEN not in log.getvalue()


@pytest.mark.parametrize("fault", [NothingToReviewError("decided"), ReviewsOpenError("open"), RuntimeError("broken")])
def test_a_step_that_fails_is_told_without_its_token(made: Steps, log: io.StringIO, fault: Exception) -> None:
    """HITL-01: the workflow goes by the error's name; the log has the stack and not the secret that answers for a
    person."""
    made.fault = fault
    with pytest.raises(type(fault)):
        review.handler(REQUEST, None)
    assert "Traceback" in log.getvalue()
    assert TOKEN not in log.getvalue()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for forgotten in (forget, review.steps.cache_clear, review.decisions.cache_clear):
        forgotten()
    yield
    for forgotten in (forget, review.steps.cache_clear, review.decisions.cache_clear):
        forgotten()


def test_the_functions_are_wired_from_their_environment(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONF-02: a missing variable is named at the first call."""
    assert review.steps()[0].trail.telemetry is review.steps()[1], "the trail's entries are lines of the log"
    assert review.decisions()[0].trail.telemetry is review.decisions()[1]
    monkeypatch.delenv("WAITING_TABLE")
    forget()
    review.steps.cache_clear()
    with pytest.raises(ConfigurationError, match="WAITING_TABLE"):
        review.steps()
