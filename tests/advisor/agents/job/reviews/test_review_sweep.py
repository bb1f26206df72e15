"""The sweeper and the reviews: nothing waits for ever, and what is in order is left alone (SYS-38)."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from advisor.adapters import review_sweep
from advisor.adapters.review_desk import ReviewDesk
from advisor.adapters.review_store import DataApiReviewStore
from advisor.adapters.review_sweep import ReviewSweep
from advisor.adapters.reviewers import Escalations
from advisor.domain.errors import UnavailableError
from advisor.domain.review import ApprovalRules, ReviewReason, ReviewState
from advisor.handlers.review_sweep import ReviewRound

NOTHING = {"started": 0, "delivered": 0, "concluded": 0, "cleared": 0}


@dataclass
class Line:
    """What the sweeper had done, in order; ``down`` refuses."""

    done: list[tuple[str, UUID]] = field(default_factory=list)
    down: bool = False

    def _note(self, what: str, job_id: UUID) -> None:
        if self.down:
            raise UnavailableError()
        self.done.append((what, job_id))

    def start(self, job_id: UUID, reviews: Any) -> None:
        assert all(review.state is ReviewState.REQUESTED for review in reviews)
        self._note("start", job_id)

    def deliver(self, job_id: UUID) -> None:
        self._note("deliver", job_id)

    def conclude(self, job_id: UUID) -> None:
        self._note("conclude", job_id)


@dataclass
class Sqs:
    """A queue with messages; received ones are hidden from the round."""

    messages: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def receive_message(self, **_request: Any) -> dict[str, Any]:
        found = [key for key in self.messages if key not in self.hidden][:10]
        self.hidden |= set(found)
        return {"Messages": [{"Body": self.messages[key], "ReceiptHandle": key} for key in found]} if found else {}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803 - as boto3 calls it
        del self.messages[ReceiptHandle]


@dataclass
class Sweep:
    """A job that waits for two reviews, and the sweeper's means."""

    world: Any
    line: Line
    queue: Sqs

    def run(self) -> dict[str, int]:
        database = self.world.database
        return ReviewRound(
            reviews=ReviewSweep(database),
            desk=ReviewDesk(database),
            workflow=self.line,
            escalations=Escalations(self.queue, "https://queue"),
            telemetry=self.world.office.told,
            warning_seconds=7200,
        ).run()

    def reviews(self) -> dict[ReviewReason, UUID]:
        return {one.reason: one.id for one in DataApiReviewStore(self.world.database).of_job(self.world.job_id)}

    def later(self, seconds: int = 61) -> None:
        """So much time passes."""
        self.world.database.query(
            f"""UPDATE reviews SET requested_at = requested_at - interval '{seconds} seconds',
                decided_at = decided_at - interval '{seconds} seconds',
                expires_at = expires_at - interval '{seconds} seconds'"""
        )

    def notify(self) -> None:
        store = DataApiReviewStore(self.world.database)
        for review_id in self.reviews().values():
            store.notified(review_id)

    def decide(self, reason: ReviewReason) -> None:
        ReviewDesk(self.world.database).decide(
            self.reviews()[reason], state=ReviewState.APPROVED, by="senior", comment=""
        )


@pytest.fixture
def sweep(make_world: Callable[..., Any]) -> Sweep:
    world = make_world(rules=ApprovalRules(value_limit=Decimal(1), risk_limit=1, least_confidence=Decimal(0)))
    assert world.handle() == "completed"
    return Sweep(world, Line(), Sqs())


def test_what_is_in_order_is_left_alone(sweep: Sweep) -> None:
    """HITL-01: the ordinary way has a minute before anybody interferes; a day's wait is no fault."""
    assert sweep.run() == NOTHING
    sweep.notify()
    sweep.later()
    assert sweep.run() == NOTHING
    assert sweep.line.done == []


def test_a_workflow_that_never_began_is_started(sweep: Sweep) -> None:
    """HITL-01: the planner died between storing and starting; without this the job would wait unseen to its expiry."""
    sweep.later()
    assert sweep.run() == NOTHING | {"started": 1}
    assert sweep.line.done == [("start", sweep.world.job_id)]


def test_a_decision_that_was_not_passed_on_is_passed_on(sweep: Sweep) -> None:
    """HITL-01: the API died after its write."""
    sweep.notify()
    sweep.decide(ReviewReason.VALUE)
    assert sweep.run() == NOTHING
    sweep.later()
    assert sweep.run() == NOTHING | {"delivered": 1}
    DataApiReviewStore(sweep.world.database).delivered(sweep.reviews()[ReviewReason.VALUE])
    assert sweep.run() == NOTHING


def test_a_job_whose_workflow_is_gone_ends_all_the_same(sweep: Sweep) -> None:
    """HITL-01: everybody decided, or the time is over, and no workflow concludes: the sweeper does."""
    store = DataApiReviewStore(sweep.world.database)
    sweep.notify()
    for reason, review_id in sweep.reviews().items():
        sweep.decide(reason)
        store.delivered(review_id)
    sweep.later()
    assert sweep.run() == NOTHING | {"concluded": 1}


def test_an_overdue_job_is_concluded(sweep: Sweep) -> None:
    """HITL-01: the workflow should have timed out a minute ago."""
    sweep.notify()
    sweep.later(40 * 86400)
    assert sweep.run() == NOTHING | {"concluded": 1}


def test_an_outage_of_the_workflow_is_told_and_tried_again(sweep: Sweep) -> None:
    """HITL-01: one job that fails keeps the round from nothing else."""
    sweep.later()
    sweep.line.down = True
    assert sweep.run() == NOTHING
    assert "REVIEW_WORKFLOW_UNAVAILABLE" in sweep.world.office.told.names()
    sweep.line.down = False
    assert sweep.run()["started"] == 1


def test_an_expiry_that_nobody_was_told_of_is_told(sweep: Sweep) -> None:
    """HITL-02: the step died between ending the job and telling; it alone can do it again, passing on cannot."""
    sweep.notify()
    sweep.world.database.query("UPDATE reviews SET expires_at = now() - interval '1 second'")
    store = DataApiReviewStore(sweep.world.database)
    assert store.conclude(sweep.world.job_id).end is not None
    sweep.later()
    assert sweep.run() == NOTHING | {"concluded": 1}
    for review_id in sweep.reviews().values():
        store.delivered(review_id)
    assert sweep.run() == NOTHING


def test_those_who_wait_in_order_hide_nobody(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    """HITL-01: with more jobs waiting than a round looks at, the newest one's lost workflow would never be started."""
    monkeypatch.setattr(review_sweep, "BATCH", 1)
    database = sweep.world.database
    sweep.notify()
    database.query("INSERT INTO users (user_id) VALUES ('zoe')")
    row = database.one(
        "INSERT INTO jobs (user_id, job_type, status) VALUES ('zoe', 'portfolio_analysis', 'awaiting_approval') "
        "RETURNING id"
    )
    database.query(
        """INSERT INTO reviews (job_id, owner_id, reason, traded_value, portfolio_value, risk_score, confidence,
            expires_at, requested_at)
        VALUES (:id, 'zoe', 'risk_over_7', 1, 1, 9, 1, now() + interval '1 day', now() + interval '1 second')""",
        id=row["id"],
    )
    sweep.later()
    assert sweep.run() == NOTHING | {"started": 1}
    assert sweep.line.done == [("start", row["id"])]


@pytest.mark.parametrize("body", ["", "no JSON", "[]", "7", "{}", '{"review_id": null}', '{"review_id": "x"}'])
def test_what_is_no_escalation_holds_up_nobody(sweep: Sweep, body: str) -> None:
    """HITL-02: one strange message in the queue would end every round of the sweeper, jobs' and reviews', for ever."""
    sweep.queue.messages = {"a": body}
    assert sweep.run()["cleared"] == 1
    assert sweep.queue.messages == {}


def test_settled_escalations_leave_their_queue(sweep: Sweep) -> None:
    """HITL-02: its depth is the number of open escalations, which the dashboard shows."""
    reviews = sweep.reviews()
    sweep.queue.messages = {"a": json.dumps({"review_id": str(reviews[ReviewReason.RISK])})}
    assert sweep.run()["cleared"] == 0
    sweep.decide(ReviewReason.RISK)
    sweep.queue.hidden.clear()
    assert sweep.run()["cleared"] == 1
    assert sweep.queue.messages == {}


def test_what_waits_is_counted(sweep: Sweep) -> None:
    """HITL-01, HITL-02: the alarm before an expiry, and the dashboard, live on these figures."""
    sweep.notify()
    sweep.world.database.query("UPDATE reviews SET expires_at = now() + interval '1 hour' WHERE reason = 'risk_over_7'")
    sweep.later(10)
    sweep.run()
    counted = {name: value for name, agent, value in sweep.world.office.told.metrics if agent == "approval"}
    assert (counted["ReviewsWaiting"], counted["ReviewsExpiring"]) == (2, 1)
    assert 10 <= counted["OldestReviewSeconds"] < 600
