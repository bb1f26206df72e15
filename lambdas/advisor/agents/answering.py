"""The frame of every agent: ask the model, check, give it one chance to correct, otherwise answer without it.

    facts -> question -> model -> schema (one repair turn) -> guardrails (one regeneration) -> product
                             `---- anything that fails for good ----> deterministic fallback, flagged

Whatever happens is one entry of the audit trail with the verdict of the guardrails, a FALLBACK_USED event where it
applies, and metrics. An agent only says what it asks (`Task`); docs/adding-an-agent.md shows one.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from advisor.agents.task import A, NotAcceptedError, Task, product_of, question_of
from advisor.domain import explaining
from advisor.domain.advice import Verdict
from advisor.domain.audit import canonical, decision
from advisor.domain.guardrails import MARKER
from advisor.domain.models import AuditEntry
from advisor.domain.personal import redacted_all
from advisor.domain.usage import Usage
from advisor.ports.model import LanguageModel, ModelError, Refused
from advisor.ports.store import AuditWriter
from advisor.ports.telemetry import Silent, Telemetry

TURN_SECONDS = 165.0
"""No turn is begun with less of the invocation left: an answer takes up to 100 seconds, and 45 more when it falls
silent just before, its verdict 12; the fallback needs the rest."""


@dataclass(frozen=True)
class Answered:
    """The product to store, whether a fallback stands in and why, the guardrails' verdict and its audit entry.

    ``version`` says which prompt and model it came from: ``reporter-2 (us.example.model)``.
    """

    product: dict[str, Any]
    fallback: bool
    reason: str | None
    verdict: Verdict
    audit: AuditEntry
    version: str


@dataclass
class _Spent:
    """A task's turns so far: what they used, and the model that was asked last."""

    model_id: str
    turns: int = 0
    tools: int = 0
    usage: Usage = field(default_factory=Usage)
    rules: list[str] = field(default_factory=list)


class _GivenUpError(Exception):
    """The model's answer cannot be used; ``verdict`` says whether it was judged."""

    def __init__(self, reason: str, *, verdict: Verdict) -> None:
        super().__init__(reason)
        self.reason, self.verdict = reason, verdict


@dataclass(frozen=True)
class Desk:
    """Where agents ask: the model, the audit trail, telemetry, and the limits of turns and time (seconds)."""

    model: LanguageModel
    audit: AuditWriter
    telemetry: Telemetry = field(default_factory=Silent)
    max_turns: int = 10
    time_left: Callable[[], float] = lambda: float("inf")
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    clock: Callable[[], float] = monotonic
    trace_id: Callable[[], str | None] = lambda: None

    def answer(self, task: Task[A], *, job_id: str, user_id: str) -> Answered:
        """The task's product; raises only when the decision cannot be recorded (an unrecorded one is not given)."""
        started, spent, reason = self.clock(), _Spent(self.model.model_id), None
        if MARKER in json.dumps(canonical(task.facts)):
            self.telemetry.event(
                "GUARDRAIL_TRIGGERED", agent=task.agent, warning=True, stage="input", rule=["injection"]
            )
        try:
            product, verdict = self._ask(task, spent, asked_for={"job_id": job_id, "user_id": user_id})
        except _GivenUpError as given_up:
            product, verdict, reason = task.fallback(), given_up.verdict, given_up.reason
            self.telemetry.event("FALLBACK_USED", agent=task.agent, warning=True, reason=reason)
            self.telemetry.metric("FallbacksUsed", 1, agent=task.agent)
        duration_ms = round((self.clock() - started) * 1000)
        entry = decision(
            timestamp=self.now(),
            agent=task.agent,
            job_id=job_id,
            user_id=user_id,
            model=spent.model_id,
            input={"facts": task.facts, "system": task.prompt.system, "template": task.prompt.template},
            output=product,
            duration_ms=duration_ms,
            verdict=verdict,
            prompt_version=task.prompt.version_and_checksum,
            tokens={"in": spent.usage.tokens_in, "out": spent.usage.tokens_out},
            cost_usd=spent.usage.cost_usd,
            guardrail_version=self.model.guardrail_version,
            trace_id=self.trace_id(),
            decision="answered" if reason is None else "fallback_used",
            explanation=explaining.answered(turns=spent.turns, reason=reason, rules=spent.rules),
            rules=spent.rules,
        )
        made = {"fallback": reason is not None, "turns": spent.turns, "calls": spent.usage.calls}
        if spent.usage.guardrail_units:
            made["guardrail_units"] = spent.usage.guardrail_units
        summary = entry.output_summary | made
        stored = self.audit.append(entry.model_copy(update={"output_summary": summary}))
        self._tell(task, stored, spent)
        return Answered(
            product=product,
            fallback=reason is not None,
            reason=reason,
            verdict=verdict,
            audit=stored,
            version=f"{task.prompt.label} ({spent.model_id})",
        )

    def _ask(self, task: Task[A], spent: _Spent, *, asked_for: Mapping[str, str]) -> tuple[dict[str, Any], Verdict]:
        """A product that passed schema and guardrails, within the allowed turns; raises _GivenUpError."""
        refused: Refused | None = None
        repaired = regenerated = False
        while spent.turns < self.max_turns and self.time_left() > TURN_SECONDS:
            spent.turns += 1
            try:
                answer = self.model.ask(question_of(task, refused, asked_for))
            except ModelError as error:
                spent.usage += error.usage or Usage()
                self._tell_failure(task, error)
                raise _GivenUpError(error.reason, verdict=Verdict.NOT_EVALUATED) from error
            spent.usage, spent.model_id = spent.usage + answer.usage, answer.model_id
            spent.tools += not answer.problem
            try:
                product = self._without_personal(task, product_of(task, answer))
            except NotAcceptedError as error:
                if repaired:
                    raise _GivenUpError("malformed", verdict=Verdict.NOT_EVALUATED) from error
                repaired, refused = True, Refused(answer.value, str(error))
                self.telemetry.event("ANSWER_REPAIRED", agent=task.agent, errors=error.count)
                continue
            review = task.review(product)
            if review.verdict is not Verdict.FAIL:
                return product, review.verdict
            # By name: a reason quotes what was refused, which may be about the person.
            rules = list(explaining.rule_names(review.reasons))
            spent.rules = list(dict.fromkeys([*spent.rules, *rules]))
            self.telemetry.event("GUARDRAIL_TRIGGERED", agent=task.agent, warning=True, stage="output", rule=rules)
            self.telemetry.metric("GuardrailBlocks", 1, agent=task.agent)
            if regenerated:
                raise _GivenUpError("guardrail_check", verdict=Verdict.FAIL)
            regenerated = True
            refused = Refused(
                answer.value, "Refused by the guardrails, write it anew:\n- " + "\n- ".join(review.reasons)
            )
        raise _GivenUpError("turns_or_time", verdict=Verdict.FAIL if regenerated else Verdict.NOT_EVALUATED)

    def _tell_failure(self, task: Task[A], error: ModelError) -> None:
        self.telemetry.event("MODEL_FAILED", agent=task.agent, warning=True, reason=error.reason)
        if error.reason == "access_denied":
            # Not a passing trouble but a missing right: every analysis falls back until somebody grants it.
            self.telemetry.metric("ModelAccessDenied", 1, agent=task.agent)
        if error.reason == "guardrail":
            rules = list(error.rules)
            self.telemetry.event("GUARDRAIL_TRIGGERED", agent=task.agent, warning=True, stage="managed", rule=rules)
            self.telemetry.metric("GuardrailBlocks", 1, agent=task.agent)

    def _without_personal(self, task: Task[A], product: dict[str, Any]) -> dict[str, Any]:
        """The product without personal identifiers, wherever a model had them from (GUARD-09)."""
        clean: dict[str, Any] = redacted_all(product)
        if clean != product:
            self.telemetry.event(
                "GUARDRAIL_TRIGGERED", agent=task.agent, warning=True, stage="output", rule=["personal identifier"]
            )
        return clean

    def _tell(self, task: Task[A], entry: AuditEntry, spent: _Spent) -> None:
        self.telemetry.event("AI_DECISION", agent=task.agent, entry=canonical(entry.model_dump()))
        tell = self.telemetry.metric
        tell("AgentDurationMs", entry.duration_ms, agent=task.agent, unit="Milliseconds")
        tell("LlmCalls", spent.usage.calls, agent=task.agent)
        tell("ToolCalls", spent.tools, agent=task.agent)
        tell("LlmLatencyMs", spent.usage.latency_seconds * 1000, agent=task.agent, unit="Milliseconds")
        tell("TokensIn", spent.usage.tokens_in, agent=task.agent)
        tell("TokensOut", spent.usage.tokens_out, agent=task.agent)
        tell("LlmCostUsd", float(spent.usage.cost_usd), agent=task.agent, unit="None")
