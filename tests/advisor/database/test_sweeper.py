"""The sweeper: no job waits or runs for ever, and none is given up too early."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from advisor.adapters.data_api import DataApi
from advisor.adapters.job_store import DataApiJobStore
from advisor.adapters.job_sweep import MOST_DELIVERIES, JobSweep
from advisor.adapters.records import Records
from advisor.domain.errors import UnavailableError
from advisor.domain.models import Job
from advisor.domain.vocabulary import JobStatus
from advisor.handlers.sweeper import NEVER_STARTED, TOO_LONG, sweep
from advisor.ports.telemetry import Silent


@dataclass
class Queue:
    """Remembers what it took; ``refuses`` from that many messages on."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    refuses: int = 1000

    def send(self, **message: Any) -> None:
        if len(self.taken) >= self.refuses:
            raise UnavailableError()
        self.taken.append(message)


Sweep = Callable[[Queue], dict[str, int]]


@pytest.fixture
def run(database: DataApi) -> Sweep:
    def once(queue: Queue) -> dict[str, int]:
        return sweep(JobSweep(database), queue, Silent(), running_limit=960, pending_limit=300)

    return once


def waiting(database: DataApi, jobs: DataApiJobStore, user: str, *, seconds: int, deliveries: int = 0) -> UUID:
    """A pending job that was requested so long ago."""
    Records(database).profile(user)
    request = {"analysis_type": "portfolio", "options": {"include_research": True}}
    job_id = jobs.start(user_id=user, request=request, correlation_id=f"c-{user}").job_id
    database.query(
        "UPDATE jobs SET created_at = now() - make_interval(secs => :age), deliveries = :deliveries WHERE id = :id",
        age=float(seconds),
        deliveries=deliveries,
        id=job_id,
    )
    return job_id


def existing(job: Job | None) -> Job:
    assert job is not None
    return job


def test_a_job_that_the_queue_never_got_is_delivered_once(database: DataApi, jobs: DataApiJobStore, run: Sweep) -> None:
    """The outbox: what POST /api/analyze accepted starts, with its own options, and not every five minutes anew."""
    late = waiting(database, jobs, "ann", seconds=301)
    waiting(database, jobs, "bob", seconds=299)
    queue = Queue()
    assert run(queue) == {"requeued": 1, "stale": 0, "undeliverable": 0}
    assert run(queue) == {"requeued": 0, "stale": 0, "undeliverable": 0}
    assert queue.taken == [
        {"job_id": late, "user_id": "ann", "correlation_id": "c-ann", "options": {"include_research": True}}
    ]
    assert existing(jobs.get(late)).status is JobStatus.PENDING


def test_a_queue_that_refuses_costs_no_job_a_delivery(database: DataApi, jobs: DataApiJobStore, run: Sweep) -> None:
    """During an outage of the queue nothing comes closer to being given up."""
    first = waiting(database, jobs, "ann", seconds=900)
    second = waiting(database, jobs, "bob", seconds=600)
    queue = Queue(refuses=1)
    assert run(queue)["requeued"] == 1
    queue.refuses = 1000
    assert run(queue)["requeued"] == 1
    assert [message["job_id"] for message in queue.taken] == [first, second]


@pytest.mark.parametrize(("deliveries", "seconds", "due"), [(1, 599, 0), (1, 601, 1), (3, 2399, 0), (3, 2401, 1)])
def test_each_delivery_doubles_the_wait(  # noqa: PLR0917 - fixtures
    database: DataApi,
    jobs: DataApiJobStore,
    run: Sweep,
    deliveries: int,
    seconds: int,
    due: int,
) -> None:
    """A long backlog must not be made longer by copies of its own messages."""
    waiting(database, jobs, "ann", seconds=seconds, deliveries=deliveries)
    assert run(Queue())["requeued"] == due


def test_a_job_that_could_never_be_delivered_is_failed_with_what_to_do(
    database: DataApi, jobs: DataApiJobStore, run: Sweep
) -> None:
    """Else its user could never start another one."""
    job_id = waiting(database, jobs, "ann", seconds=10**6, deliveries=MOST_DELIVERIES)
    queue = Queue()
    assert run(queue)["undeliverable"] == 1
    job = existing(jobs.get(job_id))
    assert (job.status, job.error_message, queue.taken) == (JobStatus.FAILED, NEVER_STARTED, [])
    assert job.completed_at is not None


def test_a_running_job_whose_planner_died_is_failed_and_others_are_left_alone(
    database: DataApi, jobs: DataApiJobStore, run: Sweep
) -> None:
    """After 900 s and a minute no planner lives; before that it may be at work."""
    dead, alive = (waiting(database, jobs, user, seconds=0) for user in ("ann", "bob"))
    for job_id, age in ((dead, 961.0), (alive, 959.0)):
        jobs.claim(job_id, stale_after_seconds=900)
        database.query(
            "UPDATE jobs SET started_at = now() - make_interval(secs => :age) WHERE id = :id", age=age, id=job_id
        )
    assert run(Queue())["stale"] == 1
    assert (existing(jobs.get(dead)).status, existing(jobs.get(dead)).error_message) == (JobStatus.FAILED, TOO_LONG)
    assert existing(jobs.get(alive)).status is JobStatus.RUNNING
