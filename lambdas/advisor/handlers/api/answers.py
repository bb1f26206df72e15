"""What the API gives back; the OpenAPI document is generated from these models.

Records leave as they are stored but for inner fields (keys, attempts, correlation); money is USD, times are UTC.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import Field, RootModel

from advisor.domain.models import AuditEntry, Position, User
from advisor.domain.vocabulary import AccountType, InstrumentType, JobStatus, JobType
from advisor.handlers.api.answers_base import Answer
from advisor.handlers.api.answers_reviews import JobReview


class Health(Answer):
    """GET /health."""

    status: Literal["ok"]
    timestamp: datetime


class Profile(Answer):
    """GET /api/user; ``created`` tells that this call made the profile."""

    user: User
    created: bool


class AccountRecord(Answer):
    """An account without its positions."""

    id: UUID
    user_id: str
    account_name: str
    account_type: AccountType
    account_purpose: str | None
    cash_balance: Decimal
    cash_interest: Decimal
    created_at: datetime | None
    updated_at: datetime | None


class AccountList(Answer):
    """GET /api/accounts."""

    accounts: list[AccountRecord]
    next_cursor: str | None


class PositionList(Answer):
    """GET /api/accounts/{account_id}/positions."""

    positions: list[Position]
    next_cursor: str | None


class ListedInstrument(Answer):
    """An instrument to choose from."""

    symbol: str
    name: str
    instrument_type: InstrumentType | None
    current_price: Decimal | None


class InstrumentList(RootModel[list[ListedInstrument]]):
    """GET /api/instruments."""


class AnalysisAccepted(Answer):
    """POST /api/analyze."""

    job_id: UUID
    message: str


class JobHeader(Answer):
    """A job in a list."""

    id: UUID
    job_type: JobType
    status: JobStatus
    progress: dict[str, Any] | None
    error_code: str | None
    error_message: str | None
    created_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    audit_ref: str


class JobList(Answer):
    """GET /api/jobs, newest first."""

    jobs: list[JobHeader]
    next_cursor: str | None


class JobRecord(JobHeader):
    """GET /api/jobs/{job_id}: with its results; the owner gets them when the job is completed, and until then sees
    whose approval it waits for."""

    request_payload: dict[str, Any]
    report_payload: dict[str, Any] | None
    charts_payload: dict[str, Any] | None
    retirement_payload: dict[str, Any] | None
    summary_payload: dict[str, Any] | None
    quality_payload: dict[str, Any] | None
    reviews: list[JobReview]


class AuditFinding(Answer):
    """Something in the trail that is not as it was written; ``position`` counts from 1, null: the trail as a whole."""

    what: str
    position: int | None
    reason: str


class AuditTotals(Answer):
    """What an analysis's decisions took: tokens, USD, milliseconds (of agents side by side, added up)."""

    decisions: int
    model_calls: int
    tokens_in: int
    tokens_out: int
    cost_usd: Decimal
    duration_ms: int
    models: list[str]
    prompts: list[str]


class AuditTrail(Answer):
    """GET /api/jobs/{job_id}/audit: assumptions and audit.

    ``chain_intact``: no entry was changed, removed, added or reordered; ``archive``: whether the write-once copy says
    the same; ``findings``: where and why not.
    """

    job_id: UUID
    chain_intact: bool
    archive: Literal["agrees", "pending", "differs", "unavailable"]
    findings: list[AuditFinding]
    entries: list[AuditEntry]
    assumptions: list[str]
    quality: dict[str, Any] | None
    totals: AuditTotals


class FieldFault(Answer):
    """One field at fault."""

    field: str
    reason: str


class Fault(Answer):
    """What went wrong, for people (``message``) and programs (``code``)."""

    code: str
    message: str
    request_id: str
    details: list[FieldFault] = Field(default=[])


class ErrorEnvelope(Answer):
    """Every error's body."""

    error: Fault
