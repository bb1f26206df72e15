"""Reviews of advice, and the workflow that waits for them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from advisor.domain.models import Job
from advisor.domain.review import Concluded, Figures, Review, ReviewReason


class ReviewStore(Protocol):
    """Proposals and their reviews; every write is conditional on the state before it."""

    def propose(
        self,
        job: Job,
        *,
        recommendations: Sequence[Mapping[str, Any]],
        figures: Figures,
        reasons: Sequence[ReviewReason],
        expires_at: datetime,
    ) -> tuple[Review, ...]:
        """Store the advice of a running job and end its run: completed, or awaiting approval with these reviews.

        All or nothing; raises ConflictError when the job does not run any more.
        """
        ...

    def of_job(self, job_id: UUID) -> tuple[Review, ...]: ...

    def notified(self, review_id: UUID) -> bool:
        """Note that the reviewers were told; False when they had been before."""
        ...

    def undelivered(self, job_id: UUID) -> tuple[Review, ...]:
        """Closed reviews of which the workflow has not learned."""
        ...

    def delivered(self, review_id: UUID) -> bool:
        """Note that the workflow has learned of it; False when it had before."""
        ...

    def conclude(self, job_id: UUID) -> Concluded:
        """Expire what is overdue, and end the job when nothing is open; a job that had ended keeps its end."""
        ...


class Workflow(Protocol):
    """Keeps the time of a job's reviews; raises UnavailableError when it cannot be reached."""

    def start(self, job_id: UUID, reviews: Sequence[Review]) -> None:
        """Ask for the reviews; starting twice is starting once."""
        ...

    def deliver(self, job_id: UUID) -> None:
        """Have the workflow told what was decided; it happens soon after, and may happen twice."""
        ...

    def conclude(self, job_id: UUID) -> None:
        """Have the job ended, in place of a workflow that did not."""
        ...


class Reviewers(Protocol):
    """The people who review; raises UnavailableError."""

    def ask(self, review: Review) -> None:
        """Tell them of a review: ids, reason and time, never the client's data. Escalations are also queued."""
        ...

    def escalate(self, review: Review) -> None:
        """Tell them that nobody decided in time."""
        ...


class TaskTokens(Protocol):
    """What the workflow's waiting steps are answered with, by review; raises UnavailableError."""

    def keep(self, review_id: UUID, token: str, *, until: datetime) -> None: ...

    def of(self, review_id: UUID) -> str | None: ...


class WaitingWorkflow(Protocol):
    """Where answers go; raises UnavailableError."""

    def answer(self, token: str, *, review: Review) -> bool:
        """Tell the waiting step how its review ended; False when nothing waits with this token any more."""
        ...
