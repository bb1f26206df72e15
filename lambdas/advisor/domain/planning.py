"""Which agents a portfolio needs, and which human reviews its advice needs (domain 4 step 5, 9.5)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from advisor.domain.models import Portfolio

APPROVAL_LIMIT = Decimal(1_000_000)
"""USD of traded value; strictly more needs a senior adviser (HITL-01)."""
ESCALATION_SCORE = 7
EXPERT_CONFIDENCE = Decimal("0.80")

AgentName = Literal["reporter", "charter", "retirement"]
_SUBJECTS: dict[AgentName, str] = {"reporter": "report", "charter": "charts", "retirement": "retirement"}


@dataclass(frozen=True)
class AgentChoice:
    """A planner's decision and its reason, for the trace and the log (event DECISION)."""

    agent: AgentName
    chosen: bool
    reason: str

    @property
    def named(self) -> str:
        """``charts_required`` or ``skip_charts``: the decision as the field names it."""
        subject = _SUBJECTS[self.agent]
        return f"{subject}_required" if self.chosen else f"skip_{subject}"


def choose_agents(portfolio: Portfolio) -> tuple[AgentChoice, ...]:
    """Reporter from one position on, charter from two, retirement when there is a goal and something to save."""
    held, user = len(portfolio.positions), portfolio.user
    goal = user.target_retirement_income > 0
    return (
        AgentChoice("reporter", held > 0, f"{held} positions; a report needs at least 1"),
        AgentChoice("charter", held >= 2, f"{held} positions; charts need at least 2"),
        AgentChoice("retirement", goal, "a target retirement income is set" if goal else "no target income is set"),
    )


def review_reasons(
    *,
    traded_value: Decimal,
    risk_score: int,
    confidence: float | Decimal,
    approval_limit: Decimal = APPROVAL_LIMIT,
) -> tuple[str, ...]:
    """Reviews that the advice needs, all of which must clear: none, one or several of
    ``value_over_limit`` (traded USD), ``risk_over_7`` (score 1-10), ``confidence_under_80`` (0-1).
    """
    reasons = []
    if traded_value > approval_limit:
        reasons.append("value_over_limit")
    if risk_score > ESCALATION_SCORE:
        reasons.append("risk_over_7")
    if Decimal(str(confidence)) < EXPERT_CONFIDENCE:
        reasons.append("confidence_under_80")
    return tuple(reasons)
