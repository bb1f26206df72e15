"""The planner's function as SQS calls it: redelivery, the DLQ, duplicates, and messages nobody can read (AGENT-02)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from moto import mock_aws

from advisor.adapters.telemetry import PowertoolsTelemetry
from advisor.agents import attempt
from advisor.domain.errors import NotFoundError, UnavailableError
from advisor.domain.vocabulary import JobStatus
from advisor.handlers import planner

REGION = "us-east-1"
CONTEXT = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 900_000, function_name="planner", memory_limit_in_mb=128,
    invoked_function_arn="arn:planner", aws_request_id="r-1",
)  # fmt: skip


@dataclass
class Queue:
    """The analysis queue with its DLQ, and the event source that feeds the handler."""

    sqs: Any
    url: str
    dead: str

    def send(self, body: Any) -> None:
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body if isinstance(body, str) else json.dumps(body))

    def deliver(self) -> str:
        """One poll as Lambda's event source does it: "nothing", "done" (deleted) or the error's name (left)."""
        messages = self.sqs.receive_message(QueueUrl=self.url, AttributeNames=["All"]).get("Messages", [])
        if not messages:
            return "nothing"
        (message,) = messages
        record = {
            "messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"],
            "attributes": message["Attributes"], "messageAttributes": {}, "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:analysis", "awsRegion": REGION,
        }  # fmt: skip
        try:
            answer = planner.handler({"Records": [record]}, CONTEXT)
        except BatchProcessingError as error:
            return type(error.child_exceptions[0][1]).__name__
        assert answer == {"batchItemFailures": []}
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return "done"

    def dead_letters(self) -> list[str]:
        messages = self.sqs.receive_message(QueueUrl=self.dead, MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in messages]


@pytest.fixture
def queue(world: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    monkeypatch.setattr(attempt, "FIRST_BACKOFF_SECONDS", 0.0)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "planner")
    with mock_aws():
        sqs = boto3.client("sqs", region_name=REGION)
        dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
        attributes: Any = {"RedrivePolicy": redrive, "VisibilityTimeout": "5400"}
        url = sqs.create_queue(QueueName="analysis", Attributes=attributes)["QueueUrl"]
        dynamodb = boto3.client("dynamodb", region_name=REGION)
        dynamodb.create_table(
            TableName="idempotency",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        wiring = planner.Wiring(
            attempts=world.attempts,
            telemetry=PowertoolsTelemetry(service="planner", environment="test", namespace="Alex", level="INFO"),
            queue=sqs,
            queue_url=url,
            idempotency=DynamoDBPersistenceLayer(table_name="idempotency", boto3_client=dynamodb),
        )
        monkeypatch.setattr(planner, "wiring", lambda: wiring)
        yield Queue(sqs, url, dead)


@pytest.fixture
def message(world: Any) -> dict[str, Any]:
    """What the API sends (domain A.2)."""
    return {
        "job_id": str(world.job_id), "user_id": "alice", "analysis_type": "portfolio", "options": {},
        "correlation_id": "corr-1", "schema_version": 1,
    }  # fmt: skip


@pytest.fixture
def break_storage(world: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """The next so many attempts cannot store their results."""
    store = world.jobs.record_payloads

    def broken(times: int) -> None:
        left = [times]

        def record(job_id: Any, payloads: Any) -> None:
            if left[0]:
                left[0] -= 1
                raise UnavailableError()
            store(job_id, payloads)

        monkeypatch.setattr(world.jobs, "record_payloads", record)

    return broken


def test_a_message_completes_its_job_and_is_deleted(queue: Queue, message: Any, world: Any) -> None:
    """The whole way from the queue to the stored result."""
    queue.send(message)
    assert queue.deliver() == "done"
    assert world.job().status is JobStatus.COMPLETED
    assert queue.deliver() == "nothing"


def test_a_bare_job_id_is_a_message_too(queue: Queue, world: Any) -> None:
    """Domain A.2: both forms are accepted."""
    queue.send(str(world.job_id))
    assert queue.deliver() == "done"
    assert world.job().status is JobStatus.COMPLETED


def test_a_passing_failure_is_redelivered_within_seconds_and_completes(
    queue: Queue, message: Any, world: Any, break_storage: Any
) -> None:
    """The queue's own 5,400 seconds would be the user's wait without the shortened visibility."""
    break_storage(2)
    queue.send(message)
    assert [queue.deliver() for _ in range(3)] == ["UnavailableError", "UnavailableError", "done"]
    assert world.job().status is JobStatus.COMPLETED
    assert queue.dead_letters() == []


def test_a_job_that_always_fails_is_failed_and_its_message_reaches_the_dlq(
    queue: Queue, message: Any, world: Any, break_storage: Any
) -> None:
    """Defect 1: SQS deleted the message and the DLQ was never used."""
    break_storage(99)
    queue.send(message)
    assert [queue.deliver() for _ in range(4)] == ["UnavailableError"] * 3 + ["nothing"]
    job = world.job()
    assert (job.status, job.attempt, job.error_message) == (JobStatus.FAILED, 3, attempt.FAILED_TEXT)
    assert [json.loads(body)["job_id"] for body in queue.dead_letters()] == [str(world.job_id)]


@pytest.mark.parametrize("body", ["{", "[]", "null", '{"job_id": "not-a-uuid"}', '{"user_id": "alice"}', "DROP TABLE"])
def test_a_message_nobody_can_read_reaches_the_dlq_after_three_receives(queue: Queue, body: str, world: Any) -> None:
    """SYS-07: a poisoned message is kept for analysis and never blocks the queue for 90 minutes."""
    queue.send(body)
    assert [queue.deliver() for _ in range(4)] == ["BadRequestError"] * 3 + ["nothing"]
    assert queue.dead_letters() == [body]
    assert world.job().status is JobStatus.PENDING


def test_a_message_of_a_job_that_does_not_exist_reaches_the_dlq(queue: Queue) -> None:
    """Nothing is silently dropped."""
    queue.send({"job_id": "00000000-0000-4000-8000-000000000000"})
    assert [queue.deliver() for _ in range(4)] == ["NotFoundError"] * 3 + ["nothing"]
    assert len(queue.dead_letters()) == 1


def test_the_same_message_twice_asks_the_database_nothing_more(
    queue: Queue, message: Any, world: Any, rds_data: Any
) -> None:
    """A repeated message of a finished job must not wake a paused database, nor change the result."""
    queue.send(message)
    queue.deliver()
    before = world.job()
    statements = len(rds_data.statements)
    queue.send(message)
    assert queue.deliver() == "done"
    assert len(rds_data.statements) == statements
    assert world.job() == before


def test_a_duplicate_of_a_running_job_leaves_no_record_that_it_was_finished(
    queue: Queue, message: Any, world: Any
) -> None:
    """Were the duplicate remembered as done, the running planner's redelivery would be dropped."""
    world.jobs.claim(world.job_id, stale_after_seconds=905)
    queue.send(message)
    assert queue.deliver() == "done"
    world.jobs.transition(world.job_id, before=(JobStatus.RUNNING,), after=JobStatus.PENDING)
    queue.send(message)
    assert queue.deliver() == "done"
    assert world.job().status is JobStatus.COMPLETED


def test_called_directly_it_answers_and_raises(queue: Queue, world: Any, break_storage: Any) -> None:
    """Operators run one job by hand; without a queue behind it the first failure is final."""
    break_storage(1)
    with pytest.raises(UnavailableError):
        planner.handler({"job_id": str(world.job_id)}, CONTEXT)
    assert world.job().status is JobStatus.FAILED
    with pytest.raises(NotFoundError):
        planner.handler({"job_id": "00000000-0000-4000-8000-000000000000"}, CONTEXT)


def test_a_direct_call_completes(queue: Queue, world: Any) -> None:
    """The answer names the job and what became of it."""
    answer = planner.handler({"job_id": str(world.job_id)}, CONTEXT)
    assert (answer["success"], answer["outcome"], answer["job_id"]) == (True, "completed", str(world.job_id))


def test_metrics_are_one_emf_line_an_agent_with_the_three_dimensions(
    queue: Queue, message: Any, world: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """OBS: dashboards find metrics by Environment, Service and Agent in the namespace Alex."""
    wired = planner.wiring()
    telling = replace(world.attempts.planner, telemetry=wired.telemetry)
    wired = replace(wired, attempts=replace(world.attempts, planner=telling))
    monkeypatch.setattr(planner, "wiring", lambda: wired)
    queue.send(message)
    capsys.readouterr()
    queue.deliver()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    by_agent = {line["Agent"]: line for line in lines}
    (described,) = by_agent["planner"]["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == "Alex"
    assert sorted(described["Dimensions"][0]) == ["Agent", "Environment", "Service"]
    assert {"JobsStarted", "JobsCompleted", "AnalysisDurationMs"} <= {one["Name"] for one in described["Metrics"]}
