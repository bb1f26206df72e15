"""What the API gives back; the OpenAPI document is generated from these models.

Records leave as they are stored but for inner fields (keys, attempts, correlation); money is USD, times are UTC.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, RootModel

from advisor.domain.models import AuditEntry, Position, User
from advisor.domain.vocabulary import AccountType, InstrumentType, JobStatus, JobType
from advisor.handlers.api.answers_reviews import JobReview


class Answer(BaseModel):
    """An answer; built from records by name."""

    model_config = ConfigDict(from_attributes=True)


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


class PositionList(Answer):
    """GET /api/accounts/{account_id}/positions."""

    positions: list[Position]


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


class AuditTrail(Answer):
    """GET /api/jobs/{job_id}/audit; ``chain_intact`` says whether the entries' hashes still fit together."""

    job_id: UUID
    chain_intact: bool
    entries: list[AuditEntry]


class FieldFault(Answer):
    """One field at fault."""

    field: str
    reason: str


class Fault(Answer):
    """What went wrong, for people (``message``) and programs (``code``)."""

    code: str
    message: str
    request_id: str
    details: list[FieldFault] = []


class ErrorEnvelope(Answer):
    """Every error's body."""

    error: Fault
