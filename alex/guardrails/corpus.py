"""The cases: handwritten seeds, and what code makes of them, always the same.

A case is of the set its seed is of. Development cases made the rules and the weights. Held-out texts were written after
the rules and are no part of what is learnt, but their results were looked at: when the kind of the word score was
chosen, and one held-out text that was refused by mistake informed a rule. Blind texts were written and committed before
they were measured, by an author who had read neither rules nor cases, and nothing may be changed by them.
Disguised cases take the English attacks in turn, so that every disguise hides different words.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from advisor.domain.guardrails import MAX_INPUT_CHARS
from alex.guardrails.disguises import DISGUISES

HERE = Path(__file__).resolve().parent / "cases"
BLOCKED, PASSES, LISTED, REDACTED = "blocked", "passes", "listed", "redacted"
DISGUISED = ("override", "role_play", "exfiltration", "tool_abuse")
SEEDED = (
    *("override", "role_play", "context", "exfiltration", "tool_abuse", "language", "names"),
    *("goals", "questions", "accounts", "purposes", "instruments"),
)
DEVELOPMENT, HELD_OUT, BLIND = "development", "held_out", "blind"
STEP = 8
"""Every eighth seed under each disguise."""
OVERSIZED = 24
PAD = "I would like to retire comfortably and travel with my family. "


@dataclass(frozen=True)
class Case:
    """One text in one field with the outcome that is expected; ``secret`` is what must not survive a redaction."""

    id: str
    category: str
    text: str
    field: str
    expected: str
    origin: str = DEVELOPMENT
    secret: str = ""


def _case(category: str, text: str, field: str, expected: str, *, origin: str = DEVELOPMENT, secret: str = "") -> Case:
    digest = sha256(f"{category}\n{field}\n{text}".encode()).hexdigest()[:10]
    return Case(f"{category}-{digest}", category, text, field, expected, origin, secret)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))


def _seeds() -> Iterator[Case]:
    for name, origin in (
        ("attacks", DEVELOPMENT), ("benign", DEVELOPMENT), (HELD_OUT, HELD_OUT), (BLIND, BLIND),
    ):  # fmt: skip
        for group in _read(name)["group"]:
            for text in group["texts"]:
                yield _case(group["category"], text, group["field"], group["expected"], origin=origin)


def _disguised(seeds: list[Case]) -> Iterator[Case]:
    usable = [seed for seed in seeds if seed.category in DISGUISED and seed.expected == BLOCKED]
    for number, disguise in enumerate(DISGUISES.values()):
        for seed in usable[number % STEP :: STEP]:
            text = disguise(seed.text)
            if len(text) <= MAX_INPUT_CHARS:
                yield _case("disguise", text, seed.field, BLOCKED, origin=seed.origin)


def _oversized(seeds: list[Case]) -> Iterator[Case]:
    for number, seed in enumerate(seeds[:OVERSIZED]):
        pad = PAD * (1 + (MAX_INPUT_CHARS * (1 + number % 4)) // len(PAD))
        yield _case("oversized", f"{pad}{seed.text}" if number % 2 else f"{seed.text} {pad}", seed.field, BLOCKED)


def _personal() -> Iterator[Case]:
    for one in _read("personal")["case"]:
        yield _case("personal", one["text"], "retirement_goals", REDACTED, secret=one["secret"])


@cache
def cases() -> tuple[Case, ...]:
    """Every case once, in a fixed order; a blind text that is also another set's is that set's."""
    seeds = list(_seeds())
    # The blind set is what was written, and nothing made of it.
    attacks = [seed for seed in seeds if seed.expected == BLOCKED and seed.origin != BLIND]
    made = [*seeds, *_disguised(attacks), *_oversized(attacks), *_personal()]
    found: dict[str, Case] = {}
    for case in made:
        found.setdefault(case.id, case)
    return tuple(found.values())


@cache
def sentences() -> dict[str, tuple[str, ...]]:
    """Sentences on returns by label: ``promises`` and ``honest``."""
    return {label: tuple(texts) for label, texts in _read("promises").items()}
