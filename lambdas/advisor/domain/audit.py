"""Tamper-evident record of AI decisions (XAI-04, B.6): one canonical form, one hash, one chain a job.

Equal inputs hash equally: keys are sorted, a Decimal is written without trailing zeros, times are UTC. Entries hold
hashes and sizes instead of prompts. Each entry's hash covers the hash of the one before it, so that changing,
removing or reordering any entry breaks the chain behind it; a closing entry tells how many there are.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from advisor.domain.models import AuditEntry
from advisor.domain.pseudonyms import user_hash
from advisor.domain.vocabulary import EntryKind

RULES = "rules"
"""``model`` of a decision that code took."""

_LATER: Mapping[str, Any] = {
    name: AuditEntry.model_fields[name].default for name in ("kind", "sequence", "decision", "explanation", "rules")
}
"""Fields that the first entries did not have, with their defaults: an entry without them keeps its hash."""


def canonical(value: Any) -> Any:
    """JSON form with Decimal, date, time and UUID as strings.

    Raises TypeError for a type with no form, ValueError for a time without a zone or a number that is not finite.
    """
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str | UUID):
        return str(value)
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, date):
        return _day_or_time(value)
    return _container(value)


def _day_or_time(value: date) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; give times in UTC")
    return value.astimezone(UTC).isoformat()


def _number(value: float | Decimal) -> int | float | str:
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    if not isinstance(value, Decimal):
        return value
    return format(value.normalize(), "f") if value else "0"


def _container(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return canonical(value.model_dump())
    if is_dataclass(value) and not isinstance(value, type):
        return canonical(asdict(value))
    if isinstance(value, Mapping):
        keys = {_key(key): canonical(item) for key, item in value.items()}
        if len(keys) != len(value):
            raise ValueError("two keys have the same canonical form")
        return keys
    if isinstance(value, AbstractSet):
        return sorted((canonical(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [canonical(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _key(key: Any) -> str:
    form = canonical(key)
    if not isinstance(form, str):
        raise TypeError(f"a key must be a text, a UUID or a date, not {type(key).__name__}")
    return form


def canonical_json(value: Any) -> str:
    """The one text of a value: sorted keys, no spaces, ASCII."""
    return json.dumps(canonical(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """sha256 of the canonical text, hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def decision(
    *,
    timestamp: datetime,
    agent: str,
    job_id: UUID | str,
    user_id: str,
    model: str,
    input: Any,
    output: Any,
    duration_ms: int,
    verdict: str,
    prompt_version: str,
    tokens: Mapping[str, int],
    cost_usd: Decimal,
    guardrail_version: str | None = None,
    trace_id: str | None = None,
    kind: EntryKind = EntryKind.MODEL_ANSWER,
    decision: str = "",
    explanation: str = "",
    rules: Sequence[str] = (),
) -> AuditEntry:
    """An entry for one decision, not yet chained: input and user become hashes, the output its type and size."""
    return AuditEntry(
        timestamp=timestamp.astimezone(UTC),
        agent=agent,
        job_id=str(job_id),
        user_id_hash=user_hash(user_id),
        model=model,
        input_hash=digest(input),
        output_summary={"type": type(output).__name__, "size_bytes": len(canonical_json(output).encode())},
        duration_ms=duration_ms,
        compliance_check=str(verdict),
        prompt_version=prompt_version,
        guardrail_version=guardrail_version,
        tokens=dict(tokens),
        cost_usd=cost_usd,
        trace_id=trace_id,
        kind=kind,
        decision=decision,
        explanation=explanation,
        rules=tuple(rules),
    )


def entry_hash(entry: AuditEntry) -> str:
    """Hash of everything in the entry but the hash itself, and but later fields that say nothing."""
    silent = {name for name, default in _LATER.items() if getattr(entry, name) == default}
    return digest(entry.model_dump(exclude={"entry_hash", *silent}))


def seal(entry: AuditEntry, previous: AuditEntry | None) -> AuditEntry:
    """Chain the entry behind ``previous`` (None: it is the job's first) and number it.

    A closing entry is told here what it closes: the count of entries before it and the hash of the last.
    Raises ValueError when ``previous`` is unsealed or belongs to another job.
    """
    if previous is not None and (previous.entry_hash is None or previous.job_id != entry.job_id):
        raise ValueError("the previous entry must be a sealed one of the same job")
    before, head = (previous.sequence, previous.entry_hash) if previous else (0, None)
    place: dict[str, Any] = {"prev_hash": head, "entry_hash": None, "sequence": before + 1}
    if entry.kind is EntryKind.CLOSING:
        place["output_summary"] = entry.output_summary | {"entries": before, "head": head}
    chained = entry.model_copy(update=place)
    return chained.model_copy(update={"entry_hash": entry_hash(chained)})


@dataclass(frozen=True)
class ChainReport:
    """``broken_at`` is the index of the first entry that does not hold, and ``reason`` why; both empty when ``ok``."""

    ok: bool
    broken_at: int | None = None
    reason: str = ""


def verify_chain(entries: Iterable[AuditEntry], *, head: str | None = None) -> ChainReport:
    """Check a job's entries, oldest first; with ``head`` (the last known hash) a cut-off end is noticed too."""
    last: str | None = None
    job: str | None = None
    index = -1
    for index, entry in enumerate(entries):
        if job not in {None, entry.job_id}:
            return ChainReport(False, index, "the entry belongs to another job")
        if entry.prev_hash != last:
            return ChainReport(False, index, "the entry does not follow the one before it")
        if entry.entry_hash != entry_hash(entry):
            return ChainReport(False, index, "the entry's content does not match its hash")
        last, job = entry.entry_hash, entry.job_id
    if head is not None and head != last:
        return ChainReport(False, index + 1, "entries are missing at the end")
    return ChainReport(True)
