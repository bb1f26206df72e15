"""Reviews as a senior adviser sees and decides them through the API: for the demo, and the commands `alex review`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.table import Table

from alex import local
from alex.client import Api
from local_cloud.cloud import LocalCloud

SENIOR = "demo-senior-adviser"
ROLE = "senior_advisor"
REASONS = {
    "value_over_limit": "traded value above the limit",
    "risk_over_7": "risk score above the limit",
    "confidence_under_80": "low confidence",
}


@contextmanager
def signed_in(cloud: LocalCloud, user: str = SENIOR) -> Iterator[Api]:
    """The API as a senior adviser sees it."""
    with local.session(cloud, user, roles=(ROLE,)) as api:
        yield api


def listed(api: Api, *, state: str = "requested") -> list[dict[str, Any]]:
    """Reviews in a state, the oldest first, from every page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = api.get(f"/api/reviews?state={state}" + (f"&cursor={cursor}" if cursor else ""))
        found += page["reviews"]
        cursor = page["next_cursor"] or ""
        if not cursor:
            return found


def waiting(api: Api, job_id: str) -> list[dict[str, Any]]:
    """What of a job waits for a decision."""
    return [review for review in listed(api) if review["job_id"] == job_id]


def decide(api: Api, review_id: str, decision: str, comment: str) -> dict[str, Any]:
    """Approve or reject; raises CommandError with the API's reason when it is refused."""
    return api.post(f"/api/reviews/{review_id}/decision", {"decision": decision, "comment": comment})


def table(reviews: list[dict[str, Any]]) -> Table:
    """Reviews for people: what waits, why, for how much and until when."""
    made = Table(box=None, pad_edge=False)
    for title in ("Review", "Why", "State", "Client", "Traded (USD)", "Risk", "Confidence", "Until (UTC)"):
        # An id that wraps cannot be copied.
        made.add_column(title, overflow="fold", no_wrap=title == "Review")
    for review in reviews:
        made.add_row(
            str(review["id"]),
            REASONS.get(review["reason"], review["reason"]),
            review["state"],
            review["owner_id"],
            *_figures(review),
            str(review["expires_at"])[:16].replace("T", " "),
        )
    return made


def _figures(review: dict[str, Any]) -> tuple[str, str, str]:
    """Traded value, risk and confidence, which nobody sees of a review of his own."""
    if review["traded_value"] is None:
        return "own", "own", "own"
    return f"{review['traded_value']:,.2f}", str(review["risk_score"]), f"{review['confidence']:.0%}"
