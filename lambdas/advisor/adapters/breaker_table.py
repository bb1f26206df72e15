"""The breakers' memory in DynamoDB (LLM-07): one item a model, shared by all functions, written only where it was read.

Decisions: a write is conditional on the version that was read, so of two callers only one gets the half-open try and
no report overwrites another; a report that keeps losing is dropped, because among so many it decides nothing; and when
the table does not answer calls pass, because a counter must not stop the analysis, and whoever asks is told so.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from advisor.domain.breaker import Breaker, Outcome, Rules, Slot, State, permit, record
from advisor.ports.usage import Permit

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS = 6
KEPT_SECONDS = 86_400
"""A model that nobody called for a day starts with a closed breaker."""

CHANGES = {(State.CLOSED, State.OPEN): "opened", (State.HALF_OPEN, State.OPEN): "opened"} | {
    (State.HALF_OPEN, State.CLOSED): "closed"
}


@dataclass(frozen=True)
class DynamoBreakers:
    """CircuitBreakers over one table; ``clock`` in seconds since the epoch, as all functions have it."""

    client: "DynamoDBClient"
    table: str
    rules: Rules = field(default_factory=Rules)
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def permit(self, model_id: str) -> Permit:
        """See CircuitBreakers."""
        try:
            for _ in range(ATTEMPTS):
                before, version = self._read(model_id)
                after, allowed = permit(before, now=self.clock(), rules=self.rules)
                if after == before or self._write(model_id, after, version):
                    # Only who stored the try makes it; a caller who merely sees a closed breaker makes none.
                    return Permit(allowed, probe=after.probe if after != before else None)
        except (BotoCoreError, ClientError):
            return Permit(True, blind=True)
        return Permit(False)

    def report(self, model_id: str, permit: Permit, outcome: Outcome | None) -> str | None:
        """See CircuitBreakers."""
        try:
            for attempt in range(ATTEMPTS):
                before, version = self._read(model_id)
                after = record(before, outcome, probe=permit.probe, now=self.clock(), rules=self.rules)
                if after == before:
                    return None
                if self._write(model_id, after, version):
                    return CHANGES.get((before.state, after.state)) if outcome is not None else None
                self.sleep(random.uniform(0, 0.01 * (attempt + 1)))
        except (BotoCoreError, ClientError):
            return None
        return None

    def _read(self, model_id: str) -> tuple[Breaker, int]:
        item = self.client.get_item(TableName=self.table, Key=_key(model_id), ConsistentRead=True).get("Item")
        return (_breaker(json.loads(item["breaker"]["S"])), int(item["version"]["N"])) if item else (Breaker(), 0)

    def _write(self, model_id: str, breaker: Breaker, version: int) -> bool:
        """True when nobody else wrote meanwhile."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(subject)"}
        if version:
            values = {":version": {"N": str(version)}}
            condition = {"ConditionExpression": "version = :version", "ExpressionAttributeValues": values}
        try:
            self.client.put_item(
                TableName=self.table,
                Item={
                    **_key(model_id),
                    "breaker": {"S": json.dumps(asdict(breaker))},
                    "state": {"S": breaker.state.value},
                    "version": {"N": str(version + 1)},
                    "expires_at": {"N": str(int(self.clock()) + KEPT_SECONDS)},
                },
                **condition,
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _key(model_id: str) -> dict[str, Any]:
    return {"subject": {"S": f"model#{model_id}"}}


def _breaker(stored: Mapping[str, Any]) -> Breaker:
    slots = tuple(Slot(**slot) for slot in stored["slots"])
    return Breaker(State(stored["state"]), slots, stored["since"], stored["probe"])
