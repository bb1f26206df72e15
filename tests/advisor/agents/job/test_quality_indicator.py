"""The planner counts its good analyses, so that an objective can be held (EVAL-07)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from advisor.domain.review import ApprovalRules


def counted(world: Any) -> dict[str, list[float]]:
    wanted = ("QualityGood", "QualityTotal", "ComplianceViolations")
    return {
        name: [value for one, agent, value in world.office.told.metrics if one == name and agent == "planner"]
        for name in wanted
    }


def test_a_good_analysis_counts_once_as_good(world: Any) -> None:
    """EVAL-07: good and total are written together, or a rate over them would wander."""
    world.handle()
    assert counted(world) == {"QualityGood": [1], "QualityTotal": [1], "ComplianceViolations": [0]}
    assert "QUALITY_SHORTCOMING" not in world.office.told.names()


@pytest.mark.parametrize("broken", ["reporter", "charter", "retirement"])
def test_a_stand_in_is_no_good_advice_and_no_violation(broken: str, world: Any) -> None:
    """EVAL-06, EVAL-07: what stands in keeps the rules of compliance; it is told apart from advice that breaks them."""
    world.staff.broken = {broken}
    world.handle()
    assert counted(world) == {"QualityGood": [0], "QualityTotal": [1], "ComplianceViolations": [0]}
    assert world.office.told.details("QUALITY_SHORTCOMING") == [{"lacks": ["fallback_used"]}]


def test_the_confidence_that_needs_an_expert_is_the_settings(make_world: Any) -> None:
    """EVAL-07, HITL-03: one limit for both, wherever an environment puts it."""
    rules = ApprovalRules(value_limit=Decimal(10**12), risk_limit=10, least_confidence=Decimal("0.99"))
    world = make_world(rules=rules, prices={"AAPL": "126.04"})
    world.handle()
    (told,) = world.office.told.details("QUALITY_SHORTCOMING")
    assert "confidence_below_limit" in told["lacks"]
    assert counted(world)["QualityGood"] == [0]


def test_an_analysis_that_is_given_up_is_counted_as_failed(world: Any, parcel: Any) -> None:
    """EVAL-07: the objective adds JobsFailed to its bad ones; it must not be counted twice."""
    planner = world.attempts.planner

    class Broken:
        def portfolio(self, _user_id: str) -> None:
            raise OSError("planned by the test")

    attempts = replace(world.attempts, planner=replace(planner, portfolios=Broken()))
    with pytest.raises(OSError, match="planned"):
        attempts.handle(world.job_id, delivery=parcel(3))
    assert counted(world) == {"QualityGood": [], "QualityTotal": [], "ComplianceViolations": []}
    assert ("JobsFailed", "planner", 1) in world.office.told.metrics
