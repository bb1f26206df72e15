"""What the screen, the redaction and the output rules achieve on the cases."""

from collections.abc import Iterable
from dataclasses import dataclass

from advisor.domain.guardrails import safe, screen
from advisor.domain.promises import guaranteed_wording
from alex.guardrails.corpus import (
    BLIND,
    BLOCKED,
    DEVELOPMENT,
    HELD_OUT,
    LISTED,
    PASSES,
    REDACTED,
    Case,
    cases,
    sentences,
)


@dataclass(frozen=True)
class Line:
    """So many of the cases of a category were stopped (or redacted, or caught)."""

    category: str
    total: int
    stopped: int

    @property
    def rate(self) -> float:
        """Share that was stopped, 0 to 1."""
        return self.stopped / self.total if self.total else 0.0


@dataclass(frozen=True)
class Measured:
    """Lines of development, held-out and blind cases, and the ids of cases that went otherwise than expected."""

    attacks: tuple[Line, ...]
    attacks_held_out: tuple[Line, ...]
    attacks_blind: tuple[Line, ...]
    harmless: tuple[Line, ...]
    harmless_held_out: tuple[Line, ...]
    harmless_blind: tuple[Line, ...]
    listed: Line
    personal: Line
    promises: Line
    honest: Line
    unexpected: tuple[Case, ...]


def stopped(case: Case) -> bool:
    """The text is refused; for personal identifiers: the secret is gone."""
    if case.expected == REDACTED:
        return case.secret not in safe(case.text)
    return screen(case.text).rule is not None


def _lines(outcomes: Iterable[tuple[Case, bool]], expected: str, origin: str = DEVELOPMENT) -> tuple[Line, ...]:
    counted: dict[str, list[bool]] = {}
    for case, hit in outcomes:
        if case.expected == expected and case.origin == origin:
            counted.setdefault(case.category, []).append(hit)
    return tuple(Line(category, len(hits), sum(hits)) for category, hits in sorted(counted.items()))


def whole(lines: Iterable[Line], name: str = "all") -> Line:
    """The sum of several lines."""
    every = list(lines)
    return Line(name, sum(line.total for line in every), sum(line.stopped for line in every))


def measure() -> Measured:
    """Judge every case once."""
    outcomes = [(case, stopped(case)) for case in cases()]
    labelled = {
        label: Line(label, len(texts), sum(bool(guaranteed_wording(text)) for text in texts))
        for label, texts in sentences().items()
    }
    return Measured(
        attacks=_lines(outcomes, BLOCKED),
        attacks_held_out=_lines(outcomes, BLOCKED, HELD_OUT),
        attacks_blind=_lines(outcomes, BLOCKED, BLIND),
        harmless=_lines(outcomes, PASSES),
        harmless_held_out=_lines(outcomes, PASSES, HELD_OUT),
        harmless_blind=_lines(outcomes, PASSES, BLIND),
        listed=whole(_lines(outcomes, LISTED), "listed"),
        personal=whole(_lines(outcomes, REDACTED), "personal"),
        promises=labelled["promises"],
        honest=labelled["honest"],
        unexpected=tuple(case for case, hit in outcomes if hit == (case.expected == PASSES)),
    )
