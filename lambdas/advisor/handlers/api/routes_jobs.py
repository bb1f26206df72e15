"""Analyses: start one, follow it, read its audit trail.

The job's row is written before the queue is asked (an outbox): if the queue does not take the message, the job stays
pending, the caller is told that it starts later, and the sweeper hands it over when the queue is back. So 202 means
what it says, accepted, and nothing is lost or started twice.
"""

import re
from typing import Any

from advisor.domain.audit import verify_chain
from advisor.domain.entitlement import Act, Content, Owner
from advisor.domain.errors import Detail, InvalidInputError, NotFoundError, UnavailableError
from advisor.domain.models import Job
from advisor.domain.review import withheld
from advisor.handlers.api.answers import AnalysisAccepted, AuditTrail, JobHeader, JobList, JobRecord
from advisor.handlers.api.entitlement import require
from advisor.handlers.api.operations import Call, Parameter, operation
from advisor.handlers.api.routes_reviews import reviews_of
from advisor.handlers.api.schemas import AnalysisRequest

STARTED = "Analysis started. Check job status for results."
STARTS_LATER = "Analysis accepted. It starts within some minutes, because the work queue is busy. Check job status."
MOST_JOBS = 100
KEY = Parameter(
    "Idempotency-Key", "header", {"type": "string", "maxLength": 255}, "The same key never starts a second analysis"
)
LIMIT = Parameter(
    "limit", "query", {"type": "integer", "minimum": 1, "maximum": MOST_JOBS, "default": MOST_JOBS}, "How many at most"
)


def _idempotency_key(call: Call) -> str | None:
    """The header's value; raises InvalidInputError."""
    key = call.headers.get("idempotency-key", "").strip()
    if key and not re.fullmatch(r"[\x21-\x7e]{1,255}", key):
        raise InvalidInputError([Detail("Idempotency-Key", "Use 1 to 255 visible ASCII characters without spaces")])
    return key or None


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
    body: AnalysisRequest = call.body
    services = call.services
    options = services.screened(body.options.model_dump(exclude_defaults=True), "question")
    started = services.jobs.start(
        user_id=call.caller.user_id,
        request={"analysis_type": body.analysis_type, "options": options},
        correlation_id=call.request_id,
        idempotency_key=_idempotency_key(call),
    )
    if started.repeated:
        return AnalysisAccepted(job_id=started.job_id, message=STARTED)
    job_id = str(started.job_id)
    services.telemetry.event("ANALYSIS_TRIGGERED", agent="api", accounts=started.accounts, analysis_job_id=job_id)
    services.telemetry.metric("JobsStarted", 1, agent="api")
    try:
        services.queue.send(
            job_id=started.job_id, user_id=call.caller.user_id, correlation_id=call.request_id, options=options
        )
    except UnavailableError:
        services.telemetry.event("ANALYSIS_NOT_QUEUED", agent="api", warning=True, analysis_job_id=job_id)
        return AnalysisAccepted(job_id=started.job_id, message=STARTS_LATER)
    return AnalysisAccepted(job_id=started.job_id, message=STARTED)


@operation("GET", "/api/jobs", answer=JobList, errors=(422,), parameters=(LIMIT,))
def list_jobs(call: Call) -> JobList:
    """List the caller's analyses without their results, newest first."""
    limit = call.whole_number("limit", default=MOST_JOBS, least=1, most=MOST_JOBS)
    jobs = call.services.jobs.of_user(call.caller.user_id, limit=limit)
    return JobList(jobs=[JobHeader(**_shown(job, JobHeader)) for job in jobs])


def _shown(job: Job, model: type[JobHeader]) -> dict[str, Any]:
    """The job's fields that the model shows, and where its audit trail is."""
    return {name: getattr(job, name) for name in model.model_fields if name not in {"audit_ref", "reviews"}} | {
        "audit_ref": f"/api/jobs/{job.id}/audit"
    }


def _readable_job(call: Call, content: Content) -> Job:
    """The path's job without payloads; raises NotFoundError, NotPermittedError."""
    owned = call.services.jobs.owned(call.identifier("job_id"))
    if owned is None:
        raise NotFoundError()
    require(call, Act.READ, content, Owner(owned.job.user_id, owned.advisor_id), resource="job")
    return owned.job


@operation("GET", "/api/jobs/{job_id}", answer=JobRecord, errors=(403, 404))
def get_job(call: Call) -> JobRecord:
    """Read an analysis with its progress, its reviews and, once it is released, its results."""
    job = _readable_job(call, Content.CLIENT)
    if not withheld(job, call.caller.user_id):
        job = call.services.jobs.with_payloads(job)
    return JobRecord(**_shown(job, JobRecord), reviews=reviews_of(call, job))


@operation("GET", "/api/jobs/{job_id}/audit", answer=AuditTrail, errors=(403, 404))
def get_job_audit(call: Call) -> AuditTrail:
    """Read the decisions of an analysis's agents in their order, and whether their chain is intact."""
    job = _readable_job(call, Content.DECISIONS)
    head = call.services.audit.head(str(job.id))
    entries = call.services.audit.entries(str(job.id))
    whole = head is None or any(entry.entry_hash == head for entry in entries)
    return AuditTrail(job_id=job.id, chain_intact=whole and verify_chain(entries).ok, entries=entries)
