"""The demonstration's senior adviser: reads what waits and decides, through the API and as nobody else could (SYS-38).

The adviser is simulated and says so in each comment; rules, queue, workflow, audit and what is withheld are real.
"""

from typing import Any

from alex import follow, proofs, reviews
from alex.client import Api
from alex.errors import CommandError
from alex.figures import money
from alex.journey import Step
from alex.reading_proofs import rules
from local_cloud.cloud import LocalCloud

_WORDS = {"approve": "approved", "reject": "rejected"}


def decide(cloud: LocalCloud, api: Api, job: dict[str, Any], step: Step, *, decision: str) -> dict[str, Any]:
    """Approve or reject everything that waits of a job, and follow it to its end; returns the job then.

    :param decision: ``approve`` releases the advice; ``reject`` ends the analysis with the first review.
    """
    job_id = str(job["id"])
    with reviews.signed_in(cloud) as senior:
        waiting = reviews.waiting(senior, job_id)
        step.milestone(_asked(waiting))
        waiting.sort(key=lambda review: review["reason"] != "value_over_limit")  # what a rejection speaks about
        for review in waiting[:1] if decision == "reject" else waiting:
            read = senior.get(f"/api/reviews/{review['id']}")
            reviews.decide(senior, str(review["id"]), decision, comment(read, decision))
    ended = follow.ended(api, job_id, Step("approval", None), final=follow.OVER)
    step.result(f"{reviews.SENIOR} {_WORDS[decision]}; the job is {ended['status']}")
    return ended


def comment(read: dict[str, Any], decision: str) -> str:
    """What the adviser writes, of what the adviser read."""
    summary = read.get("summary_payload") or {}
    trades = len((summary.get("rebalancing") or {}).get("trades") or ())
    value = money(read["traded_value"])
    if decision == "reject":
        return (
            f"Trading {value} in {trades} orders at once is too much for one step; choose a target nearer to what you "
            "hold. (Simulated adviser of the demonstration.)"
        )
    advice = len(summary.get("recommendations") or ())
    return (
        f"Read {advice} recommendations and {trades} suggested orders worth {value}; released. "
        "(Simulated adviser of the demonstration.)"
    )


def _asked(waiting: list[dict[str, Any]]) -> str:
    reasons = {str(review["reason"]) for review in waiting}
    asked = [rule for review in waiting[:1] for rule in rules(review, proofs.limits(), reasons) if rule.asked]
    why = ", ".join(f"{rule.name.lower()} {rule.figure} (limit: {rule.limit})" for rule in asked)
    return f"it waits for a person: {why or 'nothing waits any more'}"


def rejected(cloud: LocalCloud, job: dict[str, Any], waited: dict[str, Any]) -> dict[str, Any]:
    """The proof of a rejection, for the report.

    :raises CommandError: the job did not end as it was decided.
    """
    if job["status"] != "failed":
        raise CommandError(f"the rejected analysis is {job['status']}", where=f"job {job['id']}", remedy="report it")
    return proofs.approval(cloud, job, waited=waited)
