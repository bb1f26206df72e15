"""The end of an analysis: its advice is stored, and released at once or after people have approved it (SYS-38).

The advice, its reviews and the job's new status are one transaction; the workflow is started after it, by a name that
can start only once. When that fails the job waits, and the sweeper starts the workflow: nothing is lost or asked twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from advisor.domain.errors import UnavailableError
from advisor.domain.models import Job
from advisor.domain.review import NAME, ApprovalRules, Figures, Review, ReviewReason
from advisor.domain.vocabulary import JobStatus
from advisor.ports.reviews import ReviewStore, Workflow
from advisor.ports.telemetry import Silent, Telemetry


@dataclass(frozen=True)
class Approvals:
    """Ends runs over its ports."""

    reviews: ReviewStore
    workflow: Workflow
    rules: ApprovalRules = field(default_factory=ApprovalRules)
    telemetry: Telemetry = field(default_factory=Silent)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def finish(self, job: Job, payloads: Mapping[str, Mapping[str, Any]]) -> JobStatus:
        """The status that a running job with these payloads gets; raises ConflictError when it runs no more."""
        summary = payloads["summary_payload"]
        reasons = tuple(ReviewReason(reason) for reason in summary["review_reasons"])
        requested = self.reviews.propose(
            job,
            recommendations=summary["recommendations"],
            figures=_figures(summary, payloads["quality_payload"]),
            reasons=reasons,
            expires_at=self.rules.expiry(self.now()),
        )
        if not requested:
            return JobStatus.COMPLETED
        self.telemetry.event("REVIEW_REQUESTED", agent=NAME, reasons=[reason.value for reason in reasons])
        self.telemetry.metric("ReviewsRequested", len(requested), agent=NAME)
        self._start(job, requested)
        return JobStatus.AWAITING_APPROVAL

    def _start(self, job: Job, requested: Sequence[Review]) -> None:
        try:
            self.workflow.start(job.id, requested)
        except UnavailableError:
            self.telemetry.event("REVIEW_WORKFLOW_NOT_STARTED", agent=NAME, warning=True)


def _figures(summary: Mapping[str, Any], quality: Mapping[str, Any]) -> Figures:
    return Figures(
        traded_value=Decimal(str(summary["rebalancing"]["traded_value"])),
        portfolio_value=Decimal(str(summary["total_value"])),
        risk_score=summary["risk"]["risk_score"],
        confidence=Decimal(str(quality["confidence"])),
    )
