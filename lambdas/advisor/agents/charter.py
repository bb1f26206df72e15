"""The charter: chooses and titles the charts (AGENT-08); every point comes from the engine (GUARD-11).

The model sees which charts can be drawn and what they show; it answers keys, forms and words. A chart it makes up has
no data and is refused (GUARD-01). Without a usable answer the engine's own charts with plain titles are shown; where
not even those can be drawn, the payload says so (GUARD-02).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from advisor.agents.answering import Answer, Desk, Task
from advisor.agents.naming import facts_without_names, given_names, without_names
from advisor.agents.prompts import prompt
from advisor.agents.request import AgentRequest, answer
from advisor.domain.advice import Review, Verdict, guaranteed_wording
from advisor.domain.chart_rules import validate_charts
from advisor.domain.charts import CHART_FALLBACK, build_charts, chart_payload, disagreements
from advisor.domain.facts import charter_facts
from advisor.domain.models import Portfolio
from advisor.domain.numbers import Fact, check_numbers
from advisor.domain.rollup import RollUp, roll_up

NAME = "charter"


class ChosenChart(Answer):
    """One chart by its key."""

    key: str = Field(min_length=1, max_length=64)
    type: Literal["pie", "donut", "bar", "horizontalBar"]
    title: str = Field(min_length=1, max_length=120)
    description: str = Field(min_length=1, max_length=500)


class ChartChoice(Answer):
    """What the model fills in."""

    rationale: str = Field(min_length=1, max_length=4000, description="why these charts, before the choice")
    charts: list[ChosenChart] = Field(min_length=1, max_length=6)


@dataclass(frozen=True)
class Charter:
    """Runs the agent."""

    desk: Desk

    def run(self, request: AgentRequest, portfolio: Portfolio, *, on: date) -> dict[str, Any]:
        """Charts of the portfolio: ``payload`` is ``charts_payload`` (key -> chart). ``on`` changes nothing here."""
        del on
        rolled, targets = roll_up(portfolio), portfolio.user.asset_class_targets
        drawable = {chart["key"]: chart for chart in build_charts(rolled, targets=targets)}
        if not drawable:
            return answer(
                NAME, "nothing to draw", fallback=True, payload=dict(CHART_FALLBACK), version=prompt(NAME).label
            )
        names = given_names(portfolio)
        table = facts_without_names(chart_facts(drawable.values()), names)
        task = Task(
            agent=NAME,
            prompt=prompt(NAME),
            answer=ChartChoice,
            facts=charter_facts(portfolio),
            product=lambda choice: {"charts": [_drawn(chart, drawable) for chart in choice.charts]},
            review=lambda product: _review(product, rolled, targets, table, names),
            fallback=lambda: {"charts": list(drawable.values())},
            max_tokens=2000,
        )
        result = self.desk.answer(task, job_id=str(request.job_id), user_id=portfolio.user.user_id)
        checked = validate_charts(result.product)
        if not checked.ok:
            self.desk.telemetry.event("FALLBACK_USED", agent=NAME, warning=True, reason=checked.reason)
            return answer(NAME, "no charts", fallback=True, payload=dict(CHART_FALLBACK), version=prompt(NAME).label)
        return answer(
            NAME,
            f"{len(checked.charts)} charts",
            fallback=result.fallback,
            payload=_placed(checked.charts),
            version=result.version,
        )


def _placed(charts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Charts by key; each with its ``position`` from 1, because a stored JSON object keeps no order."""
    return {key: {**chart, "position": n} for n, (key, chart) in enumerate(chart_payload(charts).items(), start=1)}


def chart_facts(charts: Any) -> list[Fact]:
    """The figures that a chart's words may name: its points."""
    return [Fact(p["name"], Decimal(str(p["value"])), "usd") for chart in charts for p in chart["data"]]


def _drawn(chosen: ChosenChart, drawable: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The chosen chart with the engine's points; none where the engine has no such chart."""
    data = drawable.get(chosen.key, {}).get("data", [])
    return chosen.model_dump() | {"data": [dict(point) for point in data]}


def _review(
    product: Mapping[str, Any],
    rolled: RollUp,
    targets: Mapping[str, float],
    table: Sequence[Fact],
    names: Sequence[str],
) -> Review:
    """The charts are well-formed, agree with the roll-up, and their words promise nothing and invent no figure."""
    checked = validate_charts(product)
    if not checked.ok:
        return Review(Verdict.FAIL, (checked.reason,))
    words = "\n".join(f"{chart['title']}.\n{chart['description']}" for chart in checked.charts)
    reasons = (
        *disagreements(checked.charts, rolled, targets=targets),
        *(f"promises a return: {phrase!r}" for phrase in guaranteed_wording(words)),
        *check_numbers(without_names(words, names), table).faults,
    )
    return Review(Verdict.FAIL if reasons else Verdict.PASS, tuple(reasons))
