"""The AI audit trail in DynamoDB (XAI-04, XAI-05): append-only, hash-chained per job, safe under parallel agents.

An entry is written in one transaction with a link item named after the hash it follows; both only if they don't exist.
So each entry has at most one successor and nothing is ever overwritten: whoever loses the race reads the new end of the
chain and tries again. The functions need PutItem and Query, never UpdateItem or DeleteItem.

Items: pk ``job_id``; sk ``entry_id`` = ``<ISO time>#<agent>`` for entries, ``!after#<hash>`` for links (sorted before
every time, and without ``agent``: not in the index by agent). ``entry`` holds the canonical JSON that was hashed.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from advisor.domain.audit import seal
from advisor.domain.audit_trail import START, Stored, Trail, stored_form
from advisor.domain.errors import UnavailableError
from advisor.domain.models import AuditEntry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS = 12
"""Four agents and a tagger's threads may append at once; each round of a race has a winner."""

LINK = "!after#"
_CONFLICTS = frozenset(
    {"TransactionCanceledException", "TransactionConflictException", "TransactionInProgressException"}
)
_LOST = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


@dataclass(frozen=True)
class DynamoAuditLog:
    """AuditLog over one table; raises UnavailableError when the table does not take (or give) the entry."""

    client: "DynamoDBClient"
    table: str
    sleep: Callable[[float], None] = time.sleep

    def append(self, entry: AuditEntry) -> AuditEntry:
        """Seal the entry onto the job's last one and store it.

        Where clocks differ its time is moved behind the last one's, so that reading in order is the chain's order.
        """
        for attempt in range(ATTEMPTS):
            sealed = self._chained(entry, self._last(entry.job_id))
            if sealed is not None:
                return sealed
            self.sleep(random.uniform(0, 0.02 * (attempt + 1)))
        raise UnavailableError()

    def append_unless(self, entry: AuditEntry, done: Callable[[Sequence[AuditEntry]], bool]) -> AuditEntry | None:
        """See AuditLog: the entry follows the last one that ``done`` saw, or it is asked again."""
        for attempt in range(ATTEMPTS):
            known = self.entries(entry.job_id)
            if done(known):
                return None
            sealed = self._chained(entry, known[-1] if known else None)
            if sealed is not None:
                return sealed
            self.sleep(random.uniform(0, 0.02 * (attempt + 1)))
        raise UnavailableError()

    def _chained(self, entry: AuditEntry, last: AuditEntry | None) -> AuditEntry | None:
        """The stored entry behind ``last``, or None when another one follows it by now."""
        timestamp = entry.timestamp.astimezone(UTC)
        if last is not None:
            timestamp = max(timestamp, last.timestamp + timedelta(microseconds=1))
        sealed = seal(entry.model_copy(update={"timestamp": timestamp}), last)
        return sealed if self._put(sealed) else None

    def entries(self, job_id: str) -> list[AuditEntry]:
        """All entries of a job in the order of their chain."""
        items = self._items("job_id = :job AND entry_id >= :first", {":job": {"S": job_id}, ":first": {"S": "0"}})
        return [AuditEntry.model_validate_json(item["entry"]["S"]) for item in items]

    def trail(self, job_id: str) -> Trail:
        """The job's items as they stand there, entries and links, for `domain.audit_check`."""
        stored: list[Stored] = []
        links: dict[str, str] = {}
        for item in self._items("job_id = :job", {":job": {"S": job_id}}):
            values = {name: value.get("S", "") for name, value in item.items()}
            key = values.pop("entry_id")
            if key.startswith(LINK):
                links[key.removeprefix(LINK)] = values.get("followed_by", "")
            else:
                beside = {name: value for name, value in values.items() if name not in {"job_id", "entry"}}
                stored.append(Stored(key, values.get("entry", ""), beside))
        return Trail(job_id, tuple(stored), links)

    def _items(self, condition: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        try:
            return [item for page in pages for item in page["Items"]]
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError() from error

    def _last(self, job_id: str) -> AuditEntry | None:
        try:
            answer = self.client.query(
                TableName=self.table,
                KeyConditionExpression="job_id = :job AND entry_id >= :first",
                ExpressionAttributeValues={":job": {"S": job_id}, ":first": {"S": "0"}},
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError() from error
        items = answer["Items"]
        return AuditEntry.model_validate_json(items[0]["entry"]["S"]) if items else None

    def _put(self, entry: AuditEntry) -> bool:
        """True when stored, False when another entry took its place in the chain."""
        form = stored_form(entry)
        key = {"job_id": {"S": entry.job_id}, "entry_id": {"S": form.key}}
        link = {"job_id": {"S": entry.job_id}, "entry_id": {"S": f"{LINK}{entry.prev_hash or START}"}}
        stored = {**key, **{name: {"S": value} for name, value in form.attributes.items()}, "entry": {"S": form.text}}
        puts = [link | {"followed_by": {"S": entry.entry_hash or ""}}, stored]
        try:
            self.client.transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": self.table,
                            "Item": item,
                            "ConditionExpression": "attribute_not_exists(job_id)",
                        }
                    }
                    for item in puts
                ]
            )
        except ClientError as error:
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
            if error.response["Error"]["Code"] in _CONFLICTS and (not reasons or reasons & _LOST):
                return False
            raise UnavailableError() from error
        except BotoCoreError as error:
            raise UnavailableError() from error
        return True
