"""Entities of the advisor: immutable, exact (Decimal money), validated where they are made.

Money is USD with 2 places, prices have 4, quantities 8; percentages are 0 to 100; times are UTC.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from advisor.domain.vocabulary import (
    ALIASES,
    AccountType,
    AllocationSource,
    AssetClass,
    EntryKind,
    InstrumentType,
    JobStatus,
    JobType,
    PriceSource,
    Priority,
    Region,
    Sector,
)

ALLOCATION_TOLERANCE = 0.05
"""An allocation's parts sum to 100 within this many percentage points."""


class Frozen(BaseModel):
    """Base of all entities: immutable, unknown fields refused; an error names the field and not what stood in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _allocation(words: type[AssetClass] | type[Region] | type[Sector]) -> Any:
    """Validator of one allocation map: known keys (aliases normalised), parts 0-100, sum 100, zero parts dropped."""
    known = {word.value for word in words}

    def check(parts: dict[str, float]) -> dict[str, float]:
        merged: dict[str, float] = {}
        for raw, part in parts.items():
            key = ALIASES.get(raw, raw)
            if key not in known:
                raise ValueError(f"unknown {words.__name__} {raw!r}; known: {', '.join(sorted(known))}")
            if not 0 <= part <= 100:
                raise ValueError(f"{raw} is {part}; a part lies between 0 and 100")
            merged[key] = merged.get(key, 0.0) + part
        total = sum(merged.values())
        if abs(total - 100) > ALLOCATION_TOLERANCE:
            raise ValueError(f"the parts sum to {total:g}, not to 100")
        return {key: part for key, part in merged.items() if part > 0}

    return check


AssetClassAllocation = Annotated[dict[str, float], AfterValidator(_allocation(AssetClass))]
RegionAllocation = Annotated[dict[str, float], AfterValidator(_allocation(Region))]
SectorAllocation = Annotated[dict[str, float], AfterValidator(_allocation(Sector))]


class User(Frozen):
    """An investor: goals and targets (``owner_id`` of everything below is its ``user_id``)."""

    user_id: str = Field(min_length=1, max_length=255)
    display_name: str | None = Field(default=None, max_length=255)
    years_until_retirement: int = Field(default=20, ge=0, le=100)
    target_retirement_income: Decimal = Field(default=Decimal(60000), ge=0)
    current_age: int | None = Field(default=None, ge=0, le=130)
    annual_contribution: Decimal = Field(default=Decimal(10000), ge=0)
    asset_class_targets: AssetClassAllocation = {"equity": 70.0, "fixed_income": 30.0}
    region_targets: RegionAllocation = {"north_america": 50.0, "international": 50.0}
    retirement_goals: str | None = Field(default=None, max_length=2000)
    advisor_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Instrument(Frozen):
    """A security; a price from nobody (or from a model) is a missing price."""

    symbol: str = Field(min_length=1, max_length=20)
    name: str = Field(min_length=1, max_length=255)
    instrument_type: InstrumentType | None = None
    current_price: Decimal | None = Field(default=None, ge=0, le=999999)
    price_as_of: date | None = None
    price_source: PriceSource = PriceSource.NONE
    allocation_asset_class: AssetClassAllocation | None = None
    allocation_regions: RegionAllocation | None = None
    allocation_sectors: SectorAllocation | None = None
    allocation_source: AllocationSource = AllocationSource.DEFAULT
    updated_at: datetime | None = None

    @property
    def priced(self) -> bool:
        """A provider or the user said the price."""
        return self.current_price is not None and self.price_source in {PriceSource.PROVIDER, PriceSource.USER}

    @property
    def classified(self) -> bool:
        """All three maps exist and somebody stands for them."""
        maps = (self.allocation_asset_class, self.allocation_regions, self.allocation_sectors)
        return all(maps) and self.allocation_source is not AllocationSource.DEFAULT


class Position(Frozen):
    """A holding of one instrument in one account."""

    id: UUID
    account_id: UUID
    symbol: str
    quantity: Decimal = Field(gt=0)
    as_of_date: date
    instrument: Instrument


class Account(Frozen):
    """An account with its positions. ``cash_interest`` is a fraction a year (0.045 = 4.5%)."""

    id: UUID
    user_id: str
    account_name: str = Field(min_length=1, max_length=255)
    account_type: AccountType = AccountType.OTHER
    account_purpose: str | None = Field(default=None, max_length=2000)
    cash_balance: Decimal = Field(default=Decimal(0), ge=0)
    cash_interest: Decimal = Field(default=Decimal(0), ge=0, le=1)
    positions: tuple[Position, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Portfolio(Frozen):
    """Everything the engines need of one user."""

    user: User
    accounts: tuple[Account, ...]

    @property
    def positions(self) -> tuple[Position, ...]:
        """All holdings, account by account."""
        return tuple(position for account in self.accounts for position in account.positions)

    @property
    def instruments(self) -> dict[str, Instrument]:
        """Held instruments by symbol."""
        return {position.symbol: position.instrument for position in self.positions}


class Job(Frozen):
    """One analysis; payloads are JSON objects as stored and as returned by the API."""

    id: UUID
    user_id: str
    job_type: JobType = JobType.PORTFOLIO_ANALYSIS
    status: JobStatus = JobStatus.PENDING
    request_payload: dict[str, Any] = {}
    report_payload: dict[str, Any] | None = None
    charts_payload: dict[str, Any] | None = None
    retirement_payload: dict[str, Any] | None = None
    summary_payload: dict[str, Any] | None = None
    quality_payload: dict[str, Any] | None = None
    progress: dict[str, Any] | None = None
    error_code: str | None = None
    error_message: str | None = None
    correlation_id: str | None = None
    idempotency_key: str | None = None
    attempt: int = 0
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    updated_at: datetime | None = None


class Recommendation(Frozen):
    """An advice in the four demanded parts (XAI-03); it suggests, it never executes."""

    recommendation: str = Field(min_length=1, max_length=2000)
    reasoning: str = Field(min_length=1, max_length=4000)
    impact: str = Field(min_length=1, max_length=2000)
    priority: Priority


class AuditEntry(Frozen):
    """One decision, without raw prompts and personal data (XAI-04); ``prev_hash`` chains the entries of a job.

    ``model`` is ``rules`` where no model was asked; ``decision`` names it in one word, ``explanation`` says why in a
    sentence (XAI-06), ``rules`` are the guardrails that objected, ``sequence`` counts the job's entries from 1.
    The fields from ``kind`` on came later: at their defaults they are no part of the hash (see `domain.audit`).
    """

    timestamp: datetime
    agent: str
    job_id: str
    user_id_hash: str
    model: str
    input_hash: str
    output_summary: dict[str, Any]
    duration_ms: int = Field(ge=0)
    compliance_check: str
    prompt_version: str
    guardrail_version: str | None = None
    tokens: dict[str, int]
    cost_usd: Decimal
    trace_id: str | None = None
    prev_hash: str | None = None
    entry_hash: str | None = None
    kind: EntryKind = EntryKind.MODEL_ANSWER
    sequence: int = Field(default=0, ge=0)
    decision: str = Field(default="", max_length=100)
    explanation: str = Field(default="", max_length=4000)
    rules: tuple[str, ...] = ()
