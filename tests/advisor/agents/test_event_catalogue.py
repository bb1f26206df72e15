"""The catalogue of events: operators, queries and dashboards name them, so that none may change its name in passing."""

import pytest

from tests.telemetry_calls import calls

CATALOGUE = {
    "ANALYSIS_TRIGGERED": {"accounts"},
    "REQUEST_THROTTLED": {"limit"},
    "ACCESS_DENIED": {"resource"},
    "PLANNER_STARTED": set(),
    "DECISION": {"decision", "reason"},
    "AGENT_INVOKED": set(),
    "AGENT_COMPLETED": {"duration_ms"},
    "AGENT_FAILED": {"duration_ms", "error_type"},
    "PLANNER_COMPLETED": {"duration_seconds", "status"},
    "CLASSIFICATION_RATIONALE": {"symbol", "rationale"},
    "GUARDRAIL_TRIGGERED": {"rule", "stage"},
    "FALLBACK_USED": {"reason"},
    "RESPONSE_TRUNCATED": set(),
    "AI_DECISION": {"entry"},
    "REVIEW_REQUESTED": {"reasons"},
    "REVIEW_DECIDED": {"decision", "by"},
    "PRICE_STALE": set(),
}  # fmt: skip
"""Event -> its own fields. Every one has the agent as well, and the line's common fields (`test_telemetry`)."""


@pytest.mark.parametrize("event", CATALOGUE)
def test_an_event_of_the_catalogue_is_told_with_its_fields(event: str) -> None:
    """OBS-02: each place that tells it gives every field; a query that counts by one would lose the others."""
    places = [keywords for name, keywords in calls("event") if name == event]
    assert places, f"nothing tells {event}"
    for keywords in places:
        assert {"agent", *CATALOGUE[event]} <= keywords
