"""The steps of the review workflow: ask for a review, pass on what was decided, end the job (SYS-38).

Every step may run twice, and beside another one: what it writes is conditional, also in the audit trail, which is
closed only when every transition stands in it. Whose record it is and who acted are named by pseudonyms.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from advisor.agents.recording import PROMPT_VERSION, tell
from advisor.domain import explaining
from advisor.domain.advice import Verdict
from advisor.domain.audit import RULES, decision
from advisor.domain.models import AuditEntry
from advisor.domain.pseudonyms import user_hash
from advisor.domain.review import NAME, Conclusion, Review, ReviewState
from advisor.domain.vocabulary import EntryKind, JobStatus
from advisor.ports.reviews import Reviewers, ReviewStore, TaskTokens, WaitingWorkflow
from advisor.ports.store import AuditLog
from advisor.ports.telemetry import Silent, Telemetry

TOKEN_KEPT_AFTER_EXPIRY = timedelta(days=1)
WORKFLOW = "workflow"
"""Who acts when nobody does."""


class ReviewsOpenError(Exception):
    """The job cannot end yet: a review is open and has not expired. The workflow asks again."""


class NothingToReviewError(Exception):
    """The review was decided, or its client's records deleted, before its step began: the step ends at once."""


@dataclass(frozen=True)
class ReviewTrail:
    """The reviews' part of a job's audit trail: each transition once, and the end."""

    audit: AuditLog
    telemetry: Telemetry = field(default_factory=Silent)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def note(self, review: Review, transition: ReviewState, *, actor: str | None) -> None:
        """Append the transition, behind the request, unless it is there; ``actor`` None: the workflow acted."""
        if transition is not ReviewState.REQUESTED:
            self.note(review, ReviewState.REQUESTED, actor=None)
        summary = {"type": "review", "review_id": str(review.id), "transition": transition.value}
        entry = self._entry(
            review.job_id,
            review.owner_id,
            EntryKind.REVIEW,
            f"review_{transition.value}",
            explaining.transition(transition.value, review.reason.value),
            about=[review.id, review.reason, review.traded_value, review.risk_score, review.confidence],
            outcome=review.comment,
        )
        by = user_hash(actor) if actor else WORKFLOW
        said = summary | {"reason": review.reason.value, "actor": by, "size_bytes": entry.output_summary["size_bytes"]}

        def noted(known: Sequence[AuditEntry]) -> bool:
            return any(summary.items() <= one.output_summary.items() for one in known)

        self._append(entry.model_copy(update={"output_summary": said}), noted)

    def close(self, job_id: UUID, owner_id: str, end: Conclusion) -> None:
        """Close the trail behind the last transition, unless that was done."""
        why = f"The reviews are over; the analysis is {end.status.value}."
        entry = self._entry(job_id, owner_id, EntryKind.CLOSING, "reviews_concluded", why, about=end, outcome=end)
        self._append(entry, lambda known: bool(known) and (known[-1].kind, known[-1].agent) == (entry.kind, NAME))

    def _append(self, entry: AuditEntry, done: Callable[[Sequence[AuditEntry]], bool]) -> None:
        stored = self.audit.append_unless(entry, done)
        if stored is not None:
            tell(self.telemetry, stored)

    def _entry(
        self, job_id: UUID, owner_id: str, kind: EntryKind, named: str, why: str, *, about: Any, outcome: Any
    ) -> AuditEntry:
        return decision(
            timestamp=self.now(),
            agent=NAME,
            job_id=job_id,
            user_id=owner_id,
            model=RULES,
            input=about,
            output=outcome,
            duration_ms=0,
            verdict=Verdict.NOT_EVALUATED,
            prompt_version=PROMPT_VERSION,
            tokens={},
            cost_usd=Decimal(0),
            kind=kind,
            decision=named,
            explanation=why,
        )


@dataclass(frozen=True)
class ReviewSteps:
    """What the workflow itself calls."""

    reviews: ReviewStore
    reviewers: Reviewers
    tokens: TaskTokens
    trail: ReviewTrail
    telemetry: Telemetry = field(default_factory=Silent)

    def request(self, job_id: UUID, review_id: UUID, token: str) -> None:
        """Keep the waiting step's token, then tell the reviewers; raises NothingToReviewError.

        Looked up after the token is kept: a decision from then on finds it.
        """
        found = {one.id: one for one in self.reviews.of_job(job_id)}
        if review_id not in found:
            raise NothingToReviewError("no such review")
        self.tokens.keep(review_id, token, until=found[review_id].expires_at + TOKEN_KEPT_AFTER_EXPIRY)
        review = next((one for one in self.reviews.of_job(job_id) if one.id == review_id), None)
        if review is None or review.state is not ReviewState.REQUESTED:
            raise NothingToReviewError("it has been decided")
        self.reviewers.ask(review)
        self.trail.note(review, ReviewState.REQUESTED, actor=None)
        self.reviews.notified(review.id)

    def conclude(self, job_id: UUID) -> Conclusion:
        """End the job; raises ReviewsOpenError while a review is open."""
        concluded = self.reviews.conclude(job_id)
        end = concluded.end
        if end is None:
            raise ReviewsOpenError(f"a review of job {job_id} is open")
        unheard = {review.id for review in self.reviews.undelivered(job_id)}
        for review in concluded.reviews:
            # Also what the other function passes on: it may come behind this, and nothing may stand behind the close.
            self.trail.note(review, review.state, actor=review.decided_by)
            if review.state is ReviewState.EXPIRED and review.id in unheard:
                self.reviewers.escalate(review)
                if self.reviews.delivered(review.id):
                    _tell(self.telemetry, review)
        if concluded.reviews:
            self.trail.close(job_id, concluded.reviews[0].owner_id, end)
        if concluded.fresh:
            self.telemetry.event("REVIEW_CONCLUDED", agent=NAME, status=end.status.value, code=end.code)
            ended = "JobsCompleted" if end.status is JobStatus.COMPLETED else "JobsFailed"
            self.telemetry.metric(ended, 1, agent=NAME)
        return end


@dataclass(frozen=True)
class Decisions:
    """Passes on what people decided."""

    reviews: ReviewStore
    tokens: TaskTokens
    workflow: WaitingWorkflow
    trail: ReviewTrail
    telemetry: Telemetry = field(default_factory=Silent)

    def deliver(self, job_id: UUID) -> int:
        """Record and tell every decision that the workflow has not learned; how many it learned now.

        One whose step does not wait yet stays, and is told in the sweeper's next round.
        """
        told = 0
        for review in self.reviews.undelivered(job_id):
            if review.state is ReviewState.EXPIRED:
                continue
            self.trail.note(review, review.state, actor=review.decided_by)
            token = self.tokens.of(review.id)
            if token is None and review.expires_at > self.trail.now():
                self.telemetry.event("REVIEW_STEP_NOT_WAITING", agent=NAME, warning=True, review_id=str(review.id))
                continue
            if token is not None and not self.workflow.answer(token, review=review):
                self.telemetry.event("REVIEW_STEP_OVER", agent=NAME, warning=True, review_id=str(review.id))
            if self.reviews.delivered(review.id):
                _tell(self.telemetry, review)
                told += 1
        return told


def _tell(telemetry: Telemetry, review: Review) -> None:
    by = user_hash(review.decided_by) if review.decided_by else WORKFLOW
    telemetry.event("REVIEW_DECIDED", agent=NAME, decision=review.state.value, by=by, reason=review.reason.value)
    match review.state:
        case ReviewState.APPROVED:
            telemetry.metric("ReviewsApproved", 1, agent=NAME)
        case ReviewState.REJECTED:
            telemetry.metric("ReviewsRejected", 1, agent=NAME)
        case ReviewState.EXPIRED:
            telemetry.metric("ReviewsExpired", 1, agent=NAME)
