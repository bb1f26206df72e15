"""What the API gives back of reviews and recommendations (see `answers`). Values are USD, times UTC."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import ConfigDict

from advisor.adapters.recommendation_store import Advice
from advisor.domain.review import ReviewReason, ReviewState
from advisor.domain.vocabulary import JobStatus
from advisor.handlers.api.answers_base import Answer


class JobReview(Answer):
    """A review as everybody sees it who may see the job, the investor too."""

    reason: ReviewReason
    state: ReviewState
    requested_at: datetime
    expires_at: datetime


class ReviewRecord(Answer):
    """A review; ``decidable`` tells whether this caller may decide on it now. The figures are null for its owner."""

    id: UUID
    job_id: UUID
    owner_id: str
    reason: ReviewReason
    state: ReviewState
    traded_value: Decimal | None
    portfolio_value: Decimal | None
    risk_score: int | None
    confidence: Decimal | None
    requested_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    comment: str | None
    decidable: bool


class ReviewList(Answer):
    """GET /api/reviews, the oldest first."""

    reviews: list[ReviewRecord]
    next_cursor: str | None


class ReviewDetail(ReviewRecord):
    """GET /api/reviews/{review_id}: the analysis is left out for the owner until it is released."""

    job_status: JobStatus
    summary_payload: dict[str, Any] | None
    quality_payload: dict[str, Any] | None
    report_payload: dict[str, Any] | None
    reviews_of_job: list[JobReview]


class RecommendationRecord(Advice):
    """A recommendation; values are those of the whole set that was advised together."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")


class RecommendationList(Answer):
    """GET /api/clients/{client_id}/recommendations, newest first."""

    recommendations: list[RecommendationRecord]
    next_cursor: str | None
