"""What the API takes of decisions on reviews and recommendations (see `schemas`)."""

from typing import Literal

from pydantic import model_validator

from advisor.handlers.api.schemas import Request, Text


class ReviewDecision(Request):
    """POST /api/reviews/{review_id}/decision; a rejection says why, and the client reads it."""

    decision: Literal["approve", "reject"]
    comment: Text = ""

    @model_validator(mode="after")
    def _a_rejection_says_why(self) -> "ReviewDecision":
        if self.decision == "reject" and not self.comment:
            raise ValueError("comment: Say why; the client reads it")
        return self


class RecommendationDecision(Request):
    """POST /api/recommendations/{recommendation_id}/decision."""

    decision: Literal["accept", "override"]
    comment: Text = ""
