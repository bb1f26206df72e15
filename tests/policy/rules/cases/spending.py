"""Budgets: large enough for what the templates would cost, and one for everything that costs money."""

from typing import Any

from soc2.profile import Profile
from tests.policy.rules.casework import Case, put, without


def expected(_templates: Any) -> dict[str, float]:
    """An estimate that is the same for every template."""
    return {"platform": 300.0, "inference": 60.0}


def budget(purpose: str, usd: float, every: str = "MONTHLY") -> dict[str, Any]:
    """A budget with the tag of its purpose."""
    limit = {"Amount": usd, "Unit": "USD"}
    return {
        "Type": "AWS::Budgets::Budget",
        "Properties": {
            "Budget": {"BudgetType": "COST", "TimeUnit": every, "BudgetLimit": limit},
            "ResourceTags": [{"Key": "Purpose", "Value": purpose}],
        },
    }


PROFILE = Profile(spending=expected)
CASES = [
    Case(
        "SOC2-COST-BUDGET",
        passing={"Platform": budget("platform", 300), "Inference": budget("inference", 2, "DAILY")},
        failing={"Platform": budget("platform", 299)},
        breaks=put("Budget", "BudgetLimit", "Amount", value=0.01),
        profile=PROFILE,
    ),
    Case(
        "SOC2-COST-BUDGETED",
        passing={"Platform": budget("platform", 1), "Inference": budget("inference", 1)},
        failing={"Platform": budget("platform", 1)},
        breaks=without("AWS::Budgets::Budget"),
        profile=PROFILE,
    ),
]
