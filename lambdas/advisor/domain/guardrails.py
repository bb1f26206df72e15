"""Rules around every model call, in our own code (GUARD-05): what goes in, and how much comes out.

The screen (GUARD-03, B.5) is a list of phrases; it catches the plain attempts and has false positives ("operating
system: ..."), so callers log the rule and go on with the marker instead of failing. Text is compared after NFKC,
without invisible characters, lower-case, with white space collapsed, so that look-alikes and line breaks do not pass.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

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
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Screened:
    """``text`` is safe to put into a prompt: the original, or the marker when ``rule`` (the phrase found) is set."""

    text: str
    rule: str | None


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


def comparable(text: str) -> str:
    """NFKC, no format characters, lower-case, one space between words and none before a colon."""
    plain = unicodedata.normalize("NFKC", text)
    visible = "".join(character for character in plain if unicodedata.category(character) != "Cf")
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", visible.casefold())).strip().replace(" :", ":")


def screen(text: str, *, patterns: Sequence[str] = INJECTION_PATTERNS) -> Screened:
    """Replace a text that carries an injection phrase by the marker, whatever the rest of it says."""
    plain = comparable(text)
    for pattern in patterns:
        if comparable(pattern) in plain:
            return Screened(MARKER, pattern)
    return Screened(text, None)


def limit_response(text: str, *, limit: int = MAX_RESPONSE_CHARS) -> Limited:
    """Cut a text over ``limit`` characters and append the notice; never longer than limit + notice (GUARD-04)."""
    if len(text) <= limit:
        return Limited(text, len(text), len(text))
    gap = "\n\n" if limit >= 2 else ""
    cut = f"{text[: limit - len(gap)]}{gap}{TRUNCATION_NOTICE}"
    return Limited(cut, len(text), len(cut))
