"""What leaves the platform around a review, and how the workflow's services are spoken to (SYS-38)."""

import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from advisor.adapters.review_workflow import DynamoTaskTokens, StepFunctionsAnswers, StepFunctionsWorkflow
from advisor.adapters.reviewers import NotifiedReviewers
from advisor.domain.errors import UnavailableError
from advisor.domain.review import Review, ReviewReason, ReviewState

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def review(reason: ReviewReason = ReviewReason.VALUE, state: ReviewState = ReviewState.REQUESTED) -> Review:
    """A review of ann's advice that expires in an hour."""
    return Review(
        id=UUID(int=1), job_id=UUID(int=2), owner_id="ann@example.com", reason=reason, state=state,
        traded_value=Decimal("1250000.00"), portfolio_value=Decimal(5_000_000), risk_score=8, confidence=Decimal(1),
        requested_at=NOW, expires_at=NOW + timedelta(hours=1), comment="Ann is worried.",
    )  # fmt: skip


class Service:
    """An AWS client: remembers calls, raises ``error`` when it has one."""

    def __init__(self, error: Exception | None = None, **answer: Any) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.error, self.result = error, answer

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> dict[str, Any]:
            self.calls.append((operation, request))
            if self.error:
                raise self.error
            return self.result

        return call


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "planned by the test"}}, "Operation")


@pytest.mark.parametrize("reason", list(ReviewReason))
def test_reviewers_are_told_without_the_clients_data(reason: ReviewReason) -> None:
    """HITL-01, HITL-02: a mailbox or a chat is no place for who the client is; only risk is an escalation."""
    topics, queues = Service(), Service()
    told = NotifiedReviewers(topics, "arn:topic", queues, "https://queue")
    told.ask(review(reason))
    told.escalate(review(reason, ReviewState.EXPIRED))
    assert [operation for operation, _ in topics.calls] == ["publish", "publish"]
    assert len(queues.calls) == (reason is ReviewReason.RISK)
    for _, request in [*topics.calls, *queues.calls]:
        text = json.dumps(request)
        assert "ann" not in text.lower()
        assert "1250000" not in text
        assert str(UUID(int=1)) in text
    assert all(len(request["Subject"]) <= 100 for _, request in topics.calls), "SNS takes no longer subject"


def test_a_topic_that_is_away_fails_the_step_so_that_it_is_tried_again() -> None:
    """HITL-01: a review that nobody heard of would expire unseen."""
    told = NotifiedReviewers(Service(refused("InternalError")), "arn:topic", Service(), "https://queue")
    for act in (told.ask, told.escalate):
        with pytest.raises(UnavailableError):
            act(review())


def test_the_workflow_is_started_by_the_jobs_name_with_ids_and_seconds() -> None:
    """HITL-01: the name makes it start once; the clock has a margin, because the database decides; no client data."""
    states = Service()
    StepFunctionsWorkflow(states=states, state_machine="arn:machine", now=lambda: NOW).start(UUID(int=2), [review()])
    ((operation, request),) = states.calls
    assert (operation, request["name"]) == ("start_execution", str(UUID(int=2)))
    (wait,) = json.loads(request["input"])["reviews"]
    assert wait == {
        "job_id": str(UUID(int=2)), "review_id": str(UUID(int=1)), "reason": "value_over_limit", "seconds": 3605,
    }  # fmt: skip


def test_a_review_that_is_overdue_waits_a_second_not_less() -> None:
    """HITL-01: Step Functions refuses a time limit of zero; the sweeper may start a workflow late."""
    states = Service()
    late = StepFunctionsWorkflow(states=states, now=lambda: NOW + timedelta(days=9))
    late.start(UUID(int=2), [review()])
    assert json.loads(states.calls[0][1]["input"])["reviews"][0]["seconds"] == 1


def test_starting_twice_is_starting_once() -> None:
    """HITL-01: a workflow that exists is what was wanted; any other refusal is tried again."""
    StepFunctionsWorkflow(states=Service(refused("ExecutionAlreadyExists"))).start(UUID(int=2), [review()])
    for error in (refused("ThrottlingException"), EndpointConnectionError(endpoint_url="x")):
        with pytest.raises(UnavailableError):
            StepFunctionsWorkflow(states=Service(error)).start(UUID(int=2), [review()])


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_step_that_waits_no_more_is_told_apart_from_an_outage(code: str) -> None:
    """HITL-01: the first is the end of it, the second is tried again."""
    approved = review(state=ReviewState.APPROVED)
    assert StepFunctionsAnswers(Service(refused(code))).answer("token", review=approved) is False
    states = Service()
    assert StepFunctionsAnswers(states).answer("token", review=approved) is True
    assert json.loads(states.calls[0][1]["output"]) == {"review_id": str(UUID(int=1)), "state": "approved"}
    with pytest.raises(UnavailableError):
        StepFunctionsAnswers(Service(refused("ThrottlingException"))).answer("token", review=approved)


def test_functions_are_called_and_their_failures_seen() -> None:
    """HITL-01: a decision is passed on without waiting, a conclusion is waited for; a failed function is no success."""
    functions = Service()
    workflow = StepFunctionsWorkflow(functions=functions, review_function="arn:review", decision_function="arn:decide")
    workflow.deliver(UUID(int=2))
    workflow.conclude(UUID(int=2))
    kinds = [(request["FunctionName"], request["InvocationType"]) for _, request in functions.calls]
    assert kinds == [("arn:decide", "Event"), ("arn:review", "RequestResponse")]
    failing = Service(FunctionError="Unhandled", Payload=io.BytesIO(b"{}"))
    with pytest.raises(UnavailableError):
        StepFunctionsWorkflow(functions=failing).conclude(UUID(int=2))


def test_the_newest_token_of_a_review_is_kept() -> None:
    """HITL-01: a step that was tried again waits with a new token; the table forgets it after the expiry."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="tokens",
            KeySchema=[{"AttributeName": "review_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "review_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        tokens = DynamoTaskTokens(client, "tokens")
        assert tokens.of(UUID(int=1)) is None
        tokens.keep(UUID(int=1), "old", until=NOW)
        tokens.keep(UUID(int=1), "new", until=NOW)
        assert tokens.of(UUID(int=1)) == "new"
        (item,) = client.scan(TableName="tokens")["Items"]
        assert item["expires_at"] == {"N": str(int(NOW.timestamp()))}
    away = DynamoTaskTokens(Service(refused("InternalServerError")), "tokens")
    with pytest.raises(UnavailableError):
        away.of(UUID(int=1))
    with pytest.raises(UnavailableError):
        away.keep(UUID(int=1), "t", until=NOW)
