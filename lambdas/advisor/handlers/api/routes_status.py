"""How far an analysis is, for those who run the platform and see no client (IAM-11)."""

from advisor.domain.entitlement import Content
from advisor.domain.review import REJECTED_TEXT
from advisor.domain.vocabulary import JobStatus, JobType
from advisor.handlers.api.answers_clients import JobFailure, JobLinks, JobState
from advisor.handlers.api.operations import Call, operation
from advisor.handlers.api.routes_jobs import readable_job

NO_RESULT = "The analysis ended without a result. Please start it again."


@operation("GET", "/api/jobs/{job_id}/status", answer=JobState, errors=(403, 404))
def get_job_status(call: Call) -> JobState:
    """Read how far an analysis is, without anything of its client."""
    job = readable_job(call, Content.STATUS).job
    progress = job.progress or {}
    # The stored text quotes the reviewer, who writes to the client.
    message = REJECTED_TEXT if job.error_code == "REJECTED" else job.error_message or NO_RESULT
    failure = JobFailure(code=job.error_code or "job_failed", message=message)
    return JobState(
        **{name: getattr(job, name) for name in ("status", "created_at", "started_at", "completed_at")},
        job_id=job.id,
        kind="optimization" if job.job_type is JobType.PORTFOLIO_OPTIMIZATION else "analysis",
        step=progress.get("step"),
        progress_pct=100 if job.status is JobStatus.COMPLETED else progress.get("progress_pct", 0),
        error=failure if job.status is JobStatus.FAILED else None,
        links=JobLinks(self=f"/api/jobs/{job.id}/status", results=f"/api/jobs/{job.id}"),
    )
