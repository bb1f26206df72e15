"""What the sweeper asks of the jobs table: which jobs wait undelivered, and which will never end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from advisor.adapters.data_api import DataApi

MOST_DELIVERIES = 8
"""With waits that double up to sixty-four times, eight deliveries of a 300-second limit span about sixteen hours."""
DOUBLINGS = 6
BATCH = 100

_OVERDUE = f"""status = 'pending' AND coalesce(queued_at, created_at)
    < now() - make_interval(secs => :limit * power(2, least(deliveries, {DOUBLINGS})))"""


@dataclass(frozen=True)
class Waiting:
    """A pending job that no planner has taken; ``deliveries`` counts how often it was handed over again."""

    job_id: UUID
    user_id: str
    correlation_id: str
    options: dict[str, Any]
    deliveries: int


class JobSweep:
    """Queries over unfinished jobs; served by their partial index."""

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def waiting(self, *, limit_seconds: int) -> list[Waiting]:
        """Jobs to hand over again, oldest first; each delivery doubles the wait before the next."""
        rows = self._database.query(
            f"""SELECT id, user_id, correlation_id, request_payload, deliveries FROM jobs
            WHERE {_OVERDUE} AND deliveries < {MOST_DELIVERIES} ORDER BY created_at LIMIT {BATCH}""",  # noqa: S608 - constants
            limit=float(limit_seconds),
        )
        return [
            Waiting(
                job_id=row["id"],
                user_id=row["user_id"],
                correlation_id=row["correlation_id"] or str(row["id"]),
                options=row["request_payload"].get("options", {}),
                deliveries=row["deliveries"],
            )
            for row in rows
        ]

    def delivered(self, job_ids: Sequence[UUID]) -> None:
        """The queue took these."""
        if job_ids:
            self._database.query(
                """UPDATE jobs SET queued_at = now(), deliveries = deliveries + 1
                WHERE status = 'pending'
                AND id IN (SELECT CAST(value AS uuid) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)))""",
                ids=[str(job_id) for job_id in job_ids],
            )

    def fail_undeliverable(self, *, limit_seconds: int, message: str) -> list[UUID]:
        """Fail jobs that were handed over as often as allowed, so that their users can start again."""
        return self._fail(f"{_OVERDUE} AND deliveries >= {MOST_DELIVERIES}", limit_seconds, message)

    def fail_stale(self, *, limit_seconds: int, message: str) -> list[UUID]:
        """Fail jobs that run for longer than any planner lives."""
        return self._fail(
            "status = 'running' AND started_at < now() - make_interval(secs => :limit)", limit_seconds, message
        )

    def _fail(self, condition: str, limit_seconds: int, message: str) -> list[UUID]:
        rows = self._database.query(
            f"""UPDATE jobs SET status = 'failed', completed_at = now(), error_message = :message
            WHERE {condition} RETURNING id""",  # noqa: S608 - the conditions above
            limit=float(limit_seconds),
            message=message,
        )
        return [row["id"] for row in rows]
