"""Recommendations in PostgreSQL: what was advised to a client, and what the client or the adviser made of it."""

# ruff: noqa: S608 - the column list is a constant of the code; values are always parameters

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from advisor.adapters.data_api import DataApi, Row
from advisor.domain.errors import ConflictError, Detail
from advisor.domain.models import Frozen
from advisor.domain.vocabulary import JobStatus, Priority

ADVICE = (
    "id, job_id, owner_id, recommendation, reasoning, impact, priority, traded_value, risk_score, confidence, state, "
    "decided_by, decided_at, comment, created_at"
)
_COLUMNS = ", ".join(f"r.{column}" for column in ADVICE.split(", "))


class Advice(Frozen):
    """A stored recommendation. Values are those of the whole set it belongs to: USD traded, risk 1-10, confidence."""

    id: UUID
    job_id: UUID
    owner_id: str
    recommendation: str
    reasoning: str
    impact: str
    priority: Priority
    traded_value: Decimal | None
    risk_score: int | None
    confidence: Decimal | None
    state: Literal["proposed", "approved", "rejected", "accepted", "overridden"]
    decided_by: str | None
    decided_at: datetime | None
    comment: str | None
    created_at: datetime


class OwnedAdvice(Frozen):
    """A recommendation with its owner's adviser and its job's status (entitlement, release)."""

    advice: Advice
    advisor_id: str | None
    job_status: JobStatus


class Recommendations:
    """Reads and decides on recommendations."""

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def of_client(
        self, user_id: str, *, released_only: bool, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> list[Advice]:
        """A client's recommendations, the newest first, behind the key ``after``."""
        rows = self._database.query(
            f"""SELECT {_COLUMNS} FROM recommendations r JOIN jobs ON jobs.id = r.job_id
            WHERE r.owner_id = :user_id AND (NOT :released_only OR jobs.status = 'completed')
            AND (CAST(:last_id AS uuid) IS NULL
                OR (r.created_at, r.id) < (CAST(:last_time AS timestamptz), :last_id))
            ORDER BY r.created_at DESC, r.id DESC LIMIT :limit""",
            user_id=user_id,
            released_only=released_only,
            last_time=after[0].isoformat() if after else None,
            last_id=after[1] if after else None,
            limit=limit,
        )
        return [Advice.model_validate(row) for row in rows]

    def owned(self, advice_id: UUID) -> OwnedAdvice | None:
        """The recommendation, or None."""
        row = self._database.one(
            f"""SELECT {_COLUMNS}, users.advisor_id, jobs.status AS job_status FROM recommendations r
            JOIN jobs ON jobs.id = r.job_id JOIN users ON users.user_id = r.owner_id WHERE r.id = :id""",
            id=advice_id,
        )
        return None if row is None else _owned(row)

    def decide(
        self, advice_id: UUID, *, state: Literal["accepted", "overridden"], by: str, comment: str | None
    ) -> Advice:
        """Accept or override a released recommendation once; raises ConflictError."""
        rows = self._database.query(
            f"""UPDATE recommendations r SET state = :state, decided_by = :by, decided_at = now(), comment = :comment
            FROM jobs WHERE jobs.id = r.job_id AND jobs.status = 'completed' AND r.id = :id
            AND r.state IN ('proposed', 'approved') RETURNING {_COLUMNS}""",
            id=advice_id,
            state=state,
            by=by,
            comment=comment,
        )
        if not rows:
            raise ConflictError(
                [Detail("recommendation", "It is not released, or has already been accepted or overridden")]
            )
        return Advice.model_validate(rows[0])


def _owned(row: Row) -> OwnedAdvice:
    advisor_id, job_status = row.pop("advisor_id"), row.pop("job_status")
    return OwnedAdvice(advice=Advice.model_validate(row), advisor_id=advisor_id, job_status=job_status)
