"""Jobs in PostgreSQL, through the port that API and planner use (SYS-07)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from advisor.adapters.data_api import DataApi
from advisor.adapters.job_store import DataApiJobStore, Started
from advisor.adapters.records import Records
from advisor.domain.errors import ConflictError, NotFoundError
from advisor.domain.models import Job
from advisor.domain.vocabulary import JobStatus

if TYPE_CHECKING:
    from tests.advisor.conftest import FakeRdsData

REQUEST = {"analysis_type": "portfolio", "options": {}}
PENDING, RUNNING, COMPLETED, FAILED = JobStatus.PENDING, JobStatus.RUNNING, JobStatus.COMPLETED, JobStatus.FAILED


def start(jobs: DataApiJobStore, **changes: Any) -> Started:
    return jobs.start(**{"user_id": "ann", "request": REQUEST, "correlation_id": "c-1"} | changes)


def existing(job: Job | None) -> Job:
    assert job is not None
    return job


def test_a_job_lives_from_pending_to_completed(jobs: DataApiJobStore) -> None:
    """Times are stamped where they belong, and each payload is what was stored."""
    job_id = start(jobs).job_id
    assert existing(jobs.get(job_id)).status is PENDING
    claimed = existing(jobs.claim(job_id, stale_after_seconds=900))
    assert claimed.status is RUNNING
    assert claimed.started_at is not None
    assert claimed.attempt == 1
    jobs.record_progress(job_id, {"step": "agents", "progress_pct": 40})
    jobs.record_payloads(job_id, {"report_payload": {"content": "# r"}, "quality_payload": {"confidence": 0.9}})
    assert jobs.transition(job_id, before=[RUNNING], after=COMPLETED)
    job = existing(jobs.get(job_id))
    assert (job.status, job.progress, job.report_payload) == (
        COMPLETED,
        {"step": "agents", "progress_pct": 40},
        {"content": "# r"},
    )
    assert job.quality_payload == {"confidence": 0.9}
    assert job.charts_payload is None
    assert job.started_at is not None
    assert job.completed_at is not None
    assert job.completed_at >= job.started_at


def test_duplicates_and_late_messages_change_nothing(jobs: DataApiJobStore) -> None:
    """SQS delivers at least once: the second planner must not run the job again."""
    job_id = start(jobs).job_id
    assert jobs.claim(job_id, stale_after_seconds=900)
    assert jobs.claim(job_id, stale_after_seconds=900) is None
    assert jobs.transition(job_id, before=[RUNNING], after=COMPLETED)
    assert not jobs.transition(job_id, before=[RUNNING], after=FAILED, error_message="late")
    assert jobs.claim(job_id, stale_after_seconds=0) is None
    assert existing(jobs.get(job_id)).error_message is None
    assert jobs.claim(uuid4(), stale_after_seconds=900) is None


def test_a_planner_that_died_is_succeeded(jobs: DataApiJobStore, database: DataApi) -> None:
    """After its time a running job can be claimed again, as another attempt."""
    job_id = start(jobs).job_id
    jobs.claim(job_id, stale_after_seconds=900)
    database.query("UPDATE jobs SET started_at = now() - interval '901 seconds' WHERE id = :id", id=job_id)
    assert existing(jobs.claim(job_id, stale_after_seconds=900)).attempt == 2


def test_a_failed_attempt_hands_its_job_back(jobs: DataApiJobStore) -> None:
    """The redelivered message then finds it pending, at once."""
    job_id = start(jobs).job_id
    jobs.claim(job_id, stale_after_seconds=900)
    assert jobs.transition(job_id, before=[RUNNING], after=PENDING)
    job = existing(jobs.get(job_id))
    assert (job.status, job.started_at, job.completed_at) == (PENDING, None, None)
    assert existing(jobs.claim(job_id, stale_after_seconds=900)).attempt == 2


def test_only_one_of_many_simultaneous_planners_gets_the_job(jobs: DataApiJobStore, rds_data: FakeRdsData) -> None:
    """The claim is one conditional write."""
    job_id = start(jobs).job_id
    clients = [type(rds_data)(rds_data.dsn) for _ in range(4)]
    stores = [
        DataApiJobStore(DataApi(client=client, cluster_arn="c", secret_arn="s", database="alex")) for client in clients
    ]
    with ThreadPoolExecutor(4) as pool:
        claims = list(pool.map(lambda store: store.claim(job_id, stale_after_seconds=900), stores))
    for client in clients:
        client.close()
    assert sum(claim is not None for claim in claims) == 1


def test_results_of_a_job_that_does_not_run_are_refused_aloud(jobs: DataApiJobStore) -> None:
    """A planner whose job was failed meanwhile must notice, not store into the void."""
    job_id = start(jobs).job_id
    with pytest.raises(ConflictError):
        jobs.record_payloads(job_id, {"report_payload": {}})
    with pytest.raises(ValueError, match="no such payload"):
        jobs.record_payloads(job_id, {"status": {}})


def test_a_step_that_a_jobs_life_does_not_have_is_a_programming_error(jobs: DataApiJobStore) -> None:
    """Completed jobs stay completed."""
    with pytest.raises(ValueError, match="cannot go from completed to running"):
        jobs.transition(start(jobs).job_id, before=[COMPLETED], after=RUNNING)


@pytest.mark.parametrize("letter", ["x", "\u20ac", "\U0001f4c8", '"'])
def test_a_report_of_fifty_thousand_characters_survives_the_row_limit(jobs: DataApiJobStore, letter: str) -> None:
    """The Data API returns at most 64 KB a row; the longest allowed report is larger in most alphabets (GUARD-04)."""
    job_id = start(jobs).job_id
    jobs.claim(job_id, stale_after_seconds=900)
    report = {"content": letter * 50_000}
    jobs.record_payloads(job_id, {"report_payload": report, "charts_payload": {"a": {"data": [1, 2]}}})
    assert existing(jobs.get(job_id)).report_payload == report
    assert existing(jobs.get(job_id)).charts_payload == {"a": {"data": [1, 2]}}


def test_the_same_key_gives_the_same_job_and_another_request_is_refused(jobs: DataApiJobStore) -> None:
    """A client that repeats after a lost answer gets its job, not a second one and not a conflict."""
    first = start(jobs, idempotency_key="k1")
    assert start(jobs, idempotency_key="k1") == Started(first.job_id, repeated=True)
    with pytest.raises(ConflictError) as other:
        start(jobs, idempotency_key="k1", request={"analysis_type": "portfolio", "options": {"question": "?"}})
    assert other.value.details[0].field == "Idempotency-Key"
    with pytest.raises(ConflictError) as running:
        start(jobs, idempotency_key="k2")
    assert running.value.details[0].field == "job"


def test_keys_belong_to_their_users(jobs: DataApiJobStore, records: Records) -> None:
    """Another user's key must reveal and block nothing."""
    records.profile("bob")
    first = start(jobs, idempotency_key="k1")
    second = start(jobs, idempotency_key="k1", user_id="bob")
    assert second.repeated is False
    assert second.job_id != first.job_id


def test_without_a_profile_nothing_is_started(jobs: DataApiJobStore) -> None:
    """404 with what to do, not a foreign key's error."""
    with pytest.raises(NotFoundError) as missing:
        start(jobs, user_id="nobody")
    assert "GET /api/user" in missing.value.details[0].reason


def test_of_many_simultaneous_requests_one_starts_an_analysis(jobs: DataApiJobStore, rds_data: FakeRdsData) -> None:
    """The database decides, so that a user pays for one run."""
    clients = [type(rds_data)(rds_data.dsn) for _ in range(4)]
    stores = [
        DataApiJobStore(DataApi(client=client, cluster_arn="c", secret_arn="s", database="alex")) for client in clients
    ]

    def attempt(store: DataApiJobStore) -> str:
        try:
            return str(start(store).job_id)
        except ConflictError:
            return "conflict"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, stores))
    for client in clients:
        client.close()
    assert answers.count("conflict") == 3
    assert len(jobs.of_user("ann", limit=9)) == 1
