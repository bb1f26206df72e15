"""The life of a job: which status may follow which. Writes are conditional on it, so duplicates change nothing.

running -> pending is an attempt that failed and gives the job back: the redelivered message can claim it at once.
"""

from advisor.domain.vocabulary import JobStatus

TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.PENDING: frozenset({JobStatus.RUNNING, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.RUNNING: frozenset(
        {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.AWAITING_APPROVAL, JobStatus.PENDING}
    ),
    JobStatus.AWAITING_APPROVAL: frozenset({JobStatus.COMPLETED, JobStatus.FAILED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}


def may_become(before: JobStatus, after: JobStatus) -> bool:
    """True when a job in ``before`` may be set to ``after``."""
    return after in TRANSITIONS[before]
