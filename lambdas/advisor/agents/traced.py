"""What agents do without knowing of traces becomes spans and events: a model's calls, and everything that is told.

Decision: agents tell what happens once, through `Telemetry`; here the same is written beside the spans, so that logs
and traces cannot disagree and an agent's code holds no word about tracing (OBS-21).
"""

import json
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from advisor.domain.trace_content import words_of
from advisor.ports.model import ModelAnswer, ModelError, PricedModel, Question
from advisor.ports.telemetry import Telemetry, Unit
from advisor.ports.tracing import Span, Tracer, Value

AGENTS: Mapping[str, tuple[str, str]] = {
    "tagger": ("InstrumentTagger", "classifies instruments"),
    "reporter": ("Report Writer", "writes the portfolio report"),
    "charter": ("Chart Maker", "chooses the charts"),
    "retirement": ("Retirement Specialist", "explains the retirement outlook"),
}
"""Name of an agent's span, and the agent's role, by the agent's name (OBS-19)."""

SAID = {"retirement_required": "retirement analysis required"}
"""Decisions whose event has a name of its own in the field; the others are their code in words."""

LARGEST_FIGURE = 1_000_000
"""Longer than any duration (ms) or count; beyond it a number may name an account or a telephone."""

_CODE = re.compile(r"[A-Za-z][A-Za-z_]{0,63}")
_CODED = frozenset({"agent", "code", "decision", "error_type", "reason", "stage", "status"})
"""Details whose values are words of closed lists; texts of all other details are free text."""


def agent_span(tracer: Tracer, agent: str, job_id: str) -> AbstractContextManager[Span]:
    """The span of an agent's whole work on one request."""
    name, persona = AGENTS.get(agent, (agent, "an agent"))
    return tracer.span(name, "agent", job_id=job_id, persona=persona)


def result_of(answer: Mapping[str, Any]) -> dict[str, Value]:
    """What an agent's answer says about its work, in counts."""
    payload = answer.get("payload")
    counts = {
        "instruments_tagged": answer.get("tagged"),
        "recommendations": len(answer["recommendations"]) if "recommendations" in answer else None,
        "charts": len(payload) if answer.get("agent") == "charter" and isinstance(payload, Mapping) else None,
    }
    known: dict[str, Value] = {name: count for name, count in counts.items() if count is not None}
    return known | {"status": "fallback" if answer.get("fallback") else "completed"}


@dataclass(frozen=True)
class TracedModel:
    """A model each of whose calls is a span of kind ``generation``."""

    model: PricedModel
    tracer: Tracer

    @property
    def model_id(self) -> str:
        """The model's."""
        return self.model.model_id

    @property
    def guardrail_version(self) -> str | None:
        """The model's."""
        return self.model.guardrail_version

    def worst_cost(self, question: Question) -> Decimal:
        """The model's."""
        return self.model.worst_cost(question)

    def ask(self, question: Question) -> ModelAnswer:
        """The model's answer; raises its ModelError."""
        known: dict[str, Value] = {
            "model": self.model.model_id,
            "prompt_version": question.prompt_version,
            "correction": question.refused is not None,
            "guardrail": self.model.guardrail_version or "none",
        }
        with self.tracer.span(f"model: {question.tool_name}", "generation", **known) as span:
            try:
                answer = self.model.ask(question)
            except ModelError as error:
                span.set(status=error.reason)
                raise
            span.set(
                model=answer.model_id,
                input_tokens=answer.input_tokens,
                output_tokens=answer.output_tokens,
                cost_usd=float(answer.cost_usd),
                latency_ms=round(answer.latency_seconds * 1000),
                status=answer.stop_reason,
            )
            asked = f"{question.system}\n\n{question.prompt}"
            span.content(asked=asked, answered=answer.value, words=words_of(question.schema))
            return answer


@dataclass(frozen=True)
class TracedTelemetry:
    """Telemetry that also tells the trace: each event stands in the span that was open when it happened."""

    telemetry: Telemetry
    tracer: Tracer

    def about(self, *, job_id: str, user_id: str, correlation_id: str | None = None) -> None:
        """As the telemetry."""
        self.telemetry.about(job_id=job_id, user_id=user_id, correlation_id=correlation_id)

    def event(self, event_type: str, *, agent: str, warning: bool = False, **details: Any) -> None:
        """As the telemetry, then in the span."""
        self.telemetry.event(event_type, agent=agent, warning=warning, **details)
        # An event of an unforeseen form must not fail the work that it tells of.
        with suppress(AttributeError, TypeError, ValueError):
            self._trace(event_type, agent, details)

    def _trace(self, event_type: str, agent: str, details: Mapping[str, Any]) -> None:
        span = self.tracer.current
        if event_type == "AI_DECISION":
            _decided(span, details.get("entry") or {})
            return
        codes, rest = _told({"agent": agent, **details})
        name = event_type
        if event_type == "DECISION" and "decision" in codes:
            name = SAID.get(str(codes["decision"]), str(codes["decision"]).replace("_", " "))
        span.event(name, text=json.dumps(rest, default=str, sort_keys=True) if rest else "", **codes)

    def metric(self, name: str, value: float, *, agent: str, unit: Unit = "Count") -> None:
        """As the telemetry."""
        self.telemetry.metric(name, value, agent=agent, unit=unit)


def _decided(span: Span, entry: Mapping[str, Any]) -> None:
    """What an audited decision cost and how it was judged; an agent may make several."""
    tokens = entry.get("tokens") or {}
    span.add(
        decisions=1,
        input_tokens=int(tokens.get("in", 0)),
        output_tokens=int(tokens.get("out", 0)),
        cost_usd=float(entry.get("cost_usd") or 0),
    )
    codes, _ = _told({"status": entry.get("compliance_check")})
    span.set(guardrail_verdict=codes.get("status", "NOT_EVALUATED"), prompt_version=str(entry.get("prompt_version")))


def _told(details: Mapping[str, Any]) -> tuple[dict[str, Value], dict[str, Any]]:
    """Details that may leave with any trace, and the rest."""
    codes: dict[str, Value] = {}
    rest: dict[str, Any] = {}
    for name, value in details.items():
        word = name in _CODED and isinstance(value, str) and _CODE.fullmatch(value)
        if word or (isinstance(value, bool | int | float) and abs(value) < LARGEST_FIGURE):
            codes[name] = value
        elif value is not None:
            rest[name] = value
    return codes, rest
