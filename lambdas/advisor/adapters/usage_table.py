"""The usage meter in DynamoDB: what jobs and users spend, and a job's budget that parallel agents cannot overshoot.

One item a job (``job#<id>``): ``committed`` is what calls have cost plus what running calls may still cost. A call
reserves its worst case by one conditional update, ``committed <= budget - amount``, which DynamoDB serialises; its end
replaces the reservation by the real cost. The reservation stands in the item under its own id, so that neither update
counts twice when its answer is lost and botocore repeats it. A reservation whose function died is never freed: the job
spends less then, not more, whatever happens and however often it is delivered.

Counters are flat (``cost:reporter``), because ADD makes a missing attribute and not a missing map. A user's month
(``user#<hash>#yyyy-mm``) is counted by what a call cost; it bounds nothing.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from advisor.domain.pseudonyms import user_hash
from advisor.domain.usage import JobUsage, Usage
from advisor.ports.usage import MeterUnavailableError, Reservation

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 86_400
JOB_KEPT, USER_KEPT = 35 * DAY, 400 * DAY
"""A job's counters are in its summary; a user's month is compared with the same month a year later."""

COUNTERS = ("calls", "tokens_in", "tokens_out", "latency_seconds", "cost_usd", "guardrail_units")


@dataclass(frozen=True)
class DynamoUsageMeter:
    """UsageMeter over one table; ``budget`` of a job in US dollars, ``clock`` in seconds since the epoch."""

    client: "DynamoDBClient"
    table: str
    budget: Decimal
    clock: Callable[[], float] = time.time

    def reserve(self, job_id: str, amount: Decimal) -> Reservation | None:
        """See UsageMeter."""
        if amount > self.budget:
            return None
        mine = f"r:{uuid.uuid4().hex}"
        try:
            self.client.update_item(
                TableName=self.table,
                Key=_job(job_id),
                UpdateExpression="SET #mine = :amount, expires_at = :expires ADD committed :amount",
                ConditionExpression="attribute_not_exists(#mine) AND "
                "(attribute_not_exists(committed) OR committed <= :most)",
                ExpressionAttributeNames={"#mine": mine},
                ExpressionAttributeValues={
                    ":amount": _number(amount),
                    ":most": _number(self.budget - amount),
                    ":expires": self._expires(JOB_KEPT),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not _refused(error):
                raise MeterUnavailableError(_code(error)) from error
            # Our own reservation in the way: the first answer was lost, and this is its repetition.
            if not _holds(error, mine):
                return None
        except BotoCoreError as error:
            raise MeterUnavailableError(type(error).__name__) from error
        return Reservation(mine, job_id, amount)

    def settle(self, reservation: Reservation, usage: Usage, *, agent: str, user_id: str) -> None:
        """See UsageMeter."""
        names = {f"#{name}": f"{name}:{agent}" for name in COUNTERS}
        values = {f":{name}": _number(value) for name, value in _counts(usage).items()}
        added = ", ".join(f"#{name} :{name}" for name in COUNTERS)
        try:
            self.client.update_item(
                TableName=self.table,
                Key=_job(reservation.job_id),
                UpdateExpression=f"REMOVE #mine ADD committed :change, {added}",
                ConditionExpression="attribute_exists(#mine)",
                ExpressionAttributeNames={"#mine": reservation.reservation_id, **names},
                ExpressionAttributeValues={":change": _number(usage.cost_usd - reservation.amount), **values},
            )
            self._count_for_user(user_id, values)
        except ClientError as error:
            if not _refused(error):
                raise MeterUnavailableError(_code(error)) from error
        except BotoCoreError as error:
            raise MeterUnavailableError(type(error).__name__) from error

    def of_job(self, job_id: str) -> JobUsage:
        """See UsageMeter."""
        try:
            found = self.client.get_item(TableName=self.table, Key=_job(job_id), ConsistentRead=True)
        except (ClientError, BotoCoreError) as error:
            raise MeterUnavailableError(type(error).__name__) from error
        return JobUsage(_by_agent(found.get("Item", {})))

    def _count_for_user(self, user_id: str, values: Mapping[str, Any]) -> None:
        month = datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m")
        self.client.update_item(
            TableName=self.table,
            Key={"subject": {"S": f"user#{user_hash(user_id)}#{month}"}},
            UpdateExpression="SET expires_at = :expires ADD " + ", ".join(f"{name} :{name}" for name in COUNTERS),
            ExpressionAttributeValues={**values, ":expires": self._expires(USER_KEPT)},
        )

    def _expires(self, seconds: int) -> Any:
        return {"N": str(int(self.clock()) + seconds)}


def _job(job_id: str) -> dict[str, Any]:
    return {"subject": {"S": f"job#{job_id}"}}


def _counts(usage: Usage) -> dict[str, Decimal | int]:
    # Milliseconds: a sum of binary fractions would grow a tail of digits.
    latency = Decimal(round(usage.latency_seconds * 1000)) / 1000
    return {
        "calls": usage.calls,
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "latency_seconds": latency,
        "cost_usd": usage.cost_usd,
        "guardrail_units": usage.guardrail_units,
    }


def _by_agent(item: Mapping[str, Any]) -> dict[str, Usage]:
    agents = {name.partition(":")[2] for name in item if name.startswith("calls:")}

    def count(name: str, agent: str) -> Decimal:
        return Decimal(item.get(f"{name}:{agent}", {"N": "0"})["N"])

    return {
        agent: Usage(
            calls=int(count("calls", agent)),
            tokens_in=int(count("tokens_in", agent)),
            tokens_out=int(count("tokens_out", agent)),
            latency_seconds=float(count("latency_seconds", agent)),
            cost_usd=count("cost_usd", agent),
            guardrail_units=int(count("guardrail_units", agent)),
        )
        for agent in agents
    }


def _number(value: Decimal | int) -> Any:
    return {"N": f"{Decimal(value):f}"}


def _holds(error: ClientError, attribute: str) -> bool:
    """Whether the item that refused the condition has the attribute."""
    response: Mapping[str, Any] = error.response
    return attribute in response.get("Item", {})


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _refused(error: ClientError) -> bool:
    return _code(error) == "ConditionalCheckFailedException"
