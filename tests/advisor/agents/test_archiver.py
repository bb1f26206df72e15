"""From the table's stream into the write-once archive: nothing is lost, nothing twice, tampering is told."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from advisor.adapters.audit_archive import S3AuditArchive
from advisor.domain.audit import canonical_json, decision, seal
from advisor.domain.audit_trail import archive_key, stored_form
from advisor.domain.errors import UnavailableError
from advisor.domain.models import AuditEntry
from advisor.handlers.archiver import Archiver
from tests.advisor.agents.conftest import Told

BUCKET = "archive"
NOW = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)
DAYS = (date(2026, 11, 21), date(2026, 11, 22))


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        yield client


def entries(many: int = 3) -> list[AuditEntry]:
    """A job's first entries; the last is of the next day."""
    made: list[AuditEntry] = []
    for number in range(many):
        entry = decision(
            timestamp=NOW + timedelta(seconds=45 * number), agent="reporter", job_id="job-1", user_id="u", model="m",
            input={}, output={}, duration_ms=1, verdict="PASS", prompt_version="v", tokens={"in": 1},
            cost_usd=Decimal("0.1"),
        )  # fmt: skip
        made.append(seal(entry, made[-1] if made else None))
    return made


def record(entry: AuditEntry, name: str = "INSERT", **image: str) -> dict[str, Any]:
    """An entry's change as the stream brings it."""
    form = stored_form(entry)
    keys = {"job_id": {"S": entry.job_id}, "entry_id": {"S": form.key}}
    change: dict[str, Any] = {"Keys": keys}
    if name != "REMOVE":
        change["NewImage"] = {**keys, "entry": {"S": image.get("text", form.text)}}
    return {"eventName": name, "dynamodb": change}


def link(entry: AuditEntry) -> dict[str, Any]:
    keys = {"job_id": {"S": entry.job_id}, "entry_id": {"S": f"!after#{entry.prev_hash}"}}
    return {"eventName": "INSERT", "dynamodb": {"Keys": keys, "NewImage": {**keys, "followed_by": {"S": "x"}}}}


def test_entries_are_kept_by_day_job_place_and_hash(client: Any) -> None:
    """XAI-05: whoever looks for a job's record finds it by name, and S3 has checked what arrived."""
    made, archive = entries(), S3AuditArchive(client, BUCKET)
    stream = [change for entry in made for change in (link(entry), record(entry))]
    counts = Archiver(archive, Told()).run(stream)
    assert counts == {"archived": 3, "kept_before": 0, "tampered": 0}
    names = [one["Key"] for one in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert names == [archive_key(entry) for entry in made]
    assert names[0] == f"ai-audit/2026/11/21/job-1/000001-{made[0].entry_hash}.json"
    assert names[-1].startswith("ai-audit/2026/11/22/job-1/000003-")
    body = client.get_object(Bucket=BUCKET, Key=names[0])["Body"].read()
    assert body.decode() == canonical_json(made[0].model_dump())
    checksum = client.head_object(Bucket=BUCKET, Key=names[0], ChecksumMode="ENABLED")["ChecksumSHA256"]
    assert checksum == base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert [one.text for one in archive.read("job-1", DAYS)] == [canonical_json(entry.model_dump()) for entry in made]


def test_a_repeated_batch_writes_nothing_twice(client: Any) -> None:
    """COMP-16: streams deliver at least once; a second version would look like tampering."""
    made, archive = entries(), S3AuditArchive(client, BUCKET)
    archiver = Archiver(archive, Told())
    archiver.run([record(made[0])])
    assert archiver.run([record(entry) for entry in made]) == {"archived": 2, "kept_before": 1, "tampered": 0}
    assert [one.versions for one in archive.named("job-1", DAYS)] == [1, 1, 1]


class Killed:
    """S3 that fails at the n-th write."""

    def __init__(self, client: Any, at: int) -> None:
        self._client, self.at, self.writes = client, at, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_object(self, **request: Any) -> Any:
        self.writes += 1
        if self.writes == self.at:
            raise ClientError({"Error": {"Code": "SlowDown", "Message": "later"}}, "PutObject")
        return self._client.put_object(**request)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_batch_killed_in_between_is_raised_and_completed_when_it_comes_again(client: Any, at: int) -> None:
    """XAI-05: Lambda repeats what raised, and sends what fails for good to the dead-letter queue: nothing is lost."""
    made = entries()
    archiver = Archiver(S3AuditArchive(Killed(client, at), BUCKET), Told())  # type: ignore[arg-type]
    with pytest.raises(UnavailableError):
        archiver.run([record(entry) for entry in made])
    assert archiver.run([record(entry) for entry in made])["archived"] == 3 - (at - 1)
    found = S3AuditArchive(client, BUCKET).read("job-1", DAYS)
    assert [one.text for one in found] == [canonical_json(entry.model_dump()) for entry in made]


@pytest.mark.parametrize("how", ["MODIFY", "REMOVE", "forged", "unreadable", "borrowed"])
def test_a_hand_at_the_table_is_told_and_not_archived(client: Any, how: str) -> None:
    """XAI-04: no function changes an entry, so whoever does is nobody of ours; the archive keeps what was."""
    entry, told = entries(1)[0], Told()
    text = {
        "forged": stored_form(entry).text.replace("PASS", "FAIL"),
        "unreadable": "{",
        "borrowed": canonical_json(seal(entry.model_copy(update={"job_id": "job-2"}), None).model_dump()),
    }
    change = record(entry, text=text[how]) if how in text else record(entry, how)
    assert Archiver(S3AuditArchive(client, BUCKET), told).run([change])["tampered"] == 1
    assert told.names() == ["AUDIT_TAMPERED"]
    assert ("AuditTampered", "archiver", 1) in told.metrics
    assert "Contents" not in client.list_objects_v2(Bucket=BUCKET)


def test_a_hidden_or_overwritten_object_is_seen_and_its_first_version_read(client: Any) -> None:
    """COMP-16: Object Lock keeps versions, not names: what can still be done to a name must show."""
    made, archive = entries(2), S3AuditArchive(client, BUCKET)
    for entry in made:
        archive.put(entry)
    client.put_object(Bucket=BUCKET, Key=archive_key(made[0]), Body=b"{}")
    client.delete_object(Bucket=BUCKET, Key=archive_key(made[1]))
    first, second = archive.read("job-1", DAYS)
    assert (first.versions, first.hidden, json.loads(first.text or "")["sequence"]) == (2, False, 1)
    assert (second.versions, second.hidden, json.loads(second.text or "")["sequence"]) == (1, True, 2)


def test_an_archive_that_does_not_answer_is_unavailable(client: Any) -> None:
    """WEB-11: the panel says so instead of calling the record whole."""
    archive = S3AuditArchive(client, "nowhere")
    for call in (lambda: archive.named("job-1", DAYS), lambda: archive.put(entries(1)[0])):
        with pytest.raises(UnavailableError):
            call()
