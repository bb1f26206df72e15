"""The AI audit trail: append-only, chained, whole under agents that write at once (XAI-04, XAI-05)."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import boto3
import pytest
from moto import mock_aws

from advisor.adapters.audit_table import DynamoAuditLog
from advisor.domain.audit import decision, verify_chain
from advisor.domain.audit_check import check
from advisor.domain.audit_trail import Seal, Trail, stored_form
from advisor.domain.errors import UnavailableError
from advisor.domain.models import AuditEntry
from advisor.domain.vocabulary import EntryKind
from tests.advisor.dynamodb import Atomic

TABLE = "audit"
NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)


def entry(agent: str = "reporter", *, job_id: str = "job-1", at: datetime = NOW, **more: Any) -> AuditEntry:
    fields: dict[str, Any] = {
        "timestamp": at, "agent": agent, "job_id": job_id, "user_id": "user-1", "model": "m", "input": {"a": 1},
        "output": {"b": 2}, "duration_ms": 12, "verdict": "PASS", "prompt_version": "r-1",
        "tokens": {"in": 1, "out": 2}, "cost_usd": Decimal("0.000123"),
    }  # fmt: skip
    return decision(**(fields | more))


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "job_id", "KeyType": "HASH"},
                {"AttributeName": "entry_id", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("job_id", "entry_id", "agent", "timestamp")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by_agent",
                    "KeySchema": [
                        {"AttributeName": "agent", "KeyType": "HASH"},
                        {"AttributeName": "timestamp", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        yield client


def test_entries_come_back_exactly_and_form_a_chain(client: Any) -> None:
    """A hash that does not survive storage could never be verified."""
    log = DynamoAuditLog(client, TABLE)
    stored = [log.append(entry(agent, at=NOW + timedelta(seconds=n))) for n, agent in enumerate(("tagger", "reporter"))]
    assert log.entries("job-1") == stored
    assert verify_chain(stored, head=stored[-1].entry_hash).ok
    assert stored[0].prev_hash is None
    assert stored[1].prev_hash == stored[0].entry_hash
    assert stored[0].cost_usd == Decimal("0.000123")


def test_jobs_have_chains_of_their_own(client: Any) -> None:
    """One job's entries must be verifiable without another's."""
    log = DynamoAuditLog(client, TABLE)
    log.append(entry())
    other = log.append(entry(job_id="job-2"))
    assert other.prev_hash is None
    assert log.entries("job-2") == [other]


def test_an_entry_from_a_slow_clock_still_follows_the_last_one(client: Any) -> None:
    """Agents' clocks differ by milliseconds; the order of reading must be the order of the chain."""
    log = DynamoAuditLog(client, TABLE)
    log.append(entry("tagger", at=NOW))
    log.append(entry("charter", at=NOW - timedelta(seconds=3)))
    log.append(entry("charter", at=NOW - timedelta(seconds=3)))
    found = log.entries("job-1")
    assert [one.agent for one in found] == ["tagger", "charter", "charter"]
    assert verify_chain(found).ok


def test_parallel_agents_lose_nothing_and_keep_the_chain(client: Any) -> None:
    """Four agents finishing together must not fork the chain or overwrite each other."""
    writers = 8
    together, atomic = Barrier(writers), Atomic(client)

    def write(number: int) -> AuditEntry:
        together.wait()
        log = DynamoAuditLog(atomic, TABLE, sleep=lambda _s: None)  # type: ignore[arg-type]
        return log.append(entry(f"agent-{number % 4}", at=NOW))

    with ThreadPoolExecutor(writers) as pool:
        written = list(pool.map(write, range(writers)))
    found = DynamoAuditLog(client, TABLE).entries("job-1")
    assert verify_chain(found).ok
    assert {one.entry_hash for one in found} == {one.entry_hash for one in written}
    assert len(found) == writers


def test_what_is_said_once_is_said_once_by_writers_at_the_same_time(client: Any) -> None:
    """XAI-04: two deliveries of one decision that look before they write would both find nothing and both write."""
    looked, atomic = Barrier(6), Atomic(client)

    def write(_number: int) -> AuditEntry | None:
        def done(known: Sequence[AuditEntry]) -> bool:
            if len(known) == 1:
                looked.wait()
            return any(one.decision == "approved" for one in known)

        log = DynamoAuditLog(atomic, TABLE, sleep=lambda _s: None)  # type: ignore[arg-type]
        return log.append_unless(entry(decision="approved"), done)

    log = DynamoAuditLog(client, TABLE)
    log.append(entry())
    with ThreadPoolExecutor(6) as pool:
        assert len([one for one in pool.map(write, range(6)) if one is not None]) == 1
    assert [one.decision for one in log.entries("job-1")] == ["", "approved"]
    assert check(log.trail("job-1"), closed=False).ok


class Behind:
    """A client that for its first reads sees the chain as it was before another writer."""

    def __init__(self, client: Any, stale_reads: int) -> None:
        self._client, self.stale = client, stale_reads

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def query(self, **request: Any) -> Any:
        if self.stale:
            self.stale -= 1
            return {"Items": []}
        return self._client.query(**request)


def test_whoever_loses_the_race_reads_the_new_end_and_tries_again(client: Any) -> None:
    """The second writer of the same link is refused by the table itself, not by luck."""
    first = DynamoAuditLog(client, TABLE).append(entry("tagger"))
    sleeps: list[float] = []
    second = DynamoAuditLog(Behind(client, 2), TABLE, sleep=sleeps.append).append(entry("reporter"))  # type: ignore[arg-type]
    assert second.prev_hash == first.entry_hash
    assert len(sleeps) == 2


def test_a_chain_that_stays_contended_is_unavailable_and_not_forked(client: Any) -> None:
    """Giving up must leave what was there."""
    DynamoAuditLog(client, TABLE).append(entry("tagger"))
    with pytest.raises(UnavailableError):
        DynamoAuditLog(Behind(client, 99), TABLE, sleep=lambda _s: None).append(entry())  # type: ignore[arg-type]
    assert len(DynamoAuditLog(client, TABLE).entries("job-1")) == 1


def test_a_missing_table_is_unavailable(client: Any) -> None:
    """An agent must not give a decision that nobody recorded."""
    with pytest.raises(UnavailableError):
        DynamoAuditLog(client, "nowhere").append(entry())


def test_the_index_by_agent_holds_entries_and_no_links(client: Any) -> None:
    """Compliance queries by agent and date see decisions only; the user only as a hash, no prompt at all."""
    log = DynamoAuditLog(client, TABLE)
    log.append(entry("charter"))
    log.append(entry("charter"))
    items = client.query(
        TableName=TABLE,
        IndexName="by_agent",
        KeyConditionExpression="agent = :a",
        ExpressionAttributeValues={":a": {"S": "charter"}},
    )["Items"]
    assert len(items) == 2
    everything = str(client.scan(TableName=TABLE)["Items"])
    assert "user-1" not in everything


def test_what_is_stored_is_what_the_check_reads(client: Any) -> None:
    """XAI-04: entries, what stands beside them, and their links come back as they were written: nothing to find."""
    log = DynamoAuditLog(client, TABLE)
    assert log.trail("job-1") == Trail("job-1", (), {})
    stored = [log.append(entry()), log.append(entry("planner", kind=EntryKind.CLOSING))]
    found = check(log.trail("job-1"), seal=Seal(1, stored[-1].entry_hash or ""))
    assert (found.faults, list(found.entries)) == ((), stored)


def test_a_changed_item_is_noticed(client: Any) -> None:
    """XAI-04: whoever edits the table by hand is found at the place."""
    log = DynamoAuditLog(client, TABLE)
    stored = [log.append(entry()), log.append(entry())]
    key = {"job_id": {"S": "job-1"}, "entry_id": {"S": stored_form(stored[0]).key}}
    item = client.get_item(TableName=TABLE, Key=key)["Item"]
    client.put_item(TableName=TABLE, Item=item | {"entry": {"S": item["entry"]["S"].replace("PASS", "FAIL")}})
    assert [(fault.what, fault.position) for fault in check(log.trail("job-1"), closed=False).faults] == [
        ("changed", 1)
    ]


def test_a_cut_off_end_is_noticed_by_its_link(client: Any) -> None:
    """XAI-04: entries that vanish at the end leave a chain that looks whole: the link to them is still there."""
    log = DynamoAuditLog(client, TABLE)
    stored = [log.append(entry()) for _ in range(3)]
    client.delete_item(TableName=TABLE, Key={"job_id": {"S": "job-1"}, "entry_id": {"S": stored_form(stored[-1]).key}})
    left = log.entries("job-1")
    assert len(left) == 2
    assert verify_chain(left).ok
    assert [(fault.what, fault.position) for fault in check(log.trail("job-1"), closed=False).faults] == [
        ("removed", 3)
    ]


def test_links_that_somebody_forged_into_a_ring_end(client: Any) -> None:
    """Reading a trail must end, whatever stands in the table."""
    log = DynamoAuditLog(client, TABLE)
    for before, after in (("start", "a"), ("a", "b"), ("b", "a")):
        item = {"job_id": {"S": "j"}, "entry_id": {"S": f"!after#{before}"}, "followed_by": {"S": after}}
        client.put_item(TableName=TABLE, Item=item)
    assert {fault.what for fault in check(log.trail("j")).faults} == {"links", "removed", "not closed"}
