"""The audit trail behind reviews: every transition once and the close last, whatever fails or comes twice (SYS-38)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from advisor.agents.recording import Recorder
from advisor.agents.reviewing import Decisions, NothingToReviewError, ReviewsOpenError, ReviewSteps, ReviewTrail
from advisor.domain.audit_check import check
from advisor.domain.errors import UnavailableError
from advisor.domain.models import AuditEntry
from advisor.domain.review import Concluded, Conclusion, Review, ReviewReason, ReviewState, conclusion
from advisor.domain.vocabulary import EntryKind, JobStatus
from tests.advisor.agents.conftest import MemoryAudit, Told

JOB, COMMENT = UUID(int=1), "Call Jane Doe on 555-0100 first."
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@dataclass
class Memory:
    """A job's reviews in memory, and the workflow's end of the line; ``down`` answers nothing."""

    reviews: dict[UUID, Review] = field(default_factory=dict)
    told: set[UUID] = field(default_factory=set)
    tokens: dict[UUID, str] = field(default_factory=dict)
    end: Conclusion | None = None
    down: bool = False

    def _reach(self) -> None:
        if self.down:
            raise UnavailableError()

    def of_job(self, _job_id: UUID) -> tuple[Review, ...]:
        return tuple(self.reviews.values())

    def undelivered(self, _job_id: UUID) -> tuple[Review, ...]:
        closed = (one for one in self.reviews.values() if one.state is not ReviewState.REQUESTED)
        return tuple(one for one in closed if one.id not in self.told)

    def delivered(self, review_id: UUID) -> bool:
        fresh = review_id not in self.told
        self.told.add(review_id)
        return fresh

    def notified(self, _review_id: UUID) -> bool:
        return True

    def set(self, review: Review, state: ReviewState, by: str | None = None) -> None:
        comment = COMMENT if by else None
        self.reviews[review.id] = review.model_copy(update={"state": state, "decided_by": by, "comment": comment})

    def decide(self, review: Review, state: ReviewState) -> None:
        if self.end is None and review.state is ReviewState.REQUESTED:
            self.set(review, state, "senior")
            if state is ReviewState.REJECTED:
                self.close(ReviewState.WITHDRAWN)

    def close(self, state: ReviewState) -> None:
        for review in self.of_job(JOB):
            if review.state is ReviewState.REQUESTED:
                self.set(review, state)

    def conclude(self, _job_id: UUID) -> Concluded:
        before, self.end = self.end, self.end or conclusion(self.reviews.values())
        return Concluded(self.end, self.of_job(JOB), fresh=before is None)

    def keep(self, review_id: UUID, token: str, *, until: datetime) -> None:
        self.tokens[review_id] = token

    def of(self, review_id: UUID) -> str | None:
        return self.tokens.get(review_id)

    def ask(self, _review: Review) -> None:
        self._reach()

    def escalate(self, _review: Review) -> None:
        self._reach()

    def answer(self, _token: str, *, review: Review) -> bool:
        self._reach()
        return True


class World:
    """A run that asked for reviews, its steps, and an audit trail that may be away."""

    def __init__(self, reasons: Sequence[ReviewReason]) -> None:
        self.memory, self.audit, self.log = Memory(), MemoryAudit(), Told()
        for number, reason in enumerate(reasons, start=10):
            self.memory.reviews[UUID(int=number)] = Review(
                id=UUID(int=number), job_id=JOB, owner_id="alice", reason=reason, traded_value=Decimal(2_000_000),
                portfolio_value=Decimal(5_000_000), risk_score=9, confidence=Decimal("0.7"), requested_at=NOW,
                expires_at=NOW + timedelta(days=1),
            )  # fmt: skip
        Recorder(self.audit, str(JOB), "alice", now=lambda: NOW).close("analysis_completed", "Done.")
        trail = ReviewTrail(self.audit, self.log, now=lambda: NOW)
        store: Any = self.memory
        self.steps = ReviewSteps(store, store, store, trail, self.log)
        self.decisions = Decisions(store, store, store, trail, self.log)

    def do(self, step: str, which: int) -> None:
        """One step, which may be refused and may fail halfway."""
        reviews = self.memory.of_job(JOB)
        review = reviews[which % len(reviews)]
        try:
            match step:
                case "ask":
                    self.steps.request(JOB, review.id, "token")
                case "approve" | "reject":
                    self.memory.decide(review, ReviewState.APPROVED if step == "approve" else ReviewState.REJECTED)
                case "expire":
                    self.memory.close(ReviewState.EXPIRED)
                case "deliver":
                    self.decisions.deliver(JOB)
                case "conclude":
                    self.steps.conclude(JOB)
                case "outage":
                    self.memory.down = not self.memory.down
        except (NothingToReviewError, ReviewsOpenError, UnavailableError):
            pass


STEPS = st.sampled_from(["ask", "approve", "reject", "expire", "deliver", "conclude", "outage"])


@given(
    reasons=st.lists(st.sampled_from(ReviewReason), min_size=1, max_size=3, unique=True),
    steps=st.lists(st.tuples(STEPS, st.integers(0, 2)), max_size=14),
)
def test_whatever_happens_in_whatever_order_the_trail_is_whole(
    reasons: list[ReviewReason], steps: list[tuple[str, int]]
) -> None:
    """XAI-04, HITL-01: an auditor would read of a decision twice or never, or behind the end of the trail."""
    world = World(reasons)
    for step, which in steps:
        world.do(step, which)
        assert check(world.audit.trail(str(JOB)), closed=False).ok
    world.memory.down = False
    for step in ("expire", "conclude", "deliver", "conclude"):
        world.do(step, 0)
    trail = world.audit.trail(str(JOB))
    assert check(trail, closed=True).faults == ()
    entries = world.audit.entries(str(JOB))
    told = [(one.output_summary["review_id"], one.output_summary["transition"])
            for one in entries if one.kind is EntryKind.REVIEW]  # fmt: skip
    ended = [(str(one.id), one.state.value) for one in world.memory.of_job(JOB)]
    assert sorted(told) == sorted([*ended, *((review, "requested") for review, _ in ended)])
    assert [one.decision for one in entries if one.kind is EntryKind.CLOSING] == [
        "analysis_completed", "reviews_concluded",
    ]  # fmt: skip
    logged = str(world.log.events)
    assert logged.count("'AI_DECISION'") == len(entries) - 1, "each is a line of the log, too"
    assert not any(word in logged + str(trail) for word in (COMMENT, "Jane", "senior'", "alice"))


def test_a_trail_that_waits_is_whole_and_a_shortened_one_is_not() -> None:
    """XAI-04: `alex audit verify` on an analysis that waits would accuse somebody; of one that ended it must not."""
    world = World([ReviewReason.VALUE, ReviewReason.RISK])
    world.do("ask", 0)
    assert check(world.audit.trail(str(JOB))).ok
    world.do("approve", 0)
    world.do("deliver", 0)
    world.do("ask", 1)
    assert check(world.audit.trail(str(JOB))).ok
    world.do("reject", 1)
    world.do("deliver", 1)
    open_end = check(world.audit.trail(str(JOB)))
    assert [fault.what for fault in open_end.faults] == ["not closed"]
    world.do("conclude", 0)
    assert check(world.audit.trail(str(JOB))).ok
    assert world.memory.end is not None
    assert world.memory.end.status is JobStatus.FAILED


def test_the_trail_is_not_closed_before_the_decisions_stand_in_it() -> None:
    """XAI-04: the sweeper ends a job whose decisions nobody passed on yet; they come a moment later."""
    world = World([ReviewReason.VALUE])
    world.do("approve", 0)
    world.do("conclude", 0)
    world.do("deliver", 0)
    entries: list[AuditEntry] = world.audit.entries(str(JOB))
    assert [one.decision for one in entries[-3:]] == ["review_requested", "review_approved", "reviews_concluded"]
