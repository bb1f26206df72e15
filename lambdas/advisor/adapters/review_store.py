"""Reviews in PostgreSQL as the planner and the workflow see them (port ReviewStore); people use `review_desk`.

Decisions: whatever changes several rows of a job locks the job's row first, so that two reviewers, the clock and the
sweeper take turns; the state in the database decides every race, and who comes too late is told so.
"""

# ruff: noqa: S608 - the column lists are constants of the code; values are always parameters

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from advisor.adapters.data_api import DataApi, Row, Transaction
from advisor.domain.errors import ConflictError, Detail
from advisor.domain.models import Job
from advisor.domain.review import Concluded, Conclusion, Figures, Review, ReviewReason, ReviewState, conclusion
from advisor.domain.vocabulary import JobStatus

REVIEW = (
    "id, job_id, owner_id, reason, state, traded_value, portfolio_value, risk_score, confidence, requested_at, "
    "expires_at, decided_by, decided_at, comment"
)
_LOCK = "SELECT status, error_code, error_message FROM jobs WHERE id = :job_id FOR UPDATE"


class DataApiReviewStore:
    """ReviewStore over the Data API."""

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def propose(
        self,
        job: Job,
        *,
        recommendations: Sequence[Mapping[str, Any]],
        figures: Figures,
        reasons: Sequence[ReviewReason],
        expires_at: datetime,
    ) -> tuple[Review, ...]:
        """See the port."""
        after = JobStatus.AWAITING_APPROVAL if reasons else JobStatus.COMPLETED
        values = {
            "job_id": job.id,
            "owner_id": job.user_id,
            "traded_value": figures.traded_value,
            "risk_score": figures.risk_score,
            "confidence": figures.confidence,
        }
        with self._database.transaction() as transaction:
            row = transaction.one(
                """UPDATE jobs SET status = :after, error_message = NULL,
                    completed_at = CASE :after WHEN 'completed' THEN now() END
                WHERE id = :id AND status = 'running' RETURNING id""",
                id=job.id,
                after=after,
            )
            if row is None:
                raise ConflictError([Detail("job", "it stopped running before its results were complete")])
            transaction.query(
                """INSERT INTO recommendations (job_id, owner_id, recommendation, reasoning, impact, priority,
                    traded_value, risk_score, confidence)
                SELECT :job_id, :owner_id, one.recommendation, one.reasoning, one.impact, one.priority,
                    :traded_value, :risk_score, :confidence
                FROM jsonb_to_recordset(CAST(:recommendations AS jsonb))
                    AS one (recommendation text, reasoning text, impact text, priority text)""",
                recommendations=[dict(one) for one in recommendations],
                **values,
            )
            if not reasons:
                return ()
            rows = transaction.query(
                f"""INSERT INTO reviews (job_id, owner_id, reason, traded_value, portfolio_value, risk_score,
                    confidence, expires_at)
                SELECT :job_id, :owner_id, reason, :traded_value, :portfolio_value, :risk_score, :confidence,
                    :expires_at
                FROM jsonb_array_elements_text(CAST(:reasons AS jsonb)) AS reason
                RETURNING {REVIEW}""",
                reasons=[reason.value for reason in reasons],
                portfolio_value=figures.portfolio_value,
                expires_at=expires_at,
                **values,
            )
        return reviews_of(rows)

    def of_job(self, job_id: UUID) -> tuple[Review, ...]:
        """A job's reviews by reason."""
        return reviews_of(
            self._database.query(f"SELECT {REVIEW} FROM reviews WHERE job_id = :job_id ORDER BY reason", job_id=job_id)
        )

    def notified(self, review_id: UUID) -> bool:
        """See the port."""
        row = self._database.one(
            "UPDATE reviews SET notified_at = now() WHERE id = :id AND notified_at IS NULL RETURNING id", id=review_id
        )
        return row is not None

    def undelivered(self, job_id: UUID) -> tuple[Review, ...]:
        """See the port."""
        return reviews_of(
            self._database.query(
                f"""SELECT {REVIEW} FROM reviews
                WHERE job_id = :job_id AND delivered_at IS NULL AND state <> 'requested' ORDER BY reason""",
                job_id=job_id,
            )
        )

    def delivered(self, review_id: UUID) -> bool:
        """See the port."""
        row = self._database.one(
            "UPDATE reviews SET delivered_at = now() WHERE id = :id AND delivered_at IS NULL RETURNING id", id=review_id
        )
        return row is not None

    def conclude(self, job_id: UUID) -> Concluded:
        """See the port."""
        with self._database.transaction() as transaction:
            job = transaction.one(_LOCK, job_id=job_id)
            if job is not None and job["status"] == JobStatus.AWAITING_APPROVAL:
                transaction.query(
                    """UPDATE reviews SET state = 'expired', decided_at = now()
                    WHERE job_id = :job_id AND state = 'requested' AND expires_at <= now()""",
                    job_id=job_id,
                )
            reviews = reviews_of(
                transaction.query(f"SELECT {REVIEW} FROM reviews WHERE job_id = :job_id ORDER BY reason", job_id=job_id)
            )
            if job is None:
                return Concluded(Conclusion(JobStatus.CANCELLED, "DELETED"), (), fresh=False)
            if job["status"] != JobStatus.AWAITING_APPROVAL:
                before = Conclusion(JobStatus(job["status"]), job["error_code"], job["error_message"])
                return Concluded(before, reviews, fresh=False)
            end = conclusion(reviews)
            if end is not None:
                _end(transaction, job_id, end, reviews)
        return Concluded(end, reviews, fresh=True)


def _end(transaction: Transaction, job_id: UUID, end: Conclusion, reviews: Sequence[Review]) -> None:
    """Write the job's end, and what it makes of the recommendations; those of an expired job stay proposed."""
    transaction.query(
        """UPDATE jobs SET status = :status, error_code = :code, error_message = :message, completed_at = now(),
            progress = coalesce(progress, '{}'::jsonb) || '{"step": "done", "progress_pct": 100}'::jsonb
        WHERE id = :job_id""",
        job_id=job_id,
        status=end.status,
        code=end.code,
        message=end.message,
    )
    last = max((review for review in reviews if review.decided_by), key=_decided_at, default=None)
    if last is not None and end.code != "EXPIRED":
        approved = end.status is JobStatus.COMPLETED
        transaction.query(
            """UPDATE recommendations SET state = :state, decided_by = :by, decided_at = now()
            WHERE job_id = :job_id AND state = 'proposed'""",
            job_id=job_id,
            state=ReviewState.APPROVED if approved else ReviewState.REJECTED,
            by=last.decided_by,
        )


def _decided_at(review: Review) -> datetime:
    return review.decided_at or review.requested_at


def reviews_of(rows: Sequence[Row]) -> tuple[Review, ...]:
    """Reviews from rows of REVIEW."""
    return tuple(Review.model_validate(row) for row in rows)
