"""Good advice is what can be judged when it is made: no stand-in, confident, within the rules of compliance."""

from decimal import Decimal
from typing import Any

import pytest

from advisor.domain.advice import with_disclosures
from advisor.domain.readiness import readiness
from advisor.domain.shortcomings import Shortcoming, shortcomings

LEAST = Decimal("0.80")
ADVICE = {"recommendation": "Save more.", "reasoning": "A gap.", "impact": "It closes.", "priority": "High"}


def payloads(
    *, content: str | None = "A report.", fallbacks: tuple[str, ...] = (), confidence: float = 1.0, **advice: str
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        "quality_payload": {"fallbacks": list(fallbacks), "confidence": confidence},
        "summary_payload": {"recommendations": [ADVICE | advice]},
    }
    if content is not None:
        found["report_payload"] = {"content": with_disclosures(content)}
    return found


def judged(**changes: Any) -> tuple[Shortcoming, ...]:
    return shortcomings(payloads(**changes), least_confidence=LEAST)


def test_an_analysis_without_a_flaw_counts_as_good() -> None:
    """EVAL-07: also one without a report, which only had cash to advise on."""
    assert judged() == ()
    assert judged(content=None) == ()


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"fallbacks": ("charter",)}, Shortcoming.FALLBACK),
        ({"confidence": 0.7999}, Shortcoming.CONFIDENCE),
        ({"content": "We guarantee a return of 12 % a year."}, Shortcoming.COMPLIANCE),
        ({"recommendation": "Buy it: the profit is guaranteed."}, Shortcoming.COMPLIANCE),
        ({"reasoning": " "}, Shortcoming.COMPLIANCE),
    ],
)
def test_each_threshold_is_judged_by_itself(changes: dict[str, Any], lacks: Shortcoming) -> None:
    """EVAL-06, EVAL-07: a promise that slipped in behind the agents' own checks is a violation all the same."""
    assert judged(**changes) == (lacks,)


@pytest.mark.parametrize("years", [0, 20])
@pytest.mark.parametrize("gap", [0, 12_000])
@pytest.mark.parametrize("worst", [0, 90_000])
def test_what_the_simulation_adds_is_no_violation(years: int, gap: int, worst: int) -> None:
    """EVAL-06: added behind the agents' checks; were its wording refused, every such analysis would be a violation."""
    numbers = {"success_rate": 41.5, "paths": 500, "percentile_10": worst, "income_gap": gap}
    added = readiness(numbers | {"years_until_retirement": years})
    assert added is not None
    assert judged(**added.model_dump(mode="json")) == ()


def test_the_limit_itself_is_confident_enough() -> None:
    """EVAL-07: the same line as the reviews draw (HITL-03)."""
    assert judged(confidence=0.80) == ()


def test_a_report_without_its_disclosures_is_a_violation() -> None:
    """EVAL-06: whoever stored it."""
    found = payloads()
    found["report_payload"]["content"] = "A report."
    assert shortcomings(found, least_confidence=LEAST) == (Shortcoming.COMPLIANCE,)
