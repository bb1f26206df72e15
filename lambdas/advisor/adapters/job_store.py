"""Jobs in PostgreSQL (port JobStore), with what the API and the sweeper need besides.

Decisions: every write names the status it expects, so duplicates and late messages change nothing; the database itself
(partial unique indexes) holds "one unfinished analysis a user" and "one job a key"; payloads are read in pieces of rows
because the Data API returns at most 64 KB a row and one report may be longer.
"""

# ruff: noqa: S608 - column lists and the number above are constants of the code; values are always parameters

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from advisor.adapters.data_api import DataApi
from advisor.adapters.rows import JOB, JOB_PAYLOADS, job_of
from advisor.domain.errors import ConflictError, Detail, NotFoundError
from advisor.domain.jobs import may_become
from advisor.domain.models import Job
from advisor.domain.vocabulary import JobStatus, JobType

NOT_YET = "An analysis is already running or waits for approval; a new one can start when it has ended"
PIECE = 12_000
"""Characters a row: 48 KB when every one of them takes four bytes."""

PAYLOAD_PIECES = f"""SELECT kind, part, substr(body, part * {PIECE} + 1, {PIECE}) AS piece
FROM jobs
CROSS JOIN LATERAL (VALUES {", ".join(f"('{kind}', {kind}::text)" for kind in JOB_PAYLOADS)}) AS stored (kind, body)
CROSS JOIN LATERAL generate_series(0, (char_length(body) - 1) / {PIECE}) AS part
WHERE id = :id AND body IS NOT NULL
ORDER BY kind, part"""


@dataclass(frozen=True)
class Started:
    """A requested job; ``repeated`` when the idempotency key had already made it. ``accounts`` counts the user's."""

    job_id: UUID
    repeated: bool
    accounts: int = 0


@dataclass(frozen=True)
class OwnedJob:
    """A job with its owner's adviser (entitlement)."""

    job: Job
    advisor_id: str | None


class DataApiJobStore:
    """JobStore over the Data API."""

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def get(self, job_id: UUID) -> Job | None:
        """The job with all payloads, or None."""
        owned = self.owned(job_id)
        return self.with_payloads(owned.job) if owned else None

    def owned(self, job_id: UUID) -> OwnedJob | None:
        """The job without payloads, and who advises its owner: what an entitlement check needs."""
        row = self._database.one(
            f"""SELECT {JOB}, (SELECT advisor_id FROM users WHERE users.user_id = jobs.user_id) AS advisor_id
            FROM jobs WHERE id = :id""",
            id=job_id,
        )
        if row is None:
            return None
        advisor_id = row.pop("advisor_id")
        return OwnedJob(job_of(row), advisor_id)

    def with_payloads(self, job: Job) -> Job:
        """The same job with what its agents stored."""
        pieces: dict[str, list[str]] = defaultdict(list)
        for row in self._database.query(PAYLOAD_PIECES, id=job.id):
            pieces[row["kind"]].append(row["piece"])
        return job.model_copy(update={kind: json.loads("".join(parts)) for kind, parts in pieces.items()})

    def of_user(self, user_id: str, *, limit: int, after: tuple[datetime, UUID] | None = None) -> list[Job]:
        """The newest jobs of a user, without payloads: at most ``limit`` behind the key ``after``."""
        behind = "AND (created_at, id) < (CAST(:moment AS timestamptz), CAST(:last AS uuid))" if after else ""
        key = {"moment": after[0].isoformat(), "last": after[1]} if after else {}
        rows = self._database.query(
            f"SELECT {JOB} FROM jobs WHERE user_id = :user_id {behind} ORDER BY created_at DESC, id DESC LIMIT :limit",
            user_id=user_id,
            limit=limit,
            **key,
        )
        return [job_of(row) for row in rows]

    def start(
        self, *, user_id: str, request: Mapping[str, Any], correlation_id: str, idempotency_key: str | None = None
    ) -> Started:
        """Insert a pending analysis; raises ConflictError when one is unfinished, NotFoundError without a profile."""
        row = self._database.one(
            """INSERT INTO jobs (id, user_id, job_type, request_payload, correlation_id, idempotency_key)
            SELECT :id, user_id, :job_type, :request, :correlation_id, :key FROM users WHERE user_id = :user_id
            ON CONFLICT DO NOTHING
            RETURNING id, (SELECT count(*) FROM accounts WHERE accounts.user_id = jobs.user_id) AS accounts""",
            id=uuid4(),
            user_id=user_id,
            job_type=JobType.PORTFOLIO_ANALYSIS,
            request=dict(request),
            correlation_id=correlation_id,
            key=idempotency_key,
        )
        if row is not None:
            return Started(row["id"], repeated=False, accounts=row["accounts"])
        return self._why_not_started(user_id, request, idempotency_key)

    def _why_not_started(self, user_id: str, request: Mapping[str, Any], key: str | None) -> Started:
        """The insert changed nothing: the same request came before, another analysis runs, or there is no user."""
        row = self._database.one(
            """SELECT users.user_id, jobs.id, jobs.request_payload
            FROM users LEFT JOIN jobs ON jobs.user_id = users.user_id AND jobs.idempotency_key = :key
            WHERE users.user_id = :user_id""",
            user_id=user_id,
            key=key,
        )
        if row is None:
            raise NotFoundError([Detail("user", "There is no profile yet; GET /api/user creates it")])
        if row["id"] is None:
            raise ConflictError([Detail("job", NOT_YET)])
        if row["request_payload"] != dict(request):
            raise ConflictError([Detail("Idempotency-Key", "The key belongs to a different request; use a new one")])
        return Started(row["id"], repeated=True)

    def transition(
        self, job_id: UUID, *, before: Sequence[JobStatus], after: JobStatus, error_message: str | None = None
    ) -> bool:
        """See the port; raises ValueError for a step that the life of a job does not have."""
        for status in before:
            if not may_become(status, after):
                raise ValueError(f"a job cannot go from {status} to {after}; see advisor.domain.jobs")
        row = self._database.one(
            """UPDATE jobs
            SET status = :after, error_message = :error_message,
                started_at = CASE :after WHEN 'running' THEN now() WHEN 'pending' THEN NULL ELSE started_at END,
                completed_at = CASE WHEN :after IN ('completed', 'failed', 'cancelled') THEN now() END,
                queued_at = CASE :after WHEN 'pending' THEN now() ELSE queued_at END
            WHERE id = :id AND status IN (SELECT jsonb_array_elements_text(CAST(:before AS jsonb)))
            RETURNING id""",
            id=job_id,
            after=after,
            before=[status.value for status in before],
            error_message=error_message,
        )
        return row is not None

    def claim(self, job_id: UUID, *, stale_after_seconds: int) -> Job | None:
        """See the port; one conditional write decides between simultaneous planners."""
        row = self._database.one(
            """UPDATE jobs SET status = 'running', attempt = attempt + 1, started_at = now(), error_message = NULL
            WHERE id = :id AND (
                status = 'pending'
                OR (status = 'running' AND started_at < now() - make_interval(secs => :stale))
            )
            RETURNING id""",
            id=job_id,
            stale=float(stale_after_seconds),
        )
        return self.get(job_id) if row else None

    def record_progress(self, job_id: UUID, progress: Mapping[str, Any]) -> None:
        """Replace the progress of a running job; a job that no longer runs keeps its own."""
        self._database.query(
            "UPDATE jobs SET progress = :progress WHERE id = :id AND status = 'running'",
            id=job_id,
            progress=dict(progress),
        )

    def record_payloads(self, job_id: UUID, payloads: Mapping[str, Mapping[str, Any]]) -> None:
        """See the port; raises ConflictError when the job does not run (its result would be lost unseen)."""
        unknown = set(payloads) - set(JOB_PAYLOADS)
        if unknown:
            raise ValueError(f"no such payload: {', '.join(sorted(unknown))}; known: {', '.join(JOB_PAYLOADS)}")
        if not payloads:
            return
        assignments = ", ".join(f"{kind} = :{kind}" for kind in sorted(payloads))
        row = self._database.one(
            f"UPDATE jobs SET {assignments} WHERE id = :id AND status = 'running' RETURNING id",
            id=job_id,
            **{kind: dict(payload) for kind, payload in payloads.items()},
        )
        if row is None:
            raise ConflictError([Detail("job", "It does not run any more, so its results are not stored")])
