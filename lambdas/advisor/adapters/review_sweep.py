"""What the sweeper asks of the reviews: whose workflow never began, learned nothing, or did not end; and how many wait.

Each question allows for a grace: what the ordinary way may still be doing is left to it. What is in order is left out
by the database, so that however many wait for people, those with something to put right come within a round.
"""

from dataclasses import dataclass
from uuid import UUID

from advisor.adapters.data_api import DataApi
from advisor.adapters.review_store import REVIEW, reviews_of
from advisor.domain.review import Review

BATCH = 100


@dataclass(frozen=True)
class Stuck:
    """A job with something to put right."""

    job_id: UUID
    never_asked: bool
    undelivered: bool
    unconcluded: bool


@dataclass(frozen=True)
class Backlog:
    """Open reviews: how many, the age of the oldest (seconds), how many expire within the warning time."""

    waiting: int
    oldest_seconds: float
    expiring: int


class ReviewSweep:
    """Queries over unfinished reviews."""

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def stuck(self, *, grace_seconds: int) -> list[Stuck]:
        """Jobs whose reviews need a hand, the oldest first."""
        rows = self._database.query(
            """SELECT job_id, never_asked, undelivered, unconcluded
            FROM (
                SELECT job_id, min(requested_at) AS since,
                    coalesce(bool_or(state = 'requested' AND notified_at IS NULL AND requested_at < late), false)
                        AS never_asked,
                    coalesce(bool_or(unheard AND state <> 'expired'), false) AS undelivered,
                    coalesce(bool_or(unheard AND state = 'expired'), false)
                        OR status = 'awaiting_approval' AND (
                            coalesce(bool_or(state = 'requested' AND expires_at < late), false)
                            OR coalesce(bool_and(state <> 'requested' AND decided_at < late), false)
                        ) AS unconcluded
                FROM (
                    SELECT reviews.*, jobs.status, late,
                        state <> 'requested' AND delivered_at IS NULL AND decided_at < late AS unheard
                    FROM reviews JOIN jobs ON jobs.id = reviews.job_id,
                        LATERAL (SELECT now() - make_interval(secs => :grace) AS late) AS grace
                    WHERE job_id IN (
                        SELECT id FROM jobs WHERE status = 'awaiting_approval'
                        UNION SELECT job_id FROM reviews WHERE delivered_at IS NULL
                    )
                ) AS unfinished
                GROUP BY job_id, status
            ) AS found
            WHERE never_asked OR undelivered OR unconcluded
            ORDER BY since LIMIT :batch""",
            grace=float(grace_seconds),
            batch=BATCH,
        )
        return [Stuck(**row) for row in rows]

    def reviews(self, job_id: UUID) -> tuple[Review, ...]:
        """The open reviews of a job."""
        return reviews_of(
            self._database.query(
                f"SELECT {REVIEW} FROM reviews WHERE job_id = :job_id AND state = 'requested'",  # noqa: S608 - constant
                job_id=job_id,
            )
        )

    def backlog(self, *, warning_seconds: int) -> Backlog:
        """What waits for people."""
        row = self._database.one(
            """SELECT count(*) AS waiting,
                CAST(coalesce(extract(epoch FROM now() - min(requested_at)), 0) AS float8) AS oldest_seconds,
                count(*) FILTER (WHERE expires_at < now() + make_interval(secs => :warning)) AS expiring
            FROM reviews WHERE state = 'requested'""",
            warning=float(warning_seconds),
        )
        return Backlog(**row) if row else Backlog(0, 0.0, 0)
