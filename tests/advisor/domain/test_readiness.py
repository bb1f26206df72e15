"""A reader must not be calmed by average returns while the money fails in every second simulated future."""

from typing import Any

import pytest

from advisor.domain.readiness import AIM, readiness
from advisor.domain.vocabulary import Priority


def _numbers(rate: float, worst: float = 0.0) -> dict[str, Any]:
    return {"success_rate": rate, "paths": 10_000, "percentile_10": worst}


@pytest.mark.parametrize(
    ("rate", "priority"),
    [(0.0, Priority.HIGH), (59.9, Priority.HIGH), (60.0, Priority.MEDIUM), (79.9, Priority.MEDIUM)],
)
def test_low_odds_are_said_with_their_urgency(rate: float, priority: Priority) -> None:
    """XAI-03: the share of futures and the aim stand in the reasoning."""
    advice = readiness(_numbers(rate))
    assert advice is not None
    assert advice.priority is priority
    assert f"{rate:g}% of 10,000 simulated futures" in advice.reasoning
    assert f"{AIM:g}%" in advice.reasoning


@pytest.mark.parametrize("rate", [80.0, 100.0])
def test_good_odds_need_no_advice(rate: float) -> None:
    """A plan that reaches the aim is not talked down."""
    assert readiness(_numbers(rate)) is None


def test_without_a_simulation_nothing_is_claimed() -> None:
    """AGENT-23: the retirement agent failed; no figure is made up in its place."""
    assert readiness({}) is None


def test_the_worst_tenth_is_said_as_it_is() -> None:
    """Zero and a remainder read differently."""
    broke, some = readiness(_numbers(70)), readiness(_numbers(70, 12345.6))
    assert broke is not None
    assert some is not None
    assert "nothing is left" in broke.reasoning
    assert "at most $12,346 is left" in some.reasoning
