"""What a job's trail looks like where it is kept, and as one file that an auditor can check alone (XAI-04, XAI-05).

The table has the entries and, apart from them, links: the hash that follows each hash. The archive has one object an
entry that nobody can overwrite. `domain.audit_check` compares all three.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

from advisor.domain.audit import canonical_json
from advisor.domain.models import AuditEntry
from advisor.domain.vocabulary import EntryKind

FORMAT = "alex-audit-1"
ARCHIVE_FOLDER = "ai-audit"
START = "start"
"""What the first entry follows, in the links."""


class TrailFormatError(ValueError):
    """The file is no exported trail; the text says what is wrong."""


def archive_key(entry: AuditEntry) -> str:
    """Where the archive keeps an entry: by day, job, place in the chain, and hash."""
    day = entry.timestamp.astimezone(UTC).date()
    return f"{day_prefix(day, entry.job_id)}{entry.sequence:06d}-{entry.entry_hash}.json"


def day_prefix(day: date, job_id: str) -> str:
    """Folder of a job's entries of one day (UTC)."""
    return f"{ARCHIVE_FOLDER}/{day:%Y/%m/%d}/{job_id}/"


@dataclass(frozen=True)
class Stored:
    """An entry as the table holds it: its sort key, the JSON that was hashed, and the attributes beside it."""

    key: str
    text: str
    attributes: Mapping[str, str]


def stored_form(entry: AuditEntry) -> Stored:
    """How the table holds an entry."""
    timestamp = entry.timestamp.isoformat(timespec="microseconds")
    beside = {"agent": entry.agent, "timestamp": timestamp, "entry_hash": entry.entry_hash or ""}
    return Stored(f"{timestamp}#{entry.agent}", canonical_json(entry.model_dump()), beside)


@dataclass(frozen=True)
class Archived:
    """The oldest version of an archived object. ``text`` is None when only its name was read; ``hidden``: a delete
    marker lies over it; ``versions`` counts what was ever written under its name."""

    key: str
    text: str | None = None
    hidden: bool = False
    versions: int = 1

    @property
    def hash(self) -> str:
        """The entry's hash, from the name."""
        return self.key.rsplit("-", 1)[-1].removesuffix(".json")

    @property
    def sequence(self) -> int:
        """The entry's place, from the name; 0 when the name has none."""
        place = self.key.rsplit("/", 1)[-1].split("-", 1)[0]
        return int(place) if place.isdecimal() else 0


@dataclass(frozen=True)
class Seal:
    """What the job's row says of its closing entry: how many entries lie before it, and its hash."""

    entries: int
    hash: str


@dataclass(frozen=True)
class Trail:
    """A job's trail as the table tells it, entries in the order of their keys."""

    job_id: str
    stored: tuple[Stored, ...]
    links: Mapping[str, str]


def archive_days(trail: Trail, *, today: date, also: Iterable[date] = ()) -> list[date]:
    """Days on which the archive may have something of the job: those of its entries, ``also``, and the week after
    each, in which a review may have followed."""
    known = set(also)
    for stored in trail.stored:
        with suppress(ValueError):
            known.add(date.fromisoformat(stored.key[:10]))
    return sorted({day for first in known for n in range(8) if (day := first + timedelta(days=n)) <= today})


def exported(trail: Trail, archive: Iterable[Archived] | None) -> dict[str, Any]:
    """The trail as one JSON object."""
    return {
        "format": FORMAT,
        "job_id": trail.job_id,
        "entries": [asdict(one) for one in trail.stored],
        "links": dict(trail.links),
        "archive": None if archive is None else [asdict(one) for one in archive],
    }


def imported(document: Any) -> tuple[Trail, tuple[Archived, ...] | None]:
    """The trail and archive of an exported object; raises TrailFormatError."""
    try:
        if document["format"] != FORMAT:
            raise TrailFormatError(f"its format is {document['format']!r}, not {FORMAT!r}")
        stored = tuple(
            Stored(str(one["key"]), str(one["text"]), {k: str(v) for k, v in one["attributes"].items()})
            for one in document["entries"]
        )
        links = {str(before): str(after) for before, after in document["links"].items()}
        kept = document["archive"]
        archive = None if kept is None else tuple(Archived(**one) for one in kept)
        return Trail(str(document["job_id"]), stored, links), archive
    except (KeyError, TypeError, AttributeError) as error:
        raise TrailFormatError(f"it lacks a part of an exported trail ({type(error).__name__}: {error})") from None


def loaded(text: str) -> tuple[Trail, tuple[Archived, ...] | None]:
    """The same from the file's text; raises TrailFormatError."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise TrailFormatError(f"it is no JSON: {error}") from None
    return imported(document)


@dataclass
class Totals:
    """What a job's decisions took: model calls with tokens, USD and milliseconds; models and prompts by name."""

    decisions: int = 0
    model_calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: Decimal = Decimal(0)
    duration_ms: int = 0
    models: list[str] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)


def totals(entries: Iterable[AuditEntry]) -> Totals:
    """Sums over the entries; durations of agents that ran side by side add up."""
    found = Totals()
    for entry in entries:
        found.decisions += entry.kind is not EntryKind.CLOSING
        if entry.kind is not EntryKind.MODEL_ANSWER:
            continue
        found.model_calls += int(entry.output_summary.get("turns", 1))
        found.tokens_in += entry.tokens.get("in", 0)
        found.tokens_out += entry.tokens.get("out", 0)
        found.cost_usd += entry.cost_usd
        found.duration_ms += entry.duration_ms
        found.models = sorted({*found.models, entry.model})
        found.prompts = sorted({*found.prompts, entry.prompt_version})
    return found
