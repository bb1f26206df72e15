"""Reviews and recommendations in PostgreSQL as people decide on them, through the API.

Decisions: a decision is one conditional write under the job's lock, so that of two reviewers, or a reviewer and the
clock, one wins and the other is told; what an expert says is kept as a labelled example in the same transaction,
without personal identifiers (GUARD-09).
"""

# ruff: noqa: S608 - the column lists are constants of the code; values are always parameters

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from advisor.adapters.data_api import DataApi, Row, Transaction
from advisor.adapters.review_store import REVIEW, reviews_of
from advisor.domain.errors import ConflictError, Detail
from advisor.domain.personal import redacted
from advisor.domain.review import Review, ReviewState

_ADVISORS = """(SELECT advisor_id FROM users WHERE users.user_id = reviews.owner_id) AS advisor_id,
    (SELECT coalesce(jsonb_agg(former.advisor_id), '[]')
    FROM former_advisers former JOIN jobs ON jobs.id = reviews.job_id
    WHERE former.client_id = reviews.owner_id AND former.until >= jobs.created_at) AS former_advisor_ids"""
_EXAMPLE = """jsonb_build_object(
    'traded_value', reviews.traded_value, 'portfolio_value', reviews.portfolio_value,
    'risk_score', reviews.risk_score, 'confidence', reviews.confidence,
    'risk', jobs.summary_payload -> 'risk', 'allocations', jobs.summary_payload -> 'allocations',
    'rebalancing', jobs.summary_payload -> 'rebalancing',
    'recommendations', jobs.summary_payload -> 'recommendations',
    'agents', jobs.summary_payload -> 'agents', 'quality', jobs.quality_payload)"""


@dataclass(frozen=True)
class OwnedReview:
    """A review with its owner's adviser, and those whom the owner has dismissed since the analysis began."""

    review: Review
    advisor_id: str | None
    former_advisor_ids: tuple[str, ...] = ()


class ReviewDesk:
    """The reviewers' view."""

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def owned(self, review_id: UUID) -> OwnedReview | None:
        """The review, and who advises its owner."""
        row = self._database.one(f"SELECT {REVIEW}, {_ADVISORS} FROM reviews WHERE id = :id", id=review_id)
        return None if row is None else _owned(row)

    def of_job(self, job_id: UUID) -> tuple[Review, ...]:
        """A job's reviews by reason."""
        return reviews_of(
            self._database.query(f"SELECT {REVIEW} FROM reviews WHERE job_id = :job_id ORDER BY reason", job_id=job_id)
        )

    def queue(
        self, *, state: ReviewState | None, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> list[OwnedReview]:
        """Reviews in this state (None: in any), the oldest first, behind the key ``after``."""
        rows = self._database.query(
            f"""SELECT {REVIEW}, {_ADVISORS} FROM reviews
            WHERE (CAST(:state AS text) IS NULL OR state = :state)
            AND (CAST(:last_id AS uuid) IS NULL OR (requested_at, id) > (CAST(:last_time AS timestamptz), :last_id))
            ORDER BY requested_at, id LIMIT :limit""",
            state=state,
            last_time=after[0].isoformat() if after else None,
            last_id=after[1] if after else None,
            limit=limit,
        )
        return [_owned(row) for row in rows]

    def decide(
        self, review_id: UUID, *, state: Literal[ReviewState.APPROVED, ReviewState.REJECTED], by: str, comment: str
    ) -> Review:
        """Close an open review and keep what it teaches (HITL-03); raises ConflictError: decided before, expired."""
        with self._database.transaction() as transaction:
            transaction.query(
                "SELECT 1 AS locked FROM jobs WHERE id = (SELECT job_id FROM reviews WHERE id = :id) FOR UPDATE",
                id=review_id,
            )
            rows = transaction.query(
                f"""UPDATE reviews SET state = :state, decided_by = :by, decided_at = now(), comment = :comment
                WHERE id = :id AND state = 'requested' AND expires_at > now() RETURNING {REVIEW}""",
                id=review_id,
                state=state,
                by=by,
                comment=comment or None,
            )
            if not rows:
                raise ConflictError([Detail("review", _why_not(transaction, review_id))])
            transaction.query(
                f"""INSERT INTO review_feedback (review_id, reason, label, comment, example)
                SELECT reviews.id, reason, state, :comment, {_EXAMPLE}
                FROM reviews JOIN jobs ON jobs.id = reviews.job_id WHERE reviews.id = :id""",
                id=review_id,
                comment=redacted(comment) or None,
            )
            if state is ReviewState.REJECTED:
                transaction.query(
                    """UPDATE reviews SET state = 'withdrawn', decided_at = now()
                    WHERE job_id = :job_id AND state = 'requested'""",
                    job_id=rows[0]["job_id"],
                )
        return reviews_of(rows)[0]


def _why_not(transaction: Transaction, review_id: UUID) -> str:
    row = transaction.one("SELECT state FROM reviews WHERE id = :id", id=review_id)
    state = row["state"] if row else "gone"
    if state in {ReviewState.REQUESTED, ReviewState.EXPIRED}:
        return "It has expired: nobody decided in time"
    if state == ReviewState.WITHDRAWN:
        return "It was withdrawn, because another review of the same analysis was rejected"
    return f"It has already been {state}"


def _owned(row: Row) -> OwnedReview:
    advisor_id, former = row.pop("advisor_id"), tuple(row.pop("former_advisor_ids"))
    return OwnedReview(Review.model_validate(row), advisor_id, former)
