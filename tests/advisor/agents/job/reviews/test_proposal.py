"""What the planner does with advice that a person must approve, and with advice that needs nobody (SYS-38)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from advisor.domain.review import ReviewReason
from advisor.domain.vocabulary import JobStatus


def stored_advice(world: Any) -> list[dict[str, Any]]:
    """The recommendations of the world's job."""
    return list(world.database.query("SELECT * FROM recommendations WHERE job_id = :id", id=world.job_id))


def test_advice_within_the_limits_is_released_at_once_and_stored(world: Any) -> None:
    """XAI-03, HITL-01: most analyses wait for nobody; each recommendation is a record that can be decided on."""
    world.handle()
    job = world.job()
    assert (job.status, world.line.started) == (JobStatus.COMPLETED, {})
    stored = stored_advice(world)
    assert len(stored) == len(job.summary_payload["recommendations"]) >= 5
    assert {one["state"] for one in stored} == {"proposed"}
    assert {one["traded_value"] for one in stored} == {Decimal(str(job.summary_payload["rebalancing"]["traded_value"]))}


def test_advice_beyond_a_limit_waits(desk: Any) -> None:
    """HITL-01, HITL-02: stored whole, with a review a reason, and the workflow is told who waits for how long."""
    job = desk.world.job()
    assert job.status is JobStatus.AWAITING_APPROVAL
    assert job.completed_at is None
    assert job.progress["step"] == "approval"
    assert job.report_payload is not None
    assert set(desk.reviews) == {ReviewReason.VALUE, ReviewReason.RISK}
    assert {review.id for review in desk.world.line.started[job.id]} == {one.id for one in desk.reviews.values()}
    (told,) = desk.world.office.told.details("REVIEW_REQUESTED")
    assert set(told["reasons"]) == {reason.value for reason in (desk.first, desk.second)}


def test_the_largest_portfolio_that_can_be_entered_is_advised(make_world: Callable[..., Any], strict: Any) -> None:
    """AGENT-05: its values would not fit their columns: the analysis would be made, paid for, and lost, each time."""
    world = make_world(rules=strict, held={"AAPL": "999999999999", "BND": "1"}, prices={"AAPL": "999998", "BND": "1"})
    assert world.handle() == "completed"
    assert world.job().status is JobStatus.AWAITING_APPROVAL
    assert {one["traded_value"] > 10**16 for one in stored_advice(world)} == {True}


def test_a_redelivered_message_asks_nobody_twice(desk: Any) -> None:
    """HITL-01: SQS may deliver twice; two requests for one decision would confuse the reviewers."""
    assert desk.world.handle() == "duplicate"
    assert len(desk.reviews) == 2
    assert len(desk.advice) == len(desk.world.job().summary_payload["recommendations"])


def test_a_workflow_that_cannot_be_started_loses_nothing(make_world: Callable[..., Any], strict: Any) -> None:
    """HITL-01: the job waits all the same, nothing is repeated, and an operator reads of it."""
    world = make_world(rules=strict)
    world.line.down = True
    assert world.handle() == "completed"
    assert world.job().status is JobStatus.AWAITING_APPROVAL
    assert "REVIEW_WORKFLOW_NOT_STARTED" in world.office.told.names()


def test_a_planner_that_dies_before_the_end_is_done_over_without_doubles(
    make_world: Callable[..., Any], strict: Any
) -> None:
    """HITL-01: advice, reviews and status are one transaction; a database that fails in it leaves none of them."""
    world = make_world(rules=strict)
    world.database.query("ALTER TABLE reviews RENAME TO hidden")
    with pytest.raises(Exception, match="reviews"):
        world.handle()
    world.database.query("ALTER TABLE hidden RENAME TO reviews")
    assert stored_advice(world) == []
    assert world.job().status is JobStatus.PENDING
    assert world.handle() == "completed"
    assert world.job().status is JobStatus.AWAITING_APPROVAL
    assert len(stored_advice(world)) == len(world.job().summary_payload["recommendations"])
