"""One delivery of a job: claim it, run the planner, and leave it so that nothing is lost and nothing is done twice.

    claimed -> ran            : completed, the message is deleted
    not claimable             : somebody else has it, or it is over: a duplicate changes nothing
    failed, more receives left: job back to pending, message back in seconds, the error raised
    failed on the last receive: job failed with a safe text, the error raised, so that the message reaches the DLQ

The message's invisibility follows the job: while a planner works it is just longer than a job may run, so that after a
crash the redelivered message finds the job stale and may take it over; were the database gone when an attempt fails,
the job cannot be given back and the message waits just as long.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal
from uuid import UUID

from advisor.agents.planner import NAME, Planner
from advisor.domain.errors import AdvisorError, Detail, NotFoundError, NotPermittedError
from advisor.domain.models import Job
from advisor.domain.vocabulary import JobStatus
from advisor.ports.store import JobStore
from advisor.ports.telemetry import Silent, Telemetry
from advisor.ports.work import Delivery

STALE_AFTER_SECONDS = 905
"""A planner's function ends after 900 seconds: a job running for longer has lost its planner."""

MARGIN_SECONDS = 15
FIRST_BACKOFF_SECONDS = 10.0
LONGEST_BACKOFF_SECONDS = 300.0

FAILED_TEXT = "The analysis could not be completed. Please try again later."

Outcome = Literal["completed", "duplicate"]


def backoff(receives: int) -> float:
    """Seconds until the next delivery after the given number of failed ones: 10, 20, 40, ... up to 300."""
    return float(min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2.0 ** min(receives - 1, 10)))


@dataclass(frozen=True)
class Attempts:
    """Handles deliveries; ``max_receives`` is the queue's own limit before the DLQ."""

    jobs: JobStore
    planner: Planner
    max_receives: int
    telemetry: Telemetry = field(default_factory=Silent)
    clock: Callable[[], float] = monotonic

    def handle(self, job_id: UUID, *, delivery: Delivery, user_id: str | None = None) -> Outcome:
        """Bring the job to its end, or raise so that the queue delivers it again (or to the DLQ)."""
        try:
            known = self._known(job_id, user_id)
        except Exception:
            delivery.return_after(0 if self._last(delivery) else backoff(delivery.receives))
            raise
        self.telemetry.about(job_id=str(job_id), user_id=known.user_id, correlation_id=known.correlation_id)
        started = self.clock()
        try:
            job = self.jobs.claim(job_id, stale_after_seconds=STALE_AFTER_SECONDS)
        except Exception:
            # Not ours: giving it back could take it from the planner that has it.
            delivery.return_after(0 if self._last(delivery) else backoff(delivery.receives))
            raise
        if job is None:
            self.telemetry.event("DUPLICATE_DELIVERY", agent=NAME, status=known.status.value)
            return "duplicate"
        delivery.return_after(STALE_AFTER_SECONDS + MARGIN_SECONDS)
        try:
            self.planner.run(job)
        except Exception as error:
            self._give_back(job, delivery, error, elapsed=self.clock() - started)
            raise
        return "completed"

    def _known(self, job_id: UUID, user_id: str | None) -> Job:
        job = self.jobs.get(job_id)
        if job is None:
            raise NotFoundError([Detail(field="job_id", reason="no such job")])
        if user_id not in {None, job.user_id}:
            raise NotPermittedError([Detail(field="user_id", reason="the job belongs to another user")])
        return job

    def _last(self, delivery: Delivery) -> bool:
        return delivery.receives >= self.max_receives

    def _give_back(self, job: Job, delivery: Delivery, error: Exception, *, elapsed: float) -> None:
        """Set the job to pending (or failed) and the message's return; must not hide the error it is called for."""
        last = self._last(delivery)
        text = FAILED_TEXT if last else None
        after = JobStatus.FAILED if last else JobStatus.PENDING
        details = {"error_type": type(error).__name__, "receives": delivery.receives, "last": last}
        code = error.code if isinstance(error, AdvisorError) else "internal_error"
        self.telemetry.event("PLANNER_FAILED", agent=NAME, warning=True, code=code, **details)
        try:
            given = self.jobs.transition(job.id, before=(JobStatus.RUNNING,), after=after, error_message=text)
        except Exception as second:  # noqa: BLE001 (whatever it is, the first error is the one to report)
            self.telemetry.event("JOB_NOT_GIVEN_BACK", agent=NAME, warning=True, error_type=type(second).__name__)
            delivery.return_after(0 if last else max(0.0, STALE_AFTER_SECONDS - elapsed) + MARGIN_SECONDS)
            return
        if last and given:
            # Not where the results were stored after all and only the answer was lost: that job has not failed.
            self.telemetry.metric("JobsFailed", 1, agent=NAME)
            self._close(job, type(error).__name__, elapsed)
        delivery.return_after(0 if last else backoff(delivery.receives))

    def _close(self, job: Job, kind: str, elapsed: float) -> None:
        """Close the audit trail of a job that is given up; a trail that cannot be written says so by being open."""
        try:
            why = f"The analysis was given up after its last attempt ({kind})."
            self.planner.recorder(job).close("analysis_failed", why, duration_ms=round(elapsed * 1000))
        except AdvisorError:
            self.telemetry.event("AUDIT_NOT_CLOSED", agent=NAME, warning=True)
