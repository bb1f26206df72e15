"""When a person must approve, until when, and how a job ends by it (HITL-01, HITL-02, HITL-03; domain 9.5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from advisor.domain.models import Job
from advisor.domain.review import ApprovalRules, Figures, Review, ReviewReason, ReviewState, conclusion, withheld
from advisor.domain.vocabulary import JobStatus

RULES = ApprovalRules()
QUIET = Figures(Decimal(0), Decimal(0), 1, Decimal(1))
VALUE, RISK, CONFIDENCE = ReviewReason
REQUESTED, APPROVED, REJECTED, EXPIRED, WITHDRAWN = ReviewState


@pytest.mark.parametrize(
    ("figures", "reasons"),
    [
        ({"traded_value": Decimal("1000000.00")}, ()),
        ({"traded_value": Decimal("1000000.01")}, (VALUE,)),
        ({"portfolio_value": Decimal(5_000_000)}, ()),
        ({"risk_score": 7}, ()),
        ({"risk_score": 8}, (RISK,)),
        ({"confidence": Decimal("0.80")}, ()),
        ({"confidence": Decimal("0.7999")}, (CONFIDENCE,)),
        ({"traded_value": Decimal(2_000_000), "risk_score": 10, "confidence": Decimal("0.1")}, tuple(ReviewReason)),
    ],
)
def test_a_person_must_look_strictly_beyond_each_limit(figures: dict[str, Any], reasons: tuple[str, ...]) -> None:
    """HITL-01, HITL-02, HITL-03: at the limit nobody is asked; beyond several, each asks for a review of its own."""
    assert RULES.reasons(replace(QUIET, **figures)) == reasons


@pytest.mark.parametrize(
    ("rules", "figures", "reasons"),
    [
        ({"value_basis": "portfolio_value"}, {"portfolio_value": Decimal("1000000.01")}, (VALUE,)),
        ({"value_basis": "portfolio_value"}, {"portfolio_value": Decimal(1_000_000)}, ()),
        ({"value_basis": "portfolio_value"}, {"traded_value": Decimal(9_000_000)}, ()),
        ({"value_limit": Decimal(10)}, {"traded_value": Decimal("10.01")}, (VALUE,)),
        ({"risk_limit": 5}, {"risk_score": 6}, (RISK,)),
        ({"least_confidence": Decimal("0.95")}, {"confidence": Decimal("0.94")}, (CONFIDENCE,)),
    ],
)
def test_every_limit_is_a_setting(rules: Any, figures: Any, reasons: tuple[str, ...]) -> None:
    """HITL-01: an institution that counts the whole portfolio, or is stricter, sets it."""
    assert ApprovalRules(**rules).reasons(replace(QUIET, **figures)) == reasons


@pytest.mark.parametrize(
    ("requested", "expires"),
    [
        ("2026-11-16T15:00:00-05:00", "2026-11-17T15:00:00-05:00"),  # a Monday
        ("2026-11-20T15:00:00-05:00", "2026-11-23T15:00:00-05:00"),  # a Friday
        ("2026-11-25T10:00:00-05:00", "2026-11-27T10:00:00-05:00"),  # the day before Thanksgiving
        ("2026-04-02T15:00:00-04:00", "2026-04-06T15:00:00-04:00"),  # the day before Good Friday
        ("2026-11-21T10:00:00-05:00", "2026-11-24T00:00:00-05:00"),  # a Saturday: all of Monday
        ("2026-11-26T10:00:00-05:00", "2026-11-30T00:00:00-05:00"),  # Thanksgiving: all of Friday
        ("2026-03-06T15:00:00-05:00", "2026-03-09T15:00:00-04:00"),  # the clocks change in between
        ("2026-11-17T03:00:00+00:00", "2026-11-18T03:00:00+00:00"),  # still Monday evening in New York
    ],
)
def test_a_review_expires_after_one_business_day(requested: str, expires: str) -> None:
    """HITL-01: else what is asked on a Friday is lost on Saturday, when nobody works."""
    assert RULES.expiry(datetime.fromisoformat(requested)) == datetime.fromisoformat(expires)


def test_a_rehearsal_may_fix_the_time() -> None:
    """HITL-01: an expiry can be shown in seconds."""
    asked = datetime(2026, 11, 20, tzinfo=UTC)
    assert ApprovalRules(expires_seconds=3).expiry(asked) == asked + timedelta(seconds=3)


def review(state: ReviewState, comment: str | None = None) -> Review:
    """A review in a state."""
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return Review(
        id=UUID(int=1), job_id=UUID(int=2), owner_id="ann", reason=VALUE, state=state, traded_value=Decimal(1),
        portfolio_value=Decimal(1), risk_score=1, confidence=Decimal(1), requested_at=now, expires_at=now,
        comment=comment,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("states", "status", "code"),
    [
        ([APPROVED], JobStatus.COMPLETED, None),
        ([APPROVED, APPROVED, APPROVED], JobStatus.COMPLETED, None),
        ([APPROVED, EXPIRED], JobStatus.FAILED, "EXPIRED"),
        ([REJECTED, WITHDRAWN], JobStatus.FAILED, "REJECTED"),
        ([APPROVED, REJECTED], JobStatus.FAILED, "REJECTED"),
    ],
)
def test_all_reviews_must_clear(states: list[ReviewState], status: JobStatus, code: str | None) -> None:
    """HITL-01: one approval of three releases nothing; one rejection is enough."""
    end = conclusion([review(state, "Too risky.") for state in states])
    assert end is not None
    assert (end.status, end.code) == (status, code)
    assert (end.message is None) == (code is None)
    if code == "REJECTED":
        assert "Too risky." in str(end.message)


def test_an_open_review_keeps_the_job_waiting() -> None:
    """HITL-01: nothing is released while somebody has still to look."""
    assert conclusion([review(APPROVED), review(REQUESTED)]) is None


@pytest.mark.parametrize("status", list(JobStatus))
def test_an_owner_sees_results_only_when_they_are_released(status: JobStatus) -> None:
    """HITL-01: advice that waits, or was rejected, must not be acted upon; adviser and reviewer see it."""
    job = Job(id=UUID(int=1), user_id="ann", status=status)
    assert withheld(job, "ann") is (status is not JobStatus.COMPLETED)
    assert not withheld(job, "adviser")
