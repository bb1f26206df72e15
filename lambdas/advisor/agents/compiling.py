"""What the planner makes of its agents' answers: the summary, the quality report, and payloads for agents that failed.

Every figure comes from the engines over one snapshot of the portfolio; the agents' words are only carried along.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from advisor.domain.advice import recommendation_faults
from advisor.domain.analysis import analyse
from advisor.domain.assumptions import Weights, asset_weights
from advisor.domain.charts import CHART_FALLBACK
from advisor.domain.facts import assumption_lines, reporter_facts
from advisor.domain.models import Portfolio, Recommendation
from advisor.domain.money import cents, number
from advisor.domain.prices import RefusedPrice
from advisor.domain.quality import AGEING_AFTER, QualityReport, assess
from advisor.domain.readiness import readiness
from advisor.domain.rebalancing import rebalance
from advisor.domain.recommendations import most_urgent, recommend
from advisor.domain.report import fallback_report
from advisor.domain.review import ApprovalRules, Figures
from advisor.domain.rollup import RollUp, roll_up
from advisor.domain.statistics import portfolio_statistics
from advisor.domain.valuation import Valuation, summarise, value_portfolio

PAYLOADS = {"reporter": "report_payload", "charter": "charts_payload", "retirement": "retirement_payload"}
"""Where each agent's product is kept in the job."""

_PARTS: dict[str, frozenset[str]] = {
    "reporter": frozenset({"content", "generated_at", "agent", "fallback"}),
    "charter": frozenset(),
    "retirement": frozenset({"analysis", "numbers", "generated_at", "agent", "fallback"}),
}

NO_PROJECTION = (
    "The retirement projection could not be computed this time, so no success rate is given. "
    "The rest of the analysis does not depend on it. Please start a new analysis later."
)

NO_RESEARCH = "Research was asked for and is not available: only holdings, prices and settings were used."


@dataclass
class Results:
    """What a run has gathered: products and recommendations by agent, and who fell back."""

    payloads: dict[str, dict[str, Any]] = field(default_factory=dict)
    recommendations: list[Recommendation] = field(default_factory=list)
    agents: dict[str, str] = field(default_factory=dict)
    fallbacks: set[str] = field(default_factory=set)

    def take(self, agent: str, answer: Mapping[str, Any]) -> None:
        """An agent's answer; raises KeyError, TypeError or ValueError when it is not what this agent gives."""
        payload = dict(answer["payload"])
        missing = _PARTS[agent] - payload.keys()
        if missing or not payload:
            raise ValueError(f"{agent}'s payload lacks {', '.join(sorted(missing)) or 'everything'}")
        if agent == "reporter":
            if faults := recommendation_faults(answer["recommendations"]):
                raise ValueError("; ".join(faults))
            self.recommendations = [Recommendation.model_validate(one) for one in answer["recommendations"]]
        self.payloads[PAYLOADS[agent]] = payload
        self.agents[agent] = str(answer.get("version", "unknown"))
        if answer.get("fallback"):
            self.fallbacks.add(agent)


@dataclass(frozen=True)
class Compiler:
    """Compiles one job's results as of ``day``; ages are in trading days, ``options`` are the request's.

    ``refused`` are the provider's closes that were not believed.
    """

    job_id: UUID
    portfolio: Portfolio
    day: date
    generated_at: str
    stale_after: int
    ageing_after: int = AGEING_AFTER
    refused: tuple[RefusedPrice, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    rules: ApprovalRules = field(default_factory=ApprovalRules)

    @property
    def question(self) -> str | None:
        """The investor's own question."""
        return self.options.get("question") or None

    def stand_in(self, agent: str, results: Results) -> None:
        """Put an honest payload where a failed agent's would be (AGENT-23)."""
        stamp = {"generated_at": self.generated_at, "agent": agent, "fallback": True}
        results.fallbacks.add(agent)
        if agent == "charter":
            results.payloads[PAYLOADS[agent]] = dict(CHART_FALLBACK)
        elif agent == "retirement":
            results.payloads[PAYLOADS[agent]] = {"analysis": NO_PROJECTION, "numbers": None, **stamp}
        else:
            facts = reporter_facts(self.portfolio, on=self.day, stale_after=self.stale_after)
            facts["question"] = self.question
            results.payloads[PAYLOADS[agent]] = {"content": fallback_report(facts), **stamp}
            results.recommendations = [Recommendation.model_validate(one) for one in facts["recommendations"]]

    def recommended(self) -> list[Recommendation]:
        """The engines' own recommendations, for a job without a reporter: whoever only has cash needs advice too."""
        return list(recommend(analyse(self.portfolio, on=self.day, stale_after=self.stale_after)))

    def compile(self, results: Results, *, usage: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
        """All payloads to store: the agents', ``summary_payload`` with the models' ``usage``, ``quality_payload``."""
        valuation = value_portfolio(self.portfolio)
        rolled = roll_up(self.portfolio, valuation)
        weights = asset_weights(rolled, self.portfolio.user.asset_class_targets)
        charts = results.payloads.get(PAYLOADS["charter"])
        quality = assess(
            self.portfolio,
            on=self.day,
            valuation=valuation,
            fallbacks=results.fallbacks,
            heuristics=weights.heuristics,
            charts=None if charts is None else _drawn(charts),
            refused=self.refused,
            ageing_after=self.ageing_after,
            stale_after=self.stale_after,
        )
        summary = self._summary(results, valuation, rolled, weights, quality)
        summary["usage"] = dict(usage) if usage is not None else None
        return {**results.payloads, "summary_payload": summary, "quality_payload": quality.as_dict()}

    def _summary(
        self, results: Results, valuation: Valuation, rolled: RollUp, weights: Weights, quality: QualityReport
    ) -> dict[str, Any]:
        statistics = portfolio_statistics(weights.parts)
        plan = rebalance(self.portfolio, valuation=valuation)
        numbers = (results.payloads.get(PAYLOADS["retirement"]) or {}).get("numbers") or {}
        facts = summarise(self.portfolio, valuation)
        return {
            "total_value": number(facts["total_value"]),
            "cash": number(cents(valuation.cash)),
            "num_accounts": facts["num_accounts"],
            "num_positions": facts["num_positions"],
            "years_until_retirement": facts["years_until_retirement"],
            "target_retirement_income": number(facts["target_retirement_income"]),
            "valuation_date": self.day.isoformat(),
            "allocations": {
                "asset_class": _shares(rolled, "asset_class"),
                "region": _shares(rolled, "region"),
                "sector": _shares(rolled, "sector"),
            },
            "risk": {
                "expected_return": round(statistics.expected_return * 100, 2),
                "volatility": round(statistics.volatility * 100, 2),
                "risk_score": statistics.risk_score,
            },
            "rebalancing": plan.as_dict(),
            "retirement_success_rate": numbers.get("success_rate"),
            "recommendations": _with_the_odds(results.recommendations, numbers),
            "review_reasons": list(
                self.rules.reasons(
                    Figures(plan.traded_value, valuation.total, statistics.risk_score, quality.confidence)
                )
            ),
            "assumptions": self._assumptions(quality),
            "agents": dict(sorted(results.agents.items())),
            "audit_ref": f"/api/jobs/{self.job_id}/audit",
        }

    def _assumptions(self, quality: QualityReport) -> list[str]:
        """Sentences for the panel of assumptions (WEB-11)."""
        sources = {i.price_source.value for i in self.portfolio.instruments.values() if i.priced}
        return [
            f"Valued as of {self.day.isoformat()} at daily closes (source: {', '.join(sorted(sources)) or 'none'}); "
            f"latest close {quality.last_updated['prices'] or 'unknown'}.",
            "Holdings without a price are left out of every total.",
            *assumption_lines(),
            *([NO_RESEARCH] if self.options.get("include_research") else []),
            *quality.heuristics_used,
        ]


def _with_the_odds(reported: list[Recommendation], numbers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The reporter's recommendations with the one that the simulation asks for, most urgent first."""
    odds = readiness(numbers)
    items = [*([odds] if odds else []), *reported]
    return [item.model_dump(mode="json") for item in most_urgent(items)]


def _drawn(charts: Mapping[str, Any]) -> int:
    """Charts of a stored payload; its fallback holds none."""
    return sum(isinstance(chart, Mapping) and "data" in chart for chart in charts.values())


def _shares(rolled: RollUp, dimension: Any) -> dict[str, float]:
    return {key: number(share) for key, share in rolled.shares(dimension).items()}
