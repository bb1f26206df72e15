"""What shows that an analysis was made as it should: its approval, its trace, and the check of its audit trail.

All of it is asked of the platform when the analysis is over: reviews through the API as a senior adviser, spans from
what the functions sent, the trail from table and archive as `alex audit verify` reads them. Some of that arrives a
moment after the job's last status, so it is waited for, for seconds; what has not come by then is shown as missing.
"""

import io
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from rich.console import Console

from advisor.domain.audit_check import check
from alex import audit, job_trace, reviews, spans
from alex.client import Api
from alex.errors import CommandError
from local_cloud.cloud import LocalCloud
from settings import load

WAIT_SECONDS = 10.0
POLL_SECONDS = 0.2
_FIGURES = ("traded_value", "portfolio_value", "risk_score", "confidence")
_FACTS = ("model", "instruments_tagged", "charts", "recommendations", "num_positions", "retries", "error")
_LIMITS = ("approval_threshold_usd", "approval_basis", "risk_score_above", "least_confidence")

Json = Mapping[str, Any]
T = TypeVar("T")


def gather(
    cloud: LocalCloud, api: Api, job: Json, *, waited: Json | None = None, before: Sequence[Json] = ()
) -> dict[str, Any]:
    """The proofs of a finished job, as the report's `reading` takes them.

    :param waited: the job as its client saw it while it waited for people, where somebody looked.
    :param before: `approval` of analyses that were rejected before this one.
    """
    job_id = str(job["id"])
    trail = closed_trail(api, job_id)
    return {
        "audit": trail,
        "approval": [*before, approval(cloud, job, waited=waited)],
        "trace": trace(cloud, job_id),
        "verification": verification(job_id),
    }


def approval(cloud: LocalCloud, job: Json, *, waited: Json | None = None) -> dict[str, Any]:
    """One analysis before its reviewers: figures, limits, decisions, and what the client could see meanwhile."""
    decided: list[dict[str, Any]] = []
    if job.get("reviews"):
        with reviews.signed_in(cloud) as senior:
            decided = [one for one in reviews.listed(senior, state="all") if one["job_id"] == job["id"]]
    return {
        "job_id": job["id"],
        "status": job["status"],
        "told": job.get("error_message") or "",
        "figures": {name: decided[0][name] for name in _FIGURES} if decided else _figures(job),
        "limits": limits(),
        "reviews": decided,
        "client_saw": _seen(waited) if waited else None,
    }


def limits() -> dict[str, Any]:
    """When a person must look, by the settings that were deployed."""
    rules = load("local").hitl
    return {name: getattr(rules, name) for name in _LIMITS}


def _figures(job: Json) -> dict[str, Any]:
    """What the rules looked at, of an analysis that nobody had to review."""
    summary, quality = job.get("summary_payload") or {}, job.get("quality_payload") or {}
    return {
        "traded_value": (summary.get("rebalancing") or {}).get("traded_value", 0),
        "portfolio_value": summary.get("total_value", 0),
        "risk_score": (summary.get("risk") or {}).get("risk_score", 0),
        "confidence": quality.get("confidence", 0),
    }


def _seen(waited: Json) -> dict[str, Any]:
    """What the client's own request answered: the status, the reasons, and which results were missing."""
    results = sorted(name for name in waited if name.endswith("_payload") and name != "request_payload")
    return {
        "status": waited["status"],
        "reasons": [one["reason"] for one in waited.get("reviews") or ()],
        "withheld": [name for name in results if waited[name] is None],
        "shown": [name for name in results if waited[name] is not None],
    }


def closed_trail(api: Api, job_id: str) -> dict[str, Any]:
    """The trail as the API shows it, when its last entry has been written and archived."""

    def whole(trail: Json) -> bool:
        return trail["archive"] != "pending" and bool(trail["entries"]) and trail["entries"][-1]["kind"] == "closing"

    return _awaited(lambda: api.get(f"/api/jobs/{job_id}/audit"), whole)


def trace(cloud: LocalCloud, job_id: str) -> list[dict[str, Any]]:
    """The job's trees of spans; functions send them when they are done, the planner's last."""

    def trees() -> list[spans.Span]:
        found = spans.trees(spans.read(cloud.traces()))
        own = {tree.trace_id for tree in found if tree.job_id == job_id}
        return [tree for tree in found if tree.trace_id in own]

    found = _awaited(trees, lambda trees: any(tree.name == spans.ROOT for tree in trees))
    return [_without_texts(job_trace.as_json(tree)) for tree in found]


def _without_texts(span: Json) -> dict[str, Any]:
    """Without prompts, answers and events: what a report is made from needs none of them."""
    known = {name: value for name, value in span["facts"].items() if name in _FACTS}
    kept = {name: value for name, value in span.items() if name != "events"}
    return kept | {"facts": known, "children": [_without_texts(child) for child in span["children"]]}


def verification(job_id: str) -> dict[str, Any]:
    """What `alex audit verify` prints about the job, and whether it finds everything as it was written."""
    printed = io.StringIO()
    try:
        trail, archive = audit.from_environment(job_id, "local")
    except CommandError as error:
        return {"command": f"alex audit verify {job_id}", "printed": str(error), "intact": False}
    checked = check(trail, archive)
    audit.verdict(Console(file=printed, width=240), trail, archive, checked)
    return {"command": f"alex audit verify {job_id}", "printed": printed.getvalue().strip(), "intact": checked.ok}


def _awaited(ask: Callable[[], T], good: Callable[[T], bool]) -> T:
    """The answer as soon as it is good; the last one when it does not get so in time."""
    began = time.monotonic()
    while not good(found := ask()) and time.monotonic() - began < WAIT_SECONDS:
        time.sleep(POLL_SECONDS)
    return found
