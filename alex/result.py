"""One finished analysis as the terminal and the report read it: typed, checked, independent of the wire's details."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

Json = Mapping[str, Any]
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Part:
    """A share of something: dollars and percent (0 to 100)."""

    key: str
    label: str
    value: Decimal
    percent: Decimal


@dataclass(frozen=True)
class Holding:
    """One position; without a price it has no value."""

    symbol: str
    name: str
    account: str
    quantity: Decimal
    price: Decimal | None
    price_as_of: str
    price_source: str
    value: Decimal | None

    @property
    def title(self) -> str:
        """The name, unless it only repeats the symbol (an instrument that nobody has named yet)."""
        return self.name if self.name != self.symbol else ""


@dataclass(frozen=True)
class AccountLine:
    """One account's cash, investments and total in dollars."""

    name: str
    kind: str
    cash: Decimal
    invested: Decimal

    @property
    def total(self) -> Decimal:
        """Cash and priced investments."""
        return self.cash + self.invested


@dataclass(frozen=True)
class Advice:
    """A recommendation in its four demanded parts (XAI-03)."""

    recommendation: str
    reasoning: str
    impact: str
    priority: str


@dataclass(frozen=True)
class Term:
    """One term of the confidence: its signed points and why, in words."""

    name: str
    points: Decimal
    text: str


@dataclass(frozen=True)
class Quality:
    """What the figures rest on (WEB-05)."""

    confidence: float
    cue: str
    missing_prices: tuple[str, ...]
    stale_prices: tuple[str, ...]
    ageing_prices: tuple[str, ...]
    refused_prices: tuple[str, ...]
    missing_allocations: tuple[str, ...]
    default_allocations: tuple[str, ...]
    heuristics: tuple[str, ...]
    fallbacks: tuple[str, ...]
    last_updated: tuple[tuple[str, str], ...]
    derivation: tuple[Term, ...]

    @property
    def adds_up(self) -> bool:
        """Whether the terms' points sum to the confidence exactly; an older job has no terms."""
        return sum((term.points for term in self.derivation), Decimal(0)) == Decimal(str(self.confidence))


@dataclass(frozen=True)
class Rule:
    """One rule that may send the advice to a person (HITL-01 to 03): its figure, its limit, and whether it did."""

    name: str
    figure: str
    limit: str
    asked: bool


@dataclass(frozen=True)
class Decision:
    """What became of one review; ``by`` is empty while nobody has decided."""

    about: str
    state: str
    by: str
    comment: str
    requested_at: datetime | None
    decided_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True)
class Approval:
    """One analysis before its reviewers, and what its client could see meanwhile (``seen`` empty: nobody looked)."""

    job_id: str
    status: str
    told: str
    rules: tuple[Rule, ...]
    decisions: tuple[Decision, ...]
    seen: str
    withheld: tuple[str, ...]


@dataclass(frozen=True)
class Stretch:
    """A span of the trace: how deep it lies, when it began and how long it took in milliseconds, its model calls."""

    name: str
    kind: str
    depth: int
    starts: float
    milliseconds: float
    calls: int
    tokens_in: int
    tokens_out: int
    cost_usd: float
    failed: bool
    notes: str


@dataclass(frozen=True)
class Verification:
    """A command and what it printed."""

    command: str
    printed: str
    intact: bool


@dataclass(frozen=True)
class Analysis:
    """Everything that is shown of one job."""

    job_id: str
    status: str
    investor: str
    years_until_retirement: int | None
    target_income: Decimal | None
    asset_targets: dict[str, float]
    total_value: Decimal
    accounts: tuple[AccountLine, ...]
    holdings: tuple[Holding, ...]
    asset_class: tuple[Part, ...]
    sector: tuple[Part, ...]
    region: tuple[Part, ...]
    report: str
    recommendations: tuple[Advice, ...]
    assumptions: tuple[str, ...]
    retirement: dict[str, Any]
    retirement_text: str
    risk: dict[str, Any]
    rebalancing: dict[str, Any]
    usage: dict[str, Any]
    quality: Quality | None
    audit: tuple[dict[str, Any], ...]
    audit_ok: bool | None
    audit_reason: str
    started_at: datetime | None
    completed_at: datetime | None
    archive: str = ""
    approvals: tuple[Approval, ...] = ()
    trace: tuple[Stretch, ...] = ()
    verification: Verification | None = None
    raw: Json = field(repr=False, default_factory=dict)

    @property
    def held_value(self) -> Decimal:
        """Our own sum of quantity x price and cash, to compare with what the platform reported."""
        return sum((account.total for account in self.accounts), Decimal(0)).quantize(CENT)

    @property
    def sums_agree(self) -> bool:
        """The platform's total is the sum of what is held, to the cent for each line."""
        return abs(self.held_value - self.total_value) <= CENT * max(len(self.holdings), 1)

    @property
    def price_days(self) -> tuple[str, ...]:
        """The days of the prices used, oldest first."""
        return tuple(sorted({holding.price_as_of for holding in self.holdings if holding.price_as_of}))

    @property
    def seconds(self) -> float | None:
        """From the planner's start to the stored result."""
        if self.started_at is None or self.completed_at is None:
            return None
        return (self.completed_at - self.started_at).total_seconds()
