"""Rules around every model call, in our own code (GUARD-05): what goes in, and how much comes out.

The screen has three layers, each with the name of its rule: the size, the six agreed phrases (GUARD-03, B.5), and the
rules of `injection` over every reading of the text. A hit replaces the text by the marker; callers log rule and stage
and go on, since phrases have false positives ("operating system: ..."). What passes loses its personal identifiers
before a prompt is made of it: see `personal`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.domain.injection import find
from advisor.domain.personal import redacted
from advisor.domain.readings import comparable

MARKER = "[INVALID INPUT DETECTED]"
INJECTION_PATTERNS = (
    "ignore previous instructions",
    "disregard all prior",
    "forget everything",
    "new instructions:",
    "system:",
    "assistant:",
)
TRUNCATION_NOTICE = "[Response truncated due to length]"
MAX_RESPONSE_CHARS = 50_000
MAX_INPUT_CHARS = 4_000
"""Of one free text: the API takes 2,000, an invocation 4,000; more is no question but an attempt."""


@dataclass(frozen=True)
class Screened:
    """``text`` is safe to put into a prompt: the original, or the marker when ``rule`` (what was found) is set.

    ``stage`` is the reading in which it was found: "as typed", "base64", "look-alikes", ...
    """

    text: str
    rule: str | None
    stage: str | None = None


@dataclass(frozen=True)
class Limited:
    """A response within its limit; ``before`` and ``after`` are lengths in characters (event RESPONSE_TRUNCATED)."""

    text: str
    before: int
    after: int

    @property
    def truncated(self) -> bool:
        """Something was cut off."""
        return self.before != self.after or self.text.endswith(TRUNCATION_NOTICE)


def screen(text: str, *, patterns: Sequence[str] = INJECTION_PATTERNS) -> Screened:
    """Replace a text that carries instructions to a model by the marker, whatever the rest of it says."""
    if len(text) > MAX_INPUT_CHARS:
        return Screened(MARKER, "oversized", "as typed")
    plain = comparable(text)
    for pattern in patterns:
        if comparable(pattern) in plain:
            return Screened(MARKER, pattern, "as typed")
    hit = find(text)
    return Screened(MARKER, hit.rule, hit.stage) if hit else Screened(text, None)


def safe(text: str) -> str:
    """What of a user's text may stand in a prompt: screened, without personal identifiers (GUARD-03, GUARD-09)."""
    return redacted(screen(text).text)


def limit_response(text: str, *, limit: int = MAX_RESPONSE_CHARS) -> Limited:
    """Cut a text over ``limit`` characters and append the notice; never longer than limit + notice (GUARD-04)."""
    if len(text) <= limit:
        return Limited(text, len(text), len(text))
    gap = "\n\n" if limit >= 2 else ""
    cut = f"{text[: limit - len(gap)]}{gap}{TRUNCATION_NOTICE}"
    return Limited(cut, len(text), len(cut))
