"""What the API gives back about clients, and about analyses to those who see no client (see `answers`)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from advisor.domain.vocabulary import JobStatus
from advisor.handlers.api.answers_base import Answer


class ClientHeader(Answer):
    """A client in a list."""

    user_id: str
    display_name: str | None
    advisor_id: str | None
    created_at: datetime | None


class ClientList(Answer):
    """GET /api/clients."""

    clients: list[ClientHeader]
    next_cursor: str | None


class JobFailure(Answer):
    """Why an analysis ended without a result, in words for people."""

    code: str
    message: str


class JobLinks(Answer):
    """Where to ask again, and where the results are for who may read them."""

    self: str
    results: str


class JobState(Answer):
    """GET /api/jobs/{job_id}/status: how far it is, and nothing of its client (domain 3.4)."""

    job_id: UUID
    kind: Literal["analysis", "optimization"]
    status: JobStatus
    step: str | None
    progress_pct: int
    created_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    error: JobFailure | None
    links: JobLinks
