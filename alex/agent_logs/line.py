"""One line of a function's log: when, whose, which job, how bad; and how it looks (OBS-33).

Colours: one an agent, purple for lines about tracing, red for errors. A log holds what users wrote, so nothing in it
may reach the terminal as a control sequence.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from alex.logs import arranged, printable

AGENTS = ("planner", "tagger", "reporter", "charter", "retirement")
COLOURS = ("cyan", "green", "yellow", "blue", "bright_cyan", "bright_green", "bright_yellow", "bright_blue")
"""By the function's place among those that are followed: neither red nor purple, which mean something."""

TRACING, ERROR = "magenta", "bold red"
SHOWN_CHARACTERS = 2_000
"""Of a line that is no JSON; the rest is counted, not shown."""

_TRACING = re.compile(r"langfuse|otlp|opentelemetry|trac(?:e|es|ing)(?:_|\b)", re.IGNORECASE)
_DECISION = ("model", "prompt_version", "compliance_check", "tokens", "cost_usd", "duration_ms")
# What the platform itself writes when a function dies, times out or cannot start.
_PLATFORM_ERROR = re.compile(
    r"^\[ERROR\]|^Traceback |Task timed out after|Runtime\.(?:ExitError|ImportModuleError|OutOfMemory)"
)
_PLATFORM_RECORD = re.compile(r"^(?:START|END|REPORT|INIT_START|EXTENSION) ")


@dataclass(frozen=True)
class Line:
    """``at`` is UTC; ``entry`` the parsed JSON object, None for any other text."""

    at: datetime
    source: str
    text: str
    entry: dict[str, Any] | None

    @property
    def is_error(self) -> bool:
        """An entry of level ERROR or worse, or the platform's word that the function failed."""
        if self.entry is None:
            return bool(_PLATFORM_ERROR.search(self.text))
        return str(self.entry.get("level", "")).upper() in {"ERROR", "CRITICAL", "FATAL"} or "errorType" in self.entry

    @property
    def is_tracing(self) -> bool:
        """It speaks of traces: by its event or message, never by the ids that every line carries."""
        said = (self.entry or {"message": self.text}).get
        return bool(_TRACING.search(f"{said('event_type') or ''} {said('message') or ''}"))

    @property
    def is_noise(self) -> bool:
        """Metrics in the embedded format and the platform's bookkeeping, which nobody reads line by line."""
        if self.entry is None:
            return not self.text.strip() or bool(_PLATFORM_RECORD.match(self.text))
        return "_aws" in self.entry or str(self.entry.get("type", "")).startswith("platform.")

    def of_job(self, job: str) -> bool:
        """It belongs to the job (whole id, or its beginning)."""
        if self.entry is None:
            return job in self.text
        return str(self.entry.get("job_id", "")).startswith(job)


def parsed(source: str, text: str, *, otherwise: datetime) -> Line:
    """A line as it was written; one without a time of its own has ``otherwise``: its neighbour's, or the platform's."""
    entry: Any = None
    if text.lstrip().startswith("{"):
        try:
            entry = json.loads(text)
        except (ValueError, RecursionError):
            entry = None
    entry = entry if isinstance(entry, dict) else None
    return Line(_time(entry) or otherwise, source, text, entry)


def _time(entry: dict[str, Any] | None) -> datetime | None:
    if entry is None:
        return None
    if isinstance(metric := entry.get("_aws"), dict) and isinstance(metric.get("Timestamp"), int):
        return datetime.fromtimestamp(metric["Timestamp"] / 1000, UTC)
    try:
        at = datetime.fromisoformat(str(entry.get("timestamp") or entry.get("time")).replace("Z", "+00:00"))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def shown(line: Line, names: Sequence[str]) -> Text:
    """The line for people: whose it is, in that function's colour; then time, level, event and the rest."""
    colour = COLOURS[names.index(line.source) % len(COLOURS)] if line.source in names else "default"
    width = max(map(len, names), default=0) + 2
    body = arranged(_brief(line)) if line.entry is not None else _plain(line)
    if line.is_error:
        body.stylize(ERROR)
    elif line.is_tracing:
        body.stylize(TRACING)
    return Text(f"{line.source:<{width}}", style=colour).append_text(body)


def _brief(line: Line) -> dict[str, Any]:
    """The entry with its details spread out, ids cut to what tells jobs apart, of a decision what a watcher needs."""
    entry = dict(line.entry or {})
    details = entry.pop("details", None)
    if entry.get("agent") == line.source:
        del entry["agent"]
    if isinstance(entry.get("job_id"), str):
        entry["job_id"] = entry["job_id"][:8]
    if isinstance(details, dict):
        decision = details.get("entry")
        entry |= details if not isinstance(decision, dict) else {k: decision[k] for k in _DECISION if k in decision}
    return entry


def _plain(line: Line) -> Text:
    text = printable(line.text[:SHOWN_CHARACTERS])
    rest = f" ... ({len(line.text):,} characters)" if len(line.text) > SHOWN_CHARACTERS else ""
    return Text(f"{line.at.astimezone(UTC):%H:%M:%S.%f}"[:12] + " ", style="dim").append(text + rest, style="default")
