"""A delivered SQS message as the planner sees it: how often it came, and when it may come again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_SECONDS = 43_200
"""SQS's own limit of a message's invisibility: 12 hours."""


@dataclass(frozen=True)
class SqsDelivery:
    """Delivery over ChangeMessageVisibility; ``warn`` hears of a refused change, which only leaves the old delay."""

    client: "SQSClient"
    queue_url: str
    receipt_handle: str
    receives: int
    warn: Callable[[str], None]

    def return_after(self, seconds: float) -> None:
        """Deliver the message again after so many seconds (rounded up, 0 to 12 hours)."""
        whole = max(0, min(LONGEST_SECONDS, int(-(-seconds // 1))))
        try:
            self.client.change_message_visibility(
                QueueUrl=self.queue_url, ReceiptHandle=self.receipt_handle, VisibilityTimeout=whole
            )
        except (ClientError, BotoCoreError) as error:
            self.warn(f"the message keeps its delay: {type(error).__name__}")


@dataclass(frozen=True)
class DirectCall:
    """A job asked for without the queue: nothing delivers it again, so its first attempt is its last."""

    receives: int = 1_000_000

    def return_after(self, seconds: float) -> None:
        """Nothing to return to."""
