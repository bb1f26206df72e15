"""Assumptions & audit of an analysis (WEB-11): what was decided and why, on what data, at what cost, and whether the
record of it is whole. Who may read decisions but not the client's data sees neither assumptions nor data quality.

The trail is checked against itself, against the seal in the job's row, and against the names in the write-once
archive, which carry the hashes. An archive that does not answer is said to, and holds up nobody.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from advisor.domain.audit_check import Checked, check
from advisor.domain.audit_trail import Archived, Seal, Trail, archive_days, totals
from advisor.domain.entitlement import Content
from advisor.domain.errors import UnavailableError
from advisor.domain.models import Job
from advisor.domain.review import withheld
from advisor.domain.vocabulary import JobStatus
from advisor.handlers.api.answers import AuditFinding, AuditTotals, AuditTrail
from advisor.handlers.api.operations import Call, operation
from advisor.handlers.api.routes_jobs import readable_job, sees_client

SETTLES = timedelta(minutes=5)
"""The review workflow closes the trail behind the job's end, after some tries at the latest."""


@operation("GET", "/api/jobs/{job_id}/audit", answer=AuditTrail, errors=(403, 404))
def get_job_audit(call: Call) -> AuditTrail:
    """Read an analysis's decisions in their order, what they rest on and cost, and whether the record is whole."""
    owned = readable_job(call, Content.DECISIONS)
    job = call.services.jobs.with_payloads(owned.job)
    shown = sees_client(call, owned) and not withheld(job, call.caller.user_id)
    summary = job.summary_payload or {}
    trail = call.services.audit.trail(str(job.id))
    seal = _seal(summary)
    archive = _archive(call, job, trail)
    checked = check(trail, archive, seal=seal, closed=seal is not None and _closed(job, summary))
    spent = totals(checked.entries)
    return AuditTrail(
        job_id=job.id,
        chain_intact=checked.chain_ok,
        archive=_archive_state(checked, archive),
        findings=[AuditFinding.model_validate(fault) for fault in checked.faults],
        entries=list(checked.entries),
        assumptions=[str(one) for one in summary.get("assumptions") or ()] if shown else [],
        quality=job.quality_payload if shown else None,
        totals=AuditTotals.model_validate(spent),
    )


def _closed(job: Job, summary: dict[str, Any]) -> bool:
    """Whether a closing entry is due at the end: a run that died or was given up need not have written one, and that
    of reviews follows the job's end."""
    ended = job.completed_at
    if ended is None or not (job.status is JobStatus.COMPLETED or job.error_code):
        return False
    return not summary.get("review_reasons") or datetime.now(UTC) - ended > SETTLES


def _seal(summary: dict[str, Any]) -> Seal | None:
    seal = summary.get("audit_seal")
    return Seal(int(seal["entries"]), str(seal["hash"])) if seal else None


def _archive(call: Call, job: Job, trail: Trail) -> list[Archived] | None:
    """The archive's names for the job; None when it does not answer."""
    began = [job.created_at.astimezone(UTC).date()] if job.created_at else []
    try:
        days = archive_days(trail, today=datetime.now(UTC).date(), also=began)
        return call.services.archive.named(str(job.id), days)
    except UnavailableError:
        call.services.telemetry.event("AUDIT_ARCHIVE_UNAVAILABLE", agent="api", warning=True)
        return None


def _archive_state(
    checked: Checked, archive: list[Archived] | None
) -> Literal["agrees", "pending", "differs", "unavailable"]:
    """``pending``: all that differs is that some entries are not archived yet, which takes seconds."""
    if archive is None or checked.archive is None:
        return "unavailable"
    if checked.archive == "differs" and {fault.what for fault in checked.faults} == {"not archived"}:
        return "pending"
    return checked.archive
