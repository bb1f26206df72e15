"""Human review of advice (domain 9.5; HITL-01 to HITL-03): when it is needed, how long it may take, how it ends.

    requested --approve--> approved        all approved   : the job is completed
        |-----reject-----> rejected        one rejected   : the job fails (REJECTED), the others are withdrawn
        `-----time-out---> expired         one expired    : the job fails (EXPIRED)

Each reason asks for a review of its own and all must clear: an expert who trusts the figures has not yet approved the
sum. The database says what was decided; the workflow is its clock and its messenger.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal
from uuid import UUID

from advisor.domain.calendar_us import after_business_days
from advisor.domain.models import Frozen, Job
from advisor.domain.vocabulary import JobStatus

NAME = "approval"
"""Who speaks in events, metrics and the audit trail."""


class ReviewReason(StrEnum):
    """Why a person must look; the figures in the names are the defaults of the rules."""

    VALUE = "value_over_limit"
    RISK = "risk_over_7"
    CONFIDENCE = "confidence_under_80"


class ReviewState(StrEnum):
    """``withdrawn``: another review of the same job was rejected, so nobody need decide any more."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Figures:
    """What the rules look at: USD of all trades and of the portfolio, risk 1 to 10, confidence 0 to 1."""

    traded_value: Decimal
    portfolio_value: Decimal
    risk_score: int
    confidence: Decimal


@dataclass(frozen=True)
class ApprovalRules:
    """When a person must look, and until when.

    :param value_limit: USD; strictly more needs a senior adviser (HITL-01).
    :param value_basis: whether the value is that of the trades or of the whole portfolio (HITL-01).
    :param risk_limit: risk score; strictly more is escalated (HITL-02).
    :param least_confidence: strictly less goes to an expert (HITL-03).
    :param business_days: until a review expires, by the exchange's calendar.
    :param expires_seconds: a fixed time instead, for rehearsals.
    """

    value_limit: Decimal = Decimal(1_000_000)
    value_basis: Literal["trade_value", "portfolio_value"] = "trade_value"
    risk_limit: int = 7
    least_confidence: Decimal = Decimal("0.80")
    business_days: int = 1
    expires_seconds: int | None = None

    def reasons(self, figures: Figures) -> tuple[ReviewReason, ...]:
        """The reviews that the advice needs, all of which must clear: none, one or several."""
        value = figures.traded_value if self.value_basis == "trade_value" else figures.portfolio_value
        triggered = {
            ReviewReason.VALUE: value > self.value_limit,
            ReviewReason.RISK: figures.risk_score > self.risk_limit,
            ReviewReason.CONFIDENCE: figures.confidence < self.least_confidence,
        }
        return tuple(reason for reason, holds in triggered.items() if holds)

    def expiry(self, requested_at: datetime) -> datetime:
        """When a review requested at this time (with a zone) expires, in UTC."""
        if self.expires_seconds is not None:
            return requested_at.astimezone(UTC) + timedelta(seconds=self.expires_seconds)
        return after_business_days(requested_at, self.business_days).astimezone(UTC)


class Review(Frozen):
    """One request for a person's decision; values in USD, times in UTC."""

    id: UUID
    job_id: UUID
    owner_id: str
    reason: ReviewReason
    state: ReviewState = ReviewState.REQUESTED
    traded_value: Decimal
    portfolio_value: Decimal
    risk_score: int
    confidence: Decimal
    requested_at: datetime
    expires_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Conclusion:
    """How a job ends after its reviews; ``code`` and ``message`` for its owner when it fails."""

    status: JobStatus
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True)
class Concluded:
    """A job's end (None while a review is open), its reviews then, and whether it ended just now."""

    end: Conclusion | None
    reviews: tuple[Review, ...]
    fresh: bool


REJECTED_TEXT = "A senior adviser did not approve these recommendations."
EXPIRED_TEXT = (
    "Nobody reviewed these recommendations in time, so they are not released. Please start a new analysis, or ask "
    "your adviser."
)


def conclusion(reviews: Iterable[Review]) -> Conclusion | None:
    """The end of a job whose reviews these are; None while one is still open."""
    reviews = list(reviews)
    states = {review.state for review in reviews}
    if ReviewState.REJECTED in states:
        comment = next(review.comment for review in reviews if review.state is ReviewState.REJECTED)
        text = f"{REJECTED_TEXT} The reason: {comment} You may start a new analysis."
        return Conclusion(JobStatus.FAILED, "REJECTED", text)
    if ReviewState.REQUESTED in states:
        return None
    if states == {ReviewState.APPROVED}:
        return Conclusion(JobStatus.COMPLETED)
    return Conclusion(JobStatus.FAILED, "EXPIRED", EXPIRED_TEXT)


def withheld(job: Job, reader: str) -> bool:
    """Whether the job's results are kept from this reader: an owner sees only what is released.

    Until then the owner sees status, progress and the reasons; adviser, reviewer and compliance see everything.
    """
    released = job.status is JobStatus.COMPLETED
    return reader == job.user_id and not released
