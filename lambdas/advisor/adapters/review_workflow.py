"""The review workflow in Step Functions: started by the planner and the sweeper, answered by one function.

Decisions: an execution has the job's id as its name, so that it exists once; its input holds ids and seconds, never a
client's data. Answers go through a function of their own, the only one that may read the tokens and answer.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from advisor.domain.errors import UnavailableError
from advisor.domain.review import Review

QUICK = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
MARGIN_SECONDS = 5
"""The workflow's clock stops this much after the database's, which decides."""
OVER = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


def client(service: str) -> Any:
    """A boto3 client that answers in milliseconds or tries again."""
    return boto3.client(service, config=QUICK)  # type: ignore[call-overload]


@dataclass(frozen=True)
class StepFunctionsWorkflow:
    """Port Workflow; a caller needs only the clients of what it does."""

    states: Any = None
    functions: Any = None
    state_machine: str = ""
    review_function: str = ""
    decision_function: str = ""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def start(self, job_id: UUID, reviews: Sequence[Review]) -> None:
        """See the port."""
        waits = [
            {"job_id": str(job_id), "review_id": str(one.id), "reason": one.reason.value, "seconds": self._seconds(one)}
            for one in reviews
        ]
        try:
            self.states.start_execution(
                stateMachineArn=self.state_machine,
                name=str(job_id),
                input=json.dumps({"job_id": str(job_id), "reviews": waits}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise UnavailableError() from error
        except BotoCoreError as error:
            raise UnavailableError() from error

    def _seconds(self, review: Review) -> int:
        return max(1, math.ceil((review.expires_at - self.now()).total_seconds()) + MARGIN_SECONDS)

    def deliver(self, job_id: UUID) -> None:
        """See the port."""
        self._invoke(self.decision_function, "Event", {"job_id": str(job_id)})

    def conclude(self, job_id: UUID) -> None:
        """See the port."""
        self._invoke(self.review_function, "RequestResponse", {"step": "conclude", "job_id": str(job_id)})

    def _invoke(self, function: str, kind: str, event: dict[str, Any]) -> None:
        try:
            answer = self.functions.invoke(
                FunctionName=function, InvocationType=kind, Payload=json.dumps(event).encode()
            )
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError() from error
        if "FunctionError" in answer:
            raise UnavailableError()


@dataclass(frozen=True)
class StepFunctionsAnswers:
    """Port WaitingWorkflow."""

    states: Any

    def answer(self, token: str, *, review: Review) -> bool:
        """See the port."""
        output = json.dumps({"review_id": str(review.id), "state": review.state.value})
        try:
            self.states.send_task_success(taskToken=token, output=output)
        except ClientError as error:
            if error.response["Error"]["Code"] in OVER:
                return False
            raise UnavailableError() from error
        except BotoCoreError as error:
            raise UnavailableError() from error
        return True


@dataclass(frozen=True)
class DynamoTaskTokens:
    """Port TaskTokens over a table of its own: one function may write it, one other may read it, nobody lists it."""

    client: Any
    table: str

    def keep(self, review_id: UUID, token: str, *, until: datetime) -> None:
        """The newest token of a review counts: a step that was tried again has a new one."""
        item = {
            "review_id": {"S": str(review_id)},
            "token": {"S": token},
            "expires_at": {"N": str(int(until.timestamp()))},
        }
        try:
            self.client.put_item(TableName=self.table, Item=item)
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError() from error

    def of(self, review_id: UUID) -> str | None:
        """See the port."""
        try:
            answer = self.client.get_item(
                TableName=self.table, Key={"review_id": {"S": str(review_id)}}, ConsistentRead=True
            )
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError() from error
        item = answer.get("Item")
        return str(item["token"]["S"]) if item else None
