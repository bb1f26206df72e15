"""What code decides is recorded like what a model answers (XAI-04, XAI-06).

One `Recorder` a run. An entry that cannot be stored raises: a decision that nobody can read later is not taken.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from advisor.domain import explaining
from advisor.domain.advice import Verdict
from advisor.domain.audit import RULES, canonical, decision
from advisor.domain.models import AuditEntry
from advisor.domain.vocabulary import EntryKind
from advisor.ports.store import AuditWriter
from advisor.ports.telemetry import Silent, Telemetry

PROMPT_VERSION = "rules-1"
"""Version of the planner's rules, where a model's entry has its prompt's."""


@dataclass(frozen=True)
class Recorder:
    """Records the decisions about one job; ``agent`` is who takes them."""

    audit: AuditWriter
    job_id: str
    user_id: str
    agent: str = "planner"
    telemetry: Telemetry = field(default_factory=Silent)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    trace_id: Callable[[], str | None] = lambda: None

    def decided(
        self,
        named: str,
        why: str,
        *,
        about: Any = None,
        outcome: Any = None,
        kind: EntryKind = EntryKind.DECISION,
        agent: str | None = None,
        duration_ms: int = 0,
    ) -> AuditEntry:
        """Append one decision; returns it sealed. Raises UnavailableError.

        :param named: the decision in a word, as the DECISION event names it.
        :param why: a sentence without personal data, prompts and amounts (see `domain.explaining`).
        :param about: what it rests on; only its hash is kept. ``outcome``: only its type and size.
        :param agent: whom it concerns, when that is another agent.
        """
        entry = decision(
            timestamp=self.now(),
            agent=agent or self.agent,
            job_id=self.job_id,
            user_id=self.user_id,
            model=RULES,
            input={"decision": named, "about": about},
            output=outcome,
            duration_ms=duration_ms,
            verdict=Verdict.NOT_EVALUATED,
            prompt_version=PROMPT_VERSION,
            tokens={},
            cost_usd=Decimal(0),
            trace_id=self.trace_id(),
            kind=kind,
            decision=named,
            explanation=why,
        )
        stored = self.audit.append(entry)
        self.telemetry.event("DECISION", agent=stored.agent, decision=named, reason=why)
        tell(self.telemetry, stored)
        return stored

    def close(self, named: str, why: str, *, duration_ms: int = 0) -> AuditEntry:
        """Append the entry that says how many there are, so that none can vanish from the end."""
        return self.decided(named, why, kind=EntryKind.CLOSING, duration_ms=duration_ms)


def tell(telemetry: Telemetry, stored: AuditEntry) -> None:
    """The audited decision as a line of the log, the same to whoever reads trail or log."""
    telemetry.event("AI_DECISION", agent=stored.agent, entry=canonical(stored.model_dump()))


def conclude(record: Recorder, payloads: Mapping[str, Mapping[str, Any]], *, duration_ms: int) -> dict[str, Any]:
    """Record how sure the advice is and who must review it, then close the trail.

    Returns the seal for the job's row, a witness outside the trail: ``{entries, hash}`` of the closing entry.
    """
    quality, reasons = payloads["quality_payload"], payloads["summary_payload"]["review_reasons"]
    why = explaining.confidence(quality)
    record.decided("confidence_derived", why, about=quality, outcome=quality, kind=EntryKind.QUALITY)
    named = "review_required" if reasons else "no_review_needed"
    record.decided(named, explaining.reviewed(reasons), about=reasons, outcome=reasons, kind=EntryKind.REVIEW)
    closed = record.close("analysis_completed", "All results are compiled.", duration_ms=duration_ms)
    return {"entries": closed.sequence - 1, "hash": closed.entry_hash}
