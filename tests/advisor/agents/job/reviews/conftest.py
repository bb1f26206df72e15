"""An analysis that waits for two reviews, over real PostgreSQL, and everybody who has to do with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from advisor.adapters.review_desk import ReviewDesk
from advisor.adapters.review_store import DataApiReviewStore
from advisor.agents.reviewing import Decisions, ReviewSteps, ReviewTrail
from advisor.domain.audit import verify_chain
from advisor.domain.errors import UnavailableError
from advisor.domain.review import ApprovalRules, Review, ReviewReason, ReviewState
from advisor.domain.vocabulary import EntryKind

STRICT = ApprovalRules(value_limit=Decimal(1), risk_limit=1, least_confidence=Decimal(0))
"""Asks for two reviews of any portfolio off its targets: value and risk."""


@pytest.fixture
def strict() -> ApprovalRules:
    """Rules under which two people must look."""
    return STRICT


@dataclass
class Waiting:
    """The workflow's end of the line: steps wait with tokens; answered ones are remembered."""

    tokens: dict[UUID, str] = field(default_factory=dict)
    asked: list[Review] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    late: list[Review] = field(default_factory=list)
    over: bool = False
    down: bool = False

    def keep(self, review_id: UUID, token: str, *, until: datetime) -> None:
        assert until > datetime.now(UTC)
        self.tokens[review_id] = token

    def of(self, review_id: UUID) -> str | None:
        return self.tokens.get(review_id)

    def ask(self, review: Review) -> None:
        if self.down:
            raise UnavailableError()
        self.asked.append(review)

    def escalate(self, review: Review) -> None:
        self.late.append(review)

    def answer(self, token: str, *, review: Review) -> bool:
        if self.down:
            raise UnavailableError()
        self.answers.append((token, review.state.value))
        return not self.over


@dataclass
class Desk:
    """A job that waits, and everybody who has to do with it."""

    world: Any
    waiting: Waiting
    steps: ReviewSteps
    decisions: Decisions
    people: ReviewDesk
    store: DataApiReviewStore

    @property
    def first(self) -> ReviewReason:
        """The first reason by name."""
        return next(iter(self.reviews))

    @property
    def second(self) -> ReviewReason:
        """The second."""
        return list(self.reviews)[1]

    @property
    def advice(self) -> list[dict[str, Any]]:
        """The stored recommendations."""
        return list(self.world.database.query("SELECT * FROM recommendations WHERE job_id = :id", id=self.world.job_id))

    @property
    def reviews(self) -> dict[ReviewReason, Review]:
        return {review.reason: review for review in self.store.of_job(self.world.job_id)}

    def ask(self) -> None:
        for review in self.reviews.values():
            self.steps.request(self.world.job_id, review.id, f"token-{review.reason.value}")

    def decide(self, reason: ReviewReason, state: Any = ReviewState.APPROVED, by: str = "senior") -> Review:
        return self.people.decide(self.reviews[reason].id, state=state, by=by, comment="Too much at once.")

    def overdue(self) -> None:
        """The time of the open reviews is over."""
        self.world.database.query("UPDATE reviews SET expires_at = now() - interval '1 second'")

    def trail(self) -> list[tuple[str, str]]:
        """Transitions of the audit trail in order, with the actors."""
        entries = self.world.office.audit.entries(str(self.world.job_id))
        assert verify_chain(entries).ok
        found = [one.output_summary for one in entries if one.kind is EntryKind.REVIEW and one.agent == "approval"]
        return [(one["transition"], one["actor"]) for one in found]


@pytest.fixture
def desk(make_world: Callable[..., Any]) -> Desk:
    """An analysis that asked for two reviews."""
    world = make_world(rules=STRICT)
    assert world.handle() == "completed"
    waiting, store = Waiting(), DataApiReviewStore(world.database)
    trail, told = ReviewTrail(world.office.audit), world.office.told
    return Desk(
        world=world,
        waiting=waiting,
        steps=ReviewSteps(store, waiting, waiting, trail, told),
        decisions=Decisions(store, waiting, waiting, trail, told),
        people=ReviewDesk(world.database),
        store=store,
    )
