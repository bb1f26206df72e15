"""Analyses: start one, follow it.

The job's row is written before the queue is asked (an outbox): if the queue does not take the message, the job stays
pending, the caller is told that it starts later, and the sweeper hands it over when the queue is back. So 202 means
what it says, accepted, and nothing is lost or started twice.
"""

from typing import Any

from advisor.adapters.job_store import OwnedJob
from advisor.domain.entitlement import Act, Content, Owner, entitled
from advisor.domain.errors import NotFoundError, UnavailableError
from advisor.domain.models import Job
from advisor.domain.review import withheld
from advisor.handlers.api.answers import AnalysisAccepted, JobHeader, JobList, JobRecord
from advisor.handlers.api.entitlement import require
from advisor.handlers.api.idempotency import KEY, idempotency_key
from advisor.handlers.api.operations import Call, operation
from advisor.handlers.api.paging import PAGED, page_of
from advisor.handlers.api.routes_reviews import reviews_of
from advisor.handlers.api.schemas import AnalysisRequest

STARTED = "Analysis started. Check job status for results."
STARTS_LATER = "Analysis accepted. It starts within some minutes, because the work queue is busy. Check job status."


@operation(
    "POST",
    "/api/analyze",
    answer=AnalysisAccepted,
    status=202,
    body=AnalysisRequest,
    errors=(404, 409, 413, 422),
    parameters=(KEY,),
)
def analyze(call: Call) -> AnalysisAccepted:
    """Start an analysis of the caller's portfolio; one at a time."""
    return start_analysis(call, call.caller.user_id)


def start_analysis(call: Call, owner_id: str) -> AnalysisAccepted:
    """Start the requested analysis of somebody's portfolio; raises ConflictError, NotFoundError."""
    body: AnalysisRequest = call.body
    services = call.services
    options = body.options.model_dump(exclude_defaults=True)
    services.notice(options, "question")
    started = services.jobs.start(
        user_id=owner_id,
        request={"analysis_type": body.analysis_type, "options": options},
        correlation_id=call.request_id,
        idempotency_key=idempotency_key(call),
    )
    if started.repeated:
        return AnalysisAccepted(job_id=started.job_id, message=STARTED)
    job_id = str(started.job_id)
    services.telemetry.event("ANALYSIS_TRIGGERED", agent="api", accounts=started.accounts, analysis_job_id=job_id)
    services.telemetry.metric("JobsStarted", 1, agent="api")
    try:
        services.queue.send(job_id=started.job_id, user_id=owner_id, correlation_id=call.request_id, options=options)
    except UnavailableError:
        services.telemetry.event("ANALYSIS_NOT_QUEUED", agent="api", warning=True, analysis_job_id=job_id)
        return AnalysisAccepted(job_id=started.job_id, message=STARTS_LATER)
    return AnalysisAccepted(job_id=started.job_id, message=STARTED)


@operation("GET", "/api/jobs", answer=JobList, errors=(422,), parameters=PAGED)
def list_jobs(call: Call) -> JobList:
    """List the caller's analyses without their results, newest first."""
    return page_of_jobs(call, call.caller.user_id)


def page_of_jobs(call: Call, owner_id: str) -> JobList:
    """The page of somebody's analyses that the query asks for; raises InvalidInputError."""
    page = page_of(call)
    found = call.services.jobs.of_user(owner_id, limit=page.limit + 1, after=page.after)
    jobs, following = page.cut(found, lambda job: (job.created_at, job.id))
    return JobList(jobs=[JobHeader(**_shown(job, JobHeader)) for job in jobs], next_cursor=following)


def _shown(job: Job, model: type[JobHeader]) -> dict[str, Any]:
    """The job's fields that the model shows, and where its audit trail is."""
    return {name: getattr(job, name) for name in model.model_fields if name not in {"audit_ref", "reviews"}} | {
        "audit_ref": f"/api/jobs/{job.id}/audit"
    }


def readable_job(call: Call, content: Content) -> OwnedJob:
    """The path's job without payloads, and its owner's adviser; raises NotFoundError, NotPermittedError."""
    owned = call.services.jobs.owned(call.identifier("job_id"))
    if owned is None:
        raise NotFoundError()
    require(call, Act.READ, content, Owner(owned.job.user_id, owned.advisor_id), resource="job")
    return owned


def sees_client(call: Call, owned: OwnedJob) -> bool:
    """Whether the caller may read what the job tells of its client."""
    return entitled(call.caller, Act.READ, Content.CLIENT, Owner(owned.job.user_id, owned.advisor_id))


@operation("GET", "/api/jobs/{job_id}", answer=JobRecord, errors=(403, 404))
def get_job(call: Call) -> JobRecord:
    """Read an analysis with its progress, its reviews and, once it is released, its results."""
    job = readable_job(call, Content.CLIENT).job
    if not withheld(job, call.caller.user_id):
        job = call.services.jobs.with_payloads(job)
    return JobRecord(**_shown(job, JobRecord), reviews=reviews_of(call, job))
