"""Each user's token bucket in DynamoDB (API-03): the arithmetic is the domain's, this is its memory.

Decisions: the write is conditional on the bucket that was read, so simultaneous requests cannot share a token; a user
whose requests keep overtaking each other is over the limit by any measure; and when the table itself does not answer,
requests pass, because the stage's own throttle still protects the system and nobody should be locked out by a counter.
"""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from advisor.domain.rate import Bucket, Decision, take

ATTEMPTS = 5
KEEP_SECONDS = 3600
"""A bucket untouched for so long is full again; the table's time to live removes it."""


class RateTableError(Exception):
    """The table did not answer."""


class RateTable:
    """Token buckets by verified user id: ``rate`` tokens a second, at most ``burst``."""

    def __init__(
        self, *, table: str, rate: float, burst: float, client: Any, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = table
        self._rate = rate
        self._burst = burst
        self._clock = clock

    def take(self, subject: str) -> Decision:
        """One token of the subject's bucket; raises RateTableError."""
        try:
            for _ in range(ATTEMPTS):
                before = self._read(subject)
                decision = take(before, now=self._clock(), rate=self._rate, burst=self._burst)
                if not decision.allowed or self._replace(subject, before, decision.bucket):
                    return decision
        except (BotoCoreError, ClientError) as error:
            raise RateTableError(type(error).__name__) from error
        return Decision(allowed=False, retry_after=1, bucket=decision.bucket)

    def _read(self, subject: str) -> Bucket | None:
        item = self._client.get_item(TableName=self._table, Key={"subject": {"S": subject}}, ConsistentRead=True).get(
            "Item"
        )
        return Bucket(tokens=float(item["tokens"]["N"]), at=float(item["at"]["N"])) if item else None

    def _replace(self, subject: str, before: Bucket | None, after: Bucket) -> bool:
        """True when nobody else took a token meanwhile."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(subject)"}
        if before is not None:
            condition = {
                "ConditionExpression": "#tokens = :tokens AND #at = :at",
                "ExpressionAttributeNames": {"#tokens": "tokens", "#at": "at"},
                "ExpressionAttributeValues": {":tokens": _number(before.tokens), ":at": _number(before.at)},
            }
        item = {
            "subject": {"S": subject},
            "tokens": _number(after.tokens),
            "at": _number(after.at),
            "expires_at": {"N": str(int(after.at) + KEEP_SECONDS)},
        }
        try:
            self._client.put_item(TableName=self._table, Item=item, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _number(value: float) -> dict[str, str]:
    """DynamoDB number of a float, exactly as it reads back."""
    return {"N": f"{Decimal(repr(value)):f}"}
