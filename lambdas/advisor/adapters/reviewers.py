"""How the people who review are told: a topic for all reviews, and a queue that holds the open escalations (HITL-02).

A message names the review, its reason and its times; whoever reads it signs in to see the client's data.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError

from advisor.domain.errors import UnavailableError
from advisor.domain.review import Review, ReviewReason

AUDIENCE = {
    ReviewReason.VALUE: "senior advisers: value above the limit",
    ReviewReason.RISK: "risk escalation: risk score above the limit",
    ReviewReason.CONFIDENCE: "expert review: low confidence",
}
ROUNDS = 10
"""Batches of ten that one sweep looks through."""
HIDDEN_SECONDS = 900
"""How long a message that stays is hidden: a thousand receives then last ten days."""


@dataclass(frozen=True)
class NotifiedReviewers:
    """Port Reviewers over SNS and SQS."""

    topics: Any
    topic: str
    queues: Any
    escalation_queue: str

    def ask(self, review: Review) -> None:
        """See the port."""
        try:
            if review.reason is ReviewReason.RISK:
                self.queues.send_message(QueueUrl=self.escalation_queue, MessageBody=_message(review))
            self._publish(review, AUDIENCE[review.reason])
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError() from error

    def escalate(self, review: Review) -> None:
        """See the port."""
        try:
            self._publish(review, "a review expired and its advice was not released")
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError() from error

    def _publish(self, review: Review, subject: str) -> None:
        kinds = {"reason": review.reason.value, "state": review.state.value}
        self.topics.publish(
            TopicArn=self.topic,
            Subject=f"Alex: {subject}",
            Message=_message(review),
            MessageAttributes={name: {"DataType": "String", "StringValue": word} for name, word in kinds.items()},
        )


def _message(review: Review) -> str:
    return json.dumps(
        {
            "review_id": str(review.id),
            "job_id": str(review.job_id),
            "reason": review.reason.value,
            "state": review.state.value,
            "requested_at": review.requested_at.isoformat(),
            "expires_at": review.expires_at.isoformat(),
            "decide_at": f"/api/reviews/{review.id}",
        }
    )


@dataclass(frozen=True)
class Escalations:
    """The escalation queue as the sweeper keeps it: it holds what is open, and nothing else."""

    queues: Any
    url: str

    def clear(self, is_open: Callable[[UUID], bool]) -> int:
        """Delete the messages of reviews that are not open, and what names none; how many. Raises UnavailableError."""
        cleared = 0
        try:
            for _ in range(ROUNDS):
                found = self.queues.receive_message(
                    QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN_SECONDS
                ).get("Messages", [])
                for message in found:
                    review_id = _review_of(message["Body"])
                    if review_id is None or not is_open(review_id):
                        self.queues.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                        cleared += 1
                if not found:
                    break
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError() from error
        return cleared


def _review_of(body: str) -> UUID | None:
    """Which review a message is about; None when it is not one of ours: it must not hold up those behind it."""
    try:
        return UUID(json.loads(body)["review_id"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
