"""The reporter: words the engines' facts into the portfolio report (AGENT-07) with explained recommendations (XAI-03).

The model fills sections, code makes the markdown of them and adds the disclosures, so that form and duties never depend
on a model. Every amount and percentage must be one of the facts (GUARD-11); a report that fails is written anew once,
then replaced by the engines' own plain text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field

from advisor.agents.answering import Answer, Desk, Task
from advisor.agents.naming import facts_without_names, given_names, without_names
from advisor.agents.prompts import prompt
from advisor.agents.request import AgentRequest, answer
from advisor.domain.advice import review, with_disclosures
from advisor.domain.fact_table import fact_table
from advisor.domain.facts import reporter_facts
from advisor.domain.guardrails import MAX_RESPONSE_CHARS, limit_response, screen
from advisor.domain.models import Portfolio, Recommendation
from advisor.domain.report import fallback_report

NAME = "reporter"

Section = Field(min_length=1, max_length=8000)


class ReportSections(Answer):
    """What the model fills in; markdown is made of it by ``markdown``."""

    rationale: str = Field(min_length=1, max_length=4000, description="what weighs most and why, before the report")
    executive_summary: list[str] = Field(min_length=1, max_length=6)
    composition: str = Section
    diversification: str = Section
    risk: str = Section
    retirement_readiness: str = Section
    recommendations: list[Recommendation] = Field(min_length=1, max_length=7)
    limitations: str = Section
    conclusion: str = Section

    def markdown(self) -> str:
        """The report without its disclosures."""
        summary = "\n".join(f"- {_line(point)}" for point in self.executive_summary)
        parts = [
            "# Portfolio analysis",
            "## Executive summary",
            summary,
        ]
        parts += ["## Composition", self.composition, "## Diversification", self.diversification]
        parts += ["## Risk", self.risk, "## Retirement readiness", self.retirement_readiness, "## Recommendations"]
        for number, one in enumerate(self.recommendations, start=1):
            parts += [
                f"### {number}. {_line(one.recommendation)}",
                f"- **Recommendation:** {_line(one.recommendation)}\n- **Reasoning:** {_line(one.reasoning)}\n"
                f"- **Impact:** {_line(one.impact)}\n- **Priority:** {one.priority.value}",
            ]
        parts += ["## Limitations", self.limitations, "## Conclusion", self.conclusion]
        return "\n\n".join(part.strip() for part in parts) + "\n"


@dataclass(frozen=True)
class Reporter:
    """Runs the agent; ``limit`` in characters (GUARD-04)."""

    desk: Desk
    limit: int = MAX_RESPONSE_CHARS

    def run(self, request: AgentRequest, portfolio: Portfolio, *, on: date) -> dict[str, Any]:
        """Report as of ``on``: ``payload`` is ``report_payload``, ``recommendations`` go into the summary."""
        facts = reporter_facts(portfolio, on=on, stale_after=request.stale_after)
        if request.question:
            facts["question"] = screen(request.question).text
        names = given_names(portfolio)
        table = facts_without_names(fact_table(facts), names)
        task = Task(
            agent=NAME,
            prompt=prompt(NAME),
            answer=ReportSections,
            facts=facts,
            product=self._product,
            review=lambda made: review(
                text=without_names(made["content"], names), recommendations=made["recommendations"], facts=table
            ),
            fallback=lambda: plain_report(facts),
            max_tokens=8000,
        )
        result = self.desk.answer(task, job_id=str(request.job_id), user_id=portfolio.user.user_id)
        stamp = {"generated_at": self.desk.now().isoformat(), "agent": NAME, "fallback": result.fallback}
        return answer(
            NAME,
            f"report of {len(result.product['content'])} characters",
            fallback=result.fallback,
            payload={"content": result.product["content"], **stamp},
            recommendations=result.product["recommendations"],
            version=result.version,
        )

    def _product(self, sections: ReportSections) -> dict[str, Any]:
        # Cut the body, not the disclosures at its end.
        limited = limit_response(sections.markdown(), limit=max(1, self.limit - len(with_disclosures(""))))
        if limited.truncated:
            lengths = {"from": limited.before, "to": limited.after}
            self.desk.telemetry.event("RESPONSE_TRUNCATED", agent=NAME, warning=True, **lengths)
        recommendations = [one.model_dump(mode="json") for one in sections.recommendations]
        return {"content": with_disclosures(limited.text), "recommendations": recommendations}


def plain_report(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The engines' own report and recommendations, for when no model's can be used."""
    return {"content": fallback_report(facts), "recommendations": [dict(one) for one in facts["recommendations"]]}


def _line(text: str) -> str:
    """One line: a line break inside a list item would end it."""
    return " ".join(text.split())
