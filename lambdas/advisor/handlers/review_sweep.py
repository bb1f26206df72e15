"""The sweeper's round through the reviews: what the workflow should have done and did not is done now.

A workflow that never began is started, by the name that can start only once; a decision that was not passed on is
passed on; a job whose reviews are all closed or overdue is ended. Each is harmless when it was not needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from advisor.adapters.data_api import DataApi
from advisor.adapters.environment import load
from advisor.adapters.review_desk import ReviewDesk
from advisor.adapters.review_environment import ReviewSweepEnvironment
from advisor.adapters.review_sweep import ReviewSweep
from advisor.adapters.review_workflow import StepFunctionsWorkflow, client
from advisor.adapters.reviewers import Escalations
from advisor.domain.errors import UnavailableError
from advisor.domain.review import NAME, ReviewState
from advisor.ports.reviews import Workflow
from advisor.ports.telemetry import Telemetry

GRACE_SECONDS = 60
"""What the ordinary way may take."""


@dataclass(frozen=True)
class ReviewRound:
    """One round's means; ``warning_seconds`` before its expiry an open review is counted as expiring."""

    reviews: ReviewSweep
    desk: ReviewDesk
    workflow: Workflow
    escalations: Escalations
    telemetry: Telemetry
    warning_seconds: int

    def run(self) -> dict[str, int]:
        """How many workflows were started, decisions handed over, jobs ended, escalations cleared."""
        done = {"started": 0, "delivered": 0, "concluded": 0, "cleared": 0}
        for job in self.reviews.stuck(grace_seconds=GRACE_SECONDS):
            if job.never_asked:
                done["started"] += self._try("REVIEW_RESTARTED", job.job_id, self._start)
            if job.undelivered:
                done["delivered"] += self._try("REVIEW_REDELIVERED", job.job_id, self.workflow.deliver)
            if job.unconcluded:
                done["concluded"] += self._try("REVIEW_CONCLUDED_LATE", job.job_id, self.workflow.conclude)
        try:
            done["cleared"] = self.escalations.clear(self._is_open)
        except UnavailableError:
            self.telemetry.event("ESCALATIONS_UNAVAILABLE", agent=NAME, warning=True)
        backlog = self.reviews.backlog(warning_seconds=self.warning_seconds)
        self.telemetry.metric("ReviewsWaiting", backlog.waiting, agent=NAME)
        self.telemetry.metric("ReviewsExpiring", backlog.expiring, agent=NAME)
        self.telemetry.metric("OldestReviewSeconds", backlog.oldest_seconds, agent=NAME, unit="Seconds")
        return done

    def _try(self, event: str, job_id: UUID, act: Callable[[UUID], None]) -> int:
        try:
            act(job_id)
        except UnavailableError:
            self.telemetry.event("REVIEW_WORKFLOW_UNAVAILABLE", agent=NAME, warning=True, swept_job_id=str(job_id))
            return 0
        self.telemetry.event(event, agent=NAME, warning=True, swept_job_id=str(job_id))
        return 1

    def _start(self, job_id: UUID) -> None:
        self.workflow.start(job_id, self.reviews.reviews(job_id))

    def _is_open(self, review_id: UUID) -> bool:
        owned = self.desk.owned(review_id)
        return owned is not None and owned.review.state is ReviewState.REQUESTED


def review_round(database: DataApi, telemetry: Telemetry) -> ReviewRound:
    """A round wired from the environment (raises ConfigurationError)."""
    env = load(ReviewSweepEnvironment)
    workflow = StepFunctionsWorkflow(
        states=client("stepfunctions"),
        functions=client("lambda"),
        state_machine=env.workflow_arn,
        review_function=env.review_function,
        decision_function=env.decision_function,
    )
    return ReviewRound(
        reviews=ReviewSweep(database),
        desk=ReviewDesk(database),
        workflow=workflow,
        escalations=Escalations(client("sqs"), env.escalation_queue_url),
        telemetry=telemetry,
        warning_seconds=env.expiry_warning_seconds,
    )
