"""The retirement specialist: the simulation's figures, explained (AGENT-09).

The engine simulates the real portfolio with a seed of the job's id, so that a repeated job shows the same figures; the
model only explains them. It needs the numeric bundle: the engine is the one user of numpy.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field

from advisor.agents.answering import Answer, Desk, Task
from advisor.agents.prompts import prompt
from advisor.agents.request import AgentRequest, answer
from advisor.domain.advice import review, with_disclosures
from advisor.domain.assumptions import RetirementAssumptions
from advisor.domain.fact_table import fact_table
from advisor.domain.facts import retirement_facts
from advisor.domain.guardrails import MAX_RESPONSE_CHARS, limit_response
from advisor.domain.models import Portfolio
from advisor.domain.report import fallback_retirement
from advisor.domain.retirement import plan_of, seed_of, simulate
from advisor.domain.rollup import roll_up

NAME = "retirement"

Section = Field(min_length=1, max_length=8000)


class Explanation(Answer):
    """What the model fills in."""

    rationale: str = Field(min_length=1, max_length=4000, description="what decides the outcome, before the text")
    assessment: str = Section
    drivers: str = Section
    suggestions: list[str] = Field(min_length=1, max_length=6)

    def markdown(self) -> str:
        """The analysis without its disclosures."""
        suggestions = "\n".join(f"- {' '.join(one.split())}" for one in self.suggestions)
        parts = ("# Retirement projection", "## Assessment", self.assessment, "## What drives it", self.drivers)
        return "\n\n".join((*parts, "## Suggestions", suggestions)) + "\n"


@dataclass(frozen=True)
class Retirement:
    """Runs the agent with so many simulated paths; ``limit`` in characters (GUARD-04)."""

    desk: Desk
    paths: int = 10_000
    limit: int = MAX_RESPONSE_CHARS

    def run(self, request: AgentRequest, portfolio: Portfolio, *, on: date) -> dict[str, Any]:
        """Projection from today's value: ``payload`` is ``retirement_payload``. ``on`` is told with the facts."""
        rolled = roll_up(portfolio)
        result = simulate(
            plan_of(portfolio, rolled),
            seed=seed_of(request.job_id),
            assumptions=RetirementAssumptions(paths=self.paths),
        )
        numbers = result.numbers()
        facts = {"as_of": on.isoformat(), **retirement_facts(portfolio, numbers)}
        table = fact_table(facts)
        task = Task(
            agent=NAME,
            prompt=prompt(NAME),
            answer=Explanation,
            facts=facts,
            product=self._product,
            review=lambda made: review(text=made["analysis"], facts=table),
            fallback=lambda: {"analysis": fallback_retirement(facts)},
        )
        answered = self.desk.answer(task, job_id=str(request.job_id), user_id=portfolio.user.user_id)
        return answer(
            NAME,
            f"success rate {numbers['success_rate']}%",
            fallback=answered.fallback,
            payload={
                "analysis": answered.product["analysis"],
                "numbers": numbers,
                "generated_at": self.desk.now().isoformat(),
                "agent": NAME,
                "fallback": answered.fallback,
            },
            version=answered.version,
        )

    def _product(self, given: Explanation) -> dict[str, Any]:
        limited = limit_response(given.markdown(), limit=max(1, self.limit - len(with_disclosures(""))))
        if limited.truncated:
            lengths = {"from": limited.before, "to": limited.after}
            self.desk.telemetry.event("RESPONSE_TRUNCATED", agent=NAME, warning=True, **lengths)
        return {"analysis": with_disclosures(limited.text)}
