"""Which agents a portfolio needs (domain 4 step 5)."""

from dataclasses import dataclass
from typing import Literal

from advisor.domain.models import Portfolio

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
